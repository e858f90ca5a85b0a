/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trees: code that compares the word of a slot with the programs that are in the table, and jumps
 * to each directly (jit/tail_tree.c).
 *
 * A tree need not be right, it is only faster when it is.  So changes of a table take effect
 * through its slots at once, and the tree follows later, at most so many times a second: a table
 * that changes all the time is served by its slots.
 */
#include <linux/slab.h>
#include "text/area.h"
#include "table/prog_array.h"
#include "table/tree.h"

void *xbpf_tree_code(const struct xbpf_tree *tree)
{
	return tree ? tree->code : NULL;
}

u32 xbpf_tree_targets(const struct xbpf_tree *tree)
{
	return tree ? tree->cnt : 0;
}

u32 xbpf_tree_copy(const struct xbpf_tree *tree, void *to, u32 room)
{
	if (!tree)
		return 0;
	if (room)
		memcpy(to, tree->code, min(room, tree->len));
	return tree->len;
}

void xbpf_tree_free(struct xbpf_tree *tree)
{
	if (!tree)
		return;
	xbpf_text_free(tree->code, tree->len);
	kvfree(tree);
}

bool xbpf_tree_same(const struct xbpf_tree *a, const struct xbpf_tree *b)
{
	return a && b && a->cnt == b->cnt && !memcmp(a->targets, b->targets, a->cnt * sizeof(u64));
}
