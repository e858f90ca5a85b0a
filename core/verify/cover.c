/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does a state cover another?
 *
 * What counts: registers by the data flow of core/verify/live.c, stack slots by
 * what the paths from the checkpoint really read (xbpf_state.read), the numbers in
 * both only when a verdict depended on them (core/verify/precision.c).
 */
#include "core/verify/observe.h"
#include "core/verify/verifier_priv.h"

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

/* What a fill of the low @len bytes would give; false: not one known number or pointer. */
static bool slot_as_reg(struct xbpf_verifier *v, const struct xbpf_slot *slot, u32 len,
			const struct xbpf_reg **out)
{
	bool zero = true;
	struct xbpf_scalar any;
	u32 i;

	if (slot_spill_len(slot) == len) {
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
	u32 len = slot_spill_len(old), i;

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

u16 xbpf_state_live_regs(const struct xbpf_verifier *v, const struct xbpf_state *st, u32 pc, u32 f)
{
	if (f == st->depth)
		return v->walk_aux[pc].live;
	/* A caller whose helper calls back is still at the call. */
	if (st->frame[f + 1]->callback)
		return v->walk_aux[st->frame[f + 1]->callsite].live;
	/* Another goes on behind its call, with R0 from the callee. */
	return v->walk_aux[st->frame[f + 1]->callsite + 1].live & ~0x3fu;
}

/*
 * Does @old cover the current state, or (@identical) equal it in all that can
 * decide about the way from here?
 */
static bool states_match(struct xbpf_verifier *v, const struct xbpf_state *old, struct how how)
{
	const struct xbpf_state *cur = v->cur;
	u32 f, i;
	u16 live;

	v->code->compared++;
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

		live = xbpf_state_live_regs(v, cur, v->pc, f);
		for (i = 0; i < REG_COUNT; i++)
			if (live & BIT_OF(i) && !regs_match(v, &a->regs[i], &b->regs[i], &how))
				return false;
		if (!stacks_match(v, a, b, how.whole ? U64_MAX : old->read[f], &how))
			return false;
	}
	return true;
}

/* May a path end in the current state, as all that can follow was seen from @old on? */
bool xbpf_state_covers(struct xbpf_verifier *v, const struct xbpf_state *old)
{
	if (!probe_prunes(v) || !states_match(v, old, (struct how){ .precision = PRECISION_EXACT }))
		return false;
	probe_pruned(v);
	return true;
}

/* ... even if the marks of @old are not complete, as some path from it is still open? */
bool xbpf_state_covers_whole(struct xbpf_verifier *v, const struct xbpf_state *old)
{
	return states_match(v, old, (struct how){ .whole = true });
}

/* Is the current state equal to @old in all that can decide about the way from here? */
bool xbpf_state_equals(struct xbpf_verifier *v, const struct xbpf_state *old)
{
	return states_match(v, old,
				(struct how){ .precision = PRECISION_COMPARED, .identical = true });
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
void xbpf_state_take_over(struct xbpf_verifier *v, const struct xbpf_state *old)
{
	u32 f, i;

	for (f = 0; f <= v->cur->depth; f++) {
		const struct xbpf_frame *a = old->frame[f], *b = v->cur->frame[f];
		u16 live = xbpf_state_live_regs(v, v->cur, v->pc, f);

		for (i = 0; i < REG_COUNT; i++)
			if (live & BIT_OF(i) && a->regs[i].type == REG_SCALAR)
				xbpf_precision_mark(v, b->regs[i].from, a->regs[i].from->precision);
		for (i = 0; i < a->slot_cnt && i < b->slot_cnt; i++)
			if (old->read[f] & 1ULL << i)
				propagate_slot(v, &a->slots[i], &b->slots[i]);
		xbpf_state_mark_read(v, f, old->read[f]);
	}
}
