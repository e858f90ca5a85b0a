/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs of multiplication, division and modulo at WIDTH bits: op_mul() and op_div() of
 * core/range.c take the width as a parameter.
 *
 * A quotient takes a law of the integers for granted, where the code divides: n <= m and
 * 0 < d <= e make n / e <= m / d.  law_quotient() proves it.  That a remainder is at most the
 * dividend and below the divisor is what a solver knows of it.
 *
 * A product takes all that it needs of multiplication for granted, where the code multiplies:
 * unsigned and signed products are functions that nothing is known of but these laws, for the
 * numbers that the code multiplies and the two that it does not know.  law_grows() (a step of an
 * induction, which is as good at 64 bits), law_signs() and law_low() prove them.  The code's
 * __builtin_mul_overflow() is such a function here, and says that a product fits into 64 bits, as
 * one of two numbers of 16 does.
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
#ifdef WIDTH
#include "core/range.h"
static bool product_u(u64 a, u64 b, u64 *p);
static bool product_s(s64 a, s64 b, s64 *p);
#define __builtin_mul_overflow(a, b, p) \
	_Generic((p), u64 *: product_u, s64 *: product_s)(a, b, p)
#endif
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

u64 __CPROVER_uninterpreted_u(u64 a, u64 b);
s64 __CPROVER_uninterpreted_s(s64 a, s64 b);
#define U __CPROVER_uninterpreted_u
#define S __CPROVER_uninterpreted_s

static bool product_u(u64 a, u64 b, u64 *p)
{
	*p = U(a, b);
	return false;
}

static bool product_s(s64 a, s64 b, s64 *p)
{
	*p = S(a, b);
	return false;
}

/* law_signs(), where a factor grows from @a to @b, and the product from @pa to @pb */
static void in_order(s64 pa, s64 pb, s64 factor)
{
	ASSUME(factor >= 0 ? pa <= pb : pa >= pb);
}

static void laws(const struct view *a, const struct view *b, u64 x, u64 y)
{
	s64 sx = as_signed(x, WIDTH), sy = as_signed(y, WIDTH), end[2] = { a->smin, a->smax };
	int i;

	/* law_grows(), one factor at a time */
	ASSUME(U(a->umin, b->umin) <= U(x, b->umin) && U(x, b->umin) <= U(x, y));
	ASSUME(U(x, y) <= U(a->umax, y) && U(a->umax, y) <= U(a->umax, b->umax));
	/* what the code multiplies without asking whether it fits */
	ASSUME(a->umin * b->umin == U(a->umin, b->umin));
	in_order(S(a->smin, sy), S(sx, sy), sy);
	in_order(S(sx, sy), S(a->smax, sy), sy);
	for (i = 0; i < 2; i++) {
		in_order(S(end[i], b->smin), S(end[i], sy), end[i]);
		in_order(S(end[i], sy), S(end[i], b->smax), end[i]);
	}
	/* law_low() */
	ASSUME(((u64)S(sx, sy) & NUMBERS) == (U(x, y) & NUMBERS));
}

/* To be refuted: then the numbers are those of real products. */
static void no_others(const struct view *a, const struct view *b, u64 x, u64 y)
{
	s64 sx = as_signed(x, WIDTH), sy = as_signed(y, WIDTH);

	laws(a, b, x, y);
	ASSUME(U(x, y) == x * y && U(a->umax, b->umax) == a->umax * b->umax);
	ASSUME(S(sx, sy) == sx * sy);
	ASSUME(S(a->smin, b->smin) == a->smin * b->smin && S(a->smin, b->smax) == a->smin * b->smax);
	ASSUME(S(a->smax, b->smin) == a->smax * b->smin && S(a->smax, b->smax) == a->smax * b->smax);
}

OPERATION(product, U(x, y), laws(&a, &b, x, y), op_mul(&a, &b, &width))
OPERATION(product_real, U(x, y), no_others(&a, &b, x, y), op_mul(&a, &b, &width))
OPERATION(quotient, y ? x / y : 0, quotients(&a, &b, x, y), op_div(&a, &b, &width, BPF_DIV))
OPERATION(remainder, y ? x % y : x, , op_div(&a, &b, &width, BPF_MOD))

typedef unsigned __CPROVER_bitvector[WIDTH] number;
number nondet_number(void);

typedef unsigned __CPROVER_bitvector[2 * WIDTH] wide;
typedef signed __CPROVER_bitvector[2 * WIDTH] wide_signed;
typedef signed __CPROVER_bitvector[WIDTH] number_signed;
number_signed nondet_number_signed(void);
wide nondet_wide(void);

/*
 * n <= m makes n * d <= m * d.  A product is the sum of its left factor, shifted, over the bits
 * that are set in the right one; this is a step of that sum, of bit @i, for two left factors.
 */
void law_grows(void)
{
	number n = nondet_number(), m = nondet_number();
	wide sum_n = nondet_wide(), sum_m = nondet_wide(), end = 1;
	u32 i = nondet_u32();
	bool set = nondet_bool();

	ASSUME(n <= m && i < WIDTH && sum_n <= sum_m && sum_m < end << (WIDTH + i));
	if (set) {
		sum_n += (wide)n << i;
		sum_m += (wide)m << i;
	}
	CLAIM(sum_n <= sum_m, "a product grows with its factor");
	CLAIM(i + 1 == WIDTH || sum_m < end << (WIDTH + i + 1), "and fits");
	REACHED();
}

static number absolute(number_signed n)
{
	return n < 0 ? -(number)n : (number)n;
}

/* The same of signed numbers: their product is that of the absolute ones, with both signs. */
void law_signs(void)
{
	number_signed n = nondet_number_signed(), m = nondet_number_signed();
	number_signed d = nondet_number_signed();
	wide of_n = nondet_wide(), of_m = nondet_wide(), most = (wide)1 << (2 * WIDTH - 2);
	wide_signed left, right;

	ASSUME(n <= m && of_n <= most && of_m <= most);
	/* law_grows() */
	ASSUME(absolute(n) > absolute(m) || of_n <= of_m);
	ASSUME(absolute(n) < absolute(m) || of_n >= of_m);
	ASSUME((n && d) || !of_n);
	ASSUME((m && d) || !of_m);
	left = (n < 0) != (d < 0) ? -(wide_signed)of_n : (wide_signed)of_n;
	right = (m < 0) != (d < 0) ? -(wide_signed)of_m : (wide_signed)of_m;
	CLAIM(d >= 0 ? left <= right : left >= right, "a product follows its factor");
	REACHED();
}

void law_low(void)
{
	number n = nondet_number(), d = nondet_number();
	wide_signed sn = (number_signed)n, sd = (number_signed)d;

	CLAIM((number)((wide)n * (wide)d) == (number)(sn * sd), "the low half is that of both");
	REACHED();
}

/*
 * A quotient is the largest number whose product with the divisor is at most the dividend: @q that
 * of n and e, @r that of m and d.  What is asked of products is law_grows().
 */
void law_quotient(void)
{
	number n = nondet_number(), m = nondet_number(), d = nondet_number(), e = nondet_number();
	number q = nondet_number(), r = nondet_number();
	wide q_e = nondet_wide(), q_d = nondet_wide(), next_d = nondet_wide();	/* next: r + 1 */

	ASSUME(n <= m && 0 < d && d <= e);
	ASSUME(q_e <= n && next_d > m);
	ASSUME(q_d <= q_e);			/* as d <= e */
	ASSUME(q <= r || next_d <= q_d);	/* as r + 1 <= q */
	CLAIM(q <= r, "a quotient grows with the dividend, and shrinks with the divisor");
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
