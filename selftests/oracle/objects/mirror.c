/* SPDX-License-Identifier: GPL-2.0 */
/* Repeats in xbpf what libbpf does in the kernel's own BPF, and compares the verdicts. */
#define _GNU_SOURCE
#include "../../kernel/dev.h"
#include "mirror.h"

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

#define TWINS_MAX 128

enum kind { MAP, BTF };

/* What the other side has for an object of upstream's. */
static struct twin {
	enum kind kind;
	u32 id;			/* upstream's: fds come and go */
	int fd;			/* ours, -1: it was refused */
	char words[200];
} twins[TWINS_MAX];
static u32 twin_cnt;

char mirror_log[1 << 20];
static char log_ours[1 << 20];

static void (*on_verdict)(void *priv, const char *name, u32 insn_cnt,
			  const struct mirror_verdict *upstream, const struct mirror_verdict *xbpf);
static void *on_verdict_priv;

void mirror_begin(void (*fn)(void *priv, const char *name, u32 insn_cnt,
			     const struct mirror_verdict *upstream, const struct mirror_verdict *xbpf),
		  void *priv)
{
	on_verdict = fn;
	on_verdict_priv = priv;
}

void mirror_end(void)
{
	while (twin_cnt) {
		twin_cnt--;
		if (twins[twin_cnt].fd >= 0)
			close(twins[twin_cnt].fd);
	}
	on_verdict = NULL;
}

/* --- who is who ------------------------------------------------------------------------- */

static int upstream(int cmd, void *attr, size_t size)
{
	return (int)__real_syscall(__NR_bpf, (long)cmd, attr, size);
}

static u32 id_of(int fd, enum kind kind, u32 *type)
{
	struct bpf_map_info map = { 0 };
	struct bpf_btf_info btf = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)fd;
	attr.info.info = kind == MAP ? (uintptr_t)&map : (uintptr_t)&btf;
	attr.info.info_len = kind == MAP ? sizeof(map) : sizeof(btf);
	if (upstream(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return 0;
	if (type)
		*type = map.type;
	return kind == MAP ? map.id : btf.id;
}

static struct twin *twin_of(int fd, enum kind kind)
{
	u32 id = id_of(fd, kind, NULL), i;

	for (i = twin_cnt; id && i--;)
		if (twins[i].kind == kind && twins[i].id == id)
			return &twins[i];
	return NULL;
}

/* An fd of the other side, or -1. */
static int other(int fd, enum kind kind)
{
	struct twin *t = twin_of(fd, kind);

	return t ? t->fd : -1;
}

static void twin_add(int fd, enum kind kind, int cmd, union bpf_attr *attr, u32 size)
{
	struct twin *t = &twins[twin_cnt];

	if (twin_cnt == TWINS_MAX)
		abort();
	t->kind = kind;
	t->id = id_of(fd, kind, NULL);
	t->fd = xbpf_sys(cmd, attr, size);
	t->words[0] = '\0';
	if (t->fd < 0)
		snprintf(t->words, sizeof(t->words), "%s", xbpf_words());
	twin_cnt++;
}

/* --- objects ----------------------------------------------------------------------------- */

static void map_create(int fd, const union bpf_attr *orig, u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, orig, size);
	if (attr.btf_fd)
		attr.btf_fd = (u32)other((int)attr.btf_fd, BTF);
	if (attr.inner_map_fd)
		attr.inner_map_fd = (u32)other((int)attr.inner_map_fd, MAP);
	twin_add(fd, MAP, BPF_MAP_CREATE, &attr, size);
}

static void btf_load(int fd, const union bpf_attr *orig, u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, orig, size);
	attr.btf_log_buf = 0;
	attr.btf_log_size = attr.btf_log_level = 0;
	twin_add(fd, BTF, BPF_BTF_LOAD, &attr, size);
}

static int map_update(const union bpf_attr *orig, u32 size)
{
	union bpf_attr attr;
	u32 type = 0, inner;

	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, orig, size);
	id_of((int)attr.map_fd, MAP, &type);
	/* slots say nothing about verdicts, and the program may be one that was refused */
	if (type == BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	attr.map_fd = (u32)other((int)attr.map_fd, MAP);
	if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS) {
		memcpy(&inner, (void *)(uintptr_t)attr.value, sizeof(inner));
		inner = (u32)other((int)inner, MAP);
		attr.value = (uintptr_t)&inner;
	}
	xbpf_sys(BPF_MAP_UPDATE_ELEM, &attr, size);
	memcpy(&attr, orig, size);
	return upstream(BPF_MAP_UPDATE_ELEM, &attr, size);
}

static void map_freeze(const union bpf_attr *orig, u32 size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, orig, size);
	attr.map_fd = (u32)other((int)attr.map_fd, MAP);
	xbpf_sys(BPF_MAP_FREEZE, &attr, size);
}

/* --- programs ------------------------------------------------------------------------------ */

/* The last line that is no statistics; the number of instructions walked is in those. */
static void read_log(struct mirror_verdict *v, char *log)
{
	const char *line = "", *next;
	unsigned int n;

	for (next = strtok(log, "\n"); next; next = strtok(NULL, "\n")) {
		if (sscanf(next, "processed %u insns", &n) == 1)
			v->processed = n;
		else if (strncmp(next, "verification time", 17) && strncmp(next, "stack depth", 11))
			line = next;
	}
	if (v->err && !v->words[0])
		snprintf(v->words, sizeof(v->words), "%s", *line ? line : strerror(-v->err));
}

/* The instructions as the other side must see them; false: it lacks a map, which @v then says. */
static bool translate(struct bpf_insn *insns, u32 cnt, struct mirror_verdict *v)
{
	struct twin *t;
	u32 i;

	for (i = 0; i < cnt; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg != BPF_PSEUDO_MAP_FD && insns[i].src_reg != BPF_PSEUDO_MAP_VALUE)
			continue;
		t = twin_of(insns[i].imm, MAP);
		if (!t || t->fd < 0) {
			v->err = -EBADF;
			snprintf(v->words, sizeof(v->words), "NO MAP: %s", t ? t->words : "?");
			return false;
		}
		insns[i].imm = t->fd;
	}
	return true;
}

static void load_ours(const union bpf_attr *orig, u32 size, struct mirror_verdict *v)
{
	struct bpf_insn *insns = malloc(orig->insn_cnt * sizeof(*insns));
	union bpf_attr attr;
	u64 start;
	int fd;

	if (!insns)
		abort();
	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, orig, size);
	memcpy(insns, (void *)(uintptr_t)orig->insns, orig->insn_cnt * sizeof(*insns));
	attr.insns = (uintptr_t)insns;
	attr.log_buf = (uintptr_t)log_ours;
	log_ours[0] = '\0';
	if (attr.prog_btf_fd)
		attr.prog_btf_fd = (u32)other((int)attr.prog_btf_fd, BTF);
	if (translate(insns, attr.insn_cnt, v)) {
		start = now_ns();
		fd = xbpf_sys(BPF_PROG_LOAD, &attr, size);
		v->ns = now_ns() - start;
		if (fd < 0) {
			v->err = -errno;
			snprintf(v->words, sizeof(v->words), "%s", xbpf_words());
		} else {
			close(fd);
		}
		read_log(v, log_ours);
	}
	free(insns);
}

static int prog_load(union bpf_attr *attr, u32 size)
{
	struct mirror_verdict theirs = { 0 }, ours = { 0 };
	u64 start = now_ns();
	int fd;

	mirror_log[0] = '\0';
	fd = upstream(BPF_PROG_LOAD, attr, size);
	if (fd < 0 && errno == EAGAIN)
		return fd;	/* libbpf asks again */
	theirs.ns = now_ns() - start;
	if (fd < 0)
		theirs.err = -errno;
	read_log(&theirs, mirror_log);
	load_ours(attr, size, &ours);
	on_verdict(on_verdict_priv, attr->prog_name, attr->insn_cnt, &theirs, &ours);
	return fd >= 0 ? fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Probes of libbpf's for what the kernel can do are told from programs by the log buffer. */
static int bpf_call(int cmd, union bpf_attr *attr, u32 size)
{
	int ret;

	if (cmd == BPF_MAP_UPDATE_ELEM)
		return map_update(attr, size);
	if (cmd == BPF_PROG_LOAD && attr->log_buf == (uintptr_t)mirror_log)
		return prog_load(attr, size);
	ret = upstream(cmd, attr, size);
	if (ret >= 0 && cmd == BPF_MAP_CREATE)
		map_create(ret, attr, size);
	else if (ret >= 0 && cmd == BPF_BTF_LOAD)
		btf_load(ret, attr, size);
	else if (!ret && cmd == BPF_MAP_FREEZE)
		map_freeze(attr, size);
	return ret;
}

/* libbpf's own are the only callers with this number: the mirror calls the real one. */
long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;
	u32 i;

	va_start(ap, number);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == __NR_bpf && on_verdict)
		return bpf_call((int)a[0], (union bpf_attr *)a[1], (u32)a[2]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
