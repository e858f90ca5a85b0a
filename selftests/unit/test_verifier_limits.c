/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a loader asks for by prog_flags, kernel functions that no run comes to, and the words for a
 * walk that is too long.
 */
#include "verdict.h"
#include "../lib/load.h"

#define ARG "r7 = *(u64 *)(r1 + 0); "
/* Never: the byte is 1. */
#define NEVER "r1 = map[ro][0]+0 ll; r2 = *(u8 *)(r1 + 0); if r2 == 2 goto use; " RETURN_0 "; use: "
#define KFUNC ".raw 0x85 0 2 0 5; "
#define ABSENT ".raw 0x85 0 2 0 0; "
#define OF_MODULE ".raw 0x85 0 2 7 5; "

#define WITH(name_, flags_, text_) { .name = name_, .flags = flags_, .text = text_ }
#define BAD_WITH(name_, flags_, log_, text_) \
	{ .name = name_, .flags = flags_, .err = -EACCES, .log = log_, .text = text_ }
#define ODD "r1 = map[arr][0]+1 ll; r0 = *(u64 *)(r1 + 0); exit"

static const struct verdict cases[] = {
	WITH("any alignment", BPF_F_ANY_ALIGNMENT, ODD),
	WITH("any alignment outdoes strict", BPF_F_ANY_ALIGNMENT | BPF_F_STRICT_ALIGNMENT, ODD),
	BAD_WITH("strict alone", BPF_F_STRICT_ALIGNMENT, "misaligned value access", ODD),
	BAD_WITH("any alignment is not for the stack", BPF_F_ANY_ALIGNMENT, "misaligned stack access",
		 "*(u64 *)(r10 - 12) = 0; " RETURN_0),
	BAD_WITH("... nor for atomic operations", BPF_F_ANY_ALIGNMENT, "misaligned value access",
		 "r1 = map[arr][0]+1 ll; r2 = 1; lock *(u64 *)(r1 + 0) += r2; " RETURN_0),
	WITH("checked numbers", XBPF_TEST_REG_INVARIANTS,
	     ARG "if r7 s> 100 goto out; if r7 < 5 goto out; w7 &= 0xff; if w7 != 7 goto out; r7 <<= 40; "
	     "r7 s>>= 36; out: " RETURN_0),
	WITH("a state at each place where paths meet", BPF_F_TEST_STATE_FREQ,
	     "r0 = 0; l: r0 += 1; if r0 < 100 goto l; exit"),

	ACCEPT("a kernel function behind a constant", NEVER KFUNC "exit"),
	ACCEPT("... of a module", NEVER OF_MODULE "exit"),
	ACCEPT("... that the loader did not find", NEVER ABSENT "exit"),
	ACCEPT("... by a number that a branch has narrowed",
	       ARG "if r7 > 5 goto out; if r7 > 6 goto use; out: " RETURN_0 "; use: " KFUNC "exit"),
	ACCEPT("... in a function that no run calls", NEVER "call f; exit; f: " KFUNC "exit"),
	ACCEPT("... in a global function that no run calls",
	       NEVER "call f; exit; .global int f(); " KFUNC "r0 = 0; exit"),
	ACCEPT("... before a loop and a callback",
	       NEVER "l: " KFUNC "if r0 != 0 goto l; r1 = 1; r2 = func[f] ll; r3 = 0; r4 = 0; call loop; "
	       "exit; f: " KFUNC "r0 = 0; exit"),
	ACCEPT("... whose number is a helper's", NEVER ".raw 0x85 0 2 0 12; exit"),
	REJECT("... where a run comes to", EINVAL, "calling kernel function is not allowed",
	       "(kfunc, BTF id 5)", "r1 = map[ro][0]+0 ll; r2 = *(u8 *)(r1 + 0); if r2 == 1 goto use; "
	       RETURN_0 "; use: " KFUNC "exit"),
	REJECT("... where one may come to", EINVAL, NULL, "(kfunc, BTF id 5)",
	       "r1 = map[thaw][0]+0 ll; r2 = *(u8 *)(r1 + 0); if r2 == 1 goto use; " RETURN_0 "; use: "
	       KFUNC "exit"),
	REJECT("... in a callback", EINVAL, NULL, "(kfunc, BTF id 5)",
	       "r1 = 1; r2 = func[f] ll; r3 = 0; r4 = 0; call loop; exit; f: " KFUNC "r0 = 0; exit"),
	REJECT("... in a global function", EINVAL, NULL, "(kfunc, BTF id 5)",
	       "call f; exit; .global int f(); " KFUNC "r0 = 0; exit"),
	REJECT("... that is 0, where a run comes to", EINVAL, NULL, "bpf_ksym_exists()", ABSENT "exit"),

	/* walks that are too long: what, where, what to do */
	REJECT("a loop that leaves a branch behind in each round", E2BIG,
	       "The sequence of 8192 jumps is too complex",
	       "8192 branches wait to be walked, and the end of the loop from instruction 2 to 4 is not "
	       "seen after 8193 rounds: compare its counter with a smaller constant",
	       ARG "r0 = 0; l: if r0 == r7 goto out; r0 += 1; goto l; out: exit"),
	REJECT("a loop in a loop", E2BIG, "BPF program is too large",
	       "1000000 instructions were walked, and the end of the loop from instruction 2 to 3 is not "
	       "seen after ",
	       "r6 = 0; a: r7 = 0; b: r7 += 1; if r7 != 1000 goto b; r6 += 1; if r6 != 2000 goto a; "
	       RETURN_0),
	REJECT("... names both", E2BIG, NULL, "inside of the loop from 1 to 5 (",
	       "r6 = 0; a: r7 = 0; b: r7 += 1; if r7 != 1000 goto b; r6 += 1; if r6 != 2000 goto a; "
	       RETURN_0),
	REJECT("a loop that ended is not named", E2BIG, "BPF program is too large",
	       "the end of the loop from instruction 4 to 5 is not seen after ",
	       "r1 = 0; a: r1 += 1; if r1 != 400000 goto a; r2 = 0; b: r2 += 1; if r2 != 400000 goto b; "
	       RETURN_0),
	REJECT("rounds of a callback that all differ", E2BIG, "The sequence of 8192 jumps is too complex",
	       "the end of the rounds that the helper at instruction 7 calls back is not seen",
	       "*(u64 *)(r10 - 8) = 0; r1 = 10; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; call loop; "
	       "exit; f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; "
	       "if r1 != 2000000 goto out; r0 = 1; out: exit"),
	REJECT("branches alone", E2BIG, "BPF program is too large",
	       "its branches have too many combinations",
	       ARG
#define TWO "call get_prandom_u32; r6 <<= 1; if r0 == 0 goto pc+1; r6 |= 1; "
#define EIGHT TWO TWO TWO TWO TWO TWO TWO TWO
	       "r6 = 1; " EIGHT EIGHT EIGHT "r1 = map[arr][0]+0 ll; if r6 > 50 goto out; r1 += r6; "
	       "r0 = *(u8 *)(r1 + 0); out: " RETURN_0),
};

/* total_states of the log's last line. */
static long states_of(const char *text, u32 flags)
{
	struct verdict c = { .name = text, .text = text, .flags = flags };
	struct asm_prog prog;
	struct xbpf_code code;
	struct xbpf_log log;
	const char *at;
	long n = -1;

	verdict_world();
	memset(&prog, 0, sizeof(prog));
	if (!verdict_verify(&c, &prog, &code, &log, XBPF_LOG_STATS)) {
		at = strstr(verdict_log, "total_states ");
		n = at ? strtol(at + strlen("total_states "), NULL, 10) : -1;
	}
	verdict_drop(&prog, &code);
	return n;
}

static void more_states(void)
{
	const char *loop = "r0 = 0; l: r0 += 1; if r0 < 100 goto l; exit";
	long few = states_of(loop, 0), many = states_of(loop, BPF_F_TEST_STATE_FREQ);

	tap_ok(few >= 0 && few < 50 && many >= 100, "BPF_F_TEST_STATE_FREQ keeps a state in each round");
	if (few < 0 || few >= 50 || many < 100)
		tap_diag("%ld without, %ld with", few, many);
}

static void runs(void)
{
	static const u32 engines[] = { LOAD_INTERP, LOAD_JIT };
	u64 ctx[21] = { 0 }, got;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		struct loaded p = { 0 };
		int err;

		verdict_world();
		err = load_asm(&p, "r1 = map[ro][0]+0 ll; r0 = *(u8 *)(r1 + 2); if r0 == 2 goto use; exit; use: "
			       KFUNC "exit", BPF_PROG_TYPE_KPROBE, engines[i]);
		got = err ? 0 : load_run(&p, engines[i], ctx);
		tap_ok(!err && got == 3, "a program with a kernel function that is never called runs, %s",
		       i ? "JIT" : "interpreter");
		if (err || got != 3)
			tap_diag("%d, %llu: %s", err, (unsigned long long)got, p.log.reason);
		load_free(&p);
	}
}

int main(void)
{
	verdict_run(cases, ARRAY_SIZE(cases));
	more_states();
	runs();
	return tap_done();
}
