/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tristate numbers: of each bit of a value it is known that it is 0, that it is
 * 1, or nothing.  value holds the known ones, mask the unknown bits; a bit is
 * never set in both.
 *
 * The operations follow Vishwanathan et al., "Sound, Precise, and Fast Abstract
 * Interpretation with Tristate Numbers", CGO 2022.
 */
#ifndef XBPF_CORE_TNUM_H
#define XBPF_CORE_TNUM_H

#include "core/port.h"

struct xbpf_tnum {
	u64 value;
	u64 mask;
};

static inline struct xbpf_tnum xbpf_tnum_const(u64 v)
{
	return (struct xbpf_tnum){ .value = v };
}

static inline struct xbpf_tnum xbpf_tnum_unknown(void)
{
	return (struct xbpf_tnum){ .mask = U64_MAX };
}

static inline bool xbpf_tnum_is_const(struct xbpf_tnum a)
{
	return !a.mask;
}

/* May a have the value v? */
static inline bool xbpf_tnum_has(struct xbpf_tnum a, u64 v)
{
	return !((a.value ^ v) & ~a.mask);
}

/* Is every value of inner one of outer? */
static inline bool xbpf_tnum_within(struct xbpf_tnum outer, struct xbpf_tnum inner)
{
	return !(inner.mask & ~outer.mask) && xbpf_tnum_has(outer, inner.value);
}

/* The low @size bytes, zero-extended. */
static inline struct xbpf_tnum xbpf_tnum_low(struct xbpf_tnum a, u32 size)
{
	u64 keep = size >= 8 ? U64_MAX : (1ULL << (size * 8)) - 1;

	return (struct xbpf_tnum){ .value = a.value & keep, .mask = a.mask & keep };
}

/* The smallest tnum that has all of [min, max]. */
struct xbpf_tnum xbpf_tnum_range(u64 min, u64 max);

struct xbpf_tnum xbpf_tnum_add(struct xbpf_tnum a, struct xbpf_tnum b);
struct xbpf_tnum xbpf_tnum_sub(struct xbpf_tnum a, struct xbpf_tnum b);
struct xbpf_tnum xbpf_tnum_mul(struct xbpf_tnum a, struct xbpf_tnum b);
struct xbpf_tnum xbpf_tnum_and(struct xbpf_tnum a, struct xbpf_tnum b);
struct xbpf_tnum xbpf_tnum_or(struct xbpf_tnum a, struct xbpf_tnum b);
struct xbpf_tnum xbpf_tnum_xor(struct xbpf_tnum a, struct xbpf_tnum b);
/* n < 64; arsh: of the low @bits (32 or 64), zero-extended */
struct xbpf_tnum xbpf_tnum_lsh(struct xbpf_tnum a, u32 n);
struct xbpf_tnum xbpf_tnum_rsh(struct xbpf_tnum a, u32 n);
struct xbpf_tnum xbpf_tnum_arsh(struct xbpf_tnum a, u32 n, u32 bits);

/* What is true when both are; false when they contradict each other. */
bool xbpf_tnum_meet(struct xbpf_tnum *a, struct xbpf_tnum b);

#endif
