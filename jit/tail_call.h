/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways to make a tail call.
 *
 * On entry R1 is the context, R2 the struct xbpf_table *, R3 the index (its low
 * 32 bits).  A strategy emits code that either leaves for the landing pad of the
 * slot's program, with R1 and the common frame as they were at its own landing
 * pad and one less in the budget, or falls through with the budget untouched.
 * R0 - R5 are lost when it falls through.
 */
#ifndef XBPF_JIT_TAIL_CALL_H
#define XBPF_JIT_TAIL_CALL_H

#include "translate.h"

struct jit_tail_call {
	const struct xbpf_map_info *map;	/* NULL: known at run time only */
	bool index_known;
	u32 index;
};

struct jit_tail_strategy {
	const char *name;
	void (*emit)(struct jit *j, const struct jit_tail_call *call);
};

/* tail_slot.c: load the slot, jump to what it holds */
extern const struct jit_tail_strategy xbpf_jit_tail_slot;

#endif
