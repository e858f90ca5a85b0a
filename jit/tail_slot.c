/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tail call through the slot: load the landing address, check it, jump to it.
 *
 *	...				; xbpf_jit_tail_checks()
 *	jmp rcx				; as the kernel wants it (form.c)
 *	...				; xbpf_jit_tail_misses()
 */
#include "jit/tail_call.h"

static void emit_slot(struct jit *j, const struct jit_tail_call *call)
{
	struct jit_tail_checks c;

	xbpf_jit_tail_checks(j, call, false, &c);
	xbpf_jit_emit_form(j, &j->jenv->jump_rcx, "the kernel's indirect jump thunk");
	xbpf_jit_tail_misses(j, &c);
}

const struct jit_tail_strategy xbpf_jit_tail_slot = {
	.emit = emit_slot,
};
