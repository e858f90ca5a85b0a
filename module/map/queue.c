/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues and stacks: values without keys, in a ring, under one lock (map/lock.h).
 */
#include <linux/slab.h>
#include <linux/string.h>
#include "map/map.h"
#include "map/lock.h"
#include "run/budget.h"

struct xbpf_queue {
	struct xbpf_map map;
	raw_spinlock_t lock;	/* protects first, count, values */
	u32 first;		/* place of the oldest */
	u32 count;
	bool newest;		/* a stack: which one is taken */
	u32 stride;
	u8 *values;		/* max_entries places */
};

static struct xbpf_queue *queue_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_queue, map);
}

/* The place of the value that is @n behind the oldest. */
static void *place(const struct xbpf_queue *queue, u32 n)
{
	u64 at = (u64)queue->first + n;

	if (at >= queue->map.info.max_entries)
		at -= queue->map.info.max_entries;
	return queue->values + at * queue->stride;
}

static void drop_oldest(struct xbpf_queue *queue)
{
	queue->first = queue->first + 1 == queue->map.info.max_entries ? 0 : queue->first + 1;
	queue->count--;
}

/* BPF_EXIST: a full one gives up its oldest value. */
static int queue_put(struct xbpf_queue *queue, const void *value, u64 flags)
{
	unsigned long irq;
	int err = 0;

	if (flags != BPF_ANY && flags != BPF_EXIST)
		return -EINVAL;
	xbpf_map_lock(&queue->lock, &irq);
	if (queue->count == queue->map.info.max_entries) {
		if (flags == BPF_EXIST)
			drop_oldest(queue);
		else
			err = -E2BIG;
	}
	if (!err)
		memcpy(place(queue, queue->count++), value, queue->map.info.value_size);
	xbpf_map_unlock(&queue->lock, irq);
	return err;
}

/* An empty one leaves zeros, as upstream. */
static int queue_get(struct xbpf_queue *queue, void *value, bool take)
{
	unsigned long irq;
	int err = 0;

	xbpf_map_lock(&queue->lock, &irq);
	if (queue->count) {
		memcpy(value, place(queue, queue->newest ? queue->count - 1 : 0), queue->map.info.value_size);
		if (take && queue->newest)
			queue->count--;
		else if (take)
			drop_oldest(queue);
	} else {
		memset(value, 0, queue->map.info.value_size);
		err = -ENOENT;
	}
	xbpf_map_unlock(&queue->lock, irq);
	return err;
}

static void queue_free(struct xbpf_map *map)
{
	struct xbpf_queue *queue = queue_of(map);

	kvfree(queue->values);
	kfree(queue);
}

static struct xbpf_map *queue_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_queue *queue;
	u64 bytes;

	if (attr->key_size)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "key_size %u: queues and stacks have no keys",
					     attr->key_size));
	if (!attr->value_size)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "value_size must not be 0"));
	if (attr->value_size > KMALLOC_MAX_SIZE)
		return ERR_PTR(xbpf_cmd_fail(cmd, -E2BIG, "value_size %u: the limit is %lu", attr->value_size,
					     (unsigned long)KMALLOC_MAX_SIZE));
	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	queue->stride = round_up(attr->value_size, 8);
	bytes = (u64)attr->max_entries * queue->stride;
	queue->values = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(queue->values)) {
		void *err = queue->values;

		kfree(queue);
		return err;
	}
	raw_spin_lock_init(&queue->lock);
	queue->newest = attr->map_type == BPF_MAP_TYPE_STACK;
	queue->map.memory = sizeof(*queue) + bytes;
	queue->map.info.addr = (unsigned long)&queue->map;
	return &queue->map;
}

/* ---- commands ---- */

static int queue_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	return queue_get(queue_of(map), value, false);
}

static int queue_pop(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	return queue_get(queue_of(map), value, true);
}

static int queue_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			struct xbpf_cmd *cmd)
{
	int err = queue_put(queue_of(map), value, flags);

	if (err == -E2BIG)
		xbpf_cmd_fail(cmd, err, "map '%s' (id %u) is full: %u values", map->info.name, map->info.id,
			      map->info.max_entries);
	else if (err)
		xbpf_cmd_fail(cmd, err,
			      "flags 0x%llx: BPF_ANY, or BPF_EXIST to give up the oldest value "
			      "of a full map",
			      flags);
	return err;
}

static int queue_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -EINVAL,
			     "map '%s' has no keys: take a value with MAP_LOOKUP_AND_DELETE_ELEM",
			     map->info.name);
}

static int queue_next_key(struct xbpf_map *map, const void *key, void *next)
{
	return -EINVAL;
}

/* ---- from programs ---- */

static struct xbpf_queue *queue_at(u64 addr)
{
	BUILD_BUG_ON(offsetof(struct xbpf_queue, map));		/* addr is &map */
	return (struct xbpf_queue *)(unsigned long)addr;
}

static u64 queue_push_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	if (!xbpf_budget_draw_bytes(queue_at(r1)->map.info.value_size))
		return -ETIME;
	return queue_put(queue_at(r1), (const void *)(unsigned long)r2, r3);
}

static u64 get_in_time(struct xbpf_queue *queue, void *value, bool take)
{
	u32 size = queue->map.info.value_size;

	if (xbpf_budget_draw_bytes(size))
		return queue_get(queue, value, take);
	xbpf_budget_clear(value, size);
	return -ETIME;
}

static u64 queue_pop_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return get_in_time(queue_at(r1), (void *)(unsigned long)r2, true);
}

static u64 queue_peek_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return get_in_time(queue_at(r1), (void *)(unsigned long)r2, false);
}

#define OPS								\
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, \
	.alloc = queue_alloc,						\
	.free = queue_free,						\
	.sys_lookup = queue_lookup,					\
	.sys_take = queue_pop,						\
	.sys_update = queue_update,					\
	.sys_delete = queue_delete,					\
	.next_key = queue_next_key,					\
	.push = queue_push_helper,					\
	.pop = queue_pop_helper,					\
	.peek = queue_peek_helper

const struct xbpf_map_ops xbpf_queue_ops = {
	OPS,
};

const struct xbpf_map_ops xbpf_stack_ops = {
	OPS,
};
