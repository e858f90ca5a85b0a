/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words for a walk that comes to a limit.  That a loop never ends is not known then, nor that
 * it does: all that can be said is where the walk went round, how often, and what would help.
 */
#include "core/verify/verifier_priv.h"

/* Fewer rounds are not what takes the time. */
#define ROUNDS_MANY	100u

struct loop {
	u32 first, last;	/* instructions */
	u32 rounds;		/* over all paths */
};

/* The loop that the jump at @pc closes; false: it closes none. */
static bool loop_at(const struct xbpf_verifier *v, u32 pc, struct loop *loop)
{
	const struct bpf_insn *insn = &v->code->insns[pc];
	u8 klass = xbpf_opcode(insn->code)->klass;

	if (!(v->code->insn_aux[pc].flags & XBPF_AUX_SEEN) || v->code->insn_aux[pc].flags & XBPF_AUX_HI ||
	    (klass != XBPF_INSN_JUMP && klass != XBPF_INSN_JA) || insn_target(insn, pc) > pc)
		return false;
	loop->first = (u32)insn_target(insn, pc);
	loop->last = pc;
	loop->rounds = v->walk_aux[loop->first].visits;
	return true;
}

/* Is the walk at an instruction from @first to @last, or in what one of them called? */
static bool is_under_way(const struct xbpf_verifier *v, u32 first, u32 last)
{
	u32 f;

	if (v->pc >= first && v->pc <= last)
		return true;
	for (f = 1; f <= v->cur->depth; f++)
		if (v->cur->frame[f]->callsite >= first && v->cur->frame[f]->callsite <= last)
			return true;
	return false;
}

/* Most rounds; of those with one head, the largest. */
static bool is_better(const struct loop *a, const struct loop *b)
{
	return a->rounds > b->rounds || (a->rounds == b->rounds && a->last > b->last);
}

/* The loop of most rounds: with @inner of those around it, with @here of those the walk is in. */
static struct loop find(const struct xbpf_verifier *v, const struct loop *inner, bool here)
{
	struct loop best = { 0 }, loop;
	u32 pc;

	for (pc = 0; pc < v->code->insn_cnt; pc++) {
		if (!loop_at(v, pc, &loop) || (here && !is_under_way(v, loop.first, loop.last)) ||
		    !is_better(&loop, &best))
			continue;
		if (!inner || (loop.first < inner->first && loop.last >= inner->last))
			best = loop;
	}
	return best;
}

/* The call of a helper that calls back, of those that the walk is in, whose rounds were most. */
static u32 find_call(const struct xbpf_verifier *v)
{
	u32 pc, best = 0;

	for (pc = 0; pc < v->code->insn_cnt; pc++)
		if (v->walk_aux[pc].flags & WALK_CALLBACK && is_under_way(v, pc, pc) &&
		    v->walk_aux[pc].visits > v->walk_aux[best].visits)
			best = pc;
	return best;
}

int xbpf_verify_refuse_long(struct xbpf_verifier *v, u32 n, const char *what)
{
	struct loop loop = find(v, NULL, true), around;
	u32 call = find_call(v);
	char outer[96] = "";

	/* the branches that its rounds left behind may be walked just now */
	if (loop.rounds < ROUNDS_MANY)
		loop = find(v, NULL, false);
	around = find(v, &loop, false);
	if (v->walk_aux[call].flags & WALK_CALLBACK && v->walk_aux[call].visits > loop.rounds)
		return xbpf_verify_refuse_at(v, call, -E2BIG,
			"%u %s, and the end of the rounds that the helper at instruction %u calls back is "
			"not seen: %u of them all differ; let a round's branches depend on less of what "
			"rounds change",
			n, what, call, v->walk_aux[call].visits);
	if (loop.rounds < ROUNDS_MANY)
		return xbpf_verify_refuse(v, -E2BIG,
			"%u %s, and the end of the program is not seen: its branches have too many "
			"combinations; split it with tail calls, or make parts of it global functions, "
			"which are walked once",
			n, what);
	if (around.rounds)
		snprintf(outer, sizeof(outer), ", inside of the loop from %u to %u (%u rounds)", around.first,
			 around.last, around.rounds);
	return xbpf_verify_refuse_at(v, loop.first, -E2BIG,
		"%u %s, and the end of the loop from instruction %u to %u is not seen after %u rounds%s: "
		"compare its counter with a smaller constant, do less in a round, or use bpf_loop",
		n, what, loop.first, loop.last, loop.rounds, outer);
}

int xbpf_verify_go_on(struct xbpf_verifier *v)
{
	v->looked = v->code->compared;
	port_resched();
	if (port_interrupted())
		return xbpf_verify_refuse(v, -EINTR, "the check was interrupted by a signal");
	return 0;
}
