/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs of multiplication, division and modulo at WIDTH bits: op_mul() and op_div() of
 * core/range.c take the width as a parameter.
 *
 * A quotient takes a law of the integers for granted, where the code divides: n <= m and
 * 0 < d <= e make n / e <= m / d.  law_quotient() proves it.  That a remainder is at most the
 * dividend and below the divisor is what a solver knows of it.
 *
 * The step to 32 and 64 bits.  op_div() asks nothing but comparisons of numbers that are all below
 * 2^64, and takes no width but for the ends of an unknown range; what it concludes are the laws
 * above, which are of no width.  (The remainder is proved at 64 bits as well.)
 *
 * In op_mul() only the tests for overflow do not treat all widths alike: "high <= w->umax" and
 * set_signed() ask whether a product, computed in 64 bits, fits into the width;
 * __builtin_mul_overflow() asks whether it fits into 64.  Together they ask one question, whatever
 * the width: is the product of these integers a number of that width?  Below 64 the former answer
 * it (the product of two numbers of 32 bits always fits into 64), at 64 the latter.  What is
 * concluded from the answer is, of no width either:
 *   - 0 <= p <= x, 0 <= q <= y: p * q <= x * y, so when the largest product fits no product wraps;
 *   - a product of two intervals lies between the least and the largest product of their ends.
 * The known bits of a product are a proof of their own (tnum.c, mul), of 64 bits; here some that
 * hold it stand for them.
 */
#include "core/range.c"
#include "contract.h"

static s64 as_signed(u64 x, u32 bits)
{
	return (s64)(x << (64 - bits)) >> (64 - bits);
}

static bool view_has(const struct view *a, u64 x, u32 bits)
{
	return xbpf_tnum_has(a->bits, x) && a->umin <= x && x <= a->umax &&
	       a->smin <= as_signed(x, bits) && as_signed(x, bits) <= a->smax;
}

#ifdef WIDTH
#define NUMBERS (U64_MAX >> (64 - WIDTH))

static const struct width width = {
	.bits = WIDTH,
	.umax = NUMBERS,
	.smin = -(s64)(NUMBERS >> 1) - 1,
	.smax = NUMBERS >> 1,
};

/* What view_of() makes of a value at this width; & and not an assumption spares the solver bits. */
static struct view view_with(u64 x)
{
	struct view a = {
		.bits = { nondet_u64() & NUMBERS, nondet_u64() & NUMBERS },
		.umin = nondet_u64() & NUMBERS,
		.umax = nondet_u64() & NUMBERS,
		.smin = as_signed(nondet_u64(), WIDTH),
		.smax = as_signed(nondet_u64(), WIDTH),
	};

	ASSUME(well_formed(a.bits) && view_has(&a, x, WIDTH));
	return a;
}

static u64 multiplied;

struct xbpf_tnum tnum_mul_contract(struct xbpf_tnum a, struct xbpf_tnum b)
{
	return tnum_with(multiplied);
}

#define OPERATION(name, expr, law, call) \
	void name(void) \
	{ \
		u64 x = nondet_u64() & NUMBERS, y = nondet_u64() & NUMBERS, z; \
		struct view a = view_with(x), b = view_with(y), out; \
		multiplied = z = (expr) & NUMBERS; \
		law; \
		out = call; \
		CLAIM(well_formed(out.bits) && xbpf_tnum_has(out.bits, z), "the known bits hold"); \
		CLAIM(out.umin <= z && z <= out.umax, "the unsigned range holds"); \
		CLAIM(out.smin <= as_signed(z, WIDTH) && as_signed(z, WIDTH) <= out.smax, \
		      "the signed range holds"); \
		CLAIM(out.umax <= width.umax && out.smin >= width.smin && out.smax <= width.smax, \
		      "the result has that width"); \
		REACHED(); \
	}

/* The law where op_div() needs it: x and y are in the unsigned ranges of a and b. */
static void quotients(const struct view *a, const struct view *b, u64 x, u64 y)
{
	if (y) {
		ASSUME(a->umin / b->umax <= x / y);
		ASSUME(x / y <= a->umax / max_t(u64, b->umin, 1));
	}
}

OPERATION(product, x * y, , op_mul(&a, &b, &width))
OPERATION(quotient, y ? x / y : 0, quotients(&a, &b, x, y), op_div(&a, &b, &width, BPF_DIV))
OPERATION(remainder, y ? x % y : x, , op_div(&a, &b, &width, BPF_MOD))

typedef unsigned __CPROVER_bitvector[WIDTH] number;
number nondet_number(void);

void law_quotient(void)
{
	number n = nondet_number(), m = nondet_number(), d = nondet_number(), e = nondet_number();

	ASSUME(n <= m && 0 < d && d <= e);
	CLAIM(n / e <= m / d, "a quotient grows with the dividend, and shrinks with the divisor");
	REACHED();
}
#endif

#ifdef OP
/*
 * OP, BITS: xbpf_scalar_alu() around these operations, which stand as a contract: given views that
 * hold the operands, one that holds the result, whatever that is.  z[0] is that of 32 bits.
 */
static u64 x, y, z[2];

struct view any_view_op(const struct view *a, const struct view *b, const struct width *w, u8 op,
			bool sign)
{
	u64 result = z[w->bits == 64], low = w->umax;
	struct view out = {
		.bits = nondet_tnum(), .umin = nondet_u64(), .umax = nondet_u64(),
		.smin = (s64)nondet_u64(), .smax = (s64)nondet_u64(),
	};

	CLAIM(well_formed(a->bits) && view_has(a, x & low, w->bits), "the left number is held");
	CLAIM(well_formed(b->bits) && view_has(b, y & low, w->bits), "the right number is held");
	ASSUME(well_formed(out.bits) && view_has(&out, result, w->bits));
	ASSUME(out.bits.value <= low && out.bits.mask <= low && out.umax <= low);
	ASSUME(out.smin >= w->smin && out.smax <= w->smax);
	return out;
}

void around(void)
{
	struct xbpf_scalar b, out;

	x = nondet_u64();
	y = nondet_u64();
	z[0] = nondet_u32();
	z[1] = nondet_u64();
	if (OP == BPF_MUL)	/* the lower half of a product is that of the lower halves */
		ASSUME(z[0] == (u32)z[1]);
	out = scalar_with(x);
	b = scalar_with(y);
	kept[0] = kept[1] = z[BITS == 64];
	xbpf_scalar_alu(&out, &b, OP, BITS == 64, false);
	CLAIM(well_formed(out.bits), "well formed");
	CLAIM(xbpf_scalar_has(&out, z[BITS == 64]), "the result is held");
	REACHED();
}
#endif
