/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tail call by a jump that is patched whenever its slot changes, where table and index are known.
 *
 *	sub r12d, 1
 *	jb spent
 *	jmp target			; the site; with an empty slot a nop
 *	mov ecx, 8			; empty
 *	jmp count
 * spent:	mov ecx, 16
 * count:	inc r12d
 *	movabs rax, table
 *	add rcx, [rax + 8]
 *	inc qword gs:[rcx]
 *
 * Neither R2 nor R3 is read, so that what sets them is left out too.  Other calls go through the slot.
 */
#include "tail_call.h"

static bool is_direct(const struct jit *j, const struct jit_tail_call *call)
{
	return j->jenv->sites && call->index_known;
}

static void emit_direct(struct jit *j, const struct jit_tail_call *call)
{
	struct emit *e = &j->e;
	u32 spent, count;

	if (!is_direct(j, call)) {
		xbpf_jit_tail_slot.emit(j, call);
		return;
	}
	spent = xbpf_emit_label(e);
	count = xbpf_emit_label(e);
	xbpf_jit_tail_spend(j, spent, true);
	xbpf_jit_tail_site(j, call, false);
	xbpf_x86_mov_ri(e, X86_CX, offsetof(struct xbpf_tail_counts, empty));
	xbpf_x86_jmp(e, count);
	xbpf_emit_bind(e, spent);
	xbpf_x86_mov_ri(e, X86_CX, offsetof(struct xbpf_tail_counts, limit));
	xbpf_emit_bind(e, count);
	x86_inc(e, false, JIT_BUDGET);
	xbpf_x86_mov_ri(e, X86_AX, call->map->addr);
	x86_alu_rm(e, X86_ADD, true, X86_CX, x86_at(X86_AX, offsetof(struct xbpf_table, counts)));
	xbpf_x86_inc_m(e, j->jenv->gs_counts, x86_at(X86_CX, 0));
}

const struct jit_tail_strategy xbpf_jit_tail_direct = {
	.name = "direct",
	.emit = emit_direct,
	.knows_all = is_direct,
};
