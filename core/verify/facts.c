/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Last stages: what was found out about each instruction is written down for the
 * engines, and accesses to the context get their run-time form.
 */
#include "core/verify/verifier_priv.h"

static int check_available(struct xbpf_verifier *v, u32 pc, u32 id, u32 map)
{
	const struct xbpf_map_info *info = map ? v->code->maps[map - 1] : NULL;

	if (id == BPF_FUNC_tail_call || v->env->helper(id, info))
		return 0;
	xbpf_log(v->log, "unknown func bpf_%s#%u\n", xbpf_helper_name(id), id);
	return xbpf_verify_refuse_at(v, pc, -EINVAL, "this kernel cannot offer bpf_%s#%u",
				     xbpf_helper_name(id), id);
}

static void note_index(const struct xbpf_verifier *v, const struct xbpf_note *note,
		       struct xbpf_fact *fact)
{
	if (!(note->flags & NOTE_INDEX_MANY)) {
		fact->flags |= XBPF_FACT_CONST_INDEX;
		fact->arg = note->index;
	}
	if (note->flags & NOTE_INDEX_WIDE)
		return;
	fact->flags |= XBPF_FACT_INDEX_U32;
	if (fact->map && note->index < v->code->maps[fact->map - 1]->max_entries)
		fact->flags |= XBPF_FACT_INDEX_FITS;
}

static int note_call(struct xbpf_verifier *v, u32 pc)
{
	const struct bpf_insn *insn = &v->code->insns[pc];
	const struct xbpf_note *note = &v->notes[pc];
	struct xbpf_fact *fact = &v->code->facts[pc];

	fact->map = note->map == NOTE_MAP_MANY ? 0 : note->map;
	if (note->flags & NOTE_INDEX)
		note_index(v, note, fact);
	return check_available(v, pc, (u32)insn->imm, fact->map);
}

/* Does nobody look at the upper half of what this 32-bit operation wrote? */
static bool high_is_unused(const struct xbpf_verifier *v, u32 pc)
{
	const struct bpf_insn *insn = &v->code->insns[pc];

	return BPF_CLASS(insn->code) == BPF_ALU &&
	       !(v->notes[pc + 1].high & BIT_OF(insn->dst_reg));
}

int xbpf_verify_facts(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 pc;
	int err;

	for (pc = 0; pc < code->insn_cnt; pc++) {
		const struct bpf_insn *insn = &code->insns[pc];

		if (code->facts[pc].flags & XBPF_FACT_HI || !(code->facts[pc].flags & XBPF_FACT_SEEN))
			continue;
		if (insn_len(insn) == 2) {
			code->facts[pc + 1].flags |= XBPF_FACT_SEEN;
			if (insn->src_reg && insn->src_reg != XBPF_PSEUDO_FUNC)
				code->facts[pc].map = (u16)(insn->imm + 1);
		}
		if (xbpf_opcode(insn->code)->klass == XBPF_INSN_LD_PKT &&
		    !v->env->helper(XBPF_FUNC_PACKET_LOAD, NULL))
			return xbpf_verify_refuse_at(v, pc, -EINVAL,
				"this kernel cannot offer LD_ABS and LD_IND: use bpf_skb_load_bytes");
		if (high_is_unused(v, pc))
			code->facts[pc].flags |= XBPF_FACT_NO_ZEXT;
		if (!insn_is_helper_call(insn))
			continue;
		err = note_call(v, pc);
		if (err)
			return err;
	}
	return 0;
}

static u8 size_code(u32 size)
{
	switch (size) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	}
	return BPF_DW;
}

int xbpf_verify_ctx_rewrite(struct xbpf_verifier *v)
{
	u32 pc;

	for (pc = 0; pc < v->code->insn_cnt; pc++) {
		struct bpf_insn *insn = &v->code->insns[pc];
		const struct xbpf_note *note = &v->notes[pc];

		if (!(note->flags & NOTE_CTX))
			continue;
		insn->off = note->ctx_off;
		insn->code = (insn->code & ~0x18) | size_code(note->ctx_size);
	}
	return 0;
}
