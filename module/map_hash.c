/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash maps: all elements allocated at creation, so that programs insert and delete in any context.
 *
 * Lookup takes no lock.  An element that leaves a bucket may be in another one at once, with readers still on it: chains
 * end in their bucket's number (hlist_nulls), and a reader that ends in another bucket's starts again.  A pointer that a
 * program got stays valid memory until the map goes; whose value is behind it may change when the key is deleted, as
 * with stock preallocated maps.
 *
 * Writers hold their bucket's raw lock, with interrupts off and the run guard taken (bucket_lock()).  That is enough
 * against deadlock in every context, NMI included, without a trylock: who spins on a lock waits for
 * another CPU; to find it held by its own CPU, a program would have to start on top of the holder, and
 * the guard keeps any program from starting there.  The holder itself sleeps, faults and waits for
 * nothing but a free list's lock, which nests inside, is held for three instructions, and is never held when a bucket's is asked for.
 *
 * An update of a key that exists links a new element in before it takes the old one out, so readers see one
 * value or the other, never a mixture.  The new one is the CPU's spare, and the old one becomes it: a full map can be updated.
 * A reader that had passed the head before the new one came, and comes to the old one's place after it went, meets neither;
 * replaced tells it to look again, so that a key that is there all the time is always found.
 */
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rculist_nulls.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "map.h"
#include "run.h"

#define HASH_KEY_MAX	512	/* what a program's stack can hold */

struct hash_elem {
	struct hlist_nulls_node node;	/* in a bucket: under its lock; readers by RCU */
	struct hash_elem *free_next;	/* in a free list: under its lock. Apart from node, which late readers still follow */
	u32 hash;
	u32 pad;
	u8 key[];			/* the value is behind it, 8-byte aligned */
};

struct hash_bucket {
	struct hlist_nulls_head head;	/* written under lock, read by RCU */
	raw_spinlock_t lock;
	u32 replaced;			/* counts updates of keys that existed; written under lock */
};

/* Per CPU, but other CPUs may take from it when theirs is empty. */
struct hash_free {
	raw_spinlock_t lock;		/* protects first; nests inside a bucket's */
	struct hash_elem *first;
};

struct xbpf_hash {
	struct xbpf_map map;
	u32 seed;
	u32 mask;			/* buckets - 1 */
	u32 value_at;			/* offset of the value behind key[] */
	u32 elem_size;
	struct hash_bucket *buckets;
	void *elems;			/* max_entries, and one spare per CPU */
	struct hash_free __percpu *free;
	struct hash_elem * __percpu *spare;	/* of its CPU, under the run guard with interrupts off */
};

static struct xbpf_hash *hash_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_hash, map);
}

static void *elem_value(const struct xbpf_hash *hash, const struct hash_elem *elem)
{
	return (void *)elem->key + hash->value_at;
}

static u32 hash_key(const struct xbpf_hash *hash, const void *key)
{
	return jhash(key, hash->map.info.key_size, hash->seed);
}

/* ---- locks ---- */

static void bucket_lock(struct hash_bucket *bucket, unsigned long *flags)
	__acquires(&bucket->lock)
{
	local_irq_save(*flags);
	xbpf_run_block();	/* before the lock: nothing of ours may run between taking it and being known to hold it */
	raw_spin_lock(&bucket->lock);
}

static void bucket_unlock(struct hash_bucket *bucket, unsigned long flags)
	__releases(&bucket->lock)
{
	raw_spin_unlock(&bucket->lock);
	xbpf_run_unblock();
	local_irq_restore(flags);
}

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
static struct hash_elem *elem_take(struct xbpf_hash *hash)
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

static void elem_give(struct xbpf_hash *hash, struct hash_elem *elem)
{
	free_push(this_cpu_ptr(hash->free), elem);
}

/* ---- elements ---- */

/* In an RCU read section. */
static struct hash_elem *elem_find(const struct xbpf_hash *hash, const void *key, u32 sum)
{
	u32 key_size = hash->map.info.key_size, replaced;
	const struct hash_bucket *bucket = &hash->buckets[sum & hash->mask];
	struct hlist_nulls_node *node;
	struct hash_elem *elem;

	RCU_LOCKDEP_WARN(!rcu_read_lock_any_held(), "xbpf: hash lookup outside of an RCU read section");
	do {
		replaced = smp_load_acquire(&bucket->replaced);	/* pairs with elem_replace(): the new one is in */
		hlist_nulls_for_each_entry_rcu(elem, node, &bucket->head, node)
			if (READ_ONCE(elem->hash) == sum && !memcmp(elem->key, key, key_size))
				return elem;
		smp_rmb();	/* pairs with elem_replace(): who saw the old one gone sees the count */
	} while (unlikely(get_nulls_value(node) != (sum & hash->mask) || READ_ONCE(bucket->replaced) != replaced));
	return NULL;
}

/* With the lock of @sum's bucket: the chain stands still. */
static struct hash_elem *elem_find_locked(const struct xbpf_hash *hash, const void *key, u32 sum)
{
	u32 key_size = hash->map.info.key_size;
	struct hash_bucket *bucket = &hash->buckets[sum & hash->mask];
	struct hlist_nulls_node *node;
	struct hash_elem *elem;

	lockdep_assert_held(&bucket->lock);
	hlist_nulls_for_each_entry(elem, node, &bucket->head, node)
		if (elem->hash == sum && !memcmp(elem->key, key, key_size))
			return elem;
	return NULL;
}

static void elem_fill(struct xbpf_hash *hash, struct hash_elem *elem, const void *key, u32 sum, const void *value)
{
	WRITE_ONCE(elem->hash, sum);
	memcpy(elem->key, key, hash->map.info.key_size);
	xbpf_map_copy(elem_value(hash, elem), value, hash->map.info.value_size);
}

/* With the bucket's lock. */
static void elem_replace(struct hash_bucket *bucket, struct hash_elem *old, struct hash_elem *new)
{
	hlist_nulls_add_head_rcu(&new->node, &bucket->head);
	smp_store_release(&bucket->replaced, bucket->replaced + 1);
	smp_wmb();
	hlist_nulls_del_rcu(&old->node);
}

/* From user space and from programs. */
static int hash_write(struct xbpf_hash *hash, const void *key, const void *value, u64 flags)
{
	u32 sum = hash_key(hash, key);
	struct hash_bucket *bucket = &hash->buckets[sum & hash->mask];
	struct hash_elem *old, *new, **spare;
	unsigned long irq;
	int err = 0;

	if (flags > BPF_EXIST)
		return -EINVAL;
	bucket_lock(bucket, &irq);
	old = elem_find_locked(hash, key, sum);
	if (old && flags == BPF_NOEXIST) {
		err = -EEXIST;
	} else if (!old && flags == BPF_EXIST) {
		err = -ENOENT;
	} else if (old) {
		spare = this_cpu_ptr(hash->spare);
		new = *spare;
		*spare = old;
		elem_fill(hash, new, key, sum, value);
		elem_replace(bucket, old, new);
	} else {
		new = elem_take(hash);
		if (new) {
			elem_fill(hash, new, key, sum, value);
			hlist_nulls_add_head_rcu(&new->node, &bucket->head);
		} else {
			err = -E2BIG;
		}
	}
	bucket_unlock(bucket, irq);
	return err;
}

static int hash_remove(struct xbpf_hash *hash, const void *key)
{
	u32 sum = hash_key(hash, key);
	struct hash_bucket *bucket = &hash->buckets[sum & hash->mask];
	struct hash_elem *elem;
	unsigned long irq;

	bucket_lock(bucket, &irq);
	elem = elem_find_locked(hash, key, sum);
	if (elem) {
		hlist_nulls_del_rcu(&elem->node);
		elem_give(hash, elem);
	}
	bucket_unlock(bucket, irq);
	return elem ? 0 : -ENOENT;
}

/* ---- creation ---- */

static void hash_free(struct xbpf_map *map)
{
	struct xbpf_hash *hash = hash_of(map);

	free_percpu(hash->spare);
	free_percpu(hash->free);
	kvfree(hash->elems);
	kvfree(hash->buckets);
	kfree(hash);
}

static long check_sizes(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 value_max = KMALLOC_MAX_SIZE - HASH_KEY_MAX - sizeof(struct hash_elem);	/* as stock */

	if (!attr->key_size || !attr->value_size)
		return xbpf_cmd_fail(cmd, -EINVAL, "key_size %u, value_size %u: neither may be 0",
				     attr->key_size, attr->value_size);
	if (attr->key_size > HASH_KEY_MAX)
		return xbpf_cmd_fail(cmd, -E2BIG, "key_size %u: the limit is %u", attr->key_size, HASH_KEY_MAX);
	if (attr->value_size > value_max)
		return xbpf_cmd_fail(cmd, -E2BIG, "value_size %u: the limit is %u", attr->value_size, value_max);
	if (attr->max_entries > 1U << 31)	/* the number of buckets is a power of two */
		return xbpf_cmd_fail(cmd, -E2BIG, "max_entries %u: the limit is %u", attr->max_entries, 1U << 31);
	return 0;
}

static long alloc_buckets(struct xbpf_hash *hash, struct xbpf_cmd *cmd)
{
	u32 n = roundup_pow_of_two(cmd->attr->bpf.max_entries), i;
	u64 bytes = (u64)n * sizeof(*hash->buckets);
	struct hash_bucket *buckets = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));

	if (IS_ERR(buckets))
		return PTR_ERR(buckets);
	for (i = 0; i < n; i++) {
		INIT_HLIST_NULLS_HEAD(&buckets[i].head, i);
		raw_spin_lock_init(&buckets[i].lock);
		if (i % 1024 == 1023)
			cond_resched();
	}
	hash->buckets = buckets;
	hash->mask = n - 1;
	hash->map.memory += bytes;
	return 0;
}

/* One spare for each CPU, the others dealt out to the free lists. */
static long alloc_elems(struct xbpf_hash *hash, struct xbpf_cmd *cmd)
{
	u64 count = (u64)cmd->attr->bpf.max_entries + num_possible_cpus(), i = 0;
	u64 bytes = count * hash->elem_size;	/* < 2^33 * 2^23 */
	int cpu;

	hash->free = alloc_percpu_gfp(struct hash_free, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	hash->spare = alloc_percpu_gfp(struct hash_elem *, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!hash->free || !hash->spare)
		return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for the free lists of a hash map");
	hash->elems = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(hash->elems)) {
		long err = PTR_ERR(hash->elems);

		hash->elems = NULL;
		return err;
	}
	for_each_possible_cpu(cpu) {
		raw_spin_lock_init(&per_cpu_ptr(hash->free, cpu)->lock);
		*per_cpu_ptr(hash->spare, cpu) = hash->elems + i++ * hash->elem_size;
	}
	while (i < count) {
		for_each_possible_cpu(cpu) {
			struct hash_elem *elem = hash->elems + i * hash->elem_size;
			struct hash_free *list = per_cpu_ptr(hash->free, cpu);

			if (i++ >= count)
				break;
			/* nobody else knows the map yet */
			elem->free_next = list->first;
			list->first = elem;
		}
		if (i % 1024 < num_possible_cpus())
			cond_resched();
	}
	hash->map.memory += bytes + num_possible_cpus() * (sizeof(struct hash_free) + sizeof(void *));
	return 0;
}

static struct xbpf_map *hash_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_hash *hash;
	long err = check_sizes(cmd);

	if (err)
		return ERR_PTR(err);
	hash = kzalloc(sizeof(*hash), GFP_KERNEL_ACCOUNT);
	if (!hash)
		return ERR_PTR(-ENOMEM);
	hash->map.info.key_size = attr->key_size;
	hash->map.memory = sizeof(*hash);
	hash->seed = attr->map_flags & BPF_F_ZERO_SEED ? 0 : get_random_u32();
	hash->value_at = round_up(attr->key_size, 8);
	hash->elem_size = sizeof(struct hash_elem) + hash->value_at + round_up(attr->value_size, 8);
	err = alloc_buckets(hash, cmd) ?: alloc_elems(hash, cmd);
	if (err) {
		hash_free(&hash->map);
		return ERR_PTR(err);
	}
	hash->map.info.addr = (unsigned long)&hash->map;
	return &hash->map;
}

/* ---- commands ---- */

/* Under the bucket's lock: user space never gets a value that is half of one update and half of the next. */
static int hash_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	struct xbpf_hash *hash = hash_of(map);
	u32 sum = hash_key(hash, key);
	struct hash_bucket *bucket = &hash->buckets[sum & hash->mask];
	struct hash_elem *elem;
	unsigned long irq;

	bucket_lock(bucket, &irq);
	elem = elem_find_locked(hash, key, sum);
	if (elem)
		xbpf_map_copy(value, elem_value(hash, elem), map->info.value_size);
	bucket_unlock(bucket, irq);
	return elem ? 0 : -ENOENT;
}

static int hash_update(struct xbpf_map *map, const void *key, const void *value, u64 flags, struct xbpf_cmd *cmd)
{
	int err = hash_write(hash_of(map), key, value, flags);

	if (err == -E2BIG)
		xbpf_cmd_fail(cmd, err, "map '%s' (id %u) is full: %u elements", map->info.name, map->info.id,
			      map->info.max_entries);
	else if (err == -EEXIST)
		xbpf_cmd_fail(cmd, err, "BPF_NOEXIST: the key exists in map '%s'", map->info.name);
	else if (err == -ENOENT)
		xbpf_cmd_fail(cmd, err, "BPF_EXIST: the key does not exist in map '%s'", map->info.name);
	return err;
}

static int hash_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	return hash_remove(hash_of(map), key);
}

/* Copies the first key of the first bucket from @i on that has one. */
static int first_key_from(struct xbpf_hash *hash, u64 i, void *next)
{
	for (; i <= hash->mask; i++) {
		struct hash_bucket *bucket = &hash->buckets[i];
		struct hlist_nulls_node *node;
		unsigned long irq;
		bool found;

		if (i % 1024 == 1023)
			cond_resched();
		if (is_a_nulls(READ_ONCE(bucket->head.first)))
			continue;
		bucket_lock(bucket, &irq);
		node = bucket->head.first;
		found = !is_a_nulls(node);
		if (found)
			memcpy(next, hlist_nulls_entry(node, struct hash_elem, node)->key, hash->map.info.key_size);
		bucket_unlock(bucket, irq);
		if (found)
			return 0;
	}
	return -ENOENT;
}

/* Bucket by bucket.  A key that is not there (any more) starts from the beginning, as stock. */
static int hash_next_key(struct xbpf_map *map, const void *key, void *next)
{
	struct xbpf_hash *hash = hash_of(map);
	struct hash_bucket *bucket;
	struct hash_elem *elem;
	bool found = false;
	unsigned long irq;
	u32 sum;

	if (!key)
		return first_key_from(hash, 0, next);
	sum = hash_key(hash, key);
	bucket = &hash->buckets[sum & hash->mask];
	bucket_lock(bucket, &irq);
	elem = elem_find_locked(hash, key, sum);
	if (elem && !is_a_nulls(elem->node.next)) {
		found = true;
		memcpy(next, hlist_nulls_entry(elem->node.next, struct hash_elem, node)->key, map->info.key_size);
	}
	bucket_unlock(bucket, irq);
	if (found)
		return 0;
	return first_key_from(hash, elem ? (u64)(sum & hash->mask) + 1 : 0, next);
}

/* ---- from programs ---- */

static u64 hash_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_hash *hash = (const struct xbpf_hash *)(unsigned long)r1;
	const void *key = (const void *)(unsigned long)r2;
	struct hash_elem *elem = elem_find(hash, key, hash_key(hash, key));

	BUILD_BUG_ON(offsetof(struct xbpf_hash, map));		/* addr is &map */
	return elem ? (unsigned long)elem_value(hash, elem) : 0;
}

static u64 hash_update_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return hash_write((struct xbpf_hash *)(unsigned long)r1, (const void *)(unsigned long)r2,
			  (const void *)(unsigned long)r3, r4);
}

static u64 hash_delete_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return hash_remove((struct xbpf_hash *)(unsigned long)r1, (const void *)(unsigned long)r2);
}

/* BPF_F_NO_PREALLOC asks to save memory, not for another behaviour: taken, and preallocated all the same. */
const struct xbpf_map_ops xbpf_hash_ops = {
	.type = BPF_MAP_TYPE_HASH,
	.name = "hash",
	.flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY |
		 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	.alloc = hash_alloc,
	.free = hash_free,
	.sys_lookup = hash_lookup,
	.sys_update = hash_update,
	.sys_delete = hash_delete,
	.next_key = hash_next_key,
	.lookup = hash_lookup_helper,
	.update = hash_update_helper,
	.delete = hash_delete_helper,
};
