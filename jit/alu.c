/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic but for division.  A 32-bit x86 instruction zeroes the upper half
 * of its destination just as a 32-bit BPF one does.
 */
#include "jit/translate.h"

static bool is_64(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64;
}

static bool is_imm(const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_K;
}

/* A change of 0 to a 32-bit register still clears the upper half. */
static void touch(struct jit *j, bool w, u8 dst)
{
	if (!w && !(jit_aux(j)->flags & XBPF_AUX_NO_ZEXT))
		x86_mov_rr(&j->e, false, dst, dst);
}

/* Constants for which there is a shorter instruction than with an immediate. */
static bool by_shorter(struct jit *j, enum x86_alu op, bool w, u8 dst, s32 imm)
{
	struct emit *e = &j->e;

	if (op == X86_AND && (imm == 0xff || imm == 0xffff)) {
		xbpf_x86_movx_rr(e, false, imm == 0xff ? 1 : 2, false, dst, dst);
		return true;
	}
	if (op == X86_AND)
		return false;
	if (!imm) {	/* add, sub, or, xor */
		touch(j, w, dst);
		return true;
	}
	if (op != X86_ADD && op != X86_SUB)
		return false;
	if (imm == 1 || imm == -1) {
		if ((op == X86_ADD) == (imm == 1))
			x86_inc(e, w, dst);
		else
			x86_dec(e, w, dst);
		return true;
	}
	if (imm == 128) {	/* -128 is a byte */
		xbpf_x86_alu_ri(e, op == X86_ADD ? X86_SUB : X86_ADD, w, dst, -128);
		return true;
	}
	return false;
}

static void simple(struct jit *j, const struct bpf_insn *insn, enum x86_alu op)
{
	u8 dst = j->reg[insn->dst_reg];
	bool w = is_64(insn);

	if (!is_imm(insn)) {
		x86_alu_rr(&j->e, op, w, dst, xbpf_jit_reg(j, insn->src_reg, JIT_TMP0));
		return;
	}
	if (!j->jenv->blind && by_shorter(j, op, w, dst, insn->imm))
		return;
	/* a mask without the sign bit clears the upper half by itself */
	if (op == X86_AND && insn->imm >= 0)
		w = false;
	xbpf_jit_alu_ri(j, op, w, dst, insn->imm);
}

static void mul_imm(struct jit *j, bool w, u8 dst, s32 imm)
{
	struct emit *e = &j->e;

	switch (j->jenv->blind ? 0 : imm) {
	case 1:
		touch(j, w, dst);
		return;
	case 3:
	case 5:
	case 9:		/* lea dst, [dst + dst * 2, 4, 8] */
		if (w)
			x86_lea(e, dst, x86_at_index(dst, dst, (u8)fls64(imm) - 1, 0));
		else
			x86_lea32(e, dst, x86_at_index(dst, dst, (u8)fls64(imm) - 1, 0));
		return;
	}
	if (imm > 0 && !(imm & (imm - 1)) && !j->jenv->blind)
		xbpf_x86_shift_ri(e, X86_SHL, w, dst, (u8)(fls64(imm) - 1));
	else if (!imm)
		xbpf_x86_mov_ri(e, dst, 0);
	else
		xbpf_jit_imul_ri(j, w, dst, imm);
}

static void mul(struct jit *j, const struct bpf_insn *insn)
{
	u8 dst = j->reg[insn->dst_reg];

	if (is_imm(insn))
		mul_imm(j, is_64(insn), dst, insn->imm);
	else
		x86_imul_rr(&j->e, is_64(insn), dst, xbpf_jit_reg(j, insn->src_reg, JIT_TMP0));
}

static void mov(struct jit *j, const struct bpf_insn *insn)
{
	u8 dst = j->reg[insn->dst_reg];
	bool w = is_64(insn);

	if (is_imm(insn)) {
		xbpf_jit_mov_ri(j, dst, w ? (u64)(s64)insn->imm : (u32)insn->imm);
		return;
	}
	if (insn->src_reg == BPF_REG_10 && w && !insn->off) {
		xbpf_jit_reg(j, BPF_REG_10, dst);
		return;
	}
	if (insn->off) {	/* sign extension from 8, 16, 32 bits */
		xbpf_x86_movx_rr(&j->e, w, insn->off / 8, true, dst,
				 xbpf_jit_reg(j, insn->src_reg, JIT_TMP0));
		return;
	}
	/* w1 = w1 stands only for its zero extension */
	if (insn->dst_reg == insn->src_reg && (w || (jit_aux(j)->flags & XBPF_AUX_NO_ZEXT)))
		return;
	x86_mov_rr(&j->e, w, dst, xbpf_jit_reg(j, insn->src_reg, JIT_TMP0));
}

static void byte_swap(struct jit *j, const struct bpf_insn *insn)
{
	bool swap = is_64(insn) || BPF_SRC(insn->code) == BPF_TO_BE;
	u8 dst = j->reg[insn->dst_reg];

	switch (insn->imm) {
	case 16:
		if (swap)
			xbpf_x86_swap16(&j->e, dst);
		xbpf_x86_movx_rr(&j->e, false, 2, false, dst, dst);
		break;
	case 32:
		if (swap)
			x86_bswap(&j->e, false, dst);
		else
			x86_mov_rr(&j->e, false, dst, dst);
		break;
	case 64:
		if (swap)
			x86_bswap(&j->e, true, dst);
		break;
	default:
		xbpf_jit_fail(j, -EOPNOTSUPP, "byte swap of %d bits", insn->imm);
	}
}

static void shift_by_cl(struct jit *j, enum x86_shift op, bool w, u8 dst, u8 count)
{
	struct emit *e = &j->e;

	if (count == X86_CX) {
		x86_shift_cl(e, op, w, dst);
	} else if (dst == X86_CX) {
		/* mov r10, rcx; mov ecx, count; shift r10, cl; mov rcx, r10 */
		x86_mov_rr(e, true, JIT_TMP0, X86_CX);
		x86_mov_rr(e, false, X86_CX, count);
		x86_shift_cl(e, op, w, JIT_TMP0);
		x86_mov_rr(e, true, X86_CX, JIT_TMP0);
	} else {
		/* mov r10, rcx; mov ecx, count; shift dst, cl; mov rcx, r10 */
		x86_mov_rr(e, true, JIT_TMP0, X86_CX);
		x86_mov_rr(e, false, X86_CX, count);
		x86_shift_cl(e, op, w, dst);
		x86_mov_rr(e, true, X86_CX, JIT_TMP0);
	}
}

/* Both machines look at the low 5 or 6 bits of the count only. */
void xbpf_jit_shift(struct jit *j, const struct bpf_insn *insn)
{
	enum x86_shift op = BPF_OP(insn->code) == BPF_LSH ? X86_SHL :
			    BPF_OP(insn->code) == BPF_RSH ? X86_SHR : X86_SAR;
	u8 dst = j->reg[insn->dst_reg], count;
	bool w = is_64(insn);

	if (is_imm(insn)) {
		count = insn->imm & (w ? 63 : 31);
		if (count)
			xbpf_x86_shift_ri(&j->e, op, w, dst, count);
		else
			touch(j, w, dst);
		return;
	}
	count = xbpf_jit_reg(j, insn->src_reg, JIT_TMP1);
	if (j->jenv->bmi2 && count != X86_CX)
		xbpf_x86_shiftx(&j->e, op, w, dst, dst, count);
	else
		shift_by_cl(j, op, w, dst, count);
}

void xbpf_jit_alu(struct jit *j, const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		simple(j, insn, X86_ADD);
		break;
	case BPF_SUB:
		simple(j, insn, X86_SUB);
		break;
	case BPF_AND:
		simple(j, insn, X86_AND);
		break;
	case BPF_OR:
		simple(j, insn, X86_OR);
		break;
	case BPF_XOR:
		simple(j, insn, X86_XOR);
		break;
	case BPF_MUL:
		mul(j, insn);
		break;
	case BPF_DIV:
	case BPF_MOD:
		xbpf_jit_div(j, insn);
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		xbpf_jit_shift(j, insn);
		break;
	case BPF_NEG:
		x86_neg(&j->e, is_64(insn), j->reg[insn->dst_reg]);
		break;
	case BPF_MOV:
		mov(j, insn);
		break;
	case BPF_END:
		byte_swap(j, insn);
		break;
	default:
		xbpf_jit_fail(j, -EOPNOTSUPP, "unknown arithmetic 0x%02x", insn->code);
	}
}
