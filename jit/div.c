/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Division and remainder, unsigned (off 0) and signed (off 1).
 *
 * BPF: x / 0 = 0, x % 0 = x; INT_MIN / -1 = INT_MIN, x % -1 = 0.  The machine
 * traps on both and wants the dividend in rdx:rax, which hold BPF registers.
 */
#include "jit/translate.h"

struct division {
	u8 dst;
	bool w, mod, sign;
};

static bool is_single_bit(u64 x)
{
	return x && !(x & (x - 1));
}

static void clear(struct jit *j, u8 dst)
{
	xbpf_x86_mov_ri(&j->e, dst, 0);
}

/* x % 0 */
static void keep(struct jit *j, const struct division *d)
{
	if (!d->w && !(jit_aux(j)->flags & XBPF_AUX_NO_ZEXT))
		x86_mov_rr(&j->e, false, d->dst, d->dst);
}

/* x / -1, x % -1 */
static void by_minus_one(struct jit *j, const struct division *d)
{
	if (d->mod)
		clear(j, d->dst);
	else
		x86_neg(&j->e, d->w, d->dst);
}

/*
 * dst = dst / @by or dst % @by, by the instruction: @by is not 0, nor -1 in a
 * signed one, and stands neither in rax nor in rdx.  rax and rdx keep what they
 * held, unless they are dst or nobody's.  Uses r9, r10.
 */
static void by_instruction(struct jit *j, const struct division *d, u8 by)
{
	struct emit *e = &j->e;
	u8 result = d->mod ? X86_DX : X86_AX;
	bool keep_ax = d->dst != X86_AX && !(j->frame.unused & 1u << X86_AX);
	bool keep_dx = d->dst != X86_DX && !(j->frame.unused & 1u << X86_DX);

	if (keep_ax)
		x86_mov_rr(e, true, JIT_TMP0, X86_AX);
	if (d->dst != X86_AX)
		x86_mov_rr(e, d->w, X86_AX, d->dst);
	if (keep_dx)
		x86_mov_rr(e, true, JIT_TMP2, X86_DX);
	if (d->sign) {
		xbpf_x86_sign_to_dx(e, d->w);
		x86_idiv(e, d->w, by);
	} else {
		clear(j, X86_DX);
		x86_div(e, d->w, by);
	}
	if (d->dst != result)
		x86_mov_rr(e, d->w, d->dst, result);
	if (keep_ax)
		x86_mov_rr(e, true, X86_AX, JIT_TMP0);
	if (keep_dx)
		x86_mov_rr(e, true, X86_DX, JIT_TMP2);
}

/*
 * x / by = x * m >> shift for every x of 32 bits, if m has 32 bits too and 2^shift <= m * by <=
 * 2^shift + 2^(shift - 32) (Granlund and Montgomery, "Division by invariant integers using
 * multiplication", 1994, theorem 4.2).
 */
static bool find_magic(u32 by, u32 *m, u8 *shift)
{
	u64 power, product;

	for (*shift = 63; *shift >= 32; (*shift)--) {
		power = 1ULL << *shift;
		product = (power - 1) / by * by + by;	/* the next multiple of by from 2^shift on */
		if (product / by <= U32_MAX && product - power <= power >> 32) {
			*m = (u32)(product / by);
			return true;
		}
	}
	return false;
}

/* Unsigned, 32 bits. */
static bool by_multiplication(struct jit *j, const struct division *d, u32 by)
{
	u8 q = d->mod ? JIT_TMP0 : d->dst, shift;
	struct emit *e = &j->e;
	u32 m;

	if (d->w || d->sign || j->jenv->blind || !find_magic(by, &m, &shift))
		return false;
	xbpf_x86_mov_ri(e, JIT_TMP1, m);
	x86_mov_rr(e, false, q, d->dst);
	x86_imul_rr(e, true, q, JIT_TMP1);
	xbpf_x86_shift_ri(e, X86_SHR, true, q, shift);
	if (d->mod) {
		xbpf_x86_imul_rri(e, false, q, q, (s32)by);
		x86_alu_rr(e, X86_SUB, false, d->dst, q);
	}
	return true;
}

static void by_constant(struct jit *j, const struct division *d, s32 imm)
{
	u64 by = d->w ? (u64)(s64)imm : (u32)imm;

	if (!by) {
		if (d->mod)
			keep(j, d);
		else
			clear(j, d->dst);
	} else if (d->sign && imm == -1) {
		by_minus_one(j, d);
	} else if (!d->sign && is_single_bit(by) && !d->mod) {
		xbpf_x86_shift_ri(&j->e, X86_SHR, d->w, d->dst, fls64(by) - 1);
	} else if (!d->sign && is_single_bit(by) && by <= 1u << 31 && !j->jenv->blind) {
		/* the mask has no sign bit, so that 32 bits are enough */
		xbpf_x86_alu_ri(&j->e, X86_AND, false, d->dst, (s32)(by - 1));
	} else if (!by_multiplication(j, d, (u32)by)) {
		xbpf_jit_mov_ri(j, JIT_TMP1, by);
		by_instruction(j, d, JIT_TMP1);
	}
}

/*
 *	test by, by; jz zero
 *	[cmp by, -1; je minus_one]
 *	dst = dst / by; jmp done
 * minus_one: [...; jmp done]
 * zero: ...
 * done:
 */
static void by_register(struct jit *j, const struct division *d, u8 by)
{
	struct emit *e = &j->e;
	u32 zero = xbpf_emit_label(e), minus_one = xbpf_emit_label(e), done = xbpf_emit_label(e);

	if (by == X86_AX || by == X86_DX) {
		x86_mov_rr(e, d->w, JIT_TMP1, by);
		by = JIT_TMP1;
	}
	x86_test_rr(e, d->w, by, by);
	xbpf_x86_jcc(e, X86_CC_E, zero);
	if (d->sign) {
		xbpf_x86_alu_ri(e, X86_CMP, d->w, by, -1);
		xbpf_x86_jcc(e, X86_CC_E, minus_one);
	}
	by_instruction(j, d, by);
	/* 64-bit x % 0: nothing to do at zero */
	if (d->sign || !d->mod || !d->w)
		xbpf_x86_jmp(e, done);
	xbpf_emit_bind(e, minus_one);
	if (d->sign) {
		by_minus_one(j, d);
		if (!d->mod || !d->w)
			xbpf_x86_jmp(e, done);
	}
	xbpf_emit_bind(e, zero);
	if (d->mod)
		keep(j, d);
	else
		clear(j, d->dst);
	xbpf_emit_bind(e, done);
}

void xbpf_jit_div(struct jit *j, const struct bpf_insn *insn)
{
	const struct division d = {
		.dst = j->reg[insn->dst_reg],
		.w = BPF_CLASS(insn->code) == BPF_ALU64,
		.mod = BPF_OP(insn->code) == BPF_MOD,
		.sign = insn->off == 1,
	};

	if (BPF_SRC(insn->code) == BPF_K)
		by_constant(j, &d, insn->imm);
	else
		by_register(j, &d, xbpf_jit_reg(j, insn->src_reg, JIT_TMP1));
}
