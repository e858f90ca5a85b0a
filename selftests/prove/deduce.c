/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Proofs that xbpf_scalar_deduce() keeps to its contract (contract.h): each step of a round does,
 * and it consists of steps (over the whole at once no solver ended).
 */
#include "core/range.c"
#include "prove.h"

/* @expr: the step, on out; true when it finds the value possible. */
#define STEP(name, expr) \
	void name(void) \
	{ \
		struct xbpf_scalar a = scalar_any(), out = a; \
		u64 x = nondet_u64(); \
		bool can = (expr); \
		CLAIM(well_formed(out.bits), "well formed"); \
		CLAIM(xbpf_scalar_within(&a, &out), "no wider"); \
		ASSUME(xbpf_scalar_has(&a, x)); \
		CLAIM(can, "what holds a number is possible"); \
		CLAIM(xbpf_scalar_has(&out, x), "the number is held"); \
		REACHED(); \
	}

STEP(step_bits, (bits_to_ranges(&out), true))
STEP(step_signs, (signs_to_signs(&out), true))
STEP(step_halves, (halves_to_halves(&out), true))
STEP(step_ranges, ranges_to_bits(&out))
STEP(step_possible, possible(&out))

/*
 * The whole of it: whatever the steps make of a value, nothing but steps changes it, one behind the
 * other, and it is found impossible only by a step that finds it so.  As each step keeps to the
 * contract, so does the whole.  Here steps make anything of a value.
 */
static struct xbpf_scalar last;		/* what the last step left */
static bool held;			/* there is a number in it: no step finds it impossible */

static bool is_last(const struct xbpf_scalar *a)
{
	return a->bits.value == last.bits.value && a->bits.mask == last.bits.mask &&
	       a->umin == last.umin && a->umax == last.umax &&
	       a->smin == last.smin && a->smax == last.smax &&
	       a->umin32 == last.umin32 && a->umax32 == last.umax32 &&
	       a->smin32 == last.smin32 && a->smax32 == last.smax32;
}

bool any_possible(const struct xbpf_scalar *a)
{
	CLAIM(is_last(a), "a step is given what the last one left");
	return held || nondet_bool();
}

bool any_step(struct xbpf_scalar *a)
{
	bool can = any_possible(a);

	*a = last = nondet_scalar();
	return can;
}

void any_void_step(struct xbpf_scalar *a)
{
	any_step(a);
}

void deduce(void)
{
	struct xbpf_scalar out = last = nondet_scalar();
	bool can;

	held = nondet_bool();
	can = xbpf_scalar_deduce(&out);
	CLAIM(can || !held, "what holds a number is possible");
	CLAIM(is_last(&out), "the result is what the last step left");
	REACHED();
}

/*
 * With the last two steps of deduction, a value whose bits are all known is the same number in
 * every view: the verifier takes any of them for the constant.
 */
void constant(void)
{
	struct xbpf_scalar a = scalar_any();
	u64 v = a.bits.value;

	bits_to_ranges(&a);
	ASSUME(possible(&a) && xbpf_scalar_is_const(&a));
	CLAIM(a.umin == v && a.umax == v, "unsigned");
	CLAIM(a.smin == (s64)v && a.smax == (s64)v, "signed");
	CLAIM(a.umin32 == (u32)v && a.umax32 == (u32)v, "unsigned, 32 bits");
	CLAIM(a.smin32 == (s32)v && a.smax32 == (s32)v, "signed, 32 bits");
	REACHED();
}
