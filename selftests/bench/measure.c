/* SPDX-License-Identifier: GPL-2.0 */
/* Runs every row on every peer and gives what one unit of it costs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define LEAST_NS	3000000u	/* of a timed piece on a machine with other things to do */
#define LEAST_RUNS	100u		/* in it, */
#define MOST_RUNS	(1u << 24)	/* and no more, should the clock not move */
#define PASSES		5		/* over all peers of a row; the best of each counts */
#define PIECES		7		/* timed in one pass */
#define COUNTS		6		/* until two of them agree */
#define LOADS		4		/* besides the one that stays */

/*
 * What was freed before is left to the kernel's workers, which are done by then; a guest's idle
 * time costs nothing.
 */
static void settle(const struct bench_options *o)
{
	if (o->icount)
		usleep(300000);
}

/*
 * Exact: what entering the kernel costs falls out of the difference, and a piece that no interrupt
 * fell into is the smallest of all.
 */
static double count_once(const struct bench_peer *peer, void *loaded)
{
	u64 once = ~0ULL, thrice = ~0ULL;
	u32 i;

	for (i = 0; i < PIECES; i++) {
		once = min_t(u64, once, peer->ops->run(loaded, 100));
		thrice = min_t(u64, thrice, peer->ops->run(loaded, 300));
	}
	return ((double)thrice - (double)once) / 200;
}

/*
 * The clock counts the instructions of all CPUs, and another one may work beside every piece: what
 * is said twice counts.
 */
static double counted(const struct bench_options *o, const struct bench_peer *peer, void *loaded)
{
	double last, now = -1;
	u32 i;

	for (i = 0; i < COUNTS; i++) {
		last = now;
		settle(o);
		now = count_once(peer, loaded);
		if (now == last)
			break;
	}
	return now;
}

/*
 * How many runs take LEAST_NS, with a half more since the next piece may be faster. Too short a
 * time asks for at least that half more runs, so this ends whatever the clock says.
 */
static u32 calibrate(const struct bench_peer *peer, void *loaded)
{
	u64 repeat = LEAST_RUNS, ns;

	while (repeat < MOST_RUNS && (ns = peer->ops->run(loaded, (u32)repeat)) < LEAST_NS)
		repeat = min_t(u64, MOST_RUNS,
			       ns ? min_t(u64, 16 * repeat, repeat * (LEAST_NS + LEAST_NS / 2) / ns)
						  : 16 * repeat);
	return (u32)repeat;
}

/* ns of one run, exact when the clock counts instructions, else the best of several pieces. */
static double run_time(const struct bench_options *o, const struct bench_peer *peer, void *loaded)
{
	u32 repeat, i;
	double best = 0;

	peer->ops->run(loaded, 10);	/* caches and predictors */
	if (o->icount)
		return counted(o, peer, loaded);
	repeat = calibrate(peer, loaded);
	for (i = 0; i < PIECES; i++) {
		double t = (double)peer->ops->run(loaded, repeat) / repeat;

		if (!i || t < best)
			best = t;
	}
	return best;
}

static double update_time(const struct bench_options *o, const struct bench_peer *peer,
			  void *loaded)
{
	u32 repeat = 20, i;
	double best = 0;

	settle(o);
	for (i = 0; i < (o->icount ? 2u : PIECES); i++) {
		double t = (double)peer->ops->update(loaded, 1, repeat) / repeat;

		if (!i || t < best)
			best = t;
	}
	return best;
}

struct number {
	bool known;
	double value;		/* of the row's own measure, for the whole program */
	u32 code;
};

static void smaller(struct number *n, double value)
{
	if (!n->known || value < n->value)
		n->value = value;
	n->known = true;
}

static bool is_group(const struct bench_row *row, const char *group)
{
	return !strcmp(row->group, group);
}

static void measure_one(const struct bench_options *o, const struct bench_row *row,
			const struct bench_peer *peer, struct number *n)
{
	struct bench_case c = { .type = BPF_PROG_TYPE_SOCKET_FILTER };
	const char *why = NULL;
	void *loaded;
	u32 i;

	if ((row->flags & BENCH_KERNEL && !peer->in_kernel) ||
	    (peer->tail && row != &bench_empty && !(row->flags & BENCH_TAIL)))
		return;
	if (is_group(row, "update") && !peer->ops->update)
		return;
	row->build(&c, row->arg, row->arg2);
	for (i = 0; i < LOADS && is_group(row, "load"); i++) {	/* the best of them all */
		settle(o);
		loaded = peer->ops->load(peer, &c, &why);
		if (!loaded)
			break;
		smaller(n, (double)peer->ops->load_time(loaded));
		peer->ops->free(loaded);
	}
	settle(o);
	loaded = peer->ops->load(peer, &c, &why);
	if (!loaded) {
		fprintf(stderr, "bench: %s, %s: %s\n", peer->name, row->name, why);
	} else {
		if (is_group(row, "load"))
			smaller(n, (double)peer->ops->load_time(loaded));
		else if (is_group(row, "update"))
			smaller(n, update_time(o, peer, loaded));
		else
			smaller(n, run_time(o, peer, loaded));
		if (peer->ops->code_size)
			n->code = peer->ops->code_size(loaded);
		peer->ops->free(loaded);
	}
	bench_case_free(&c);
}

static void give_one(const struct bench_options *o, const struct bench_row *row,
		     const struct bench_peer *peer, const struct number *n,
		     const struct number *empty, void (*give)(const struct bench_result *result))
{
	struct bench_result r = { .value = n->value };

	if (!n->known)
		return;
	snprintf(r.where, sizeof(r.where), "%s", o->where);
	snprintf(r.group, sizeof(r.group), "%s", row->group);
	snprintf(r.row, sizeof(r.row), "%s", row->name);
	snprintf(r.unit, sizeof(r.unit), "%s", row->unit);
	snprintf(r.peer, sizeof(r.peer), "%s", peer->name);
	if (row != &bench_empty && !is_group(row, "load") && !is_group(row, "update"))
		r.value = (n->value - empty->value) / row->units;
	give(&r);
	if (!n->code || is_group(row, "update") || is_group(row, "dispatch"))
		return;
	snprintf(r.group, sizeof(r.group), "size");
	snprintf(r.unit, sizeof(r.unit), "bytes");
	r.value = n->code;
	give(&r);
}

static void measure_row(const struct bench_options *o, const struct bench_row *row,
			const bool *here, struct number *empty,
			void (*give)(const struct bench_result *result))
{
	struct number numbers[BENCH_PEERS] = { 0 };
	u32 pass, i;

	for (pass = 0; pass < (o->icount ? 1u : PASSES); pass++)
		for (i = 0; bench_peers[i].name; i++)
			if (here[i])
				measure_one(o, row, &bench_peers[i], &numbers[i]);
	if (row == &bench_empty)
		memcpy(empty, numbers, sizeof(numbers));
	for (i = 0; bench_peers[i].name; i++)
		give_one(o, row, &bench_peers[i], &numbers[i], &empty[i], give);
}

static bool wanted(const struct bench_options *o, const struct bench_row *row)
{
	char text[96];
	u32 i;

	snprintf(text, sizeof(text), "%s %s", row->group, row->name);
	for (i = 0; i < o->only_cnt; i++)
		if (strstr(text, o->only[i]))
			return true;
	return !o->only_cnt;
}

static bool wanted_peer(const struct bench_options *o, const struct bench_peer *peer)
{
	const char *name = o->peers;
	size_t len;

	for (; name; name = name[len] ? name + len + 1 : NULL) {
		len = strcspn(name, ",");
		if (strlen(peer->name) == len && !strncmp(peer->name, name, len))
			return true;
	}
	return !o->peers;
}

void bench_measure(const struct bench_options *o, void (*give)(const struct bench_result *result))
{
	struct number empty[BENCH_PEERS] = { 0 };
	const struct bench_row *row;
	bool here[BENCH_PEERS];
	const char *why;
	u32 i;

	for (i = 0; bench_peers[i].name; i++) {
		why = "";
		here[i] = wanted_peer(o, &bench_peers[i]) &&
			  bench_peers[i].available(&bench_peers[i], &why) &&
			  (bench_peers[i].in_kernel || !o->icount);
		if (!here[i] && *why && bench_peers[i].in_kernel && !i)
			fprintf(stderr, "bench: no %s here: %s\n", bench_peers[i].name, why);
	}
	measure_row(o, &bench_empty, here, empty, give);
	for (i = 0; (row = bench_row(i)); i++)
		if (wanted(o, row))
			measure_row(o, row, here, empty, give);
}
