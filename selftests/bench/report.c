/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All results of all places: as a table, as JSON, as a plot. A ratio is ours to the upstream JIT's
 * in the same place; below 1 is faster or smaller.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static struct bench_result *results;
static u32 count;

void bench_report_add(const struct bench_result *result)
{
	if (!(count & (count - 1)))
		results = realloc(results, (count ? 2 * count : 1) * sizeof(*results));
	if (!results)
		exit(1);
	results[count++] = *result;
}

static const struct bench_result *find(const char *where, const char *group, const char *row,
				       const char *peer)
{
	u32 i;

	for (i = 0; i < count; i++) {
		const struct bench_result *r = &results[i];

		if (!strcmp(r->where, where) && !strcmp(r->group, group) && !strcmp(r->row, row) &&
		    !strcmp(r->peer, peer))
			return r;
	}
	return NULL;
}

/* To the upstream JIT in the same place; 0: there is no number of its. */
static double ratio(const struct bench_result *r)
{
	const struct bench_result *stock = find(r->where, r->group, r->row, "stock");

	return stock && stock->value > 0 ? r->value / stock->value : 0;
}

static bool is_first(const struct bench_result *r, size_t off)
{
	u32 i;

	for (i = 0; &results[i] != r; i++)
		if (!strcmp((char *)&results[i] + off, (char *)r + off))
			return false;
	return true;
}

/* Distinct names in the order of their first results; returns how many. */
static u32 distinct(const char **names, u32 room, size_t off)
{
	u32 i, n = 0;

	for (i = 0; i < count && n < room; i++)
		if (is_first(&results[i], off))
			names[n++] = (const char *)&results[i] + off;
	return n;
}

static bool has(const char *where, const char *group, const char *peer)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (!strcmp(results[i].where, where) && !strcmp(results[i].group, group) &&
		    (!peer || !strcmp(results[i].peer, peer)))
			return true;
	return false;
}

static double geometric_mean(const char *where, const char *group, const char *peer)
{
	double sum = 0;
	u32 i, n = 0;

	for (i = 0; i < count; i++) {
		const struct bench_result *r = &results[i];

		if (strcmp(r->where, where) || strcmp(r->group, group) || strcmp(r->peer, peer) || ratio(r) <= 0)
			continue;
		sum += log(ratio(r));
		n++;
	}
	return n ? exp(sum / n) : 0;
}

static const char *measured_in(const char *where, const char *group)
{
	if (!strcmp(group, "size"))
		return "bytes";
	return strcmp(where, "host") ? "instructions" : "ns";
}

static void table_group(FILE *to, const char *where, const char *group, const char **peers,
			u32 peer_cnt)
{
	const struct bench_result *r;
	u32 i, p;

	if (!has(where, group, NULL))
		return;
	fprintf(to, "\n%s, %s (%s)\n  %-36s %-8s", where, group, measured_in(where, group), "", "per");
	for (p = 0; p < peer_cnt; p++)
		if (has(where, group, peers[p]))
			fprintf(to, strcmp(peers[p], "stock") ? " %19s" : " %11s", peers[p]);
	fputc('\n', to);
	for (i = 0; i < count; i++) {
		if (strcmp(results[i].where, where) || strcmp(results[i].group, group) ||
		    find(where, group, results[i].row, results[i].peer) != &results[i])
			continue;
		for (p = 0; p < peer_cnt && !find(where, group, results[i].row, peers[p]); p++)
			;
		if (strcmp(results[i].peer, peers[p]))
			continue;	/* this row was printed with its first peer */
		fprintf(to, "  %-36s %-8s", results[i].row, results[i].unit);
		for (p = 0; p < peer_cnt; p++) {
			bool stock = !strcmp(peers[p], "stock");

			if (!has(where, group, peers[p]))
				continue;
			r = find(where, group, results[i].row, peers[p]);
			if (!r)
				fprintf(to, stock ? " %11s" : " %19s", "-");
			else if (stock)
				fprintf(to, " %11.1f", r->value);
			else
				fprintf(to, " %11.1f %6.2fx", r->value, ratio(r));
		}
		fputc('\n', to);
	}
	if (!has(where, group, "stock"))
		return;
	fprintf(to, "  %-36s %-8s", "geometric mean", "");
	for (p = 0; p < peer_cnt; p++)
		if (!strcmp(peers[p], "stock"))
			fprintf(to, " %11s", "");
		else if (has(where, group, peers[p]))
			fprintf(to, " %11s %6.2fx", "", geometric_mean(where, group, peers[p]));
	fputc('\n', to);
}

/* What issue and design ask for. */
static const struct goal {
	const char *what;
	bool host;		/* in time on the host; else in instructions in a guest */
	const char *group, *row, *peer;	/* row NULL: geometric mean */
	double most;
} goals[] = {
	{ "run-time index, time", true, "hop", "run-time index, chain of 33", "xbpf/slot", 0.35 },
	{ "run-time index, instructions", false, "hop", "run-time index, chain of 33", "xbpf/slot", 0.65 },
	{ "constant index, time", true, "hop", "constant index, chain of 33", "xbpf/direct", 0.15 },
	{ "run-time index without indirect branch, time", true, "hop",
	  "run-time index, chain of 33", "xbpf/tree", 0.15 },
	{ "other code, time", true, "code", NULL, "xbpf", 1.0 },
	{ "other code, instructions", false, "code", NULL, "xbpf", 1.0 },
	{ "image size, host", true, "size", NULL, "xbpf", 1.0 },
	{ "image size, guest", false, "size", NULL, "xbpf", 1.0 },
};

static void table_goals(FILE *to, const char **places, u32 place_cnt)
{
	const struct bench_result *r;
	u32 g, p, i;
	double got;

	fprintf(to, "\ngoals (ratio to the stock JIT in the same place)\n");
	for (g = 0; g < ARRAY_SIZE(goals); g++) {
		for (p = 0; p < place_cnt; p++) {
			if (goals[g].host != !strcmp(places[p], "host"))
				continue;
			r = goals[g].row ? find(places[p], goals[g].group, goals[g].row, goals[g].peer) : NULL;
			got = r ? ratio(r) : goals[g].row ? 0 : geometric_mean(places[p], goals[g].group, goals[g].peer);
			if (got > 0)
				fprintf(to, "  %-46s %-6s %-12s at most %.2f: %.2f  %s\n", goals[g].what, places[p],
					goals[g].peer, goals[g].most, got, got <= goals[g].most ? "reached" : "NOT reached");
		}
	}
	for (i = 0; i < count; i++)
		if (strcmp(results[i].group, "base") && !strcmp(results[i].peer, "xbpf") &&
		    ratio(&results[i]) > 1.15)
			fprintf(to, "  above 1.15: %s, %s: %s: %.2f\n", results[i].where,
				results[i].group, results[i].row,
				ratio(&results[i]));
}

#define NAMES	24

void bench_report_table(FILE *to)
{
	const char *places[NAMES], *groups[NAMES], *peers[NAMES];
	u32 place_cnt = distinct(places, NAMES, offsetof(struct bench_result, where));
	u32 group_cnt = distinct(groups, NAMES, offsetof(struct bench_result, group));
	u32 peer_cnt = distinct(peers, NAMES, offsetof(struct bench_result, peer));
	u32 w, g;

	for (w = 0; w < place_cnt; w++)
		for (g = 0; g < group_cnt; g++)
			table_group(to, places[w], groups[g], peers, peer_cnt);
	table_goals(to, places, place_cnt);
}

void bench_report_json(FILE *to)
{
	u32 i;

	/* names are ours: nothing in them needs escaping */
	fprintf(to, "[\n");
	for (i = 0; i < count; i++) {
		const struct bench_result *r = &results[i];

		fprintf(to,
			"  {\"where\": \"%s\", \"group\": \"%s\", \"row\": \"%s\", \"unit\": \"%s\", \"peer\": \"%s\", "
			"\"measure\": \"%s\", \"value\": %.3f",
			r->where, r->group, r->row, r->unit, r->peer,
			measured_in(r->where, r->group), r->value);
		if (ratio(r) > 0)
			fprintf(to, ", \"ratio\": %.4f", ratio(r));
		fprintf(to, "}%s\n", i + 1 < count ? "," : "");
	}
	fprintf(to, "]\n");
}

/*
 * --- the plot: a bar per row and peer, its length the ratio
 * ----------------------------------------
 */

#define ROW_H	13
#define LEFT	330
#define ONE	360		/* pixels of ratio 1 */
#define FULL	1.5		/* longer bars are cut */

static const char *colour(const char *peer)
{
	static const char *const names[] = { "xbpf", "xbpf/slot", "xbpf/direct", "xbpf/tree",
					     "xbpf/unwind" };
	static const char *const colours[] = { "#1b6ca8", "#4f9d69", "#c0392b", "#8e44ad", "#b7950b" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], peer))
			return colours[i];
	return "#777777";
}

static bool plotted(const struct bench_result *r)
{
	return ratio(r) > 0 && strcmp(r->peer, "stock") && strcmp(r->peer, "interpreter");
}

void bench_report_svg(FILE *to)
{
	const char *last = "";
	u32 i, bars = 0, y = 40;

	for (i = 0; i < count; i++)
		bars += plotted(&results[i]) ? 1 : 0;
	fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
		"font-family=\"sans-serif\" font-size=\"10\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"8\" y=\"18\" font-size=\"13\">xbpf against the stock kernel's JIT: cost "
		"ratio, shorter is better (1 = stock)</text>\n",
		(int)(LEFT + FULL * ONE + 80), 60 + ROW_H * bars);
	for (i = 0; i < count; i++) {
		const struct bench_result *r = &results[i];
		double v = ratio(r);
		char label[128];

		if (!plotted(r))
			continue;
		snprintf(label, sizeof(label), "%s %s: %s", r->where, r->group, r->row);
		if (strcmp(label, last) || strcmp(r->peer, "xbpf"))
			fprintf(to, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%s%s%s</text>\n",
				LEFT - 6, y + 9, label, strcmp(r->peer, "xbpf") ? ", " : "",
				strcmp(r->peer, "xbpf") ? r->peer + 5 : "");
		fprintf(to, "<rect x=\"%d\" y=\"%u\" width=\"%.1f\" height=\"%d\" "
			"fill=\"%s\"/><text x=\"%.1f\" y=\"%u\">%.2f</text>\n",
			LEFT, y, (v < FULL ? v : FULL) * ONE, ROW_H - 3, colour(r->peer),
			LEFT + (v < FULL ? v : FULL) * ONE + 4, y + 9, v);
		y += ROW_H;
		last = r->row;
	}
	fprintf(to, "<line x1=\"%d\" y1=\"30\" x2=\"%d\" y2=\"%u\" stroke=\"black\"/>\n</svg>\n",
		LEFT + ONE, LEFT + ONE, y);
}
