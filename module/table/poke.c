/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Poke sites: the places in compiled programs that follow a table, and how slots change together
 * with them.
 *
 * A poke site belongs to a program and hangs in the table that it follows, from before the program
 * is published until nothing can run it any more.  A change reads who follows a slot under the
 * table's lock, and a load hangs its poke sites there under it before it brings them in line with
 * what is in the table, so that neither misses the other.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "cmd/yield.h"
#include "jit/jit.h"
#include "text/patch.h"
#include "text/stub.h"
#include "table/prog_array.h"
#include "object/worker.h"

struct xbpf_poke {
	struct list_head ring;		/* of all that follow the same; protected by the table's pokes.lock */
	struct xbpf_prog_array *array;	/* the program holds it */
	u8 *at;
	u32 index;
	bool any;
};

void xbpf_array_pokes_init(struct xbpf_array_pokes *pokes, work_func_t rebuild)
{
	mutex_init(&pokes->lock);
	xa_init_flags(&pokes->by_slot, XA_FLAGS_ACCOUNT);
	INIT_DELAYED_WORK(&pokes->rebuild, rebuild);
	pokes->rebuilt = jiffies - HZ;
}

void xbpf_array_pokes_exit(struct xbpf_array_pokes *pokes)
{
	cancel_delayed_work_sync(&pokes->rebuild);
	WARN_ON_ONCE(pokes->cnt || pokes->tree);
	xa_destroy(&pokes->by_slot);
	mutex_destroy(&pokes->lock);
}

#define TREE_QUIET	(HZ / 50)	/* changes that come together make one tree */
#define TREE_GAP	(HZ / 5)	/* from tree to tree */

void xbpf_tree_schedule(struct xbpf_array_pokes *pokes)
{
	unsigned long next = READ_ONCE(pokes->rebuilt) + TREE_GAP, delay = TREE_QUIET;

	if (time_after(next, jiffies + delay))
		delay = next - jiffies;
	queue_delayed_work(xbpf_workqueue, &pokes->rebuild, delay);	/* one that waits already is enough */
}

/* ---- who follows what ---- */

/* From the first of a ring, which may be NULL, to its last. */
#define for_each_poke(poke, first) \
	for ((poke) = (first); (poke); (poke) = poke_behind(poke, first))

static struct xbpf_poke *poke_behind(struct xbpf_poke *poke, const struct xbpf_poke *first)
{
	poke = list_next_entry(poke, ring);
	return poke == first ? NULL : poke;
}

static u32 ring_count(struct xbpf_poke *first)
{
	struct xbpf_poke *poke;
	u32 n = 0;

	for_each_poke(poke, first)
		n++;
	return n;
}

/* The first in a table's ring; an entry that exists is replaced without memory. */
static int ring_set(struct xbpf_poke *poke, struct xbpf_poke *first)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;

	if (!poke->any)
		return xa_err(xa_store(&pokes->by_slot, poke->index, first, GFP_KERNEL));
	pokes->any = first;
	return 0;
}

static struct xbpf_poke *ring_of(const struct xbpf_poke *poke)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;

	return poke->any ? pokes->any : xa_load(&pokes->by_slot, poke->index);
}

/* At the end: those of one program stay in the order of their addresses. */
static int chain(struct xbpf_poke *poke)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;
	struct xbpf_poke *first;
	int err = 0;

	mutex_lock(&pokes->lock);
	INIT_LIST_HEAD(&poke->ring);
	first = ring_of(poke);
	if (first)
		list_add_tail(&poke->ring, &first->ring);
	else
		err = ring_set(poke, poke);
	pokes->cnt += !err;
	mutex_unlock(&pokes->lock);
	return err;
}

/* A tree that nobody jumps to any more goes. */
static void unchain(struct xbpf_poke *poke)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;
	struct xbpf_tree *tree = NULL;

	mutex_lock(&pokes->lock);
	if (ring_of(poke) == poke)
		ring_set(poke, list_empty(&poke->ring) ? NULL : list_next_entry(poke, ring));
	list_del(&poke->ring);
	pokes->cnt--;
	if (!pokes->any) {
		swap(tree, pokes->tree);
		pokes->landing = NULL;
	}
	mutex_unlock(&pokes->lock);
	xbpf_tree_free(tree);
}

/* ---- programs ---- */

/* The word that says where the jump goes. */
static void **follows(const struct xbpf_poke *poke)
{
	return poke->any ? &poke->array->pokes.landing : &poke->array->table.slot[poke->index];
}

static void poke_init(struct xbpf_poke *poke, const struct xbpf_prog *prog,
		 const struct xbpf_jit_poke *from)
{
	poke->array = xbpf_prog_array_of(xbpf_map_of(from->map));
	poke->at = (u8 *)prog->text + from->off;
	poke->index = from->index;
	poke->any = from->any;
}

static void unlink_pokes(struct xbpf_poke *pokes, u32 cnt)
{
	u32 i;

	for (i = 0; i < cnt; i++) {
		unchain(&pokes[i]);
		xbpf_yield(i);
	}
}

static void schedule_tree(const struct xbpf_poke *poke)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;

	mutex_lock(&pokes->lock);
	if (!pokes->tree)
		xbpf_tree_schedule(pokes);
	mutex_unlock(&pokes->lock);
}

/* The program is not published, so its code is not running: its poke sites are simply written. */
static int link_pokes(struct xbpf_prog *prog, struct xbpf_poke *pokes, u32 *joined)
{
	struct xbpf_patch patch;
	u32 i;
	int err;

	err = xbpf_patch_begin(&patch, 0, prog->poke_cnt);
	for (i = 0; i < prog->poke_cnt && !err; i++) {
		poke_init(&pokes[i], prog, &prog->jit_pokes[i]);
		err = chain(&pokes[i]);
		if (err)
			break;
		(*joined)++;
		xbpf_patch_site(&patch, pokes[i].at, follows(&pokes[i]));
		xbpf_yield(i);
	}
	err = err ? err : xbpf_patch_map(&patch);
	if (!err)
		xbpf_patch_commit_new(&patch);
	xbpf_patch_end(&patch);
	for (i = 0; i < *joined && !err; i++)
		if (pokes[i].any)
			schedule_tree(&pokes[i]);
	return err;
}

int xbpf_pokes_link(struct xbpf_prog *prog, struct xbpf_cmd *cmd)
{
	struct xbpf_poke *pokes;
	u32 joined = 0;
	int err;

	if (!prog->poke_cnt)
		return 0;
	pokes = kvcalloc(prog->poke_cnt, sizeof(*pokes), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pokes)
		return xbpf_cmd_fail(cmd, -ENOMEM,
				     "no memory for the %u tail calls that follow their program arrays",
				     prog->poke_cnt);
	err = link_pokes(prog, pokes, &joined);
	if (err) {
		unlink_pokes(pokes, joined);
		kvfree(pokes);
		return xbpf_cmd_fail(cmd, err,
				     "no memory to bring %u tail calls in line with their program arrays",
				     prog->poke_cnt);
	}
	prog->pokes = pokes;
	return 0;
}

void xbpf_pokes_unlink(struct xbpf_prog *prog)
{
	if (!prog->pokes)
		return;
	unlink_pokes(prog->pokes, prog->poke_cnt);
	kvfree(prog->pokes);
	prog->pokes = NULL;
}

/* ---- tables ---- */

static u32 followers(struct xbpf_prog_array *array, const struct xbpf_slot_change *changes, u32 cnt)
{
	u32 i, n = 0;

	if (xa_empty(&array->pokes.by_slot))
		return 0;
	for (i = 0; i < cnt; i++) {
		n += ring_count(xa_load(&array->pokes.by_slot, changes[i].index));
		xbpf_yield(i);
	}
	return n;
}

static void *target_of(const struct xbpf_slot_change *change)
{
	if (change->stub)
		return xbpf_stub_code(change->stub);
	return change->prog ? change->prog->target : NULL;
}

static int patch_slots(struct xbpf_prog_array *array, const struct xbpf_slot_change *changes,
		       u32 cnt, u32 pokes, enum xbpf_slots_how how)
{
	struct xbpf_patch patch;
	struct xbpf_poke *poke;
	u32 i;
	int err;

	err = xbpf_patch_begin(&patch, cnt, pokes);
	for (i = 0; i < cnt && !err; i++) {
		void **slot = &array->table.slot[changes[i].index];

		xbpf_patch_word(&patch, slot, target_of(&changes[i]));
		for_each_poke(poke, xa_load(&array->pokes.by_slot, changes[i].index))
			xbpf_patch_site(&patch, poke->at, slot);
		xbpf_yield(i);
	}
	err = err ? err : xbpf_patch_map(&patch);
	if (!err && how == XBPF_SLOTS_EACH)
		xbpf_patch_commit(&patch);
	else if (!err)
		err = xbpf_patch_commit_at_once(&patch);
	xbpf_patch_end(&patch);
	array->pokes.patches += !err;
	return err;
}

int xbpf_slots_change(struct xbpf_prog_array *array, struct xbpf_slot_change *changes, u32 cnt,
		      enum xbpf_slots_how how)
{
	u32 pokes, i;
	int err;

	lockdep_assert_held(&array->lock);
	err = xbpf_counts_prepare(array, changes, cnt);
	if (err)
		return err;
	mutex_lock(&array->pokes.lock);
	pokes = followers(array, changes, cnt);
	if (pokes || how != XBPF_SLOTS_EACH)
		err = patch_slots(array, changes, cnt, pokes, how);
	for (i = 0; i < cnt && !err; i++) {
		/* after everything that the program is made of; patched slots have it already */
		smp_store_release(&array->table.slot[changes[i].index], target_of(&changes[i]));
		swap(array->progs[changes[i].index], changes[i].prog);
		xbpf_counts_moved(array, &changes[i]);
		xbpf_yield(i);
	}
	if (!err && array->pokes.any)
		xbpf_tree_schedule(&array->pokes);
	mutex_unlock(&array->pokes.lock);
	if (err)
		xbpf_counts_forget(changes, cnt);
	return err;
}

unsigned long xbpf_pokes_landing(struct xbpf_array_pokes *pokes)
{
	unsigned long landing;

	mutex_lock(&pokes->lock);
	landing = (unsigned long)pokes->landing;
	mutex_unlock(&pokes->lock);
	return landing;
}

void xbpf_pokes_info(struct xbpf_array_pokes *pokes, struct xbpf_table_info *info, void *code,
		     u32 room)
{
	mutex_lock(&pokes->lock);
	info->sites = pokes->cnt;
	info->targets = xbpf_tree_targets(pokes->tree);
	info->tree_pending = delayed_work_pending(&pokes->rebuild);
	info->patches = pokes->patches;
	info->rebuilds = pokes->rebuilds;
	info->fallbacks = READ_ONCE(pokes->fallbacks);
	info->tree_addr = (unsigned long)xbpf_tree_code(pokes->tree);
	info->tree_len = xbpf_tree_copy(pokes->tree, code, room);
	mutex_unlock(&pokes->lock);
}

/* Under pokes->lock. */
static int retree(struct xbpf_array_pokes *pokes, const struct xbpf_tree *tree)
{
	struct xbpf_patch patch;
	struct xbpf_poke *poke;
	int err;

	err = xbpf_patch_begin(&patch, 1, ring_count(pokes->any));
	if (!err) {
		xbpf_patch_word(&patch, &pokes->landing, xbpf_tree_code(tree));
		for_each_poke(poke, pokes->any)
			xbpf_patch_site(&patch, poke->at, &pokes->landing);
		err = xbpf_patch_map(&patch);
	}
	if (!err)
		xbpf_patch_commit(&patch);
	xbpf_patch_end(&patch);
	return err;
}

int xbpf_pokes_retree(struct xbpf_array_pokes *pokes, struct xbpf_tree *tree)
{
	struct xbpf_tree *old = tree;
	int err = 0;

	mutex_lock(&pokes->lock);
	/* no poke site: the last one left meanwhile, and took the old tree with it */
	if (pokes->any && pokes->tree != tree && !xbpf_tree_same(pokes->tree, tree))
		err = retree(pokes, tree);
	else
		goto out;
	if (!err) {
		old = pokes->tree;
		pokes->tree = tree;
		pokes->patches++;
		pokes->rebuilds++;
	}
out:
	mutex_unlock(&pokes->lock);
	/* runs may be in the old tree; the new one, if it is not wanted, nobody has seen */
	if (old && old != tree)
		synchronize_rcu();
	xbpf_tree_free(old);
	return err;
}
