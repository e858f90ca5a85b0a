/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checkpoints of an instruction: those that are open, and the finished ones, among which the
 * walk looks for one that covers its state.
 *
 * Nothing changes in a finished checkpoint any more: what is read and needed from there on is
 * known. So is what has to be equal in every state that it covers, its *places*: registers and
 * spills that are pointers, or known numbers on which a verdict depends.  Checkpoints of the same
 * places form a group, in which a hash of what they hold there finds the few that are worth a
 * comparison, however many are kept.  The hash only says which not to try.
 */
#include "core/verify/verifier_priv.h"

/* Those with yet other places go to a group that has some of them, at worst none. */
#define GROUPS_MAX	16u
/* States that differ by ranges alone have one hash: so many of them are compared at a visit. */
#define TRIES_MAX	64u
#define CHAIN_LENGTH	2u	/* of a hash's checkpoints, on average, before there are more buckets */
/*
 * An instruction keeps so many, and the oldest go.  If one that went is wanted again, what is
 * behind it is walked again, once in so many times.  Too few are worse than none: a loop with two
 * states per round was walked 2^n times when a checkpoint went after 4 others, and one whose rounds
 * remember a place in a string (31 * 31 / 2 states that all count) a hundred times when it went
 * after 64.
 * One that covered HITS_MIN states meanwhile stays for as many more: what many paths share was
 * walked again and again beside paths that share nothing.  Once says little: behind each branch two
 * paths meet.
 */
#define KEPT_MAX	256u
#define HITS_MIN	2u

struct places {
	u32 depth;
	u16 regs[XBPF_MAX_FRAMES];
	u64 slots[XBPF_MAX_FRAMES];
};

struct xbpf_group {
	struct xbpf_group *next;
	struct places places;
	u32 cnt, room;			/* checkpoints, buckets */
	struct xbpf_state **bucket;	/* the latest first */
	struct xbpf_state *only;	/* the bucket while there is one */
};

/* --- what has to be equal -------------------------------------------------------------------- */

static bool reg_is_place(const struct xbpf_reg *reg)
{
	return reg_is_pointer(reg) ||
	       (reg_is_const(reg) && reg->from->precision == PRECISION_EXACT);
}

static void find_places(const struct xbpf_verifier *v, const struct xbpf_state *st,
			struct places *places)
{
	const struct xbpf_frame *frame;
	u16 live;
	u32 f, i;

	memset(places, 0, sizeof(*places));
	places->depth = st->depth;
	for (f = 0; f <= st->depth; f++) {
		frame = st->frame[f];
		live = xbpf_state_live_regs(v, st, st->pc, f);
		for (i = 0; i < REG_COUNT; i++)
			if (live & BIT_OF(i) && reg_is_place(&frame->regs[i]))
				places->regs[f] |= BIT_OF(i);
		for (i = 0; i < frame->slot_cnt; i++)
			if (st->read[f] & 1ULL << i && frame->slots[i].byte[0] == BYTE_SPILL &&
			    reg_is_place(&frame->slots[i].reg))
				places->slots[f] |= 1ULL << i;
	}
}

static bool is_part(const struct places *part, const struct places *of)
{
	u32 f;

	if (part->depth != of->depth)
		return false;
	for (f = 0; f <= of->depth; f++)
		if (part->regs[f] & ~of->regs[f] || part->slots[f] & ~of->slots[f])
			return false;
	return true;
}

static u32 places_count(const struct places *places)
{
	u32 f, n = 0;

	for (f = 0; f <= places->depth; f++)
		n += (u32)(hweight16(places->regs[f]) + hweight64(places->slots[f]));
	return n;
}

static void mix(u64 *hash, u64 value)
{
	*hash = (*hash ^ value) * 0x9e3779b97f4a7c15ull;
	*hash ^= *hash >> 29;
}

/* False: it equals no known number and no pointer. */
static bool mix_reg(u64 *hash, const struct xbpf_reg *reg)
{
	if (reg->type == REG_SCALAR) {
		mix(hash, reg->var.bits.value);
		return xbpf_scalar_is_const(&reg->var);
	}
	mix(hash, (u64)reg->type << 56 | (u64)reg->frame << 48 | (u64)reg->map << 32 | (u32)reg->off);
	return true;
}

/* A fill from zero bytes equals one from a spilled 0. */
static bool mix_slot(u64 *hash, const struct xbpf_slot *slot)
{
	if (slot->byte[0] == BYTE_SPILL)
		return mix_reg(hash, &slot->reg);
	mix(hash, 0);
	return slot->byte[0] == BYTE_ZERO;
}

static bool mix_frame(u64 *hash, const struct xbpf_frame *frame, u16 regs, u64 slots)
{
	u32 i;

	for (; regs; regs &= regs - 1)
		if (!mix_reg(hash, &frame->regs[fls64(regs & -regs) - 1]))
			return false;
	for (; slots; slots &= slots - 1) {
		i = (u32)fls64(slots & -slots) - 1;
		if (i >= frame->slot_cnt || !mix_slot(hash, &frame->slots[i]))
			return false;
	}
	return true;
}

/* What @st holds at @places; false: none that has these covers it. */
static bool hash_of(const struct xbpf_state *st, const struct places *places, u32 *out)
{
	u64 hash = st->ref_cnt;
	u32 f;

	if (st->depth != places->depth)
		return false;
	for (f = 0; f <= st->depth; f++) {
		mix(&hash, st->frame[f]->callsite);
		if (!mix_frame(&hash, st->frame[f], places->regs[f], places->slots[f]))
			return false;
	}
	*out = (u32)(hash >> 32);
	return true;
}

/* --- groups ---------------------------------------------------------------------------------- */

static struct xbpf_state **bucket_of(struct xbpf_group *group, u32 hash)
{
	return &group->bucket[hash & (group->room - 1)];
}

static void insert(struct xbpf_group *group, struct xbpf_state *st)
{
	struct xbpf_state **bucket = bucket_of(group, st->hash);

	st->next = *bucket;
	st->at = bucket;
	if (st->next)
		st->next->at = &st->next;
	*bucket = st;
}

static void free_buckets(struct xbpf_verifier *v, struct xbpf_group *group,
			 struct xbpf_state **bucket, u32 room)
{
	if (bucket != &group->only)
		xbpf_verify_release(v, bucket, room * sizeof(*bucket));
}

static struct xbpf_state *reversed(struct xbpf_state *st)
{
	struct xbpf_state *first = NULL, *next;

	for (; st; st = next) {
		next = st->next;
		st->next = first;
		first = st;
	}
	return first;
}

/* Those of one hash stay in order.  Without memory for more buckets there are longer chains. */
static void grow(struct xbpf_verifier *v, struct xbpf_group *group)
{
	u32 old_room = group->room, room = old_room * 8, i;
	struct xbpf_state **bucket = xbpf_verify_alloc(v, room * sizeof(*bucket));
	struct xbpf_state **old = group->bucket, *st, *next;

	if (!bucket)
		return;
	memset(bucket, 0, room * sizeof(*bucket));
	group->bucket = bucket;
	group->room = room;
	for (i = 0; i < old_room; i++)
		for (st = reversed(old[i]); st; st = next) {
			next = st->next;
			insert(group, st);
		}
	free_buckets(v, group, old, old_room);
}

/* Of those with these places, or else with most of them; NULL: none. */
static struct xbpf_group *group_for(struct xbpf_verifier *v, struct xbpf_kept *kept,
				    const struct places *places)
{
	static const struct places nothing;
	struct xbpf_group *group, *best = NULL;
	struct places own = *places;

	for (group = kept->groups; group; group = group->next)
		if (is_part(&group->places, places) &&
		    (!best || places_count(&group->places) > places_count(&best->places)))
			best = group;
	if (best && (kept->group_cnt >= GROUPS_MAX || is_part(places, &best->places)))
		return best;
	/* the last ones are for all of their depth */
	if (kept->group_cnt >= GROUPS_MAX) {
		own = nothing;
		own.depth = places->depth;
	}
	group = xbpf_verify_alloc(v, sizeof(*group));
	if (!group)
		return best;
	memset(group, 0, sizeof(*group));
	group->places = own;
	group->room = 1;
	group->bucket = &group->only;
	group->next = kept->groups;
	kept->groups = group;
	kept->group_cnt++;
	return group;
}

/* --- the checkpoints ------------------------------------------------------------------------- */

static struct xbpf_kept *kept_at(struct xbpf_verifier *v, u32 pc)
{
	struct xbpf_walk_aux *aux = &v->walk_aux[pc];

	if (!aux->kept) {
		aux->kept = xbpf_verify_alloc(v, sizeof(*aux->kept));
		if (aux->kept)
			memset(aux->kept, 0, sizeof(*aux->kept));
	}
	return aux->kept;
}

static void drop(struct xbpf_verifier *v, struct xbpf_state *st)
{
	v->walk_aux[st->pc].checkpoints--;
	v->states_now--;
	xbpf_state_free(v, st);
}

static void append(struct xbpf_kept *kept, struct xbpf_state *st)
{
	st->younger = NULL;
	if (kept->newest)
		kept->newest->younger = st;
	else
		kept->oldest = st;
	kept->newest = st;
}

/* @st is finished.  Without memory to find it by it is of no use. */
static void keep(struct xbpf_verifier *v, struct xbpf_state *st)
{
	struct xbpf_kept *kept = kept_at(v, st->pc);
	struct places places;

	find_places(v, st, &places);
	st->group = kept ? group_for(v, kept, &places) : NULL;
	if (!st->group || !hash_of(st, &st->group->places, &st->hash)) {
		drop(v, st);
		return;
	}
	st->since = v->walk_aux[st->pc].wanted;
	append(kept, st);
	insert(st->group, st);
	if (++st->group->cnt > CHAIN_LENGTH * st->group->room)
		grow(v, st->group);
}

/*
 * The current path is over: so are the checkpoints that waited for it alone.
 * They lie on one path, so the one that ends is the latest of its instruction.
 */
void xbpf_state_path_end(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->cur->parent, *parent;

	for (; st && !--st->branches; st = parent) {
		parent = st->parent;
		v->walk_aux[st->pc].open = st->next;
		xbpf_precision_end(v, st);
		keep(v, st);
		port_resched();
	}
	v->cur->parent = NULL;
}

static void take_out(struct xbpf_state *st)
{
	*st->at = st->next;
	if (st->next)
		st->next->at = st->at;
}

/* What helped is the first to be tried, and does not go so soon. */
static void helped(struct xbpf_state *st)
{
	take_out(st);
	insert(st->group, st);
	st->hits++;
}

/*
 * Only what other ones replace goes: the rounds of a loop, which are open and then finish all at
 * once, are of use to the paths that fork from it.
 */
void xbpf_kept_replace(struct xbpf_verifier *v)
{
	struct xbpf_walk_aux *aux = &v->walk_aux[v->pc];
	struct xbpf_kept *kept = aux->kept;
	struct xbpf_state *st = kept ? kept->oldest : NULL;

	aux->wanted++;
	for (; st && aux->wanted - st->since > KEPT_MAX; st = kept->oldest) {
		kept->oldest = st->younger;
		if (!kept->oldest)
			kept->newest = NULL;
		if (st->hits >= HITS_MIN) {
			st->since = aux->wanted;
			st->hits = 0;
			append(kept, st);
			continue;
		}
		take_out(st);
		st->group->cnt--;
		drop(v, st);
	}
}

struct xbpf_state *xbpf_kept_find(struct xbpf_verifier *v)
{
	const struct xbpf_kept *kept = v->walk_aux[v->pc].kept;
	struct xbpf_group *group;
	struct xbpf_state *st;
	u32 hash, tries = 0;

	for (group = kept ? kept->groups : NULL; group; group = group->next) {
		if (!group->cnt || !hash_of(v->cur, &group->places, &hash))
			continue;
		for (st = *bucket_of(group, hash); st; st = st->next) {
			if (st->hash != hash || !xbpf_round_may_cover(v, st))
				continue;
			if (tries >= TRIES_MAX)
				break;
			tries++;
			if (!xbpf_state_covers(v, st))
				continue;
			helped(st);
			return st;
		}
	}
	return NULL;
}

/* --- the end --------------------------------------------------------------------------------- */

static void free_list(struct xbpf_verifier *v, struct xbpf_state **list)
{
	struct xbpf_state *st;

	while ((st = *list)) {
		*list = st->next;
		xbpf_state_free(v, st);
		port_resched();
	}
}

static void free_kept(struct xbpf_verifier *v, struct xbpf_kept *kept)
{
	struct xbpf_state *st;
	struct xbpf_group *group;

	if (!kept)
		return;
	while ((st = kept->oldest)) {
		kept->oldest = st->younger;
		xbpf_state_free(v, st);
		port_resched();
	}
	while ((group = kept->groups)) {
		kept->groups = group->next;
		free_buckets(v, group, group->bucket, group->room);
		xbpf_verify_release(v, group, sizeof(*group));
	}
	xbpf_verify_release(v, kept, sizeof(*kept));
}

void xbpf_state_release_all(struct xbpf_verifier *v)
{
	const struct xbpf_subprog *sub;
	struct xbpf_walk_aux *aux;
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
			aux = &v->walk_aux[pc];
			free_list(v, &aux->open);
			free_kept(v, aux->kept);
			aux->kept = NULL;
			aux->checkpoints = 0;
		}
	}
}
