/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounds of a number that the verifier knows: signed and unsigned, of 64 and of the low 32 bits,
 * and what each says of the others.
 */
#include "core/range.h"

#define SIGN64	(1ULL << 63)
#define SIGN32	(1U << 31)

struct xbpf_scalar xbpf_scalar_const(u64 v)
{
	return (struct xbpf_scalar){
		.bits = xbpf_tnum_const(v),
		.umin = v, .umax = v, .smin = (s64)v, .smax = (s64)v,
		.umin32 = (u32)v, .umax32 = (u32)v, .smin32 = (s32)v, .smax32 = (s32)v,
	};
}

struct xbpf_scalar xbpf_scalar_unknown(void)
{
	return (struct xbpf_scalar){
		.bits = xbpf_tnum_unknown(),
		.umin = 0, .umax = U64_MAX, .smin = S64_MIN, .smax = S64_MAX,
		.umin32 = 0, .umax32 = U32_MAX, .smin32 = S32_MIN, .smax32 = S32_MAX,
	};
}

struct xbpf_scalar xbpf_scalar_bytes(u32 size)
{
	struct xbpf_scalar a = xbpf_scalar_unknown();

	xbpf_scalar_zext(&a, size);
	return a;
}

bool xbpf_scalar_has(const struct xbpf_scalar *a, u64 v)
{
	return xbpf_tnum_has(a->bits, v) && v >= a->umin && v <= a->umax &&
	       (s64)v >= a->smin && (s64)v <= a->smax &&
	       (u32)v >= a->umin32 && (u32)v <= a->umax32 &&
	       (s32)v >= a->smin32 && (s32)v <= a->smax32;
}

bool xbpf_scalar_within(const struct xbpf_scalar *outer, const struct xbpf_scalar *inner)
{
	return xbpf_tnum_within(outer->bits, inner->bits) &&
	       outer->umin <= inner->umin && outer->umax >= inner->umax &&
	       outer->smin <= inner->smin && outer->smax >= inner->smax &&
	       outer->umin32 <= inner->umin32 && outer->umax32 >= inner->umax32 &&
	       outer->smin32 <= inner->smin32 && outer->smax32 >= inner->smax32;
}

bool xbpf_scalar_same(const struct xbpf_scalar *a, const struct xbpf_scalar *b)
{
	return xbpf_scalar_within(a, b) && xbpf_scalar_within(b, a);
}

static bool possible(const struct xbpf_scalar *a)
{
	return a->umin <= a->umax && a->smin <= a->smax &&
	       a->umin32 <= a->umax32 && a->smin32 <= a->smax32;
}

bool xbpf_scalar_is_sound(const struct xbpf_scalar *a)
{
	struct xbpf_scalar value = xbpf_scalar_const(a->bits.value);
	struct xbpf_tnum low = { (u32)a->bits.value, (u32)a->bits.mask };

	if (!possible(a) || a->bits.value & a->bits.mask)
		return false;
	if (xbpf_tnum_is_const(a->bits))
		return xbpf_scalar_same(a, &value);
	return !xbpf_tnum_is_const(low) ||
	       (a->umin32 == value.umin32 && a->umax32 == value.umax32 &&
		a->smin32 == value.smin32 && a->smax32 == value.smax32);
}

static void bits_to_ranges(struct xbpf_scalar *a)
{
	u64 v = a->bits.value, m = a->bits.mask;
	u32 v32 = (u32)v, m32 = (u32)m;

	a->umin = max_t(u64, a->umin, v);
	a->umax = min_t(u64, a->umax, v | m);
	a->smin = max_t(s64, a->smin, (s64)(v | (m & SIGN64)));
	a->smax = min_t(s64, a->smax, (s64)(v | (m & ~SIGN64)));
	a->umin32 = max_t(u32, a->umin32, v32);
	a->umax32 = min_t(u32, a->umax32, v32 | m32);
	a->smin32 = max_t(s32, a->smin32, (s32)(v32 | (m32 & SIGN32)));
	a->smax32 = min_t(s32, a->smax32, (s32)(v32 | (m32 & ~SIGN32)));
}

/*
 * A range that does not wrap when it is read with the other signedness bounds
 * that view as well.
 */
static void signs_to_signs(struct xbpf_scalar *a)
{
	if ((s64)a->umin <= (s64)a->umax) {
		a->smin = max_t(s64, a->smin, (s64)a->umin);
		a->smax = min_t(s64, a->smax, (s64)a->umax);
	}
	if ((u64)a->smin <= (u64)a->smax) {
		a->umin = max_t(u64, a->umin, (u64)a->smin);
		a->umax = min_t(u64, a->umax, (u64)a->smax);
	}
	if ((s32)a->umin32 <= (s32)a->umax32) {
		a->smin32 = max_t(s32, a->smin32, (s32)a->umin32);
		a->smax32 = min_t(s32, a->smax32, (s32)a->umax32);
	}
	if ((u32)a->smin32 <= (u32)a->smax32) {
		a->umin32 = max_t(u32, a->umin32, (u32)a->smin32);
		a->umax32 = min_t(u32, a->umax32, (u32)a->smax32);
	}
}

/* [from, to] spans less than 2^32 values: what are the low halves? */
static void span_to_low(struct xbpf_scalar *a, u32 from, u32 to)
{
	if (from <= to) {
		a->umin32 = max_t(u32, a->umin32, from);
		a->umax32 = min_t(u32, a->umax32, to);
	}
	if ((s32)from <= (s32)to) {
		a->smin32 = max_t(s32, a->smin32, (s32)from);
		a->smax32 = min_t(s32, a->smax32, (s32)to);
	}
}

static void halves_to_halves(struct xbpf_scalar *a)
{
	const u64 high = ~(u64)U32_MAX;

	if (a->umax - a->umin <= U32_MAX)
		span_to_low(a, (u32)a->umin, (u32)a->umax);
	if ((u64)a->smax - (u64)a->smin <= U32_MAX)
		span_to_low(a, (u32)a->smin, (u32)a->smax);

	/* The smallest value has no smaller upper half and no smaller lower half. */
	a->umin = max_t(u64, a->umin, (a->umin & high) | a->umin32);
	a->umax = min_t(u64, a->umax, (a->umax & high) | a->umax32);
	a->smin = max_t(s64, a->smin, (s64)(((u64)a->smin & high) | a->umin32));
	a->smax = min_t(s64, a->smax, (s64)(((u64)a->smax & high) | a->umax32));
}

static bool ranges_to_bits(struct xbpf_scalar *a)
{
	struct xbpf_tnum low = xbpf_tnum_range(a->umin32, a->umax32);

	low.mask |= ~(u64)U32_MAX;
	low.value &= U32_MAX;
	return xbpf_tnum_meet(&a->bits, xbpf_tnum_range(a->umin, a->umax)) &&
	       xbpf_tnum_meet(&a->bits, low);
}

bool xbpf_scalar_deduce(struct xbpf_scalar *a)
{
	int round;

	/* A third round finds next to nothing; stopping early is always sound. */
	for (round = 0; round < 2; round++) {
		bits_to_ranges(a);
		if (!possible(a))
			return false;
		signs_to_signs(a);
		if (!possible(a))
			return false;
		halves_to_halves(a);
		if (!possible(a))
			return false;
		signs_to_signs(a);
		if (!possible(a) || !ranges_to_bits(a))
			return false;
	}
	bits_to_ranges(a);
	return possible(a);
}

bool xbpf_scalar_meet(struct xbpf_scalar *a, const struct xbpf_scalar *b)
{
	struct xbpf_scalar m = *a;

	if (!xbpf_tnum_meet(&m.bits, b->bits))
		return false;
	m.umin = max_t(u64, a->umin, b->umin);
	m.umax = min_t(u64, a->umax, b->umax);
	m.smin = max_t(s64, a->smin, b->smin);
	m.smax = min_t(s64, a->smax, b->smax);
	m.umin32 = max_t(u32, a->umin32, b->umin32);
	m.umax32 = min_t(u32, a->umax32, b->umax32);
	m.smin32 = max_t(s32, a->smin32, b->smin32);
	m.smax32 = min_t(s32, a->smax32, b->smax32);
	if (!xbpf_scalar_deduce(&m))
		return false;
	*a = m;
	return true;
}

/*
 * A result is impossible only when the operands were, without deduction having
 * noticed: on a path that no run takes.  Anything is a superset of nothing.
 */
static void deduce_result(struct xbpf_scalar *a)
{
	if (!xbpf_scalar_deduce(a))
		*a = xbpf_scalar_unknown();
}

void xbpf_scalar_zext(struct xbpf_scalar *a, u32 size)
{
	u64 max = size >= 8 ? U64_MAX : (1ULL << (size * 8)) - 1;

	if (size >= 8)
		return;
	a->bits = xbpf_tnum_low(a->bits, size);
	if (size == 4) {
		a->umin = a->umin32;
		a->umax = a->umax32;
	} else if (a->umax > max) {
		a->umin = 0;
		a->umax = max;
	}
	a->smin = (s64)a->umin;
	a->smax = (s64)a->umax;
	if (size < 4) {
		a->umin32 = (u32)a->umin;
		a->umax32 = (u32)a->umax;
		a->smin32 = (s32)a->umin;
		a->smax32 = (s32)a->umax;
	}
	deduce_result(a);
}

void xbpf_scalar_sext(struct xbpf_scalar *a, u32 size)
{
	u32 shift = 64 - size * 8;
	s64 max, min;

	if (size >= 8)
		return;
	max = (s64)(U64_MAX >> (shift + 1));
	min = -max - 1;
	a->bits = xbpf_tnum_arsh(xbpf_tnum_lsh(a->bits, shift), shift, 64);
	if (size == 4) {
		a->smin = a->smin32;
		a->smax = a->smax32;
	} else if (a->smin < min || a->smax > max) {
		a->smin = min;
		a->smax = max;
		a->smin32 = (s32)min;
		a->smax32 = (s32)max;
		a->umin32 = 0;
		a->umax32 = U32_MAX;
	}
	a->umin = 0;
	a->umax = U64_MAX;
	deduce_result(a);
}

/* --- one width of an operation ------------------------------------------------------------- */

/* A number of @width bits: the same fields whether 32 or 64. */
struct view {
	struct xbpf_tnum bits;
	u64 umin, umax;
	s64 smin, smax;
};

struct width {
	u32 bits;
	u64 umax;
	s64 smin, smax;
};

static const struct width width32 = { 32, U32_MAX, S32_MIN, S32_MAX };
static const struct width width64 = { 64, U64_MAX, S64_MIN, S64_MAX };

static struct view view_of(const struct xbpf_scalar *a, const struct width *w)
{
	if (w->bits == 32)
		return (struct view){
			.bits = xbpf_tnum_low(a->bits, 4),
			.umin = a->umin32, .umax = a->umax32,
			.smin = a->smin32, .smax = a->smax32,
		};
	return (struct view){
		.bits = a->bits,
		.umin = a->umin, .umax = a->umax, .smin = a->smin, .smax = a->smax,
	};
}

static struct view view_unknown(const struct width *w)
{
	return (struct view){
		.bits = { .mask = w->umax },
		.umin = 0, .umax = w->umax, .smin = w->smin, .smax = w->smax,
	};
}

static void set_signed(struct view *r, const struct width *w, s64 min, s64 max)
{
	if (min >= w->smin && max <= w->smax) {
		r->smin = min;
		r->smax = max;
	}
}

/* A shift by 32 leaves the lower half alone, in the upper one: compilers extend numbers so. */
static void low_to_high(struct xbpf_scalar *r, const struct xbpf_scalar *a)
{
	r->umin = (u64)a->umin32 << 32;
	r->umax = (u64)a->umax32 << 32;
	r->smin = (s64)((u64)(u32)a->smin32 << 32);
	r->smax = (s64)((u64)(u32)a->smax32 << 32);
}

static struct view op_add(const struct view *a, const struct view *b, const struct width *w)
{
	struct view r = view_unknown(w);
	u64 min = (a->umin + b->umin) & w->umax, max = (a->umax + b->umax) & w->umax;
	s64 smin, smax;

	r.bits = xbpf_tnum_low(xbpf_tnum_add(a->bits, b->bits), w->bits / 8);
	/* All sums wrap or none does. */
	if ((min < a->umin) == (max < a->umax)) {
		r.umin = min;
		r.umax = max;
	}
	if (!__builtin_add_overflow(a->smin, b->smin, &smin) &&
	    !__builtin_add_overflow(a->smax, b->smax, &smax))
		set_signed(&r, w, smin, smax);
	return r;
}

static struct view op_sub(const struct view *a, const struct view *b, const struct width *w)
{
	struct view r = view_unknown(w);
	s64 smin, smax;

	r.bits = xbpf_tnum_low(xbpf_tnum_sub(a->bits, b->bits), w->bits / 8);
	if (a->umin >= b->umax || a->umax < b->umin) {
		r.umin = (a->umin - b->umax) & w->umax;
		r.umax = (a->umax - b->umin) & w->umax;
	}
	if (!__builtin_sub_overflow(a->smin, b->smax, &smin) &&
	    !__builtin_sub_overflow(a->smax, b->smin, &smax))
		set_signed(&r, w, smin, smax);
	return r;
}

static struct view op_mul(const struct view *a, const struct view *b, const struct width *w)
{
	struct view r = view_unknown(w);
	s64 p[4], min, max;
	u64 high;
	int i;

	r.bits = xbpf_tnum_low(xbpf_tnum_mul(a->bits, b->bits), w->bits / 8);
	if (!__builtin_mul_overflow(a->umax, b->umax, &high) && high <= w->umax) {
		r.umin = a->umin * b->umin;
		r.umax = high;
	}
	if (__builtin_mul_overflow(a->smin, b->smin, &p[0]) ||
	    __builtin_mul_overflow(a->smin, b->smax, &p[1]) ||
	    __builtin_mul_overflow(a->smax, b->smin, &p[2]) ||
	    __builtin_mul_overflow(a->smax, b->smax, &p[3]))
		return r;
	min = max = p[0];
	for (i = 1; i < 4; i++) {
		min = min_t(s64, min, p[i]);
		max = max_t(s64, max, p[i]);
	}
	set_signed(&r, w, min, max);
	return r;
}

static struct view op_bitwise(const struct view *a, const struct view *b, const struct width *w,
			      u8 op)
{
	struct view r = view_unknown(w);

	if (op == BPF_AND) {
		r.bits = xbpf_tnum_and(a->bits, b->bits);
		r.umax = min_t(u64, a->umax, b->umax);
	} else if (op == BPF_OR) {
		r.bits = xbpf_tnum_or(a->bits, b->bits);
		r.umin = max_t(u64, a->umin, b->umin);
	} else {
		r.bits = xbpf_tnum_xor(a->bits, b->bits);
	}
	return r;
}

/* The count is taken modulo the width: of one that may exceed it nothing is known. */
static struct view op_shift(const struct view *a, const struct view *b, const struct width *w,
			    u8 op)
{
	struct view r = view_unknown(w);
	u32 lo, hi;

	if (b->umax >= w->bits)
		return r;
	lo = (u32)b->umin;
	hi = (u32)b->umax;
	switch (op) {
	case BPF_LSH:
		if (lo == hi)
			r.bits = xbpf_tnum_low(xbpf_tnum_lsh(a->bits, lo), w->bits / 8);
		if (a->umax <= w->umax >> hi) {
			r.umin = a->umin << lo;
			r.umax = a->umax << hi;
		}
		if (lo == hi && a->smax <= w->smax >> lo && a->smin >= w->smin >> lo) {
			r.smin = (s64)((u64)a->smin << lo);
			r.smax = (s64)((u64)a->smax << lo);
		}
		break;
	case BPF_RSH:
		if (lo == hi)
			r.bits = xbpf_tnum_rsh(a->bits, lo);
		r.umin = a->umin >> hi;
		r.umax = a->umax >> lo;
		break;
	case BPF_ARSH:
		if (lo == hi)
			r.bits = xbpf_tnum_arsh(a->bits, lo, w->bits);
		r.smin = a->smin >> (a->smin < 0 ? lo : hi);
		r.smax = a->smax >> (a->smax < 0 ? hi : lo);
		break;
	}
	return r;
}

/* x / 0 is 0, x % 0 is x (RFC 9669). */
static struct view op_div(const struct view *a, const struct view *b, const struct width *w,
			  u8 op)
{
	struct view r = view_unknown(w);

	if (op == BPF_DIV) {
		r.umin = b->umin ? a->umin / b->umax : 0;
		r.umax = a->umax / max_t(u64, b->umin, 1);
	} else if (b->umin) {
		if (a->umax < b->umin)
			return *a;
		r.umax = min_t(u64, a->umax, b->umax - 1);
	} else {
		r.umax = a->umax;
	}
	return r;
}

static struct view view_op(const struct view *a, const struct view *b, const struct width *w,
			   u8 op, bool sign)
{
	switch (op) {
	case BPF_ADD:
		return op_add(a, b, w);
	case BPF_SUB:
		return op_sub(a, b, w);
	case BPF_MUL:
		return op_mul(a, b, w);
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return op_bitwise(a, b, w, op);
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return op_shift(a, b, w, op);
	case BPF_DIV:
	case BPF_MOD:
		if (!sign)
			return op_div(a, b, w, op);
		break;
	}
	return view_unknown(w);
}

/* Do the low 32 bits of the 64-bit result depend on those of the operands only? */
static bool low_is_separate(u8 op)
{
	return op == BPF_ADD || op == BPF_SUB || op == BPF_MUL || op == BPF_AND ||
	       op == BPF_OR || op == BPF_XOR;
}

void xbpf_scalar_alu(struct xbpf_scalar *dst, const struct xbpf_scalar *src, u8 op, bool is64,
		     bool sign)
{
	struct xbpf_scalar r = xbpf_scalar_unknown();
	struct view a, b, v;

	if (is64) {
		a = view_of(dst, &width64);
		b = view_of(src, &width64);
		v = view_op(&a, &b, &width64, op, sign);
		r.bits = v.bits;
		r.umin = v.umin;
		r.umax = v.umax;
		r.smin = v.smin;
		r.smax = v.smax;
		if (op == BPF_LSH && src->umin == 32 && src->umax == 32)
			low_to_high(&r, dst);
	}
	if (!is64 || low_is_separate(op)) {
		a = view_of(dst, &width32);
		b = view_of(src, &width32);
		v = view_op(&a, &b, &width32, op, sign);
		r.umin32 = (u32)v.umin;
		r.umax32 = (u32)v.umax;
		r.smin32 = (s32)v.smin;
		r.smax32 = (s32)v.smax;
	}
	if (!is64) {
		r.bits = v.bits;
		r.umin = 0;
		r.umax = U32_MAX;
		r.smin = 0;
		r.smax = U32_MAX;
	}
	deduce_result(&r);
	*dst = r;
}

/* --- comparisons --------------------------------------------------------------------------- */

/* Writes a narrowed view back; the other width learns by deduction. */
static bool view_store(struct xbpf_scalar *a, const struct view *v, bool is64)
{
	struct xbpf_tnum bits = v->bits;

	if (v->umin > v->umax || v->smin > v->smax)
		return false;
	if (is64) {
		a->umin = v->umin;
		a->umax = v->umax;
		a->smin = v->smin;
		a->smax = v->smax;
	} else {
		a->umin32 = (u32)v->umin;
		a->umax32 = (u32)v->umax;
		a->smin32 = (s32)v->smin;
		a->smax32 = (s32)v->smax;
		bits.mask |= ~(u64)U32_MAX;
	}
	return xbpf_tnum_meet(&a->bits, bits) && xbpf_scalar_deduce(a);
}

static bool assume_equal(struct view *a, struct view *b)
{
	if (!xbpf_tnum_meet(&a->bits, b->bits))
		return false;
	a->umin = max_t(u64, a->umin, b->umin);
	a->umax = min_t(u64, a->umax, b->umax);
	a->smin = max_t(s64, a->smin, b->smin);
	a->smax = min_t(s64, a->smax, b->smax);
	*b = *a;
	return true;
}

/* a is not the constant b: only at an end of a range is that worth anything. */
static bool assume_not(struct view *a, const struct view *b, const struct width *w)
{
	u64 v = b->umin;
	s64 sv = b->smin;

	if (b->umin != b->umax || b->smin != b->smax)
		return true;
	if ((a->umin == v && a->umax == v) || (a->smin == sv && a->smax == sv))
		return false;
	if (a->umin == v)
		a->umin = v + 1;
	if (a->umax == v)
		a->umax = v - 1;
	if (a->smin == sv)
		a->smin = sv + 1;
	if (a->smax == sv)
		a->smax = sv - 1;
	return a->umin <= a->umax && a->smin <= a->smax && a->umax <= w->umax;
}

/* a < b, or a <= b when @or_equal */
static bool assume_below(struct view *a, struct view *b, bool or_equal)
{
	if (!or_equal && (!b->umax || a->umin == U64_MAX))
		return false;
	a->umax = min_t(u64, a->umax, b->umax - !or_equal);
	b->umin = max_t(u64, b->umin, a->umin + !or_equal);
	return true;
}

static bool assume_less(struct view *a, struct view *b, bool or_equal)
{
	if (!or_equal && (b->smax == S64_MIN || a->smin == S64_MAX))
		return false;
	a->smax = min_t(s64, a->smax, b->smax - !or_equal);
	b->smin = max_t(s64, b->smin, a->smin + !or_equal);
	return true;
}

/* a & b is (not) 0, learned for a. */
static bool assume_bits(struct view *a, const struct view *b, bool some)
{
	u64 v = b->bits.value;

	if (some) {
		if (!((a->bits.value | a->bits.mask) & (v | b->bits.mask)))
			return false;
		if (!b->bits.mask && v && !(v & (v - 1)))
			return xbpf_tnum_meet(&a->bits, (struct xbpf_tnum){ v, ~v });
		return true;
	}
	if (a->bits.value & v)
		return false;
	/* a bit that b has for sure, a has not */
	a->bits.mask &= ~v;
	return true;
}

bool xbpf_scalar_assume(struct xbpf_scalar *sa, struct xbpf_scalar *sb, u8 op, bool is64,
			bool holds)
{
	const struct width *w = is64 ? &width64 : &width32;
	struct view a = view_of(sa, w), b = view_of(sb, w);
	bool ok = true;

	switch (op) {
	case BPF_JEQ:
	case BPF_JNE:
		if ((op == BPF_JEQ) == holds)
			ok = assume_equal(&a, &b);
		else
			ok = assume_not(&a, &b, w) && assume_not(&b, &a, w);
		break;
	case BPF_JLT:
	case BPF_JLE:
		ok = holds ? assume_below(&a, &b, op == BPF_JLE) :
			     assume_below(&b, &a, op == BPF_JLT);
		break;
	case BPF_JGT:
	case BPF_JGE:
		ok = holds ? assume_below(&b, &a, op == BPF_JGE) :
			     assume_below(&a, &b, op == BPF_JGT);
		break;
	case BPF_JSLT:
	case BPF_JSLE:
		ok = holds ? assume_less(&a, &b, op == BPF_JSLE) :
			     assume_less(&b, &a, op == BPF_JSLT);
		break;
	case BPF_JSGT:
	case BPF_JSGE:
		ok = holds ? assume_less(&b, &a, op == BPF_JSGE) :
			     assume_less(&a, &b, op == BPF_JSGT);
		break;
	case BPF_JSET:
		ok = assume_bits(&a, &b, holds) && assume_bits(&b, &a, holds);
		break;
	}
	return ok && view_store(sa, &a, is64) && view_store(sb, &b, is64);
}
