/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Elements of hash maps: all allocated at creation, so that programs insert and delete in any
 * context.
 *
 * Lookup takes no lock.  An element that leaves a bucket may be in another one at once, with
 * readers still on it: chains end in their bucket's number (hlist_nulls), and a reader that ends in
 * another bucket's starts again.  A pointer that a program got stays valid memory until the map
 * goes; whose value is behind it may change when the key is deleted, as with upstream preallocated
 * maps.
 *
 * Writers hold their bucket's lock (map/lock.h); a free list's nests inside, is held for three
 * instructions, and is never held when a bucket's is asked for.
 *
 * An update of a key that exists links a new element in before it takes the old one out, so readers
 * see one value or the other, never a mixture.  The new one is the CPU's spare, and the old one
 * becomes it: a full map can be updated.  A reader that had passed the head before the new one
 * came, and comes to the old one's place after it went, meets neither; replaced tells it to look
 * again, so that a key that is there all the time is always found.
 *
 * Values per CPU are written in place: each has one writer in programs, and counts of other CPUs
 * must not be lost.
 */
#include <linux/log2.h>
#include <linux/rcupdate.h>
#include "map/hash.h"
#include "map/lock.h"
#include "run/budget.h"

/*
 * Elements in a bucket.  Keys that are not made for it do not come to a dozen; keys that are would
 * make each lookup, in any context, as long as the map is large.
 */
#define CHAIN_MAX	64
#define FIND_TRIES	8	/* of a lookup without the lock */

/* ---- free elements ---- */

static void free_push(struct hash_free *list, struct hash_elem *elem)
{
	raw_spin_lock(&list->lock);
	elem->free_next = list->first;
	WRITE_ONCE(list->first, elem);
	raw_spin_unlock(&list->lock);
}

static struct hash_elem *free_pop(struct hash_free *list)
{
	struct hash_elem *elem;

	if (!READ_ONCE(list->first))
		return NULL;
	raw_spin_lock(&list->lock);
	elem = list->first;
	if (elem)
		WRITE_ONCE(list->first, elem->free_next);
	raw_spin_unlock(&list->lock);
	return elem;
}

/* Under a bucket's lock. NULL: the map is full. */
static struct hash_elem *elem_alloc(struct xbpf_hash *hash)
{
	struct hash_elem *elem = free_pop(this_cpu_ptr(hash->free));
	int cpu;

	if (likely(elem))
		return elem;
	for_each_possible_cpu(cpu) {
		elem = free_pop(per_cpu_ptr(hash->free, cpu));
		if (elem)
			return elem;
	}
	return NULL;
}

/* Under a bucket's lock. */
static void elem_free(struct xbpf_hash *hash, struct hash_elem *elem)
{
	free_push(this_cpu_ptr(hash->free), elem);
}

/* ---- elements ---- */

/*
 * In an RCU read section, without the bucket's lock.  Writers that keep crossing its way do not
 * keep it: after a few tries it takes the lock.
 */
static struct hash_elem *elem_find(const struct xbpf_hash *hash, const void *key, u32 sum)
{
	u32 key_size = hash->map.info.key_size, replaced, tries = 0, steps = 0;
	struct hash_bucket *bucket = xbpf_hash_bucket(hash, sum);
	struct hlist_nulls_node *node;
	struct hash_elem *elem;
	unsigned long irq;

	RCU_LOCKDEP_WARN(!rcu_read_lock_any_held(), "xbpf: hash lookup outside of an RCU read section");
	do {
		replaced = smp_load_acquire(&bucket->replaced);	/* pairs with elem_replace(): the new one is in */
		hlist_nulls_for_each_entry_rcu(elem, node, &bucket->head, node) {
			if (READ_ONCE(elem->hash) == sum && !memcmp(elem->key, key, key_size))
				return elem;
			if (++steps == FIND_TRIES * CHAIN_MAX)	/* led round */
				goto lock;
		}
		smp_rmb();	/* pairs with elem_replace(): who saw the old one gone sees the count */
		if (likely(get_nulls_value(node) == (sum & hash->mask) &&
			   READ_ONCE(bucket->replaced) == replaced))
			return NULL;
	} while (++tries < FIND_TRIES);
lock:
	xbpf_map_lock(&bucket->lock, &irq);
	elem = xbpf_hash_find(hash, key, sum);
	xbpf_map_unlock(&bucket->lock, irq);
	return elem;
}

struct hash_elem *xbpf_hash_find(const struct xbpf_hash *hash, const void *key, u32 sum)
{
	u32 key_size = hash->map.info.key_size;
	struct hash_bucket *bucket = xbpf_hash_bucket(hash, sum);
	struct hlist_nulls_node *node;
	struct hash_elem *elem;

	lockdep_assert_held(&bucket->lock);
	hlist_nulls_for_each_entry(elem, node, &bucket->head, node)
		if (elem->hash == sum && !memcmp(elem->key, key, key_size))
			return elem;
	return NULL;
}

/* Under the bucket's lock, so on one CPU. */
static void cpu_values_fill(const struct xbpf_hash *hash, struct hash_elem *elem,
			    const struct hash_write *w, bool new)
{
	u32 size = hash->value_size;
	const void *from = w->value;
	int cpu;

	if (!w->all_cpus && !new) {
		xbpf_map_copy(xbpf_hash_cpu_value(hash, elem, smp_processor_id()), from, size);
		return;
	}
	for_each_possible_cpu(cpu) {
		void *to = xbpf_hash_cpu_value(hash, elem, cpu);

		if (w->all_cpus) {
			xbpf_map_copy(to, from, size);
			from += hash->stride;
		} else if (cpu == smp_processor_id()) {
			xbpf_map_copy(to, from, size);
		} else {
			memset(to, 0, size);
		}
	}
}

static void elem_init(struct xbpf_hash *hash, struct hash_elem *elem, u32 sum,
		      const struct hash_write *w)
{
	WRITE_ONCE(elem->hash, sum);
	memcpy(elem->key, w->key, hash->map.info.key_size);
	if (hash->values)
		cpu_values_fill(hash, elem, w, true);
	else
		xbpf_map_copy(xbpf_hash_value(hash, elem), w->value, hash->value_size);
	elem->referenced = 0;
	smp_store_release(&elem->live, 1);
}

void xbpf_hash_drop(struct xbpf_hash *hash, struct hash_elem *elem)
{
	xbpf_hash_unlink(elem);
	elem_free(hash, elem);
}

/* With the bucket's lock. */
static void elem_replace(struct hash_bucket *bucket, struct hash_elem *old, struct hash_elem *new)
{
	new->referenced = old->referenced;
	hlist_nulls_add_head_rcu(&new->node, &bucket->head);
	smp_store_release(&bucket->replaced, bucket->replaced + 1);
	smp_wmb();
	xbpf_hash_unlink(old);
}

/* With the bucket's lock. */
static void elem_update(struct xbpf_hash *hash, struct hash_bucket *bucket, struct hash_elem *old,
			u32 sum, const struct hash_write *w)
{
	struct hash_elem *new, **spare;

	if (w->was)
		*w->was = *(u64 *)xbpf_hash_value(hash, old);
	if (hash->values) {
		cpu_values_fill(hash, old, w, false);
		return;
	}
	spare = this_cpu_ptr(hash->spare);
	new = *spare;
	*spare = old;
	elem_init(hash, new, sum, w);
	elem_replace(bucket, old, new);
}

/* With the bucket's lock: room for one more? Where elements are evicted, the oldest makes it. */
static bool chain_room(struct xbpf_hash *hash, struct hash_bucket *bucket)
{
	struct hash_elem *elem, *last = NULL;
	struct hlist_nulls_node *node;
	u32 n = 0;

	hlist_nulls_for_each_entry(elem, node, &bucket->head, node) {
		last = elem;
		n++;
	}
	if (n < CHAIN_MAX)
		return true;
	if (hash->lru)
		xbpf_hash_drop(hash, last);
	return hash->lru;
}

int xbpf_hash_write(struct xbpf_hash *hash, const struct hash_write *w)
{
	u32 sum = xbpf_hash_key(hash, w->key);
	struct hash_bucket *bucket = xbpf_hash_bucket(hash, sum);
	struct hash_elem *old, *new, *evicted = NULL;
	unsigned long irq;
	int err;

	if (w->flags > BPF_EXIST)
		return -EINVAL;
	if (w->was)
		*w->was = 0;
again:
	err = 0;
	xbpf_map_lock(&bucket->lock, &irq);
	old = xbpf_hash_find(hash, w->key, sum);
	if (old && w->flags == BPF_NOEXIST) {
		err = -EEXIST;
	} else if (!old && w->flags == BPF_EXIST) {
		err = -ENOENT;
	} else if (old) {
		elem_update(hash, bucket, old, sum, w);
	} else if (!chain_room(hash, bucket)) {
		err = -ENOSPC;
	} else {
		new = evicted ?: elem_alloc(hash);
		evicted = NULL;
		if (new) {
			elem_init(hash, new, sum, w);
			hlist_nulls_add_head_rcu(&new->node, &bucket->head);
		} else {
			err = -E2BIG;
		}
	}
	if (evicted)		/* the key came in the meantime */
		elem_free(hash, evicted);
	xbpf_map_unlock(&bucket->lock, irq);
	if (err == -E2BIG && hash->lru) {
		evicted = xbpf_hash_evict(hash);	/* locks another bucket */
		if (evicted)
			goto again;
		err = -ENOMEM;
	}
	return err;
}

void xbpf_hash_copy(const struct xbpf_hash *hash, const struct hash_elem *elem, void *value)
{
	u32 size = hash->value_size;
	int cpu;

	if (!hash->values) {
		xbpf_map_copy(value, xbpf_hash_value(hash, elem), size);
		return;
	}
	for_each_possible_cpu(cpu) {
		xbpf_map_copy(value, xbpf_hash_cpu_value(hash, elem, cpu), size);
		value += hash->stride;
	}
}

int xbpf_hash_remove(struct xbpf_hash *hash, const void *key, void *value)
{
	u32 sum = xbpf_hash_key(hash, key);
	struct hash_bucket *bucket = xbpf_hash_bucket(hash, sum);
	struct hash_elem *elem;
	unsigned long irq;

	xbpf_map_lock(&bucket->lock, &irq);
	elem = xbpf_hash_find(hash, key, sum);
	if (elem) {
		if (value)
			xbpf_hash_copy(hash, elem, value);
		xbpf_hash_drop(hash, elem);
	}
	xbpf_map_unlock(&bucket->lock, irq);
	return elem ? 0 : -ENOENT;
}

/* ---- from programs ---- */

static const struct xbpf_hash *hash_at(u64 addr)
{
	BUILD_BUG_ON(offsetof(struct xbpf_hash, map));		/* addr is &map */
	return (const struct xbpf_hash *)(unsigned long)addr;
}

static struct hash_elem *lookup(const struct xbpf_hash *hash, u64 key)
{
	return elem_find(hash, (const void *)(unsigned long)key,
			 xbpf_hash_key(hash, (const void *)(unsigned long)key));
}

u64 xbpf_hash_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct hash_elem *elem = lookup(hash_at(r1), r2);

	return elem ? (unsigned long)xbpf_hash_value(hash_at(r1), elem) : 0;
}

/* Read before written: many lookups of one key share its cache line. */
static void touch(struct hash_elem *elem)
{
	if (!READ_ONCE(elem->referenced))
		WRITE_ONCE(elem->referenced, 1);
}

u64 xbpf_hash_lru_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct hash_elem *elem = lookup(hash_at(r1), r2);

	if (!elem)
		return 0;
	touch(elem);
	return (unsigned long)xbpf_hash_value(hash_at(r1), elem);
}

u64 xbpf_hash_percpu_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct hash_elem *elem = lookup(hash_at(r1), r2);

	if (!elem)
		return 0;
	if (hash_at(r1)->lru)
		touch(elem);
	return (unsigned long)xbpf_hash_cpu_value(hash_at(r1), elem, smp_processor_id());
}

/* R3: the CPU */
u64 xbpf_hash_lookup_percpu_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	u32 cpu = r3;
	struct hash_elem *elem;

	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return 0;
	elem = lookup(hash_at(r1), r2);
	if (!elem)
		return 0;
	if (hash_at(r1)->lru)
		touch(elem);
	return (unsigned long)xbpf_hash_cpu_value(hash_at(r1), elem, cpu);
}

/* The inner map itself. */
u64 xbpf_hash_map_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct hash_elem *elem = lookup(hash_at(r1), r2);

	return elem ? READ_ONCE(*(u64 *)xbpf_hash_value(hash_at(r1), elem)) : 0;
}

u64 xbpf_hash_update_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_hash *hash = hash_at(r1);
	u32 bytes = hash->value_size * (hash->values ? num_possible_cpus() : 1);	/* <= 2^28 */
	const struct hash_write w = {
		.key = (const void *)(unsigned long)r2,
		.value = (const void *)(unsigned long)r3,
		.flags = r4,
	};

	/* under a lock, so at once; a new element clears the values of all CPUs */
	if (!xbpf_budget_draw_bytes(bytes))
		return -ETIME;
	return xbpf_hash_write((struct xbpf_hash *)(unsigned long)r1, &w);
}

u64 xbpf_hash_delete_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return xbpf_hash_remove((struct xbpf_hash *)(unsigned long)r1,
				(const void *)(unsigned long)r2, NULL);
}

/*
 * The element of @node, which is or was in bucket @i; NULL: the chain ends, or @node went to
 * another bucket with its rest.
 */
static struct hash_elem *elem_at(const struct xbpf_hash *hash, struct hlist_nulls_node *node, u32 i)
{
	struct hash_elem *elem;

	if (is_a_nulls(node))
		return NULL;
	elem = hlist_nulls_entry(node, struct hash_elem, node);
	return (READ_ONCE(elem->hash) & hash->mask) == i ? elem : NULL;
}

/* How many elements bucket @i has, @max at most: who changes it meanwhile keeps nobody here. */
static u32 bucket_count(const struct xbpf_hash *hash, u32 i, u32 max)
{
	struct hlist_nulls_node *node;
	u32 n = 0;

	for (node = READ_ONCE(hash->buckets[i].head.first); n < max && elem_at(hash, node, i);
	     node = READ_ONCE(node->next))
		n++;
	return n;
}

/*
 * R2: callback, R3: its context, R4: flags, none yet. How many elements it was called for; -ETIME
 * when the run's budget ends before.
 *
 * Without a lock: the callback may change the map.  Elements that are there all the time come once,
 * unless others of their bucket are written meanwhile: then they may come twice or not at all, as
 * with upstream maps.
 *
 * An update puts its element in front of the bucket, and the one before, which the walk may go on
 * from, may be the next to come there: a callback that writes could be led round for ever.  So a
 * bucket takes as many rounds as it had elements when the walk came to it, and the walk as many as
 * the map has room for.
 */
u64 xbpf_hash_each_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_hash *hash = hash_at(r1);
	struct hlist_nulls_node *node, *next;
	struct hash_elem *elem;
	u32 done = 0, i, left;
	u64 value;

	if (r4)
		return -EINVAL;
	for (i = 0; i <= hash->mask; i++) {
		if (i % 16 == 0 && !xbpf_budget_draw(1))	/* empty ones cost, too */
			return -ETIME;
		left = bucket_count(hash, i, min_t(u32, hash->map.info.max_entries - done, CHAIN_MAX));
		for (node = READ_ONCE(hash->buckets[i].head.first); left; node = next, left--) {
			elem = elem_at(hash, node, i);
			if (!elem)
				break;
			next = READ_ONCE(node->next);		/* the callback may delete the element */
			if (!xbpf_budget_draw(1))
				return -ETIME;
			value = (unsigned long)(hash->values ? xbpf_hash_cpu_value(hash, elem, smp_processor_id()) :
						xbpf_hash_value(hash, elem));
			done++;
			if (xbpf_callback(r2, r1, (unsigned long)elem->key, value, r3, 0))
				return done;
		}
	}
	return done;
}
