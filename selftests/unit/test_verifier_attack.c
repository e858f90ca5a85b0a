// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of somebody who wants to get past the verifier.  What is accepted, also by who may see
 * addresses, runs at addresses as a kernel's: no access may be outside, and each run ends.
 */
#include "../lib/checked.h"
#include "verdict.h"

#define CLS .type = BPF_PROG_TYPE_SCHED_CLS
#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define NEVER(name_, err_, log_, ...) \
	{ .name = name_, .may_leak = true, .err = -(err_), .log = log_, .text = __VA_ARGS__ }
#define LEAK(name_, ...) { .name = name_, .may_leak = true, .text = __VA_ARGS__ }
#define ON_PACKET(name_, err_, log_, ...) \
	{ .name = name_, CLS, .err = -(err_), .log = log_, .text = __VA_ARGS__ }
/* R6, R7, R8: anything */
#define NUMBERS "r6 = *(u64 *)(r1 + 0); r7 = *(u64 *)(r1 + 8); r8 = *(u64 *)(r1 + 16); r9 = r1; "
#define INDEX(reg) "r2 = map[arr][0]+0 ll; r2 += " #reg "; r0 = *(u8 *)(r2 + 0); exit"
#define OUT "; out: r0 = 0; exit"
#define AT(...) NUMBERS "if r9 == 0 goto out; " __VA_ARGS__ INDEX(r6) OUT
#define PAST "value_size=64"
/* R6 as an index: good, behind the value, without an upper bound, without any. */
#define FITS(name_, ...) ACCEPT(name_, AT(__VA_ARGS__))
#define BEHIND(name_, ...) REJECT(name_, EACCES, PAST, NULL, AT(__VA_ARGS__))
#define WILD(name_, ...) REJECT(name_, EACCES, NULL, NULL, AT(__VA_ARGS__))
#define OPEN(name_, ...) REJECT(name_, EINVAL, NULL, NULL, AT(__VA_ARGS__))
/* Enough for another checkpoint. */
#define PAD "r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; "
/* Two paths meet; the second must not be covered when it is worse. */
#define MEET(a, b, ...) \
	NUMBERS "if r8 == 1 goto pc+0; if r8 == 2 goto pc+0; " PAD \
	"if r7 == 0 goto second; " a "; goto join; second: " b "; join: " PAD __VA_ARGS__
#define RANDOM "call get_prandom_u32; "
#define RESERVE(n) "r1 = map[ring] ll; r2 = " #n "; r3 = 0; call ringbuf_reserve; "
#define SUBMIT "r2 = 0; call ringbuf_submit; "
#define ENDLESS(name_, ...) REJECT(name_, EINVAL, "infinite loop detected", NULL, __VA_ARGS__)
#define LOOP(n, at) "r1 = " #n "; r2 = func[f] ll; r3 = r10; r3 += -" #at "; r4 = 0; call loop; "

static const struct verdict number_cases[] = {
	FITS("the top of a product of 32 bits", "w6 = w6; w6 *= 3; r6 >>= 26; "),
	WILD("... of 64", "w6 = w6; r6 *= 3; r6 >>= 26; "),
	BEHIND("a product's low bits", "r6 *= 64; r6 &= 127; "),
	FITS("... that are 0", "r6 *= 64; r6 &= 63; "),
	FITS("a product that wraps to 0", "r6 *= 0x10000; r6 *= 0x10000; r6 *= 0x10000; "
	     "r6 *= 0x10000; "),
	WILD("a product of what may be negative", "r6 &= 7; r6 -= 4; r7 &= 7; r6 *= r7; "),
	BEHIND("a product by itself", "r6 &= 8; r6 *= r6; "),
	FITS("... below", "r6 &= 7; r6 *= r6; "),
	FITS("a quotient of everything", "r7 = 0x400000000000000 ll; r6 /= r7; "),
	BEHIND("... by one less", "r7 = 0x3ffffffffffffff ll; r6 /= r7; "),
	FITS("a quotient by what may be 0", "r6 &= 63; r6 /= r7; "),
	BEHIND("a divisor that may be 1", "r6 &= 127; r7 &= 3; r7 |= 1; r6 /= r7; "),
	BEHIND("a remainder by what may be 0", "r6 &= 127; r7 &= 63; r6 %= r7; "),
	FITS("... which is not", "r7 &= 62; r7 |= 1; r6 %= r7; "),
	BEHIND("a remainder by what may be 65", "r7 &= 64; r7 |= 1; r6 %= r7; "),
	FITS("32 bits of a quotient", "w6 /= 0x4000000; "),
	WILD("... but not of 64", "r6 /= 0x4000000; "),
	WILD("a divisor of 32 bits whose upper half is not 0",
	     "w6 = w6; r7 = 0x4000000000 ll; r7 |= 1; w6 /= w7; "),
	OPEN("a remainder with its sign", "r6 s%= 64; "),
	OPEN("a quotient with its sign", "r6 &= 63; r6 s/= -1; "),
	FITS("a shift by anything below 64", "r6 = 63; r7 &= 63; r6 >>= r7; "),
	BEHIND("a bit shifted to 64", "r6 = 1; r7 &= 6; r6 <<= r7; "),
	FITS("a bit shifted to 32", "r6 = 1; r7 &= 5; r6 <<= r7; "),
	REJECT("a shift by 32 of 32 bits is none", EACCES, NULL, NULL,
	       AT("w6 = 64; r7 = 32; w6 >>= w7; ")),
	OPEN("a shift by 64 is none", "r6 = 64; r7 = 64; r6 >>= r7; "),
	OPEN("a shift by 70 is by 6", "r6 = 1; r7 = 70; r6 <<= r7; "),
	WILD("a shift of 32 bits by up to 63", "r6 &= 63; r7 &= 63; w6 <<= w7; w6 >>= 25; "),
	FITS("the sign's shift", "r6 s>>= 58; r6 += 32; "),
	WILD("... one less", "r6 s>>= 57; r6 += 32; "),
	WILD("... of 32 bits", "w6 s>>= 27; r6 += 16; "),
	FITS("-1 shifted by anything", "r6 = -1; r7 &= 63; r6 s>>= r7; r6 += 1; "),
	WILD("a negative number shifted by more or less", "r6 |= -64; r7 &= 3; r6 s>>= r7; "
	     "r6 += 63; "),
	FITS("a byte's sign", "r6 = (s8)r6; r6 += 128; r6 >>= 2; "),
	WILD("... left as it is", "r6 = (s8)r6; r6 >>= 2; "),
	WILD("... in 32 bits", "w6 = (s8)w6; r6 += 128; r6 >>= 2; "),
	WILD("... of a byte that looked small", "r6 &= 255; r6 = (s8)r6; r6 += 63; "),
	BEHIND("a word's sign that is not there", "w6 &= 127; r6 = (s32)r6; "),
	WILD("two bytes turned round", "r6 &= 63; r6 = be16 r6; "),
	FITS("eight bytes turned round, shifted", "r6 = be64 r6; r6 >>= 58; "),
	FITS("a constant turned round", "r6 = 0x3f00; r6 = be16 r6; "),
	BEHIND("... that is 64", "r6 = 0x4000; r6 = be16 r6; "),
	FITS("what is above two bytes is cut off", "r6 = 0x120000; r6 = le16 r6; "),
	FITS("four bytes turned round lose the rest", "r6 = 0x13f000000 ll; r6 = bswap32 r6; "),
	OPEN("... but eight do not", "r6 = 0x3f000000; r6 = bswap64 r6; r6 |= r7; "),
	OPEN("half of a number compared", "if w6 > 63 goto out; "),
	FITS("... and taken", "if w6 > 63 goto out; w6 = w6; "),
	WILD("... with its sign", "if w6 s> 63 goto out; w6 = w6; "),
	OPEN("half of a copy", "r7 = r6; w7 = w7; if r7 > 63 goto out; "),
	OPEN("half of a copy by shifts", "r7 = r6; r7 <<= 32; r7 >>= 32; if r7 > 63 goto out; "),
	BEHIND("a copy moved and compared", "r6 = *(u32 *)(r9 + 0); r7 = r6; r7 += 5; "
	       "if r7 > 69 goto out; "),
	FITS("... by one less", "w6 = w6; r7 = r6; r7 += 5; if r7 > 68 goto out; "),
	WILD("a copy moved in 32 bits", "w6 = w6; r7 = r6; w7 += 5; if r7 > 68 goto out; "),
	WILD("a copy moved over the end", "r7 = r6; r7 += 64; if r7 > 127 goto out; "),
	FITS("... and looked at", "r7 = r6; r7 += 64; if r7 > 127 goto out; if r6 s< 0 goto out; "),
	OPEN("a copy moved too far",
	     "r7 = r6; r7 += 0x1fffffff; r7 += 0x1fffffff; if r7 > 63 goto out; "),
	OPEN("a copy that was compared before it was made anew",
	     "r7 = r6; if r7 > 63 goto out; r6 = *(u64 *)(r9 + 24); "),
	OPEN("a copy of the copy's place",
	     "*(u64 *)(r10 - 8) = r6; r7 = *(u64 *)(r10 - 8); *(u64 *)(r10 - 8) = r8; "
	     "r8 = *(u64 *)(r10 - 8); if r8 > 63 goto out; "),
	FITS("a sum that wraps", "r5 = -64; if r6 < r5 goto out; r6 += 64; "),
	WILD("... one before", "r5 = -65; if r6 < r5 goto out; r6 += 64; "),
	FITS("a sum that wraps in 32 bits", "w6 = w6; if w6 < -64 goto out; w6 += 64; "),
	OPEN("... which does not in 64", "w6 = w6; if w6 < -64 goto out; r6 += 64; "),
	WILD("less than 0 in 32 bits", "r6 &= 63; w6 -= 1; "),
	WILD("the opposite in 32 bits", "r6 &= 63; w6 = -w6; r6 += 63; "),
	FITS("... in 64", "r6 &= 63; r6 = -r6; r6 += 63; "),
	FITS("bits filled up", "r6 &= 0x30; r6 |= 0xf; "),
	BEHIND("... one more", "r6 &= 0x70; r6 |= 0xf; "),
	BEHIND("bits turned over", "r6 &= 63; r6 ^= 64; "),
	BEHIND("a bit that was tested, the wrong way", "r6 &= 127; if r6 & 64 goto pc+1; "
	       "goto out; "),
	BEHIND("one of two bits that were tested", "r6 &= 127; if r6 & 96 goto out; r6 ^= 64; "),
	BEHIND("several bits, one of which is set", "r6 &= 192; if r6 & 192 goto pc+1; goto out; "),
	OPEN("bits tested in 32 bits", "if w6 & -64 goto out; "),
	FITS("... and taken, tested", "if w6 & -64 goto out; w6 = w6; "),
	FITS("bits tested in 64", "if r6 & -64 goto out; "),
	WILD("above one, below another", "r6 &= 255; r7 &= 63; if r6 > r7 goto pc+1; goto out; "),
	FITS("below what is below", "r7 &= 63; if r6 > r7 goto out; "),
	OPEN("below what is below with its sign", "r7 &= 63; if r6 s> r7 goto out; "),
	OPEN("unequal to all but ...", "r6 = *(u64 *)(r9 + 0); if r6 != -1 goto pc+1; goto out; "),
	BEHIND("unequal in the middle", "r6 &= 127; if r6 == 63 goto out; if r6 == 64 goto out; "),
	OPEN("equal in 32 bits to a constant", "if w6 != 5 goto out; "),
	OPEN("equal in 32 bits to a number that is small", "r7 &= 63; if w6 != w7 goto out; "),
	FITS("equal to a number that is small", "r7 &= 63; if r6 != r7 goto out; "),
	OPEN("the difference of equals, one moved", "r7 = r6; r7 += -1; r7 -= r6; r6 = r7; "),
	OPEN("a number against itself", "if r6 s> r6 goto pc+1; if r6 > 63 goto pc+0; "),
	OPEN("half a word by store and load", "*(u64 *)(r10 - 8) = r6; r7 = *(u32 *)(r10 - 8); "
	     "if r7 > 63 goto out; "),
	WILD("the upper half by store and load", "r6 &= 63; *(u64 *)(r10 - 8) = r6; "
	     "*(u32 *)(r10 - 4) = r7; r6 = *(u64 *)(r10 - 8); r6 >>= 1; "),
	WILD("a byte over a small number", "r6 &= 63; *(u64 *)(r10 - 8) = r6; "
	     "*(u8 *)(r10 - 8) = r7; r6 = *(u8 *)(r10 - 8); "),
	WILD("a small number's byte with its sign", "r6 &= 255; *(u64 *)(r10 - 8) = r6; "
	     "r6 = *(s8 *)(r10 - 8); r6 += 63; "),
	BEHIND("what an exchange of 32 bits leaves", "r6 &= 127; *(u64 *)(r10 - 8) = r6; r7 = 0; "
	       "r7 = atomic_xchg((u32 *)(r10 - 8), r7); r6 = r7; "),
	OPEN("what an exchange puts there", "*(u64 *)(r10 - 8) = 5; r7 = *(u64 *)(r9 + 8); "
	     "r7 = atomic64_xchg((u64 *)(r10 - 8), r7); r6 = *(u64 *)(r10 - 8); "),
	OPEN("... and what is added", "*(u64 *)(r10 - 8) = 5; lock *(u64 *)(r10 - 8) += r7; "
	     "r6 = *(u64 *)(r10 - 8); "),
	WILD("... to one half", "*(u64 *)(r10 - 8) = 5; lock *(u32 *)(r10 - 8) += r7; "
	     "r6 = *(u32 *)(r10 - 8); "),
	OPEN("a comparison that exchanges", "*(u64 *)(r10 - 8) = 5; r0 = 5; "
	     "r0 = atomic64_cmpxchg((u64 *)(r10 - 8), r0, r7); r6 = *(u64 *)(r10 - 8); "),
	FITS("what it found", "*(u64 *)(r10 - 8) = 5; r0 = 5; "
	     "r0 = atomic64_cmpxchg((u64 *)(r10 - 8), r0, r7); r6 = r0; "),
};

static const struct verdict meet_cases[] = {
	REJECT("a byte saved, then eight", EACCES, PAST, NULL,
	       MEET("*(u64 *)(r10 - 8) = 0; *(u8 *)(r10 - 8) = 5", "*(u64 *)(r10 - 8) = 0x105; "
	       "r6 = 64; *(u8 *)(r10 - 8) = r6", "r3 = *(u8 *)(r10 - 8); ") INDEX(r3)),
	REJECT("two bytes saved, then four", EACCES, NULL, NULL,
	       MEET("*(u64 *)(r10 - 8) = 0; *(u16 *)(r10 - 8) = 5",
		    "*(u64 *)(r10 - 8) = 0; *(u32 *)(r10 - 8) = 0x10005",
		    "r3 = *(u32 *)(r10 - 8); ") INDEX(r3)),
	REJECT("a zero byte by byte, then saved", EACCES, PAST, NULL,
	       MEET("*(u32 *)(r10 - 8) = 0; *(u32 *)(r10 - 4) = 0", "*(u64 *)(r10 - 8) = 64",
		    "r3 = *(u64 *)(r10 - 8); ") INDEX(r3)),
	REJECT("an upper half that is zero once", EACCES, NULL, NULL,
	       MEET("*(u64 *)(r10 - 8) = 5", "*(u32 *)(r10 - 8) = 5; *(u32 *)(r10 - 4) = 1",
		    "r3 = *(u64 *)(r10 - 8); r3 >>= 24; ") INDEX(r3)),
	REJECT("zeroes of which a helper's size takes some", EACCES, PAST, NULL,
	       MEET("r6 = 1", "r6 = 8", "*(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -8; r2 = r6; "
	       "call get_current_comm; r3 = *(u8 *)(r10 - 1); ") INDEX(r3)),
	REJECT("a zero written where the place decides", EACCES, PAST, NULL,
	       MEET("r6 = 0", "r6 = 8", "*(u64 *)(r10 - 8) = 64; *(u64 *)(r10 - 16) = 64; "
	       "r2 = r10; r2 -= r6; *(u64 *)(r2 - 8) = 0; r3 = *(u64 *)(r10 - 8); ") INDEX(r3)),
	REJECT("a mask's result saved, forgotten operand", EACCES, PAST, NULL,
	       MEET("r6 &= 63", "r6 &= 127", "*(u64 *)(r10 - 8) = r6; r3 = *(u8 *)(r10 - 8); ")
	       INDEX(r3)),
	REJECT("a mask of a constant that fits", EACCES, PAST, NULL,
	       MEET("r6 = 63", "r6 = 191", "r6 &= 127; r6 += 1; r6 >>= 0; r6 &= -1; ") INDEX(r6)),
	REJECT("an or with all bits but the lowest", EACCES, NULL, NULL,
	       MEET("r6 = 1", "r6 = 0", "r6 |= -2; r6 += 1; ") INDEX(r6)),
	ACCEPT("what any number would have given",
	       MEET("r6 = *(u64 *)(r9 + 8)", "r6 = 200", "r6 >>= 58; ") INDEX(r6)),
	ACCEPT("... times 0", MEET("r6 = *(u64 *)(r9 + 8)", "r6 = 200", "r6 *= 0; ") INDEX(r6)),
	REJECT("... while a copy is bounded by it", EINVAL, NULL, NULL,
	       MEET("r4 = r6", "r4 = r8", "r4 -= 1; if r4 > 62 goto out; ") INDEX(r6) OUT),
	REJECT("... a copy on the stack", EINVAL, NULL, NULL,
	       MEET("*(u64 *)(r10 - 8) = r6", "*(u64 *)(r10 - 8) = r8",
		    "r4 = *(u64 *)(r10 - 8); r4 += 1; if r4 > 63 goto out; if r4 == 0 goto out; ")
	       INDEX(r6) OUT),
	REJECT("... a copy of a copy, shifted to and fro", EINVAL, NULL, NULL,
	       MEET("r6 = *(u32 *)(r9 + 0); r4 = r6", "r4 = *(u32 *)(r9 + 8)",
		    "r4 <<= 32; r4 >>= 32; if r4 > 63 goto out; ") INDEX(r6) OUT),
	REJECT("a divisor that may be 0 once", EACCES, PAST, NULL,
	       MEET("r4 = 2", "r4 = 0", "r6 &= 127; r6 %= r4; ") INDEX(r6)),
	REJECT("a count that is larger once", EACCES, PAST, NULL,
	       MEET("r4 = 2", "r4 = 1", "r6 &= 255; r6 >>= r4; ") INDEX(r6)),
	REJECT("a pointer's number, subtracted", EACCES, PAST, NULL,
	       MEET("r6 = 0", "r6 = 1", "r4 = map[arr][0]+0 ll; r3 = r4; r3 -= r6; r4 -= r3; "
	       "r4 += 63; ") INDEX(r4)),
	REJECT("which of two values", EACCES, NULL, NULL,
	       MEET("r6 = map[arr][0]+0 ll", "r6 = map[ro][0]+0 ll", "r0 = *(u8 *)(r6 + 20); "
	       "exit")),
	REJECT("a value that may be null once", EACCES, "invalid mem access", NULL,
	       MEET("r6 = map[four] ll", "r6 = map[hash] ll", "*(u64 *)(r10 - 8) = 0; r2 = r10; "
	       "r2 += -8; r1 = r6; call map_lookup_elem; r0 = *(u64 *)(r0 + 0); exit")),
	REJECT("two results, of which one is checked", EACCES, "map_value_or_null", NULL,
	       NUMBERS LOOKUP_HASH "r6 = r0; " LOOKUP_HASH "r7 = r0; if r8 == 1 goto pc+0; "
	       "if r8 == 2 goto pc+0; " PAD "if r8 == 3 goto pc+1; r7 = r6; " PAD PAD
	       "if r7 == 0 goto out; r0 = *(u64 *)(r6 + 0); exit" OUT),
	REJECT("... saved by the caller", EACCES, "map_value_or_null", NULL,
	       NUMBERS LOOKUP_HASH "*(u64 *)(r10 - 16) = r0; r6 = r0; " LOOKUP_HASH
	       "if r8 == 3 goto pc+1; *(u64 *)(r10 - 16) = r0; " PAD "r1 = r10; r1 += -16; "
	       "call f; if r0 == 0 goto out; r0 = *(u64 *)(r6 + 0); exit; out: r0 = 0; exit; "
	       "f: r0 = 0; " PAD "if r0 == 0 goto pc+0; r2 = *(u64 *)(r1 + 0); "
	       "if r2 == 0 goto pc+1; r0 = 1; exit"),
	REJECT("a number in the caller's stack while the callee's paths meet", EACCES, PAST, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 5; if r7 == 0 goto pc+1; *(u64 *)(r10 - 8) = 64; "
	       "call f; r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: " PAD "r0 = 0; goto pc+0; " PAD "goto pc+0; " PAD "exit"),
	REJECT("... by way of two callees", EACCES, PAST, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 5; if r7 == 0 goto pc+1; *(u64 *)(r10 - 8) = 64; "
	       "r1 = r10; call f; r3 = r0; " INDEX(r3) "; f: " PAD "goto pc+0; call g; exit; g: "
	       PAD "goto pc+0; " PAD "goto pc+0; r0 = *(u64 *)(r1 - 8); exit"),
	REJECT("an unwritten slot of the caller", EACCES, "invalid read from stack", NULL,
	       NUMBERS "if r7 == 0 goto pc+1; *(u64 *)(r10 - 8) = 64; r1 = r10; call f; exit; "
	       "f: " PAD "goto pc+0; " PAD "goto pc+0; r0 = *(u64 *)(r1 - 8); exit"),
	REJECT("a register of the caller", EACCES, PAST, NULL,
	       NUMBERS "r6 = 5; if r7 == 0 goto pc+1; r6 = 64; call f; " INDEX(r6)
	       "; f: " PAD "goto pc+0; " PAD "goto pc+0; r0 = 0; exit"),
	REJECT("a number that a callback's round has moved", EACCES, PAST, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 0; " LOOP(10, 8) "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: r1 = *(u64 *)(r2 + 0); if r1 >= 64 goto pc+2; r1 += 1; "
	       "*(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	ACCEPT("... one less",
	       NUMBERS "*(u64 *)(r10 - 8) = 0; " LOOP(10, 8) "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: r1 = *(u64 *)(r2 + 0); if r1 >= 63 goto pc+2; r1 += 1; "
	       "*(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	REJECT("two numbers that rounds move one after the other", EACCES, NULL, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 24) = 0; "
	       LOOP(10, 24) "r3 = *(u64 *)(r10 - 24); " INDEX(r3)
	       "; f: r3 = *(u64 *)(r2 + 8); *(u64 *)(r2 + 0) = r3; r3 = *(u64 *)(r2 + 16); "
	       "*(u64 *)(r2 + 8) = r3; *(u64 *)(r2 + 16) = 64; r0 = 0; exit"),
	REJECT("a pointer that the third round overwrites", EACCES,
	       "invalid mem access 'scalar'", NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = r10; *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 24) = 0; "
	       LOOP(10, 24) "r3 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r3 - 16); exit; "
	       "f: r3 = *(u64 *)(r2 + 8); r4 = *(u64 *)(r2 + 0); *(u64 *)(r2 + 8) = r4; "
	       "*(u64 *)(r2 + 0) = 1; if r3 == 0 goto pc+1; *(u64 *)(r2 + 16) = r3; r0 = 0; exit"),
	REJECT("a round in a round that moves the outer's number", EACCES, PAST, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 0; " LOOP(10, 8) "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: r3 = r2; r1 = 3; r2 = func[g] ll; r4 = 0; *(u64 *)(r10 - 8) = r3; r3 = r10; "
	       "r3 += -8; call loop; r0 = 0; exit; g: r3 = *(u64 *)(r2 + 0); "
	       "r4 = *(u64 *)(r3 + 0); if r4 > 63 goto pc+2; r4 += 1; *(u64 *)(r3 + 0) = r4; "
	       "r0 = 0; exit"),
	REJECT("an element's value, and behind it what a round did", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; r1 = map[hash] ll; r2 = func[f] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call for_each_map_elem; r3 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r3 + 0); "
	       "exit; f: *(u64 *)(r4 + 0) = r3; r0 = 1; exit"),
	ACCEPT("... when it was looked at",
	       "*(u64 *)(r10 - 8) = 0; r1 = map[hash] ll; r2 = func[f] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call for_each_map_elem; r3 = *(u64 *)(r10 - 8); r0 = 0; "
	       "if r3 == 0 goto pc+1; r0 = *(u64 *)(r3 + 8); exit; f: *(u64 *)(r4 + 0) = r3; "
	       "r0 = 1; exit"),
	REJECT("the address of a function for a number", EACCES, NULL, NULL,
	       MEET("r6 = func[f] ll", "r6 = 0", "r2 = r6; r1 = 3; r3 = 0; r4 = 0; call loop; "
	       "exit; ")
	       "f: r0 = 0; exit"),
};

#define FARNUM "r8 = *(u64 *)(r1 + 0); if r8 s< 0 goto out; "
#define RB(n) "r1 = map[ring] ll; r2 = " #n "; r3 = 0; call ringbuf_reserve; if r0 == 0 goto out; "
#define PKT \
	"r9 = r1; r6 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); r5 = r6; r5 += 16; " \
	"if r5 > r3 goto out; "

static const struct verdict pointer_cases[] = {
	REJECT("two far steps that wrap", EINVAL, NULL, NULL,
	       FARNUM "r2 = map[arr][0]+0 ll; r2 += r8; r2 += r8; r2 += 2; r0 = *(u8 *)(r2 + 0); "
	       "exit" OUT),
	REJECT("a far step and back by another", EINVAL, NULL, NULL,
	       FARNUM "r7 = r8; r7 >>= 1; r2 = map[arr][0]+0 ll; r2 += r8; r2 -= r7; r2 -= r7; "
	       "r0 = *(u8 *)(r2 + 0); exit" OUT),
	REJECT("a far value compared with its neighbour, found again", EACCES, NULL, NULL,
	       FARNUM LOOKUP_HASH "if r0 == 0 goto out; r6 = r0; " LOOKUP_HASH
	       "if r0 == 0 goto out; r6 += r8; r0 += 16; if r6 < r0 goto pc+1; goto out; "
	       "r0 = *(u8 *)(r6 + 0); exit" OUT),
	NEVER("... who may see addresses", EACCES, "unbounded",
	      FARNUM LOOKUP_HASH "if r0 == 0 goto out; r6 = r0; " LOOKUP_HASH
	      "if r0 == 0 goto out; r6 += r8; r0 += 16; if r6 < r0 goto pc+1; goto out; "
	      "r0 = *(u8 *)(r6 + 0); exit" OUT),
	NEVER("a far record bounded by its end", EACCES, "unbounded",
	      FARNUM RB(16) "r6 = r0; r7 = r0; r7 += r8; r5 = r0; r5 += 16; if r7 >= r5 goto bad; "
	      "*(u8 *)(r7 + 0) = 1; bad: r1 = r6; " SUBMIT "r0 = 0; exit" OUT),
	REJECT("a far record for a helper's memory", EACCES, "unbounded", NULL,
	       FARNUM RB(16) "r6 = r0; r1 = r0; r1 += r8; r2 = 1; call get_current_comm; "
	       "r1 = r6; " SUBMIT
	       "r0 = 0; exit" OUT),
	REJECT("a record's begin after a way there and back", EINVAL, "zero offset", NULL,
	       FARNUM "r8 &= 7; " RB(16) "r0 += r8; r0 -= r8; r1 = r0; " SUBMIT "r0 = 0; exit" OUT),
	ACCEPT("... by a constant", RB(16) "r0 += 8; r0 -= 8; r1 = r0; " SUBMIT "r0 = 0; exit" OUT),
	REJECT("a value's end by sums of offsets", EACCES, PAST, NULL,
	       NUMBERS "r6 &= 31; r7 &= 31; r2 = map[arr][0]+0 ll; r2 += r6; r2 += r7; r2 += 2; "
	       "r0 = *(u8 *)(r2 + 0); exit"),
	ACCEPT("... up to it", NUMBERS "r6 &= 31; r7 &= 31; r2 = map[arr][0]+0 ll; r2 += r6; "
	       "r2 += r7; r0 = *(u16 *)(r2 + 0); exit"),
	REJECT("before a value by a difference", EACCES, "min value is negative", NULL,
	       NUMBERS "r6 &= 31; r7 &= 31; r2 = map[arr][0]+0 ll; r2 += r6; r2 -= r7; "
	       "r0 = *(u8 *)(r2 + 0); exit"),
	REJECT("a value's offset by the instruction's", EACCES, NULL, NULL,
	       "r2 = map[arr][0]+0 ll; r2 += 0x1fffff00; r2 += 0xff; r0 = *(u8 *)(r2 + 0); exit"),
	REJECT("a number added that is a pointer's opposite", EACCES, NULL, NULL,
	       "r2 = map[arr][0]+0 ll; r3 = r2; r3 -= r2; r3 -= 1; r2 += r3; "
	       "r0 = *(u8 *)(r2 + 0); exit"),
	REJECT("the distance to a value that was narrowed", EACCES, PAST, NULL,
	       NUMBERS "r6 &= 127; r2 = map[arr][0]+0 ll; r3 = r2; r3 += r6; r4 = r3; r4 -= r2; "
	       "if r4 > 64 goto out; r2 += r4; r0 = *(u8 *)(r2 + 0); exit" OUT),
	REJECT("a pointer compared for equality with one behind the end", EACCES, PAST, NULL,
	       NUMBERS "r6 &= 127; r2 = map[arr][0]+0 ll; r3 = r2; r3 += 64; r2 += r6; "
	       "if r2 != r3 goto out; r0 = *(u8 *)(r2 + 0); exit" OUT),
	REJECT("values of two entries of one map", EACCES, "comparison prohibited", NULL,
	       LOOKUP_FOUR "if r0 == 0 goto out; r6 = r0; *(u32 *)(r10 - 4) = 1; r2 = r10; "
	       "r2 += -4; r1 = map[four] ll; call map_lookup_elem; if r0 == 0 goto out; "
	       "if r6 < r0 goto out; r0 = 0; exit" OUT),
	REJECT("memory of a global function, behind by sums", EACCES, "mem_size=16", NULL,
	       "*(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -16; call g; exit; "
	       ".global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; r2 = *(u64 *)(r1 + 0); "
	       "r2 &= 15; r3 = r2; r1 += r2; r0 = *(u8 *)(r1 + 1); l: exit"),
	REJECT("memory of a global function given to another, moved", EINVAL, NULL, NULL,
	       "*(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -16; call g; exit; "
	       ".global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; r1 += 1; call h; l: exit; "
	       ".global int h(struct s16 *); r0 = 0; exit"),
	REJECT("a record by a global function", EACCES, "ringbuf_mem", NULL,
	       RB(16) "r6 = r0; r1 = r0; call g; r1 = r6; " SUBMIT "exit; out: r0 = 0; exit; "
	       ".global int g(struct s16 *); r0 = 0; if r1 == 0 goto l; r2 = 0; "
	       "call ringbuf_submit; r0 = 0; l: exit"),
	REJECT("the context moved there and back by what is unknown", EACCES, NULL, NULL,
	       NUMBERS "r6 &= 7; r9 += r6; r9 -= r6; r0 = *(u64 *)(r9 + 0); exit"),
	REJECT("the context moved, given to a helper", EACCES, "modified ctx", NULL,
	       "r1 += 8; r2 = map[tbl] ll; r3 = 0; call tail_call; r0 = 0; exit"),
	REJECT("the stack's top by sums", EINVAL, NULL, NULL,
	       NUMBERS "r6 &= 7; r2 = r10; r2 += -8; r2 += r6; *(u8 *)(r2 + 1) = 1; r0 = 0; exit"),
	REJECT("the stack's bottom by a difference", EACCES, NULL, NULL,
	       NUMBERS "r6 &= 7; r2 = r10; r2 += -512; r2 -= r6; *(u8 *)(r2 + 0) = 1; r0 = 0; "
	       "exit"),
	REJECT("a saved pointer, overwritten somewhere by a zero", EACCES,
	       "invalid read from stack", NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = r9; *(u64 *)(r10 - 16) = 0; r6 &= 8; r2 = r10; "
	       "r2 += -16; r2 += r6; *(u64 *)(r2 + 0) = 0; r2 = *(u64 *)(r10 - 8); "
	       "r0 = *(u64 *)(r2 + 0); exit"),
	NEVER("... who may see addresses", EACCES, "invalid mem access 'scalar'",
	       NUMBERS "*(u64 *)(r10 - 8) = r9; *(u64 *)(r10 - 16) = 0; r6 &= 8; r2 = r10; "
	       "r2 += -16; r2 += r6; *(u64 *)(r2 + 0) = 0; r2 = *(u64 *)(r10 - 8); "
	       "r0 = *(u64 *)(r2 + 0); exit"),
	NEVER("a saved pointer whose byte an exchange changes", EACCES,
	       "invalid mem access 'scalar'",
	      NUMBERS "*(u64 *)(r10 - 8) = r9; lock *(u64 *)(r10 - 8) += r6; "
	      "r2 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r2 + 0); exit"),
	NEVER("a saved pointer fetched by an addition of 0", EACCES, "invalid mem access 'scalar'",
	      NUMBERS "*(u64 *)(r10 - 8) = r9; r6 = 0; "
	      "r6 = atomic64_fetch_add((u64 *)(r10 - 8), r6); r0 = *(u64 *)(r6 + 0); exit"),
	NEVER("a saved pointer or nothing", EACCES, "invalid mem access",
	      MEET("*(u64 *)(r10 - 8) = r9", "r6 = 0", "r2 = *(u64 *)(r10 - 8); "
	      "r0 = *(u64 *)(r2 + 0); exit")),
	NEVER("nothing or a saved pointer", EACCES, "invalid mem access",
	      MEET("r6 = 0", "*(u64 *)(r10 - 8) = r9", "r2 = *(u64 *)(r10 - 8); "
	      "r0 = *(u64 *)(r2 + 0); exit")),
	NEVER("nothing that is a size once", EACCES, NULL,
	      MEET("*(u64 *)(r10 - 8) = 8", "r6 = 0", "r2 = *(u64 *)(r10 - 8); r1 = r10; "
	      "r1 += -16; call get_current_comm; r0 = 0; exit")),
	NEVER("half of what was written", EINVAL, NULL,
	      MEET("*(u64 *)(r10 - 8) = 8", "*(u32 *)(r10 - 8) = 8",
	      "r3 = *(u64 *)(r10 - 8); ") INDEX(r3)),
	REJECT("a byte of padding for a value", EACCES, "invalid indirect read from stack", NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 24) = 0; *(u32 *)(r10 - 16) = 0; "
	       "*(u16 *)(r10 - 12) = 0; *(u8 *)(r10 - 10) = 0; r1 = map[hash] ll; r2 = r10; "
	       "r2 += -8; r3 = r10; r3 += -24; r4 = 0; call map_update_elem; r0 = 0; exit"),
	REJECT("bytes that a variable size may not fill, to a record", EACCES,
	       "invalid indirect read", NULL,
	       NUMBERS "r6 &= 7; r6 += 1; r1 = r10; r1 += -8; r2 = r6; call get_current_comm; "
	       "r1 = map[ring] ll; r2 = r10; r2 += -8; r3 = 8; r4 = 0; call ringbuf_output; "
	       "r0 = 0; exit"),
};

static const struct verdict helper_cases[] = {
	REJECT("a size that is huge in 64 bits only", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; r1 = map[ring] ll; r2 = r10; r2 += -8; "
	       "r3 = 0x100000008 ll; r4 = 0; call ringbuf_output; r0 = 0; exit"),
	REJECT("a size whose sign is lost", EACCES, "min value is negative", NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 0; if r6 s> 8 goto out; r1 = map[ring] ll; r2 = r10; "
	       "r2 += -8; r3 = r6; r4 = 0; call ringbuf_output; r0 = 0; exit" OUT),
	REJECT("a size compared in 32 bits", EACCES, NULL, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 0; if w6 > 8 goto out; r1 = map[ring] ll; r2 = r10; "
	       "r2 += -8; r3 = r6; r4 = 0; call ringbuf_output; r0 = 0; exit" OUT),
	ACCEPT("... and taken",
	       NUMBERS "*(u64 *)(r10 - 8) = 0; if w6 > 8 goto out; w6 = w6; r1 = map[ring] ll; "
	       "r2 = r10; r2 += -8; r3 = r6; r4 = 0; call ringbuf_output; r0 = 0; exit" OUT),
	REJECT("no byte, behind the stack", EACCES, NULL, NULL,
	       "r1 = map[ring] ll; r2 = r10; r2 += 8; r3 = 0; r4 = 0; call ringbuf_output; "
	       "r0 = 0; exit"),
	REJECT("no byte, behind a value", EACCES, NULL, NULL,
	       "r1 = map[ring] ll; r2 = map[arr][0]+0 ll; r2 += 65; r3 = 0; r4 = 0; "
	       "call ringbuf_output; r0 = 0; exit"),
	ACCEPT("no byte, at a value's end",
	       "r1 = map[ring] ll; r2 = map[arr][0]+0 ll; r2 += 64; r3 = 0; r4 = 0; "
	       "call ringbuf_output; r0 = 0; exit"),
	REJECT("no byte of what may be null", EACCES, NULL, NULL,
	       LOOKUP_FOUR "r2 = r0; r1 = map[ring] ll; r3 = 0; r4 = 0; call ringbuf_output; "
	       "r0 = 0; exit"),
	REJECT("no byte of a function", EACCES, NULL, NULL,
	       "r2 = func[f] ll; r1 = map[ring] ll; r3 = 0; r4 = 0; call ringbuf_output; r0 = 0; "
	       "exit; f: r0 = 0; exit"),
	REJECT("a size and a place that grow together", EACCES, PAST, NULL,
	       NUMBERS "r6 &= 32; r2 = map[arr][0]+0 ll; r2 += r6; r3 = r6; r3 += 32; "
	       "r1 = map[ring] ll; r4 = 0; r3 += 1; call ringbuf_output; r0 = 0; exit"),
	REJECT("a record of a size that is a constant on each path", EACCES, "mem_size=8", NULL,
	       MEET("r6 = 16", "r6 = 8", "r1 = map[ring] ll; r2 = r6; r3 = 0; "
	       "call ringbuf_reserve; if r0 == 0 goto out; *(u64 *)(r0 + 8) = 1; r1 = r0; "
	       SUBMIT "r0 = 0; exit") OUT),
	REJECT("a record of a negative size", EACCES, NULL, NULL,
	       "r1 = map[ring] ll; r2 = -8; r3 = 0; call ringbuf_reserve; r0 = 0; exit"),
	REJECT("a record of more than 4 GiB", EACCES, NULL, NULL,
	       "r1 = map[ring] ll; r2 = 0x100000008 ll; r3 = 0; call ringbuf_reserve; "
	       "if r0 == 0 goto out; *(u8 *)(r0 + 8) = 0; r1 = r0; " SUBMIT "r0 = 0; exit" OUT),
	REJECT("a byte of a record of none", EACCES, "mem_size=0", NULL,
	       RB(0) "*(u8 *)(r0 + 0) = 0; r1 = r0; " SUBMIT "r0 = 0; exit" OUT),
	REJECT("a string's length as an index", EACCES, NULL, NULL,
	       NUMBERS "r1 = map[arr][0]+0 ll; r2 = 64; r3 = r6; call probe_read_str; "
	       "if r0 s< 0 goto out; " INDEX(r0) OUT),
	ACCEPT("... one less",
	       NUMBERS "r1 = map[arr][0]+0 ll; r2 = 63; r3 = r6; call probe_read_str; "
	       "if r0 s< 0 goto out; " INDEX(r0) OUT),
	REJECT("a string's length, of two sizes", EACCES, PAST, NULL,
	       MEET("r7 = 63", "r7 = 64", "r1 = map[arr][0]+0 ll; r2 = r7; r3 = r6; "
	       "call probe_read_str; if r0 s< 0 goto out; ") INDEX(r0) OUT),
	REJECT("a string without end", EINVAL, "not zero-terminated", NULL,
	       "*(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = map[ro][0]+0 ll; "
	       "call strncmp; r0 = 0; exit"),
	REJECT("a string far before its map", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -8; r2 = 8; r3 = map[ro][0]+0 ll; "
	       "r3 += -0x10000000; call strncmp; r0 = 0; exit"),
	NEVER("a field as 8 bytes", EACCES, "invalid access to struct bpf_map",
	       "r2 = map[arr] ll; r0 = *(u64 *)(r2 + 24); exit"),
	NEVER("a field of one map or another", EINVAL, "not one constant",
	      MEET("r6 = map[arr] ll", "r6 = map[hash] ll", "r0 = *(u32 *)(r6 + 32); exit")),
	NEVER("an exchange in a map itself", EACCES, NULL, "r2 = map[arr] ll; r3 = 1; "
	      "lock *(u32 *)(r2 + 32) += r3; r0 = 0; exit"),
	REJECT("an inner map where a map is meant", EACCES, NULL, NULL,
	       "*(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; r1 = map[outer] ll; "
	       "call map_lookup_elem; r1 = r0; r2 = r10; r2 += -4; call map_lookup_elem; r0 = 0; "
	       "exit"),
	REJECT("an inner map updated as the outer", EINVAL, "cannot pass map_type", NULL,
	       "*(u32 *)(r10 - 4) = 0; *(u32 *)(r10 - 8) = 0; r2 = r10; r2 += -4; r3 = r10; "
	       "r3 += -8; r4 = 0; r1 = map[outer] ll; call map_update_elem; r0 = 0; exit"),
	REJECT("all elements of one map with the values of another", EACCES, NULL, NULL,
	       MEET("r6 = map[hash] ll", "r6 = map[four] ll", "r1 = r6; r2 = func[f] ll; r3 = 0; "
	       "r4 = 0; call for_each_map_elem; r0 = 0; exit; ") "f: r0 = *(u64 *)(r3 + 8); "
	       "r0 = 0; exit"),
	REJECT("... with its keys", EACCES, NULL, NULL,
	       MEET("r6 = map[hash] ll", "r6 = map[four] ll", "r1 = r6; r2 = func[f] ll; r3 = 0; "
	       "r4 = 0; call for_each_map_elem; r0 = 0; exit; ") "f: r0 = *(u64 *)(r2 + 0); "
	       "r0 = 0; exit"),
	REJECT("a key from its end", EACCES, "mem_size=8", NULL,
	       "r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; "
	       "r0 = 0; exit; f: r4 = *(u64 *)(r2 + 0); r4 &= 7; r2 += r4; r0 = *(u16 *)(r2 + 0); "
	       "r0 = 0; exit"),
	REJECT("an exchange in a key", EACCES, NULL, NULL,
	       "r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; "
	       "r0 = 0; exit; f: r4 = 1; lock *(u64 *)(r2 + 0) += r4; r0 = 0; exit"),
	REJECT("a key filled by a helper", EACCES, "write to change key", NULL,
	       "r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; "
	       "r0 = 0; exit; f: r1 = r2; r2 = 8; call get_current_comm; r0 = 0; exit"),
};

static const struct verdict reference_cases[] = {
	REJECT("a record kept where a branch depends on a copy", EINVAL, "Unreleased", NULL,
	       NUMBERS RESERVE(8) "r6 = r0; if r0 == 0 goto out; if r8 == 1 goto out; r1 = r6; "
	       SUBMIT "r0 = 0; exit" OUT),
	REJECT("two records, one given back by way of both paths", EACCES, NULL, NULL,
	       NUMBERS RESERVE(8) "if r0 == 0 goto out; r6 = r0; " RESERVE(8)
	       "if r0 == 0 goto one; r9 = r0; " PAD
	       "if r7 == 0 goto pc+3; r1 = r6; r6 = r9; goto pc+1; r1 = r9; " PAD SUBMIT
	       "one: r1 = r9; " SUBMIT "r0 = 0; exit" OUT),
	ACCEPT("two records, exchanged on one path",
	       NUMBERS RESERVE(8) "if r0 == 0 goto out; r6 = r0; " RESERVE(8)
	       "if r0 == 0 goto one; r9 = r0; " PAD
	       "if r7 == 0 goto l; r1 = r6; r6 = r9; r9 = r1; l: " PAD "r1 = r9; " SUBMIT
	       "one: r1 = r6; " SUBMIT "r0 = 0; exit" OUT),
	REJECT("a copy that the callee leaves on the caller's stack", EACCES, NULL, NULL,
	       "r6 = r10; r6 += -8; *(u64 *)(r10 - 8) = 0; r1 = r6; call f; "
	       "r1 = *(u64 *)(r10 - 8); if r1 == 0 goto out; *(u64 *)(r1 + 0) = 1; r0 = 0; exit; "
	       "out: r0 = 0; exit; f: r6 = r1; " RESERVE(8) "if r0 == 0 goto l; "
	       "*(u64 *)(r6 + 0) = r0; r1 = r0; "
	       SUBMIT "l: r0 = 0; exit"),
	REJECT("a record that rounds of a loop exchange", EINVAL, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; " RESERVE(8) "if r0 == 0 goto out; "
	       "*(u64 *)(r10 - 16) = r0; r1 = 2; r2 = func[f] ll; r3 = r10; r3 += -16; r4 = 0; "
	       "call loop; r1 = *(u64 *)(r10 - 16); " SUBMIT "r0 = 0; exit; out: r0 = 0; exit; "
	       "f: r6 = r2; " RESERVE(8) "if r0 == 0 goto l; r1 = *(u64 *)(r6 + 0); "
	       "*(u64 *)(r6 + 0) = r0; " SUBMIT "l: r0 = 0; exit"),
	REJECT("a record given back by a round that ends the loop", EINVAL, NULL, NULL,
	       RESERVE(8) "if r0 == 0 goto out; *(u64 *)(r10 - 16) = r0; r1 = 2; r2 = func[f] ll; "
	       "r3 = r10; r3 += -16; r4 = 0; call loop; r0 = 0; exit; out: r0 = 0; exit; "
	       "f: r1 = *(u64 *)(r2 + 0); " SUBMIT "r0 = 1; exit"),
	REJECT("a record of an inner round kept for the outer", EINVAL, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; " LOOP(2, 8) "r0 = 0; exit; f: *(u64 *)(r10 - 8) = 0; "
	       "r1 = 2; r2 = func[g] ll; r3 = r10; r3 += -8; r4 = 0; call loop; "
	       "r1 = *(u64 *)(r10 - 8); if r1 == 0 goto l; " SUBMIT
	       "l: r0 = 0; exit; g: r6 = r2; " RESERVE(8) "if r0 == 0 goto m; "
	       "*(u64 *)(r6 + 0) = r0; m: r0 = 1; exit"),
	REJECT("a record kept at the end of a global function", EINVAL, "Unreleased", NULL,
	       "call g; exit; .global int g(); " RESERVE(8) "r0 = 0; exit"),
	REJECT("null that was a record on the other path", EACCES, NULL, NULL,
	       NUMBERS RESERVE(8) "r6 = r0; if r0 != 0 goto l; r6 = 0; l: " PAD "r1 = r6; "
	       SUBMIT "r0 = 0; exit"),
	NEVER("a record's address, added up from its number", EACCES, NULL,
	      RESERVE(8) "if r0 == 0 goto out; r6 = r0; *(u64 *)(r10 - 8) = r0; r7 = 0; "
	      "r7 = atomic64_fetch_or((u64 *)(r10 - 8), r7); r1 = r7; " SUBMIT "r0 = 0; exit" OUT),
	REJECT("tail calls in a callback's callee", EINVAL, "tail_calls are not allowed", NULL,
	       "r6 = r1; *(u64 *)(r10 - 8) = r1; " LOOP(2, 8) "r0 = 0; exit; "
	       "f: r1 = *(u64 *)(r2 + 0); call t; r0 = 0; exit; t: r2 = map[tbl] ll; r3 = 0; "
	       "call tail_call; r0 = 0; exit"),
	REJECT("tail calls in a callback's global callee's callee", EINVAL,
	       "tail_calls are not allowed", NULL,
	       "*(u64 *)(r10 - 8) = r1; " LOOP(2, 8) "r0 = 0; exit; f: r1 = *(u64 *)(r2 + 0); "
	       "call g; r0 = 0; exit; .global int g(struct pt_regs *); call t; r0 = 0; exit; "
	       "t: r2 = map[tbl] ll; r3 = 0; call tail_call; r0 = 0; exit"),
	REJECT("512 bytes over a callback and its loop", EACCES, "combined stack size", NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 256) = 0; " LOOP(2, 8) "r0 = 0; exit; "
	       "f: *(u64 *)(r10 - 128) = 0; r1 = r2; call h; r0 = 0; exit; "
	       "h: *(u64 *)(r10 - 136) = 0; r0 = 0; exit"),
	REJECT("... where the callee fills its callers' stack", EACCES, "combined stack size", NULL,
	       "r1 = r10; r1 += -320; call f; r0 = 0; exit; f: r2 = r10; r2 += -200; call g; "
	       "r0 = 0; exit; g: *(u64 *)(r1 + 0) = 0; *(u64 *)(r2 + 0) = 0; r0 = 0; exit"),
	REJECT("... in a global function that only a callback calls", EACCES,
	       "combined stack size", NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 256) = 0; " LOOP(2, 8) "r0 = 0; exit; "
	       "f: call g; r0 = 0; exit; .global int g(); *(u64 *)(r10 - 264) = 0; r0 = 0; exit"),
};

static const struct verdict packet_cases[] = {
	ON_PACKET("a packet after a store by a helper", EACCES, NULL,
		  PKT "*(u64 *)(r10 - 8) = 0; r1 = r9; r2 = 0; r3 = r10; r3 += -8; r4 = 8; "
		  "r5 = 0; call skb_store_bytes; r0 = *(u8 *)(r6 + 0); exit" OUT),
	ON_PACKET("... by a copy on the stack", EACCES, NULL,
		  PKT "*(u64 *)(r10 - 8) = r6; r1 = r9; r2 = 0; call skb_pull_data; "
		  "r6 = *(u64 *)(r10 - 8); r0 = *(u8 *)(r6 + 0); exit" OUT),
	ON_PACKET("... in a callee", EACCES, NULL,
		  PKT "r1 = r9; call f; r0 = *(u8 *)(r6 + 0); exit; out: r0 = 0; exit; f: r2 = 0; "
		  "call skb_pull_data; r0 = 0; exit"),
	ON_PACKET("... in a callback", EACCES, NULL,
		  PKT "*(u64 *)(r10 - 8) = r9; " LOOP(2, 8) "r0 = *(u8 *)(r6 + 0); exit; "
		  "out: r0 = 0; exit; f: r1 = *(u64 *)(r2 + 0); r2 = 0; call skb_pull_data; "
		  "r0 = 0; exit"),
	ON_PACKET("... by the round before", EACCES, NULL,
		  PKT "*(u64 *)(r10 - 8) = r9; *(u64 *)(r10 - 16) = r6; " LOOP(2, 16) "r0 = 0; "
		  "exit; out: r0 = 0; exit; f: r6 = *(u64 *)(r2 + 0); r0 = *(u8 *)(r6 + 0); "
		  "r1 = *(u64 *)(r2 + 8); r2 = 0; call skb_pull_data; r0 = 0; exit"),
	ON_PACKET("... in a global function's callback", EACCES, NULL,
		  PKT "r1 = r9; call g; r0 = *(u8 *)(r6 + 0); exit; out: r0 = 0; exit; "
		  ".global int g(struct __sk_buff *); *(u64 *)(r10 - 8) = r1; " LOOP(2, 8)
		  "r0 = 0; exit; f: r1 = *(u64 *)(r2 + 0); r2 = 0; call skb_pull_data; r0 = 0; "
		  "exit"),
	ON_PACKET("... on one path", EACCES, NULL,
		  PKT "r7 = *(u32 *)(r9 + 0); " PAD "if r7 == 5 goto pc+3; r1 = r9; r2 = 0; "
		  "call skb_pull_data; " PAD "r0 = *(u8 *)(r6 + 0); exit" OUT),
	ON_PACKET("an end from before", EACCES, NULL,
		  PKT "r8 = r3; r1 = r9; r2 = 0; call skb_pull_data; r6 = *(u32 *)(r9 + 76); "
		  "r5 = r6; r5 += 8; if r5 > r8 goto out; r0 = *(u8 *)(r6 + 0); exit" OUT),
	ON_PACKET("a begin from before, a new end", EACCES, NULL,
		  PKT "r1 = r9; r2 = 0; call skb_pull_data; r3 = *(u32 *)(r9 + 80); "
		  "if r6 > r3 goto out; r0 = *(u8 *)(r6 - 1); exit" OUT),
	ON_PACKET("one offset proved, another used", EACCES, NULL,
		  PKT "r7 = *(u8 *)(r6 + 0); r8 = *(u8 *)(r6 + 1); r4 = r6; r4 += r7; r5 = r6; "
		  "r5 += r8; r4 += 1; if r4 > r3 goto out; r0 = *(u8 *)(r5 + 0); exit" OUT),
	ON_PACKET("one offset twice, proved once", EACCES, NULL,
		  PKT "r7 = *(u8 *)(r6 + 0); r4 = r6; r4 += r7; r5 = r4; r5 += r7; r4 += 8; "
		  "if r4 > r3 goto out; r0 = *(u8 *)(r5 + 0); exit" OUT),
	ON_PACKET("a proof met by one that is none", EACCES, "invalid access to packet",
		  PKT "r7 = *(u8 *)(r6 + 0); r4 = r6; r4 += r7; r8 = r4; r8 += 8; " PAD
		  "if r7 == 1 goto pc+1; if r8 > r3 goto out; " PAD "r0 = *(u8 *)(r4 + 0); exit" OUT),
	ON_PACKET("which of two offsets was proved", EACCES, "invalid access to packet",
		  PKT "r7 = *(u8 *)(r6 + 0); r4 = r6; r4 += r7; r8 = *(u8 *)(r6 + 1); r2 = r6; "
		  "r2 += r8; r1 = r4; if r8 == 9 goto pc+1; r1 = r2; " PAD
		  "r1 += 8; if r1 > r3 goto out; " PAD "r0 = *(u8 *)(r4 + 0); exit" OUT),
	ON_PACKET("the one that is used, by another path to the proof of both", 0, NULL,
		  PKT "r7 = *(u8 *)(r6 + 0); r4 = r6; r4 += r7; r1 = r4; r8 = *(u8 *)(r6 + 1); "
		  "if r8 == 9 goto pc+1; r8 = 5; " PAD
		  "r1 += 8; if r1 > r3 goto out; " PAD "r0 = *(u8 *)(r4 + 0); exit" OUT),
	ON_PACKET("an offset that wraps to before the packet", EINVAL, NULL,
		  PKT "r7 = *(u64 *)(r6 + 0); r7 |= 1; r4 = r6; r7 >>= 1; r4 += r7; r4 += r7; "
		  "r5 = r4; r5 += 8; if r5 > r3 goto out; r0 = *(u8 *)(r4 + 0); exit" OUT),
	ON_PACKET("bytes before what was proved with a constant below", EACCES, NULL,
		  PKT "r7 = *(u8 *)(r6 + 0); r4 = r6; r4 += r7; r5 = r4; r5 += 8; "
		  "if r5 > r3 goto out; r0 = *(u8 *)(r4 - 1); exit" OUT),
	ON_PACKET("the packet as its own source", EACCES, NULL,
		  PKT "r1 = r9; r2 = 0; r3 = r6; r4 = 8; r5 = 0; call skb_store_bytes; r0 = 0; "
		  "exit" OUT),
	ON_PACKET("metadata by the packet's proof", EACCES, NULL,
		  PKT "r4 = *(u32 *)(r9 + 140); r0 = *(u8 *)(r4 + 0); exit" OUT),
};

static const struct verdict endless_cases[] = {
	ENDLESS("a mask that is never as large", NUMBERS "l: r8 += 1; r6 = r8; r6 &= 255; "
	        "if r6 != 256 goto l; r0 = 0; exit"),
	ENDLESS("a random number that is never as large", "l: " RANDOM "r0 &= 1; "
	        "if r0 <= 1 goto l; r0 = 0; exit"),
	ENDLESS("a bit that turns over", "r6 = 0; l: " PAD "r6 ^= 1; if r6 < 2 goto l; r0 = 0; "
	        "exit"),
	ENDLESS("a bit on the caller's stack that turns over",
		"*(u64 *)(r10 - 8) = 0; l: r1 = r10; r1 += -8; call f; if r0 < 2 goto l; r0 = 0; "
		"exit; f: r0 = *(u64 *)(r1 + 0); r0 ^= 1; *(u64 *)(r1 + 0) = r0; exit"),
	ENDLESS("a number that is shifted and keeps a bit", NUMBERS "l: r6 >>= 1; r6 |= 0x100; "
	        "if r6 != 0 goto l; r0 = 0; exit"),
	ENDLESS("-1 shifted with its sign", NUMBERS "l: " PAD "r6 s>>= 1; if r6 != 0 goto l; "
	        "r0 = 0; exit"),
	ENDLESS("a quotient by what may be 1", NUMBERS "l: " PAD "r6 /= r7; if r6 != 0 goto l; "
	        "r0 = 0; exit"),
	ENDLESS("a shift by what may be 0", NUMBERS "r7 &= 31; l: " PAD "r6 <<= r7; "
	        "if r6 != 0 goto l; r0 = 0; exit"),
	ENDLESS("a sum of what may be 0", "r6 = 0; l: " RANDOM "r0 &= 3; r6 += r0; "
	        "if r6 < 64 goto l; r0 = 0; exit"),
	ENDLESS("a pointer that may not move",
		"r6 = map[arr][0]+0 ll; r7 = r6; r7 += 64; l: " RANDOM "r0 &= 3; r6 += r0; "
		"if r6 < r7 goto l; r0 = 0; exit"),
	ENDLESS("a pointer moved by nothing",
		"r6 = map[arr][0]+0 ll; r7 = r6; r7 += 64; l: " PAD "r6 += 8; r6 -= 8; "
		"if r6 < r7 goto l; r0 = 0; exit"),
	ENDLESS("a counter that a path sets back",
		"r6 = 0; l: r6 += 1; " RANDOM "if r0 != 0 goto pc+1; r6 = 0; if r6 < 10 goto l; "
		"r0 = 0; exit"),
	ENDLESS("a loop around one that ends", "l: r6 = 0; m: " PAD "r6 += 1; "
	        "if r6 < 10 goto m; " RANDOM "if r0 != 0 goto l; exit"),
	ENDLESS("a counter on the stack that is written over somewhere",
		NUMBERS "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; l: r6 = *(u64 *)(r9 + 0); "
		"r6 &= 8; r2 = r10; r2 += -16; r2 += r6; r3 = *(u64 *)(r10 - 8); r3 += 1; "
		"*(u64 *)(r10 - 8) = r3; *(u64 *)(r2 + 0) = 0; r3 = *(u64 *)(r10 - 8); "
		"if r3 < 10 goto l; r0 = 0; exit"),
	ENDLESS("a loop around rounds that may do nothing",
		"*(u64 *)(r10 - 8) = 0; l: r1 = 5; r2 = func[f] ll; r3 = r10; r3 += -8; r4 = 0; "
		"call loop; r1 = *(u64 *)(r10 - 8); if r1 < 5 goto l; r0 = 0; exit; "
		"f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
	ENDLESS("a loop around the elements of an empty map",
		"*(u64 *)(r10 - 8) = 0; l: r1 = map[hash] ll; r2 = func[f] ll; r3 = r10; "
		"r3 += -8; r4 = 0; call for_each_map_elem; r1 = *(u64 *)(r10 - 8); "
		"if r1 == 0 goto l; r0 = 0; exit; f: *(u64 *)(r4 + 0) = 1; r0 = 0; exit"),
	ENDLESS("a loop in a global function", "call g; exit; .global int g(); l: " RANDOM
	       "if r0 != 0 goto l; exit"),
	ENDLESS("a loop around a lookup", "l: " LOOKUP_HASH "if r0 == 0 goto l; r0 = 0; exit"),
	ENDLESS("a loop around a record", "l: " RESERVE(8) "if r0 == 0 goto l; r1 = r0; "
	       SUBMIT "goto l"),
	ENDLESS("a loop around a tail call in a function",
		"r6 = r1; l: r1 = r6; call t; if r0 == 0 goto l; r0 = 0; exit; "
		"t: r2 = map[tbl] ll; r3 = 0; call tail_call; r0 = 0; exit"),
	ENDLESS("rounds with a period of 40", "r6 = 0; l: r6 += 1; r6 %= 40; if r6 < 50 goto l; "
	        "r0 = 0; exit"),
	ENDLESS("two counters that undo each other", "r6 = 0; r7 = 5; l: " PAD "r6 += 1; r7 -= 1; "
	        "r8 = r6; r8 += r7; if r8 == 5 goto m; r0 = 0; exit; m: r6 -= 1; r7 += 1; goto l"),
	ACCEPT("a number shifted until it is 0", NUMBERS "l: " PAD "r6 >>= 1; if r6 != 0 goto l; "
	       "r0 = 0; exit"),
	ACCEPT("rounds that stop by themselves, in a loop that is counted",
	       "r6 = 0; *(u64 *)(r10 - 8) = 0; l: r1 = 5; r2 = func[f] ll; r3 = r10; r3 += -8; "
	       "r4 = 0; call loop; r6 += 1; if r6 < 5 goto l; r0 = 0; exit; "
	       "f: r1 = *(u64 *)(r2 + 0); r1 += 1; *(u64 *)(r2 + 0) = r1; r0 = 0; exit"),
};

static const struct verdict round_cases[] = {
	REJECT("a round that sets what the next needs, by a branch of its index", EACCES, NULL,
	       NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; " LOOP(9, 16)
	       "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: if r1 == 3 goto a; if r1 == 7 goto b; r0 = 0; exit; a: *(u64 *)(r2 + 0) = 1; "
	       "r0 = 0; exit; b: r3 = *(u64 *)(r2 + 0); if r3 == 0 goto pc+1; "
	       "*(u64 *)(r2 + 8) = 64; r0 = 0; exit"),
	REJECT("an inner call whose rounds differ by the outer's round", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; " LOOP(9, 16)
	       "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: *(u64 *)(r10 - 8) = r2; r1 = 2; r3 = r10; r3 += -8; r2 = func[g] ll; r4 = 0; "
	       "call loop; r2 = *(u64 *)(r10 - 8); *(u64 *)(r2 + 0) = 1; r0 = 0; exit; "
	       "g: r2 = *(u64 *)(r2 + 0); r3 = *(u64 *)(r2 + 0); if r3 == 0 goto pc+1; "
	       "*(u64 *)(r2 + 8) = 64; r0 = 0; exit"),
	REJECT("the same inner call from two places", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; " LOOP(9, 16)
	       "*(u64 *)(r10 - 16) = 1; " LOOP(9, 16)
	       "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: r3 = *(u64 *)(r2 + 0); if r3 == 0 goto pc+1; *(u64 *)(r2 + 8) = 64; r0 = 0; "
	       "exit"),
	REJECT("a call in a loop whose rounds lead from one to the next", EINVAL, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; r6 = 0; l: " LOOP(9, 16)
	       "r3 = *(u64 *)(r10 - 16); *(u64 *)(r10 - 8) = r3; r6 += 1; if r6 < 3 goto l; "
	       "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	       "; f: r3 = *(u64 *)(r2 + 8); r3 += 32; if r3 > 64 goto pc+1; "
	       "*(u64 *)(r2 + 0) = r3; r0 = 0; exit"),
	REJECT("a byte that a round leaves unwritten", EACCES, NULL, NULL,
	       "r6 = r1; " LOOP(9, 8) "r0 = *(u64 *)(r10 - 8); exit; f: *(u64 *)(r2 + 0) = 0; "
	       "r0 = 0; exit"),
	REJECT("a byte that a round's variable write may not write", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 16) = 8; " LOOP(9, 16) "r0 = *(u64 *)(r10 - 8); exit; f: r1 &= 8; "
	       "r2 += r1; *(u64 *)(r2 + 0) = 0; r0 = 0; exit"),
	REJECT("a null check in the round before", EACCES, "invalid mem access", NULL,
	       "*(u64 *)(r10 - 24) = 0; " LOOKUP_HASH "*(u64 *)(r10 - 16) = r0; " LOOP(9, 24)
	       "r0 = 0; exit; f: r3 = *(u64 *)(r2 + 0); r4 = *(u64 *)(r2 + 8); if r3 == 0 goto a; "
	       "r0 = *(u64 *)(r4 + 0); r0 = 0; exit; a: if r4 == 0 goto b; *(u64 *)(r2 + 0) = 1; "
	       "b: r0 = 0; r3 = 0; *(u64 *)(r2 + 0) = 1; exit"),
	ACCEPT("... that is remembered by the pointer itself",
	       LOOKUP_HASH "*(u64 *)(r10 - 16) = r0; " LOOP(9, 16) "r0 = 0; exit; "
	       "f: r4 = *(u64 *)(r2 + 0); if r4 == 0 goto b; r0 = *(u64 *)(r4 + 8); b: r0 = 0; "
	       "exit"),
	REJECT("a range of the stack's index that grows by rounds", EACCES, NULL, NULL,
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; " LOOP(9, 16) "r0 = 0; exit; "
	       "f: r3 = *(u64 *)(r2 + 0); r4 = r2; r4 += r3; r0 = *(u8 *)(r4 + 0); r3 += 1; "
	       "r3 &= 31; *(u64 *)(r2 + 0) = r3; r0 = 0; exit"),
	ACCEPT("... within it",
	       "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = 0; " LOOP(9, 16) "r0 = 0; exit; "
	       "f: r3 = *(u64 *)(r2 + 0); r4 = r2; r4 += r3; r0 = *(u8 *)(r4 + 0); r3 += 1; "
	       "r3 &= 15; *(u64 *)(r2 + 0) = r3; r0 = 0; exit"),
	REJECT("a round that ends the loop with what was not looked at", EACCES, NULL, NULL,
	       NUMBERS "*(u64 *)(r10 - 8) = 0; *(u64 *)(r10 - 16) = r6; " LOOP(9, 16)
	       "r3 = *(u64 *)(r10 - 8); if r0 == 9 goto out; " INDEX(r3)
	       "; out: r0 = 0; exit; f: r3 = *(u64 *)(r2 + 0); if r1 != 5 goto g; r3 &= 127; "
	       "*(u64 *)(r2 + 8) = r3; r0 = 1; exit; g: r0 = 0; exit"),
	REJECT("elements in elements", EACCES, "mem_size=4", NULL,
	       "r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; "
	       "r0 = 0; exit; f: r1 = map[four] ll; r2 = func[g] ll; r3 = 0; r4 = 0; "
	       "call for_each_map_elem; r0 = 0; exit; g: r0 = *(u64 *)(r2 + 0); r0 = 0; exit"),
	REJECT("an outer key by an inner round", EACCES, "key", NULL,
	       "r1 = map[hash] ll; r2 = func[f] ll; r3 = r10; r3 += -8; *(u64 *)(r10 - 8) = 0; "
	       "r4 = 0; call for_each_map_elem; r3 = *(u64 *)(r10 - 8); r0 = 0; exit; "
	       "f: *(u64 *)(r10 - 8) = r2; *(u64 *)(r10 - 16) = r4; r1 = 2; r2 = func[g] ll; "
	       "r3 = r10; r3 += -16; r4 = 0; call loop; r0 = 0; exit; g: r3 = *(u64 *)(r2 + 8); "
	       "r4 = *(u64 *)(r2 + 0); *(u64 *)(r4 + 0) = r3; r0 = 0; exit"),
	{ .name = "a legacy load ends a callee before it writes", SOCKET, .err = -EACCES,
	       .log = "invalid read from stack",
	  .text = "r6 = r1; r7 = r10; r7 += -8; call f; r0 = *(u64 *)(r10 - 8); exit; f: r6 = r1; "
	  "r0 = *(u8 *)skb[0]; r0 = 0; exit" },
	{ .name = "... and gives 0 where 1 is meant", SOCKET, .err = -EACCES, .log =
	       "value_size=64",
	  .text = "r6 = r1; r2 = r10; r2 += -8; *(u64 *)(r10 - 8) = 64; call f; "
	  "r3 = *(u64 *)(r10 - 8); " INDEX(r3)
	  "; f: r6 = r1; r7 = r2; r0 = *(u8 *)skb[0]; *(u64 *)(r7 + 0) = 5; r0 = 0; exit" },
	{ .name = "a loop around a legacy load in a callee", SOCKET, .err = -EINVAL, .log =
	       "infinite loop detected",
	  .text = "r6 = r1; l: r1 = r6; call f; if r0 == 0 goto l; r0 = 0; exit; f: r6 = r1; "
	  "r0 = *(u8 *)skb[0]; r0 = 1; exit" },
	{ .name = "a round that a legacy load ends, endless around it", SOCKET, .err = -EINVAL,
	       .log = "infinite loop detected",
	  .text = "*(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 16) = 0; l: " LOOP(3, 16)
	  "r3 = *(u64 *)(r10 - 16); if r3 == 0 goto l; r0 = 0; exit; f: r7 = r2; "
	  "r6 = *(u64 *)(r2 + 8); r0 = *(u8 *)skb[0]; *(u64 *)(r7 + 0) = 1; r0 = 0; exit" },
	{ .name = "a record across a callee's legacy load", SOCKET, .err = -EINVAL, .log =
	       "Unreleased",
	  .text = "r6 = r1; " RESERVE(8) "if r0 == 0 goto out; r7 = r0; r1 = r6; call f; "
	  "r1 = r7; " SUBMIT "r0 = 0; exit; out: r0 = 0; exit; f: r6 = r1; r0 = *(u8 *)skb[0]; "
	  "r0 = 0; exit" },
	ENDLESS("a long jump back", "l: " PAD "r6 = 0; gotol l"),
	ENDLESS("a loop whose counter lies in the element that a round is shown",
		"r1 = map[hash] ll; r2 = func[f] ll; r3 = 0; r4 = 0; call for_each_map_elem; "
		"r0 = 0; exit; f: l: r1 = *(u64 *)(r3 + 0); if r1 != 5 goto l; r0 = 0; exit"),
	ENDLESS("a loop that a copy compared elsewhere does not end",
		NUMBERS "r7 = r6; l: " PAD "if r7 > 10 goto m; if r6 > 10 goto out; m: goto l" OUT),
	ENDLESS("a loop of two, each of which ends the other's round",
		NUMBERS "r6 = 0; l: r6 += 1; if r6 < 8 goto l; r7 = 0; m: r7 += 1; "
		"if r7 < 8 goto m; r6 = 0; goto l"),
	ENDLESS("a spilled counter that is set back by its lower byte",
		"*(u64 *)(r10 - 8) = 0; l: r1 = *(u64 *)(r10 - 8); r1 += 1; "
		"*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 8) = 0; r1 = *(u64 *)(r10 - 8); "
		"if r1 < 300 goto l; r0 = 0; exit"),
	ENDLESS("a saved zero that a helper may set back",
		NUMBERS "*(u64 *)(r10 - 8) = 0; l: r1 = r10; r1 += -8; r2 = 8; r3 = r6; "
		"call probe_read; r1 = *(u64 *)(r10 - 8); if r1 != 7 goto l; r0 = 0; exit"),
	ENDLESS("a number whose sign never comes", NUMBERS "r6 &= 255; l: " PAD "r6 += 1; "
	        "r6 &= 255; if r6 s>= 0 goto l; r0 = 0; exit"),
	ENDLESS("half of a number that moves in the other", NUMBERS "r7 = 0x100000000 ll; l: "
	       PAD "r6 += r7; if w6 != 5 goto l; r0 = 0; exit"),
};

/*
 * --- running what is accepted --------------------------------------------------------------------
 */

#define RUNS		12
#define CTX_SIZE	168u

static u64 rng = 1;
static u32 accepted;

static u64 chance(void)
{
	u64 z = rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static u64 number(void)
{
	static const u64 edges[] = { 0, 1, 2, 8, 31, 32, 63, 64, 65, 127, 128, 255, 0x7fffffff,
	0x80000000,
				     0xffffffff, 0x100000000, 0x10000003f, 0x7fffffffffffffff,
				     0x8000000000000000, 0xffffffffffffffff, 0xffffffffffffffc0,
				     0xffffffffffffffbf, 0xffffffff00000020 };
	u64 z = chance();

	if (z & 3)
		return edges[(z >> 32) % ARRAY_SIZE(edges)];
	return z & 4 ? (z >> 8) % 200 : chance();
}

static void fill(u64 *words, u32 cnt)
{
	while (cnt--)
		words[cnt] = number();
}

static void run_once(struct checked *run)
{
	u64 ctx[CTX_SIZE / 8], value[8], packet[8], key = 0;
	struct xbpf_skb_ctx skb = { 0 };
	u32 zero = 0;

	run->seed = chance();
	fill(value, ARRAY_SIZE(value));
	rt_map_update(rt_map_by_name("arr"), &zero, value, 0);
	fill(value, ARRAY_SIZE(value));
	rt_map_update(rt_map_by_name("hash"), &key, value, 0);
	if (!checked_on_packets(run->progs->code.type)) {
		fill(ctx, ARRAY_SIZE(ctx));
		checked_run(run, ctx, sizeof(ctx));
		return;
	}
	fill(packet, ARRAY_SIZE(packet));
	skb.data = (const u8 *)packet;
	skb.data_len = (u32)(chance() % (sizeof(packet) + 1));
	skb.data_end = skb.data + skb.data_len;
	checked_run(run, &skb, sizeof(skb));
}

/* @more: LOAD_MAY_LEAK or 0. false: it was accepted, and is not safe. */
static bool is_safe(const struct verdict *c, u32 more)
{
	struct loaded p;
	struct checked run = { .progs = &p, .prog_cnt = 1, .insns_max = 100000 };
	u32 k;

	verdict_world();
	if (!load_asm(&p, c->text, c->type ? c->type : BPF_PROG_TYPE_KPROBE,
		      LOAD_INTERP | LOAD_QUIET | more)) {
		accepted++;
		for (k = 0; k < RUNS && !run.why[0]; k++) {
			run_once(&run);
			if (!run.why[0] && rt_ring_held())
				snprintf(run.why, sizeof(run.why), "a record was not given back");
		}
	}
	load_free(&p);
	if (run.why[0])
		tap_diag("%s: %s", c->name, run.why);
	return !run.why[0];
}

static void attack(const struct verdict *cases, u32 cnt)
{
	bool safe = true;
	u32 i;

	verdict_run(cases, cnt);
	for (i = 0; i < cnt; i++) {
		safe &= is_safe(&cases[i], 0);
		safe &= is_safe(&cases[i], LOAD_MAY_LEAK);
	}
	tap_ok(safe, "what is accepted is safe");
}

int main(void)
{
	attack(number_cases, ARRAY_SIZE(number_cases));
	attack(meet_cases, ARRAY_SIZE(meet_cases));
	attack(pointer_cases, ARRAY_SIZE(pointer_cases));
	attack(helper_cases, ARRAY_SIZE(helper_cases));
	attack(reference_cases, ARRAY_SIZE(reference_cases));
	attack(packet_cases, ARRAY_SIZE(packet_cases));
	attack(endless_cases, ARRAY_SIZE(endless_cases));
	attack(round_cases, ARRAY_SIZE(round_cases));
	tap_ok(accepted > 50, "programs were accepted and run (%u)", accepted);
	return tap_done();
}
