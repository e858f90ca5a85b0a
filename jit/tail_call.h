/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The strategies for tail calls.
 *
 * On entry R1 is the context, R2 the struct xbpf_prog_slots *, R3 the index (its low
 * 32 bits).  A strategy emits code that either leaves for the landing pad of the
 * slot's program, with R1 and the common frame as they were at its own landing
 * pad and one less in the budget, or falls through with the budget untouched and
 * the reason counted.  rsp may be anywhere below the saved registers: each
 * landing pad and each exit sets it by rbp.  R0 - R5 are lost when it falls through.
 *
 * A strategy is a file and a row of include/lists/tail_strategies.h.
 */
#ifndef XBPF_JIT_TAIL_CALL_H
#define XBPF_JIT_TAIL_CALL_H

#include "include/lists/tail_strategies.h"
#include "jit/translate.h"

struct jit_tail_call {
	const struct xbpf_map_info *map;	/* NULL: known at run time only */
	bool index_known;		/* ... and the map is */
	bool index_is_u32;		/* upper half of R3 is 0 */
	bool index_fits;		/* always below map->max_entries, all 64 bits */
	u32 index;
};

struct jit_tail_strategy {
	void (*emit)(struct jit *j, const struct jit_tail_call *call);
	/* Neither R2 nor R3 is looked at; NULL: they always are. */
	bool (*knows_all)(const struct jit *j, const struct jit_tail_call *call);
};

#define DECLARE(name) extern const struct jit_tail_strategy xbpf_jit_tail_##name;
XBPF_TAIL_STRATEGIES(DECLARE)
#undef DECLARE

/* What the strategies with a slot word have in common. */
struct jit_tail_checks {
	u8 table;		/* machine register that holds R2 to the end */
	bool ranged;		/* range is used */
	u32 range, empty, spent, count, out;	/* labels */
};

/*
 * Range, slot word, empty, budget: goes on with the landing address in rcx and one less in the
 * budget.  With @poke the next instruction stands where xbpf_jit_tail_poke() may follow.
 */
void xbpf_jit_tail_checks(struct jit *j, const struct jit_tail_call *call, bool poke,
			  struct jit_tail_checks *c);
/* Behind the jump: where the checks go when they fail. */
void xbpf_jit_tail_misses(struct jit *j, const struct jit_tail_checks *c);

/* Takes one from the budget, or goes to @spent with the budget at -1. */
void xbpf_jit_tail_spend(struct jit *j, u32 spent, bool poke);
/*
 * Five bytes in one aligned 8 that whoever publishes the code patches: a nop now. Follows a
 * _spend() with @poke.
 */
void xbpf_jit_tail_poke(struct jit *j, const struct jit_tail_call *call, bool any);
/*
 * So many bytes must follow before the call ends: lengths do not depend on where the code stands.
 */
u32 xbpf_jit_tail_rest(const struct jit *j);
/* A call that always falls through, out of range; R2 is not needed. */
void xbpf_jit_tail_never(struct jit *j, const struct xbpf_map_info *map);

#endif
