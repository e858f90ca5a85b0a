/* SPDX-License-Identifier: GPL-2.0 */
/*
 * States and their frames: making, copying and freeing them; those that wait.
 */
#include "core/verify/verifier_priv.h"

#define PENDING_MAX		8192u

static void *alloc(struct xbpf_verifier *v, size_t size)
{
	void *p = xbpf_verify_alloc(v, size);

	if (!p)
		xbpf_verify_no_memory(v);
	return p;
}

/* --- frames ---------------------------------------------------------------------------------- */

static void frame_free(struct xbpf_verifier *v, struct xbpf_frame *frame)
{
	if (!frame)
		return;
	xbpf_verify_release(v, frame->slots, sizeof(*frame->slots) * frame->slot_room);
	xbpf_verify_release(v, frame, sizeof(*frame));
}

static int frame_reserve(struct xbpf_verifier *v, struct xbpf_frame *frame, u32 room)
{
	struct xbpf_slot *slots;

	if (room <= frame->slot_room)
		return 0;
	slots = alloc(v, sizeof(*slots) * room);
	if (!slots)
		return -ENOMEM;
	if (frame->slot_cnt)
		memcpy(slots, frame->slots, sizeof(*slots) * frame->slot_cnt);
	xbpf_verify_release(v, frame->slots, sizeof(*slots) * frame->slot_room);
	frame->slots = slots;
	frame->slot_room = room;
	return 0;
}

/* The slot for writing: it and all above come into being. */
struct xbpf_slot *xbpf_frame_slot(struct xbpf_verifier *v, struct xbpf_frame *frame, u32 slot)
{
	if (slot >= frame->slot_cnt) {
		/* some to spare: a frame grows downwards slot by slot */
		if (slot >= frame->slot_room &&
		    frame_reserve(v, frame, min_t(u32, SLOT_COUNT, slot + 4)))
			return NULL;
		memset(&frame->slots[frame->slot_cnt], 0,
		       sizeof(*frame->slots) * (slot + 1 - frame->slot_cnt));
		frame->slot_cnt = slot + 1;
	}
	return &frame->slots[slot];
}

static struct xbpf_frame *frame_copy(struct xbpf_verifier *v, const struct xbpf_frame *src)
{
	struct xbpf_frame *dst = alloc(v, sizeof(*dst));

	if (!dst)
		return NULL;
	*dst = *src;
	dst->slots = NULL;
	dst->slot_room = 0;
	dst->slot_cnt = 0;
	if (src->slot_cnt) {
		if (frame_reserve(v, dst, src->slot_cnt)) {
			frame_free(v, dst);
			return NULL;
		}
		memcpy(dst->slots, src->slots, sizeof(*src->slots) * src->slot_cnt);
		dst->slot_cnt = src->slot_cnt;
	}
	return dst;
}

/* Nothing before the call can be read in the new frame: it counts as written. */
int xbpf_frame_open(struct xbpf_verifier *v, struct xbpf_state *st, u32 subprog, u32 callsite)
{
	u32 depth = callsite == U32_MAX ? 0 : st->depth + 1;
	struct xbpf_frame *frame = alloc(v, sizeof(*frame));

	if (!frame)
		return -ENOMEM;
	memset(frame, 0, sizeof(*frame));
	frame->subprog = subprog;
	frame->callsite = callsite;
	frame->regs[REG_FP].type = REG_STACK;
	frame->regs[REG_FP].frame = depth;
	frame->regs[REG_FP].var = xbpf_scalar_const(0);
	st->frame[depth] = frame;
	st->depth = depth;
	st->written[depth] = U64_MAX;
	return 0;
}

void xbpf_frame_close(struct xbpf_verifier *v, struct xbpf_state *st)
{
	frame_free(v, st->frame[st->depth]);
	st->frame[st->depth--] = NULL;
}

/* --- states ---------------------------------------------------------------------------------- */

struct xbpf_state *xbpf_state_new(struct xbpf_verifier *v)
{
	struct xbpf_state *st = alloc(v, sizeof(*st));

	if (st)
		memset(st, 0, offsetof(struct xbpf_state, refs));
	return st;
}

void xbpf_state_free(struct xbpf_verifier *v, struct xbpf_state *st)
{
	u32 f;

	if (!st)
		return;
	for (f = 0; f < XBPF_MAX_FRAMES; f++)
		frame_free(v, st->frame[f]);
	xbpf_precision_free(v, st);
	xbpf_verify_release(v, st, sizeof(*st));
}

/* @dst is fresh; on failure it holds what was copied and is freed by the caller. */
int xbpf_state_copy(struct xbpf_verifier *v, struct xbpf_state *dst, const struct xbpf_state *src)
{
	u32 f;

	dst->parent = src->parent;
	dst->depth = src->depth;
	memcpy(dst->written, src->written, sizeof(dst->written));
	memcpy(dst->refs, src->refs, sizeof(dst->refs[0]) * src->ref_cnt);
	dst->ref_cnt = src->ref_cnt;
	dst->returned = src->returned;
	for (f = 0; f <= src->depth; f++) {
		dst->frame[f] = frame_copy(v, src->frame[f]);
		if (!dst->frame[f])
			return -ENOMEM;
	}
	return 0;
}

/* A copy of the current state; NULL when there is no memory for it. */
struct xbpf_state *xbpf_state_clone(struct xbpf_verifier *v)
{
	struct xbpf_state *st = xbpf_state_new(v);

	if (st && xbpf_state_copy(v, st, v->cur)) {
		xbpf_state_free(v, st);
		return NULL;
	}
	return st;
}

int xbpf_state_push(struct xbpf_verifier *v, u32 pc, struct xbpf_state **out)
{
	struct xbpf_state *st;

	if (v->pending_cnt >= PENDING_MAX) {
		xbpf_log(v->log, "The sequence of %u jumps is too complex.\n", v->pending_cnt);
		return xbpf_verify_refuse_long(v, v->pending_cnt, "branches wait to be walked");
	}
	st = xbpf_state_clone(v);
	if (!st)
		return -ENOMEM;
	st->pc = pc;
	st->from = v->pc;
	st->log_pos = v->log->pos;
	st->next = v->pending;
	v->pending = st;
	v->pending_cnt++;
	v->forks++;
	if (st->parent)
		st->parent->branches++;
	*out = st;
	return 0;
}

void xbpf_state_mark_read(struct xbpf_verifier *v, u32 frame, u64 slots)
{
	struct xbpf_state *st = v->cur;

	/* Who has the mark already passed it on when it came. */
	slots &= ~st->written[frame];
	for (st = st->parent; st && slots; st = st->parent) {
		slots &= ~st->read[frame];
		st->read[frame] |= slots;
		slots &= ~st->written[frame];
	}
}
