/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a walk of the verifier saw of each instruction, and whether one walk saw all that another
 * did.  Of a number that nothing depends on only its type counts: pruning may leave the rest out.
 */
#ifndef XBPF_SELFTESTS_PRUNE_SEEN_H
#define XBPF_SELFTESTS_PRUNE_SEEN_H

#include "core/verify/observe.h"

#define SEEN_INSNS	2048u
#define SEEN_OPERANDS	6u	/* dst, src; or, of a call, its arguments by register */
#define SEEN_PLACES	8u

/* All places in one object that an operand pointed to, or all numbers that it was. */
struct seen_place {
	u32 what;		/* operand, type, object */
	s64 lo, hi;
	s64 proved;		/* bytes that were known to be there, at least */
};

struct seen_insn {
	bool reached, jumped, fell;
	u16 types[SEEN_OPERANDS];	/* a bit per type */
	u32 place_cnt;			/* more than SEEN_PLACES: not all are here */
	struct seen_place places[SEEN_PLACES];
};

struct seen {
	struct xbpf_walk_probe probe;
	/*
	 * Paths that contradict themselves end: no run takes them, and what the verifier makes of
	 * them depends on what it happens to know.
	 */
	bool feasible_only;
	u32 limit;		/* instructions that are walked before it ends with -E2BIG */
	bool at_limit;

	/* between before and after */
	u32 pc, pending_cnt;
	const struct bpf_insn *insn;
	bool ways[2];
	const struct xbpf_state *dead;	/* its path ends where it would go on */

	struct seen_insn insns[SEEN_INSNS];
};

void seen_begin(struct seen *s, u32 insn_cnt, bool unpruned, bool feasible_only, u32 limit);
/* Is all that @less saw in what @more saw?  If not, @why says what is missing. */
bool seen_within(const struct seen *less, const struct seen *more, u32 insn_cnt, char *why,
		 u32 size);

#endif
