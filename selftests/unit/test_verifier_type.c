/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verdicts on contexts: what each type of program may read and write of its own.
 */
#include "verdict.h"

#define TRACEPOINT .type = BPF_PROG_TYPE_TRACEPOINT
#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define RAW .type = BPF_PROG_TYPE_RAW_TRACEPOINT
#define CLS .type = BPF_PROG_TYPE_SCHED_CLS
#define SYSCALL .type = XBPF_PROG_TYPE_SYSCALL_FILTER
#define NO_ACCESS .err = -EACCES, .log = "invalid bpf_context access"

static const struct verdict cases[] = {
	{ .name = "a record of a tracepoint, any size", TRACEPOINT,
	  .text = "r0 = *(u64 *)(r1 + 8); r0 = *(u32 *)(r1 + 16); r0 = *(u16 *)(r1 + 22); "
	  "r0 = *(u8 *)(r1 + 25); exit" },
	{ .name = "the end of a record", TRACEPOINT,
	  .text = "r0 = *(u64 *)(r1 + 2040); r0 = *(u8 *)(r1 + 2047); exit" },
	{ .name = "behind the end of a record", TRACEPOINT, NO_ACCESS,
	  .text = "r0 = *(u8 *)(r1 + 2048); exit" },
	{ .name = "the kernel's own bytes of a record", TRACEPOINT, NO_ACCESS,
	  .text = "r0 = *(u64 *)(r1 + 0); exit" },
	{ .name = "the last of them", TRACEPOINT, NO_ACCESS, .text = "r0 = *(u8 *)(r1 + 7); exit" },
	{ .name = "writing to a record", TRACEPOINT, NO_ACCESS,
	  .text = "*(u64 *)(r1 + 8) = 0; r0 = 0; exit" },
	{ .name = "a field that is not aligned", TRACEPOINT, .err = -EACCES,
	  .text = "r0 = *(u32 *)(r1 + 10); exit" },

	{ .name = "arguments of a raw tracepoint", RAW,
	  .text = "r0 = *(u64 *)(r1 + 0); r0 = *(u64 *)(r1 + 88); r0 = *(u32 *)(r1 + 4); exit" },
	{ .name = "a thirteenth argument", RAW, NO_ACCESS, .text = "r0 = *(u64 *)(r1 + 96); exit" },
	{ .name = "writing an argument", RAW, NO_ACCESS, .text = "*(u64 *)(r1 + 0) = 0; r0 = 0; exit" },
	{ .name = "an argument is a number", RAW, .err = -EACCES,
	  .log = "R2 invalid mem access 'scalar'", .reason = "bpf_probe_read_kernel",
	  .text = "r2 = *(u64 *)(r1 + 0); r0 = *(u64 *)(r2 + 0); exit" },

	{ .name = "a system call's number and arguments", SYSCALL,
	  .text = "r0 = *(u32 *)(r1 + 0); r0 = *(u32 *)(r1 + 4); r0 = *(u64 *)(r1 + 8); "
	  "r0 = *(u64 *)(r1 + 56); r0 = *(u32 *)(r1 + 60); exit" },
	{ .name = "behind the arguments", SYSCALL, NO_ACCESS, .text = "r0 = *(u64 *)(r1 + 64); exit" },
	{ .name = "2 bytes of an argument", SYSCALL, NO_ACCESS, .text = "r0 = *(u16 *)(r1 + 16); exit" },
	{ .name = "changing a system call", SYSCALL, NO_ACCESS,
	  .text = "*(u64 *)(r1 + 16) = 0; r0 = 0; exit" },

	{ .name = "fields of a classifier", CLS,
	  .text = "r0 = *(u32 *)(r1 + 0); r0 = *(u8 *)(r1 + 3); r0 = *(u16 *)(r1 + 46); "
	  "r0 = *(u32 *)(r1 + 72); r0 = *(u32 *)(r1 + 84);"
		  "r0 = *(u64 *)(r1 + 152); r0 = *(u32 *)(r1 + 160); r0 = *(u32 *)(r1 + 164); "
		  "r0 = *(u32 *)(r1 + 176); exit" },
	{ .name = "fields that a classifier may write", CLS,
	  .text = "*(u32 *)(r1 + 8) = 1; *(u32 *)(r1 + 12) = 1; *(u32 *)(r1 + 32) = 1; "
	  "*(u32 *)(r1 + 44) = 1; *(u32 *)(r1 + 72) = 1;"
		  "*(u64 *)(r1 + 48) = 1; *(u8 *)(r1 + 67) = 1; r0 = 0; exit" },
	{ .name = "half of a field that may be written", CLS, NO_ACCESS,
	  .text = "*(u16 *)(r1 + 8) = 1; r0 = 0; exit" },
	{ .name = "8 bytes over two such fields", CLS, NO_ACCESS,
	  .text = "*(u64 *)(r1 + 8) = 1; r0 = 0; exit" },
	{ .name = "writing len in a classifier", CLS, NO_ACCESS,
	  .text = "*(u32 *)(r1 + 0) = 1; r0 = 0; exit" },
	{ .name = "writing data in a classifier", CLS, NO_ACCESS,
	  .text = "*(u32 *)(r1 + 76) = 1; r0 = 0; exit" },
	{ .name = "8 bytes at data", CLS, NO_ACCESS, .text = "r0 = *(u64 *)(r1 + 72); exit" },
	{ .name = "half of data", CLS, NO_ACCESS, .text = "r0 = *(u16 *)(r1 + 76); exit" },
	{ .name = "the family in a classifier", CLS, NO_ACCESS, .text = "r0 = *(u32 *)(r1 + 88); exit" },
	{ .name = "the local port in a classifier", CLS, NO_ACCESS,
	  .text = "r0 = *(u32 *)(r1 + 136); exit" },
	{ .name = "half of the time stamp", CLS, NO_ACCESS, .text = "r0 = *(u32 *)(r1 + 152); exit" },
	{ .name = "the socket of a packet", CLS, NO_ACCESS, .text = "r0 = *(u64 *)(r1 + 168); exit" },
	{ .name = "flow keys", CLS, NO_ACCESS, .text = "r0 = *(u64 *)(r1 + 144); exit" },
	/* legacy loads */
	{ .name = "legacy loads", SOCKET, .text =
	  "r6 = r1; r0 = *(u32 *)skb[0]; r0 = *(u16 *)skb[r0 + 2]; r0 = *(u8 *)skb[9]; exit" },
	{ .name = "legacy loads in a classifier", CLS, .text = "r6 = r1; r0 = *(u32 *)skb[0]; exit" },
	{ .name = "legacy loads in a kprobe", .err = -EINVAL,
	  .log = "BPF_LD_[ABS|IND] instructions not allowed for this program type",
	  .reason = "see no packet",
	  .text = "r6 = r1; r0 = *(u32 *)skb[0]; exit" },
	{ .name = "a legacy load without R6", SOCKET, .err = -EACCES, .log = "R6 !read_ok",
	  .text = "r0 = *(u32 *)skb[0]; exit" },
	{ .name = "a legacy load by another R6", SOCKET, .err = -EINVAL,
	  .log = "at the time of BPF_LD_ABS|IND R6 != pointer to skb",
	  .text = "r6 = 0; r0 = *(u32 *)skb[0]; exit" },
	{ .name = "a legacy load by half a context", SOCKET, .err = -EACCES,
	  .log = "dereference of modified ctx ptr R6 off=8",
	  .text = "r6 = r1; r6 += 8; r0 = *(u32 *)skb[0]; exit" },
	{ .name = "a legacy load at an unknown distance", SOCKET, .err = -EACCES,
	  .log = "R3 !read_ok", .text = "r6 = r1; r0 = *(u32 *)skb[r3 + 2]; exit" },
	{ .name = "a legacy load at a pointer", SOCKET, .err = -EACCES, .log =
	  "R10 pointer arithmetic prohibited", .text = "r6 = r1; r0 = *(u32 *)skb[r10 + 2]; exit" },
	{ .name = "R1 behind a legacy load", SOCKET, .err = -EACCES, .log = "R1 !read_ok",
	  .text = "r6 = r1; r0 = *(u32 *)skb[0]; r0 = *(u32 *)(r1 + 0); exit" },
	{ .name = "R6 behind a legacy load", SOCKET,
	  .text = "r6 = r1; r0 = *(u32 *)skb[0]; r0 = *(u32 *)(r6 + 0); exit" },
	{ .name = "a byte is below 256", SOCKET,
	  .text = "r6 = r1; r1 = 5; r0 = *(u8 *)skb[0]; if r0 < 256 goto out; "
	  "r0 = *(u64 *)(r0 + 0); out: exit" },
	{ .name = "a legacy load in a subprogram may give 0 as the result of that", SOCKET,
	  .err = -EACCES, .log = "R0 invalid mem access 'scalar'",
	  .text = "call f; if r0 == 1 goto out; r0 = *(u64 *)(r0 + 0); out: exit; f: r6 = r1; "
	  "r0 = *(u8 *)skb[0]; r0 = 1; exit" },
	{ .name = "... which it cannot without", SOCKET,
	  .text = "call f; if r0 == 1 goto out; r0 = *(u64 *)(r0 + 0); out: exit; f: r6 = r1; "
	  "r0 = *(u8 *)(r6 + 0); r0 = 1; exit" },
	{ .name = "a type that xbpf has not", .type = BPF_PROG_TYPE_XDP, .err = -EINVAL,
	  .reason = "xbpf has no program type 6", .text = "r0 = 0; exit" },
};

int main(void)
{
	verdict_run(cases, ARRAY_SIZE(cases));
	return tap_done();
}
