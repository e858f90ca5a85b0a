/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts that differ when a rule is off by one, or asks for the wrong one of two: found by
 * selftests/mutants, which no other test noticed.
 */
#include "verdict.h"

#define ARG "r7 = *(u64 *)(r1 + 0); r8 = *(u64 *)(r1 + 8); "
/* long enough for a checkpoint where two paths meet */
#define PAD "r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; "
#define MEET(a, b, then) \
	ARG "if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; " PAD \
	"if r7 == 0 goto second; " a "; goto join; second: " b "; join: " PAD then
#define RESERVE \
"r1 = map[rb] ll; r2 = 16; r3 = 0; call ringbuf_reserve; if r0 == 0 goto out; r6 = r0; "
#define SUBMIT "r1 = r6; r2 = 0; call ringbuf_submit; "

static const struct verdict cases[] = {
	ACCEPT("what was saved by 4 bytes comes back cut off",
	       "r2 = 0x100000001 ll; *(u32 *)(r10 - 8) = r2; r3 = *(u32 *)(r10 - 8); "
	       "if r3 == 1 goto out; r0 = r9; exit; out: " RETURN_0),
	ACCEPT("what was saved by 2 bytes comes back cut off",
	       "r2 = 0x10002; *(u16 *)(r10 - 8) = r2; r3 = *(u16 *)(r10 - 8); if r3 == 2 goto out; "
	       "r0 = r9; exit; out: " RETURN_0),
	REJECT("a helper may write less than its largest size", EACCES, "invalid read from stack", NULL,
	       "r6 = *(u64 *)(r1 + 0); r6 &= 8; r6 += 8; r1 = r10; r1 += -16; r2 = r6; r3 = 0; "
	       "call probe_read_kernel;"
	       "r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("... and writes its smallest",
	       "r6 = *(u64 *)(r1 + 0); r6 &= 8; r6 += 8; r1 = r10; r1 += -16; r2 = r6; r3 = 0; "
	       "call probe_read_kernel;"
	       "r0 = *(u64 *)(r10 - 16); exit"),

	/* where two paths meet, the second is not the first */
	REJECT("another offset into the same map", EACCES, "value_size=64", NULL,
	       MEET("r6 = map[arr][0]+0 ll", "r6 = map[arr][0]+60 ll", "r0 = *(u64 *)(r6 + 0); exit")),
	REJECT("another map, whose value is shorter", EACCES, "value_size=16", NULL,
	       MEET("r6 = map[arr][0]+0 ll", "r6 = map[ro][0]+0 ll", "r0 = *(u64 *)(r6 + 16); exit")),
	REJECT("another map, which may not be read", EACCES, "read from map forbidden", NULL,
	       MEET("r6 = map[ro][0]+0 ll", "r6 = map[wo][0]+0 ll", "r0 = *(u64 *)(r6 + 0); exit")),

	/* records */
	ACCEPT("a record is filled and given back", RESERVE "*(u64 *)(r6 + 8) = 1; " SUBMIT
	       "out: " RETURN_0),
	REJECT("a record is used after it was given back", EACCES, NULL, NULL,
	       RESERVE SUBMIT "*(u64 *)(r6 + 8) = 1; out: " RETURN_0),
	REJECT("a record is read after it was given back", EACCES, NULL, NULL,
	       RESERVE SUBMIT "r0 = *(u64 *)(r6 + 0); out: " RETURN_0),
	REJECT("a record is given back twice", EACCES, NULL, NULL, RESERVE SUBMIT SUBMIT "out: " RETURN_0),
	REJECT("a saved record is used after it was given back", EACCES, NULL, NULL,
	       RESERVE "*(u64 *)(r10 - 8) = r6; " SUBMIT
	       "r6 = *(u64 *)(r10 - 8); *(u64 *)(r6 + 0) = 1; out: " RETURN_0),
	REJECT("a record is kept", EINVAL, "Unreleased reference", NULL, RESERVE "out: " RETURN_0),
	REJECT("a record is kept on one path", EINVAL, "Unreleased reference", NULL,
	       "r9 = *(u64 *)(r1 + 0); " RESERVE "if r9 == 5 goto out; " SUBMIT "out: " RETURN_0),
	REJECT("a record's end", EACCES, "mem_size=16", NULL, RESERVE "*(u64 *)(r6 + 9) = 1; "
	       SUBMIT "out: " RETURN_0),
};

int main(void)
{
	verdict_run(cases, ARRAY_SIZE(cases));
	return tap_done();
}
