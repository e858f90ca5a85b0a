// SPDX-License-Identifier: GPL-2.0
/*
 * Which numbers keep states apart: those that a verdict depended on, on whatever
 * way they came there, and no others.  (Not for the oracle: upstream walks some of
 * these for a minute.)
 */
#include "verdict.h"

#define ARG "r7 = *(u64 *)(r1 + 0); "

/* Two paths meet; the second one must not be covered when it is worse. */
#define PAD "r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; "
#define MEET(a, b, then) \
	ARG "r8 = *(u64 *)(r1 + 8); r9 = r1; if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; " PAD \
	"if r7 == 0 goto second; " a "; goto join; second: " b "; join: " PAD then

/* Sorts what lies at a and b below R10, unless it is so already. */
#define ORDER(a, b) \
	"r1 = *(u64 *)(r10 - " #a "); r2 = *(u64 *)(r10 - " #b "); if r1 <= r2 goto pc+2;" \
	"*(u64 *)(r10 - " #a ") = r2; *(u64 *)(r10 - " #b ") = r1;"
#define ORDER_ALL \
	ORDER(8, 16) ORDER(16, 24) ORDER(24, 32) ORDER(32, 40) ORDER(40, 48) ORDER(48, 56) ORDER(56, 64)
#define READ_TO(n, at) "r2 = *(u64 *)(r1 + " #n "); *(u64 *)(r10 - " #at ") = r2;"
#define INDEX(reg) "r2 = map[arr][0]+0 ll; r2 += " #reg "; r0 = *(u8 *)(r2 + 0); exit"
/* A loop in which the path forks in each round. */
#define FORK(then) "call get_prandom_u32; if r0 == 0 goto pc+1; " then

/* In each of 20 slots a 0 or a 3 is saved. */
#define ZERO_OR(at) \
	"call get_prandom_u32; r7 = 3; if r0 == 3 goto pc+1; r7 = 0; *(u64 *)(r10 - " #at ") = r7; "
#define SOME_ZEROES \
	ZERO_OR(8) ZERO_OR(16) ZERO_OR(24) ZERO_OR(32) ZERO_OR(40) ZERO_OR(48) ZERO_OR(56) ZERO_OR(64) \
	ZERO_OR(72) ZERO_OR(80) ZERO_OR(88) ZERO_OR(96) ZERO_OR(104) ZERO_OR(112) ZERO_OR(120) \
	ZERO_OR(128) ZERO_OR(136) ZERO_OR(144) ZERO_OR(152) ZERO_OR(160)
/* A number on the stack that a callback may set, and that is an offset behind its rounds. */
#define ROUNDS(first, body) \
	"r9 = *(u64 *)(r1 + 0); r9 &= 63; *(u64 *)(r10 - 8) = " first "; r1 = 10; r2 = func[f] ll; " \
	"r3 = r10; r3 += -8; r4 = 0; call loop; r3 = *(u64 *)(r10 - 8); " INDEX(r3) "; f: " body "; " \
	RETURN_0
#define READ(at) "r3 = *(u64 *)(r10 - " #at "); "

/*
 * Three paths: the second is covered by what the first left, and the third goes where the second
 * went: it must not be covered by what did not seem to be needed there.
 */
#define PAUSE(a, b) PAD "if r8 == " #a " goto pc+0; if r8 == " #b " goto pc+0; "
#define THREE(save, first, second, third, then) \
	ARG "r8 = *(u64 *)(r1 + 8); r6 = " third "; " save "if r7 == 1 goto b; r6 = " second "; " \
		save "if r7 == 2 goto b;" \
	"r6 = " first "; " PAUSE(1, 2) "goto last; b: " PAUSE(3, 4) "goto last; last: " \
	PAUSE(5, 6) PAD then

/*
 * What a verdict did not depend on keeps no states apart; what it did depend on does, wherever it
 * came from.
 */
static const struct verdict precision_cases[] = {
	ACCEPT("sorting eight numbers",
	       READ_TO(0, 8) READ_TO(8, 16) READ_TO(16, 24) READ_TO(24, 32) READ_TO(32, 40) READ_TO(40, 48)
	       READ_TO(48, 56) READ_TO(56, 64)
	       ORDER_ALL ORDER_ALL ORDER_ALL ORDER_ALL ORDER_ALL ORDER_ALL ORDER_ALL
	       "r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("forks in a loop, counted in a register",
	       "r6 = 0; r7 = 0; l: " FORK("r7 += 1;") "r6 += 1; if r6 < 1000 goto l; r0 = r7; exit"),
	ACCEPT("forks in a loop, counted on the stack",
	       "r6 = 0; *(u64 *)(r10 - 8) = 0; l: call get_prandom_u32; if r0 == 0 goto no;"
	       "r7 = *(u64 *)(r10 - 8); r7 += 1; *(u64 *)(r10 - 8) = r7; no: r6 += 1; if r6 < 1000 goto l;"
	       "r0 = *(u64 *)(r10 - 8); exit"),
	ACCEPT("a loop counter on the stack, forks counted beside it",
	       "*(u32 *)(r10 - 8) = 0; *(u32 *)(r10 - 4) = 0; l: call get_prandom_u32; if r0 == 0 goto no;"
	       "r7 = *(u32 *)(r10 - 4); r7 += 1; *(u32 *)(r10 - 4) = r7; "
	       "no: r6 = *(u32 *)(r10 - 8); r6 += 1;"
	       "*(u32 *)(r10 - 8) = r6; if r6 < 500 goto l; " RETURN_0),
	ACCEPT("loops in each other, 4900 rounds, a fork in each",
	       "r6 = 0; r8 = 0; a: r7 = 0; b: " FORK("r8 += r7;")
	       "r7 += 1; if r7 < 70 goto b; r6 += 1; if r6 < 70 goto a; r0 = r8; exit"),
	ACCEPT("a number with a partner that nothing relates",
	       "r6 = 0; r8 = 0; l: " FORK("r8 += 1;")
	       "r9 = r8; r6 += 1; if r6 < 300 goto l; r0 = r9; exit"),
	REJECT("an argument of a global function that it does not read", EINVAL,
	       "R1 is not a scalar", NULL,
	       MEET("r1 = 1", "r1 = r10", "call g; exit; .global int g(u64); r0 = 0; exit")),
	REJECT("... a number that is a pointer's place", EINVAL, "expected=fp", NULL,
	       MEET("*(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -16", "r1 = 5",
		    "call g; exit; .global int g(struct s16 *); r0 = 0; exit")),
	ACCEPT("what is printed keeps no states apart",
	       MEET("r6 = 1", "r6 = 2",
		    "*(u64 *)(r10 - 8) = 0x64; r1 = r10; r1 += -8; r2 = 3; r3 = r6; "
		    "call trace_printk; exit")),
	REJECT("moved, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r3 = r6; r4 = r3; " INDEX(r4))),
	REJECT("moved by 32 bits, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "w3 = w6; " INDEX(r3))),
	REJECT("cut off, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1 ll", "r6 = 0x100000040 ll", "w3 = w6; " INDEX(r3))),
	REJECT("sign-extended, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r3 = (s8)r6; " INDEX(r3))),
	REJECT("swapped, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0x100", "r6 = 0x4000", "r6 = be16 r6; " INDEX(r6))),
	REJECT("negated, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = -1", "r6 = -64", "r6 = -r6; " INDEX(r6))),
	REJECT("shifted, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 7", "r3 = 1; r3 <<= r6; " INDEX(r3))),
	REJECT("added, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r3 = 0; r3 += r6; " INDEX(r3))),
	REJECT("subtracted, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 40", "r3 = 41; r3 -= r6; r3 *= 40; " INDEX(r3))),
	REJECT("a part of a saved number, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "*(u64 *)(r10 - 8) = r6; r3 = *(u8 *)(r10 - 8); " INDEX(r3))),
	REJECT("a part of a number that was cut off when it was saved", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1 ll", "r6 = 0x100000040 ll",
		    "*(u32 *)(r10 - 8) = r6; r3 = *(u32 *)(r10 - 8); " INDEX(r3))),
	REJECT("read with its sign from the stack, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "*(u64 *)(r10 - 8) = r6; r3 = *(s8 *)(r10 - 8); " INDEX(r3))),
	REJECT("zero among saved bytes", EINVAL, "unbounded min value", NULL,
	       MEET("r6 = 0", "r6 = 64",
		    "*(u32 *)(r10 - 8) = r6; *(u32 *)(r10 - 4) = 0; r3 = *(u64 *)(r10 - 8); " INDEX(r3))),
	REJECT("zero in the middle of a slot", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = 64", "*(u8 *)(r10 - 6) = r6; r3 = *(u8 *)(r10 - 6); " INDEX(r3))),
	REJECT("the rest of a zero that was overwritten", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = -1",
		    "*(u64 *)(r10 - 8) = r6; *(u8 *)(r10 - 8) = 5; r3 = *(u8 *)(r10 - 7); " INDEX(r3))),
	REJECT("written somewhere among zeroes", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = 255",
		    "*(u64 *)(r10 - 8) = 0; r4 = r8; r4 &= 7; r2 = r10; r2 += r4; "
		    "*(u8 *)(r2 - 8) = r6; r3 = *(u8 *)(r10 - 8); " INDEX(r3))),
	REJECT("a limit, an offset below it", EACCES, "value_size=64", NULL,
	       MEET("r6 = 60", "r6 = 70", "if r8 > r6 goto out; " INDEX(r8) "; out: " RETURN_0)),
	REJECT("a limit of what is linked", EACCES, "value_size=64", NULL,
	       MEET("r6 = 60", "r6 = 70", "r3 = r8; r3 += 1; if r8 > r6 goto out; " INDEX(r3)
		    "; out: " RETURN_0)),
	REJECT("a saved copy of what is limited", EACCES, "value_size=64", NULL,
	       MEET("r6 = 60", "r6 = 70",
		    "*(u64 *)(r10 - 8) = r8; if r8 > r6 goto out; r3 = *(u64 *)(r10 - 8); "
		    INDEX(r3) "; out: " RETURN_0)),
	REJECT("a number that decides where a read goes", EACCES, "invalid mem access 'scalar'", NULL,
	       MEET("r6 = 1", "r6 = 2",
		    "r3 = r9; if r6 == 1 goto ok; r3 = r8; ok: r0 = *(u64 *)(r3 + 0); exit")),
	REJECT("... compared as 32 bits with its sign", EACCES, "invalid mem access 'scalar'", NULL,
	       MEET("r6 = 1", "r6 = -2",
		    "r3 = r9; if w6 s> 0 goto ok; r3 = r8; ok: r0 = *(u64 *)(r3 + 0); exit")),
	REJECT("... bit by bit", EACCES, "invalid mem access 'scalar'", NULL,
	       MEET("r6 = 1", "r6 = 2",
		    "r3 = r9; if r6 & 1 goto ok; r3 = r8; ok: r0 = *(u64 *)(r3 + 0); exit")),
	REJECT("an argument of a function, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r1 = r6; call f; exit; f: " INDEX(r1))),
	REJECT("the result of a function, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r1 = r6; call f; " INDEX(r0) "; f: r0 = r1; exit")),
	REJECT("a number in the caller's stack, an offset in the callee", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64",
		    "*(u64 *)(r10 - 8) = r6; r1 = r10; call f; exit; f: r6 = *(u64 *)(r1 - 8); "
		    INDEX(r6))),
	REJECT("an offset on the stack", EACCES, "stack", NULL,
	       MEET("r6 = 1", "r6 = 64",
		    "*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += r6; r0 = *(u8 *)(r2 - 8); exit")),
	REJECT("what a covered path needs is needed before", EACCES, "value_size=64", NULL,
	       ARG "r8 = *(u64 *)(r1 + 8); r6 = 1; if r7 == 0 goto a; r6 = 64; if r7 == 1 goto b; "
	       "r6 = 2; if r7 == 2 goto b;"
	       "a: " PAD "if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; goto last;"
	       "b: " PAD "if r8 == 3 goto pc+0; if r8 == 4 goto pc+0; goto last;"
	       "last: " PAD INDEX(r6)),
	REJECT("cut off by a move, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0x100000001 ll", "r6 = 0x100000040 ll", "w3 = w6; " INDEX(r3))),
	REJECT("an offset to which the pointer is added", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r2 = map[arr][0]+0 ll; r6 += r2; r0 = *(u8 *)(r6 + 0); exit")),
	REJECT("one of two summands", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r4 = r8; r4 &= 1; r6 += r4; " INDEX(r6))),
	REJECT("a limit on the left", EACCES, "value_size=64", NULL,
	       MEET("r6 = 60", "r6 = 70", "if r6 < r8 goto out; " INDEX(r8) "; out: " RETURN_0)),
	REJECT("a number on the right that decides", EACCES, "invalid mem access 'scalar'", NULL,
	       MEET("r6 = 1", "r6 = 2",
		    "r3 = r9; r4 = 1; if r4 == r6 goto ok; r3 = r8; ok: r0 = *(u64 *)(r3 + 0); exit")),
	REJECT("the low byte of a larger saved number", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0x101", "r6 = 0x140", "*(u64 *)(r10 - 8) = r6; r3 = *(u8 *)(r10 - 8); "
		    INDEX(r3))),
	REJECT("a larger number, saved in part", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0x100000001 ll", "r6 = 0x100000040 ll",
		    "*(u32 *)(r10 - 8) = r6; r3 = *(u32 *)(r10 - 8); " INDEX(r3))),
	REJECT("a byte written on the first path only", EACCES, "invalid read from stack", NULL,
	       MEET("*(u8 *)(r10 - 7) = 1", "r6 = 1", "r0 = *(u8 *)(r10 - 7); exit")),
	REJECT("what a covered path needs on the stack is needed before", EACCES, "value_size=64", NULL,
	       THREE("*(u64 *)(r10 - 8) = r6; ", "2", "2", "64", "r6 = *(u64 *)(r10 - 8); " INDEX(r6))),
	REJECT("... of a saved number of which a byte is 0", EACCES, "value_size=64", NULL,
	       THREE("*(u64 *)(r10 - 8) = r6; ", "0; *(u64 *)(r10 - 8) = r8; *(u8 *)(r10 - 6) = 0",
		     "0", "0x400000", "r6 = *(u8 *)(r10 - 6); " INDEX(r6))),
	/* where the last dot of a string is: up to 31 states in each of 31 rounds, all of use */
	ACCEPT("a number that each round may set, an offset afterwards",
	       "r6 = map[arr][0]+0 ll; r1 = 0; r2 = 0; r3 = 0; r4 = 5381;"
	       "l: r5 = r6; r5 += r3; r5 = *(u8 *)(r5 + 0); if w5 == 47 goto slash; "
	       "if w5 == 46 goto dot; if w5 != 0 goto other;"
	       "slash: w2 += 1; if w5 == 0 goto end; w4 = 5381; w1 = 0; next: r3 += 1; if r3 != 31 goto l;"
	       "end: r6 += r1; r0 = *(u8 *)(r6 + 0); r0 += r2; exit; dot: w1 = w3; w1 += 1; "
	       "other: w4 *= 33; w4 += w5; goto next"),
	/* a mask that any number would fill: what was there before keeps no states apart */
	ACCEPT("the place in a buffer, masked, while forks move it",
	       "r7 = *(u32 *)(r1 + 0); r8 = r7; r6 = 0; l: " FORK("r8 += 3;")
	       "r2 = map[arr][0]+0 ll; r3 = r8; r3 &= 63; r2 += r3; *(u8 *)(r2 + 0) = 1; "
	       "r6 += 1; if r6 < 2000 goto l; " RETURN_0),
	REJECT("a mask that a range does not fill, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = *(u8 *)(r9 + 8); r6 &= 63", "r6 = *(u8 *)(r9 + 8)", "r6 &= 127; " INDEX(r6))),
	REJECT("... that a number does not fill", EACCES, "value_size=64", NULL,
	       MEET("r6 = 1", "r6 = 64", "r6 &= 127; " INDEX(r6))),
	REJECT("a mask by a register, an offset", EACCES, "value_size=64", NULL,
	       MEET("r6 = 63", "r6 = 127", "r3 = *(u64 *)(r9 + 0); r3 &= r6; " INDEX(r3))),
	REJECT("... that is 0 on one path", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = 127", "r3 = *(u64 *)(r9 + 0); r3 &= r6; " INDEX(r3))),
	REJECT("any number as before, and a copy that learns from it", EINVAL, "unbounded min value", NULL,
	       MEET("r6 = *(u64 *)(r9 + 16); r8 = r6", "r6 = *(u64 *)(r9 + 16); r8 = *(u64 *)(r9 + 24)",
		    "r8 += 5; if r8 > 20 goto out; if r8 < 5 goto out; " INDEX(r6) "; out: " RETURN_0)),
	ACCEPT("a loop that ends when what is under a mask has moved away",
	       "r8 = *(u32 *)(r1 + 0); l: " PAD "r6 = r8; r6 &= 255; r8 >>= 1; if r6 == 0 goto out; "
	       "goto l; out: " RETURN_0),
	/* that a saved number is 0 matters to nobody once something else lies there */
	ACCEPT("zeroes that a helper may write over keep no states apart",
	       "r9 = r1; r8 = *(u64 *)(r1 + 0); " SOME_ZEROES
	       "if r8 > 160 goto out; r1 = r10; r1 += -160; r2 = r8; r3 = 0; call probe_read_kernel; "
	       READ(8) READ(16) READ(24) READ(32) READ(40) READ(48) READ(56) READ(64) READ(72) READ(80)
	       READ(88) READ(96) READ(104) READ(112) READ(120) READ(128) READ(136) READ(144) READ(152)
	       READ(160) "out: " RETURN_0),
	REJECT("what is left of a zero below a byte that was overwritten", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = -1",
		    "*(u64 *)(r10 - 8) = r6; *(u8 *)(r10 - 1) = 5; r3 = *(u8 *)(r10 - 7); " INDEX(r3))),
	ACCEPT("... which is a zero still",
	       MEET("r6 = 0", "r6 = 0",
		    "*(u64 *)(r10 - 8) = r6; *(u8 *)(r10 - 1) = 5; r3 = *(u8 *)(r10 - 7); " INDEX(r3))),
	REJECT("... by a helper", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = -1",
		    "*(u64 *)(r10 - 8) = r6; r1 = r10; r1 += -6; r2 = 6; call get_current_comm; "
		    "r3 = *(u8 *)(r10 - 8); " INDEX(r3))),
	ACCEPT("a zero written somewhere in a saved zero",
	       MEET("r6 = 0", "r6 = 0",
		    "*(u64 *)(r10 - 8) = r6; r4 = r8; r4 &= 7; r2 = r10; r2 += r4; "
		    "*(u8 *)(r2 - 8) = 0; r3 = *(u8 *)(r10 - 8); " INDEX(r3))),
	REJECT("... or in a saved number", EACCES, "value_size=64", NULL,
	       MEET("r6 = 0", "r6 = 255",
		    "*(u64 *)(r10 - 8) = r6; r4 = r8; r4 &= 7; r2 = r10; r2 += r4; "
		    "*(u8 *)(r2 - 8) = 0; r3 = *(u8 *)(r10 - 8); " INDEX(r3))),
	/* what a round of a callback does not need may be any number after it: these need it */
	ACCEPT("a 0 that a callback writes over, an offset after the rounds",
	       ROUNDS("0", "r1 &= 63; *(u64 *)(r2 + 0) = r1")),
	ACCEPT("... by a known number", ROUNDS("0", "*(u64 *)(r2 + 0) = 5")),
	ACCEPT("a mask in a callback, an offset there and after the rounds",
	       ROUNDS("r9", "r6 = *(u64 *)(r2 + 0); r6 &= 31; r3 = map[arr][0]+0 ll; r3 += r6; "
		      "*(u8 *)(r3 + 0) = 1; *(u64 *)(r2 + 0) = r6")),
	REJECT("a callback writes too large an offset over a 0", EACCES, "value_size=64", NULL,
	       ROUNDS("0", "r1 &= 127; *(u64 *)(r2 + 0) = r1")),
	/* upstream needs a million instructions to refuse it */
	REJECT("an endless loop while an unused number moves on the stack", EINVAL,
	       "infinite loop detected", NULL,
	       "r0 = 0; *(u64 *)(r10 - 8) = r0; l: r1 = *(u64 *)(r10 - 8); r1 += 1; "
	       "*(u64 *)(r10 - 8) = r1; r2 = r1; goto l"),
};

int main(void)
{
	verdict_run(precision_cases, ARRAY_SIZE(precision_cases));
	return tap_done();
}
