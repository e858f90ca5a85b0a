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
	return xbpf_verify_refuse_at(v, pc, -EINVAL,
		"this kernel cannot offer bpf_%s#%u (unknown func bpf_%s#%u)", xbpf_helper_name(id), id,
		xbpf_helper_name(id), id);
}

static void record_index(const struct xbpf_verifier *v, const struct xbpf_walk_aux *aux,
		       struct xbpf_insn_aux *insn_aux)
{
	if (!(aux->flags & WALK_INDEX_MANY)) {
		insn_aux->flags |= XBPF_AUX_CONST_INDEX;
		insn_aux->arg = aux->index;
	}
	if (aux->flags & WALK_INDEX_WIDE)
		return;
	insn_aux->flags |= XBPF_AUX_INDEX_U32;
	if (insn_aux->map && aux->index < v->code->maps[insn_aux->map - 1]->max_entries)
		insn_aux->flags |= XBPF_AUX_INDEX_FITS;
}

static int record_call(struct xbpf_verifier *v, u32 pc)
{
	const struct bpf_insn *insn = &v->code->insns[pc];
	const struct xbpf_walk_aux *aux = &v->walk_aux[pc];
	struct xbpf_insn_aux *insn_aux = &v->code->insn_aux[pc];

	insn_aux->map = aux->map == WALK_MAP_MANY ? 0 : aux->map;
	if (aux->flags & WALK_INDEX)
		record_index(v, aux, insn_aux);
	return check_available(v, pc, (u32)insn->imm, insn_aux->map);
}

/* Does nobody look at the upper half of what this 32-bit operation wrote? */
static bool high_is_unused(const struct xbpf_verifier *v, u32 pc)
{
	const struct bpf_insn *insn = &v->code->insns[pc];

	return BPF_CLASS(insn->code) == BPF_ALU &&
	       !(v->walk_aux[pc + 1].high & BIT_OF(insn->dst_reg));
}

int xbpf_verify_insn_aux(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 pc;
	int err;

	for (pc = 0; pc < code->insn_cnt; pc++) {
		const struct bpf_insn *insn = &code->insns[pc];

		if (code->insn_aux[pc].flags & XBPF_AUX_HI || !(code->insn_aux[pc].flags & XBPF_AUX_SEEN))
			continue;
		if (insn_len(insn) == 2) {
			code->insn_aux[pc + 1].flags |= XBPF_AUX_SEEN;
			if (insn->src_reg && insn->src_reg != XBPF_PSEUDO_FUNC)
				code->insn_aux[pc].map = (u16)(insn->imm + 1);
		}
		if (xbpf_opcode(insn->code)->klass == XBPF_INSN_LD_PKT &&
		    !v->env->helper(XBPF_FUNC_PACKET_LOAD, NULL))
			return xbpf_verify_refuse_at(v, pc, -EINVAL,
				"this kernel cannot offer LD_ABS and LD_IND: use bpf_skb_load_bytes");
		if (high_is_unused(v, pc))
			code->insn_aux[pc].flags |= XBPF_AUX_NO_ZEXT;
		if (!insn_is_helper_call(insn))
			continue;
		err = record_call(v, pc);
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
		const struct xbpf_walk_aux *aux = &v->walk_aux[pc];

		if (!(aux->flags & WALK_CTX))
			continue;
		insn->off = aux->ctx_off;
		insn->code = (insn->code & ~0x18) | size_code(aux->ctx_size);
	}
	return 0;
}
