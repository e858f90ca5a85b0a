/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tail call through the slot: load the landing address, jump to it.
 *
 *	cmp edx, [rsi]			; max_entries, or a constant
 *	jae out
 *	mov edx, edx			; the index is a u32
 *	mov rcx, [rsi + rdx * 8 + 8]	; slot[index]
 *	test rcx, rcx
 *	jz out
 *	sub r12d, 1
 *	jb spent
 *	lea rsp, [rbp - 40]		; unless the stack is empty
 *	jmp rcx				; as the kernel wants it (site.c)
 * spent:
 *	inc r12d			; it was 0
 * out:
 *
 * The slot may change at any moment: it is read once.
 */
#include "tail_call.h"

static void load_slot_known(struct jit *j, u32 index)
{
	xbpf_x86_load(&j->e, 8, false, X86_CX,
		      x86_at(j->reg[BPF_REG_2],
			     (s32)(offsetof(struct xbpf_table, slot) + 8 * index)));
}

static void load_slot(struct jit *j, const struct jit_tail_call *call, u32 out)
{
	u8 table = j->reg[BPF_REG_2], index = j->reg[BPF_REG_3];
	struct emit *e = &j->e;

	if (call->map)
		xbpf_x86_alu_ri(e, X86_CMP, false, index, (s32)call->map->max_entries);
	else
		x86_alu_rm(e, X86_CMP, false, index,
			   x86_at(table, offsetof(struct xbpf_table, max_entries)));
	xbpf_x86_jcc(e, X86_CC_AE, out);
	x86_mov_rr(e, false, index, index);
	xbpf_x86_load(e, 8, false, X86_CX,
		      x86_at_index8(table, index, offsetof(struct xbpf_table, slot)));
}

static void emit_slot(struct jit *j, const struct jit_tail_call *call)
{
	struct emit *e = &j->e;
	bool known = call->map && call->index_known;
	u32 spent, out;

	if (known && call->index >= call->map->max_entries)
		return;			/* always falls through */
	spent = xbpf_emit_label(e);
	out = xbpf_emit_label(e);

	if (known && call->index < 1u << 27)	/* within a disp32 */
		load_slot_known(j, call->index);
	else
		load_slot(j, call, out);
	x86_test_rr(e, true, X86_CX, X86_CX);
	xbpf_x86_jcc(e, X86_CC_E, out);
	xbpf_x86_alu_ri(e, X86_SUB, false, JIT_BUDGET, 1);
	xbpf_x86_jcc(e, X86_CC_B, spent);
	xbpf_jit_drop_stack(j);
	xbpf_jit_emit_site(j, &j->jenv->jump_rcx, "the kernel's indirect jump thunk");
	xbpf_emit_bind(e, spent);
	x86_inc(e, false, JIT_BUDGET);
	xbpf_emit_bind(e, out);
}

const struct jit_tail_strategy xbpf_jit_tail_slot = {
	.name = "slot",
	.emit = emit_slot,
};
