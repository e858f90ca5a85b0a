/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs that nobody would write: malformed, huge, made to take long. Each is refused with an
 * errno, a line in the log and words, in bounded time; and no allocation that fails on the way
 * loses anything (ASan looks for leaks).
 */
#include <errno.h>
#include <time.h>

#include "core/interp.h"
#include "core/verify/verifier.h"
#include "lib/asm.h"
#include "lib/load.h"
#include "lib/rt.h"
#include "tap.h"

/* core/port.h: so many allocations succeed, then one does not; below 0 all do. */
int port_alloc_budget = -1;

#define MILLION 1000000u

static char log_text[1 << 16];
static struct xbpf_log vlog;

/* A verdict on raw instructions; the copy is dropped at once. */
static int verdict(const struct bpf_insn *insns, u32 cnt, u32 type)
{
	struct xbpf_code code = { .type = type, .gpl_compatible = true, .insn_cnt = cnt };
	int err;
	u32 i;

	code.insns = malloc(cnt * sizeof(*insns) + 1);
	memcpy(code.insns, insns, cnt * sizeof(*insns));
	xbpf_log_init(&vlog, XBPF_LOG_STATES, log_text, sizeof(log_text));
	err = xbpf_verify(&code, &rt_env, NULL, &vlog);
	xbpf_log_finish(&vlog, NULL);
	for (i = 0; i < code.map_cnt; i++)
		rt_env.map_put(code.maps[i]);
	xbpf_code_release(&code);
	free(code.insns);
	return err;
}

#define INSN(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define R0_0	INSN(0xb7, 0, 0, 0, 0)
#define EXIT	INSN(0x95, 0, 0, 0, 0)

/* --- malformed ----------------------------------------------------------------------------- */

static const struct malformed {
	const char *name;
	int err;
	const char *words;	/* in the reason */
	struct bpf_insn insns[6];
	u32 cnt;
} malformed[] = {
	{ "no instruction", EINVAL, "no instructions", { R0_0 }, 0 },
	{ "an exit alone", EACCES, "R0", { EXIT }, 1 },
	{ "cut off behind the first instruction", EINVAL, "runs off its end", { R0_0 }, 1 },
	{ "cut off within a ld_imm64", EINVAL, "malformed", { INSN(0x18, 0, 0, 0, 1) }, 1 },
	{ "the second half of a ld_imm64 has an opcode", EINVAL, "malformed",
	  { INSN(0x18, 0, 0, 0, 1), INSN(0xb7, 0, 0, 0, 0), EXIT }, 3 },
	{ "... a register", EINVAL, "malformed",
	  { INSN(0x18, 0, 0, 0, 1), INSN(0, 1, 0, 0, 0), EXIT }, 3 },
	{ "... an offset", EINVAL, "malformed", { INSN(0x18, 0, 0, 0, 1), INSN(0, 0, 0, 1, 0), EXIT }, 3 },
	{ "a ld_imm64 with an offset", EINVAL, "malformed",
	  { INSN(0x18, 0, 0, 1, 1), INSN(0, 0, 0, 0, 0), EXIT }, 3 },
	{ "the second half alone", EINVAL, "malformed", { INSN(0, 0, 0, 0, 0), R0_0, EXIT }, 3 },
	{ "a jump into the middle of a ld_imm64", EINVAL, "middle of the ld_imm64",
	  { INSN(0x05, 0, 0, 1, 0), INSN(0x18, 0, 0, 0, 1), INSN(0, 0, 0, 0, 0), EXIT }, 4 },
	{ "a call into the middle of a ld_imm64", EINVAL, "middle of the ld_imm64",
	  { INSN(0x85, 0, 1, 0, 2), EXIT, INSN(0x18, 0, 0, 0, 1), INSN(0, 0, 0, 0, 0), EXIT }, 5 },
	{ "a jump behind the end", EINVAL, "outside", { INSN(0x05, 0, 0, 100, 0), R0_0, EXIT }, 3 },
	{ "a jump before the begin", EINVAL, "outside", { R0_0, INSN(0x05, 0, 0, -100, 0), EXIT }, 3 },
	{ "a long jump as far as can be", EINVAL, "outside",
	  { R0_0, INSN(0x06, 0, 0, 0, 0x7fffffff), EXIT }, 3 },
	{ "... and back", EINVAL, "outside", { R0_0, INSN(0x06, 0, 0, 0, -0x7fffffff - 1), EXIT }, 3 },
	{ "a call as far as can be", EINVAL, "outside",
	  { R0_0, INSN(0x85, 0, 1, 0, 0x7fffffff), EXIT }, 3 },
	{ "a jump to itself", EINVAL, "forever", { R0_0, INSN(0x05, 0, 0, -1, 0) }, 2 },
	{ "a call of itself", EINVAL, NULL, { R0_0, INSN(0x85, 0, 1, 0, -2), EXIT }, 3 },
	{ "register 11", EINVAL, "malformed", { INSN(0xb7, 11, 0, 0, 0), EXIT }, 2 },
	{ "register 15 as source", EINVAL, "malformed", { INSN(0xbf, 0, 15, 0, 0), EXIT }, 2 },
	{ "R10 is written", EACCES, "R10", { INSN(0xb7, 10, 0, 0, 0), R0_0, EXIT }, 3 },
	{ "R10 is written by a load", EACCES, "R10", { INSN(0x79, 10, 1, 0, 0), R0_0, EXIT }, 3 },
	{ "a reserved source in a move", EINVAL, "malformed", { INSN(0xb7, 0, 1, 0, 0), EXIT }, 2 },
	{ "a reserved constant in a move", EINVAL, "malformed",
	  { R0_0, INSN(0xbf, 0, 0, 0, 1), EXIT }, 3 },
	{ "a reserved offset in an addition", EINVAL, "malformed",
	  { R0_0, INSN(0x07, 0, 0, 1, 1), EXIT }, 3 },
	{ "a sign extension of 24 bits", EINVAL, "malformed", { R0_0, INSN(0xbf, 0, 0, 24, 0), EXIT }, 3 },
	{ "a swap of 24 bits", EINVAL, "malformed", { R0_0, INSN(0xd4, 0, 0, 0, 24), EXIT }, 3 },
	{ "a reserved constant in a load", EINVAL, "malformed", { INSN(0x79, 0, 1, 0, 1), EXIT }, 2 },
	{ "a reserved source in a store of a constant", EINVAL, "malformed",
	  { INSN(0x7a, 10, 1, -8, 1), R0_0, EXIT }, 3 },
	{ "an exit with fields", EINVAL, "malformed", { R0_0, INSN(0x95, 0, 0, 1, 0) }, 2 },
	{ "a call with an offset", EINVAL, "malformed", { INSN(0x85, 0, 0, 1, 5), EXIT }, 2 },
	{ "a call of kind 3", EINVAL, NULL, { INSN(0x85, 0, 3, 0, 5), EXIT }, 2 },
	{ "a helper below 0", EINVAL, "no helper of number", { INSN(0x85, 0, 0, 0, -1), EXIT }, 2 },
	{ "helper 0", EINVAL, NULL, { INSN(0x85, 0, 0, 0, 0), EXIT }, 2 },
	{ "a helper beyond all", EINVAL, "no helper of number",
	  { INSN(0x85, 0, 0, 0, 0x7fffffff), EXIT }, 2 },
	{ "an atomic operation of one byte", EINVAL, "malformed",
	  { INSN(0xd3, 10, 0, -8, 0), R0_0, EXIT }, 3 },
	{ "an atomic operation that there is not", EINVAL, "malformed",
	  { R0_0, INSN(0xdb, 10, 0, -8, 0x33), EXIT }, 3 },
	{ "opcode 0xff", EINVAL, "malformed", { INSN(0xff, 0, 0, 0, 0), EXIT }, 2 },
	{ "a map fd below 0", EBADF, "no map", { INSN(0x18, 1, 1, 0, -1), INSN(0, 0, 0, 0, 0),
						 R0_0, EXIT }, 4 },
	{ "a map fd that is none", EBADF, "no map",
	  { INSN(0x18, 1, 1, 0, 99999), INSN(0, 0, 0, 0, 0), R0_0, EXIT }, 4 },
	{ "a map fd with an upper half", EINVAL, NULL,
	  { INSN(0x18, 1, 1, 0, 100), INSN(0, 0, 0, 0, 1), R0_0, EXIT }, 4 },
	{ "a ld_imm64 of kind 9", EINVAL, NULL, { INSN(0x18, 1, 9, 0, 0), INSN(0, 0, 0, 0, 0),
						  R0_0, EXIT }, 4 },
	{ "an index beyond the list of maps", EBADF, NULL,
	  { INSN(0x18, 1, 5, 0, 70), INSN(0, 0, 0, 0, 0), R0_0, EXIT }, 4 },
};

static void malformed_ones(void)
{
	u32 i;
	int err;

	for (i = 0; i < ARRAY_SIZE(malformed); i++) {
		const struct malformed *m = &malformed[i];

		rt_reset();
		rt_map_new("m", BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
		err = verdict(m->insns, m->cnt, BPF_PROG_TYPE_KPROBE);
		expect(err == -m->err, "%s: %d, not %d: %s", m->name, err, -m->err, vlog.reason);
		expect(!m->words || strstr(vlog.reason, m->words), "%s: %s", m->name, vlog.reason);
		expect(vlog.reason[0] && log_text[0], "%s: no words", m->name);
		expect_eq(rt_map_refs(rt_map_by_name("m")), 0);
	}
}

/*
 * Every opcode, with every constant that has a meaning somewhere: no crash, and a reason for each
 * refusal.
 */
static void every_opcode(void)
{
	static const s32 imms[] = { 0, 1, 16, 32, 64, 0xe1, 0xf1, -1, 0x7fffffff };
	static const s16 offs[] = { 0, 1, 8, -1, 32767, -32768 };
	u32 code, i, k, reg, silent = 0;

	rt_reset();
	for (code = 0; code < 256; code++)
		for (i = 0; i < ARRAY_SIZE(imms); i++)
			for (k = 0; k < ARRAY_SIZE(offs); k++)
				for (reg = 0; reg < 4; reg++) {
					struct bpf_insn insns[] = {
						R0_0, INSN((u8)code, reg * 5 & 15, reg * 3 & 15, offs[k], imms[i]), R0_0, EXIT,
					};
					int err = verdict(insns, ARRAY_SIZE(insns),
							  reg & 1 ? BPF_PROG_TYPE_SOCKET_FILTER :
								    BPF_PROG_TYPE_KPROBE);

					silent += err && !vlog.reason[0];
					if (err && err != -EINVAL && err != -EACCES && err != -EBADF)
						expect(false, "opcode %02x off %d imm %d: %d", code, offs[k], imms[i], err);
				}
	expect_eq(silent, 0);
}

/* Each beginning of a good program. */
static void truncated(void)
{
	struct asm_prog p;
	u32 n;

	rt_reset();
	rt_map_new("hash", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	memset(&p, 0, sizeof(p));
	expect_eq(asm_parse(&p,
			    "r6 = r1; *(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; "
			    "r1 = map[hash] ll; call map_lookup_elem;"
				"if r0 == 0 goto out; r1 = *(u64 *)(r0 + 0); call f; out: r0 = 0; exit; f: r0 = 1; exit"), 0);
	expect_eq(asm_bind(&p, rt_map_fd_by_name, NULL), 0);
	for (n = 0; n < p.cnt; n++)
		expect(verdict(p.insns, n, BPF_PROG_TYPE_KPROBE) < 0 && vlog.reason[0],
		       "%u instructions: %s", n, vlog.reason);
	expect_eq(verdict(p.insns, p.cnt, BPF_PROG_TYPE_KPROBE), 0);
	expect_eq(rt_map_refs(rt_map_by_name("hash")), 0);
	asm_free(&p);
}

/* --- huge ------------------------------------------------------------------------------------ */

static struct bpf_insn *big(u32 cnt)
{
	struct bpf_insn *insns = calloc(cnt, sizeof(*insns));
	u32 i;

	for (i = 0; i + 1 < cnt; i++)
		insns[i] = (struct bpf_insn)R0_0;
	insns[cnt - 1] = (struct bpf_insn)EXIT;
	return insns;
}

static void sizes(void)
{
	struct bpf_insn *insns = big(MILLION + 1);

	rt_reset();
	expect_eq(verdict(insns + MILLION + 1 - 4096, 4096, BPF_PROG_TYPE_KPROBE), 0);
	expect_eq(verdict(insns + 1, MILLION, BPF_PROG_TYPE_KPROBE), 0);
	expect_eq(verdict(insns, MILLION + 1, BPF_PROG_TYPE_KPROBE), -E2BIG);
	expect(strstr(vlog.reason, "1000001 instructions"), "%s", vlog.reason);
	free(insns);
}

/* The program made by @step(i), as often as it fits into @cnt. */
static void pathological(const char *name, u32 cnt, u32 (*step)(struct bpf_insn *at, u32 i),
			 int want)
{
	struct bpf_insn *insns = calloc(cnt + 16, sizeof(*insns));
	struct timespec a, b;
	u32 n = 0, i;
	int err;

	insns[n++] = (struct bpf_insn)R0_0;
	insns[n++] = (struct bpf_insn)INSN(0x79, 2, 1, 0, 0);
	insns[n++] = (struct bpf_insn)INSN(0x79, 3, 1, 8, 0);
	for (i = 0; n < cnt; i++)
		n += step(&insns[n], i);
	insns[n++] = (struct bpf_insn)EXIT;
	clock_gettime(CLOCK_MONOTONIC, &a);
	err = verdict(insns, n, BPF_PROG_TYPE_KPROBE);
	clock_gettime(CLOCK_MONOTONIC, &b);
	tap_diag("%s: %d in %ld ms: %s", name, err, (b.tv_sec - a.tv_sec) * 1000 +
		 (b.tv_nsec - a.tv_nsec) / 1000000, vlog.reason);
	expect(want == 1 ? err <= 0 : err == want, "%s: %d", name, err);
	expect(!err || vlog.reason[0]);
	free(insns);
}

/* if r2 == i goto +1; r0 += 1: each way ends in another r0, which the result depends on */
static u32 other_sums(struct bpf_insn *at, u32 i)
{
	at[0] = (struct bpf_insn)INSN(0x15, 2, 0, 1, (s32)i);
	at[1] = (struct bpf_insn)INSN(0x07, 0, 0, 0, 1 << i % 30);
	return 2;
}

/* all go to the end: as many wait as there are branches */
static u32 many_wait(struct bpf_insn *at, u32 i)
{
	(void)i;
	at[0] = (struct bpf_insn)INSN(0x1d, 2, 3, 0, 0);
	at[1] = (struct bpf_insn)INSN(0x0f, 3, 2, 0, 0);
	return 2;
}

/* another slot of the stack is written on each way */
static u32 other_stacks(struct bpf_insn *at, u32 i)
{
	at[0] = (struct bpf_insn)INSN(0x15, 2, 0, 1, (s32)i);
	at[1] = (struct bpf_insn)INSN(0x7b, 10, 3, (s16)(-8 - 8 * (s32)(i % 64)), 0);
	return 2;
}

static void deep(void)
{
	static struct bpf_insn chain[20000];
	u32 i, n = 0;

	/* each jump goes to the end: nothing is undone before all are walked */
	chain[n++] = (struct bpf_insn)INSN(0x79, 2, 1, 0, 0);
	chain[n++] = (struct bpf_insn)R0_0;
	for (i = 0; i < 16000; i++)
		chain[n++] = (struct bpf_insn)INSN(0x15, 2, 0, (s16)(16000 - i), (s32)i);
	chain[n++] = (struct bpf_insn)R0_0;
	chain[n++] = (struct bpf_insn)EXIT;
	chain[n - 2] = (struct bpf_insn)R0_0;
	i = (u32)-verdict(chain, n, BPF_PROG_TYPE_KPROBE);
	expect(!i || i == E2BIG || i == ENOMEM, "16,000 branches that wait: %u: %s", i, vlog.reason);
	tap_diag("16,000 branches that wait: %u: %s", i, vlog.reason);
}

static void slow_ones(void)
{
	rt_reset();
	pathological("sums that differ on each way", 4000, other_sums, 1);
	pathological("branches that wait", 20000, many_wait, 1);
	pathological("stacks that differ on each way", 4000, other_stacks, 1);
}

/*
 * --- no memory ---------------------------------------------------------------------------------
 */

static const char *const costly[] = {
	"r0 = 0; exit",
	"r6 = r1; *(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; r1 = map[hash] ll; "
	"call map_lookup_elem; if r0 == 0 goto out;"
	"r1 = *(u64 *)(r0 + 0); if r1 > 5 goto out; r7 = 0; l: r7 += 1; *(u64 *)(r10 - 16) = r7; "
	"if r7 < r1 goto l;"
	"out: call f; r0 = 0; exit; f: *(u64 *)(r10 - 64) = 1; r0 = 1; call g; exit; g: r0 = 2; exit",
	"r6 = r1; r1 = map[rb] ll; r2 = 8; r3 = 0; call ringbuf_reserve; if r0 == 0 goto out; "
	"*(u64 *)(r0 + 0) = 1; r1 = r0; r2 = 0;"
	"call ringbuf_submit; out: r1 = r6; r2 = map[tbl] ll; r3 = 1; call tail_call; r0 = 0; exit",
	"r2 = *(u64 *)(r1 + 0); r0 = 0; r3 = 0; l: r3 += 1; if r2 == r3 goto m; r0 += r2; "
	"m: r4 = r0; r4 &= 7; *(u64 *)(r10 - 8) = r4;"
	"if r3 < 40 goto l; exit",
};

static void world(void)
{
	rt_reset();
	rt_map_new("hash", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	rt_map_new("rb", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	rt_map_new("tbl", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
}

/* Verifies, builds the interpreter's image, compiles; allocation @budget fails. */
static int whole_load(const struct asm_prog *p, int budget, bool watch_log)
{
	struct xbpf_code code = { .type = BPF_PROG_TYPE_KPROBE, .gpl_compatible = true,
				  .insn_cnt = p->cnt };
	struct xbpf_jit_out out = { 0 };
	struct xbpf_image *image = NULL;
	struct xbpf_jit_env jenv;
	int err;
	u32 i;

	code.insns = malloc(p->cnt * sizeof(*p->insns));
	memcpy(code.insns, p->insns, p->cnt * sizeof(*p->insns));
	load_jit_env(&jenv);
	xbpf_log_init(&vlog, watch_log ? XBPF_LOG_MORE : 0, log_text, sizeof(log_text));
	port_alloc_budget = budget;
	err = xbpf_verify(&code, &rt_env, NULL, &vlog);
	if (!err)
		image = xbpf_image_build(&code, &rt_env, &vlog, &err);
	if (!err)
		err = load_jit_compile(&code, &rt_env, &jenv, 0, NULL, 0, &out, &vlog);
	port_alloc_budget = -1;
	xbpf_log_finish(&vlog, NULL);
	xbpf_jit_out_release(&out);
	xbpf_image_free(image);
	for (i = 0; i < code.map_cnt; i++)
		rt_env.map_put(code.maps[i]);
	xbpf_code_release(&code);
	free(code.insns);
	return err;
}

static void no_memory(void)
{
	struct asm_prog p;
	u32 i, failures, held;
	int n, err;

	for (i = 0; i < ARRAY_SIZE(costly); i++) {
		world();
		memset(&p, 0, sizeof(p));
		expect_eq(asm_parse(&p, costly[i]), 0);
		expect_eq(asm_bind(&p, rt_map_fd_by_name, NULL), 0);
		expect(!whole_load(&p, -1, false), "program %u: %s", i, vlog.reason);
		failures = 0;
		for (n = 0; n < 5000; n++) {
			err = whole_load(&p, n, n & 1);
			if (err == -ENOMEM) {
				failures++;
				expect(strstr(vlog.reason, "memory"), "program %u, allocation %d: %s", i, n, vlog.reason);
			}
			held = rt_map_refs(rt_map_by_name("hash")) + rt_map_refs(rt_map_by_name("rb")) +
			       rt_map_refs(rt_map_by_name("tbl"));
			if (!expect(!held, "program %u, allocation %d: %u maps are held", i, n, held) ||
			    !expect(!err || err == -ENOMEM, "program %u, allocation %d: %d: %s", i, n, err, vlog.reason))
				break;
			/* some are optional: the walk goes on without; the budget is left over when all were made */
			if (!err && n > 4 && whole_load(&p, n + 1, false) == 0 && whole_load(&p, n + 2, false) == 0 &&
			    whole_load(&p, n + 20, false) == 0)
				break;
		}
		tap_diag("program %u: %u allocations failed", i, failures);
		expect(failures >= 5, "program %u: only %u failures", i, failures);
		expect(n < 5000);
		asm_free(&p);
	}
}

static const struct tap_test tests[] = {
	{ "malformed programs are refused as the kernel does", malformed_ones },
	{ "every opcode with odd fields", every_opcode },
	{ "every beginning of a program", truncated },
	{ "4,096, a million and one more instructions", sizes },
	{ "branches that all wait", deep },
	{ "programs made to take long", slow_ones },
	{ "each allocation fails once", no_memory },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
