/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads, stores, and constants that are addresses.
 */
#include "jit/translate.h"
#include "core/insn.h"

void xbpf_jit_load(struct jit *j, const struct bpf_insn *insn)
{
	xbpf_x86_load(&j->e, xbpf_opcode(insn->code)->size, BPF_MODE(insn->code) == BPF_MEMSX,
		      j->reg[insn->dst_reg], xbpf_jit_mem(j, insn->src_reg, insn->off));
}

void xbpf_jit_store(struct jit *j, const struct bpf_insn *insn)
{
	struct x86_mem mem = xbpf_jit_mem(j, insn->dst_reg, insn->off);
	u32 size = xbpf_opcode(insn->code)->size;

	if (BPF_CLASS(insn->code) == BPF_ST)
		xbpf_jit_store_i(j, size, mem, insn->imm);
	else
		xbpf_x86_store(&j->e, size, mem, xbpf_jit_reg(j, insn->src_reg, JIT_TMP0));
}

/*
 * Of the subprogram @imm behind the next instruction, for a helper to call: frame.c,
 * callback_entry().
 */
static void take_address(struct jit *j, u8 dst, s32 imm)
{
	u32 sub = xbpf_jit_sub_at(j, (s64)j->at + 1 + imm);

	if (!sub)
		xbpf_jit_fail(j, -EINVAL, "ld_imm64 names a function that is no subprogram");
	else
		xbpf_x86_lea_label_even(&j->e, dst, jit_callback_label(j, sub));
}

void xbpf_jit_ld_imm64(struct jit *j, const struct bpf_insn *insn)
{
	/* the verifier has put the index into maps in the place of the fd */
	u32 index = (u32)insn->imm;
	const struct xbpf_map_info *map = index < j->code->map_cnt ? j->code->maps[index] : NULL;
	u8 dst = j->reg[insn->dst_reg];

	if (xbpf_jit_inline_saves(j))
		return;
	switch (insn->src_reg) {
	case 0:
		xbpf_jit_mov_ri(j, dst, (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm);
		return;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		if (map)
			xbpf_x86_mov_ri(&j->e, dst, map->addr);
		break;
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		if (map && map->values)
			xbpf_x86_mov_ri(&j->e, dst, map->values + (u32)insn[1].imm);
		else
			map = NULL;
		break;
	case BPF_PSEUDO_FUNC:
		take_address(j, dst, insn->imm);
		return;
	default:
		xbpf_jit_fail(j, -EOPNOTSUPP, "ld_imm64 of kind %u is not supported", insn->src_reg);
		return;
	}
	if (!map)
		xbpf_jit_fail(j, -EINVAL, "ld_imm64 names no map that the verifier resolved");
}
