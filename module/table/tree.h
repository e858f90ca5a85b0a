/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tree: code that compares what stands in a slot with the programs of a table, and jumps
 * directly.
 */
#ifndef XBPF_MODULE_TREE_H
#define XBPF_MODULE_TREE_H

#include <linux/types.h>

struct xbpf_tree {
	void *code;
	u32 len;
	u32 cnt;
	u64 targets[];		/* landing addresses, ascending */
};

#endif
