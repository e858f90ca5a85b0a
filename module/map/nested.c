/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps of maps: an array and a hash whose values are maps.
 *
 * All maps in one look like its template, a copy of what the verifier must know, taken from the map
 * that attr.inner_map_fd names.  User space writes fds and reads ids; a slot holds one reference.
 * A program that looks up gets the inner map's address and may use it until its run ends, for which
 * its RCU read section is enough: a reference is put after the slot has let go, and a map without
 * references is freed after a grace period.
 */
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "cmd/yield.h"
#include "map/map.h"
#include "map/hash.h"

/* Only what looks at it without a map of its own: info and ops. */
struct template {
	struct xbpf_map map;
};

struct nested_array {
	struct xbpf_map map;
	u64 slot[];		/* struct xbpf_map *, one reference each, or 0; exchanged whole */
};

static struct nested_array *array_of(struct xbpf_map *map)
{
	return container_of(map, struct nested_array, map);
}

/* ---- the template ---- */

static long check_inner(struct xbpf_cmd *cmd, const struct xbpf_map *inner)
{
	const struct xbpf_map_info *info = &inner->info;

	if (info->inner)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "inner_map_fd: '%s' is a map of maps itself; one level is the limit",
				     info->name);
	if (info->type == BPF_MAP_TYPE_PROG_ARRAY)
		return xbpf_cmd_fail(cmd, -ENOTSUPP,
				     "inner_map_fd: '%s' is a program array, which cannot be an inner map",
				     info->name);
	return 0;
}

static struct xbpf_map_info *template_new(struct xbpf_cmd *cmd)
{
	u32 fd = cmd->attr->bpf.inner_map_fd;
	struct xbpf_map *inner = xbpf_map_get_fd(fd);
	struct template *template;
	long err;

	if (IS_ERR(inner))
		return ERR_PTR(xbpf_cmd_fail(cmd, PTR_ERR(inner), "inner_map_fd %d is no map of xbpf", (int)fd));
	err = check_inner(cmd, inner);
	template = err ? NULL : kzalloc(sizeof(*template), GFP_KERNEL_ACCOUNT);
	if (template) {
		template->map.ops = inner->ops;
		template->map.info = inner->info;
		template->map.info.id = 0;
		template->map.info.frozen = 0;
		template->map.info.addr = 0;
		template->map.info.values = 0;
	} else if (!err) {
		err = -ENOMEM;
	}
	xbpf_map_put(inner);
	return err ? ERR_PTR(err) : &template->map.info;
}

static void template_free(const struct xbpf_map_info *info)
{
	kfree(container_of(info, struct template, map.info));
}

/* The map behind @fd with a reference, if it is like the others. */
static struct xbpf_map *inner_get(struct xbpf_map *outer, u32 fd, struct xbpf_cmd *cmd)
{
	const struct xbpf_map_info *want = outer->info.inner, *is;
	struct xbpf_map *inner = xbpf_map_get_fd(fd);

	if (IS_ERR(inner)) {
		xbpf_cmd_fail(cmd, PTR_ERR(inner), "file descriptor %d is no map of xbpf", (int)fd);
		return inner;
	}
	is = &inner->info;
	if (is->type == want->type && is->key_size == want->key_size &&
	    is->value_size == want->value_size &&
	    is->flags == want->flags &&
	    (is->max_entries == want->max_entries || !xbpf_map_entries_fixed(want)))
		return inner;
	xbpf_cmd_fail(cmd, -EINVAL,
		      "map '%s' (id %u) does not fit: maps in '%s' are of type %u, key %u, value "
		      "%u, entries %u, flags 0x%x",
		      is->name, is->id, outer->info.name, want->type, want->key_size, want->value_size,
		      want->max_entries, want->flags);
	xbpf_map_put(inner);
	return ERR_PTR(-EINVAL);
}

static void inner_put(u64 slot)
{
	if (slot)
		xbpf_map_put((struct xbpf_map *)(unsigned long)slot);
}

static long check_value_size(struct xbpf_cmd *cmd)
{
	u32 size = cmd->attr->bpf.value_size;

	if (size != 4)
		return xbpf_cmd_fail(cmd, -EINVAL, "value_size %u: a value is the fd of a map, 4 bytes", size);
	return 0;
}

/* ---- array of maps ---- */

static void array_free(struct xbpf_map *map)
{
	struct nested_array *array = array_of(map);
	u32 i;

	for (i = 0; i < map->info.max_entries; i++) {
		inner_put(array->slot[i]);
		xbpf_yield(i);
	}
	template_free(map->info.inner);
	kvfree(array);
}

static struct xbpf_map *array_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_map_info *template;
	struct nested_array *array;
	u64 bytes = sizeof(*array) + (u64)attr->max_entries * sizeof(u64);
	long err = check_value_size(cmd);

	if (!err && attr->key_size != 4)
		err = xbpf_cmd_fail(cmd, -EINVAL, "key_size %u: an array's key is 4 bytes", attr->key_size);
	if (err)
		return ERR_PTR(err);
	template = template_new(cmd);
	if (IS_ERR(template))
		return ERR_CAST(template);
	array = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(array)) {
		template_free(template);
		return ERR_CAST(array);
	}
	array->map.memory = bytes + sizeof(struct template);
	array->map.info.inner = template;
	array->map.info.addr = (unsigned long)&array->map;
	return &array->map;
}

static int array_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;
	struct xbpf_map *inner;

	if (index >= map->info.max_entries)
		return -ENOENT;
	rcu_read_lock();
	inner = (struct xbpf_map *)(unsigned long)READ_ONCE(array_of(map)->slot[index]);
	*(u32 *)value = inner ? inner->info.id : 0;
	rcu_read_unlock();
	return inner ? 0 : -ENOENT;
}

static int index_refused(struct xbpf_map *map, u32 index, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -E2BIG, "index %u: array '%s' has %u elements", index, map->info.name,
			     map->info.max_entries);
}

static int array_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;
	struct xbpf_map *inner;

	if (flags != BPF_ANY)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "flags 0x%llx: arrays of maps are written with BPF_ANY", flags);
	if (index >= map->info.max_entries)
		return index_refused(map, index, cmd);
	inner = inner_get(map, *(const u32 *)value, cmd);
	if (IS_ERR(inner))
		return PTR_ERR(inner);
	inner_put(xchg(&array_of(map)->slot[index], (unsigned long)inner));
	return 0;
}

static int array_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;
	u64 old;

	if (index >= map->info.max_entries)
		return index_refused(map, index, cmd);
	old = xchg(&array_of(map)->slot[index], 0);
	inner_put(old);
	return old ? 0 : -ENOENT;
}

/* The inner map itself: its addr is its struct xbpf_map (all types that may be in here). */
static u64 array_lookup_helper(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const struct nested_array *array = (const struct nested_array *)(unsigned long)r1;
	u32 index = *(const u32 *)(unsigned long)r2;

	BUILD_BUG_ON(offsetof(struct nested_array, map));	/* addr is &map */
	if (unlikely(index >= array->map.info.max_entries))
		return 0;
	return READ_ONCE(array->slot[array_index_nospec(index, array->map.info.max_entries)]);
}

const struct xbpf_map_ops xbpf_array_of_maps_ops = {
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.holds_maps = true,
	.alloc = array_alloc,
	.free = array_free,
	.sys_lookup = array_lookup,
	.sys_update = array_update,
	.sys_delete = array_delete,
	.next_key = xbpf_map_next_index,
	.lookup = array_lookup_helper,
};

/* ---- hash of maps ---- */

static void hash_free(struct xbpf_map *map)
{
	struct xbpf_hash *hash = xbpf_hash_of(map);
	struct hash_elem *elem;
	u32 i;

	for (i = 0; i < hash->count; i++) {
		elem = xbpf_hash_elem(hash, i);
		if (elem->live)
			inner_put(*(u64 *)xbpf_hash_value(hash, elem));
		xbpf_yield(i);
	}
	template_free(map->info.inner);
	xbpf_hash_free(map);
}

static struct xbpf_map *hash_alloc(struct xbpf_cmd *cmd)
{
	struct xbpf_map_info *template;
	struct xbpf_map *map;
	long err = check_value_size(cmd);

	if (err)
		return ERR_PTR(err);
	template = template_new(cmd);
	if (IS_ERR(template))
		return ERR_CAST(template);
	map = xbpf_hash_alloc(cmd, sizeof(u64));
	if (IS_ERR(map)) {
		template_free(template);
		return map;
	}
	map->memory += sizeof(struct template);
	map->info.inner = template;
	return map;
}

static int hash_lookup(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd)
{
	u64 slot;
	int err;

	rcu_read_lock();
	err = xbpf_hash_lookup(map, key, &slot, cmd);
	if (!err)
		*(u32 *)value = ((struct xbpf_map *)(unsigned long)slot)->info.id;
	rcu_read_unlock();
	return err;
}

static int hash_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
		       struct xbpf_cmd *cmd)
{
	struct xbpf_map *inner = inner_get(map, *(const u32 *)value, cmd);
	u64 slot = (unsigned long)inner, was = 0;
	const struct hash_write w = { .key = key, .value = &slot, .flags = flags, .was = &was };
	int err;

	if (IS_ERR(inner))
		return PTR_ERR(inner);
	err = xbpf_hash_explain(map, xbpf_hash_write(xbpf_hash_of(map), &w), cmd);
	inner_put(err ? slot : was);
	return err;
}

static int hash_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	u64 slot = 0;
	int err = xbpf_hash_remove(xbpf_hash_of(map), key, &slot);

	inner_put(slot);
	return err;
}

const struct xbpf_map_ops xbpf_hash_of_maps_ops = {
	.flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY,
	.holds_maps = true,
	.alloc = hash_alloc,
	.free = hash_free,
	.sys_lookup = hash_lookup,
	.sys_update = hash_update,
	.sys_delete = hash_delete,
	.next_key = xbpf_hash_next_key,
	.lookup = xbpf_hash_map_lookup_helper,
};
