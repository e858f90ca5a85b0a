/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpf_scalar_deduce() as its callers may know it, so that they can be proved without it: of any
 * well-formed value it makes one that is well formed and no wider, it loses no number, and it says
 * "impossible" of none that holds one.  deduce.c proves that it keeps to this.
 *
 * The numbers for which a harness needs that are in kept[], set before the operation.
 *
 * VIEW, when given, makes each view of the value a proof of its own: only that one is claimed when
 * deduction begins, and the others are taken for granted, which the proofs of their names claim.
 */
#ifndef XBPF_SELFTESTS_PROVE_CONTRACT_H
#define XBPF_SELFTESTS_PROVE_CONTRACT_H

#include "prove.h"

static u64 kept[2];

#ifdef VIEW
enum view_name { view_bits, view_u64, view_s64, view_u32, view_s32 };
#define VIEW_NAMED__(name) view_##name
#define VIEW_NAMED_(name) VIEW_NAMED__(name)
#define CLAIM_VIEW(view, c, what) \
	do { if (VIEW_NAMED_(VIEW) == (view)) CLAIM(c, what); else ASSUME(c); } while (0)

static void claim_view(const struct xbpf_scalar *got, u64 z)
{
	CLAIM_VIEW(view_bits, well_formed(got->bits) && xbpf_tnum_has(got->bits, z),
		   "the known bits hold");
	CLAIM_VIEW(view_u64, got->umin <= z && z <= got->umax, "the unsigned range holds");
	CLAIM_VIEW(view_s64, got->smin <= (s64)z && (s64)z <= got->smax, "the signed range holds");
	CLAIM_VIEW(view_u32, got->umin32 <= (u32)z && (u32)z <= got->umax32,
		   "the unsigned range of 32 bits holds");
	CLAIM_VIEW(view_s32, got->smin32 <= (s32)z && (s32)z <= got->smax32,
		   "the signed range of 32 bits holds");
}
#endif

bool deduce_contract(struct xbpf_scalar *a)
{
	struct xbpf_scalar got = *a, after = nondet_scalar();
	bool possible = nondet_bool();
	u32 i;

#ifdef VIEW
	claim_view(&got, kept[0]);
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
