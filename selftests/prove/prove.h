/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the harnesses of the proofs share.  A harness takes numbers and abstract values of which
 * nothing is known but that these hold those, runs one operation on both, and claims that the
 * result still holds.  The names of its variables are those that ./run prints of a counterexample.
 *
 * An abstract value is well formed when no bit of it is both known and unknown; of empty ones
 * (those that hold no number) nothing is promised but that.
 */
#ifndef XBPF_SELFTESTS_PROVE_H
#define XBPF_SELFTESTS_PROVE_H

#include "core/range.h"

/* Any value: the model checker knows functions without a body by these names. */
u64 nondet_u64(void);
u32 nondet_u32(void);
bool nondet_bool(void);
struct xbpf_tnum nondet_tnum(void);
struct xbpf_scalar nondet_scalar(void);

#define ASSUME(c)	__CPROVER_assume(c)
#define CLAIM(c, what)	__CPROVER_assert(c, what)

/* At the end of each harness: ./run wants this claim, and no other, refuted. */
#define REACHED()	__CPROVER_assert(0, "the end is not reached")

static inline bool well_formed(struct xbpf_tnum t)
{
	return !(t.value & t.mask);
}

/* A tnum, or a scalar, of which is known that it holds x. */
static inline struct xbpf_tnum tnum_with(u64 x)
{
	struct xbpf_tnum a = nondet_tnum();

	ASSUME(well_formed(a) && xbpf_tnum_has(a, x));
	return a;
}

static inline struct xbpf_scalar scalar_with(u64 x)
{
	struct xbpf_scalar a = nondet_scalar();

	ASSUME(well_formed(a.bits) && xbpf_scalar_has(&a, x));
	return a;
}

static inline struct xbpf_scalar scalar_any(void)
{
	struct xbpf_scalar a = nondet_scalar();

	ASSUME(well_formed(a.bits));
	return a;
}

#endif
