/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl top: reading the counters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include "link.h"
#include "out.h"
#include "stats.h"
#include "top.h"

/* One sample: the rows that come, and those of the sample before in the same order. */
struct taking {
	struct top *top;
	struct top_row *row;
	int n, room;
	int at;			/* in top->row: what is before it comes no more */
};

/* By kind and id; a table's slots behind it. */
static int compare(const struct top_row *a, const struct top_row *b)
{
	enum top_kind x = a->kind == TOP_SLOT ? TOP_TABLE : a->kind;
	enum top_kind y = b->kind == TOP_SLOT ? TOP_TABLE : b->kind;

	if (x != y)
		return x < y ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* The next row of this sample: what was known of it, or its key alone. NULL: no memory. */
static struct top_row *add(struct taking *t, enum top_kind kind, __u32 id, __u32 slot)
{
	struct top_row row = { .kind = kind, .id = id, .slot = slot }, *grown;
	const struct top *top = t->top;

	while (t->at < top->n && compare(&top->row[t->at], &row) < 0)
		t->at++;
	if (t->at < top->n && !compare(&top->row[t->at], &row))
		row = top->row[t->at];
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		grown = realloc(t->row, t->room * sizeof(*grown));
		if (!grown)
			return NULL;
		t->row = grown;
	}
	t->row[t->n] = row;
	return &t->row[t->n++];
}

/* A counter that was switched off and on began anew. */
static __u64 risen(__u64 now, __u64 before)
{
	return now < before ? now : now - before;
}

/* What was there before the first sample did not happen in an interval. */
static void count(const struct taking *t, struct top_row *row, const struct top_counts *now)
{
	const struct top_counts *was = &row->now;

	if (t->top->samples)
		row->rose = (struct top_counts){
			.runs = risen(now->runs, was->runs),
			.missed = risen(now->missed, was->missed),
			.ns = risen(now->ns, was->ns),
			.range = risen(now->range, was->range),
			.empty = risen(now->empty, was->empty),
			.limit = risen(now->limit, was->limit),
		};
	row->now = *now;
}

static int take_prog(int fd, void *arg)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_PROG, .fd = (__u32)fd };
	struct taking *t = arg;
	struct prog_info info;
	struct top_row *row;
	__u32 id = object_id(fd, XBPF_KIND_PROG);

	if (xbpf_stats(&stats))
		return out_error("program %u: %s", id, xbpf_errmsg());
	row = add(t, TOP_PROG, id, 0);
	if (!row)
		return out_error("out of memory");
	if (!*row->name) {
		if (prog_info_get(fd, &info))
			return -1;
		snprintf(row->name, sizeof(row->name), "%s", info.name);
		prog_info_free(&info);
	}
	count(t, row, &(struct top_counts){ .runs = stats.run_cnt + stats.tail_cnt,
					    .missed = stats.miss_cnt, .ns = stats.run_time_ns });
	return 0;
}

static int take_link(int fd, void *arg)
{
	struct xbpf_link_info info;
	struct taking *t = arg;
	struct top_row *row;

	if (link_info_get(fd, &info))
		return -1;
	row = add(t, TOP_LINK, info.id, 0);
	if (!row)
		return out_error("out of memory");
	row->prog_id = info.prog_id;
	row->type = xbpf_link_type_name(info.link_type);
	link_place(&info, row->name, sizeof(row->name));
	count(t, row, &(struct top_counts){ .runs = info.run_cnt, .missed = info.miss_cnt });
	return 0;
}

/* Of one table. */
struct taking_slots {
	struct taking *t;
	int fd;
	const struct bpf_map_info *info;
};

static int take_slot(__u32 slot, __u64 taken, void *arg)
{
	const struct taking_slots *s = arg;
	struct top_row *row = add(s->t, TOP_SLOT, s->info->id, slot);

	if (!row)
		return out_error("out of memory");
	snprintf(row->name, sizeof(row->name), "%s", s->info->name);
	count(s->t, row, &(struct top_counts){ .runs = taken });
	/* one that is idle is asked once */
	if ((row->rose.runs || !row->prog_id) && bpf_map_lookup_elem(s->fd, &slot, &row->prog_id))
		row->prog_id = 0;
	return 0;
}

static int take_table(int fd, void *arg)
{
	struct taking *t = arg;
	struct xbpf_table_info table;
	struct bpf_map_info info;
	struct top_row *row;

	if (map_info_get(fd, &info))
		return -1;
	if (info.type != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	if (xbpf_table_info_get(fd, &table))
		return out_error("map %u: %s", info.id, xbpf_errmsg());
	row = add(t, TOP_TABLE, info.id, 0);
	if (!row)
		return out_error("out of memory");
	snprintf(row->name, sizeof(row->name), "%s", info.name);
	count(t, row, &(struct top_counts){ .runs = table.range + table.empty + table.limit,
					    .range = table.range, .empty = table.empty,
					    .limit = table.limit });
	return stats_each_slot(fd, &info, take_slot,
			       &(struct taking_slots){ .t = t, .fd = fd, .info = &info });
}

static void push(double *last, int n, double value)
{
	memmove(last, last + 1, (n - 1) * sizeof(*last));
	last[n - 1] = value;
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void finish(struct top *top)
{
	double events = 0;
	int i;

	for (i = 0; i < top->n; i++) {
		struct top_row *row = &top->row[i];

		push(row->last, TOP_LAST, (double)row->rose.runs / top->seconds);
		if (row->kind == TOP_LINK)
			events += (double)row->rose.runs;
	}
	push(top->total, TOP_TOTAL, events / top->seconds);
}

int top_take(struct top *top)
{
	struct taking t = { .top = top };
	double now = now_seconds();

	/* in the order of the rows */
	if (objects_each(XBPF_KIND_PROG, take_prog, &t) || objects_each(XBPF_KIND_LINK, take_link, &t) ||
	    objects_each(XBPF_KIND_MAP, take_table, &t)) {
		free(t.row);
		return -1;
	}
	free(top->row);
	top->row = t.row;
	top->n = t.n;
	top->seconds = now - top->taken;
	top->taken = now;
	if (top->samples++)
		finish(top);
	return 0;
}

void top_free(struct top *top)
{
	free(top->row);
}

const struct top_row *top_prog(const struct top *top, __u32 id)
{
	int lo = 0, hi = top->n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (top->row[mid].kind == TOP_PROG && top->row[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < top->n && top->row[lo].kind == TOP_PROG && top->row[lo].id == id ? &top->row[lo] :
		NULL;
}
