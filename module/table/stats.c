/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XBPF_STATS: switching the counters of programs and of slots, and reading them.  Switching slots
 * is a change of these (poke.c), from and to what counts them (count.c).
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "table/prog_array.h"

/*
 * Before array->lock: while it is held no program is switched, so that two looks at which slots are
 * to be counted agree.
 */
static DEFINE_MUTEX(switch_lock);

/*
 * Slots of @prog, or of all programs, that are not counted and shall be, or the other way round:
 * how many, and at most @max of them.
 */
static u32 wrong_slots(struct xbpf_prog_array *array, const struct xbpf_prog *prog,
		       struct xbpf_slot_change *changes, u32 max)
{
	const struct xbpf_slot_count *count;
	u32 i, n = 0;

	lockdep_assert_held(&switch_lock);
	for (i = 0; i < array->table.max_entries; i++) {
		xbpf_yield(i);
		if (!array->progs[i] || (prog && array->progs[i] != prog))
			continue;
		count = xbpf_count_of(array, i);
		if ((count && count->on) == xbpf_is_counted(array, array->progs[i]))
			continue;
		if (n < max)
			changes[n] = (struct xbpf_slot_change){ .index = i, .prog = array->progs[i] };
		n++;
	}
	return n;
}

static int set_right(struct xbpf_prog_array *array, const struct xbpf_prog *prog)
{
	struct xbpf_slot_change *changes;
	u32 n = wrong_slots(array, prog, NULL, 0);
	int err;

	if (!n)
		return 0;
	changes = kvcalloc(n, sizeof(*changes), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!changes)
		return -ENOMEM;
	if (WARN_ON_ONCE(wrong_slots(array, prog, changes, n) != n))
		err = -EINVAL;	/* what is in @changes is not what was asked for */
	else
		err = xbpf_slots_change(array, changes, n, XBPF_SLOTS_EACH);
	kvfree(changes);
	return err;
}

enum turn {
	TURN_BEGIN,		/* the table's share begins ... */
	TURN_FORGET,		/* ... and is all there is */
	TURN_END,
};

static void shares_turn(struct xbpf_prog_array *array, enum turn turn)
{
	struct xbpf_slot_count *count;
	u64 sum;
	u32 i;

	for (i = 0; array->counts && i < array->table.max_entries; i++) {
		xbpf_yield(i);
		count = array->counts[i];
		if (!count)
			continue;
		sum = xbpf_count_sum(count->tail.taken);
		if (turn == TURN_BEGIN)
			count->began = sum;
		else if (turn == TURN_FORGET)
			count->kept = 0;
		else
			count->kept += sum - count->began;
	}
}

static int table_set(struct xbpf_prog_array *array, bool on)
{
	int err = 0;

	if (mutex_lock_killable(&switch_lock))
		return -EINTR;
	if (mutex_lock_killable(&array->lock)) {
		mutex_unlock(&switch_lock);
		return -EINTR;
	}
	if (array->counted != on) {
		if (on)
			shares_turn(array, TURN_BEGIN);
		WRITE_ONCE(array->counted, on);
		err = set_right(array, NULL);
		if (err)
			WRITE_ONCE(array->counted, !on);
		else
			shares_turn(array, on ? TURN_FORGET : TURN_END);
		xbpf_counts_tell(array);
	}
	mutex_unlock(&array->lock);
	mutex_unlock(&switch_lock);
	return err;
}

static int slots_set(struct xbpf_prog_array *array, struct xbpf_prog *prog)
{
	u32 i;
	int err;

	if (mutex_lock_killable(&array->lock))
		return -EINTR;
	err = set_right(array, prog);
	/* those that the table counted anyway */
	for (i = 0; array->counts && i < array->table.max_entries && !err; i++) {
		xbpf_yield(i);
		if (array->progs[i] == prog && array->counts[i])
			xbpf_prog_tail_move(prog, prog, &array->counts[i]->tail);
	}
	mutex_unlock(&array->lock);
	return err;
}

/*
 * All slots that hold the program follow its switch.  A slot that comes to hold it meanwhile sees
 * the switch, or is there when its table's turn comes: both under the table's lock.
 */
static int all_slots_set(struct xbpf_prog *prog)
{
	struct xbpf_object *obj;
	struct xbpf_map *map;
	int err = 0;
	u32 id = 0;

	while (!err && (id = xbpf_object_next_id(&xbpf_map_object, id))) {
		obj = xbpf_object_get_id(&xbpf_map_object, id);
		if (!obj)
			continue;
		map = xbpf_map_of_object(obj);
		if (map->info.type == BPF_MAP_TYPE_PROG_ARRAY)
			err = slots_set(xbpf_prog_array_of(map), prog);
		xbpf_map_put(map);
		cond_resched();
	}
	return err;
}

/*
 * Counting less cannot be refused: this waits until there is memory to change the jumps that follow
 * the slots.  Who is killed meanwhile leaves slots that go on counting until they change, or until
 * the program is switched off again: no harm.
 */
static void slots_off(struct xbpf_prog *prog)
{
	while (all_slots_set(prog) && !fatal_signal_pending(current))
		msleep(XBPF_RETRY_MS);
}

static int prog_set(struct xbpf_prog *prog, u32 on)
{
	struct xbpf_prog_kept kept;
	bool was, undone = false;
	int err;

	if (mutex_lock_killable(&switch_lock))
		return -EINTR;
	was = prog->stats.on;
	kept = xbpf_prog_stats_keep(prog);
	err = xbpf_prog_stats_set(prog, on);
	if (!err && on && !was) {
		err = all_slots_set(prog);
		undone = err;
		if (undone)
			xbpf_prog_stats_set(prog, on = 0);
	}
	/* of one that is off already, too: who switched it off may have been killed at it */
	if (!on && prog->stats.counts)
		slots_off(prog);
	if (undone)
		xbpf_prog_stats_restore(prog, &kept);
	mutex_unlock(&switch_lock);
	return err;
}

/* ---- XBPF_STATS ---- */

static long stats_of_new(struct xbpf_cmd *cmd, struct xbpf_stats *stats)
{
	if (stats->fd)
		return xbpf_cmd_fail(cmd, -EINVAL, "STATS: fd must be 0 with XBPF_STATS_NEW");
	stats->was = xbpf_stats_default();
	if (stats->flags & XBPF_STATS_SET)
		xbpf_stats_set_default(stats->on);
	stats->on = xbpf_stats_default();
	return 0;
}

static long stats_of_prog(struct xbpf_cmd *cmd, struct xbpf_stats *stats)
{
	struct xbpf_prog *prog = xbpf_prog_get_fd(stats->fd);
	struct xbpf_prog_sums sums;
	int err = 0;

	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog), "STATS: fd %u is no program of xbpf", stats->fd);
	stats->was = READ_ONCE(prog->stats.on);
	if (stats->flags & XBPF_STATS_SET)
		err = prog_set(prog, stats->on);
	stats->on = READ_ONCE(prog->stats.on);
	sums = xbpf_prog_stats_read(prog);
	stats->run_cnt = sums.direct.run;
	stats->tail_cnt = sums.tailed;
	stats->run_time_ns = sums.direct.time_ns;
	stats->miss_cnt = sums.direct.missed;
	xbpf_prog_put(prog);
	return err ? xbpf_stats_fail(cmd, err) : 0;
}

#define TAKEN_BATCH	64u	/* slots */

/* Some of the slots in one piece, then others may change them. */
static long taken_put(struct xbpf_prog_array *array, u32 first, u32 n, u64 to)
{
	u64 taken[TAKEN_BATCH];
	const struct xbpf_slot_count *count;
	u32 i;

	mutex_lock(&array->lock);
	for (i = 0; i < n; i++) {
		count = xbpf_count_of(array, first + i);
		taken[i] = count ? count->kept : 0;
		if (count && array->counted)
			taken[i] += xbpf_count_sum(count->tail.taken) - count->began;
	}
	mutex_unlock(&array->lock);
	return copy_to_user(u64_to_user_ptr(to), taken, n * sizeof(*taken)) ? -EFAULT : 0;
}

static long stats_of_table(struct xbpf_cmd *cmd, struct xbpf_stats *stats)
{
	struct xbpf_prog_array *array;
	struct file *file = xbpf_prog_array_fget(cmd, stats->fd, &array);
	u32 slots, room, at, n;
	long err = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	stats->was = array->counted ? XBPF_STATS_RUNS : 0;
	if (stats->flags & XBPF_STATS_SET)
		err = table_set(array, stats->on);
	if (err)
		xbpf_stats_fail(cmd, err);
	stats->on = READ_ONCE(array->counted) ? XBPF_STATS_RUNS : 0;
	slots = array->table.max_entries - min(stats->first, array->table.max_entries);
	room = stats->taken ? min(stats->count, slots) : 0;
	stats->count = slots;
	for (at = 0; at < room && !err; at += n) {
		n = min(room - at, TAKEN_BATCH);
		err = taken_put(array, stats->first + at, n, stats->taken + (u64)at * sizeof(u64));
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	fput(file);
	return err;
}

long xbpf_stats_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_stats *stats = &cmd->attr->stats;
	const bool map = stats->kind == XBPF_STATS_MAP;
	const u32 known = map ? XBPF_STATS_RUNS : XBPF_STATS_RUNS | XBPF_STATS_TIME;
	long err;

	if (stats->flags & ~XBPF_STATS_SET || stats->reserved)
		return xbpf_cmd_fail(cmd, -EINVAL, "STATS: flags can only be XBPF_STATS_SET, and reserved 0");
	if (stats->flags & XBPF_STATS_SET ? stats->on & ~known ||
	    stats->on == XBPF_STATS_TIME : stats->on)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "STATS: on 0x%x: with XBPF_STATS_SET 0 or XBPF_STATS_RUNS, and "
				     "XBPF_STATS_TIME besides where it is no map; else 0", stats->on);
	if (!map ? stats->first || stats->count || stats->taken : stats->flags && stats->taken)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "STATS: first, count and taken are for reading the slots of a "
				     "program array; else, and with XBPF_STATS_SET taken, must be 0");
	stats->run_cnt = 0;
	stats->tail_cnt = 0;
	stats->run_time_ns = 0;
	stats->miss_cnt = 0;
	switch (stats->kind) {
	case XBPF_STATS_NEW:
		err = stats_of_new(cmd, stats);
		break;
	case XBPF_STATS_PROG:
		err = stats_of_prog(cmd, stats);
		break;
	case XBPF_STATS_MAP:
		err = stats_of_table(cmd, stats);
		break;
	default:
		return xbpf_cmd_fail(cmd, -EINVAL, "STATS: kind %u is not known", stats->kind);
	}
	if (err)
		return err;
	return copy_to_user(cmd->uattr, stats, min_t(u32, cmd->size, sizeof(*stats))) ? -EFAULT : 0;
}
