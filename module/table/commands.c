/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program arrays behind fds, and XBPF_MAP_UPDATE_MANY: many of their slots at once.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "table/prog_array.h"

struct file *xbpf_prog_array_fget(struct xbpf_cmd *cmd, u32 fd, struct xbpf_prog_array **array)
{
	struct file *file = xbpf_map_fget(cmd, fd);
	struct xbpf_map *map;

	if (IS_ERR(file))
		return file;
	map = xbpf_map_of_file(file);
	if (map->info.type != BPF_MAP_TYPE_PROG_ARRAY) {
		xbpf_cmd_fail(cmd, -EINVAL, "map '%s' (id %u) is of type %s, not a program array", map->info.name,
			      map->info.id, xbpf_map_type_name(map->info.type));
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	*array = xbpf_prog_array_of(map);
	return file;
}

/* One command under way. */
struct many {
	struct xbpf_cmd *cmd;
	struct xbpf_update_many *attr;
	struct xbpf_prog_array *array;
	struct xbpf_slot_update *slots;
	struct xbpf_slot_change *changes;	/* [attr->count], a reference to each program */
	u32 got;				/* changes that are filled */
};

static long killed(struct many *m)
{
	return xbpf_cmd_fail(m->cmd, -EINTR, "UPDATE_MANY: killed; nothing was changed");
}

/* At round @i of each loop before the change. */
static long goes_on(struct many *m, u32 i)
{
	xbpf_yield(i);
	return fatal_signal_pending(current) ? killed(m) : 0;
}

static long slots_get(struct many *m)
{
	u32 count = m->attr->count;

	m->changes = kvcalloc(count, sizeof(*m->changes), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!m->changes)
		return xbpf_cmd_fail(m->cmd, -ENOMEM, "no memory for %u slots", count);
	m->slots = vmemdup_user(u64_to_user_ptr(m->attr->slots), array_size(count, sizeof(*m->slots)));
	if (IS_ERR(m->slots)) {
		long err = PTR_ERR(m->slots);

		m->slots = NULL;
		return xbpf_cmd_fail(m->cmd, err, "UPDATE_MANY: %u slots cannot be read", count);
	}
	return 0;
}

static long progs_get(struct many *m)
{
	const struct xbpf_map_info *info = &m->array->map.info;
	struct xbpf_prog *prog;
	long err;

	for (; m->got < m->attr->count; m->got++) {
		const struct xbpf_slot_update *slot = &m->slots[m->got];

		m->attr->failed = m->got;
		err = goes_on(m, m->got);
		if (err)
			return err;
		if (slot->index >= info->max_entries)
			return xbpf_cmd_fail(m->cmd, -E2BIG,
					     "slot %u: program array '%s' has %u, counted from 0",
					     slot->index, info->name, info->max_entries);
		prog = slot->prog_fd == -1 ? NULL : xbpf_prog_get_fd(slot->prog_fd);
		if (IS_ERR(prog))
			return xbpf_cmd_fail(m->cmd, PTR_ERR(prog), "slot %u: file descriptor %d is no program of xbpf",
					     slot->index, slot->prog_fd);
		m->changes[m->got] = (struct xbpf_slot_change){ .index = slot->index, .prog = prog };
	}
	m->attr->failed = m->attr->count;
	return 0;
}

#define PAIRS_MAX	32u	/* slots of which each is compared with each */

static long refuse(struct many *m, u32 index)
{
	return xbpf_cmd_fail(m->cmd, -EINVAL, "slot %u is named twice: which program is it to have?",
			     index);
}

static long refuse_pairs(struct many *m)
{
	u32 i, k;

	for (i = 1; i < m->got; i++)
		for (k = 0; k < i; k++)
			if (m->changes[k].index == m->changes[i].index)
				return refuse(m, m->changes[i].index);
	return 0;
}

static long refuse_twice(struct many *m)
{
	u32 slots = m->array->map.info.max_entries, i;
	unsigned long *named;
	long err = 0;

	if (m->got <= PAIRS_MAX)
		return refuse_pairs(m);
	named = kvcalloc(BITS_TO_LONGS(slots), sizeof(*named), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!named)
		return xbpf_cmd_fail(m->cmd, -ENOMEM, "no memory for %u slots", m->got);
	for (i = 0; i < m->got && !err; i++) {
		err = goes_on(m, i);
		if (!err && __test_and_set_bit(m->changes[i].index, named))
			err = refuse(m, m->changes[i].index);
	}
	kvfree(named);
	return err;
}

/* Under array->lock.  A table that is nobody's yet becomes the first program's. */
static long accept_all(struct many *m)
{
	struct xbpf_prog_array *array = m->array;
	bool owned = array->owned;
	long err = 0;
	u32 i;

	for (i = 0; i < m->got && !err; i++) {
		err = goes_on(m, i);
		if (err || !m->changes[i].prog)
			continue;
		err = xbpf_prog_array_accept(array, m->changes[i].prog, m->cmd);
		array->owned |= !err;
	}
	if (err)
		array->owned = owned;
	return err;
}

/* Under array->lock. */
static long change(struct many *m)
{
	bool owned = m->array->owned;
	long err = accept_all(m);

	if (err)
		return err;
	err = xbpf_slots_change(m->array, m->changes, m->got, XBPF_SLOTS_AT_ONCE);
	if (!err)
		return 0;
	m->array->owned = owned;
	if (err == -EAGAIN)
		return err;
	if (err != -ENOMEM)
		return xbpf_stats_fail(m->cmd, err);
	return xbpf_cmd_fail(m->cmd, err, "no memory to change %u slots at once; nothing was changed",
			     m->got);
}

#define TRIES_NS	NSEC_PER_SEC	/* more than the usual budget of a run */
#define PAUSE_US	500u		/* behind the first try; doubled, up to PAUSE_MAX_US */
#define PAUSE_MAX_US	8000u

/*
 * Waits for a moment without runs.  The locks are free between two tries, for others who change
 * this table or another one.
 */
static long change_in_time(struct many *m)
{
	u64 end = ktime_get_ns() + TRIES_NS;
	u32 pause = PAUSE_US;
	long err;

	for (;;) {
		if (mutex_lock_killable(&m->array->lock))
			return -EINTR;
		err = change(m);
		mutex_unlock(&m->array->lock);
		if (err != -EAGAIN)
			return err;
		if (ktime_get_ns() >= end)
			return xbpf_cmd_fail(m->cmd, -EBUSY,
					     "for a second programs were running at each moment that was "
					     "tried; nothing was changed: try again, or change the %u "
					     "slots one by one", m->got);
		usleep_range(pause, 2 * pause);
		pause = min(2 * pause, PAUSE_MAX_US);
	}
}

static long update(struct many *m)
{
	long err = slots_get(m) ?: progs_get(m) ?: refuse_twice(m) ?: change_in_time(m);
	u32 i;

	for (i = 0; i < m->got; i++) {
		if (m->changes[i].prog)
			xbpf_prog_put(m->changes[i].prog);
		xbpf_yield(i);
	}
	kvfree(m->slots);
	kvfree(m->changes);
	if (err && xbpf_cmd_put(m->cmd, update_many.failed))
		return -EFAULT;
	return err;
}

long xbpf_update_many_cmd(struct xbpf_cmd *cmd)
{
	struct many m = { .cmd = cmd, .attr = &cmd->attr->update_many };
	struct file *file;
	long err;

	if (m.attr->flags)
		return xbpf_cmd_fail(cmd, -EINVAL, "UPDATE_MANY: flags must be 0");
	if (!m.attr->count || m.attr->count > XBPF_SLOTS_MAX)
		return xbpf_cmd_fail(cmd, -EINVAL, "UPDATE_MANY: 1 to %u slots at once, not %u", XBPF_SLOTS_MAX,
				     m.attr->count);
	file = xbpf_prog_array_fget(cmd, m.attr->map_fd, &m.array);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!(file->f_mode & FMODE_WRITE))
		err = xbpf_cmd_fail(cmd, -EPERM, "the fd of program array '%s' is read-only",
				    m.array->map.info.name);
	else
		err = xbpf_map_write_begin(&m.array->map, cmd);
	if (!err) {
		err = update(&m);
		xbpf_map_write_end(&m.array->map);
	}
	fput(file);
	return err;
}
