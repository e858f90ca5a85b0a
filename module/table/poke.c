/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Poke sites: the places in compiled programs that follow a table, and how slots change together
 * with them.
 *
 * A poke site belongs to a program and hangs in the table that it follows, from before the program
 * is published until nothing can run it any more.  One lock for all tables: a change reads who
 * follows a slot, a load reads what is in it, and neither may miss the other.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "jit/jit.h"
#include "text/patch.h"
#include "table/prog_array.h"
#include "object/worker.h"

/*
 * Protects struct xbpf_array_pokes, the chains, the code's bytes at poke sites, and writes to
 * slots.
 */
static DEFINE_MUTEX(pokes_lock);

struct xbpf_poke {
	struct xbpf_poke *next;
	struct xbpf_prog_array *array;	/* the program holds it */
	u8 *at;
	u32 index;
	bool any;
};

void xbpf_array_pokes_init(struct xbpf_array_pokes *pokes, work_func_t rebuild)
{
	xa_init_flags(&pokes->by_slot, XA_FLAGS_ACCOUNT);
	INIT_DELAYED_WORK(&pokes->rebuild, rebuild);
	pokes->rebuilt = jiffies - HZ;
}

void xbpf_array_pokes_exit(struct xbpf_array_pokes *pokes)
{
	cancel_delayed_work_sync(&pokes->rebuild);
	WARN_ON_ONCE(pokes->cnt || pokes->tree);
	xa_destroy(&pokes->by_slot);
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

/* ---- the table's chains ---- */

static int chain(struct xbpf_poke *poke)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;
	int err = 0;

	lockdep_assert_held(&pokes_lock);
	if (poke->any) {
		poke->next = pokes->any;
		pokes->any = poke;
	} else {
		poke->next = xa_load(&pokes->by_slot, poke->index);
		err = xa_err(xa_store(&pokes->by_slot, poke->index, poke, GFP_KERNEL));
	}
	pokes->cnt += !err;
	return err;
}

static void unchain(struct xbpf_poke *poke)
{
	struct xbpf_array_pokes *pokes = &poke->array->pokes;
	struct xbpf_poke *head, **p = &head;

	lockdep_assert_held(&pokes_lock);
	head = poke->any ? pokes->any : xa_load(&pokes->by_slot, poke->index);
	while (*p != poke)
		p = &(*p)->next;
	*p = poke->next;
	if (poke->any)
		pokes->any = head;
	else if (!head)
		xa_erase(&pokes->by_slot, poke->index);
	else if (p == &head)	/* the entry exists: replacing it takes no memory */
		xa_store(&pokes->by_slot, poke->index, head, GFP_KERNEL);
	pokes->cnt--;
}

/* ---- programs ---- */

static const void *target(const struct xbpf_poke *poke)
{
	if (poke->any)
		return xbpf_tree_code(poke->array->pokes.tree);
	return poke->array->table.slot[poke->index];
}

static void poke_init(struct xbpf_poke *poke, const struct xbpf_prog *prog,
		 const struct xbpf_jit_poke *from)
{
	poke->array = xbpf_prog_array_of(xbpf_map_of(from->map));
	poke->at = (u8 *)prog->text + from->off;
	poke->index = from->index;
	poke->any = from->any;
}

/* The first @cnt poke sites leave their tables; trees that lead nowhere any more go. */
static void unlink_pokes(struct xbpf_poke *pokes, u32 cnt)
{
	struct xbpf_array_pokes *table;
	struct xbpf_tree *tree;
	u32 i;

	for (i = 0; i < cnt; i++) {
		mutex_lock(&pokes_lock);
		unchain(&pokes[i]);
		table = &pokes[i].array->pokes;
		tree = table->any ? NULL : table->tree;
		if (tree)
			table->tree = NULL;
		mutex_unlock(&pokes_lock);
		xbpf_tree_free(tree);
	}
}

/* The program is not published, so its code is not running: its poke sites are simply written. */
static int link_pokes(struct xbpf_prog *prog, struct xbpf_poke *pokes, u32 *joined)
{
	struct xbpf_patch patch;
	u32 i;
	int err;

	err = xbpf_patch_begin(&patch, prog->poke_cnt);
	for (i = 0; i < prog->poke_cnt && !err; i++) {
		poke_init(&pokes[i], prog, &prog->jit_pokes[i]);
		err = chain(&pokes[i]);
		if (err)
			break;
		(*joined)++;
		xbpf_patch_text(&patch, pokes[i].at, target(&pokes[i]));
	}
	err = err ? err : xbpf_patch_map(&patch);
	if (!err)
		xbpf_patch_commit(&patch, false);
	xbpf_patch_end(&patch);
	for (i = 0; i < *joined && !err; i++)
		if (pokes[i].any && !pokes[i].array->pokes.tree)
			xbpf_tree_schedule(&pokes[i].array->pokes);
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
	mutex_lock(&pokes_lock);
	err = link_pokes(prog, pokes, &joined);
	mutex_unlock(&pokes_lock);
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
	const struct xbpf_poke *poke;
	u32 i, n = 0;

	for (i = 0; i < cnt; i++)
		for (poke = xa_load(&array->pokes.by_slot, changes[i].index); poke; poke = poke->next)
			n++;
	return n;
}

static void *target_of(const struct xbpf_slot_change *change)
{
	return change->prog ? change->prog->target : NULL;
}

static int patch_slots(struct xbpf_prog_array *array, const struct xbpf_slot_change *changes,
		       u32 cnt, u32 pokes)
{
	struct xbpf_patch patch;
	struct xbpf_poke *poke;
	u32 i;
	int err;

	err = xbpf_patch_begin(&patch, cnt + pokes);
	for (i = 0; i < cnt && !err; i++) {
		xbpf_patch_data(&patch, &array->table.slot[changes[i].index], target_of(&changes[i]));
		for (poke = xa_load(&array->pokes.by_slot, changes[i].index); poke; poke = poke->next)
			xbpf_patch_text(&patch, poke->at, target_of(&changes[i]));
	}
	err = err ? err : xbpf_patch_map(&patch);
	if (!err)
		xbpf_patch_commit(&patch, true);
	xbpf_patch_end(&patch);
	array->pokes.patches += !err;
	return err;
}

int xbpf_slots_change(struct xbpf_prog_array *array, struct xbpf_slot_change *changes, u32 cnt,
		      bool at_once)
{
	int err = 0;
	u32 pokes, i;

	lockdep_assert_held(&array->lock);
	mutex_lock(&pokes_lock);
	pokes = followers(array, changes, cnt);
	if (pokes || at_once)
		err = patch_slots(array, changes, cnt, pokes);
	for (i = 0; i < cnt && !err; i++) {
		/* after everything that the program is made of; patched slots have it already */
		smp_store_release(&array->table.slot[changes[i].index], target_of(&changes[i]));
		swap(array->progs[changes[i].index], changes[i].prog);
	}
	if (!err && array->pokes.any)
		xbpf_tree_schedule(&array->pokes);
	mutex_unlock(&pokes_lock);
	return err;
}

void xbpf_pokes_info(struct xbpf_array_pokes *pokes, struct xbpf_table_info *info)
{
	mutex_lock(&pokes_lock);
	info->sites = pokes->cnt;
	info->targets = xbpf_tree_targets(pokes->tree);
	info->tree_pending = delayed_work_pending(&pokes->rebuild);
	info->patches = pokes->patches;
	info->rebuilds = pokes->rebuilds;
	info->fallbacks = READ_ONCE(pokes->fallbacks);
	mutex_unlock(&pokes_lock);
}

int xbpf_pokes_retree(struct xbpf_array_pokes *pokes, struct xbpf_tree *tree)
{
	struct xbpf_tree *old = tree;
	struct xbpf_patch patch;
	struct xbpf_poke *poke;
	u32 n = 0;
	int err = 0;

	mutex_lock(&pokes_lock);
	for (poke = pokes->any; poke; poke = poke->next)
		n++;
	/* no poke site: the last one left meanwhile, and took the old tree with it */
	if (!n || xbpf_tree_same(pokes->tree, tree) || pokes->tree == tree)
		goto out;
	err = xbpf_patch_begin(&patch, n);
	for (poke = pokes->any; poke && !err; poke = poke->next)
		xbpf_patch_text(&patch, poke->at, xbpf_tree_code(tree));
	err = err ? err : xbpf_patch_map(&patch);
	if (!err) {
		xbpf_patch_commit(&patch, true);
		old = pokes->tree;
		pokes->tree = tree;
		pokes->patches++;
		pokes->rebuilds++;
	}
	xbpf_patch_end(&patch);
out:
	mutex_unlock(&pokes_lock);
	/* with every CPU stopped outside of any run, none is left in the old tree */
	xbpf_tree_free(old);
	return err;
}
