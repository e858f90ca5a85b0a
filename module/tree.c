/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trees: code that compares the word of a slot with the programs that are in the table, and jumps to each directly
 * (jit/tail_tree.c).
 *
 * A tree need not be right, it is only faster when it is.  So changes of a table take effect through its slots at once, and
 * the tree follows later, at most so many times a second: a table that changes all the time is served by its slots.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "arena.h"
#include "engine.h"
#include "prog_array.h"
#include "worker.h"

static unsigned int tree_max = 36;
module_param(tree_max, uint, 0644);
MODULE_PARM_DESC(tree_max, "programs in a table up to which tail calls compare instead of jumping indirectly (default: 36)");

#define TREE_LIMIT	4096u		/* of tree_max */
#define TREE_QUIET	(HZ / 50)	/* changes that come together make one tree */
#define TREE_GAP	(HZ / 5)	/* from tree to tree */

struct xbpf_tree {
	void *code;
	u32 len;
	u32 cnt;
	u64 targets[];		/* landing addresses, ascending */
};

const void *xbpf_tree_code(const struct xbpf_tree *tree)
{
	return tree ? tree->code : NULL;
}

u32 xbpf_tree_targets(const struct xbpf_tree *tree)
{
	return tree ? tree->cnt : 0;
}

void xbpf_tree_free(struct xbpf_tree *tree)
{
	if (!tree)
		return;
	xbpf_arena_free(tree->code, tree->len);
	kvfree(tree);
}

void xbpf_tree_want(struct xbpf_table_sites *sites)
{
	unsigned long next = READ_ONCE(sites->rebuilt) + TREE_GAP, delay = TREE_QUIET;

	if (time_after(next, jiffies + delay))
		delay = next - jiffies;
	queue_delayed_work(xbpf_workqueue, &sites->rebuild, delay);	/* one that waits already is enough */
}

/* Puts @target in its place, once. */
static void insert(struct xbpf_tree *tree, u64 target)
{
	u32 lo = 0, hi = tree->cnt, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (tree->targets[mid] < target)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < tree->cnt && tree->targets[lo] == target)
		return;
	memmove(&tree->targets[lo + 1], &tree->targets[lo], (tree->cnt - lo) * sizeof(u64));
	tree->targets[lo] = target;
	tree->cnt++;
}

/* Who is in the table: up to @max + 1 of them, which is too many. NULL: no memory. */
static struct xbpf_tree *collect(struct xbpf_prog_array *array, u32 max)
{
	struct xbpf_tree *tree;
	u32 i;

	tree = kvzalloc(struct_size(tree, targets, (size_t)max + 1), GFP_KERNEL | __GFP_NOWARN);
	if (!tree)
		return NULL;
	mutex_lock(&array->lock);
	for (i = 0; i < array->table.max_entries && tree->cnt <= max; i++) {
		if (array->progs[i])
			insert(tree, (unsigned long)array->progs[i]->target);
		if (i % 1024 == 1023)
			cond_resched();
	}
	mutex_unlock(&array->lock);
	return tree;
}

bool xbpf_tree_same(const struct xbpf_tree *a, const struct xbpf_tree *b)
{
	return a && b && a->cnt == b->cnt && !memcmp(a->targets, b->targets, a->cnt * sizeof(u64));
}

/* Too many, or none: no tree. What went wrong leaves the old one, which is still right. */
void xbpf_tree_work(struct work_struct *work)
{
	struct xbpf_table_sites *sites = container_of(to_delayed_work(work), struct xbpf_table_sites, rebuild);
	struct xbpf_prog_array *array = container_of(sites, struct xbpf_prog_array, sites);
	u32 max = min(READ_ONCE(tree_max), TREE_LIMIT);
	struct xbpf_tree *tree = collect(array, max);
	bool fell_back = !tree || tree->cnt > max;

	WRITE_ONCE(sites->rebuilt, jiffies);
	if (tree && (!tree->cnt || tree->cnt > max)) {
		xbpf_tree_free(tree);
		fell_back |= !!xbpf_sites_retree(sites, NULL);
	} else if (tree) {
		tree->code = xbpf_engine_tree(tree->targets, tree->cnt, &tree->len);
		if (tree->code) {
			fell_back = !!xbpf_sites_retree(sites, tree);
		} else {
			xbpf_tree_free(tree);
			fell_back = true;
		}
	}
	if (fell_back)
		WRITE_ONCE(sites->fallbacks, sites->fallbacks + 1);
}
