/* SPDX-License-Identifier: GPL-2.0 */
/*
 * States: making, copying, freeing them, and not walking the same one twice.
 *
 * At jump targets the current state is now and then kept as a checkpoint.  When
 * a later path comes by in a state that a finished checkpoint covers, everything
 * it could do was seen to be safe already, and the path ends there.  A checkpoint
 * is finished when no path from it is still open (branches is 0); one that is not
 * lies on the current path itself, and meeting it again unchanged is an infinite
 * loop.
 *
 * What "covers" looks at: registers by the data flow of core/verify/live.c, stack
 * slots by what the paths from the checkpoint really read (xbpf_state.read), the
 * numbers in both only when a verdict depended on them (core/verify/precision.c).
 */
#include "core/verify/verifier_priv.h"

#define PENDING_MAX		8192u
#define STEP_INSNS		8u
#define STEP_JUMPS		2u
/* ... in a loop in which no path forks: its rounds are unlikely to meet any other path */
#define ROUND_INSNS		100u
#define ROUND_JUMPS		20u
/* A round is held against so many before it. */
#define ROUNDS_COMPARED	16u
#define PERIOD_MAX		32u

static void *alloc(struct xbpf_verifier *v, size_t size)
{
	void *p = port_zalloc(size);

	if (!p) {
		xbpf_verify_no_memory(v);
		return NULL;
	}
	xbpf_verify_count_bytes(v, size);
	return p;
}

static void release(struct xbpf_verifier *v, void *p, size_t size)
{
	if (!p)
		return;
	v->bytes -= size;
	port_free(p);
}

/* --- frames ---------------------------------------------------------------------------------- */

static void frame_free(struct xbpf_verifier *v, struct xbpf_frame *frame)
{
	if (!frame)
		return;
	release(v, frame->slots, sizeof(*frame->slots) * frame->slot_room);
	release(v, frame, sizeof(*frame));
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
	release(v, frame->slots, sizeof(*slots) * frame->slot_room);
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
	return alloc(v, sizeof(struct xbpf_state));
}

void xbpf_state_free(struct xbpf_verifier *v, struct xbpf_state *st)
{
	u32 f;

	if (!st)
		return;
	for (f = 0; f < XBPF_MAX_FRAMES; f++)
		frame_free(v, st->frame[f]);
	xbpf_precision_free(v, st);
	release(v, st, sizeof(*st));
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

static struct xbpf_state *state_clone(struct xbpf_verifier *v)
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
		return xbpf_verify_refuse(v, -E2BIG,
			"%u branches of one path are still to be checked: split the program with "
			"tail calls or shorten its loops",
			v->pending_cnt);
	}
	st = state_clone(v);
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

/*
 * The current path is over: so are the checkpoints that waited for it alone.
 * They lie on one path, so the one that ends is the latest of its instruction.
 */
void xbpf_state_path_end(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->cur->parent;

	for (; st && !--st->branches; st = st->parent) {
		struct xbpf_walk_aux *aux = &v->walk_aux[st->pc];

		aux->open = st->next;
		st->next = aux->states;
		aux->states = st;
		xbpf_precision_end(v, st);
	}
	v->cur->parent = NULL;
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

static void free_list(struct xbpf_verifier *v, struct xbpf_state **list)
{
	struct xbpf_state *st;

	while ((st = *list)) {
		*list = st->next;
		xbpf_state_free(v, st);
	}
}

void xbpf_state_release_all(struct xbpf_verifier *v)
{
	const struct xbpf_subprog *sub;
	u32 pc, i;

	xbpf_state_free(v, v->cur);
	v->cur = NULL;
	free_list(v, &v->pending);
	v->pending_cnt = 0;
	v->states_now = 0;
	for (i = 0; i < v->code->subprog_cnt; i++) {
		if (!v->funcs[i].kept)
			continue;
		v->funcs[i].kept = false;
		sub = &v->code->subprogs[i];
		for (pc = sub->start; pc < sub->end; pc++) {
			free_list(v, &v->walk_aux[pc].open);
			free_list(v, &v->walk_aux[pc].states);
			v->walk_aux[pc].checkpoints = 0;
		}
	}
}

/* --- comparing ------------------------------------------------------------------------------- */

/*
 * Ids are names: those of one state must map to those of the other, one to one.
 * A current 0 means "equal to nobody" and is a fresh name.
 */
static bool ids_match(struct xbpf_verifier *v, u32 old, u32 cur)
{
	u32 i;

	if (!old)
		return true;
	for (i = 0; i < v->id_cnt; i++) {
		if (v->ids[i].old == old)
			return cur && v->ids[i].cur == cur;
		if (cur && v->ids[i].cur == cur)
			return false;
	}
	/* as many as registers and slots, so this is never so */
	if (v->id_cnt == ARRAY_SIZE(v->ids))
		return false;
	v->ids[v->id_cnt++] = (struct xbpf_ids){ .old = old, .cur = cur };
	return true;
}

/* Numbers of a checkpoint with a precision node below @precision may be any. */
struct how {
	u8 precision;
	bool identical;
	bool whole;		/* the whole stack counts, read or not */
};

static bool numbers_match(struct xbpf_verifier *v, const struct xbpf_reg *old,
			  const struct xbpf_reg *cur, const struct how *how)
{
	if (old->from->precision < how->precision)
		return true;
	if (old->id && old->off != cur->off)
		return false;
	if (how->identical)
		return xbpf_scalar_same(&old->var, &cur->var) && ids_match(v, old->id, cur->id);
	return xbpf_scalar_within(&old->var, &cur->var) && ids_match(v, old->id, cur->id);
}

static bool regs_match(struct xbpf_verifier *v, const struct xbpf_reg *old,
		       const struct xbpf_reg *cur, const struct how *how)
{
	if (old->type == REG_NONE)
		return !how->identical || cur->type == REG_NONE;
	if (old->type != cur->type)
		return false;
	if (old->type == REG_SCALAR)
		return numbers_match(v, old, cur, how);
	if (old->map != cur->map || old->inner != cur->inner || old->off != cur->off ||
	    old->frame != cur->frame)
		return false;
	/* more of the packet may be known now */
	if (old->size != cur->size && (how->identical || !reg_is_packet(old) || old->size > cur->size))
		return false;
	if (!ids_match(v, old->id, cur->id) || !ids_match(v, old->ref, cur->ref))
		return false;
	if (how->identical || old->type == REG_STACK)
		return xbpf_scalar_same(&old->var, &cur->var);
	return xbpf_scalar_within(&old->var, &cur->var);
}

static u32 spill_len(const struct xbpf_slot *slot)
{
	u32 n = 0;

	while (n < 8 && slot->byte[n] == BYTE_SPILL)
		n++;
	return n;
}

/* What a fill of the low @len bytes would give; false: not one known number or pointer. */
static bool slot_as_reg(struct xbpf_verifier *v, const struct xbpf_slot *slot, u32 len,
			const struct xbpf_reg **out)
{
	bool zero = true;
	struct xbpf_scalar any;
	u32 i;

	if (spill_len(slot) == len) {
		*out = &slot->reg;
		return true;
	}
	for (i = 0; i < len; i++) {
		if (slot->byte[i] == BYTE_SPILL ||
		    (slot->byte[i] == BYTE_NONE && !v->code->may_leak))
			return false;
		zero &= slot->byte[i] == BYTE_ZERO;
	}
	any = zero ? xbpf_scalar_const(0) : xbpf_scalar_bytes(len);
	xbpf_reg_scalar(&v->scratch[0], &any);
	*out = &v->scratch[0];
	return true;
}

static bool byte_is_number(const struct xbpf_slot *slot, u32 i)
{
	return slot->byte[i] == BYTE_MISC || slot->byte[i] == BYTE_ZERO ||
	       (slot->byte[i] == BYTE_SPILL && slot->reg.type == REG_SCALAR);
}

/* Who may leak reads any byte that is not known as an unknown number. */
static bool byte_match(const struct xbpf_slot *old, const struct xbpf_slot *cur, u32 i,
		       bool may_leak)
{
	switch (old->byte[i]) {
	case BYTE_NONE:
		return true;
	case BYTE_MISC:
		return may_leak || byte_is_number(cur, i);
	case BYTE_SPILL:	/* of a number that may be any */
		return byte_is_number(cur, i) || (may_leak && cur->byte[i] == BYTE_NONE);
	case BYTE_ZERO:
		return cur->byte[i] == BYTE_ZERO ||
		       (byte_is_number(cur, i) && cur->byte[i] == BYTE_SPILL &&
			reg_is_const(&cur->reg) && !cur->reg.var.umin);
	}
	return false;
}

static bool slots_match(struct xbpf_verifier *v, const struct xbpf_slot *old,
			const struct xbpf_slot *cur, const struct how *how)
{
	const struct xbpf_reg *reg;
	u32 len = spill_len(old), i;

	if (how->identical && memcmp(old->byte, cur->byte, sizeof(old->byte)))
		return false;
	/* the bytes say enough about a number that may be any */
	if (len && old->reg.type == REG_SCALAR && old->reg.from->precision < how->precision)
		len = 0;
	if (len) {
		if (!slot_as_reg(v, cur, len, &reg) || !regs_match(v, &old->reg, reg, how))
			return false;
	}
	for (i = len; i < 8; i++)
		if (!byte_match(old, cur, i, v->code->may_leak))
			return false;
	return true;
}

static bool stacks_match(struct xbpf_verifier *v, const struct xbpf_frame *old,
			 const struct xbpf_frame *cur, u64 read, const struct how *how)
{
	static const struct xbpf_slot none;
	u32 i;

	for (i = 0; i < old->slot_cnt; i++) {
		if (!(read & 1ULL << i))
			continue;
		if (!slots_match(v, &old->slots[i], i < cur->slot_cnt ? &cur->slots[i] : &none,
				 how))
			return false;
	}
	return true;
}

/* The registers of frame @f that the code from here on reads. */
static u16 live_regs(const struct xbpf_verifier *v, u32 f)
{
	const struct xbpf_state *cur = v->cur;

	if (f == cur->depth)
		return v->walk_aux[v->pc].live;
	/* A caller whose helper calls back is still at the call. */
	if (cur->frame[f + 1]->callback)
		return v->walk_aux[cur->frame[f + 1]->callsite].live;
	/* Another goes on behind its call, with R0 from the callee. */
	return v->walk_aux[cur->frame[f + 1]->callsite + 1].live & ~0x3fu;
}

/*
 * Does @old cover the current state, or (@identical) equal it in all that can
 * decide about the way from here?
 */
static bool states_match_how(struct xbpf_verifier *v, const struct xbpf_state *old, struct how how)
{
	const struct xbpf_state *cur = v->cur;
	u32 f, i;
	u16 live;

	if (old->depth != cur->depth || old->ref_cnt != cur->ref_cnt)
		return false;
	for (f = 0; f <= cur->depth; f++)
		if (old->frame[f]->callsite != cur->frame[f]->callsite ||
		    old->frame[f]->ref_cnt != cur->frame[f]->ref_cnt ||
		    (how.identical && old->frame[f]->round != cur->frame[f]->round))
			return false;
	if (v->code->observer)
		how.precision = 0;
	v->id_cnt = 0;
	for (f = 0; f < old->ref_cnt; f++)
		if (!ids_match(v, old->refs[f].id, cur->refs[f].id))
			return false;
	for (f = 0; f <= cur->depth; f++)
		if (!ids_match(v, old->frame[f]->last_ref, cur->frame[f]->last_ref))
			return false;
	for (f = cur->depth + 1; f--;) {
		const struct xbpf_frame *a = old->frame[f], *b = cur->frame[f];

		live = live_regs(v, f);
		for (i = 0; i < REG_COUNT; i++)
			if (live & BIT_OF(i) && !regs_match(v, &a->regs[i], &b->regs[i], &how))
				return false;
		if (!stacks_match(v, a, b, how.whole ? U64_MAX : old->read[f], &how))
			return false;
	}
	return true;
}

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

static bool states_match(struct xbpf_verifier *v, const struct xbpf_state *old, bool identical)
{
	return states_match_how(v, old, (struct how){
		.precision = identical ? PRECISION_COMPARED : PRECISION_EXACT, .identical = identical });
}

/* --- visiting -------------------------------------------------------------------------------- */

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
	st = state_clone(v);
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

static bool has_zero_byte(const struct xbpf_slot *slot)
{
	u32 i;

	for (i = 0; i < 8; i++)
		if (slot->byte[i] == BYTE_ZERO)
			return true;
	return false;
}

static void propagate_slot(struct xbpf_verifier *v, const struct xbpf_slot *old,
			   const struct xbpf_slot *cur)
{
	u8 precision = slot_has_number(old) ? old->reg.from->precision : 0;

	if (has_zero_byte(old))
		precision = PRECISION_EXACT;
	if (slot_has_number(cur))
		xbpf_precision_mark(v, cur->reg.from, precision);
}

/* The path goes on as from @old: what is read and needed from there on is so from here, too. */
static void propagate(struct xbpf_verifier *v, const struct xbpf_state *old)
{
	u32 f, i;

	for (f = 0; f <= v->cur->depth; f++) {
		const struct xbpf_frame *a = old->frame[f], *b = v->cur->frame[f];
		u16 live = live_regs(v, f);

		for (i = 0; i < REG_COUNT; i++)
			if (live & BIT_OF(i) && a->regs[i].type == REG_SCALAR)
				xbpf_precision_mark(v, b->regs[i].from, a->regs[i].from->precision);
		for (i = 0; i < a->slot_cnt && i < b->slot_cnt; i++)
			if (old->read[f] & 1ULL << i)
				propagate_slot(v, &a->slots[i], &b->slots[i]);
		xbpf_state_mark_read(v, f, old->read[f]);
	}
}

/*
 * Checkpoints that never help cost time at each visit.  Too little patience is
 * worse: a loop with two states per round was walked 2^n times when a checkpoint
 * went after 4 misses, and one whose rounds remember a place in a string (31 * 31 / 2 states
 * that all count) a hundred times when it went after 64.
 */
static bool is_useless(const struct xbpf_state *st)
{
	return st->misses > st->hits * 3 + 256;
}

/*
 * Is the current state the same as @st, an earlier one of this path, in all that
 * decided about the way from there to here?  Then that way can be gone for ever.
 * What it takes to be the same after one more round counts as well: so @st is
 * told until nothing is new.
 */
static bool repeats(struct xbpf_verifier *v, const struct xbpf_state *st)
{
	u32 marks;

	do {
		if (!states_match(v, st, true))
			return false;
		marks = v->marks;
		propagate(v, st);
	} while (v->marks != marks);
	return true;
}

/* A loop that comes back in the same state has a short period, or is left to the limit. */
static int check_progress(struct xbpf_verifier *v)
{
	const struct xbpf_state *st = v->walk_aux[v->pc].open;
	u32 n;

	for (n = 0; st && n < PERIOD_MAX; n++, st = st->next) {
		if (!repeats(v, st))
			continue;
		xbpf_log(v->log, "infinite loop detected at insn %u\n", v->pc);
		return xbpf_verify_refuse(v, -EINVAL,
			"the loop may run forever: "
			"nothing that its end depends on changes from round to round; "
			"count up to a constant limit");
	}
	return 0;
}

/* --- rounds of callbacks --------------------------------------------------------------------- */

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
			if (spill_len(&a->slots[i]) && spill_len(&a->slots[i]) == spill_len(&b->slots[i]))
				widen_reg(&a->slots[i].reg, &b->slots[i].reg, spill_len(&a->slots[i]));
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
static bool round_is_covered(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->walk_aux[v->pc].open, *on_way;
	u32 n;

	if (st && is_round_of_call(v, st))
		widen(v, st);
	/* the latest come first: behind one of another call is none of this */
	for (n = 0; st && n < ROUNDS_COMPARED && is_round_of_call(v, st); n++, st = st->next) {
		if (!states_match_how(v, st, (struct how){ .whole = true }))
			continue;
		mark_all(v);
		for (on_way = v->cur->parent; on_way != st; on_way = on_way->parent)
			on_way->leans = true;
		return true;
	}
	return false;
}

static bool may_cover(const struct xbpf_verifier *v, const struct xbpf_state *st)
{
	return !st->leans || same_calls(v, st);
}

/*
 * The path ends at @st: what that leans on the checkpoints of the path do, in as far as they are in
 * a call.
 */
static void lean_with(struct xbpf_verifier *v, const struct xbpf_state *st)
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

/* Is it time for another checkpoint? */
static bool wants_checkpoint(const struct xbpf_verifier *v)
{
	if (v->bytes > XBPF_CHECKPOINT_BYTES)
		return false;
	if (v->walk_aux[v->pc].flags & WALK_CALLBACK)
		return true;
	if (v->insns < STEP_INSNS || v->jumps < STEP_JUMPS)
		return false;
	return !v->walk_aux[v->pc].open || v->forks || v->insns >= ROUND_INSNS || v->jumps >= ROUND_JUMPS;
}

static int visit(struct xbpf_verifier *v)
{
	struct xbpf_state **at = &v->walk_aux[v->pc].states, *st;
	bool round = v->cur->returned, wanted = wants_checkpoint(v);
	int err = 0;

	if (round && round_is_covered(v))
		return 1;
	if (!round)
		err = check_progress(v);
	if (err)
		return err;
	while ((st = *at)) {
		if (may_cover(v, st) && states_match(v, st, false)) {
			st->hits++;
			propagate(v, st);
			lean_with(v, st);
			return 1;
		}
		/*
		 * Only what another checkpoint would replace may go: the rounds of a
		 * loop each miss those of all others, and are yet of use to the paths
		 * that fork from it.
		 */
		st->misses += wanted;
		if (is_useless(st)) {
			*at = st->next;
			v->walk_aux[v->pc].checkpoints--;
			v->states_now--;
			xbpf_state_free(v, st);
		} else {
			at = &st->next;
		}
	}
	return wanted ? checkpoint(v) : 0;
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
