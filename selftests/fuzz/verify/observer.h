/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is held against a run: claims of the verifier at each instruction, and who owns the memory
 * that is touched.
 */
#ifndef XBPF_SELFTESTS_FUZZ_OBSERVER_H
#define XBPF_SELFTESTS_FUZZ_OBSERVER_H

#include "core/interp_check.h"
#include "core/verify/verifier.h"
#include "../../lib/load.h"

/* Of one program: all states that were walked, by instruction. */
struct claims {
	struct xbpf_verify_observer observer;
	struct claim_state {
		u32 next;		/* index + 1 */
		struct xbpf_observed regs[11];
	} *states;
	u32 cnt, room;
	u32 *first;			/* per instruction: index + 1 */
	u32 insn_cnt;
	bool whole;			/* no state was dropped for lack of room */
};

void claims_begin(struct claims *c, u32 insn_cnt);
void claims_end(struct claims *c);

/* One run. */
struct observer {
	struct xbpf_interp_check check;
	const struct loaded *progs;	/* those that can run */
	const struct claims *claims;	/* of each, or NULL */
	const bool *claimed;		/* which have claims */
	u32 prog_cnt;
	u32 type;
	bool strict;			/* unwritten stack may not be read */
	u64 ctx;
	u32 ctx_size;
	u64 data, data_end;		/* of the packet */

	u64 top, low;			/* the stack of all frames */
	u64 fp;				/* R10 now: XBPF_STACK_SIZE bytes below it are the most that there can be */
	const struct xbpf_image *image;	/* that runs now */
	u8 written[XBPF_RUN_STACK];
	u64 insns;
	char why[300];			/* what went wrong first */
};

void observer_begin(struct observer *w);
/* After the run: false when something went wrong. */
bool observer_end(struct observer *w);

#endif
