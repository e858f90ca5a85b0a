/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash maps: creation, and commands of user space.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "cmd/yield.h"
#include "map/hash.h"
#include "map/lock.h"

#define HASH_KEY_MAX	512	/* what a program's stack can hold */

static bool type_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool type_lru(u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* ---- creation ---- */

void xbpf_hash_free(struct xbpf_map *map)
{
	struct xbpf_hash *hash = xbpf_hash_of(map);
	int cpu;

	if (hash->values)
		for_each_possible_cpu(cpu)
			kvfree(*per_cpu_ptr(hash->values, cpu));
	free_percpu(hash->values);
	free_percpu(hash->spare);
	free_percpu(hash->free);
	kvfree(hash->elems);
	kvfree(hash->buckets);
	kfree(hash);
}

static long check_sizes(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 value_max = KMALLOC_MAX_SIZE - HASH_KEY_MAX - sizeof(struct hash_elem);	/* as upstream */

	if (type_percpu(attr->map_type))
		value_max = PCPU_MIN_UNIT_SIZE;
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
		xbpf_yield(i);
	}
	hash->buckets = buckets;
	hash->mask = n - 1;
	hash->map.memory += bytes;
	return 0;
}

/* Nobody else knows the map yet: one spare for each CPU, the others dealt out to the free lists. */
static void deal(struct xbpf_hash *hash)
{
	struct hash_elem *elem;
	struct hash_free *list;
	u32 i = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		raw_spin_lock_init(&per_cpu_ptr(hash->free, cpu)->lock);
		elem = xbpf_hash_elem(hash, i);
		elem->index = i++;
		*per_cpu_ptr(hash->spare, cpu) = elem;
	}
	while (i < hash->count) {
		for_each_possible_cpu(cpu) {
			if (i == hash->count)
				break;
			elem = xbpf_hash_elem(hash, i);
			elem->index = i++;
			list = per_cpu_ptr(hash->free, cpu);
			elem->free_next = list->first;
			list->first = elem;
		}
		if (i % 1024 < num_possible_cpus())
			cond_resched();
	}
}

static long alloc_elems(struct xbpf_hash *hash, struct xbpf_cmd *cmd)
{
	u64 count = (u64)cmd->attr->bpf.max_entries + num_possible_cpus();
	u64 bytes = count * hash->elem_size;	/* < 2^33 * 2^23 */

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
	hash->count = count;
	deal(hash);
	hash->map.memory += bytes + num_possible_cpus() * (sizeof(struct hash_free) + sizeof(void *));
	return 0;
}

static long alloc_cpu_values(struct xbpf_hash *hash, struct xbpf_cmd *cmd)
{
	u64 bytes = (u64)hash->count * hash->stride;
	long err = xbpf_map_limit(cmd, bytes * num_possible_cpus());
	void *values;
	int cpu;

	if (err)
		return err;
	hash->values = alloc_percpu_gfp(void *, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!hash->values)
		return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for the values of a per-CPU hash map");
	for_each_possible_cpu(cpu) {
		values = xbpf_map_area(cmd, bytes, cpu_to_node(cpu));
		if (IS_ERR(values))
			return PTR_ERR(values);
		*per_cpu_ptr(hash->values, cpu) = values;
	}
	hash->map.sys_value_size = hash->stride * num_possible_cpus();
	hash->map.info.percpu = true;
	hash->map.memory += (bytes + sizeof(void *)) * num_possible_cpus();
	return 0;
}

struct xbpf_map *xbpf_hash_alloc(struct xbpf_cmd *cmd, u32 value_size)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	bool percpu = type_percpu(attr->map_type);
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
	hash->lru = type_lru(attr->map_type);
	hash->value_size = value_size;
	hash->stride = round_up(value_size, 8);
	hash->value_at = round_up(attr->key_size, 8);
	hash->elem_size = sizeof(struct hash_elem) + hash->value_at + (percpu ? 0 : hash->stride);
	err = alloc_buckets(hash, cmd) ?: alloc_elems(hash, cmd);
	if (!err && percpu)
		err = alloc_cpu_values(hash, cmd);
	if (err) {
		xbpf_hash_free(&hash->map);
		return ERR_PTR(err);
	}
	hash->map.info.addr = (unsigned long)&hash->map;
	return &hash->map;
}

static struct xbpf_map *hash_alloc(struct xbpf_cmd *cmd)
{
	return xbpf_hash_alloc(cmd, cmd->attr->bpf.value_size);
}

/* ---- commands ---- */

/*
 * Under the bucket's lock: user space never gets a value that is half of one update and half of the
 * next.
 */
int xbpf_hash_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	struct xbpf_hash *hash = xbpf_hash_of(map);
	u32 sum = xbpf_hash_key(hash, key);
	struct hash_bucket *bucket = xbpf_hash_bucket(hash, sum);
	struct hash_elem *elem;
	unsigned long irq;

	xbpf_map_lock(&bucket->lock, &irq);
	elem = xbpf_hash_find(hash, key, sum);
	if (elem)
		xbpf_hash_copy(hash, elem, value);
	xbpf_map_unlock(&bucket->lock, irq);
	return elem ? 0 : -ENOENT;
}

int xbpf_hash_explain(struct xbpf_map *map, int err, struct xbpf_cmd *cmd)
{
	if (err == -E2BIG)
		xbpf_cmd_fail(cmd, err, "map '%s' (id %u) is full: %u elements", map->info.name, map->info.id,
			      map->info.max_entries);
	else if (err == -ENOSPC)
		xbpf_cmd_fail(cmd, err, "map '%s' (id %u): too many of its keys have hashes that are alike",
			      map->info.name, map->info.id);
	else if (err == -EEXIST)
		xbpf_cmd_fail(cmd, err, "BPF_NOEXIST: the key exists in map '%s'", map->info.name);
	else if (err == -ENOENT)
		xbpf_cmd_fail(cmd, err, "BPF_EXIST: the key does not exist in map '%s'", map->info.name);
	else if (err == -ENOMEM)
		xbpf_cmd_fail(cmd, err,
			      "map '%s': all elements were on their way in or out; try again",
			      map->info.name);
	return err;
}

static int hash_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
		       struct xbpf_cmd *cmd)
{
	const struct hash_write w = {
		.key = key, .value = value, .flags = flags, .all_cpus = map->info.percpu,
	};

	return xbpf_hash_explain(map, xbpf_hash_write(xbpf_hash_of(map), &w), cmd);
}

static int hash_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	return xbpf_hash_remove(xbpf_hash_of(map), key, NULL);
}

static int hash_lookup_and_delete(struct xbpf_map *map, const void *key, void *value,
				  struct xbpf_cmd *cmd)
{
	return xbpf_hash_remove(xbpf_hash_of(map), key, value);
}

/* Copies the first key of the first bucket from @i on that has one. */
static int first_key_from(struct xbpf_hash *hash, u64 i, void *next)
{
	for (; i <= hash->mask; i++) {
		struct hash_bucket *bucket = &hash->buckets[i];
		struct hlist_nulls_node *node;
		unsigned long irq;
		bool found;

		xbpf_yield(i);
		if (is_a_nulls(READ_ONCE(bucket->head.first)))
			continue;
		xbpf_map_lock(&bucket->lock, &irq);
		node = bucket->head.first;
		found = !is_a_nulls(node);
		if (found)
			memcpy(next, hlist_nulls_entry(node, struct hash_elem, node)->key, hash->map.info.key_size);
		xbpf_map_unlock(&bucket->lock, irq);
		if (found)
			return 0;
	}
	return -ENOENT;
}

/* Bucket by bucket.  A key that is not there (any more) starts from the beginning, as upstream. */
int xbpf_hash_next_key(struct xbpf_map *map, const void *key, void *next)
{
	struct xbpf_hash *hash = xbpf_hash_of(map);
	struct hash_bucket *bucket;
	struct hash_elem *elem;
	bool found = false;
	unsigned long irq;
	u32 sum;

	if (!key)
		return first_key_from(hash, 0, next);
	sum = xbpf_hash_key(hash, key);
	bucket = xbpf_hash_bucket(hash, sum);
	xbpf_map_lock(&bucket->lock, &irq);
	elem = xbpf_hash_find(hash, key, sum);
	if (elem && !is_a_nulls(elem->node.next)) {
		found = true;
		memcpy(next, hlist_nulls_entry(elem->node.next, struct hash_elem, node)->key, map->info.key_size);
	}
	xbpf_map_unlock(&bucket->lock, irq);
	if (found)
		return 0;
	return first_key_from(hash, elem ? (u64)(sum & hash->mask) + 1 : 0, next);
}

static int hash_bucket(struct xbpf_map *map, u32 n, void *keys, void *values, u32 *count, bool take)
{
	struct xbpf_hash *hash = xbpf_hash_of(map);
	u32 stride = round_up(map->sys_value_size, 8), found = 0;
	struct hlist_nulls_node *node, *next;
	struct hash_bucket *bucket;
	struct hash_elem *elem;
	unsigned long irq;
	int err;

	if (n > hash->mask)
		return -ENOENT;
	bucket = &hash->buckets[n];
	xbpf_map_lock(&bucket->lock, &irq);
	hlist_nulls_for_each_entry(elem, node, &bucket->head, node)
		found++;
	err = found > *count ? -ENOSPC : 0;
	for (node = bucket->head.first; !err && !is_a_nulls(node); node = next) {
		elem = hlist_nulls_entry(node, struct hash_elem, node);
		next = node->next;
		memcpy(keys, elem->key, map->info.key_size);
		xbpf_hash_copy(hash, elem, values);
		keys += map->info.key_size;
		values += stride;
		if (take)
			xbpf_hash_drop(hash, elem);
	}
	xbpf_map_unlock(&bucket->lock, irq);
	*count = found;
	return err;
}

#define COMMON								\
	.alloc = hash_alloc,						\
	.free = xbpf_hash_free,						\
	.sys_lookup = xbpf_hash_lookup,					\
	.sys_update = hash_update,					\
	.sys_delete = hash_delete,					\
	.sys_take = hash_lookup_and_delete,						\
	.next_key = xbpf_hash_next_key,					\
	.bucket = hash_bucket,						\
	.update = xbpf_hash_update_helper,				\
	.delete = xbpf_hash_delete_helper,				\
	.each = xbpf_hash_each_helper

#define FLAGS	(BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | \
		 BPF_F_WRONLY_PROG)

/*
 * BPF_F_NO_PREALLOC asks to save memory, not for another behaviour: taken, and preallocated all the
 * same.
 */
const struct xbpf_map_ops xbpf_hash_ops = {
	.flags = FLAGS | BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE,
	.lookup = xbpf_hash_lookup_helper,
	COMMON,
};

const struct xbpf_map_ops xbpf_percpu_hash_ops = {
	.flags = FLAGS | BPF_F_NO_PREALLOC,
	.lookup = xbpf_hash_percpu_lookup_helper,
	.lookup_percpu = xbpf_hash_lookup_percpu_helper,
	COMMON,
};

/* BPF_F_NO_COMMON_LRU asks for a list per CPU, for speed: there is no list that could be common. */
const struct xbpf_map_ops xbpf_lru_hash_ops = {
	.flags = FLAGS | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE,
	.lookup = xbpf_hash_lru_lookup_helper,
	COMMON,
};

const struct xbpf_map_ops xbpf_lru_percpu_hash_ops = {
	.flags = FLAGS | BPF_F_NO_COMMON_LRU,
	.lookup = xbpf_hash_percpu_lookup_helper,
	.lookup_percpu = xbpf_hash_lookup_percpu_helper,
	COMMON,
};
