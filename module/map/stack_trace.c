/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stack traces by id: programs put the present stack in, and keep its id.
 *
 * The id is a hash of the addresses, so equal stacks have one id.  Each place has a lock
 * (map/lock.h) and room for one stack; another stack that comes to a place that is taken is
 * refused, or replaces it with BPF_F_REUSE_STACKID.
 */
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "cmd/yield.h"
#include "map/lock.h"
#include "map/stack_trace.h"
#include "run/stack.h"

#define DEPTH_MAX	127	/* frames: kernel.perf_event_max_stack by default */

struct place {
	raw_spinlock_t lock;	/* protects what follows */
	u32 hash;
	u32 count;		/* 0: empty */
	u64 ip[];
};

struct xbpf_stacks {
	struct xbpf_map map;
	u32 depth;		/* frames in a value */
	u32 mask;		/* places - 1 */
	u32 place_size;
	void *places;
};

/* The run guard keeps it to one program. */
static DEFINE_PER_CPU(u64[DEPTH_MAX], scratch);

static struct xbpf_stacks *stacks_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_stacks, map);
}

static struct place *place_at(const struct xbpf_stacks *stacks, u32 id)
{
	return stacks->places + (u64)id * stacks->place_size;
}

/* ---- from programs ---- */

static bool place_has(const struct place *place, u32 hash, const u64 *ip, u32 count, u64 flags)
{
	if (place->hash != hash)
		return false;
	return flags & BPF_F_FAST_STACK_CMP ||
		(place->count == count && !memcmp(place->ip, ip, count * sizeof(*ip)));
}

s64 xbpf_stack_id(struct xbpf_map *map, u64 flags, struct pt_regs *regs)
{
	struct xbpf_stacks *stacks = stacks_of(map);
	u64 *ip = *this_cpu_ptr(&scratch);
	u32 count, hash, id;
	struct place *place;
	unsigned long irq;
	s64 ret;

	if (flags & ~(u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP |
			   BPF_F_REUSE_STACKID))
		return -EINVAL;
	count = xbpf_stack_walk(ip, stacks->depth, flags & BPF_F_SKIP_FIELD_MASK, flags & BPF_F_USER_STACK,
				regs);
	if (!count)
		return -EFAULT;
	hash = jhash2((u32 *)ip, count * 2, 0);
	id = hash & stacks->mask;
	place = place_at(stacks, id);
	ret = id;
	xbpf_map_lock(&place->lock, &irq);
	if (place->count && place_has(place, hash, ip, count, flags)) {
		;
	} else if (place->count && !(flags & BPF_F_REUSE_STACKID)) {
		ret = -EEXIST;
	} else {
		place->hash = hash;
		place->count = count;
		memcpy(place->ip, ip, count * sizeof(*ip));
	}
	xbpf_map_unlock(&place->lock, irq);
	return ret;
}

/* ---- creation ---- */

static void stacks_free(struct xbpf_map *map)
{
	kvfree(stacks_of(map)->places);
	kfree(stacks_of(map));
}

static struct xbpf_map *stacks_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_stacks *stacks;
	u64 bytes;
	u32 i;

	if (attr->map_flags & BPF_F_STACK_BUILD_ID)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "BPF_F_STACK_BUILD_ID: build ids are read from files, which no probe may do"));
	if (attr->key_size != 4)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "key_size %u: an id has 4 bytes", attr->key_size));
	if (!attr->value_size || attr->value_size % 8 || attr->value_size > DEPTH_MAX * 8)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "value_size %u: 8 bytes for each of at most %u frames",
					     attr->value_size, DEPTH_MAX));
	if (attr->max_entries > 1U << 31)
		return ERR_PTR(xbpf_cmd_fail(cmd, -E2BIG, "max_entries %u: the limit is %u",
					     attr->max_entries, 1U << 31));
	stacks = kzalloc(sizeof(*stacks), GFP_KERNEL_ACCOUNT);
	if (!stacks)
		return ERR_PTR(-ENOMEM);
	stacks->depth = attr->value_size / 8;
	stacks->mask = roundup_pow_of_two(attr->max_entries) - 1;
	stacks->place_size = sizeof(struct place) + attr->value_size;
	bytes = ((u64)stacks->mask + 1) * stacks->place_size;
	stacks->places = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(stacks->places)) {
		void *err = stacks->places;

		kfree(stacks);
		return err;
	}
	for (i = 0; i <= stacks->mask; i++) {
		raw_spin_lock_init(&place_at(stacks, i)->lock);
		xbpf_yield(i);
	}
	stacks->map.memory = sizeof(*stacks) + bytes;
	stacks->map.info.addr = (unsigned long)&stacks->map;
	return &stacks->map;
}

/* ---- commands ---- */

static int stacks_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	struct xbpf_stacks *stacks = stacks_of(map);
	u32 id = *(const u32 *)key, count;
	struct place *place;
	unsigned long irq;

	if (id > stacks->mask)
		return -ENOENT;
	place = place_at(stacks, id);
	xbpf_map_lock(&place->lock, &irq);
	count = place->count;
	memcpy(value, place->ip, count * sizeof(u64));
	xbpf_map_unlock(&place->lock, irq);
	memset(value + count * sizeof(u64), 0, map->info.value_size - count * sizeof(u64));
	return count ? 0 : -ENOENT;
}

static int stacks_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			 struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -EINVAL, "stacks are put in by bpf_get_stackid() alone");
}

static int stacks_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	struct xbpf_stacks *stacks = stacks_of(map);
	u32 id = *(const u32 *)key, count;
	struct place *place;
	unsigned long irq;

	if (id > stacks->mask)
		return xbpf_cmd_fail(cmd, -E2BIG, "id %u: map '%s' has ids up to %u", id,
				     map->info.name, stacks->mask);
	place = place_at(stacks, id);
	xbpf_map_lock(&place->lock, &irq);
	count = place->count;
	place->count = 0;
	xbpf_map_unlock(&place->lock, irq);
	return count ? 0 : -ENOENT;
}

/* The ids in use, ascending. */
static int stacks_next_key(struct xbpf_map *map, const void *key, void *next)
{
	struct xbpf_stacks *stacks = stacks_of(map);
	u64 id = key ? *(const u32 *)key + 1ULL : 0;

	/* a key that cannot be there starts from the beginning, as upstream */
	if (id > stacks->mask + 1ULL)
		id = 0;
	for (; id <= stacks->mask; id++) {
		if (READ_ONCE(place_at(stacks, id)->count)) {
			*(u32 *)next = id;
			return 0;
		}
		xbpf_yield(id);
	}
	return -ENOENT;
}

const struct xbpf_map_ops xbpf_stack_trace_ops = {
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID,
	.alloc = stacks_alloc,
	.free = stacks_free,
	.sys_lookup = stacks_lookup,
	.sys_update = stacks_update,
	.sys_delete = stacks_delete,
	.next_key = stacks_next_key,
};
