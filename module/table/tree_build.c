/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building trees: from the programs in a table to code, some time after the table changed.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "cmd/yield.h"
#include "core/log.h"
#include "jit/jit.h"
#include "text/area.h"
#include "text/jit_env.h"
#include "table/prog_array.h"
#include "table/tree.h"

static unsigned int tree_max = 36;
module_param(tree_max, uint, 0644);
MODULE_PARM_DESC(tree_max,
		 "programs in a program array up to which tail calls compare instead of jumping indirectly "
		 "(default: 36)");

#define TREE_LIMIT	4096u		/* of tree_max */

static void *compile(const u64 *targets, u32 cnt, u32 *len)
{
	struct xbpf_log *log = kzalloc(sizeof(*log), GFP_KERNEL);
	void *code = NULL;
	u8 *buf = NULL;

	if (!log || xbpf_jit_tree(targets, cnt, xbpf_jit_env(), 0, NULL, 0, len, log))
		goto out;
	buf = kvmalloc(*len, GFP_KERNEL | __GFP_NOWARN);
	code = buf ? xbpf_text_alloc(*len, false) : NULL;
	if (code && (xbpf_jit_tree(targets, cnt, xbpf_jit_env(), (unsigned long)code, buf,
				   *len, len, log) ||
		     xbpf_text_write(code, buf, *len))) {
		xbpf_text_free(code, *len);
		code = NULL;
	}
out:
	kvfree(buf);
	kfree(log);
	return code;
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
		if (array->table.slot[i])
			insert(tree, (unsigned long)array->table.slot[i]);
		xbpf_yield(i);
	}
	mutex_unlock(&array->lock);
	return tree;
}

/* Too many, or none: no tree. What went wrong leaves the old one, which is still right. */
void xbpf_tree_work(struct work_struct *work)
{
	struct xbpf_array_pokes *pokes = container_of(to_delayed_work(work),
						      struct xbpf_array_pokes, rebuild);
	struct xbpf_prog_array *array = container_of(pokes, struct xbpf_prog_array, pokes);
	u32 max = min(READ_ONCE(tree_max), TREE_LIMIT);
	struct xbpf_tree *tree = collect(array, max);
	bool fell_back = !tree || tree->cnt > max;

	WRITE_ONCE(pokes->rebuilt, jiffies);
	if (tree && (!tree->cnt || tree->cnt > max)) {
		xbpf_tree_free(tree);
		fell_back |= !!xbpf_pokes_retree(pokes, NULL);
	} else if (tree) {
		tree->code = compile(tree->targets, tree->cnt, &tree->len);
		if (tree->code) {
			fell_back = !!xbpf_pokes_retree(pokes, tree);
		} else {
			xbpf_tree_free(tree);
			fell_back = true;
		}
	}
	if (fell_back)
		WRITE_ONCE(pokes->fallbacks, pokes->fallbacks + 1);
}
