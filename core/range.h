/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of a number: its bits, and ranges of it read as unsigned and as
 * signed, as 64 and as the low 32 bits.  All of them hold at once; each is a
 * superset of the values the register can have when the program runs.
 */
#ifndef XBPF_CORE_RANGE_H
#define XBPF_CORE_RANGE_H

#include "core/port.h"
#include "core/tnum.h"

struct xbpf_scalar {
	struct xbpf_tnum bits;
	u64 umin, umax;
	s64 smin, smax;
	u32 umin32, umax32;
	s32 smin32, smax32;
};

struct xbpf_scalar xbpf_scalar_const(u64 v);
struct xbpf_scalar xbpf_scalar_unknown(void);
/* Unknown, but zero-extended from @size bytes. */
struct xbpf_scalar xbpf_scalar_bytes(u32 size);

static inline bool xbpf_scalar_is_const(const struct xbpf_scalar *a)
{
	return xbpf_tnum_is_const(a->bits);
}

/* May a have the value v?  (For tests, and for branches on constants.) */
bool xbpf_scalar_has(const struct xbpf_scalar *a, u64 v);
/* Is all that inner may be allowed by outer? */
bool xbpf_scalar_within(const struct xbpf_scalar *outer, const struct xbpf_scalar *inner);
bool xbpf_scalar_same(const struct xbpf_scalar *a, const struct xbpf_scalar *b);

/* Is it free of contradictions, as every number must be? */
bool xbpf_scalar_is_sound(const struct xbpf_scalar *a);

/* Lets every view learn from the others; false: there is no such number. */
__must_check bool xbpf_scalar_deduce(struct xbpf_scalar *a);

/* What is known of a when b holds for it, too; false: both cannot be, and a is left alone. */
__must_check bool xbpf_scalar_meet(struct xbpf_scalar *a, const struct xbpf_scalar *b);

/* The low @size bytes, zero- or sign-extended to 64 bits. */
void xbpf_scalar_zext(struct xbpf_scalar *a, u32 size);
void xbpf_scalar_sext(struct xbpf_scalar *a, u32 size);

/*
 * dst = dst op src, of 64 or of the low 32 bits (zero-extended).  @op is a
 * BPF_OP() other than BPF_MOV, BPF_NEG and BPF_END; @sign: signed division.
 */
void xbpf_scalar_alu(struct xbpf_scalar *dst, const struct xbpf_scalar *src, u8 op, bool is64,
		     bool sign);

/*
 * Takes "a op b is @holds" for granted and narrows both.  @op is that of a
 * conditional jump.  False: it cannot be.
 */
__must_check bool xbpf_scalar_assume(struct xbpf_scalar *a, struct xbpf_scalar *b, u8 op,
				     bool is64, bool holds);

#endif
