/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cgroup arrays: which control groups programs may ask for, by index.
 *
 * A slot holds a reference to its group.  The group's memory outlives the last one by a grace
 * period, so programs read slots as they are.
 */
#include <linux/cgroup.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "cmd/yield.h"
#include "map/cgroup.h"

struct cgroup_array {
	struct xbpf_map map;
	struct cgroup __rcu *slot[];	/* one reference each, or NULL */
};

static struct cgroup_array *array_of(struct xbpf_map *map)
{
	return container_of(map, struct cgroup_array, map);
}

static bool slot_exchange(struct cgroup_array *array, u32 index, struct cgroup *new)
{
	struct cgroup *old = unrcu_pointer(xchg(&array->slot[index], RCU_INITIALIZER(new)));

	if (old)
		cgroup_put(old);
	return old;
}

/* ---- from programs ---- */

long xbpf_cgroup_holds_current(struct xbpf_map *map, u32 index)
{
	struct cgroup *group;
	long held = -EAGAIN;

	if (index >= map->info.max_entries)
		return -E2BIG;
	rcu_read_lock();	/* preemption is off already, but the task's groups are asked for this one */
	group = rcu_dereference(array_of(map)->slot[index]);
	if (group)
		held = task_under_cgroup_hierarchy(current, group);
	rcu_read_unlock();
	return held;
}

/* ---- creation ---- */

static struct xbpf_map *array_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct cgroup_array *array;
	u64 bytes = sizeof(*array) + (u64)attr->max_entries * sizeof(void *);

	if (attr->key_size != 4 || attr->value_size != 4)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "key_size %u, value_size %u: both are 4 bytes", attr->key_size,
					     attr->value_size));
	array = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(array))
		return ERR_CAST(array);
	array->map.memory = bytes;
	array->map.info.addr = (unsigned long)&array->map;
	return &array->map;
}

static void array_free(struct xbpf_map *map)
{
	u32 i;

	for (i = 0; i < map->info.max_entries; i++) {
		slot_exchange(array_of(map), i, NULL);
		xbpf_yield(i);
	}
	kvfree(array_of(map));
}

/* ---- commands ---- */

static int index_refused(struct xbpf_map *map, u32 index, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -E2BIG, "index %u: array '%s' has %u elements", index, map->info.name,
			     map->info.max_entries);
}

static int array_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			struct xbpf_cmd *cmd)
{
	int fd = *(const int *)value;
	u32 index = *(const u32 *)key;
	struct cgroup *group;

	if (flags != BPF_ANY)
		return xbpf_cmd_fail(cmd, -EINVAL, "flags 0x%llx: cgroup arrays are written with BPF_ANY",
				     flags);
	if (index >= map->info.max_entries)
		return index_refused(map, index, cmd);
	group = cgroup_get_from_fd(fd);
	if (IS_ERR(group))
		return xbpf_cmd_fail(cmd, PTR_ERR(group),
				     "file descriptor %d is no folder of the cgroup file system (cgroup2)", fd);
	slot_exchange(array_of(map), index, group);
	return 0;
}

static int array_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;

	if (index >= map->info.max_entries)
		return index_refused(map, index, cmd);
	return slot_exchange(array_of(map), index, NULL) ? 0 : -ENOENT;
}

/* As upstream, they cannot be looked up. */
const struct xbpf_map_ops xbpf_cgroup_array_ops = {
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.alloc = array_alloc,
	.free = array_free,
	.sys_update = array_update,
	.sys_delete = array_delete,
	.next_key = xbpf_map_next_index,
};
