/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs in the interpreter's checked mode, at addresses as a kernel has them (space.h): each access,
 * the helpers' too, must lie in an object that is there and allows it, and what runs must have been
 * seen by the verifier.
 */
#ifndef XBPF_SELFTESTS_CHECKED_H
#define XBPF_SELFTESTS_CHECKED_H

#include "load.h"

struct checked {
	const struct loaded *progs;	/* the first runs; it may come to the others */
	u32 prog_cnt;
	u64 seed;			/* of the addresses */
	u64 insns_max;			/* a run that is longer does not end */
	/* out */
	u64 insns;
	char why[200];			/* what went wrong first; else empty */
};

/* R0. @ctx as load_run() takes it: for a packet's program a struct xbpf_skb_ctx. */
u64 checked_run(struct checked *c, void *ctx, u32 ctx_size);

/* Is that a type whose context is a struct xbpf_skb_ctx? */
bool checked_on_packets(u32 prog_type);

#endif
