/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpf_scalar_deduce() as its callers may know it, so that they can be proved without it: of any
 * well-formed value it makes one that is well formed and no wider, it loses no number, and it says
 * "impossible" of none that holds one.  deduce.c proves that it keeps to this.
 *
 * The numbers for which a harness needs that are in kept[], set before the operation.
 *
 * VIEW, when given, makes each view of the value a proof of its own: in that alone need operands
 * hold their numbers (operand()), and that one alone is claimed when deduction begins; the others
 * are taken for granted, which the proofs of their names claim.
 */
#ifndef XBPF_SELFTESTS_PROVE_CONTRACT_H
#define XBPF_SELFTESTS_PROVE_CONTRACT_H

#include "prove.h"

static u64 kept[2];

#ifdef VIEW
enum view_name { view_bits, view_u64, view_s64, view_u32, view_s32 };
#define VIEW_NAMED__(name) view_##name
#define VIEW_NAMED_(name) VIEW_NAMED__(name)

static bool view_holds(const struct xbpf_scalar *a, u64 x)
{
	switch (VIEW_NAMED_(VIEW)) {
	case view_bits:
		return well_formed(a->bits) && xbpf_tnum_has(a->bits, x);
	case view_u64:
		return a->umin <= x && x <= a->umax;
	case view_s64:
		return a->smin <= (s64)x && (s64)x <= a->smax;
	case view_u32:
		return a->umin32 <= (u32)x && (u32)x <= a->umax32;
	case view_s32:
		return a->smin32 <= (s32)x && (s32)x <= a->smax32;
	}
	return false;
}
#endif

/* An operand whose number is x. */
static inline struct xbpf_scalar operand(u64 x)
{
#ifdef VIEW
	struct xbpf_scalar a = nondet_scalar();

	ASSUME(view_holds(&a, x));
	return a;
#else
	return scalar_with(x);
#endif
}

bool deduce_contract(struct xbpf_scalar *a)
{
	struct xbpf_scalar got = *a, after = nondet_scalar();
	bool possible = nondet_bool();
	u32 i;

#ifdef VIEW
	CLAIM(view_holds(&got, kept[0]), "the view holds the result");
	ASSUME(well_formed(got.bits) && xbpf_scalar_has(&got, kept[0]));
#else
	CLAIM(well_formed(got.bits), "what is given to deduction is well formed");
#endif
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (xbpf_scalar_has(&got, kept[i]))
			ASSUME(possible && xbpf_scalar_has(&after, kept[i]));
	ASSUME(well_formed(after.bits) && xbpf_scalar_within(&got, &after));
	*a = after;
	return possible;
}

#endif
