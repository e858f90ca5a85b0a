/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which element a full LRU hash gives up: a clock.
 *
 * A hand goes round all elements.  One that a program looked up since the hand last came by is
 * spared once, the next other one goes.  So a lookup costs a plain store, no list is kept and no
 * lock is shared; the order is that of an LRU list to within one round.  The hand is bounded: after
 * so many spared ones it takes what it finds.
 */
#include "map/hash.h"
#include "map/lock.h"

#define HAND_SPARES	128		/* elements that a search may spare */
#define HAND_STEPS	(2 * HAND_SPARES)

/* It may have been deleted, or deleted and inserted elsewhere, since the hand saw it. */
static bool take(struct xbpf_hash *hash, struct hash_elem *elem)
{
	u32 sum = READ_ONCE(elem->hash);
	struct hash_bucket *bucket = xbpf_hash_bucket(hash, sum);
	unsigned long irq;
	bool taken;

	xbpf_map_lock(&bucket->lock, &irq);
	/* whoever put it into another bucket wrote its hash before (elem_fill()) */
	taken = smp_load_acquire(&elem->live) && elem->hash == sum;
	if (taken)
		xbpf_hash_unlink(elem);
	xbpf_map_unlock(&bucket->lock, irq);
	return taken;
}

struct hash_elem *xbpf_hash_evict(struct xbpf_hash *hash)
{
	struct hash_elem *elem;
	u32 step;

	for (step = 0; step < HAND_STEPS; step++) {
		elem = xbpf_hash_elem(hash, (u32)atomic_inc_return(&hash->hand) % hash->count);
		if (!READ_ONCE(elem->live))
			continue;
		if (READ_ONCE(elem->referenced) && step < HAND_SPARES) {
			WRITE_ONCE(elem->referenced, 0);
			continue;
		}
		if (take(hash, elem))
			return elem;
	}
	return NULL;
}
