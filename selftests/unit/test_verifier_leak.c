// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts on programs of who may see kernel pointers and old stack anyway
 * (code->may_leak): what the upstream verifier allows the privileged, and that no
 * pointer is ever made of numbers for it.
 */
#include "verdict.h"

#define LEAK(name_, ...) { .name = name_, .may_leak = true, .text = __VA_ARGS__ }
#define NEVER(name_, log_, ...) \
	{ .name = name_, .may_leak = true, .err = -EACCES, .log = log_, .text = __VA_ARGS__ }
/* ... where nobody knows what is added to the pointer */
#define NO_OFFSET(name_, ...) \
	{ .name = name_, .may_leak = true, .err = -EINVAL, .log = "unbounded", .text = __VA_ARGS__ }
#define ARR "r6 = map[arr][0]+0 ll; "
#define NUMBER "r8 = *(u64 *)(r1 + 0); "
#define USE(reg) ARR "r6 += " #reg "; r0 = *(u8 *)(r6 + 0); exit"
#define LOAD_FROM(reg) "r0 = *(u8 *)(" #reg " + 0); exit"

/* r0 = element @e of inner map @m of outer; of pcpu, on @cpu */
#define INNER(m, e)								\
	"*(u32 *)(r10 - 4) = " #m "; r2 = r10; r2 += -4; r1 = map[outer] ll; "	\
	"call map_lookup_elem; if r0 == 0 goto out; r1 = r0; "			\
	"*(u32 *)(r10 - 4) = " #e "; r2 = r10; r2 += -4; "			\
	"call map_lookup_elem; if r0 == 0 goto out; "
#define PERCPU(cpu)								\
	"*(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; r3 = " #cpu "; r1 = map[pcpu] ll; "	\
	"call map_lookup_percpu_elem; if r0 == 0 goto out; "

static const struct verdict stack_cases[] = {
	LEAK("reading what was never written", "r0 = *(u64 *)(r10 - 8); exit"),
	NO_OFFSET("... as an offset", "r1 = *(u64 *)(r10 - 8); " USE(r1)),
	NEVER("... as a pointer", "invalid mem access 'scalar'", "r1 = *(u64 *)(r10 - 8); " LOAD_FROM(r1)),
	{ .name = "an address as the offset of a legacy load", .type = BPF_PROG_TYPE_SOCKET_FILTER,
	  .may_leak = true,
	  .text = "r6 = r1; r0 = *(u8 *)skb[r6 + 0]; exit" },
	LEAK("giving unwritten bytes to a helper",
	     "r2 = r10; r2 += -8; r1 = map[hash] ll; call map_lookup_elem; " RETURN_0),
	LEAK("giving a saved pointer to a helper",
	     "*(u64 *)(r10 - 8) = r1; r2 = r10; r2 += -8; r1 = map[hash] ll; call map_lookup_elem; "
	     RETURN_0),
	NEVER("reading half of a saved pointer", "invalid size of register fill",
	      "*(u64 *)(r10 - 8) = r1; r0 = *(u32 *)(r10 - 8); exit"),
	NEVER("saving half of a pointer", "invalid size of register spill",
	      "*(u32 *)(r10 - 8) = r1; r0 = 0; exit"),
	LEAK("the rest of a pointer after a partial overwrite",
	     "*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 8) = 0; r0 = *(u32 *)(r10 - 4); exit"),
	NEVER("a pointer that was overwritten in part", "invalid mem access 'scalar'",
	      "*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 8) = 0; r1 = *(u64 *)(r10 - 8); " LOAD_FROM(r1)),
	LEAK("a pointer saved somewhere, read as a number",
	     NUMBER "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; r8 &= 8; r2 = r10; r2 += -16; "
	     "r2 += r8; *(u64 *)(r2 + 0) = r1;"
	     "r0 = *(u64 *)(r10 - 8); exit"),
	NEVER("... as a pointer", "invalid mem access 'scalar'",
	      NUMBER "*(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 16) = r1; r8 &= 8; r2 = r10; "
	      "r2 += -16; r2 += r8; *(u64 *)(r2 + 0) = r1;"
	      "r1 = *(u64 *)(r10 - 8); " LOAD_FROM(r1)),
	LEAK("reading somewhere among saved pointers",
	     NUMBER "*(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 16) = r1; r8 &= 8; r2 = r10; "
	     "r2 += -16; r2 += r8; r0 = *(u64 *)(r2 + 0); exit"),
	NEVER("... to follow it", "invalid mem access 'scalar'",
	      NUMBER "*(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 16) = r1; r8 &= 8; r2 = r10; "
	      "r2 += -16; r2 += r8; r1 = *(u64 *)(r2 + 0); " LOAD_FROM(r1)),
	NEVER("what a helper wrote over a saved pointer", "invalid mem access 'scalar'",
	      "*(u64 *)(r10 - 8) = r1; r1 = r10; r1 += -8; r2 = 8; r3 = 0; call probe_read_kernel; "
	      "r1 = *(u64 *)(r10 - 8); " LOAD_FROM(r1)),
	/* first nothing there, then a number that matters */
	NO_OFFSET("a saved index on the second path",
	      NUMBER "r7 = 5; if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; r5 = 0; r5 = 0; r5 = 0; "
	      "r5 = 0; r5 = 0; r5 = 0; r5 = 0;"
	      "if r8 == 0 goto join; *(u64 *)(r10 - 8) = 5; goto join2; join: r5 = 0; "
	      "join2: r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0;"
	      "r1 = *(u64 *)(r10 - 8); " USE(r1)),
};

static const struct verdict pointer_cases[] = {
	LEAK("a pointer as result", "r0 = r10; exit"),
	LEAK("a pointer in a map", ARR "*(u64 *)(r6 + 0) = r10; " RETURN_0),
	NEVER("... and back", "invalid mem access 'scalar'",
	      ARR "*(u64 *)(r6 + 0) = r10; r1 = *(u64 *)(r6 + 0); " LOAD_FROM(r1)),
	LEAK("a pointer added to a value", ARR "lock *(u64 *)(r6 + 0) += r10; " RETURN_0),
	NEVER("a pointer got by an exchange", "invalid mem access 'scalar'",
	      ARR "r1 = r10; r1 = atomic64_xchg((u64 *)(r6 + 0), r1); " LOAD_FROM(r1)),
	LEAK("the lower half of a pointer", "w0 = w10; exit"),
	NEVER("... is an unknown number", "unbounded memory access", "w1 = w1; " USE(r1)),
	LEAK("the last byte of a pointer, with its sign", "r0 = (s8)r10; exit"),
	LEAK("minus a pointer", "r0 = r10; r0 = -r0; exit"),
	LEAK("a pointer, turned round", "r0 = r10; r0 = be64 r0; exit"),
	LEAK("any two pointers subtracted", "r0 = r10; r0 -= r1; exit"),
	NO_OFFSET("... is no offset", "r2 = r10; r2 -= r1; " USE(r2)),
	LEAK("32 bits of it", "w0 = w10; r0 = r10; w0 -= w1; exit"),
	NEVER("a pointer subtracted from a number", "tried to subtract pointer", "r0 = 5; r0 -= r1; exit"),
	NEVER("two pointers added", "pointer += pointer prohibited", "r0 = r10; r0 += r1; exit"),
	NEVER("a pointer and a mask", "prohibited", "r0 = r10; r0 &= 7; exit"),
	NEVER("32-bit addition", "32-bit pointer arithmetic", "r0 = r10; w0 += 4; exit"),
	NEVER("a number of a pointer's bits", "invalid mem access 'scalar'",
	      "r2 = r10; r2 -= r1; r2 += 8; " LOAD_FROM(r2)),
	LEAK("any two pointers compared", "r0 = 0; if r1 < r10 goto pc+1; r0 = 1; exit"),
	LEAK("a pointer compared with a number", "r0 = 0; if r10 s> 5 goto pc+1; r0 = 1; exit"),
	LEAK("... of 32 bits", "r0 = 0; if w10 == 0 goto pc+1; r0 = 1; exit"),
	NEVER("... is no check for null", "map_value_or_null",
	      LOOKUP_FOUR "if w0 == 0 goto out; r0 = *(u64 *)(r0 + 0); exit; out: " RETURN_0),
	NEVER("nor is another comparison", "map_value_or_null",
	      LOOKUP_FOUR "if r0 s<= 0 goto out; r0 = *(u64 *)(r0 + 0); exit; out: " RETURN_0),
	NEVER("an equal number is no pointer", "invalid mem access 'scalar'",
	      NUMBER "if r8 != r1 goto out; " LOAD_FROM(r8) "; out: " RETURN_0),
	NEVER("arithmetic on a pointer that may be null", "null-check it first",
	      LOOKUP_FOUR "r0 += 1; " RETURN_0),
};

/* Within one object offsets are compared, whoever loads. */
#define UP_TO(cond) ARR "r7 = r6; r7 += 64; " NUMBER "if r8 > 100 goto out; r6 += r8; " cond \
	" r0 = *(u8 *)(r6 + 0); exit; out: " RETURN_0

static const struct verdict end_cases[] = {
	ACCEPT("a pointer below the end", UP_TO("if r6 >= r7 goto out;")),
	ACCEPT("the end above the pointer", UP_TO("if r7 <= r6 goto out;")),
	ACCEPT("jumping when it is below", ARR "r7 = r6; r7 += 64; " NUMBER
	       "if r8 > 100 goto out; r6 += r8; if r6 < r7 goto in; out: " RETURN_0
	       "; in: r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("... on the other branch", EACCES, "value_size=64", NULL, UP_TO("if r6 < r7 goto out;")),
	REJECT("a pointer up to the end", EACCES, "value_size=64", NULL, UP_TO("if r6 > r7 goto out;")),
	REJECT("not equal to the end", EACCES, "value_size=64", NULL, UP_TO("if r6 == r7 goto out;")),
	ACCEPT("a loop from a pointer to an end",
	       ARR "r7 = r6; r7 += 64; r0 = 0; l: r1 = *(u8 *)(r6 + 0); r0 += r1; r6 += 1; "
	       "if r6 != r7 goto l; exit"),
	ACCEPT("a loop over the stack",
	       "r6 = r10; r6 += -64; l: *(u8 *)(r6 + 0) = 0; r6 += 1; if r6 < r10 goto l; "
	       "r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("... in a value that a lookup found",
	       LOOKUP_HASH "if r0 == 0 goto out; r6 = r0; r7 = r0; r7 += 16; "
	       "l: r1 = *(u8 *)(r6 + 0); r6 += 1; if r6 < r7 goto l; out: " RETURN_0),
	REJECT("the ends of two values", EACCES, "pointer comparison prohibited", NULL,
	       LOOKUP_HASH "if r0 == 0 goto out; r9 = r0;" LOOKUP_HASH
	       "if r0 == 0 goto out; r6 = r0; r7 = r9; r7 += 16; l: r1 = 0; if r6 < r7 goto l; "
	       "out: " RETURN_0),
	ACCEPT("the distance of two places",
	       ARR "r7 = r6; r7 += 64; r7 -= r6; r7 += -1; r6 += r7; r0 = *(u8 *)(r6 + 0); exit"),
	REJECT("the order of values in two inner maps", EACCES, "pointer comparison prohibited", NULL,
	       INNER(0, 0) "r6 = r0;" INNER(1, 0) "r6 += 4096; if r0 > r6 goto out; out: " RETURN_0),
	REJECT("the distance of values in two inner maps", EACCES, "pointer -= pointer", NULL,
	       INNER(0, 0) "r6 = r0;" INNER(1, 0) "r0 -= r6; out: " RETURN_0),
	REJECT("the distance of a value on two CPUs", EACCES, "pointer -= pointer", NULL,
	       PERCPU(0) "r6 = r0;" PERCPU(1) "r0 -= r6; out: " RETURN_0),
	REJECT("the distance of two values", EACCES, "pointer -= pointer", NULL,
	       LOOKUP_HASH "if r0 == 0 goto out; r9 = r0;" LOOKUP_HASH
	       "if r0 == 0 goto out; r0 -= r9; r9 += r0; r0 = *(u8 *)(r9 + 0); out: " RETURN_0),
};

int main(void)
{
	verdict_run(stack_cases, ARRAY_SIZE(stack_cases));
	verdict_run(pointer_cases, ARRAY_SIZE(pointer_cases));
	verdict_run(end_cases, ARRAY_SIZE(end_cases));
	return tap_done();
}
