/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash maps of all types: plain, per CPU, with eviction (LRU), of maps.
 *
 * map/hash.c has the elements and what programs do with them, map/hash_lru.c the eviction,
 * map/hash_sys.c creation and commands.
 */
#ifndef XBPF_MODULE_MAP_HASH_H
#define XBPF_MODULE_MAP_HASH_H

#include <linux/jhash.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/rculist_nulls.h>
#include <linux/spinlock.h>
#include "map/map.h"

struct hash_elem {
	struct hlist_nulls_node node;	/* in a bucket: under its lock; readers by RCU */
	/* in a free list: under its lock. Apart from node, which late readers still follow */
	struct hash_elem *free_next;
	u32 hash;
	u32 index;			/* among all elements; constant */
	u8 live;			/* in a bucket; written under its lock, after hash */
	u8 referenced;			/* LRU: looked up by a program since the hand last came by; no lock */
	u8 key[] __aligned(8);		/* the value is behind it, 8-byte aligned, unless each CPU has one */
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
	u32 count;			/* elements, spares included */
	u32 value_at;			/* offset of the value behind key[] */
	u32 elem_size;
	u32 value_size;			/* of the value in memory: of a map of maps, a pointer's */
	u32 stride;			/* ... rounded up to 8 */
	bool lru;
	struct hash_bucket *buckets;
	void *elems;			/* max_entries, and one spare per CPU */
	struct hash_free __percpu *free;
	struct hash_elem * __percpu *spare;	/* of its CPU, under the run guard with interrupts off */
	void * __percpu *values;	/* per-CPU types: the CPU's values by index of the element; constant */
	atomic_t hand;			/* LRU: where the search for a victim goes on */
};

/* A write to an element. */
struct hash_write {
	const void *key;
	const void *value;		/* of the program's CPU; from user space of all CPUs */
	u64 flags;
	bool all_cpus;			/* the value is one per CPU */
	u64 *was;			/* if not NULL: gets the first 8 bytes of the value that is replaced, or 0 */
};

static inline struct xbpf_hash *xbpf_hash_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_hash, map);
}

static inline struct hash_elem *xbpf_hash_elem(const struct xbpf_hash *hash, u32 index)
{
	return hash->elems + (u64)index * hash->elem_size;
}

static inline void *xbpf_hash_value(const struct xbpf_hash *hash, const struct hash_elem *elem)
{
	return (void *)elem->key + hash->value_at;
}

static inline void *xbpf_hash_cpu_value(const struct xbpf_hash *hash, const struct hash_elem *elem,
					int cpu)
{
	return *per_cpu_ptr(hash->values, cpu) + (u64)elem->index * hash->stride;
}

static inline u32 xbpf_hash_key(const struct xbpf_hash *hash, const void *key)
{
	return jhash(key, hash->map.info.key_size, hash->seed);
}

static inline struct hash_bucket *xbpf_hash_bucket(const struct xbpf_hash *hash, u32 sum)
{
	return &hash->buckets[sum & hash->mask];
}

/* With the lock of @sum's bucket: the chain stands still. */
struct hash_elem *xbpf_hash_find(const struct xbpf_hash *hash, const void *key, u32 sum);
/* From user space and from programs. */
int xbpf_hash_write(struct xbpf_hash *hash, const struct hash_write *w);
/* @value, if not NULL, gets what was there, as xbpf_hash_copy(). */
int xbpf_hash_remove(struct xbpf_hash *hash, const void *key, void *value);
/* The value, or those of all CPUs, as user space sees them; with the bucket's lock. */
void xbpf_hash_copy(const struct xbpf_hash *hash, const struct hash_elem *elem, void *value);
/* With the bucket's lock. */
static inline void xbpf_hash_unlink(struct hash_elem *elem)
{
	hlist_nulls_del_rcu(&elem->node);
	WRITE_ONCE(elem->live, 0);
}

/* With the bucket's lock: out of its bucket, and free. */
void xbpf_hash_drop(struct xbpf_hash *hash, struct hash_elem *elem);

/*
 * An element of nobody's, by throwing out one that was not used lately; NULL: none was found. No
 * lock held.
 */
struct hash_elem *xbpf_hash_evict(struct xbpf_hash *hash);

/* map/hash_sys.c: what all types share. */
struct xbpf_map *xbpf_hash_alloc(struct xbpf_cmd *cmd, u32 value_size);
void xbpf_hash_free(struct xbpf_map *map);
int xbpf_hash_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd);
int xbpf_hash_next_key(struct xbpf_map *map, const void *key, void *next);
/* words for a failed write; returns @err */
int xbpf_hash_explain(struct xbpf_map *map, int err, struct xbpf_cmd *cmd);

/* Helpers of all types. */
u64 xbpf_hash_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_lru_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_percpu_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_lookup_percpu_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_map_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_update_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_delete_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
u64 xbpf_hash_each_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

#endif
