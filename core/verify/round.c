/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rounds of callbacks: a helper calls a function of the program again and again.
 */
#include "core/verify/observe.h"
#include "core/verify/verifier_priv.h"

/* A round is held against so many before it. */
#define ROUNDS_COMPARED	16u

/* Is frame @f of @st in a call of a helper that calls back: in a round, or between two? */
static bool in_call(const struct xbpf_state *st, u32 f)
{
	return f < st->depth ? st->frame[f + 1]->callback : st->returned;
}

/* Is the path in all the calls that @st, a state at the same place, is in? */
static bool same_calls(const struct xbpf_verifier *v, const struct xbpf_state *st)
{
	u32 f;

	if (st->depth != v->cur->depth)
		return false;
	for (f = 0; f <= st->depth; f++)
		if (in_call(st, f) && (!in_call(v->cur, f) || st->frame[f]->call != v->cur->frame[f]->call))
			return false;
	return true;
}

/* Numbers that a round changed, and that nothing needed yet, may be any after more rounds. */
static void widen_reg(const struct xbpf_reg *old, struct xbpf_reg *cur, u32 bytes)
{
	struct xbpf_scalar any = xbpf_scalar_unknown();

	if (old->type != REG_SCALAR || cur->type != REG_SCALAR ||
	    old->from->precision == PRECISION_EXACT ||
	    xbpf_scalar_same(&old->var, &cur->var))
		return;
	if (bytes < 8)
		any = xbpf_scalar_bytes(bytes);
	xbpf_reg_scalar(cur, &any);
}

static void widen_slot(const struct xbpf_slot *old, struct xbpf_slot *cur)
{
	u32 len = slot_spill_len(old);

	if (len && len == slot_spill_len(cur))
		widen_reg(&old->reg, &cur->reg, len);
}

static void widen(struct xbpf_verifier *v, const struct xbpf_state *old)
{
	u32 f, i;

	if (old->depth != v->cur->depth)
		return;
	for (f = 0; f <= old->depth; f++)
		if (old->frame[f]->callsite != v->cur->frame[f]->callsite)
			return;
	for (f = 0; f <= old->depth; f++) {
		struct xbpf_frame *a = old->frame[f], *b = v->cur->frame[f];

		for (i = 0; i < REG_COUNT; i++)
			widen_reg(&a->regs[i], &b->regs[i], 8);
		for (i = 0; i < a->slot_cnt && i < b->slot_cnt; i++)
			widen_slot(&a->slots[i], &b->slots[i]);
	}
}

/*
 * The path ends in a state whose marks are not complete: all that it holds counts as read and
 * needed.
 */
static void mark_all(struct xbpf_verifier *v)
{
	struct xbpf_frame *frame;
	u32 f, i;

	for (f = 0; f <= v->cur->depth; f++) {
		frame = v->cur->frame[f];
		for (i = 0; i < REG_COUNT; i++)
			if (frame->regs[i].type == REG_SCALAR)
				xbpf_reg_mark_precise(v, &frame->regs[i]);
		for (i = 0; i < frame->slot_cnt; i++)
			if (slot_has_number(&frame->slots[i]))
				xbpf_reg_mark_precise(v, &frame->slots[i].reg);
		xbpf_state_mark_read(v, f, U64_MAX);
	}
}

/*
 * Is @st, an open checkpoint of this instruction, the begin of a round of the call that the path is
 * in?
 */
static bool is_round_of_call(struct xbpf_verifier *v, const struct xbpf_state *st)
{
	return st->depth == v->cur->depth && cur_frame(v)->call &&
		st->frame[st->depth]->call == cur_frame(v)->call;
}

/*
 * A round ended.  What can happen from here can happen from the begin of an
 * earlier round, when that had every number and every byte of the stack in its
 * sets; and there it is looked at.
 *
 * That there is an end to it is the helper's business, as long as both are rounds
 * of one call.  The begin of a round of an earlier call may lead here by a loop
 * around the calls, and nobody counts the rounds of that.  So calls are numbered
 * as they begin, and only equal numbers are compared.
 *
 * The same holds for who passed the checkpoints from that begin on: that a path
 * from them ends was taken from a begin that is not finished.  They lean on it,
 * and cover nothing outside of the calls that they are in themselves.
 */
bool xbpf_round_is_covered(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->walk_aux[v->pc].open, *on_way;
	u32 n;

	if (!probe_prunes(v)) {
		for (n = 0; st && is_round_of_call(v, st); n++)
			st = st->next;
		return n >= PROBE_ROUNDS;
	}
	if (st && is_round_of_call(v, st))
		widen(v, st);
	/* the latest come first: behind one of another call is none of this */
	for (n = 0; st && n < ROUNDS_COMPARED && is_round_of_call(v, st); n++, st = st->next) {
		if (!xbpf_state_covers_whole(v, st))
			continue;
		mark_all(v);
		for (on_way = v->cur->parent; on_way != st; on_way = on_way->parent)
			on_way->leans = true;
		return true;
	}
	return false;
}

/* Does what @st, a finished checkpoint, says hold for the current path, too? */
bool xbpf_round_may_cover(const struct xbpf_verifier *v, const struct xbpf_state *st)
{
	return !st->leans || same_calls(v, st);
}

/*
 * The path ends at @st: what that leans on the checkpoints of the path do, in as far as they are in
 * a call.
 */
void xbpf_round_lean_with(struct xbpf_verifier *v, const struct xbpf_state *st)
{
	struct xbpf_state *on_way = st->leans ? v->cur->parent : NULL;
	u32 f = 0;

	/* the outermost call; who leans is in one */
	while (f < v->cur->depth && !in_call(v->cur, f))
		f++;
	for (; on_way && f <= on_way->depth && in_call(on_way, f) &&
	       on_way->frame[f]->call == v->cur->frame[f]->call; on_way = on_way->parent)
		on_way->leans = true;
}
