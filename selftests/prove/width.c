/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs of multiplication, division and modulo at WIDTH bits: op_mul() and op_div() of
 * core/range.c take the width as a parameter.
 *
 * The step to 32 and 64 bits.  Only the tests for overflow do not treat all widths alike:
 * "high <= w->umax" and set_signed() ask whether a product, computed in 64 bits, fits into the
 * width; __builtin_mul_overflow() asks whether it fits into 64.  Together they ask one question,
 * whatever the width: is the product of these integers a number of that width?  Below 64 the former
 * answer it (the product of two numbers of 32 bits always fits into 64), at 64 the latter.
 * What is concluded from the answer are laws of the integers, of no width:
 *   - 0 <= p <= x, 0 <= q <= y: p * q <= x * y, so when the largest product fits no product wraps;
 *   - a product of two intervals lies between the least and the largest product of their ends;
 *   - p <= x, 0 < q <= y: p / y <= p / q and p / q <= x / q; x % y is at most x, and below y.
 * The known bits of a product are a proof of their own (tnum.c, mul), with its step; here some that
 * hold it stand for them.
 */
#include "core/range.c"
#include "prove.h"

#ifdef WIDTH
#define NUMBERS ((1ULL << WIDTH) - 1)

static const struct width width = {
	.bits = WIDTH,
	.umax = NUMBERS,
	.smin = -(1LL << (WIDTH - 1)),
	.smax = (1LL << (WIDTH - 1)) - 1,
};

static s64 as_signed(u64 x)
{
	return (s64)(x << (64 - WIDTH)) >> (64 - WIDTH);
}

static bool view_has(const struct view *a, u64 x)
{
	return xbpf_tnum_has(a->bits, x) && a->umin <= x && x <= a->umax &&
	       a->smin <= as_signed(x) && as_signed(x) <= a->smax;
}

/* What view_of() makes of a value at this width; & and not an assumption spares the solver bits. */
static struct view view_with(u64 x)
{
	struct view a = {
		.bits = { nondet_u64() & NUMBERS, nondet_u64() & NUMBERS },
		.umin = nondet_u64() & NUMBERS,
		.umax = nondet_u64() & NUMBERS,
		.smin = as_signed(nondet_u64()),
		.smax = as_signed(nondet_u64()),
	};

	ASSUME(well_formed(a.bits) && view_has(&a, x));
	return a;
}

static u64 multiplied;

struct xbpf_tnum tnum_mul_contract(struct xbpf_tnum a, struct xbpf_tnum b)
{
	return tnum_with(multiplied);
}

#define OPERATION(name, expr, call) \
	void name(void) \
	{ \
		u64 x = nondet_u64() & NUMBERS, y = nondet_u64() & NUMBERS, z; \
		struct view a = view_with(x), b = view_with(y), out; \
		multiplied = z = (expr) & width.umax; \
		out = call; \
		CLAIM(well_formed(out.bits) && xbpf_tnum_has(out.bits, z), "the known bits hold"); \
		CLAIM(out.umin <= z && z <= out.umax, "the unsigned range holds"); \
		CLAIM(out.smin <= as_signed(z) && as_signed(z) <= out.smax, "the signed range holds"); \
		CLAIM(out.umax <= width.umax && out.smin >= width.smin && out.smax <= width.smax, \
		      "the result has that width"); \
		REACHED(); \
	}

OPERATION(product, x * y, op_mul(&a, &b, &width))
OPERATION(quotient, y ? x / y : 0, op_div(&a, &b, &width, BPF_DIV))
OPERATION(remainder, y ? x % y : x, op_div(&a, &b, &width, BPF_MOD))
#endif
