/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-CPU arrays: each CPU has a value of its own for each index.
 *
 * Programs see their CPU's; user space reads and writes all of them at once, each padded to 8
 * bytes, in the order of the possible CPUs.  Values are written in place, without a lock, by whole
 * aligned words.
 *
 * The per-CPU allocator gives at most PCPU_MIN_UNIT_SIZE at once.  An array that fits is one piece,
 * and engines may compute addresses in it (info.values); larger ones are made of pieces of a power
 * of two of values.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "map/map.h"
#include "run/budget.h"

struct xbpf_percpu_array {
	struct xbpf_map map;
	u32 shift, mask;		/* index >> shift: the piece; index & mask: in it */
	u32 pieces;
	void __percpu *piece[];		/* constant */
};

static struct xbpf_percpu_array *array_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_percpu_array, map);
}

static void __percpu *array_value(const struct xbpf_percpu_array *array, u32 index)
{
	return array->piece[index >> array->shift] + (index & array->mask) * array->map.info.stride;
}

static void array_free(struct xbpf_map *map)
{
	struct xbpf_percpu_array *array = array_of(map);
	u32 i;

	for (i = 0; i < array->pieces; i++)
		free_percpu(array->piece[i]);
	kvfree(array);
}

static long check_attr(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;

	if (attr->key_size != 4)
		return xbpf_cmd_fail(cmd, -EINVAL, "key_size %u: an array's key is 4 bytes", attr->key_size);
	if (!attr->value_size)
		return xbpf_cmd_fail(cmd, -EINVAL, "value_size must not be 0");
	if (attr->value_size > PCPU_MIN_UNIT_SIZE)
		return xbpf_cmd_fail(cmd, -E2BIG, "value_size %u: the limit for a per-CPU value is %lu",
				     attr->value_size, (unsigned long)PCPU_MIN_UNIT_SIZE);
	return xbpf_map_limit(cmd, (u64)attr->max_entries * round_up(attr->value_size,
			      8) * num_possible_cpus());
}

/* The pieces that were got count in @array->pieces. */
static long alloc_pieces(struct xbpf_percpu_array *array, struct xbpf_cmd *cmd, u32 pieces,
			 u32 entries, u32 stride)
{
	u32 left = entries, n;

	for (; array->pieces < pieces; array->pieces++, left -= n) {
		void __percpu *piece;

		n = min(left, 1U << array->shift);
		piece = __alloc_percpu_gfp(n * stride, 8, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY);
		if (!piece)
			return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for %u values of %u bytes on each CPU", entries,
					     stride);
		array->piece[array->pieces] = piece;
		cond_resched();
	}
	return 0;
}

static struct xbpf_map *array_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_percpu_array *array;
	u32 stride, shift, pieces;
	long err = check_attr(cmd);

	if (err)
		return ERR_PTR(err);
	stride = round_up(attr->value_size, 8);
	shift = (u64)attr->max_entries * stride <= PCPU_MIN_UNIT_SIZE ? 31 :
		ilog2(PCPU_MIN_UNIT_SIZE / stride);
	pieces = ((u64)attr->max_entries + (1ULL << shift) - 1) >> shift;
	array = xbpf_map_area(cmd, struct_size(array, piece, pieces), NUMA_NO_NODE);
	if (IS_ERR(array))
		return ERR_CAST(array);
	array->shift = shift;
	array->mask = (1U << shift) - 1;
	err = alloc_pieces(array, cmd, pieces, attr->max_entries, stride);
	if (err) {
		array_free(&array->map);
		return ERR_PTR(err);
	}
	array->map.memory = struct_size(array, piece, pieces) +
		(u64)attr->max_entries * stride * num_possible_cpus();
	array->map.sys_value_size = stride * num_possible_cpus();
	array->map.info.addr = (unsigned long)&array->map;
	array->map.info.percpu = true;
	if (pieces == 1)
		array->map.info.values = (unsigned long)array->piece[0];
	array->map.info.stride = stride;
	return &array->map;
}

/* ---- commands ---- */

static int array_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key, stride = map->info.stride;
	void __percpu *from;
	int cpu, i = 0;

	if (index >= map->info.max_entries)
		return -ENOENT;
	from = array_value(array_of(map), index);
	for_each_possible_cpu(cpu)
		xbpf_map_copy(value + i++ * stride, per_cpu_ptr(from, cpu), map->info.value_size);
	return 0;
}

static int array_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key, stride = map->info.stride;
	void __percpu *to;
	int cpu, i = 0;

	if (index >= map->info.max_entries)
		return xbpf_cmd_fail(cmd, -E2BIG, "index %u: array '%s' has %u elements", index, map->info.name,
				     map->info.max_entries);
	if (flags == BPF_NOEXIST)
		return xbpf_cmd_fail(cmd, -EEXIST, "BPF_NOEXIST: all elements of an array exist");
	to = array_value(array_of(map), index);
	for_each_possible_cpu(cpu)
		xbpf_map_copy(per_cpu_ptr(to, cpu), value + i++ * stride, map->info.value_size);
	return 0;
}

static int array_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -EINVAL, "elements of an array cannot be deleted");
}

/* ---- from programs ---- */

static u64 array_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_percpu_array *array = (const struct xbpf_percpu_array *)(unsigned long)r1;
	u32 index = *(const u32 *)(unsigned long)r2;

	BUILD_BUG_ON(offsetof(struct xbpf_percpu_array, map));	/* addr is &map */
	if (unlikely(index >= array->map.info.max_entries))
		return 0;
	return (unsigned long)this_cpu_ptr(array_value(array, array_index_nospec(index,
						       array->map.info.max_entries)));
}

/* R3: the CPU */
static u64 array_lookup_percpu_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_percpu_array *array = (const struct xbpf_percpu_array *)(unsigned long)r1;
	u32 index = *(const u32 *)(unsigned long)r2, cpu = r3;

	if (index >= array->map.info.max_entries || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return 0;
	index = array_index_nospec(index, array->map.info.max_entries);
	return (unsigned long)per_cpu_ptr(array_value(array, index), cpu);
}

static u64 array_update_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	void *to = (void *)(unsigned long)array_lookup_helper(r1, r2, 0, 0, 0);
	const struct xbpf_map *map = (const struct xbpf_map *)(unsigned long)r1;

	if (r4 > BPF_EXIST)
		return -EINVAL;
	if (!to)
		return -E2BIG;
	if (r4 == BPF_NOEXIST)
		return -EEXIST;
	if (!xbpf_budget_draw_bytes(map->info.value_size))
		return -ETIME;
	xbpf_map_copy(to, (const void *)(unsigned long)r3, map->info.value_size);
	return 0;
}

static u64 array_delete_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return -EINVAL;
}

/*
 * R2: callback, R3: its context, R4: flags, none yet. How many elements it was called for; -ETIME
 * when the run's budget ends before.
 */
static u64 array_each_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_percpu_array *array = (const struct xbpf_percpu_array *)(unsigned long)r1;
	u32 i, key, n = array->map.info.max_entries;

	if (r4)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (!xbpf_budget_draw(1))
			return -ETIME;
		key = i;
		if (xbpf_callback(r2, r1, (unsigned long)&key,
				  (unsigned long)this_cpu_ptr(array_value(array, i)), r3, 0))
			return i + 1;
	}
	return n;
}

const struct xbpf_map_ops xbpf_percpu_array_ops = {
	.flags = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	.alloc = array_alloc,
	.free = array_free,
	.sys_lookup = array_lookup,
	.sys_update = array_update,
	.sys_delete = array_delete,
	.next_key = xbpf_map_next_index,
	.lookup = array_lookup_helper,
	.update = array_update_helper,
	.delete = array_delete_helper,
	.lookup_percpu = array_lookup_percpu_helper,
	.each = array_each_helper,
};
