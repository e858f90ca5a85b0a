/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tail call as one would write it first: leave the frame as a return would, enter the target as a
 * call would.  What the others are measured against.
 *
 *	...				; xbpf_jit_tail_checks()
 *	mov r11d, r12d			; what is left of the budget
 *	lea rsp, [rbp - 40]
 *	pop r15 ... pop rbx, rbp
 *	push rbp			; the target's prologue, here since its own sets the budget anew
 *	mov rbp, rsp
 *	push rbx, r12 ... r15
 *	mov r12d, r11d
 *	jmp rcx
 */
#include "jit/tail_call.h"

static void emit_unwind(struct jit *j, const struct jit_tail_call *call)
{
	struct emit *e = &j->e;
	struct jit_tail_checks c;

	xbpf_jit_tail_checks(j, call, false, &c);
	x86_mov_rr(e, false, JIT_BUDGET_OUT, JIT_BUDGET);
	xbpf_jit_pop_frame(j);
	xbpf_jit_push_frame(j);
	x86_mov_rr(e, false, JIT_BUDGET, JIT_BUDGET_OUT);
	xbpf_jit_emit_form(j, &j->jenv->jump_rcx, "the kernel's indirect jump thunk");
	xbpf_jit_tail_misses(j, &c);
}

const struct jit_tail_strategy xbpf_jit_tail_unwind = {
	.emit = emit_unwind,
};
