/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which machine register holds which BPF register.
 *
 * Data, so that a fuzzer can permute it: no translation may rely on a certain
 * one.  All programs that share a table must be compiled with the same map.
 */
#ifndef XBPF_JIT_REGS_H
#define XBPF_JIT_REGS_H

#include "jit/x86.h"

#define JIT_REGS	10	/* R0 - R9; R10 is no register but rbp plus a constant */

struct xbpf_jit_regs {
	u8 of[JIT_REGS];
};

extern const struct xbpf_jit_regs xbpf_jit_regs_usual;

/*
 * R0 - R5 on rax, rdi, rsi, rdx, rcx, r8 and R6 - R9 on rbx, r13, r14, r15, in
 * any order, but R1 not on rcx: the tail call's jump goes through rcx while R1
 * holds the context.
 */
bool xbpf_jit_regs_valid(const struct xbpf_jit_regs *regs);

/* No BPF register lives here. */
#define JIT_BUDGET	X86_R12		/* tail calls left; helper calls preserve it */
#define JIT_TMP0	X86_R10
#define JIT_TMP1	X86_R11
#define JIT_TMP2	X86_R9
/*
 * What an exit hands to its caller: the budget that is left.  Only a subprogram
 * that was left by a tail call needs it (call.c).
 */
#define JIT_BUDGET_OUT	X86_R11

#endif
