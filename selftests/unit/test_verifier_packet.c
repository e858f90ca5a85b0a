/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on direct access to packets.
 */
#include "verdict.h"

#define CLS .type = BPF_PROG_TYPE_SCHED_CLS
#define BAD .err = -EACCES
/* R2: data, R3: its end */
#define DATA "r2 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); "
/* R4: data + 14 */
#define ETH DATA "r4 = r2; r4 += 14; "
#define OUT "out: r0 = 0; exit"
#define NO_RANGE BAD, .log = "invalid access to packet"

static const struct verdict cases[] = {
	{ .name = "bytes before the pointer that was compared", CLS,
	  .text = ETH "if r4 > r3 goto out; r0 = *(u16 *)(r2 + 12); r0 = *(u64 *)(r2 + 0); "
	  "r0 = *(u8 *)(r4 - 1); " OUT },
	{ .name = "a byte too many", CLS, NO_RANGE,
	  .reason = "reaches bytes 7 to 14 of the packet, 14 are known",
	  .text = ETH "if r4 > r3 goto out; r0 = *(u64 *)(r2 + 7); " OUT },
	{ .name = "the byte that was compared", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto out; r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "no comparison at all", CLS, NO_RANGE, .text = DATA "r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "the wrong way", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto l; goto out; l: r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "a byte before the packet", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto out; r0 = *(u8 *)(r2 - 1); " OUT },
	{ .name = ">=: the byte itself too", CLS,
	  .text = ETH "if r4 >= r3 goto out; r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = ">=: not the next one", CLS, NO_RANGE,
	  .text = ETH "if r4 >= r3 goto out; r0 = *(u8 *)(r4 + 1); " OUT },
	{ .name = "<: the byte itself too", CLS,
	  .text = ETH "if r4 < r3 goto l; goto out; l: r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "<: nothing on the other way", CLS, NO_RANGE,
	  .text = ETH "if r4 < r3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "<=", CLS, .text = ETH "if r4 <= r3 goto l; goto out; l: r0 = *(u8 *)(r2 + 13); " OUT },
	{ .name = "<=: not the byte itself", CLS, NO_RANGE,
	  .text = ETH "if r4 <= r3 goto l; goto out; l: r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "the end first: <", CLS,
	  .text = ETH "if r3 < r4 goto out; r0 = *(u8 *)(r2 + 13); " OUT },
	{ .name = "the end first: <, the byte itself", CLS, NO_RANGE,
	  .text = ETH "if r3 < r4 goto out; r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "the end first: <=", CLS,
	  .text = ETH "if r3 <= r4 goto out; r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "the end first: >", CLS,
	  .text = ETH "if r3 > r4 goto l; goto out; l: r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "the end first: >=", CLS,
	  .text = ETH "if r3 >= r4 goto l; goto out; l: r0 = *(u8 *)(r2 + 13); " OUT },
	{ .name = "the end first: >=, the byte itself", CLS, NO_RANGE,
	  .text = ETH "if r3 >= r4 goto l; goto out; l: r0 = *(u8 *)(r4 + 0); " OUT },
	{ .name = "equality proves nothing", CLS, NO_RANGE, .may_leak = true,
	  .text = ETH "if r4 != r3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "the lower halves prove nothing", CLS, NO_RANGE, .may_leak = true,
	  .text = ETH "if w4 > w3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "... and are not compared otherwise", CLS, BAD,
	  .log = "pointer comparison prohibited", .text = ETH "if w4 > w3 goto out; " OUT },
	{ .name = "a number is no end", CLS, BAD, .text = DATA
	  "r3 = 1000; r4 = r2; r4 += 14; if r4 > r3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "copies made before know it too", CLS,
	  .text = ETH "r5 = r2; r5 += 4; *(u64 *)(r10 - 8) = r5; if r4 > r3 goto out; "
	  "r6 = *(u64 *)(r10 - 8); r0 = *(u64 *)(r6 + 2); " OUT },
	{ .name = "the larger proof counts", CLS,
	  .text = ETH "if r4 > r3 goto out; r4 = r2; r4 += 4; if r4 > r3 goto out; "
	  "r0 = *(u16 *)(r2 + 12); " OUT },

	/* variable offsets */
	{ .name = "a variable offset, compared anew", CLS,
	  .text = ETH "if r4 > r3 goto out; r5 = *(u8 *)(r2 + 0); r5 &= 15; r5 <<= 2; r4 = r2; "
	  "r4 += r5; r6 = r4; r6 += 20; if r6 > r3 goto out; r0 = *(u32 *)(r4 + 16); "
	  "r0 = *(u8 *)(r6 - 20); " OUT },
	{ .name = "a variable offset loses the proof", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto out; r5 = *(u8 *)(r2 + 0); r5 &= 7; r2 += r5; "
	  "r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "a proof for one variable offset is none for another", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto out; r5 = *(u8 *)(r2 + 0); r6 = *(u8 *)(r2 + 1); r7 = r2; "
	  "r7 += r5; r8 = r2; r8 += r6; r9 = r7; r9 += 4; if r9 > r3 goto out; "
	  "r0 = *(u8 *)(r8 + 0); " OUT },
	{ .name = "... nor for the first byte", CLS, NO_RANGE,
	  .text = DATA "r5 = *(u32 *)(r1 + 0); r5 &= 255; r7 = r2; r7 += r5; r7 += 4; "
	  "if r7 > r3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "an offset as large as a packet can be", CLS,
	  .text = DATA "r5 = *(u32 *)(r1 + 0); r5 &= 0x7fff; r2 += r5; r4 = r2; r4 += 8; "
	  "if r4 > r3 goto out; r0 = *(u64 *)(r2 + 0); " OUT },
	{ .name = "an offset that is larger", CLS, NO_RANGE,
	  .text = DATA "r5 = *(u32 *)(r1 + 0); r5 &= 0xffff; r2 += r5; r4 = r2; r4 += 8; "
	  "if r4 > r3 goto out; r0 = *(u64 *)(r2 + 0); " OUT },
	{ .name = "an offset without bound", CLS, NO_RANGE,
	  .text = DATA "r5 = *(u32 *)(r1 + 0); r2 += r5; r4 = r2; r4 += 8; if r4 > r3 goto out; "
	  "r0 = *(u64 *)(r2 + 0); " OUT },
	{ .name = "an offset that may be negative", CLS, BAD, .log = "min value is negative",
	  .text = DATA "r5 = *(u32 *)(r1 + 0); r5 &= 15; r5 -= 8; r2 += r5; r4 = r2; r4 += 8; "
	  "if r4 > r3 goto out; r0 = *(u64 *)(r2 + 0); " OUT },
	{ .name = "a constant too large", CLS, NO_RANGE,
	  .text = DATA "r4 = r2; r4 += 0x10000; if r4 > r3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "the largest constant", CLS,
	  .text = DATA "r4 = r2; r4 += 0xffff; if r4 > r3 goto out; r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "a negative constant", CLS, NO_RANGE,
	  .text = DATA "r4 = r2; r4 += -8; if r4 > r3 goto out; r0 = *(u8 *)(r4 + 0); " OUT },

	/* what a packet pointer is good for */
	{ .name = "writing", CLS, .text = ETH "if r4 > r3 goto out; *(u16 *)(r2 + 12) = 0xdd86; "
	  "*(u8 *)(r2 + 0) = r0; out: r0 = 0; exit",
	  .err = -EACCES, .log = "R0 !read_ok" },
	{ .name = "writing numbers", CLS, .text = ETH
	  "if r4 > r3 goto out; *(u16 *)(r2 + 12) = 0x86dd; r0 = 5; *(u64 *)(r2 + 6) = r0; " OUT },
	{ .name = "writing behind what is there", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto out; *(u64 *)(r2 + 7) = 0; " OUT },
	{ .name = "writing a pointer", CLS, BAD, .log = "leaks addr",
	  .text = ETH "if r4 > r3 goto out; *(u64 *)(r2 + 0) = r1; " OUT },
	{ .name = "an atomic operation", CLS, BAD, .log = "BPF_ATOMIC stores into R2 pkt is not allowed",
	  .text = ETH "if r4 > r3 goto out; r0 = 1; lock *(u32 *)(r2 + 0) += r0; " OUT },
	{ .name = "the end cannot be read", CLS, BAD, .log = "R3 invalid mem access 'pkt_end'",
	  .text = DATA "r0 = *(u8 *)(r3 - 1); " OUT },
	{ .name = "the end cannot be moved", CLS, BAD,
	  .log = "pointer arithmetic on pkt_end prohibited", .text = DATA "r3 += -1; " OUT },
	{ .name = "a packet pointer is no result", CLS, BAD, .log = "R0 leaks addr as return value",
	  .text = DATA "r0 = r2; exit" },
	{ .name = "the distance of two packet pointers", CLS, .text = ETH "r4 -= r2; r0 = r4; exit" },
	{ .name = "the length of the packet", CLS, .may_leak = true,
	  .text = DATA "r3 -= r2; r0 = r3; exit" },
	{ .name = "any alignment", CLS, .text = ETH "if r4 > r3 goto out; r0 = *(u64 *)(r2 + 1); " OUT },
	{ .name = "strict alignment counts from the network header", CLS, .flags = BPF_F_STRICT_ALIGNMENT,
	  .text = ETH "if r4 > r3 goto out; r0 = *(u32 *)(r2 + 2); " OUT },
	{ .name = "... and so not from the frame", CLS, .flags = BPF_F_STRICT_ALIGNMENT, BAD,
	  .log = "misaligned packet access",
	  .text = ETH "if r4 > r3 goto out; r0 = *(u32 *)(r2 + 4); " OUT },

	/* helpers */
	{ .name = "a key in the packet", CLS, .text = ETH
	  "if r4 > r3 goto out; r1 = map[hash] ll; r2 += 6; call map_lookup_elem; " OUT },
	{ .name = "a key that is not all there", CLS, NO_RANGE, .text = ETH
	  "if r4 > r3 goto out; r1 = map[hash] ll; r2 += 7; call map_lookup_elem; " OUT },
	{ .name = "bytes into the packet", CLS,
	  .text = ETH "if r4 > r3 goto out; r3 = r2; r2 = 20; r4 = 14; call skb_load_bytes; " OUT },
	{ .name = "too many bytes into the packet", CLS, NO_RANGE,
	  .text = ETH "if r4 > r3 goto out; r3 = r2; r2 = 20; r4 = 15; call skb_load_bytes; " OUT },

	/* metadata, of which there is none: the rules hold all the same */
	{ .name = "metadata", CLS,
	  .text = DATA "r4 = *(u32 *)(r1 + 140); r5 = r4; r5 += 8; if r5 > r2 goto out; "
	  "r0 = *(u64 *)(r4 + 0); " OUT },
	{ .name = "metadata against the packet's end", CLS, NO_RANGE, .may_leak = true,
	  .text = DATA "r4 = *(u32 *)(r1 + 140); r5 = r4; r5 += 8; if r5 > r3 goto out; "
	  "r0 = *(u64 *)(r4 + 0); " OUT },
	{ .name = "metadata against another byte of the packet", CLS, NO_RANGE, .may_leak = true,
	  .text = DATA "r4 = *(u32 *)(r1 + 140); r5 = r4; r5 += 8; r2 += 1; if r5 > r2 goto out; "
	  "r0 = *(u64 *)(r4 + 0); " OUT },

	/* loops and paths */
	{ .name = "a loop over the packet", CLS,
	  .text = DATA
	  "r6 = 0; r7 = 0; l: r4 = r2; r4 += 1; if r4 > r3 goto done; r5 = *(u8 *)(r2 + 0); "
	  "r7 += r5; r2 = r4; r6 += 1; if r6 < 64 goto l; done: r0 = r7; exit" },
	{ .name = "a proof on one way only", CLS, NO_RANGE,
	  .text = ETH "r0 = *(u32 *)(r1 + 0); if r0 == 0 goto l; if r4 > r3 goto out; "
	  "l: r0 = *(u8 *)(r2 + 0); " OUT },
	{ .name = "a longer proof covers a shorter one", CLS,
	  .text = ETH "r5 = r2; r5 += 34; r0 = *(u32 *)(r1 + 0); if r0 == 0 goto l; "
	  "if r5 > r3 goto out; goto m; l: if r4 > r3 goto out; m: r0 = *(u16 *)(r2 + 12); " OUT },
	{ .name = "a proof in a subprogram holds in the caller", CLS,
	  .text = DATA "r6 = r2; r7 = r3; r1 = r2; r2 = r3; call f; if r0 == 0 goto out; "
	  "r0 = *(u32 *)(r6 + 4); out: r0 = 0; exit;"
		  "f: r3 = r1; r3 += 8; if r3 > r2 goto no; r0 = 1; exit; no: r0 = 0; exit" },
	{ .name = "a packet pointer on the caller's stack", CLS,
	  .text = DATA "*(u64 *)(r10 - 8) = r2; r1 = r10; r1 += -8; r2 = r3; call f; " OUT
	  "; f: r3 = *(u64 *)(r1 + 0); r4 = r3; r4 += 4; if r4 > r2 goto no; "
	  "r0 = *(u32 *)(r3 + 0); no: r0 = 0; exit" },
};

int main(void)
{
	verdict_run(cases, ARRAY_SIZE(cases));
	return tap_done();
}
