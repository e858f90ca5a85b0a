/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges: take numbers, make scalars that hold them, operate on both: the result
 * on the scalars must hold the result on the numbers, which lib/rfc9669.h has.
 */
#include "../tap.h"
#include "core/range.h"
#include "lib/rfc9669.h"

#define ROUNDS 60000

static u64 seed = 0x2545f4914f6cdd1dULL;

static u64 chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Numbers near the places where something changes are worth more than others. */
static u64 number(void)
{
	static const u64 edges[] = {
		0, 1, 2, 7, 31, 32, 63, 64, 0xff, 0x7fff, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
		0xffffffff80000000, 0xffffffff7fffffff,
	};
	u64 v = edges[chance() % ARRAY_SIZE(edges)];

	switch (chance() % 4) {
	case 0:
		return v + chance() % 5 - 2;
	case 1:
		return chance() >> chance() % 64;
	case 2:
		return (u64)-(s64)(chance() >> chance() % 64);
	}
	return v;
}

/* A scalar with v in it, known more or less well in one or several ways. */
static struct xbpf_scalar around(u64 v)
{
	struct xbpf_scalar a = xbpf_scalar_unknown();
	u64 w = number(), ways = chance();

	if (ways & 1) {
		u64 mask = chance() & chance() & chance() >> chance() % 64;

		a.bits = (struct xbpf_tnum){ v & ~mask, mask };
	}
	if (ways & 2) {
		a.umin = v < w ? v : w;
		a.umax = v < w ? w : v;
	}
	w = number();
	if (ways & 4) {
		a.smin = (s64)v < (s64)w ? (s64)v : (s64)w;
		a.smax = (s64)v < (s64)w ? (s64)w : (s64)v;
	}
	w = number();
	if (ways & 8) {
		a.umin32 = (u32)v < (u32)w ? (u32)v : (u32)w;
		a.umax32 = (u32)v < (u32)w ? (u32)w : (u32)v;
	}
	w = number();
	if (ways & 16) {
		a.smin32 = (s32)v < (s32)w ? (s32)v : (s32)w;
		a.smax32 = (s32)v < (s32)w ? (s32)w : (s32)v;
	}
	if (!(ways & 0xe0))
		return xbpf_scalar_const(v);
	if (!xbpf_scalar_deduce(&a) || !xbpf_scalar_has(&a, v)) {
		tap_diag("deduction lost %llx", (unsigned long long)v);
		tap_state.bad = true;
	}
	return a;
}

static void one_op(u8 op, bool is64, bool sign, const char *name)
{
	u32 i, bad = 0;

	tap_state.bad = false;
	for (i = 0; i < ROUNDS && bad < 3; i++) {
		u64 x = number(), y = number(), z;
		struct xbpf_scalar a = around(x), b = around(y), r = a;

		if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
			if (chance() & 1) {
				y &= is64 ? 63 : 31;
				b = around(y);
			}
		xbpf_scalar_alu(&r, &b, op, is64, sign);
		z = is64 ? rfc_alu64(op, x, y, sign) : rfc_alu32(op, (u32)x, (u32)y, sign);
		if (xbpf_scalar_has(&r, z))
			continue;
		bad++;
		tap_diag("%llx op %llx = %llx is not in [%llx %llx] [%lld %lld]",
			 (unsigned long long)x, (unsigned long long)y, (unsigned long long)z,
			 (unsigned long long)r.umin, (unsigned long long)r.umax,
			 (long long)r.smin, (long long)r.smax);
	}
	tap_ok(!bad && !tap_state.bad, "%s%s holds its results", name, is64 ? "64" : "32");
}

static const struct {
	u8 op;
	bool sign;
	const char *name;
} alu_ops[] = {
	{ BPF_ADD, false, "add" }, { BPF_SUB, false, "sub" }, { BPF_MUL, false, "mul" },
	{ BPF_DIV, false, "div" }, { BPF_MOD, false, "mod" }, { BPF_DIV, true, "sdiv" },
	{ BPF_MOD, true, "smod" }, { BPF_AND, false, "and" }, { BPF_OR, false, "or" },
	{ BPF_XOR, false, "xor" }, { BPF_LSH, false, "lsh" }, { BPF_RSH, false, "rsh" },
	{ BPF_ARSH, false, "arsh" },
};

static const struct {
	u8 op;
	const char *name;
} jump_ops[] = {
	{ BPF_JEQ, "==" }, { BPF_JNE, "!=" }, { BPF_JGT, ">" }, { BPF_JGE, ">=" },
	{ BPF_JLT, "<" }, { BPF_JLE, "<=" }, { BPF_JSGT, "s>" }, { BPF_JSGE, "s>=" },
	{ BPF_JSLT, "s<" }, { BPF_JSLE, "s<=" }, { BPF_JSET, "&" },
};

static void one_jump(u8 op, bool is64, const char *name)
{
	u32 i, bad = 0;

	tap_state.bad = false;
	for (i = 0; i < ROUNDS && bad < 3; i++) {
		u64 x = number(), y = chance() & 3 ? number() : x;
		struct xbpf_scalar a = around(x), b = around(y), before_a = a, before_b = b;
		bool is = rfc_jump(op, is64, x, y), possible;

		possible = xbpf_scalar_assume(&a, &b, op, is64, is);
		if (!possible || !xbpf_scalar_has(&a, x) || !xbpf_scalar_has(&b, y) ||
		    !xbpf_scalar_within(&before_a, &a) || !xbpf_scalar_within(&before_b, &b)) {
			bad++;
			tap_diag("%llx %s %llx is %d: %s", (unsigned long long)x, name,
				 (unsigned long long)y, is, possible ? "lost" : "denied");
		}
	}
	tap_ok(!bad && !tap_state.bad, "w%s %s never loses the truth", is64 ? "64" : "32", name);
}

static void extend(void)
{
	static const u32 sizes[] = { 1, 2, 4, 8 };
	u32 i, k, bad = 0;

	tap_state.bad = false;
	for (i = 0; i < ROUNDS; i++) {
		u64 x = number(), z, s;
		struct xbpf_scalar a = around(x), b = a;
		u32 shift;

		k = chance() % 4;
		shift = 64 - sizes[k] * 8;
		z = x << shift >> shift;
		s = (u64)((s64)(x << shift) >> shift);
		xbpf_scalar_zext(&a, sizes[k]);
		xbpf_scalar_sext(&b, sizes[k]);
		bad += !xbpf_scalar_has(&a, z) + !xbpf_scalar_has(&b, s);
	}
	tap_ok(!bad && !tap_state.bad, "zero and sign extension hold their results");
}

/* What must be found out, not only what must not be lost. */
static struct xbpf_scalar assumed(u8 op, bool is64, u64 limit, bool is)
{
	struct xbpf_scalar a = xbpf_scalar_unknown(), b = xbpf_scalar_const(limit);

	if (!xbpf_scalar_assume(&a, &b, op, is64, is))
		tap_state.bad = true;
	return a;
}

static void precise(void)
{
	struct xbpf_scalar a, b;

	a = assumed(BPF_JLT, true, 10, true);
	tap_ok(a.umax == 9 && a.smin == 0 && a.smax == 9 && a.umax32 == 9 &&
	       a.bits.mask == 15, "x < 10 bounds all views");
	a = assumed(BPF_JSGT, true, 5, false);
	tap_ok(a.smax == 5 && a.umax == U64_MAX, "x s<= 5 says nothing about unsigned x");
	b = xbpf_scalar_const(0);
	tap_ok(xbpf_scalar_assume(&a, &b, BPF_JSGE, true, true) && a.umax == 5,
	       "... with x s>= 0 it does");
	a = assumed(BPF_JGE, false, 16, false);
	tap_ok(a.umax32 == 15 && a.umax == 0xffffffff0000000fULL, "w < 16 bounds the lower half only");
	xbpf_scalar_zext(&a, 4);
	tap_ok(a.umax == 15, "... which is all after zero extension");
	a = assumed(BPF_JSET, true, 0xf8, false);
	tap_ok(!(a.bits.mask & 0xf8) && !(a.bits.value & 0xf8), "no bit of x & 0xf8 is set");
	a = assumed(BPF_JEQ, true, 77, true);
	tap_ok(xbpf_scalar_is_const(&a) && a.umin == 77, "x == 77 is a constant");
	a = xbpf_scalar_const(0);
	b = xbpf_scalar_const(0);
	tap_ok(!xbpf_scalar_assume(&a, &b, BPF_JNE, true, true), "0 != 0 cannot be");
	a = xbpf_scalar_unknown();
	b = xbpf_scalar_const(0xf);
	xbpf_scalar_alu(&a, &b, BPF_AND, true, false);
	b = xbpf_scalar_const(3);
	xbpf_scalar_alu(&a, &b, BPF_LSH, true, false);
	tap_ok(a.umax == 120 && !(a.bits.mask & 7) && !a.bits.value, "(x & 15) << 3");
	a = xbpf_scalar_unknown();
	b = xbpf_scalar_const(10);
	xbpf_scalar_alu(&a, &b, BPF_MOD, true, false);
	tap_ok(a.umax == 9, "x %% 10 is at most 9");
	a = xbpf_scalar_bytes(1);
	b = xbpf_scalar_const(U64_MAX);
	xbpf_scalar_alu(&a, &b, BPF_ADD, true, false);
	tap_ok(a.smin == -1 && a.smax == 254, "byte - 1 is between -1 and 254");
}

/* One field at a time is made to contradict the others. */
static void sound(void)
{
	struct xbpf_scalar any = xbpf_scalar_unknown(), seven = xbpf_scalar_const(7), a;

	tap_ok(xbpf_scalar_is_sound(&any) && xbpf_scalar_is_sound(&seven),
	       "any number, and one, are sound");
#define UNSOUND(from, what, value) do { \
	a = from; \
	a.what = value; \
	tap_ok(!xbpf_scalar_is_sound(&a), "... but not with " #what " " #value); \
} while (0)
	UNSOUND(seven, umin, 8);
	UNSOUND(seven, umin, 6);
	UNSOUND(seven, umax, 8);
	UNSOUND(seven, smin, 6);
	UNSOUND(seven, smax, 8);
	UNSOUND(seven, umin32, 6);
	UNSOUND(seven, umax32, 8);
	UNSOUND(seven, smin32, 6);
	UNSOUND(seven, smax32, 8);
	UNSOUND(seven, bits.mask, 1);
	a = any;
	a.umin = 5;
	UNSOUND(a, umax, 4);
	a = any;
	a.smin = 5;
	UNSOUND(a, smax, 4);
	a = any;
	a.umin32 = 5;
	UNSOUND(a, umax32, 4);
	a = any;
	a.smin32 = 5;
	UNSOUND(a, smax32, 4);
	/* the lower half is known */
	a = xbpf_scalar_unknown();
	a.bits.value = 7;
	a.bits.mask = ~(u64)U32_MAX;
	tap_ok(!xbpf_scalar_is_sound(&a), "a known lower half is known in all views");
}

int main(void)
{
	sound();
	u32 i, w;

	for (i = 0; i < ARRAY_SIZE(alu_ops); i++)
		for (w = 0; w < 2; w++)
			one_op(alu_ops[i].op, w, alu_ops[i].sign, alu_ops[i].name);
	for (i = 0; i < ARRAY_SIZE(jump_ops); i++)
		for (w = 0; w < 2; w++)
			one_jump(jump_ops[i].op, w, jump_ops[i].name);
	extend();
	precise();
	return tap_done();
}
