/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The best strategy for each call: a constant index is patched; a run-time index avoids the
 * indirect jump where the kernel makes it dear (a thunk, or an lfence before it), and takes it
 * where it is plain.
 */
#include "jit/tail_call.h"

#define PLAIN_JUMP_LEN	3	/* ff e1, with its int3 */

static const struct jit_tail_strategy *best(const struct jit *j, const struct jit_tail_call *call)
{
	if (!j->jenv->pokes || !call->map)
		return &xbpf_jit_tail_slot;
	if (call->index_known)
		return &xbpf_jit_tail_direct;
	return j->jenv->jump_rcx.len > PLAIN_JUMP_LEN ? &xbpf_jit_tail_tree : &xbpf_jit_tail_slot;
}

static void emit_auto(struct jit *j, const struct jit_tail_call *call)
{
	best(j, call)->emit(j, call);
}

static bool knows_all(const struct jit *j, const struct jit_tail_call *call)
{
	const struct jit_tail_strategy *strategy = best(j, call);

	return strategy->knows_all && strategy->knows_all(j, call);
}

const struct jit_tail_strategy xbpf_jit_tail_auto = {
	.emit = emit_auto,
	.knows_all = knows_all,
};
