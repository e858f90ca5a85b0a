// SPDX-License-Identifier: GPL-2.0
/*
 * Which numbers a verdict depends on.
 *
 * Two states at one instruction may differ in a number as long as nothing that
 * was found out from there on depended on it.  So every number knows what it was
 * made from: its origin.  At a checkpoint each number in a register or in a spill
 * gets a new origin that stands for "what was here"; a result of two operands
 * gets one that refers to both of theirs.  What is made of constants only has
 * none.  A move, a spill, a fill, an argument or a result takes the origin along
 * with the number, whatever frame it goes to.
 *
 * When a number decides something (which way a branch goes, an offset, a size),
 * xbpf_reg_need() follows its origins back and marks them: the checkpoints'
 * numbers among them have to agree before a state is taken for covered.
 *
 * Two degrees: ORIGIN_NEEDED, the verdict depends on it; ORIGIN_DECIDES, it is
 * compared, but both ways were walked.  The latter counts only in the search for
 * endless loops: a round in which it moves may come to be the last.
 *
 * Origins belong to the checkpoint behind which they were made.  Only paths from
 * it refer to them, so those that are not its own numbers go when no such path is
 * left.
 */
#include "core/verify/verifier_priv.h"

void xbpf_verify_count_bytes(struct xbpf_verifier *v, size_t size)
{
	v->bytes += size;
	if (v->bytes > v->bytes_peak)
		v->bytes_peak = v->bytes;
}

#define JOINS_PER_CHUNK	62u

struct xbpf_origins {
	struct xbpf_origins *next;
	u32 used, room;
	struct xbpf_origin origin[];
};

static size_t chunk_size(u32 room)
{
	return sizeof(struct xbpf_origins) + room * sizeof(struct xbpf_origin);
}

static struct xbpf_origins *chunk_new(struct xbpf_verifier *v, u32 room)
{
	struct xbpf_origins *chunk = port_zalloc(chunk_size(room));

	if (!chunk)
		return NULL;
	chunk->room = room;
	xbpf_verify_count_bytes(v, chunk_size(room));
	return chunk;
}

static void chunks_free(struct xbpf_verifier *v, struct xbpf_origins **list)
{
	struct xbpf_origins *chunk;

	while ((chunk = *list)) {
		*list = chunk->next;
		v->bytes -= chunk_size(chunk->room);
		port_free(chunk);
	}
}

void xbpf_origin_mark(struct xbpf_verifier *v, struct xbpf_origin *origin, u8 degree)
{
	struct xbpf_origin *todo = origin, *made_from[2];
	u32 i;

	if (!origin || origin->degree >= degree)
		return;
	origin->degree = degree;
	origin->todo = NULL;
	v->marks++;
	while (todo) {
		made_from[0] = todo->a;
		made_from[1] = todo->b;
		todo = todo->todo;
		for (i = 0; i < 2; i++) {
			if (!made_from[i] || made_from[i]->degree >= degree)
				continue;
			made_from[i]->degree = degree;
			made_from[i]->todo = todo;
			todo = made_from[i];
		}
	}
}

/* What is needed has passed that on to all it was made from; nothing is left to be told. */
static bool is_settled(const struct xbpf_origin *origin)
{
	return !origin || origin->degree == ORIGIN_NEEDED;
}

struct xbpf_origin *xbpf_origin_join(struct xbpf_verifier *v, struct xbpf_origin *a,
				     struct xbpf_origin *b)
{
	struct xbpf_state *owner = v->cur->parent;
	struct xbpf_origins *chunk;
	struct xbpf_origin *origin;

	if (a == b || is_settled(b))
		return a;
	if (is_settled(a))
		return b;
	chunk = owner ? owner->joins : NULL;
	if (!chunk || chunk->used == chunk->room) {
		chunk = owner && v->bytes < XBPF_CHECKPOINT_BYTES ? chunk_new(v, JOINS_PER_CHUNK) :
								    NULL;
		if (!chunk) {
			/* without memory everything counts as needed, which is safe */
			xbpf_origin_mark(v, a, ORIGIN_NEEDED);
			xbpf_origin_mark(v, b, ORIGIN_NEEDED);
			return a;
		}
		chunk->next = owner->joins;
		owner->joins = chunk;
	}
	origin = &chunk->origin[chunk->used++];
	origin->a = a;
	origin->b = b;
	return origin;
}

void xbpf_reg_need(struct xbpf_verifier *v, const struct xbpf_reg *reg)
{
	xbpf_origin_mark(v, reg->from, ORIGIN_NEEDED);
}

/* --- checkpoints ----------------------------------------------------------------------------- */

static u32 count_numbers(const struct xbpf_state *st)
{
	u32 f, i, n = 0;

	for (f = 0; f <= st->depth; f++) {
		for (i = 0; i < REG_COUNT; i++)
			n += st->frame[f]->regs[i].type == REG_SCALAR;
		for (i = 0; i < st->frame[f]->slot_cnt; i++)
			n += slot_has_number(&st->frame[f]->slots[i]);
	}
	return n;
}

static void stand_for(struct xbpf_origins *chunk, struct xbpf_reg *a, struct xbpf_reg *b)
{
	struct xbpf_origin *origin = &chunk->origin[chunk->used++];

	origin->a = a->from;
	a->from = origin;
	b->from = origin;
}

/* The numbers in @st, a copy of the current state, get origins; both share them. */
int xbpf_origin_begin(struct xbpf_verifier *v, struct xbpf_state *st)
{
	u32 f, i, n = count_numbers(st);

	if (!n)
		return 0;
	st->numbers = chunk_new(v, n);
	if (!st->numbers)
		return xbpf_verify_no_memory(v);
	for (f = 0; f <= st->depth; f++) {
		struct xbpf_frame *a = st->frame[f], *b = v->cur->frame[f];

		for (i = 0; i < REG_COUNT; i++)
			if (a->regs[i].type == REG_SCALAR)
				stand_for(st->numbers, &a->regs[i], &b->regs[i]);
		for (i = 0; i < a->slot_cnt; i++)
			if (slot_has_number(&a->slots[i]))
				stand_for(st->numbers, &a->slots[i].reg, &b->slots[i].reg);
	}
	return 0;
}

/* No path from @st is left: only what is needed of its own numbers is still asked for. */
void xbpf_origin_end(struct xbpf_verifier *v, struct xbpf_state *st)
{
	chunks_free(v, &st->joins);
}

void xbpf_origin_free(struct xbpf_verifier *v, struct xbpf_state *st)
{
	chunks_free(v, &st->joins);
	chunks_free(v, &st->numbers);
}
