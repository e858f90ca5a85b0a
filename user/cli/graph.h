/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links, programs, tables and slots, as xbpfctl graph draws them.
 */
#ifndef XBPF_CLI_GRAPH_H
#define XBPF_CLI_GRAPH_H

#include <stdbool.h>
#include "info.h"
#include "link.h"

struct graph_slot {
	__u32 index, prog_id;
	__u64 taken;
};

struct graph_link {
	struct xbpf_link_info info;
	char place[NAME_SIZE + 32];
};

struct graph_prog {
	struct prog_info info;
	bool reached, shown;
};

struct graph_table {
	struct bpf_map_info info;
	struct xbpf_table_info counts;
	struct graph_slot *slot;
	__u32 n;
	bool counted;	/* slot[].taken */
	bool reached;
};

/* What there was when it was asked for; each array is in the order of ids. */
struct graph {
	struct graph_link *link;
	struct graph_prog *prog;
	struct graph_table *table;
	int links, progs, tables;
};

/* NULL: gone since */
struct graph_prog *graph_prog(const struct graph *g, __u32 id);
/* Does a program call by a table? */
bool graph_uses(const struct graph_prog *p, const struct graph_table *t);
/*
 * "[1-3,7]": the slots from @from on that hold the same program, which of them are done, and the
 * sum of what was taken. To be freed; NULL and an error without memory.
 */
char *graph_slots(const struct graph_table *t, __u32 from, bool *done, __u64 *taken);

/* The forms: 0, or -1 and an error. */
int graph_text(struct graph *g);	/* graph_text.c */
int graph_dot(struct graph *g);		/* graph_dot.c */
int graph_svg(struct graph *g);		/* graph_svg.c: a picture, */
int graph_html(struct graph *g);	/* and a page with it */

#endif
