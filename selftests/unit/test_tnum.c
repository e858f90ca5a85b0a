/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tristate numbers: whatever the operands can be, the result of the operation on
 * them can be. All tnums of five bits against each other, and wide ones by chance.
 */
#include "../tap.h"
#include "core/tnum.h"

#define BITS 5u
#define LIMIT (1u << BITS)

typedef struct xbpf_tnum (*tnum_op)(struct xbpf_tnum a, struct xbpf_tnum b);

static u64 seed = 0x9e3779b97f4a7c15ULL;

static u64 chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static u64 apply(u32 which, u64 a, u64 b)
{
	switch (which) {
	case 0:
		return a + b;
	case 1:
		return a - b;
	case 2:
		return a * b;
	case 3:
		return a & b;
	case 4:
		return a | b;
	}
	return a ^ b;
}

static const tnum_op ops[] = {
	xbpf_tnum_add, xbpf_tnum_sub, xbpf_tnum_mul, xbpf_tnum_and, xbpf_tnum_or, xbpf_tnum_xor,
};
static const char *const op_names[] = { "add", "sub", "mul", "and", "or", "xor" };

static bool well_formed(struct xbpf_tnum t)
{
	return !(t.value & t.mask);
}

/* Every member of the small tnum, as the bits of v taken where the mask is. */
static u64 member(struct xbpf_tnum t, u64 v)
{
	return t.value | (v & t.mask);
}

static u32 failures_of(u32 which, struct xbpf_tnum a, struct xbpf_tnum b)
{
	struct xbpf_tnum r = ops[which](a, b);
	u32 x, y, bad = !well_formed(r);

	for (x = 0; x < LIMIT; x++) {
		if (x & ~a.mask)
			continue;
		for (y = 0; y < LIMIT; y++)
			if (!(y & ~b.mask) &&
			    !xbpf_tnum_has(r, apply(which, member(a, x), member(b, y))))
				bad++;
	}
	return bad;
}

static void every_small(u32 which)
{
	u32 av, am, bv, bm, bad = 0;

	for (am = 0; am < LIMIT; am++)
		for (av = 0; av < LIMIT; av++)
			for (bm = 0; !(av & am) && bm < LIMIT; bm++)
				for (bv = 0; bv < LIMIT; bv++)
					if (!(bv & bm))
						bad += failures_of(which,
							(struct xbpf_tnum){ av, am },
							(struct xbpf_tnum){ bv, bm });
	tap_ok(!bad, "%s of all five-bit tnums holds every result", op_names[which]);
}

static struct xbpf_tnum wide(void)
{
	u64 mask = chance() & chance();

	if (chance() & 1)
		mask &= chance();
	return (struct xbpf_tnum){ chance() & ~mask, mask };
}

static void by_chance(u32 which)
{
	u32 i, j, bad = 0;

	for (i = 0; i < 20000; i++) {
		struct xbpf_tnum a = wide(), b = wide(), r = ops[which](a, b);

		bad += !well_formed(r);
		for (j = 0; j < 8; j++)
			bad += !xbpf_tnum_has(r, apply(which, member(a, chance()),
						       member(b, chance())));
	}
	tap_ok(!bad, "%s of wide tnums holds every result", op_names[which]);
}

static void shifts(void)
{
	u32 i, bad = 0;

	for (i = 0; i < 100000; i++) {
		struct xbpf_tnum a = wide();
		u64 x = member(a, chance());
		u32 n = chance() & 63;

		bad += !xbpf_tnum_has(xbpf_tnum_lsh(a, n), x << n);
		bad += !xbpf_tnum_has(xbpf_tnum_rsh(a, n), x >> n);
		bad += !xbpf_tnum_has(xbpf_tnum_arsh(a, n, 64), (u64)((s64)x >> n));
		bad += !xbpf_tnum_has(xbpf_tnum_arsh(a, n & 31, 32),
				      (u32)((s32)(u32)x >> (n & 31)));
		bad += !xbpf_tnum_has(xbpf_tnum_low(a, 4), (u32)x);
	}
	tap_ok(!bad, "shifts and cuts hold every result");
}

static void ranges(void)
{
	u32 lo, hi, v, bad = 0;

	for (lo = 0; lo < 128; lo++)
		for (hi = lo; hi < 128; hi++)
			for (v = lo; v <= hi; v++)
				bad += !xbpf_tnum_has(xbpf_tnum_range(lo, hi), v);
	bad += xbpf_tnum_range(0, U64_MAX).mask != U64_MAX;
	bad += xbpf_tnum_range(8, 15).value != 8 || xbpf_tnum_range(8, 15).mask != 7;
	tap_ok(!bad, "a range is within its tnum");
}

static void meets(void)
{
	u32 av, am, bv, bm, v, bad = 0;

	for (am = 0; am < 16; am++)
		for (av = 0; av < 16; av++)
			for (bm = 0; bm < 16; bm++)
				for (bv = 0; bv < 16; bv++) {
					struct xbpf_tnum a = { av, am }, b = { bv, bm }, m = a;
					bool some = false, ok;

					if (av & am || bv & bm)
						continue;
					ok = xbpf_tnum_meet(&m, b);
					for (v = 0; v < 16; v++) {
						bool both = xbpf_tnum_has(a, v) &&
							    xbpf_tnum_has(b, v);

						some |= both;
						if (ok)
							bad += both != xbpf_tnum_has(m, v);
					}
					bad += ok != some;
				}
	tap_ok(!bad, "the meet holds what both hold and nothing else");
}

int main(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		every_small(i);
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		by_chance(i);
	shifts();
	ranges();
	meets();
	return tap_done();
}
