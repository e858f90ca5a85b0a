/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sites: the places in compiled programs that follow a table, and how slots change together with
 * them.
 *
 * A site belongs to a program and hangs in the table that it follows, from before the program is
 * published until nothing can run it any more.  One lock for all tables: a change reads who follows
 * a slot, a load reads what is in it, and neither may miss the other.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "jit/jit.h"
#include "text/patch.h"
#include "table/prog_array.h"
#include "object/worker.h"

/* Protects struct xbpf_table_sites, the chains, the code's bytes at sites, and writes to slots. */
static DEFINE_MUTEX(sites_lock);

struct xbpf_site {
	struct xbpf_site *next;
	struct xbpf_prog_array *array;	/* the program holds it */
	u8 *at;
	u32 index;
	bool any;
};

void xbpf_table_sites_init(struct xbpf_table_sites *sites, work_func_t rebuild)
{
	xa_init_flags(&sites->by_slot, XA_FLAGS_ACCOUNT);
	INIT_DELAYED_WORK(&sites->rebuild, rebuild);
	sites->rebuilt = jiffies - HZ;
}

void xbpf_table_sites_exit(struct xbpf_table_sites *sites)
{
	cancel_delayed_work_sync(&sites->rebuild);
	WARN_ON_ONCE(sites->cnt || sites->tree);
	xa_destroy(&sites->by_slot);
}

#define TREE_QUIET	(HZ / 50)	/* changes that come together make one tree */
#define TREE_GAP	(HZ / 5)	/* from tree to tree */


void xbpf_tree_want(struct xbpf_table_sites *sites)
{
	unsigned long next = READ_ONCE(sites->rebuilt) + TREE_GAP, delay = TREE_QUIET;

	if (time_after(next, jiffies + delay))
		delay = next - jiffies;
	queue_delayed_work(xbpf_workqueue, &sites->rebuild, delay);	/* one that waits already is enough */
}

/* ---- the table's chains ---- */

static int chain(struct xbpf_site *site)
{
	struct xbpf_table_sites *sites = &site->array->sites;
	int err = 0;

	lockdep_assert_held(&sites_lock);
	if (site->any) {
		site->next = sites->any;
		sites->any = site;
	} else {
		site->next = xa_load(&sites->by_slot, site->index);
		err = xa_err(xa_store(&sites->by_slot, site->index, site, GFP_KERNEL));
	}
	sites->cnt += !err;
	return err;
}

static void unchain(struct xbpf_site *site)
{
	struct xbpf_table_sites *sites = &site->array->sites;
	struct xbpf_site *head, **p = &head;

	lockdep_assert_held(&sites_lock);
	head = site->any ? sites->any : xa_load(&sites->by_slot, site->index);
	while (*p != site)
		p = &(*p)->next;
	*p = site->next;
	if (site->any)
		sites->any = head;
	else if (!head)
		xa_erase(&sites->by_slot, site->index);
	else if (p == &head)	/* the entry exists: replacing it takes no memory */
		xa_store(&sites->by_slot, site->index, head, GFP_KERNEL);
	sites->cnt--;
}

/* ---- programs ---- */

static const void *target(const struct xbpf_site *site)
{
	if (site->any)
		return xbpf_tree_code(site->array->sites.tree);
	return site->array->table.slot[site->index];
}

static void fill(struct xbpf_site *site, const struct xbpf_prog *prog,
		 const struct xbpf_jit_tail_site *from)
{
	site->array = xbpf_prog_array_of(xbpf_map_of(from->map));
	site->at = (u8 *)prog->arena + from->off;
	site->index = from->index;
	site->any = from->any;
}

/* The first @cnt sites leave their tables; trees that lead nowhere any more go. */
static void leave(struct xbpf_site *sites, u32 cnt)
{
	struct xbpf_table_sites *table;
	struct xbpf_tree *tree;
	u32 i;

	for (i = 0; i < cnt; i++) {
		mutex_lock(&sites_lock);
		unchain(&sites[i]);
		table = &sites[i].array->sites;
		tree = table->any ? NULL : table->tree;
		if (tree)
			table->tree = NULL;
		mutex_unlock(&sites_lock);
		xbpf_tree_free(tree);
	}
}

/* The program is not published, so its code is not running: its sites are simply written. */
static int join(struct xbpf_prog *prog, struct xbpf_site *sites, u32 *joined)
{
	struct xbpf_patch patch;
	u32 i;
	int err;

	err = xbpf_patch_begin(&patch, prog->site_cnt);
	for (i = 0; i < prog->site_cnt && !err; i++) {
		fill(&sites[i], prog, &prog->jit_sites[i]);
		err = chain(&sites[i]);
		if (err)
			break;
		(*joined)++;
		xbpf_patch_text(&patch, sites[i].at, target(&sites[i]));
	}
	err = err ? err : xbpf_patch_map(&patch);
	if (!err)
		xbpf_patch_commit(&patch, false);
	xbpf_patch_end(&patch);
	for (i = 0; i < *joined && !err; i++)
		if (sites[i].any && !sites[i].array->sites.tree)
			xbpf_tree_want(&sites[i].array->sites);
	return err;
}

int xbpf_sites_link(struct xbpf_prog *prog, struct xbpf_cmd *cmd)
{
	struct xbpf_site *sites;
	u32 joined = 0;
	int err;

	if (!prog->site_cnt)
		return 0;
	sites = kvcalloc(prog->site_cnt, sizeof(*sites), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!sites)
		return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for the %u tail calls that follow their tables",
				     prog->site_cnt);
	mutex_lock(&sites_lock);
	err = join(prog, sites, &joined);
	mutex_unlock(&sites_lock);
	if (err) {
		leave(sites, joined);
		kvfree(sites);
		return xbpf_cmd_fail(cmd, err, "no memory to bring %u tail calls in line with their tables",
				     prog->site_cnt);
	}
	prog->sites = sites;
	return 0;
}

void xbpf_sites_unlink(struct xbpf_prog *prog)
{
	if (!prog->sites)
		return;
	leave(prog->sites, prog->site_cnt);
	kvfree(prog->sites);
	prog->sites = NULL;
}

/* ---- tables ---- */

static u32 followers(struct xbpf_prog_array *array, const struct xbpf_slot_change *changes, u32 cnt)
{
	const struct xbpf_site *site;
	u32 i, n = 0;

	for (i = 0; i < cnt; i++)
		for (site = xa_load(&array->sites.by_slot, changes[i].index); site; site = site->next)
			n++;
	return n;
}

static void *target_of(const struct xbpf_slot_change *change)
{
	return change->prog ? change->prog->target : NULL;
}

static int patch_slots(struct xbpf_prog_array *array, const struct xbpf_slot_change *changes,
		       u32 cnt, u32 sites)
{
	struct xbpf_patch patch;
	struct xbpf_site *site;
	u32 i;
	int err;

	err = xbpf_patch_begin(&patch, cnt + sites);
	for (i = 0; i < cnt && !err; i++) {
		xbpf_patch_data(&patch, &array->table.slot[changes[i].index], target_of(&changes[i]));
		for (site = xa_load(&array->sites.by_slot, changes[i].index); site; site = site->next)
			xbpf_patch_text(&patch, site->at, target_of(&changes[i]));
	}
	err = err ? err : xbpf_patch_map(&patch);
	if (!err)
		xbpf_patch_commit(&patch, true);
	xbpf_patch_end(&patch);
	array->sites.patches += !err;
	return err;
}

int xbpf_slots_change(struct xbpf_prog_array *array, struct xbpf_slot_change *changes, u32 cnt,
		      bool at_once)
{
	int err = 0;
	u32 sites, i;

	lockdep_assert_held(&array->lock);
	mutex_lock(&sites_lock);
	sites = followers(array, changes, cnt);
	if (sites || at_once)
		err = patch_slots(array, changes, cnt, sites);
	for (i = 0; i < cnt && !err; i++) {
		/* after everything that the program is made of; patched slots have it already */
		smp_store_release(&array->table.slot[changes[i].index], target_of(&changes[i]));
		swap(array->progs[changes[i].index], changes[i].prog);
	}
	if (!err && array->sites.any)
		xbpf_tree_want(&array->sites);
	mutex_unlock(&sites_lock);
	return err;
}

void xbpf_sites_info(struct xbpf_table_sites *sites, struct xbpf_table_info *info)
{
	mutex_lock(&sites_lock);
	info->sites = sites->cnt;
	info->targets = xbpf_tree_targets(sites->tree);
	info->tree_pending = delayed_work_pending(&sites->rebuild);
	info->patches = sites->patches;
	info->rebuilds = sites->rebuilds;
	info->fallbacks = READ_ONCE(sites->fallbacks);
	mutex_unlock(&sites_lock);
}

int xbpf_sites_retree(struct xbpf_table_sites *sites, struct xbpf_tree *tree)
{
	struct xbpf_tree *old = tree;
	struct xbpf_patch patch;
	struct xbpf_site *site;
	u32 n = 0;
	int err = 0;

	mutex_lock(&sites_lock);
	for (site = sites->any; site; site = site->next)
		n++;
	/* no site: the last one left meanwhile, and took the old tree with it */
	if (!n || xbpf_tree_same(sites->tree, tree) || sites->tree == tree)
		goto out;
	err = xbpf_patch_begin(&patch, n);
	for (site = sites->any; site && !err; site = site->next)
		xbpf_patch_text(&patch, site->at, xbpf_tree_code(tree));
	err = err ? err : xbpf_patch_map(&patch);
	if (!err) {
		xbpf_patch_commit(&patch, true);
		old = sites->tree;
		sites->tree = tree;
		sites->patches++;
		sites->rebuilds++;
	}
	xbpf_patch_end(&patch);
out:
	mutex_unlock(&sites_lock);
	/* with every CPU stopped outside of any run, none is left in the old tree */
	xbpf_tree_free(old);
	return err;
}
