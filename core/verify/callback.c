/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers that call functions of the program: any number of times, one after the
 * other.
 *
 * The caller stands still at the call while the rounds go by, with all of its
 * registers.  From there the walk goes two ways: behind the call, as after the
 * last round, and into the function.  When that returns the path is back at the
 * call, in a state that what the round did to the stack has changed, and goes
 * both ways again; until a round ends in a state that one before it covers
 * (core/verify/state.c).  After a round that returns 1 the helper calls no more: there
 * is only the way behind the call.
 */
#include "core/verify/verifier_priv.h"

bool xbpf_in_callback(const struct xbpf_state *st)
{
	u32 f;

	for (f = 1; f <= st->depth; f++)
		if (st->frame[f]->callback)
			return true;
	return false;
}

/* What the helper calls it with: the map in its own R1, the context in its R3. */
static void set_arguments(struct xbpf_verifier *v, u8 kind)
{
	const struct xbpf_reg *caller = v->cur->frame[v->cur->depth - 1]->regs;
	struct xbpf_reg *regs = cur_regs(v);
	struct xbpf_scalar index = xbpf_scalar_bytes(4);

	if (kind == XBPF_CALLBACK_LOOP) {
		xbpf_reg_scalar(&regs[1], &index);
		regs[2] = caller[3];
		return;
	}
	regs[1] = caller[1];
	regs[2].type = REG_KEY;
	regs[2].frame = (u8)v->cur->depth;
	regs[2].size = reg_map(v, &caller[1])->key_size;
	regs[2].var = xbpf_scalar_const(0);
	regs[3].type = REG_VALUE;
	regs[3].map = caller[1].map;
	regs[3].inner = caller[1].inner;
	regs[3].id = ++v->last_id;
	regs[3].var = xbpf_scalar_const(0);
	regs[4] = caller[3];
}

static void set_result(struct xbpf_state *st)
{
	struct xbpf_reg *regs = st->frame[st->depth]->regs;
	u32 i;

	for (i = 1; i <= 5; i++)
		xbpf_reg_none(&regs[i]);
	xbpf_reg_unknown(&regs[0]);
}

/* Behind the call, in a state of its own. */
static int push_last_round(struct xbpf_verifier *v)
{
	struct xbpf_state *st;
	int err = xbpf_state_push(v, v->pc + 1, &st);

	if (!err)
		set_result(st);
	return err;
}

int xbpf_callback_enter(struct xbpf_verifier *v, u8 kind, u32 func)
{
	struct xbpf_frame *frame;
	int err;

	xbpf_verify_record_call(v, cur_frame(v)->subprog, func);
	err = push_last_round(v);
	if (!err)
		err = xbpf_frame_open(v, v->cur, func, v->pc);
	if (err)
		return err;
	frame = cur_frame(v);
	frame->callback = true;
	frame->round = ++v->rounds;
	frame->ref_cnt = v->cur->ref_cnt;
	frame->last_ref = frame->ref_cnt ? v->cur->refs[frame->ref_cnt - 1].id : 0;
	set_arguments(v, kind);
	v->pc = v->code->subprogs[func].start;
	return STEP_JUMP;
}

/*
 * The key that a callback is shown is a local of the helper, or lies in an element
 * that may be gone after the round.  So a pointer to it stays in registers and in
 * the stacks of frames that end with the callback or before; who may_leak has no
 * more right to it, since it would still be one.  Its bytes may be copied.
 */
int xbpf_callback_check_key(struct xbpf_verifier *v, const struct xbpf_reg *value, s32 to)
{
	if (value->type != REG_KEY || to >= (s32)value->frame)
		return 0;
	xbpf_log(v->log, "pointer to the key of a callback may not be kept outside of it\n");
	return xbpf_verify_refuse(v, -EACCES,
		"a pointer to the key of an element may be kept only on the stack of its callback, "
		"with which the key ends: copy the key itself");
}

/* A round leaves behind what it found: it may happen any number of times, or never. */
static int check_refs(struct xbpf_verifier *v)
{
	const struct xbpf_state *st = v->cur;
	const struct xbpf_frame *frame = cur_frame(v);
	u32 last = st->ref_cnt ? st->refs[st->ref_cnt - 1].id : 0;

	if (st->ref_cnt == frame->ref_cnt && last == frame->last_ref)
		return 0;
	if (last != frame->last_ref && st->ref_cnt)
		xbpf_log(v->log, "Unreleased reference id=%u alloc_insn=%u\n", last,
			 st->refs[st->ref_cnt - 1].pc);
	return xbpf_verify_refuse(v, -EINVAL,
		"unreleased reference: a callback must give back what it reserved itself, and nothing else");
}

int xbpf_callback_return(struct xbpf_verifier *v)
{
	const struct xbpf_reg *r0 = &cur_regs(v)[0];
	u32 callsite = cur_frame(v)->callsite;
	bool stop;
	int err = xbpf_reg_read(v, 0);

	if (!err)
		err = check_refs(v);
	if (err)
		return err;
	xbpf_reg_mark_precise(v, r0);
	if (r0->type != REG_SCALAR || r0->var.umax > 1) {
		xbpf_log(v->log,
			 "At callback return the register R0 has unknown scalar value should have been in [0, 1]\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"a callback must return 0 (go on) or 1 (stop), R0 may be something else");
	}
	stop = r0->var.umin == 1;
	xbpf_frame_close(v, v->cur);
	if (stop) {
		/* the helper ends, whatever is left of its rounds */
		set_result(v->cur);
		v->pc = callsite + 1;
		return STEP_JUMP;
	}
	v->cur->returned = true;
	v->pc = callsite;
	return STEP_JUMP;
}
