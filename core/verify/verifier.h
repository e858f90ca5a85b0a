/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verifier: the security boundary.
 *
 * Interface.  May sleep; no locks are taken.  Returns 0, or -EINVAL (not
 * proved, or malformed), -EACCES (forbidden access), -E2BIG (over a limit),
 * -EBADF (map fd), -EOPNOTSUPP (a tag of a parameter), -ENOMEM, -EINTR, -EFAULT (a bug in xbpf, and
 * with BPF_F_TEST_REG_INVARIANTS only); log->reason is set on every failure.
 */
#ifndef XBPF_CORE_VERIFIER_H
#define XBPF_CORE_VERIFIER_H

#include "core/code.h"
#include "core/env.h"
#include "core/log.h"
#include "core/range.h"

#define XBPF_MAX_PROCESSED 1000000u
/*
 * What a program may point to lies at least so many bytes from both ends of the kernel's half of
 * the address space (which begins at 2^63); whoever makes such objects has to see to it.
 */
#define XBPF_OBJECT_MARGIN (1ul << 30)

/* What holds of a register before an instruction runs. */
enum xbpf_observed_kind {
	XBPF_OBSERVED_NOTHING,	/* the code from here on does not read it */
	XBPF_OBSERVED_NUMBER,	/* in @value */
	XBPF_OBSERVED_POINTER,	/* not null */
	XBPF_OBSERVED_OR_NULL,	/* a pointer or 0, as a far one can be */
};

struct xbpf_observed {
	u8 kind;		/* enum xbpf_observed_kind */
	struct xbpf_scalar value;
};

/*
 * For tests: gets every state that is walked, before its instruction, so that a
 * run can be held against what was observed.  Whenever an instruction runs, all
 * its registers (R0 to R10, of the innermost frame) lie in one of the states
 * handed out for it: while there is an observer, no state is taken for another that
 * has other numbers in live registers.  Programs that need that may be refused
 * as too large then.
 */
struct xbpf_verify_observer {
	void (*state)(struct xbpf_verify_observer *observer, u32 pc, u32 depth,
		      const struct xbpf_observed regs[11]);
};

/*
 * Fills code's part "out".  On failure the caller still releases the code and
 * puts the map_cnt maps.
 */
int xbpf_verify(struct xbpf_code *code, const struct xbpf_env *env, void *priv,
		struct xbpf_log *log);

/* Frees what the verifier allocated (aux data, subprogs); not the insns, not the maps. */
void xbpf_code_release(struct xbpf_code *code);

#endif
