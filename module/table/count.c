/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting tail calls: what counts a slot, and how it follows the slot's changes.
 *
 * A slot that is counted leads to a stub in front of its program (text/stub.c), so that whoever
 * jumps through it counts, by whatever strategy, and the callers' code stays as it is.  Of
 * interpreted programs the slot keeps its word, and the interpreter asks (xbpf_prog_array_taken()).
 *
 * The counter is the slot's and outlives its programs; each of them has the share that was counted
 * while it was there, and its counters were on.
 */
#include <linux/err.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "cmd/yield.h"
#include "table/prog_array.h"
#include "text/area.h"
#include "text/stub.h"

struct xbpf_slot_count *xbpf_count_of(const struct xbpf_prog_array *array, u32 index)
{
	/* pairs with count_make(): what it leads to is there */
	struct xbpf_slot_count **counts = smp_load_acquire(&array->counts);

	return counts ? READ_ONCE(counts[index]) : NULL;
}

void xbpf_prog_array_taken(const struct xbpf_prog_slots *table, u32 index)
{
	const struct xbpf_prog_array *array = container_of(table, struct xbpf_prog_array, table);
	const struct xbpf_slot_count *count = xbpf_count_of(array, index);

	/* counted tables: also the call that found the program just before the slot was emptied */
	if (count && (READ_ONCE(array->counted) || READ_ONCE(count->on)))
		raw_cpu_inc(*count->tail.taken);
}

static struct xbpf_slot_count *count_make(struct xbpf_prog_array *array, u32 index)
{
	struct xbpf_slot_count *count = xbpf_count_of(array, index), **counts;

	lockdep_assert_held(&array->lock);
	if (count)
		return count;
	if (!array->counts) {
		counts = kvcalloc(array->table.max_entries, sizeof(*counts), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!counts)
			return NULL;
		smp_store_release(&array->counts, counts);
	}
	count = kzalloc(sizeof(*count), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!count)
		return NULL;
	INIT_LIST_HEAD(&count->tail.of_prog);
	count->tail.taken = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!count->tail.taken) {
		kfree(count);
		return NULL;
	}
	smp_store_release(&array->counts[index], count);
	return count;
}

/* Nobody runs through the table any more. */
void xbpf_counts_free(struct xbpf_prog_array *array)
{
	u32 i;

	for (i = 0; array->counts && i < array->table.max_entries; i++) {
		struct xbpf_slot_count *count = array->counts[i];

		xbpf_yield(i);
		if (!count)
			continue;
		WARN_ON_ONCE(count->stub || !list_empty(&count->tail.of_prog));
		free_percpu(count->tail.taken);
		kfree(count);
	}
	kvfree(array->counts);
}

bool xbpf_is_counted(const struct xbpf_prog_array *array, const struct xbpf_prog *prog)
{
	return prog && (array->counted || READ_ONCE(prog->stats.on));
}

static int prepare(struct xbpf_prog_array *array, struct xbpf_slot_change *change)
{
	struct xbpf_slot_count *count = xbpf_count_of(array, change->index);
	struct xbpf_stub *stub;

	change->stub = NULL;
	/* also if it is not counted now: the program may be switched on before it is in the slot */
	change->before = count ? xbpf_count_sum(count->tail.taken) : 0;
	change->counted = xbpf_is_counted(array, change->prog);
	if (!change->counted)
		return 0;
	if (fatal_signal_pending(current))
		return -EINTR;
	count = count_make(array, change->index);
	if (!count)
		return -ENOMEM;
	if (!change->prog->jited)
		return 0;
	stub = xbpf_stub_make(change->prog->target, count->tail.taken);
	if (IS_ERR(stub))
		return PTR_ERR(stub);
	change->stub = stub;
	return 0;
}

/* False: there is certainly none, which is better said before each of many stubs was tried. */
static bool has_room(const struct xbpf_prog_array *array, const struct xbpf_slot_change *changes,
		     u32 cnt)
{
	struct xbpf_text_stat stat;
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < cnt; i++) {
		if (xbpf_is_counted(array, changes[i].prog) && changes[i].prog->jited)
			bytes += XBPF_STUB_ROOM;
		xbpf_yield(i);
	}
	if (!bytes)
		return true;
	xbpf_text_stat(&stat);
	return bytes <= stat.size - stat.used;
}

int xbpf_counts_prepare(struct xbpf_prog_array *array, struct xbpf_slot_change *changes, u32 cnt)
{
	int err = cnt > 1 && !has_room(array, changes, cnt) ? -ENOSPC : 0;
	u32 i;

	if (err) {
		for (i = 0; i < cnt; i++)	/* as of one that failed at the first */
			changes[i].stub = NULL;
		return err;
	}
	for (i = 0; i < cnt && !err; i++) {
		err = prepare(array, &changes[i]);
		xbpf_yield(i);
	}
	if (err)
		xbpf_counts_forget(changes, i);
	return err;
}

void xbpf_counts_forget(struct xbpf_slot_change *changes, u32 cnt)
{
	u32 i;

	for (i = 0; i < cnt; i++) {
		xbpf_stub_free(changes[i].stub);
		changes[i].stub = NULL;
		xbpf_yield(i);
	}
}

void xbpf_counts_tell(struct xbpf_prog_array *array)
{
	WRITE_ONCE(array->table.counting, array->counted || array->counting);
}

void xbpf_counts_moved(struct xbpf_prog_array *array, const struct xbpf_slot_change *change)
{
	struct xbpf_slot_count *count = xbpf_count_of(array, change->index);

	if (!count)
		return;
	if (!change->prog)	/* calls that came since the slot was filled are the new one's */
		count->tail.began = change->before;
	xbpf_prog_tail_move(change->prog, array->progs[change->index], &count->tail);
	xbpf_stub_retire(count->stub);
	count->stub = change->stub;
	array->counting += change->counted;
	array->counting -= count->on;
	WRITE_ONCE(count->on, change->counted);
	xbpf_counts_tell(array);
}
