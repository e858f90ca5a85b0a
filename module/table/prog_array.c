/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program arrays: what bpf_tail_call() jumps through.
 *
 * Two parallel arrays.  table.slot[] is what running programs load, one word per slot; progs[] is
 * who is behind it, with one reference each.  Poke sites in compiled programs follow the slots
 * (poke.c).  A slot is published after its reference is in place, and emptied or overwritten before
 * the old one's reference is put; a CPU that loaded the old word stands in an RCU read section, and
 * xbpf_prog_put() frees no program before all of those have ended.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "cmd/yield.h"
#include "table/prog_array.h"

#define TABLE_SLOTS_MAX	(1U << 24)

static struct xbpf_map *prog_array_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_prog_array *array;
	u64 slots, bytes;

	if (attr->key_size != 4 || attr->value_size != 4)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "key_size %u, value_size %u: both are 4 bytes in a program array",
					     attr->key_size, attr->value_size));
	if (attr->max_entries > TABLE_SLOTS_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -E2BIG, "max_entries %u: a program array has at most %u slots",
					     attr->max_entries, TABLE_SLOTS_MAX));
	slots = (u64)attr->max_entries * sizeof(void *);
	bytes = sizeof(*array) + 2 * slots;
	array = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(array))
		return ERR_CAST(array);
	array->table.counts = alloc_percpu_gfp(struct xbpf_tail_counts, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!array->table.counts) {
		kvfree(array);
		return ERR_PTR(xbpf_cmd_fail(cmd, -ENOMEM, "no memory for the program array's counters"));
	}
	mutex_init(&array->lock);
	xbpf_array_pokes_init(&array->pokes, xbpf_tree_work);
	array->progs = (struct xbpf_prog **)&array->table.slot[attr->max_entries];
	array->table.max_entries = attr->max_entries;
	array->counted = xbpf_stats_default() & XBPF_STATS_RUNS;
	array->table.counting = array->counted;
	array->map.memory = bytes;
	array->map.info.addr = (unsigned long)&array->table;
	return &array->map;
}

#define EMPTY_BATCH	32u	/* slots */

/* Up to EMPTY_BATCH filled slots from *@index on. */
static u32 filled(const struct xbpf_prog_array *array, u32 *index, struct xbpf_slot_change *changes)
{
	u32 n = 0;

	for (; *index < array->table.max_entries && n < EMPTY_BATCH; (*index)++) {
		if (array->progs[*index])
			changes[n++] = (struct xbpf_slot_change){ .index = *index };
		xbpf_yield(*index);
	}
	return n;
}

/*
 * No user is left, or nobody at all.  The programs must go, and none of those that jump to them may
 * stay behind: where there is no memory to change those, this waits until there is.
 */
static void prog_array_empty(struct xbpf_map *map)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);
	struct xbpf_slot_change changes[EMPTY_BATCH];
	u32 index = 0, n, i;

	mutex_lock(&array->lock);
	while ((n = filled(array, &index, changes))) {
		while (xbpf_slots_change(array, changes, n, XBPF_SLOTS_EACH))
			msleep(XBPF_RETRY_MS);
		for (i = 0; i < n; i++)
			xbpf_prog_put(changes[i].prog);
	}
	mutex_unlock(&array->lock);
}

static void prog_array_free(struct xbpf_map *map)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);
	u32 i;

	/* only users fill slots (a command holds the fd's file), and the last one emptied them all */
	for (i = 0; i < map->info.max_entries; i++)
		if (WARN_ON_ONCE(array->progs[i]))
			break;
	xbpf_array_pokes_exit(&array->pokes);
	mutex_destroy(&array->lock);
	xbpf_counts_free(array);
	free_percpu(array->table.counts);
	kvfree(array);
}

static const char *engine_name(bool jited)
{
	return jited ? "jited" : "interpreted";
}

static long refuse(struct xbpf_prog_array *array, const struct xbpf_prog *prog,
		   struct xbpf_cmd *cmd)
{
	const struct xbpf_map_info *info = &array->map.info;
	char who[24] = "the new program";

	lockdep_assert_held(&array->lock);
	if (prog->obj.id)
		snprintf(who, sizeof(who), "program %u", prog->obj.id);
	if (prog->type != array->type)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "program array '%s' (id %u) belongs to %s %s programs, %s is a %s program",
				     info->name, info->id, engine_name(array->jited), xbpf_prog_type_name(array->type),
				     who, xbpf_prog_type_name(prog->type));
	if (prog->attach_type != array->attach_type)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "program array '%s' (id %u) belongs to programs of expected_attach_type %u, %s has %u: "
				     "load all of them for one kind of hook",
				     info->name, info->id, array->attach_type, who, prog->attach_type);
	return xbpf_cmd_fail(cmd, -EINVAL,
			     "program array '%s' (id %u) belongs to %s %s programs, %s is %s",
			     info->name, info->id, engine_name(array->jited), xbpf_prog_type_name(array->type),
			     who, engine_name(prog->jited));
}

/*
 * A jump from one program into another keeps the frame and the context, so all programs of a table
 * must agree on both: the engine and the type.  What their sections say of where they attach
 * (expected_attach_type) must agree, too, as in newer kernels; LINK_CREATE does not look at it.
 */
long xbpf_prog_array_accept(struct xbpf_prog_array *array, const struct xbpf_prog *prog,
			    struct xbpf_cmd *cmd)
{
	lockdep_assert_held(&array->lock);
	if (!array->owned && !array->loading) {
		array->type = prog->type;
		array->attach_type = prog->attach_type;
		array->jited = prog->jited;
	} else if (array->type != prog->type || array->attach_type != prog->attach_type ||
		   array->jited != prog->jited) {
		return refuse(array, prog, cmd);
	}
	return 0;
}

int xbpf_prog_array_admit(struct xbpf_map *map, const struct xbpf_prog *prog, struct xbpf_cmd *cmd)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);
	int err;

	mutex_lock(&array->lock);
	err = xbpf_prog_array_accept(array, prog, cmd);
	if (!err)
		array->loading++;
	mutex_unlock(&array->lock);
	return err;
}

void xbpf_prog_array_settle(struct xbpf_map *map, bool loaded)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);

	mutex_lock(&array->lock);
	WARN_ON_ONCE(!array->loading);
	array->loading--;
	array->owned |= loaded;
	mutex_unlock(&array->lock);
}

/* ---- commands ---- */

static int prog_array_lookup(struct xbpf_map *map, const void *key, void *value,
			     struct xbpf_cmd *cmd)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);
	u32 index = *(const u32 *)key;
	int err = -ENOENT;

	if (index >= map->info.max_entries)
		return xbpf_cmd_fail(cmd, err, "slot %u: program array '%s' has %u", index, map->info.name,
				     map->info.max_entries);
	mutex_lock(&array->lock);
	if (array->progs[index]) {
		*(u32 *)value = array->progs[index]->obj.id;
		err = 0;
	}
	mutex_unlock(&array->lock);
	return err;
}

/*
 * Puts *@prog (a reference that goes to the slot) or NULL into one slot; then it is who was there,
 * with the slot's reference.
 */
static int slot_changed(struct xbpf_prog_array *array, u32 index, struct xbpf_prog **prog,
			struct xbpf_cmd *cmd)
{
	struct xbpf_slot_change change = { .index = index, .prog = *prog };
	int err = xbpf_slots_change(array, &change, 1, XBPF_SLOTS_EACH);

	if (err && err != -ENOMEM)
		return xbpf_stats_fail(cmd, err);
	if (err)
		return xbpf_cmd_fail(cmd, err,
				     "slot %u of program array '%s': no memory to change the jumps that "
				     "follow it; nothing was changed",
				     index, array->map.info.name);
	*prog = change.prog;
	return 0;
}

static int prog_array_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			     struct xbpf_cmd *cmd)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);
	u32 index = *(const u32 *)key, fd = *(const u32 *)value;
	struct xbpf_prog *prog;
	int err;

	if (flags != BPF_ANY)
		return xbpf_cmd_fail(cmd, -EINVAL, "flags 0x%llx: slots are written with BPF_ANY", flags);
	if (index >= map->info.max_entries)
		return xbpf_cmd_fail(cmd, -E2BIG, "slot %u: program array '%s' has %u, counted from 0",
				     index, map->info.name,
				     map->info.max_entries);
	prog = xbpf_prog_get_fd(fd);
	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog),
				     "slot %u: file descriptor %d is no program of xbpf", index,
				     (int)fd);
	mutex_lock(&array->lock);
	err = xbpf_prog_array_accept(array, prog, cmd);
	if (!err)
		err = slot_changed(array, index, &prog, cmd);
	array->owned |= !err;
	mutex_unlock(&array->lock);
	if (prog)
		xbpf_prog_put(prog);
	return err;
}

static int prog_array_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);
	u32 index = *(const u32 *)key;
	struct xbpf_prog *old = NULL;
	int err;

	if (index >= map->info.max_entries)
		return xbpf_cmd_fail(cmd, -E2BIG, "slot %u: program array '%s' has %u, counted from 0",
				     index, map->info.name,
				     map->info.max_entries);
	mutex_lock(&array->lock);
	err = slot_changed(array, index, &old, cmd);
	mutex_unlock(&array->lock);
	if (err)
		return err;
	if (!old)
		return xbpf_cmd_fail(cmd, -ENOENT, "slot %u of program array '%s' is empty", index,
				     map->info.name);
	xbpf_prog_put(old);
	return 0;
}

static void prog_array_show(struct xbpf_map *map, struct seq_file *m)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(map);

	mutex_lock(&array->lock);
	if (array->owned || array->loading)
		seq_printf(m, "owner_prog_type:\t%u\nowner_jited:\t%u\n", array->type, array->jited);
	mutex_unlock(&array->lock);
}

/* Programs reach it by bpf_tail_call() alone. */
const struct xbpf_map_ops xbpf_prog_array_ops = {
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.alloc = prog_array_alloc,
	.free = prog_array_free,
	.release_users = prog_array_empty,
	.sys_lookup = prog_array_lookup,
	.sys_update = prog_array_update,
	.sys_delete = prog_array_delete,
	.next_key = xbpf_map_next_index,
	.show = prog_array_show,
};
