/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The places in compiled code that lead to programs of tables: patched jumps, and trees.
 */
#ifndef XBPF_CLI_SITES_H
#define XBPF_CLI_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/xbpf.h>

struct sites {
	struct xbpf_prog_site *site;
	__u32 n;
};

/* Of a program, by offset; none from a module that does not tell. 0, or -1 and an error. */
int sites_get(int prog_fd, struct sites *s);
void sites_free(struct sites *s);
/* NULL: no site is there. */
const struct xbpf_prog_site *sites_at(const struct sites *s, __u32 offset);

/* "count_usr2", "counter of count_usr2", "tree of handlers"; false: it does not go to @target */
bool site_name(const struct xbpf_prog_site *site, __u64 target, char *buf, size_t size);
/* Behind the instruction: what it follows.  @target: where it jumps to, 0 if it does not. */
void site_remark(const struct xbpf_prog_site *site, __u64 target);

struct tree_opts {
	bool opcodes;		/* the bytes too */
	const char *file;	/* raw bytes go there, nothing is shown */
};

/* tree.c: the tree of a program array.  0, or -1 and an error. */
int tree_dump(int map_fd, const struct bpf_map_info *info, const struct tree_opts *opts);

#endif
