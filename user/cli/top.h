/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xbpfctl top shows: counters of programs, links, tables and slots, and how fast they rise.
 */
#ifndef XBPF_CLI_TOP_H
#define XBPF_CLI_TOP_H

#include <stdbool.h>
#include "info.h"

enum top_kind { TOP_PROG, TOP_LINK, TOP_TABLE, TOP_SLOT };

#define TOP_LAST	10	/* intervals of a row's history */
#define TOP_TOTAL	60	/* of the history of all events */

/* Counters as they are, or by how much they rose in the last interval. */
struct top_counts {
	__u64 runs;		/* table: tail calls that fell through */
	__u64 missed;		/* program, link */
	__u64 ns;		/* program */
	__u64 range, empty, limit;	/* table: why they fell through */
};

struct top_row {
	enum top_kind kind;
	__u32 id, slot;		/* of a slot, that of its table */
	__u32 prog_id;		/* of a link or a slot; 0: none */
	const char *type;	/* of a link */
	char name[NAME_SIZE + 32];	/* of a link its place, of a slot its table's */
	struct top_counts now, rose;
	double last[TOP_LAST];	/* a second, the newest last */
};

/* Rows by kind and id, those of slots behind their table's. */
struct top {
	struct top_row *row;
	int n;
	int samples;
	double taken;		/* when, on the monotonic clock */
	double seconds;		/* between the last two samples */
	double total[TOP_TOTAL];	/* runs of links a second, the newest last */
};

/* Reads all counters: 0, or -1 and an error. */
int top_take(struct top *top);
void top_free(struct top *top);
/* NULL: gone since */
const struct top_row *top_prog(const struct top *top, __u32 id);

enum top_order { TOP_BY_RATE, TOP_BY_TIME, TOP_BY_MISSES, TOP_ORDERS };

/* top_show.c: the last interval as a JSON object, and as a screen of so many cells. */
void top_json(const struct top *top);
int top_screen(const struct top *top, enum top_order order, unsigned int rows,
	       unsigned int columns);

#endif
