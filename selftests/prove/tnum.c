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

#define SHIFT(name, limit, call, expr, so) \
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
		CLAIM(so, "what is known of the shift besides"); \
		REACHED(); \
	}

static bool same(struct xbpf_tnum a, struct xbpf_tnum b)
{
	return a.value == b.value && a.mask == b.mask;
}

/* That a shift to the right is one: the loop of multiplication (below) ends by it. */
static struct xbpf_tnum shifted(struct xbpf_tnum a, u32 n)
{
	return (struct xbpf_tnum){ .value = a.value >> n, .mask = a.mask >> n };
}

SHIFT(lsh, 64, xbpf_tnum_lsh(a, n), x << n, true)
SHIFT(rsh, 64, xbpf_tnum_rsh(a, n), x >> n, same(shifted(a, n), out))
SHIFT(arsh64, 64, xbpf_tnum_arsh(a, n, 64), (u64)((s64)x >> n), true)
SHIFT(arsh32, 32, xbpf_tnum_arsh(a, n, 32), (u32)((s32)(u32)x >> n), true)

/*
 * Multiplication, of 64 bits.  A product is the sum of its rows, one for each bit of x: y shifted
 * by as much, or nothing (rows(), below).  Each round takes the lowest bit off, adds its row, and
 * doubles y.  It keeps to this: sum holds the rows so far (total), a what is left of x (rest), and
 * b what y has become (row).  Additions and shifts stand as contracts: these claim that, and
 * give anything of which it is.  So the second round begins with all that any round can begin with,
 * and two of them prove all.  The loop ends, for the shift to the right is a shift (rsh).
 */
static u64 rest, row, total;
static bool added;
static u32 rounds;

struct xbpf_tnum mul_add(struct xbpf_tnum a, struct xbpf_tnum b)
{
	CLAIM(well_formed(a) && xbpf_tnum_has(a, total), "the rows so far are held");
	CLAIM(well_formed(b) && xbpf_tnum_has(b, rest & 1 ? row : 0), "the row is held");
	CLAIM(!added, "it is added once");
	added = true;
	total = nondet_u64();
	return tnum_with(total);
}

struct xbpf_tnum mul_rsh(struct xbpf_tnum a, u32 n)
{
	CLAIM(n == 1 && well_formed(a) && xbpf_tnum_has(a, rest), "what is left is held");
	CLAIM(added || !(rest & 1), "a row that is not nothing is added");
	added = false;
	rest = rounds++ ? 0 : nondet_u64();
	return rounds == 1 ? tnum_with(rest) : xbpf_tnum_const(0);
}

struct xbpf_tnum mul_lsh(struct xbpf_tnum b, u32 n)
{
	CLAIM(n == 1 && well_formed(b) && xbpf_tnum_has(b, row), "the next row is held");
	row = nondet_u64();
	return tnum_with(row);
}

void mul(void)
{
	struct xbpf_tnum a, b, out;

	rest = nondet_u64();
	row = nondet_u64();
	a = tnum_with(rest);
	b = tnum_with(row);
	ASSUME(!xbpf_tnum_is_const(a) || !xbpf_tnum_is_const(b));
	out = xbpf_tnum_mul(a, b);
	CLAIM(!rest, "there are no more rows");
	CLAIM(well_formed(out), "well formed");
	CLAIM(xbpf_tnum_has(out, total), "the sum of the rows is held");
	REACHED();
}

void mul_constant(void)
{
	u64 x = nondet_u64(), y = nondet_u64();
	struct xbpf_tnum out = xbpf_tnum_mul(xbpf_tnum_const(x), xbpf_tnum_const(y));

	CLAIM(xbpf_tnum_is_const(out), "the product of constants is one");
	CLAIM(xbpf_tnum_has(out, x * y), "the product is held");
	REACHED();
}

void rows(void)
{
	u64 x = nondet_u64(), y = nondet_u64(), sum = 0;
	u32 n;

	for (n = 0; n < 64; n++)
		sum += x >> n & 1 ? y << n : 0;
	CLAIM(sum == x * y, "the product is the sum of its rows");
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
