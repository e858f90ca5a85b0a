/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tail call by a jump that is patched whenever its slot changes, where table and index are known.
 *
 *	sub r12d, 1
 *	jb miss
 *	jmp target			; the poke site; with an empty slot a nop
 * miss:	mov eax, r12d			; -1: spent, else empty
 *	shr eax, 31
 *	inc r12d
 *	movabs rcx, counts + 8
 *	inc qword gs:[rcx + rax * 8]	; empty, limit
 *
 * Neither R2 nor R3 is read, so that what sets them is left out too.  Other calls go through the
 * slot.
 */
#include "jit/tail_call.h"

static bool is_direct(const struct jit *j, const struct jit_tail_call *call)
{
	return j->jenv->pokes && call->index_known;
}

static void emit_direct(struct jit *j, const struct jit_tail_call *call)
{
	struct emit *e = &j->e;
	const struct xbpf_prog_slots *table;
	u32 miss;

	BUILD_BUG_ON(offsetof(struct xbpf_tail_counts, limit) != offsetof(struct xbpf_tail_counts,
		     empty) + 8);
	if (!is_direct(j, call)) {
		xbpf_jit_tail_slot.emit(j, call);
		return;
	}
	miss = xbpf_emit_label(e);
	xbpf_jit_tail_spend(j, miss, true);
	xbpf_jit_tail_poke(j, call, false);
	/* prefixes of the mov, that jb skips: a label may stand only where both passes put it */
	xbpf_x86_ds_prefix(e, xbpf_jit_tail_rest(j));
	xbpf_emit_bind(e, miss);
	x86_mov_rr(e, false, X86_AX, JIT_BUDGET);
	xbpf_x86_shift_ri(e, X86_SHR, false, X86_AX, 31);
	x86_inc(e, false, JIT_BUDGET);
	table = (const struct xbpf_prog_slots *)(unsigned long)call->map->addr;
	xbpf_x86_mov_ri(e, X86_CX, (u64)(unsigned long)table->counts +
			offsetof(struct xbpf_tail_counts, empty));
	xbpf_x86_inc_m(e, j->jenv->gs_counts, x86_at_index8(X86_CX, X86_AX, 0));
}

const struct jit_tail_strategy xbpf_jit_tail_direct = {
	.emit = emit_direct,
	.knows_all = is_direct,
};
