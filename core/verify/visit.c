/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Not walking the same state twice.
 *
 * At jump targets the current state is now and then kept as a checkpoint.  When
 * a later path comes by in a state that a finished checkpoint covers, everything
 * it could do was seen to be safe already, and the path ends there.  A checkpoint
 * is finished when no path from it is still open (branches is 0); one that is not
 * lies on the current path itself, and meeting it again unchanged is an infinite
 * loop.
 */
#include "core/verify/verifier_priv.h"

#define STEP_INSNS		6u
#define STEP_JUMPS		1u
/* ... in a loop in which no path forks: its rounds are unlikely to meet any other path */
#define ROUND_INSNS		100u
#define ROUND_JUMPS		20u
#define PERIOD_MAX		32u
/* compared states between two looks for a signal */
#define LOOK_AFTER		64u

static void count_id(struct xbpf_verifier *v, const struct xbpf_reg *reg)
{
	u32 i;

	if (reg->type != REG_SCALAR || !reg->id)
		return;
	for (i = 0; i < v->id_cnt && v->ids[i].old != reg->id; i++)
		;
	if (i == v->id_cnt) {
		if (i == ARRAY_SIZE(v->ids))
			return;
		v->ids[v->id_cnt++] = (struct xbpf_ids){ .old = reg->id };
	}
	v->ids[i].cur++;
}

static void drop_id(struct xbpf_verifier *v, struct xbpf_reg *reg)
{
	u32 i;

	if (reg->type != REG_SCALAR || !reg->id)
		return;
	for (i = 0; i < v->id_cnt; i++) {
		if (v->ids[i].old != reg->id || v->ids[i].cur != 1)
			continue;
		reg->id = 0;
		reg->off = 0;
	}
}

/* An id that one number alone has relates it to nothing, and would only keep states apart. */
static void drop_lonely_ids(struct xbpf_verifier *v, struct xbpf_state *st)
{
	struct xbpf_frame *frame;
	u32 f, i;

	v->id_cnt = 0;
	for (f = 0; f <= st->depth; f++) {
		frame = st->frame[f];
		for (i = 0; i < REG_COUNT; i++)
			count_id(v, &frame->regs[i]);
		for (i = 0; i < frame->slot_cnt; i++)
			if (slot_has_number(&frame->slots[i]))
				count_id(v, &frame->slots[i].reg);
	}
	if (!v->id_cnt)
		return;
	for (f = 0; f <= st->depth; f++) {
		frame = st->frame[f];
		for (i = 0; i < REG_COUNT; i++)
			drop_id(v, &frame->regs[i]);
		for (i = 0; i < frame->slot_cnt; i++)
			if (slot_has_number(&frame->slots[i]))
				drop_id(v, &frame->slots[i].reg);
	}
}

static int checkpoint(struct xbpf_verifier *v)
{
	struct xbpf_walk_aux *aux = &v->walk_aux[v->pc];
	struct xbpf_state *st;

	drop_lonely_ids(v, v->cur);
	st = xbpf_state_clone(v);
	if (!st)
		return -ENOMEM;
	if (xbpf_precision_begin(v, st)) {
		xbpf_state_free(v, st);
		return -ENOMEM;
	}
	v->funcs[cur_frame(v)->subprog].kept = true;
	st->pc = v->pc;
	st->branches = 1;
	st->next = aux->open;
	aux->open = st;
	v->cur->parent = st;
	memset(v->cur->written, 0, sizeof(v->cur->written));
	v->jumps = 0;
	v->insns = 0;
	v->forks = 0;
	v->states_total++;
	v->states_now++;
	aux->checkpoints++;
	v->states_peak = max_t(u32, v->states_peak, v->states_now);
	v->states_per_insn = max_t(u32, v->states_per_insn, aux->checkpoints);
	return 0;
}

/* Comparisons may take long: states may be large. */
static int look_for_signal(struct xbpf_verifier *v)
{
	return v->code->compared - v->looked < LOOK_AFTER ? 0 : xbpf_verify_go_on(v);
}

/*
 * Is the current state the same as @st, an earlier one of this path, in all that
 * decided about the way from there to here?  Then that way can be gone for ever.
 * What it takes to be the same after one more round counts as well: so @st is
 * told until nothing is new.  1: it is; or an error.
 */
static int repeats(struct xbpf_verifier *v, const struct xbpf_state *st)
{
	u32 marks;
	int err;

	do {
		err = look_for_signal(v);
		if (err)
			return err;
		if (!xbpf_state_equals(v, st))
			return 0;
		marks = v->marks;
		xbpf_state_take_over(v, st);
	} while (v->marks != marks);
	return 1;
}

/* A loop that comes back in the same state has a short period, or is left to the limit. */
static int check_progress(struct xbpf_verifier *v)
{
	const struct xbpf_state *st = v->walk_aux[v->pc].open;
	u32 n;
	int err;

	for (n = 0; st && n < PERIOD_MAX; n++, st = st->next) {
		err = repeats(v, st);
		if (err < 0)
			return err;
		if (!err)
			continue;
		xbpf_log(v->log, "infinite loop detected at insn %u\n", v->pc);
		return xbpf_verify_refuse(v, -EINVAL,
			"the loop may run forever: "
			"nothing that its end depends on changes from round to round; "
			"count up to a constant limit");
	}
	return 0;
}

/* Is it time for another checkpoint? */
static bool wants_checkpoint(const struct xbpf_verifier *v)
{
	if (v->walk_aux[v->pc].flags & WALK_CALLBACK || v->code->flags & BPF_F_TEST_STATE_FREQ)
		return true;
	if (v->insns < STEP_INSNS || v->jumps < STEP_JUMPS)
		return false;
	return !v->walk_aux[v->pc].open || v->forks || v->insns >= ROUND_INSNS || v->jumps >= ROUND_JUMPS;
}

static int visit(struct xbpf_verifier *v)
{
	struct xbpf_state *st;
	bool round = v->cur->returned;
	int err = look_for_signal(v);

	if (err)
		return err;
	if (round && xbpf_round_is_covered(v))
		return 1;
	err = round ? 0 : check_progress(v);
	if (err)
		return err;
	st = xbpf_kept_find(v);
	if (st) {
		xbpf_state_take_over(v, st);
		xbpf_round_lean_with(v, st);
		return 1;
	}
	if (!wants_checkpoint(v))
		return 0;
	xbpf_kept_replace(v);
	return v->bytes > XBPF_CHECKPOINT_BYTES ? 0 : checkpoint(v);
}

int xbpf_state_visit(struct xbpf_verifier *v)
{
	int covered;

	/* a helper that calls back begins to: each time another call */
	if (v->walk_aux[v->pc].flags & WALK_CALLBACK && !v->cur->returned)
		cur_frame(v)->call = ++v->helper_calls;
	covered = visit(v);
	v->cur->returned = false;
	return covered;
}
