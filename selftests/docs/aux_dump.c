/* SPDX-License-Identifier: GPL-2.0 */
/*
 * aux_dump OBJECT PROGRAM {log|aux|checkpoints}: what the verifier finds out about a program of an
 * object file, from the inside.
 *
 *   log          its log at level 2: every path with every state
 *   aux          what its stages leave for each other and for the engines about each instruction
 *   checkpoints  the states that were kept to compare later paths with, as they are at the end
 *
 * Runs on the host: libbpf relocates the object as for a load, and what it would ask of the kernel
 * is answered here. The verifier is the one of the module, on maps of rt.h. What it forgets before
 * it returns is read where the linker turns its own calls to this file (--wrap).
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/disasm.h"
#include "core/verify/verifier.h"
#include "core/verify/verifier_priv.h"
#include "lib/rt.h"

#define FDS_MAX 64

enum part { LOG, AUX, CHECKPOINTS };

static const char *const parts[] = { "log", "aux", "checkpoints" };

static enum part part;
static char libbpf_log[4096];		/* its address marks the load of the program that is asked for */
static char log_buf[1 << 20];
static struct rt_map *map_of[FDS_MAX];	/* by libbpf's fd */
static int verdict = -ENOENT;

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);
int __wrap_xbpf_verify_insn_aux(struct xbpf_verifier *v);
int __real_xbpf_verify_insn_aux(struct xbpf_verifier *v);
void __wrap_xbpf_state_release_all(struct xbpf_verifier *v);
void __real_xbpf_state_release_all(struct xbpf_verifier *v);

static void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "aux_dump: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* --- what the verifier forgets --------------------------------------------------------------- */

static int map_name(void *priv, const struct bpf_insn *insn, char *buf, size_t size)
{
	const struct xbpf_code *code = priv;

	return snprintf(buf, size, "map[%s]", code->maps[insn->imm]->name);
}

/* "w1 r6": the registers that are read from here on; w: only the lower half of it is */
static const char *live_text(char buf[64], const struct xbpf_walk_aux *note)
{
	int len = 0;
	u32 i;

	buf[0] = '\0';
	for (i = 0; i < REG_COUNT; i++)
		if (note->live & BIT_OF(i))
			len += snprintf(buf + len, (size_t)(64 - len), "%s%c%u", len ? " " : "",
					note->high & BIT_OF(i) ? 'r' : 'w', i);
	return buf;
}

/* What the stages leave for each other. */
static void show_note(const struct xbpf_walk_aux *note)
{
	if (note->flags & WALK_PRUNE)
		printf(" prune-point");
	if (note->flags & WALK_CTX)
		printf(" context+%d:%u", note->ctx_off, note->ctx_size);
}

/* What they leave for the engines. */
static void show_fact(const struct xbpf_code *code, const struct xbpf_insn_aux *fact)
{
	if (!(fact->flags & XBPF_AUX_SEEN))
		printf(" unreachable");
	if (fact->flags & XBPF_AUX_TARGET)
		printf(" jump-target");
	if (fact->flags & XBPF_AUX_NO_ZEXT)
		printf(" no-zext");
	if (fact->map)
		printf(" map:%s", code->maps[fact->map - 1]->name);
	if (fact->flags & XBPF_AUX_CONST_INDEX)
		printf(" index:%u", fact->arg);
	if (fact->flags & XBPF_AUX_INDEX_U32)
		printf(" index-u32");
	if (fact->flags & XBPF_AUX_INDEX_FITS)
		printf(" index-fits");
}

static void show_insns(const struct xbpf_verifier *v)
{
	const struct xbpf_code *code = v->code;
	char text[96], live[64];
	u32 pc;

	for (pc = 0; pc < code->insn_cnt; pc++) {
		if (code->insn_aux[pc].flags & XBPF_AUX_HI)
			continue;
		xbpf_disasm(text, sizeof(text), &code->insns[pc], map_name, v->code);
		printf("%4u: %-31s ; %-20s", pc, text, live_text(live, &v->walk_aux[pc]));
		show_note(&v->walk_aux[pc]);
		show_fact(code, &code->insn_aux[pc]);
		putchar('\n');
	}
	printf("context access mask: read %llx, written %llx\n",
	       (unsigned long long)code->ctx_words, (unsigned long long)code->ctx_written);
}

/* Behind the last stage that adds something. */
int __wrap_xbpf_verify_insn_aux(struct xbpf_verifier *v)
{
	int err = __real_xbpf_verify_insn_aux(v);

	if (!err && part == AUX)
		show_insns(v);
	return err;
}

/* The log's own words for a state, on an empty log. */
static void show_checkpoint(struct xbpf_verifier *v, struct xbpf_state *st)
{
	struct xbpf_state *cur = v->cur;
	struct xbpf_log *log = v->log, own;
	static char text[4096];

	xbpf_log_init(&own, XBPF_LOG_STATES, text, sizeof(text));
	v->log = &own;
	v->cur = st;
	xbpf_verify_log_state(v, st->depth);
	v->cur = cur;
	v->log = log;
	xbpf_log_finish(&own, NULL);
	printf("%u:%s", st->pc, text);
}

/* All paths of a function were walked. */
void __wrap_xbpf_state_release_all(struct xbpf_verifier *v)
{
	struct xbpf_state *st;
	u32 pc;

	for (pc = 0; part == CHECKPOINTS && pc < v->code->insn_cnt; pc++)
		for (st = v->walk_aux[pc].kept ? v->walk_aux[pc].kept->oldest : NULL; st; st = st->younger)
			show_checkpoint(v, st);
	__real_xbpf_state_release_all(v);
}

/* --- in the kernel's place ------------------------------------------------------------------- */

static int new_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fd >= FDS_MAX)
		die("out of descriptors");
	return fd;
}

static int map_create(const union bpf_attr *attr)
{
	int fd = new_fd();

	if (!rt_map_type_known(attr->map_type))
		die("a map of type %u, which selftests/lib/rt_map.c does not have", attr->map_type);
	map_of[fd] = rt_map_new(attr->map_name, attr->map_type, attr->key_size, attr->value_size,
				attr->max_entries, attr->map_flags);
	return fd;
}

static struct bpf_insn *insns_of(const union bpf_attr *attr)
{
	struct bpf_insn *insns = malloc(attr->insn_cnt * sizeof(*insns)), *insn;

	if (!insns)
		die("out of memory");
	memcpy(insns, (void *)(uintptr_t)attr->insns, attr->insn_cnt * sizeof(*insns));
	for (insn = insns; insn < insns + attr->insn_cnt; insn++) {
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW) || insn->src_reg == BPF_PSEUDO_FUNC ||
		    !insn->src_reg)
			continue;
		if (insn->imm < 0 || insn->imm >= FDS_MAX || !map_of[insn->imm])
			die("instruction %td names a map that libbpf did not make", insn - insns);
		insn->imm = rt_map_fd(map_of[insn->imm]);
	}
	return insns;
}

static void verify(const union bpf_attr *attr)
{
	struct xbpf_code code = {
		.type = attr->prog_type,
		.gpl_compatible = true,
		.may_leak = true,	/* as loaded by root */
		.insn_cnt = attr->insn_cnt,
		.insns = insns_of(attr),
	};
	struct xbpf_log log;
	u32 i;

	xbpf_log_init(&log, XBPF_LOG_STATES | XBPF_LOG_MORE, log_buf, sizeof(log_buf));
	verdict = xbpf_verify(&code, &rt_env, NULL, &log);
	xbpf_log_finish(&log, NULL);
	if (part == LOG)
		fputs(log_buf, stdout);
	if (verdict)
		fprintf(stderr, "aux_dump: %s\n", log.reason);
	for (i = 0; i < code.map_cnt; i++)
		rt_env.map_put(code.maps[i]);
	xbpf_code_release(&code);
	free(code.insns);
}

/* Everything that libbpf tries is there. */
static long answer(int cmd, const union bpf_attr *attr)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
		return map_create(attr);
	case BPF_PROG_LOAD:
		if (attr->log_buf == (uintptr_t)libbpf_log)
			verify(attr);
		return new_fd();
	case BPF_BTF_LOAD:
		return new_fd();
	default:
		return 0;
	}
}

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;
	u32 i;

	va_start(ap, number);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == __NR_bpf)
		return answer((int)a[0], (const union bpf_attr *)a[1]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int main(int argc, char **argv)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	bool found = false;

	if (argc != 4)
		die("usage: aux_dump OBJECT PROGRAM {log|aux|checkpoints}");
	while (part < ARRAY_SIZE(parts) && strcmp(argv[3], parts[part]))
		part++;
	if (part == ARRAY_SIZE(parts))
		die("'%s' is none of log, aux and checkpoints", argv[3]);
	obj = bpf_object__open(argv[1]);
	if (!obj)
		die("%s cannot be read: %s", argv[1], strerror(errno));
	bpf_object__for_each_program(prog, obj) {
		bool wanted = !strcmp(bpf_program__name(prog), argv[2]);

		bpf_program__set_autoload(prog, wanted);
		if (!wanted)
			continue;
		found = true;
		bpf_program__set_log_buf(prog, libbpf_log, sizeof(libbpf_log));
		bpf_program__set_log_level(prog, 2);
	}
	if (!found)
		die("%s has no program '%s'", argv[1], argv[2]);
	if (bpf_object__load(obj))
		die("%s cannot be relocated: %s", argv[1], strerror(errno));
	bpf_object__close(obj);
	rt_reset();
	return verdict ? 1 : 0;
}
