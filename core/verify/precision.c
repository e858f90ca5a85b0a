// SPDX-License-Identifier: GPL-2.0
/*
 * Which numbers a verdict depends on.
 *
 * Two states at one instruction may differ in a number as long as nothing that
 * was found out from there on depended on it.  So every number knows what it was
 * made from: its precision node.  At a checkpoint each number in a register or in a spill
 * gets a new precision node that stands for "what was here"; a result of two operands
 * gets one that refers to both of theirs.  What is made of constants only has
 * none.  A move, a spill, a fill, an argument or a result takes the precision node along
 * with the number, whatever frame it goes to.
 *
 * When a number decides something (which way a branch goes, an offset, a size),
 * xbpf_reg_mark_precise() follows its precision nodes back and marks them: the checkpoints'
 * numbers among them have to agree before a state is taken for covered.
 *
 * Two levels: PRECISION_EXACT, the verdict depends on it; PRECISION_COMPARED, it is
 * compared, but both ways were walked.  The latter counts only in the search for
 * endless loops: a round in which it moves may come to be the last.
 *
 * Precision nodes belong to the checkpoint behind which they were made.  Only paths from
 * it refer to them, so those that are not its own numbers go when no such path is
 * left.
 */
#include "core/verify/verifier_priv.h"

#define JOINS_PER_CHUNK	62u

struct xbpf_precision_chunk {
	struct xbpf_precision_chunk *next;
	u32 used, room;
	struct xbpf_precision node[];
};

static size_t chunk_size(u32 room)
{
	return sizeof(struct xbpf_precision_chunk) + room * sizeof(struct xbpf_precision);
}

static struct xbpf_precision_chunk *chunk_new(struct xbpf_verifier *v, u32 room)
{
	struct xbpf_precision_chunk *chunk = xbpf_verify_alloc(v, chunk_size(room));

	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->used = 0;
	chunk->room = room;
	return chunk;
}

static void chunks_free(struct xbpf_verifier *v, struct xbpf_precision_chunk **list)
{
	struct xbpf_precision_chunk *chunk;

	while ((chunk = *list)) {
		*list = chunk->next;
		xbpf_verify_release(v, chunk, chunk_size(chunk->room));
	}
}

void xbpf_precision_mark(struct xbpf_verifier *v, struct xbpf_precision *node, u8 precision)
{
	struct xbpf_precision *todo = node, *made_from[2];
	u32 i;

	if (!node || node->precision >= precision)
		return;
	node->precision = precision;
	node->todo = NULL;
	v->marks++;
	while (todo) {
		made_from[0] = todo->a;
		made_from[1] = todo->b;
		todo = todo->todo;
		for (i = 0; i < 2; i++) {
			if (!made_from[i] || made_from[i]->precision >= precision)
				continue;
			made_from[i]->precision = precision;
			made_from[i]->todo = todo;
			todo = made_from[i];
		}
	}
}

/* What is needed has passed that on to all it was made from; nothing is left to be told. */
static bool is_settled(const struct xbpf_precision *node)
{
	return !node || node->precision == PRECISION_EXACT;
}

struct xbpf_precision *xbpf_precision_join(struct xbpf_verifier *v, struct xbpf_precision *a,
				     struct xbpf_precision *b)
{
	struct xbpf_state *owner = v->cur->parent;
	struct xbpf_precision_chunk *chunk;
	struct xbpf_precision *node;

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
			xbpf_precision_mark(v, a, PRECISION_EXACT);
			xbpf_precision_mark(v, b, PRECISION_EXACT);
			return a;
		}
		chunk->next = owner->joins;
		owner->joins = chunk;
	}
	node = &chunk->node[chunk->used++];
	*node = (struct xbpf_precision){ .a = a, .b = b };
	return node;
}

void xbpf_reg_mark_precise(struct xbpf_verifier *v, const struct xbpf_reg *reg)
{
	xbpf_precision_mark(v, reg->from, PRECISION_EXACT);
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

static void stand_for(struct xbpf_precision_chunk *chunk, struct xbpf_reg *a, struct xbpf_reg *b)
{
	struct xbpf_precision *node = &chunk->node[chunk->used++];

	*node = (struct xbpf_precision){ .a = a->from };
	a->from = node;
	b->from = node;
}

/* The numbers in @st, a copy of the current state, get precision nodes; both share them. */
int xbpf_precision_begin(struct xbpf_verifier *v, struct xbpf_state *st)
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
void xbpf_precision_end(struct xbpf_verifier *v, struct xbpf_state *st)
{
	chunks_free(v, &st->joins);
}

void xbpf_precision_free(struct xbpf_verifier *v, struct xbpf_state *st)
{
	chunks_free(v, &st->joins);
	chunks_free(v, &st->numbers);
}
