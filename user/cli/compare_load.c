/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One object, two sides: libbpf opens and loads it once, and all that it asks of bpf(2) is asked of
 * both, with the fds of that side. So both verifiers see the same instructions, relocated once,
 * over maps of the same kind and content.
 *
 * libbpf itself holds fds of empty files that stand for a pair. It never sees a refused program or
 * map: it would not go on to the next one. What it asks to learn about the kernel goes to the first
 * side alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "compare.h"
#include "libxbpf.h"
#include "transport.h"

struct side compare_sides[SIDES];
char compare_log[LOG_BYTES];

static struct twin **twins;
static unsigned int twin_cnt;

int compare_sys(const struct side *side, int cmd, void *attr, unsigned int size)
{
	if (side->module && xbpf_use(side->module)) {
		errno = EINVAL;
		return -1;
	}
	return side->sys(cmd, attr, size);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* --- who is who ------------------------------------------------------------------------- */

struct twin *twin_at(unsigned int i)
{
	return i < twin_cnt ? twins[i] : NULL;
}

struct twin *twin_of(int fd)
{
	struct stat st;
	unsigned int i;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	for (i = 0; i < twin_cnt; i++)
		if (twins[i]->ino == st.st_ino && twins[i]->dev == st.st_dev)
			return twins[i];
	return NULL;
}

/* An fd for libbpf, and *twin of it; or -1 and errno. */
static int twin_new(int kind, struct twin **twin)
{
	struct twin *t = calloc(1, sizeof(*t));
	struct twin **grown = t ? realloc(twins, (twin_cnt + 1) * sizeof(*twins)) : NULL;
	int fd = grown ? memfd_create("xbpfctl-compare", MFD_CLOEXEC) : -1;
	struct stat st;

	if (grown)
		twins = grown;
	if (fd < 0 || fstat(fd, &st)) {
		free(t);
		if (!grown)
			errno = ENOMEM;
		return -1;
	}
	t->kind = kind;
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	t->fd[0] = t->fd[1] = -1;
	twins[twin_cnt++] = t;
	*twin = t;
	return fd;
}

void twins_end(void)
{
	struct twin *t;
	int s;

	transport_divert(NULL);
	while (twin_cnt) {
		t = twins[--twin_cnt];
		for (s = 0; s < SIDES; s++)
			if (t->fd[s] >= 0)
				close(t->fd[s]);
		free(t->insns);
		free(t);
	}
	free(twins);
	twins = NULL;
}

/* What @s has in the place of libbpf's fd; -1: nothing. */
static int on_side(int s, int fd)
{
	const struct twin *t = twin_of(fd);

	return t ? t->fd[s] : -1;
}

static const char *refusal(int s, int cmd, int err)
{
	const char *words = compare_sides[s].upstream ? "" : xbpf_refusal(cmd);

	return *words ? words : strerror(err);
}

/* --- maps, BTF ------------------------------------------------------------------------------ */

static void attr_copy(union bpf_attr *to, const union bpf_attr *from, unsigned int size)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, size < sizeof(*to) ? size : sizeof(*to));
}

static void map_create_on(int s, struct twin *t, const union bpf_attr *orig, unsigned int size)
{
	union bpf_attr attr;

	attr_copy(&attr, orig, size);
	if (attr.inner_map_fd) {
		attr.inner_map_fd = (__u32)on_side(s, (int)attr.inner_map_fd);
		if ((int)attr.inner_map_fd < 0) {
			snprintf(t->words[s], sizeof(t->words[s]), "the map that it holds was refused");
			return;
		}
	}
	if (attr.btf_fd)
		attr.btf_fd = (__u32)on_side(s, (int)attr.btf_fd);
	if ((int)attr.btf_fd >= 0)
		t->fd[s] = compare_sys(&compare_sides[s], BPF_MAP_CREATE, &attr, size);
	if (t->fd[s] < 0 && attr.btf_fd) {	/* as libbpf does */
		attr.btf_fd = attr.btf_key_type_id = attr.btf_value_type_id = 0;
		t->fd[s] = compare_sys(&compare_sides[s], BPF_MAP_CREATE, &attr, size);
	}
	if (t->fd[s] < 0)
		snprintf(t->words[s], sizeof(t->words[s]), "%s", refusal(s, BPF_MAP_CREATE, errno));
}

/* libbpf's trial maps have names of its own, or none. */
static bool trial_map(const union bpf_attr *attr)
{
	return !attr->map_name[0] || !strncmp(attr->map_name, "libbpf_", 7);
}

static int map_create(const union bpf_attr *attr, unsigned int size)
{
	bool trial = trial_map(attr);
	struct twin *t;
	int fd = twin_new(TWIN_MAP, &t), s;

	if (fd < 0)
		return -1;
	t->type = attr->map_type;
	t->key_size = attr->key_size;
	t->value_size = attr->value_size;
	t->max_entries = attr->max_entries;
	for (s = 0; s < (trial ? 1 : SIDES); s++)
		map_create_on(s, t, attr, size);
	if (trial && t->fd[0] < 0) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static int btf_load(union bpf_attr *orig, unsigned int size)
{
	union bpf_attr attr;
	struct twin *t;
	int fd = twin_new(TWIN_BTF, &t), err;

	if (fd < 0)
		return -1;
	t->fd[0] = compare_sys(&compare_sides[0], BPF_BTF_LOAD, orig, size);
	if (t->fd[0] < 0) {	/* libbpf makes do without */
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	attr_copy(&attr, orig, size);
	attr.btf_log_buf = 0;
	attr.btf_log_size = attr.btf_log_level = 0;
	t->fd[1] = compare_sys(&compare_sides[1], BPF_BTF_LOAD, &attr, size);
	if (t->fd[1] < 0)
		snprintf(t->words[1], sizeof(t->words[1]), "%s", refusal(1, BPF_BTF_LOAD, errno));
	return fd;
}

/* The value of a table of fds, as that side must see it: in *fd. */
static bool holds_fds(const struct twin *t)
{
	return t->type == BPF_MAP_TYPE_PROG_ARRAY || t->type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       t->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* A side that lacks the map or what is to go into it is left out. */
static int map_update_on(int s, struct twin *t, const union bpf_attr *orig, unsigned int size)
{
	union bpf_attr attr;
	int value;

	attr_copy(&attr, orig, size);
	attr.map_fd = (__u32)t->fd[s];
	if (holds_fds(t)) {
		memcpy(&value, (void *)(unsigned long)orig->value, sizeof(value));
		value = on_side(s, value);
		if (value < 0)
			return 0;
		attr.value = (unsigned long)&value;
	}
	return compare_sys(&compare_sides[s], BPF_MAP_UPDATE_ELEM, &attr, size);
}

/* A command about the map in map_fd, on both sides. */
static int map_command(int cmd, struct twin *t, const union bpf_attr *orig, unsigned int size)
{
	union bpf_attr attr;
	int s, ret, failed = 0, asked = 0, err = EBADF;

	for (s = 0; s < SIDES; s++) {
		if (t->fd[s] < 0)
			continue;
		attr_copy(&attr, orig, size);
		attr.map_fd = (__u32)t->fd[s];
		ret = cmd == BPF_MAP_UPDATE_ELEM ? map_update_on(s, t, orig, size) :
						   compare_sys(&compare_sides[s], cmd, &attr, size);
		asked++;
		if (!ret)
			continue;
		err = errno;
		failed++;
	}
	if (failed && failed == asked) {
		errno = err;
		return -1;
	}
	t->apart |= failed;
	return 0;
}

static int prog_bind_map(const union bpf_attr *orig, unsigned int size)
{
	struct twin *prog = twin_of((int)orig->prog_bind_map.prog_fd);
	union bpf_attr attr;
	int s, ret = 0;

	for (s = 0; s < (prog ? SIDES : 1); s++) {
		attr_copy(&attr, orig, size);
		if (prog)
			attr.prog_bind_map.prog_fd = (__u32)prog->fd[s];
		attr.prog_bind_map.map_fd = (__u32)on_side(s, (int)orig->prog_bind_map.map_fd);
		if (!prog || ((int)attr.prog_bind_map.prog_fd >= 0 && (int)attr.prog_bind_map.map_fd >= 0))
			ret = compare_sys(&compare_sides[s], BPF_PROG_BIND_MAP, &attr, size);
	}
	return prog ? 0 : ret;
}

/* --- programs ------------------------------------------------------------------------------ */

/* Its figures, and the last line that has none. */
static void read_log(struct verdict *v, char *log)
{
	const char *line = "", *next;
	char *at = log;

	while ((next = strsep(&at, "\n"))) {
		if (!*next)
			continue;
		if (sscanf(next, "processed %lld insns (limit %*d) max_states_per_insn %lld "
			   "total_states %lld peak_states %lld", &v->insns, &v->states_per_insn,
			   &v->states, &v->peak_states) >= 1)
			continue;
		if (strncmp(next, "verification time", 17) && strncmp(next, "stack depth", 11))
			line = next;
	}
	if (v->err && !v->words[0])
		snprintf(v->words, sizeof(v->words), "%s", *line ? line : strerror(-v->err));
}

static bool names_map(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

/* The instructions as the side must see them; false: it lacks a map, which @v then says. */
static bool translate(int s, struct bpf_insn *insns, __u32 cnt, struct verdict *v)
{
	const struct twin *t;
	__u32 i;

	for (i = 0; i < cnt; i++) {
		if (!names_map(&insns[i]))
			continue;
		t = twin_of(insns[i].imm);
		if (!t || t->fd[s] < 0) {
			v->err = -EBADF;
			snprintf(v->words, sizeof(v->words), "a map that it uses was refused: %s",
				 t ? t->words[s] : "it is no map of the object");
			return false;
		}
		insns[i].imm = t->fd[s];
	}
	return true;
}

static int prog_load_on(int s, const union bpf_attr *orig, unsigned int size, struct verdict *v)
{
	struct bpf_insn *insns = calloc(orig->insn_cnt, sizeof(*insns));
	const struct twin *btf = orig->prog_btf_fd ? twin_of((int)orig->prog_btf_fd) : NULL;
	union bpf_attr attr;
	long long start;
	int fd = -1, tries = 5;	/* a signal ends upstream's verifier: libbpf asks so often, too */

	v->insns = v->states = v->peak_states = v->states_per_insn = v->ns = -1;
	if (!insns) {
		v->err = -ENOMEM;
		snprintf(v->words, sizeof(v->words), "xbpfctl is out of memory");
		return -1;
	}
	attr_copy(&attr, orig, size);
	memcpy(insns, (void *)(unsigned long)orig->insns, orig->insn_cnt * sizeof(*insns));
	attr.insns = (unsigned long)insns;
	attr.prog_flags |= compare_sides[s].flags;
	if (btf && btf->fd[s] < 0) {
		v->err = -EBADF;
		snprintf(v->words, sizeof(v->words), "its type information was refused: %s", btf->words[s]);
	} else if (translate(s, insns, attr.insn_cnt, v)) {
		if (btf)
			attr.prog_btf_fd = (__u32)btf->fd[s];
		v->tried = true;
		do {
			compare_log[0] = '\0';
			start = now_ns();
			fd = compare_sys(&compare_sides[s], BPF_PROG_LOAD, &attr, size);
			v->ns = now_ns() - start;
		} while (fd < 0 && errno == EAGAIN && --tries);
		if (fd < 0) {
			v->err = -errno;
			if (!compare_sides[s].upstream)
				snprintf(v->words, sizeof(v->words), "%s", xbpf_refusal(BPF_PROG_LOAD));
		}
		if (attr.log_buf)
			read_log(v, compare_log);
	}
	free(insns);
	return fd;
}

/* libbpf's own are told from those of the object by the log buffer. */
static int prog_load(const union bpf_attr *attr, unsigned int size)
{
	struct verdict v = { 0 };
	struct twin *t;
	int fd, s;

	if (attr->log_buf != (unsigned long)compare_log) {
		fd = prog_load_on(0, attr, size, &v);
		errno = -v.err;
		return fd;
	}
	fd = twin_new(TWIN_PROG, &t);
	if (fd < 0)
		return -1;
	t->type = attr->prog_type;
	t->insns = calloc(attr->insn_cnt, sizeof(*t->insns));
	if (t->insns) {
		t->insn_cnt = attr->insn_cnt;
		memcpy(t->insns, (void *)(unsigned long)attr->insns, t->insn_cnt * sizeof(*t->insns));
	}
	for (s = 0; s < SIDES; s++)
		t->fd[s] = prog_load_on(s, attr, size, &t->verdict[s]);
	return fd;
}

static int both(int cmd, void *to, unsigned int size)
{
	union bpf_attr *attr = to;
	struct twin *t;

	switch (cmd) {
	case BPF_MAP_CREATE:
		return map_create(attr, size);
	case BPF_BTF_LOAD:
		return btf_load(attr, size);
	case BPF_PROG_LOAD:
		return prog_load(attr, size);
	case BPF_PROG_BIND_MAP:
		return prog_bind_map(attr, size);
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
		t = twin_of((int)attr->map_fd);
		if (t)
			return map_command(cmd, t, attr, size);
		break;
	}
	return compare_sys(&compare_sides[0], cmd, attr, size);
}

void twins_begin(void)
{
	transport_divert(both);
}
