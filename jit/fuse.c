/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two or three BPF instructions that one of the machine does.  Only the first of them may be a
 * jump's target.
 */
#include "jit/translate.h"
#include "core/insn.h"

/*
 * The instruction @k behind the one at hand, if it is always run after it; else one that matches
 * nothing.
 */
static struct bpf_insn peek(const struct jit *j, u32 end, u32 k)
{
	const struct xbpf_insn_aux *insn_aux = j->code->insn_aux;
	u32 i;

	if (k >= end - j->at)
		return (struct bpf_insn){ 0 };
	for (i = j->at + 1; i <= j->at + k; i++) {
		if ((insn_aux[i].flags & (XBPF_AUX_SEEN | XBPF_AUX_TARGET | XBPF_AUX_HI)) != XBPF_AUX_SEEN)
			return (struct bpf_insn){ 0 };
	}
	return j->code->insns[j->at + k];
}

static bool is_alu(const struct bpf_insn *insn, u8 op, u8 src)
{
	return (BPF_CLASS(insn->code) == BPF_ALU64 || BPF_CLASS(insn->code) == BPF_ALU) &&
	       BPF_OP(insn->code) == op && BPF_SRC(insn->code) == src && !insn->off;
}

static bool is_64(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64;
}

static void lea(struct jit *j, bool w, u8 dst, struct x86_mem mem)
{
	if (w)
		x86_lea(&j->e, dst, mem);
	else
		x86_lea32(&j->e, dst, mem);
}

/* dst = src; dst += imm */
static bool add_imm(struct jit *j, bool w, u8 dst, u8 src, s64 imm)
{
	u8 base = src == BPF_REG_10 ? X86_BP : j->reg[src];

	if (src == BPF_REG_10)
		imm += j->frame.fp;
	if (imm != (s32)imm || (src == BPF_REG_10 && !w))
		return false;
	lea(j, w, j->reg[dst], x86_at(base, (s32)imm));
	return true;
}

/* dst = src; dst op= ...: both of one width */
static bool three_operands(struct jit *j, const struct bpf_insn *mov, const struct bpf_insn *op)
{
	u8 dst = mov->dst_reg, src = mov->src_reg;
	bool w = is_64(mov);

	if (op->dst_reg != dst || is_64(op) != w || dst == src)
		return false;
	if (is_alu(op, BPF_ADD, BPF_K))
		return add_imm(j, w, dst, src, op->imm);
	if (is_alu(op, BPF_SUB, BPF_K))
		return add_imm(j, w, dst, src, -(s64)op->imm);
	if (src == BPF_REG_10)
		return false;
	if (is_alu(op, BPF_ADD, BPF_X) && op->src_reg != BPF_REG_10 && op->src_reg != dst) {
		lea(j, w, j->reg[dst], x86_at_index(j->reg[src], j->reg[op->src_reg], 0, 0));
		return true;
	}
	if (is_alu(op, BPF_AND, BPF_K) && (op->imm == 0xff || op->imm == 0xffff)) {
		xbpf_x86_movx_rr(&j->e, false, op->imm == 0xff ? 1 : 2, false, j->reg[dst], j->reg[src]);
		return true;
	}
	if (is_alu(op, BPF_LSH, BPF_K) && op->imm == 1) {
		lea(j, w, j->reg[dst], x86_at_index(j->reg[src], j->reg[src], 0, 0));
		return true;
	}
	return false;
}

/*
 * dst <<= 32; dst >>= 32, with or without sign: what compilers write for a cast where there are no
 * 32-bit moves
 */
static bool cast_32(struct jit *j, const struct bpf_insn *shl, const struct bpf_insn *shr, u8 dst,
		    u8 src)
{
	bool sign = is_alu(shr, BPF_ARSH, BPF_K);

	if (!is_alu(shl, BPF_LSH, BPF_K) || !(sign || is_alu(shr, BPF_RSH, BPF_K)) ||
	    !is_64(shl) || !is_64(shr) || shl->imm != 32 || shr->imm != 32 ||
	    shl->dst_reg != dst || shr->dst_reg != dst || src == BPF_REG_10)
		return false;
	xbpf_x86_movx_rr(&j->e, sign, 4, sign, j->reg[dst], j->reg[src]);
	return true;
}

/* dst = *(mem); dst = swapped dst */
static bool load_swapped(struct jit *j, const struct bpf_insn *load, const struct bpf_insn *swap)
{
	u32 size = xbpf_opcode(load->code)->size;
	struct x86_mem mem = xbpf_jit_mem(j, load->src_reg, load->off);
	u8 dst = j->reg[load->dst_reg];

	if (BPF_MODE(load->code) != BPF_MEM || BPF_OP(swap->code) != BPF_END ||
	    load->dst_reg != swap->dst_reg ||
	    (u32)swap->imm != 8 * size ||
	    (swap->code != (BPF_ALU | BPF_END | BPF_TO_BE) && swap->code != (BPF_ALU64 | BPF_END)))
		return false;
	if (size == 2) {
		xbpf_x86_load(&j->e, 2, false, dst, mem);
		xbpf_x86_swap16(&j->e, dst);
		return true;
	}
	if (!j->jenv->movbe)
		return false;
	xbpf_x86_load_be(&j->e, size, dst, mem);
	return true;
}

static u32 fuse_mov(struct jit *j, u32 end, const struct bpf_insn *mov)
{
	struct bpf_insn a = peek(j, end, 1), b;

	if (!is_alu(mov, BPF_MOV, BPF_X))
		return 0;
	b = peek(j, end, 2);
	if (is_64(mov) && cast_32(j, &a, &b, mov->dst_reg, mov->src_reg))
		return 3;
	return !j->jenv->blind && three_operands(j, mov, &a) ? 2 : 0;
}

u32 xbpf_jit_fuse(struct jit *j, u32 end)
{
	const struct bpf_insn insn = j->code->insns[j->at], next = peek(j, end, 1);

	if (!next.code)
		return 0;
	switch (xbpf_opcode(insn.code)->klass) {
	case XBPF_INSN_ALU:
		if (cast_32(j, &insn, &next, insn.dst_reg, insn.dst_reg))
			return 2;
		return fuse_mov(j, end, &insn);
	case XBPF_INSN_LOAD:
		return load_swapped(j, &insn, &next) ? 2 : 0;
	case XBPF_INSN_CALL:
		return xbpf_jit_inline_tested(j, &insn, &next) ? 2 : 0;
	default:
		return 0;
	}
}
