/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs of core/tnum.c and core/tnum.h: what the operands can be, operated on, the result can be.
 */
#include "prove.h"

/* Two operands and their numbers; OP is +, -, &, | or ^ by its name. */
#define BINARY(name, expr) \
	void name(void) \
	{ \
		u64 x = nondet_u64(), y = nondet_u64(), z = (expr); \
		struct xbpf_tnum a = tnum_with(x), b = tnum_with(y); \
		struct xbpf_tnum out = xbpf_tnum_##name(a, b); \
		CLAIM(well_formed(out), "well formed"); \
		CLAIM(xbpf_tnum_has(out, z), "the result is held"); \
		REACHED(); \
	}

BINARY(add, x + y)
BINARY(sub, x - y)
BINARY(and, x & y)
BINARY(or, x | y)
BINARY(xor, x ^ y)

#define SHIFT(name, limit, call, expr) \
	void name(void) \
	{ \
		u64 x = nondet_u64(), z; \
		u32 n = nondet_u32(); \
		struct xbpf_tnum a = tnum_with(x), out; \
		ASSUME(n < (limit)); \
		z = (expr); \
		out = call; \
		CLAIM(well_formed(out), "well formed"); \
		CLAIM(xbpf_tnum_has(out, z), "the result is held"); \
		REACHED(); \
	}

SHIFT(lsh, 64, xbpf_tnum_lsh(a, n), x << n)
SHIFT(rsh, 64, xbpf_tnum_rsh(a, n), x >> n)
SHIFT(arsh64, 64, xbpf_tnum_arsh(a, n, 64), (u64)((s64)x >> n))
SHIFT(arsh32, 32, xbpf_tnum_arsh(a, n, 32), (u32)((s32)(u32)x >> n))

/*
 * Multiplication, of numbers of WIDTH bits with all bits of the product.
 *
 * The step to 64: each round of the loop takes the lowest bit of a off and adds b, nothing, or what
 * is either; x * y is the sum of (bit i of x) * (y << i), and addition of tnums loses nothing (add,
 * proved for 64 bits).  So what remains is that the round for bit i adds something that holds
 * (bit i of x) * (y << i): mul_bit() proves it for every i and every b of 64 bits, on an a that has
 * no other bit, for which all other rounds add nothing.
 */
#ifdef WIDTH
#define NUMBERS ((1ULL << WIDTH) - 1)

/* & and not an assumption: the solver is spared the upper bits. */
static struct xbpf_tnum narrow_with(u64 x)
{
	struct xbpf_tnum a = { .value = nondet_u64() & NUMBERS, .mask = nondet_u64() & NUMBERS };

	ASSUME(well_formed(a) && xbpf_tnum_has(a, x));
	return a;
}

void mul(void)
{
	u64 x = nondet_u64() & NUMBERS, y = nondet_u64() & NUMBERS, z = x * y;
	struct xbpf_tnum a = narrow_with(x), b = narrow_with(y), out = xbpf_tnum_mul(a, b);

	CLAIM(well_formed(out), "well formed");
	CLAIM(xbpf_tnum_has(out, z), "the result is held");
	REACHED();
}
#endif

void mul_bit(void)
{
	u64 y = nondet_u64(), z;
	struct xbpf_tnum b = tnum_with(y), out;
	u32 n;

	for (n = 0; n < 64; n++) {
		z = y << n;
		out = xbpf_tnum_mul(xbpf_tnum_const(1ULL << n), b);
		CLAIM(well_formed(out) && xbpf_tnum_has(out, z), "a bit that is set");
		out = xbpf_tnum_mul((struct xbpf_tnum){ .mask = 1ULL << n }, b);
		CLAIM(well_formed(out) && xbpf_tnum_has(out, z), "a bit that may be set");
		CLAIM(xbpf_tnum_has(out, 0), "... or not");
	}
	REACHED();
}

void range(void)
{
	u64 min = nondet_u64(), max = nondet_u64(), x = nondet_u64();
	struct xbpf_tnum out = xbpf_tnum_range(min, max);

	ASSUME(min <= x && x <= max);
	CLAIM(well_formed(out), "well formed");
	CLAIM(xbpf_tnum_has(out, x), "all between the ends are held");
	CLAIM(min != max || xbpf_tnum_is_const(out), "one number is a constant");
	REACHED();
}

void constant(void)
{
	u64 v = nondet_u64(), x = nondet_u64();
	struct xbpf_tnum a = xbpf_tnum_const(v), any = xbpf_tnum_unknown(), b = tnum_with(x);

	CLAIM(well_formed(a) && well_formed(any), "well formed");
	CLAIM(xbpf_tnum_is_const(a), "a constant is one");
	CLAIM(xbpf_tnum_has(a, x) == (x == v), "a constant holds its number alone");
	CLAIM(xbpf_tnum_has(any, x), "the unknown holds every number");
	CLAIM(!xbpf_tnum_is_const(b) || x == b.value, "what is constant holds its value alone");
	REACHED();
}

void low(void)
{
	u64 x = nondet_u64(), z;
	u32 size = nondet_u32();
	struct xbpf_tnum a = tnum_with(x), out;

	ASSUME(size == 1 || size == 2 || size == 4 || size == 8);
	z = size == 1 ? (u8)x : size == 2 ? (u16)x : size == 4 ? (u32)x : x;
	out = xbpf_tnum_low(a, size);
	CLAIM(well_formed(out), "well formed");
	CLAIM(xbpf_tnum_has(out, z), "the result is held");
	REACHED();
}

void meet(void)
{
	u64 x = nondet_u64();
	struct xbpf_tnum a = tnum_with(x), b = tnum_with(x), out = a;
	bool possible = xbpf_tnum_meet(&out, b);

	CLAIM(possible, "what both hold is possible");
	CLAIM(well_formed(out), "well formed");
	CLAIM(xbpf_tnum_has(out, x), "what both hold is held");
	CLAIM(xbpf_tnum_within(a, out) && xbpf_tnum_within(b, out), "it is within both");
	REACHED();
}

void within(void)
{
	u64 x = nondet_u64();
	struct xbpf_tnum a = nondet_tnum(), b = nondet_tnum(), c = tnum_with(x);

	ASSUME(well_formed(a) && well_formed(b));
	CLAIM(xbpf_tnum_within(c, c), "it is within itself");
	ASSUME(xbpf_tnum_within(b, c));
	CLAIM(xbpf_tnum_has(b, x), "what the inner one holds, the outer one holds");
	ASSUME(xbpf_tnum_within(a, b));
	CLAIM(xbpf_tnum_within(a, c), "transitive");
	REACHED();
}
