/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Single registers, and what relates several of them.
 */
#include "core/verify/verifier_priv.h"

void xbpf_ref_drop(struct xbpf_state *st, u32 id)
{
	u32 i, to = 0;

	/* the order stays: states are compared one by one */
	for (i = 0; i < st->ref_cnt; i++)
		if (st->refs[i].id != id)
			st->refs[to++] = st->refs[i];
	st->ref_cnt = to;
}

void xbpf_reg_scalar(struct xbpf_reg *reg, const struct xbpf_scalar *value)
{
	struct xbpf_scalar copy = *value;	/* may be part of *reg */

	memset(reg, 0, sizeof(*reg));
	reg->type = REG_SCALAR;
	reg->var = copy;
}

void xbpf_reg_derive(struct xbpf_reg *reg, const struct xbpf_scalar *value,
		     struct xbpf_precision *from)
{
	xbpf_reg_scalar(reg, value);
	reg->from = from;
}

void xbpf_reg_unknown(struct xbpf_reg *reg)
{
	struct xbpf_scalar any = xbpf_scalar_unknown();

	xbpf_reg_scalar(reg, &any);
}

void xbpf_reg_const(struct xbpf_reg *reg, u64 value)
{
	struct xbpf_scalar one = xbpf_scalar_const(value);

	xbpf_reg_scalar(reg, &one);
}

void xbpf_reg_none(struct xbpf_reg *reg)
{
	memset(reg, 0, sizeof(*reg));
}

/* How far it was moved stays known: by enough, and it is 0. */
void xbpf_reg_gone(struct xbpf_reg *reg)
{
	struct xbpf_scalar var = reg->var;
	s32 off = reg->off;

	xbpf_reg_none(reg);
	reg->type = REG_GONE;
	reg->var = var;
	reg->off = off;
}

int xbpf_reg_read(struct xbpf_verifier *v, u32 regno)
{
	if (cur_regs(v)[regno].type != REG_NONE)
		return 0;
	xbpf_log(v->log, "R%u !read_ok\n", regno);
	if (regno >= 1 && regno <= 5 && v->pc)
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is read but holds nothing: write it first (a call clears R1 to R5)", regno);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is read but was not written on this path: give it a value first", regno);
}

int xbpf_reg_write(struct xbpf_verifier *v, u32 regno)
{
	if (regno != REG_FP)
		return 0;
	xbpf_log(v->log, "frame pointer is read only\n");
	return xbpf_verify_refuse(v, -EACCES,
		"R10, the frame pointer, cannot be written: copy it to another register first");
}

/*
 * No object lies within XBPF_OBJECT_MARGIN of either end of the kernel's half of
 * the address space, so the address of a near pointer does not wrap and is not 0.
 * A far one can have any address: p += -p is 0.  Both ends count: var has no
 * upper bound after "p += r" with r >= 0.
 */
bool xbpf_reg_is_near(const struct xbpf_reg *ptr)
{
	BUILD_BUG_ON(2 * OFFSET_LIMIT > XBPF_OBJECT_MARGIN);
	return ptr->off > -OFFSET_LIMIT && ptr->off < OFFSET_LIMIT &&
	       ptr->var.smin > -OFFSET_LIMIT && ptr->var.smax < OFFSET_LIMIT;
}

int xbpf_reg_refuse_far(struct xbpf_verifier *v, u32 regno)
{
	xbpf_log(v->log, "R%u pointer comparison prohibited\n", regno);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is a pointer (%s) that may be far "
		"from what it was made of: comparing it would tell its address; compare the index first",
		regno, xbpf_reg_type_name(&cur_regs(v)[regno]));
}

bool xbpf_reg_same_object(const struct xbpf_verifier *v, const struct xbpf_reg *a,
			  const struct xbpf_reg *b)
{
	const struct xbpf_map_info *map;

	if (a->type != b->type)
		return false;
	if (a->type == REG_STACK)
		return a->frame == b->frame;
	if (a->type == REG_MEM)
		return a->ref == b->ref && a->id == b->id;
	if (a->type != REG_VALUE || a->map != b->map || a->inner != b->inner)
		return false;
	map = reg_map(v, a);
	/* the result of one lookup, or of any where there is but one value */
	return (a->id && a->id == b->id) ||
	       (map->type == BPF_MAP_TYPE_ARRAY && map->max_entries == 1 && !a->inner);
}

/*
 * How two objects lie to each other tells of the kernel's addresses, so a loader that may not see
 * those relates pointers into one object only.  A packet is one.
 */
bool xbpf_reg_may_relate(const struct xbpf_verifier *v, const struct xbpf_reg *a,
			 const struct xbpf_reg *b)
{
	return v->code->may_leak || xbpf_reg_same_object(v, a, b) ||
	       (a->type == REG_PACKET && b->type == REG_PACKET);
}

struct xbpf_scalar xbpf_reg_distance(const struct xbpf_reg *ptr)
{
	struct xbpf_scalar sum = ptr->var, off = xbpf_scalar_const((u64)(s64)ptr->off);

	xbpf_scalar_alu(&sum, &off, BPF_ADD, true, false);
	return sum;
}

/* Makes @reg comparable with the copy that is about to be made of it. */
u32 xbpf_reg_share_id(struct xbpf_verifier *v, struct xbpf_reg *reg)
{
	if (reg->type == REG_SCALAR && !reg->id && !xbpf_scalar_is_const(&reg->var))
		reg->id = ++v->last_id;
	return reg->id;
}

/* Calls @fn for every register and every spill of the state. */
void xbpf_reg_each(struct xbpf_verifier *v, struct xbpf_state *st,
		   void (*fn)(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg),
		   const void *arg)
{
	struct xbpf_frame *frame;
	u32 f, i;

	for (f = 0; f <= st->depth; f++) {
		frame = st->frame[f];
		for (i = 0; i < REG_COUNT; i++)
			fn(v, &frame->regs[i], arg);
		for (i = 0; i < frame->slot_cnt; i++)
			if (frame->slots[i].byte[0] == BYTE_SPILL)
				fn(v, &frame->slots[i].reg, arg);
	}
}

static void spread_one(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	const struct xbpf_reg *known = arg;
	struct xbpf_scalar value, apart;

	if (reg == known || !regs_linked(reg, known))
		return;
	reg->from = xbpf_precision_join(v, reg->from, known->from);
	if (reg->off == known->off) {
		reg->var = known->var;
		return;
	}
	value = known->var;
	apart = xbpf_scalar_const((u64)((s64)reg->off - known->off));
	xbpf_scalar_alu(&value, &apart, BPF_ADD, true, false);
	/* if both cannot be, neither can this path: what was known stays true */
	if (!xbpf_scalar_meet(&reg->var, &value))
		return;
}

/* What was learnt about @known holds for all that are equal to it, or a constant away. */
void xbpf_reg_spread(struct xbpf_verifier *v, struct xbpf_state *st, const struct xbpf_reg *known)
{
	if (known->type == REG_SCALAR && known->id)
		xbpf_reg_each(v, st, spread_one, known);
}

struct null_check {
	u32 id;
	bool is_null;
};

static void settle_one(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	const struct null_check *check = arg;

	(void)v;
	if (!reg_may_be_null(reg) || reg->id != check->id)
		return;
	if (check->is_null) {
		xbpf_reg_const(reg, 0);
		return;
	}
	reg->type = reg->type == REG_MAP_OR_NULL ? REG_MAP :
		    reg->type == REG_MEM_OR_NULL ? REG_MEM : REG_VALUE;
}

/* One copy of a lookup's result was compared with 0: that settles all copies. */
void xbpf_reg_settle_null(struct xbpf_verifier *v, struct xbpf_state *st, u32 id, bool is_null)
{
	struct null_check check = { .id = id, .is_null = is_null };

	xbpf_reg_each(v, st, settle_one, &check);
	/* a call that gave nothing wants nothing back; ids and references are named from one counter */
	if (is_null)
		xbpf_ref_drop(st, id);
}
