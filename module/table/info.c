/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What user space may know of program arrays and of the code that follows them: poke sites, slots,
 * trees.
 */
#include <linux/file.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "jit/jit.h"
#include "table/prog_array.h"

#define BATCH	16u	/* records that are copied at a time */

static void slot_show(const struct xbpf_prog_array *array, u32 index, struct xbpf_table_slot *to)
{
	const struct xbpf_slot_count *count = xbpf_count_of(array, index);

	lockdep_assert_held(&array->lock);
	*to = (struct xbpf_table_slot){
		.target = (unsigned long)array->table.slot[index],
		.prog_id = array->progs[index] ? array->progs[index]->obj.id : 0,
		.flags = count && count->stub ? XBPF_SLOT_COUNTED : 0,
	};
}

/* ---- XBPF_PROG_TAIL ---- */

static void site_show(const struct xbpf_jit_poke *poke, struct xbpf_prog_site *to)
{
	struct xbpf_prog_array *array = xbpf_prog_array_of(xbpf_map_of(poke->map));
	struct xbpf_table_slot slot = {};

	mutex_lock(&array->lock);
	if (poke->any)
		slot.target = xbpf_pokes_landing(&array->pokes);
	else
		slot_show(array, poke->index, &slot);
	mutex_unlock(&array->lock);
	*to = (struct xbpf_prog_site){
		.offset = poke->off,
		.map_id = array->map.info.id,
		.index = poke->any ? 0 : poke->index,
		.flags = (poke->any ? XBPF_SITE_TREE : 0) |
			(slot.flags & XBPF_SLOT_COUNTED ? XBPF_SITE_COUNTED : 0),
		.prog_id = slot.prog_id,
		.target = slot.target,
	};
}

static long sites_put(const struct xbpf_prog *prog, u64 to, u32 room)
{
	struct xbpf_prog_site sites[BATCH];
	u32 at, n, i;

	for (at = 0; at < room; at += n) {
		n = min(room - at, BATCH);
		for (i = 0; i < n; i++)
			site_show(&prog->jit_pokes[at + i], &sites[i]);
		if (copy_to_user(u64_to_user_ptr(to + (u64)at * sizeof(*sites)), sites, n * sizeof(*sites)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long prog_tail(const struct xbpf_prog *prog, struct xbpf_prog_tail *tail)
{
	u32 room = min(tail->site_cnt, prog->poke_cnt);

	tail->strategy = prog->tail;
	tail->sites = prog->poke_cnt;
	memset(tail->name, 0, sizeof(tail->name));
	if (prog->tail)
		strscpy(tail->name, xbpf_jit_tail_name(prog->tail), sizeof(tail->name));
	tail->site_cnt = prog->poke_cnt;
	tail->site_size = sizeof(struct xbpf_prog_site);
	if (!xbpf_info_addresses())
		tail->site_list = 0;
	return tail->site_list ? sites_put(prog, tail->site_list, room) : 0;
}

long xbpf_prog_tail_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_prog_tail *ask = &cmd->attr->prog_tail;
	struct xbpf_prog *prog;
	long err;

	if (ask->reserved)
		return xbpf_cmd_fail(cmd, -EINVAL, "PROG_TAIL: reserved must be 0");
	if (ask->site_cnt && ask->site_size != sizeof(struct xbpf_prog_site))
		return xbpf_cmd_fail(cmd, -EINVAL, "PROG_TAIL: a site has %zu bytes, not %u",
				     sizeof(struct xbpf_prog_site), ask->site_size);
	prog = xbpf_prog_get_fd(ask->prog_fd);
	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog),
				     "PROG_TAIL: prog_fd %u is no program of xbpf", ask->prog_fd);
	err = prog_tail(prog, ask);
	xbpf_prog_put(prog);
	if (err)
		return err;
	return copy_to_user(cmd->uattr, ask, min_t(u32, cmd->size, sizeof(*ask))) ? -EFAULT : 0;
}

/* ---- XBPF_TABLE_INFO ---- */

static void counts_show(struct xbpf_prog_array *array, struct xbpf_table_info *info)
{
	u32 i;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct xbpf_tail_counts *counts = per_cpu_ptr(array->table.counts, cpu);

		info->range += READ_ONCE(counts->range);
		info->empty += READ_ONCE(counts->empty);
		info->limit += READ_ONCE(counts->limit);
	}
	mutex_lock(&array->lock);
	for (i = 0; i < array->table.max_entries; i++) {
		info->filled += !!array->progs[i];
		xbpf_yield(i);
	}
	mutex_unlock(&array->lock);
}

/* The tree may be another one at each look: what is written is what the last one found. */
static long tree_put(struct xbpf_cmd *cmd, struct xbpf_array_pokes *pokes,
		     struct xbpf_table_info *info, u64 to, u32 room)
{
	void *code = NULL;
	u32 size = 0;
	long err = 0;

	xbpf_pokes_info(pokes, info, NULL, 0);
	while (to && min(room, info->tree_len) > size) {
		size = min(room, info->tree_len);
		kvfree(code);
		code = kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);
		if (!code)
			return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for the %u bytes of a tree", size);
		xbpf_pokes_info(pokes, info, code, size);
	}
	if (copy_to_user(u64_to_user_ptr(to), code, min(size, info->tree_len)))
		err = -EFAULT;
	kvfree(code);
	return err;
}

static long slots_put(struct xbpf_prog_array *array, u32 first, u32 room, u64 to)
{
	struct xbpf_table_slot slots[BATCH];
	u32 at, n, i;

	for (at = 0; at < room; at += n) {
		n = min(room - at, BATCH);
		mutex_lock(&array->lock);
		for (i = 0; i < n; i++)
			slot_show(array, first + at + i, &slots[i]);
		mutex_unlock(&array->lock);
		if (copy_to_user(u64_to_user_ptr(to + (u64)at * sizeof(*slots)), slots, n * sizeof(*slots)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long table_info(struct xbpf_cmd *cmd, struct xbpf_prog_array *array,
		       struct xbpf_table_info *info)
{
	const struct xbpf_table_info ask = *info;
	bool show = xbpf_info_addresses();
	u32 slots = array->table.max_entries - min(ask.slot_first, array->table.max_entries);
	long err;

	*info = (struct xbpf_table_info){
		.map_fd = ask.map_fd,
		.tree_code = show ? ask.tree_code : 0,
		.slots = show ? ask.slots : 0,
		.slot_first = ask.slot_first,
		.slot_cnt = slots,
		.slot_size = sizeof(struct xbpf_table_slot),
	};
	counts_show(array, info);
	err = tree_put(cmd, &array->pokes, info, info->tree_code, ask.tree_len);
	if (!show)
		info->tree_addr = 0;
	if (!err && info->slots)
		err = slots_put(array, ask.slot_first, min(ask.slot_cnt, slots), info->slots);
	return err;
}

long xbpf_table_info_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_table_info *info = &cmd->attr->table_info;
	struct xbpf_prog_array *array;
	struct file *file;
	long err;

	if (info->reserved)
		return xbpf_cmd_fail(cmd, -EINVAL, "TABLE_INFO: reserved must be 0");
	if (info->slot_cnt && info->slot_size != sizeof(struct xbpf_table_slot))
		return xbpf_cmd_fail(cmd, -EINVAL, "TABLE_INFO: a slot has %zu bytes, not %u",
				     sizeof(struct xbpf_table_slot), info->slot_size);
	file = xbpf_prog_array_fget(cmd, info->map_fd, &array);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (info->slots && !(file->f_mode & FMODE_READ))
		err = xbpf_cmd_fail(cmd, -EPERM, "the fd of program array '%s' is write-only",
				    array->map.info.name);
	else
		err = table_info(cmd, array, info);
	fput(file);
	if (err)
		return err;
	return copy_to_user(cmd->uattr, info, min_t(u32, cmd->size, sizeof(*info))) ? -EFAULT : 0;
}
