/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays: all elements exist from the start, at constant addresses, until the map goes.
 *
 * Values have no lock: programs and user space write them in place, and whoever counts on several
 * CPUs uses atomic instructions, as with upstream arrays.  Whole aligned words are never seen half
 * written.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "compat/mm.h"
#include "map/map.h"
#include "run/budget.h"

/* As far as a direct access can reach (the verifier's largest variable offset is 2^29). */
#define ARRAY_VALUE_MAX	(1U << 28)

struct xbpf_array {
	struct xbpf_map map;
	void *values;		/* max_entries * map.info.stride bytes; constant */
};

static struct xbpf_array *array_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_array, map);
}

static void *array_value(const struct xbpf_array *array, u32 index)
{
	return array->values + (u64)index * array->map.info.stride;
}

static struct xbpf_map *array_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_array *array;
	u64 bytes;
	u32 stride;

	if (attr->key_size != 4)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "key_size %u: an array's key is 4 bytes",
					     attr->key_size));
	if (!attr->value_size)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "value_size must not be 0"));
	if (attr->value_size > ARRAY_VALUE_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -E2BIG, "value_size %u: the limit is %u", attr->value_size,
					     ARRAY_VALUE_MAX));
	if (attr->map_flags & BPF_F_MMAPABLE && attr->map_flags & BPF_F_NUMA_NODE)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "BPF_F_MMAPABLE and BPF_F_NUMA_NODE exclude each other"));
	stride = round_up(attr->value_size, 8);
	bytes = (u64)attr->max_entries * stride;	/* < 2^61 */

	array = kzalloc(sizeof(*array), GFP_KERNEL_ACCOUNT);
	if (!array)
		return ERR_PTR(-ENOMEM);
	if (attr->map_flags & BPF_F_MMAPABLE) {
		bytes = PAGE_ALIGN(bytes);
		array->values = xbpf_map_pages(cmd, bytes);
	} else {
		array->values = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	}
	if (IS_ERR(array->values)) {
		void *err = array->values;

		kfree(array);
		return err;
	}
	array->map.memory = sizeof(*array) + bytes;
	array->map.info.addr = (unsigned long)&array->map;
	array->map.info.values = (unsigned long)array->values;
	array->map.info.stride = stride;
	return &array->map;
}

static void array_free(struct xbpf_map *map)
{
	struct xbpf_array *array = array_of(map);

	kvfree(array->values);
	kfree(array);
}

static int array_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;

	if (index >= map->info.max_entries)
		return -ENOENT;
	xbpf_map_copy(value, array_value(array_of(map), index), map->info.value_size);
	return 0;
}

/* From user space and from programs: may element @index be written, with these flags? */
static int write_check(const struct xbpf_array *array, u32 index, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= array->map.info.max_entries)
		return -E2BIG;
	return flags == BPF_NOEXIST ? -EEXIST : 0;
}

/* ... then this is where; not for a CPU that goes on before it knows whether it may. */
static void *element(const struct xbpf_array *array, u32 index)
{
	return array_value(array, array_index_nospec(index, array->map.info.max_entries));
}

static int array_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;
	int err = write_check(array_of(map), index, flags);

	if (!err)
		xbpf_map_copy(element(array_of(map), index), value, map->info.value_size);
	else if (err == -E2BIG)
		xbpf_cmd_fail(cmd, err, "index %u: array '%s' has %u elements", index, map->info.name,
			      map->info.max_entries);
	else if (err == -EEXIST)
		xbpf_cmd_fail(cmd, err, "BPF_NOEXIST: all elements of an array exist");
	return err;
}

static int array_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -EINVAL, "elements of an array cannot be deleted");
}

/*
 * All pages at once, as remap_vmalloc_range() does; that one wants memory of vmalloc_user(), which
 * is charged to nobody.
 */
static int array_mmap(struct xbpf_map *map, struct vm_area_struct *vma)
{
	struct xbpf_array *array = array_of(map);
	u64 pages = PAGE_ALIGN((u64)map->info.max_entries * map->info.stride) >> PAGE_SHIFT;
	unsigned long i, n = vma_pages(vma);
	int err;

	if (!(map->info.flags & BPF_F_MMAPABLE))
		return -EINVAL;
	if (vma->vm_pgoff >= pages || n > pages - vma->vm_pgoff)
		return -EINVAL;
	xbpf_compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (i = 0; i < n; i++) {
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT),
				     vmalloc_to_page(array->values + ((vma->vm_pgoff + i) << PAGE_SHIFT)));
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* ---- from programs ---- */

static u64 array_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_array *array = (const struct xbpf_array *)(unsigned long)r1;
	u32 index = *(const u32 *)(unsigned long)r2;

	BUILD_BUG_ON(offsetof(struct xbpf_array, map));		/* addr is &map */
	if (unlikely(index >= array->map.info.max_entries))
		return 0;
	index = array_index_nospec(index, array->map.info.max_entries);
	return (unsigned long)array_value(array, index);
}

static u64 array_update_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct xbpf_array *array = (const struct xbpf_array *)(unsigned long)r1;
	const void *value = (const void *)(unsigned long)r3;
	u32 index = *(const u32 *)(unsigned long)r2, size = array->map.info.value_size, done, n;
	int err = write_check(array, index, r4);
	void *to;

	if (err)
		return err;
	to = element(array, index);
	for (done = 0; done < size; done += n) {
		n = xbpf_budget_piece(size, done);
		if (!xbpf_budget_draw_bytes(n))
			return -ETIME;
		xbpf_map_copy(to + done, value + done, n);
	}
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
	const struct xbpf_array *array = (const struct xbpf_array *)(unsigned long)r1;
	u32 i, key, n = array->map.info.max_entries;

	if (r4)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (!xbpf_budget_draw(1))
			return -ETIME;
		key = i;
		if (xbpf_callback(r2, r1, (unsigned long)&key, (unsigned long)array_value(array, i), r3, 0))
			return i + 1;
	}
	return n;
}

const struct xbpf_map_ops xbpf_array_ops = {
	.flags = BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_INNER_MAP | BPF_F_RDONLY | BPF_F_WRONLY |
	BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	.alloc = array_alloc,
	.free = array_free,
	.sys_lookup = array_lookup,
	.sys_update = array_update,
	.sys_delete = array_delete,
	.next_key = xbpf_map_next_index,
	.mmap = array_mmap,
	.lookup = array_lookup_helper,
	.update = array_update_helper,
	.delete = array_delete_helper,
	.each = array_each_helper,
};
