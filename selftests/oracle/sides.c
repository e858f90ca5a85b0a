/* SPDX-License-Identifier: GPL-2.0 */
/* The two subsystems: maps on both, a program to both, and what they say. */
#include <signal.h>
#include <sys/time.h>

#include "core/disasm.h"
#include "core/insn.h"
#include "../../user/cli/reasons.h"
#include "../kernel/dev.h"
#include "../lib/asm.h"
#include "../tap.h"
#include "oracle.h"

#define MAPS		24
/* no fd of this process: what is damaged into another number stays bad */
#define PLACEHOLDER	ORACLE_FIRST_MAP
#define FD_LEAST	512	/* small numbers in programs name nothing */
#define LOG_SIZE	(16u << 20)
#define PATIENCE	4	/* s of CPU time for a load */
#define SHOWN_MAX	12	/* programs that are printed whole */

struct side {
	const char *name;
	int (*sys)(int cmd, void *attr, unsigned int size);
	u32 flags;		/* of each load */
	u64 ns;			/* spent in loads */
	int fds[MAPS];
};

static int upstream_sys(int cmd, void *attr, unsigned int size)
{
	return (int)syscall(__NR_bpf, cmd, attr, size);
}

/* The interpreter's images need no text area: the verdict is the same. */
static struct side sides[] = {
	{ .name = "upstream", .sys = upstream_sys },
	{ .name = "xbpf", .sys = xbpf_sys, .flags = XBPF_F_INTERP },
};

enum { UPSTREAM, XBPF, SIDES };

static struct oracle_map_def defs[MAPS];
static u32 map_cnt;

static void die(const char *what, const char *side)
{
	printf("Bail out! %s: %s: %s\n", side, what, strerror(errno));
	exit(1);
}

/* --- maps ---------------------------------------------------------------------- */

static int create(struct side *s, const struct oracle_map_def *d)
{
	union bpf_attr attr;
	int fd, high;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = d->type;
	attr.key_size = d->key_size;
	attr.value_size = d->value_size;
	attr.max_entries = d->max_entries;
	attr.map_flags = d->flags;
	if (d->inner)
		attr.inner_map_fd = (__u32)s->fds[d->inner - PLACEHOLDER];
	fd = s->sys(BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FD_LEAST);
	if (high < 0)
		die("fcntl", s->name);
	close(fd);
	return high;
}

static int add(const struct oracle_map_def *d)
{
	u32 i;

	if (map_cnt == MAPS)
		abort();
	defs[map_cnt] = *d;
	for (i = 0; i < SIDES; i++)
		sides[i].fds[map_cnt] = create(&sides[i], d);
	if (sides[UPSTREAM].fds[map_cnt] < 0)
		die(d->name, "upstream");
	return PLACEHOLDER + (int)map_cnt++;
}

int oracle_map(const char *name, u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	struct oracle_map_def d = {
		.type = type, .key_size = key_size, .value_size = value_size,
		.max_entries = max_entries, .flags = flags,
	};

	snprintf(d.name, sizeof(d.name), "%s", name);
	return add(&d);
}

int oracle_map_of(const char *name, u32 type, u32 max_entries, int inner)
{
	struct oracle_map_def d = {
		.type = type, .key_size = 4, .value_size = 4, .max_entries = max_entries, .inner = inner,
	};

	snprintf(d.name, sizeof(d.name), "%s", name);
	return add(&d);
}

void oracle_map_set(int map, u64 key, const void *value)
{
	struct oracle_map_def *d = &defs[map - PLACEHOLDER];
	union bpf_attr attr;
	u32 i;

	for (i = 0; i < SIDES; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (__u32)sides[i].fds[map - PLACEHOLDER];
		attr.key = (uintptr_t)&key;
		attr.value = (uintptr_t)value;
		if (sides[i].sys(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
			die(d->name, sides[i].name);
	}
	if (!key && d->value_size <= sizeof(d->value)) {
		d->set = true;
		memcpy(d->value, value, d->value_size);
	}
}

void oracle_map_freeze(int map)
{
	union bpf_attr attr;
	u32 i;

	for (i = 0; i < SIDES; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (__u32)sides[i].fds[map - PLACEHOLDER];
		if (sides[i].sys(BPF_MAP_FREEZE, &attr, sizeof(attr)))
			die(defs[map - PLACEHOLDER].name, sides[i].name);
	}
	defs[map - PLACEHOLDER].frozen = true;
}

const struct oracle_map_def *oracle_map_def(u32 i)
{
	return i < map_cnt ? &defs[i] : NULL;
}

int oracle_map_named(void *unused, const char *name)
{
	u32 i;

	(void)unused;
	for (i = 0; i < map_cnt; i++)
		if (!strcmp(defs[i].name, name))
			return PLACEHOLDER + (int)i;
	return -1;
}

void oracle_maps_drop(void)
{
	while (map_cnt) {
		map_cnt--;
		close(sides[UPSTREAM].fds[map_cnt]);
		if (sides[XBPF].fds[map_cnt] >= 0)
			close(sides[XBPF].fds[map_cnt]);
	}
}

/* --- programs ------------------------------------------------------------------- */

/* The program as that side must see it; the caller frees it. */
static struct bpf_insn *bind(const struct side *s, const struct oracle_prog *p)
{
	struct bpf_insn *insns = malloc(p->cnt * sizeof(*insns) + 1);
	u32 i, map;

	if (!insns)
		abort();
	memcpy(insns, p->insns, p->cnt * sizeof(*insns));
	for (i = 0; i < p->cnt; i++) {
		map = (u32)insns[i].imm - PLACEHOLDER;
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && map < map_cnt &&
		    (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE))
			insns[i].imm = s->fds[map];
	}
	return insns;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* A signal ends upstream's verifier with EAGAIN. Ours minds fatal signals only. */
static void patience(u32 seconds)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct itimerval end = { .it_value.tv_sec = seconds };

	sigaction(SIGPROF, &act, NULL);
	setitimer(ITIMER_PROF, &end, NULL);
}

/*
 * An fd for the types, which the caller closes, or -errno: the side refuses the program with that.
 */
static int load_types(struct side *s, const struct oracle_prog *p, union bpf_attr *prog)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)p->btf->blob;
	attr.btf_size = p->btf->size;
	fd = s->sys(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	prog->prog_btf_fd = (__u32)fd;
	prog->func_info = (uintptr_t)p->btf->info;
	prog->func_info_cnt = p->btf->func_cnt;
	prog->func_info_rec_size = sizeof(p->btf->info[0]);
	return fd;
}

/* 0 or a negative errno. */
static int submit(struct side *s, const struct oracle_prog *p, char *log, u32 log_size)
{
	struct bpf_insn *insns = bind(s, p);
	union bpf_attr attr;
	u64 start, took;
	int fd, types = -1, err = 0;

	xbpf_prog_attr(&attr, p->type, NULL, insns, p->cnt, p->flags | s->flags);
	if (p->proprietary)
		attr.license = (uintptr_t)"Proprietary";
	if (p->btf) {
		types = load_types(s, p, &attr);
		if (types < 0) {
			free(insns);
			return types;
		}
	}
	if (log) {
		attr.log_level = 1;
		attr.log_buf = (uintptr_t)log;
		attr.log_size = log_size;
	}
	patience(PATIENCE);
	start = now_ns();
	fd = s->sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		err = -errno;
	else
		close(fd);
	took = now_ns() - start;
	patience(0);
	if (types >= 0)
		close(types);
	if (!log)
		s->ns += took;
	if (took > PATIENCE * 1000000000ull)
		tap_diag("%s: %s needs %llu ms, %u instructions", p->name, s->name,
			 (unsigned long long)(took / 1000000), p->cnt);
	free(insns);
	return err;
}

/* The last line that is no statistics: cut out of @log. */
static const char *last_words(char *log)
{
	size_t n = strlen(log);
	char *line;

	while (n) {
		while (n && log[n - 1] == '\n')
			log[--n] = '\0';
		line = strrchr(log, '\n');
		line = line ? line + 1 : log;
		if (strncmp(line, "processed ", 10) && strncmp(line, "verification time", 17) &&
		    strncmp(line, "stack depth", 11) && strncmp(line, "cur state:", 10) &&
		    strncmp(line, "old state:", 10))
			return line;
		*line = '\0';
		n = (size_t)(line - log);
	}
	return "";
}

/* Why upstream refused it: asked only where that matters, a log costs time. */
static const char *upstream_words(const struct oracle_prog *p, int err)
{
	static char *log, silent[64];
	const char *words;

	if (!log)
		log = malloc(LOG_SIZE);
	if (!log)
		abort();
	log[0] = '\0';
	submit(&sides[UPSTREAM], p, log, LOG_SIZE);
	words = last_words(log);
	if (*words)
		return words;
	snprintf(silent, sizeof(silent), "no words: %s", strerror(-err));
	return silent;
}

static void show(const struct oracle_prog *p)
{
	char text[128];
	u32 i;

	for (i = 0; i < p->cnt; i++) {
		xbpf_disasm(text, sizeof(text), &p->insns[i], NULL, NULL);
		tap_diag("%4u: %s", i, text);
		if (xbpf_opcode(p->insns[i].code)->klass == XBPF_INSN_LD_IMM64)
			i++;
	}
}

bool oracle_verbose;

static void only_xbpf(struct oracle_tally *t, const struct oracle_prog *p, int err)
{
	static u32 shown;
	const char *words = upstream_words(p, err), *why = oracle_explain(words, p);

	t->only_xbpf++;
	oracle_reason_add(true, words, why, p->name);
	t->unexplained += !why;
	if (!oracle_verbose && (why || shown++ >= SHOWN_MAX))
		return;
	tap_diag("%s: %s: only xbpf accepts it; upstream: %s", t->name, p->name, words);
	show(p);
}

static void only_upstream(struct oracle_tally *t, const struct oracle_prog *p)
{
	const char *words = xbpf_words(), *why = reason_rule(words);

	t->only_upstream++;
	t->rules += !!why;
	oracle_reason_add(false, words, why, p->name);
	if (oracle_verbose) {
		tap_diag("%s: %s: only upstream accepts it; xbpf: %s", t->name, p->name, words);
		show(p);
	}
}

static void other_errno(struct oracle_tally *t, const struct oracle_prog *p, int upstream, int xbpf)
{
	char ours[300];
	const char *theirs;

	snprintf(ours, sizeof(ours), "%s", xbpf_words());
	theirs = upstream_words(p, upstream);
	if (oracle_errno_add(-upstream, theirs, -xbpf, ours, p->name))
		return;
	t->errnos_odd++;
	tap_diag("%s: %s: errno %d: %s; upstream %d: %s", t->name, p->name, -xbpf, ours,
		 -upstream, theirs);
	if (oracle_verbose)
		show(p);
}

void oracle_try(struct oracle_tally *t, const struct oracle_prog *p)
{
	int upstream = submit(&sides[UPSTREAM], p, NULL, 0), xbpf;

	if (upstream == -EAGAIN) {
		t->too_long++;
		return;
	}
	xbpf = submit(&sides[XBPF], p, NULL, 0);
	if (!upstream && !xbpf) {
		t->both_accept++;
	} else if (upstream && xbpf) {
		t->both_refuse++;
		t->errnos += upstream != xbpf;
		if (upstream != xbpf)
			other_errno(t, p, upstream, xbpf);
	} else if (upstream) {
		only_xbpf(t, p, upstream);
	} else {
		only_upstream(t, p);
	}
}

void oracle_try_text(struct oracle_tally *t, struct oracle_prog *p, const char *text)
{
	static struct btf_text btf;
	struct asm_prog prog;

	if (asm_parse(&prog, text) || asm_bind(&prog, oracle_map_named, NULL) ||
	    (prog.func_cnt && !btf_text_make(&btf, &prog))) {
		tap_diag("%s: %s", p->name, prog.error);
		t->not_tried++;
	} else {
		p->insns = prog.insns;
		p->cnt = prog.cnt;
		p->btf = prog.func_cnt ? &btf : NULL;
		p->funcs = prog.funcs;
		p->func_cnt = prog.func_cnt;
		oracle_try(t, p);
	}
	asm_free(&prog);
}

void oracle_times_print(void)
{
	u32 i;

	for (i = 0; i < SIDES; i++)
		tap_diag("%s: %llu ms in loads", sides[i].name, (unsigned long long)(sides[i].ns / 1000000));
	tap_diag("checked runs: %llu ms", (unsigned long long)(oracle_witness_ns / 1000000));
}
