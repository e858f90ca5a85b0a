/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs of core/range.c, with deduction by its contract: what the operands can be, operated on,
 * the result can be; what was compared is not lost; what covers a state covers all that it can be.
 */
#include "contract.h"
#include "lib/rfc9669.h"

#ifdef OP
#define OP_NAME__(op) BPF_##op
#define OP_NAME_(op) OP_NAME__(op)
#define OP_CODE OP_NAME_(OP)
#endif

#if defined(OP) && defined(SIGNED)
/* OP, BITS, SIGNED: xbpf_scalar_alu() */
void alu(void)
{
	u64 x = nondet_u64(), y = nondet_u64(), z;
	struct xbpf_scalar a = operand(x), b = operand(y), out = a;

	z = BITS == 64 ? rfc_alu64(OP_CODE, x, y, SIGNED) :
			 rfc_alu32(OP_CODE, (u32)x, (u32)y, SIGNED);
	kept[0] = kept[1] = z;
	xbpf_scalar_alu(&out, &b, OP_CODE, BITS == 64, SIGNED);
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, z), "the result is held");
	REACHED();
}
#endif

#ifdef HOLDS
/* OP, BITS, HOLDS: xbpf_scalar_assume() when the comparison is that */
void jump(void)
{
	u64 x = nondet_u64(), y = nondet_u64();
	struct xbpf_scalar a = scalar_with(x), b = scalar_with(y), out_a = a, out_b = b;
	bool can;

	ASSUME(rfc_jump(OP_CODE, BITS == 64, x, y) == HOLDS);
	kept[0] = x;
	kept[1] = y;
	can = xbpf_scalar_assume(&out_a, &out_b, OP_CODE, BITS == 64, HOLDS);
	CLAIM(can, "what happens is possible");
	CLAIM(well_formed(out_a.bits) && well_formed(out_b.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out_a, x), "the left number is held");
	CLAIM(xbpf_scalar_has(&out_b, y), "the right number is held");
	CLAIM(xbpf_scalar_within(&a, &out_a) && xbpf_scalar_within(&b, &out_b), "no wider");
	REACHED();
}
#endif

#if defined(BITS) && !defined(OP)
/* BITS: negation, which the verifier takes for 0 - x */
void negate(void)
{
	u64 x = nondet_u64(), z = BITS == 64 ? -x : (u32)-(u32)x;
	struct xbpf_scalar a = scalar_with(x), out = xbpf_scalar_const(0);

	kept[0] = kept[1] = z;
	xbpf_scalar_alu(&out, &a, BPF_SUB, BITS == 64, false);
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, z), "the result is held");
	REACHED();
}
#endif

#ifdef SIZE
/* SIZE: the low bytes, zero- and sign-extended */
void zext(void)
{
	u32 shift = 64 - SIZE * 8;
	u64 x = nondet_u64(), z = x << shift >> shift;
	struct xbpf_scalar a = scalar_with(x), out = a;

	kept[0] = kept[1] = z;
	xbpf_scalar_zext(&out, SIZE);
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, z), "the result is held");
	REACHED();
}

void sext(void)
{
	u32 shift = 64 - SIZE * 8;
	u64 x = nondet_u64(), z = (u64)((s64)(x << shift) >> shift);
	struct xbpf_scalar a = scalar_with(x), out = a;

	kept[0] = kept[1] = z;
	xbpf_scalar_sext(&out, SIZE);
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, z), "the result is held");
	REACHED();
}

void bytes(void)
{
	u32 shift = 64 - SIZE * 8;
	u64 x = nondet_u64(), z = x << shift >> shift;
	struct xbpf_scalar out;

	kept[0] = kept[1] = z;
	out = xbpf_scalar_bytes(SIZE);
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, z), "every number of so many bytes is held");
	REACHED();
}
#endif

void constant(void)
{
	u64 v = nondet_u64(), x = nondet_u64();
	struct xbpf_scalar a = xbpf_scalar_const(v), any = xbpf_scalar_unknown(), b = scalar_with(x);

	CLAIM(well_formed(a.bits) && well_formed(any.bits), "well formed");
	CLAIM(xbpf_scalar_is_const(&a), "a constant is one");
	CLAIM(xbpf_scalar_has(&a, x) == (x == v), "a constant holds its number alone");
	CLAIM(xbpf_scalar_has(&any, x), "the unknown holds every number");
	CLAIM(!xbpf_scalar_is_const(&b) || x == b.bits.value, "what is constant holds its value alone");
	REACHED();
}

void meet(void)
{
	u64 x = nondet_u64();
	struct xbpf_scalar a = scalar_with(x), b = scalar_with(x), out = a;
	bool can;

	kept[0] = kept[1] = x;
	can = xbpf_scalar_meet(&out, &b);
	CLAIM(can, "what both hold is possible");
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, x), "what both hold is held");
	CLAIM(xbpf_scalar_within(&a, &out) && xbpf_scalar_within(&b, &out), "it is within both");
	REACHED();
}

void meet_fails(void)
{
	struct xbpf_scalar a = scalar_any(), b = scalar_any(), out = a;

	kept[0] = kept[1] = nondet_u64();
	ASSUME(!xbpf_scalar_meet(&out, &b));
	CLAIM(xbpf_scalar_same(&a, &out), "what cannot be met is left alone");
	REACHED();
}

/* A state is covered by one that is within a third: then the third covers it, and all it can be. */
void within(void)
{
	u64 x = nondet_u64();
	struct xbpf_scalar a = scalar_any(), b = scalar_any(), c = scalar_with(x);

	CLAIM(xbpf_scalar_within(&c, &c) && xbpf_scalar_same(&c, &c), "it is within itself");
	ASSUME(xbpf_scalar_within(&b, &c));
	CLAIM(xbpf_scalar_has(&b, x), "what the inner one holds, the outer one holds");
	ASSUME(xbpf_scalar_within(&a, &b));
	CLAIM(xbpf_scalar_within(&a, &c), "transitive");
	REACHED();
}

void same(void)
{
	u64 x = nondet_u64();
	struct xbpf_scalar a = scalar_any(), b = scalar_any(), c = scalar_any();

	ASSUME(xbpf_scalar_same(&a, &b));
	CLAIM(xbpf_scalar_same(&b, &a), "symmetric");
	CLAIM(xbpf_scalar_has(&a, x) == xbpf_scalar_has(&b, x), "the same numbers are held");
	ASSUME(xbpf_scalar_same(&b, &c));
	CLAIM(xbpf_scalar_same(&a, &c), "transitive");
	REACHED();
}
