/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl top: what was read, as JSON and as a screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include "out.h"
#include "top.h"

static double rate(const struct top *top, __u64 rose)
{
	return top->samples > 1 ? (double)rose / top->seconds : 0;
}

/* --- as JSON --------------------------------------------------------------------------------- */

/* Three places are enough, and do not pretend to more. */
static void rate_json(const char *key, double value)
{
	out_value_float(key, (double)(__u64)(value * 1000 + 0.5) / 1000);
}

static void prog_json(const struct top *top, const struct top_row *r)
{
	out_open(NULL, '{');
	out_uint("id", NULL, r->id);
	out_str("name", NULL, r->name);
	out_uint("run_cnt", NULL, r->now.runs);
	out_uint("run_time_ns", NULL, r->now.ns);
	out_uint("recursion_misses", NULL, r->now.missed);
	rate_json("runs_per_second", rate(top, r->rose.runs));
	rate_json("misses_per_second", rate(top, r->rose.missed));
	rate_json("cpu_percent", rate(top, r->rose.ns) / 1e7);
	out_close();
}

static void link_json(const struct top *top, const struct top_row *r)
{
	out_open(NULL, '{');
	out_uint("id", NULL, r->id);
	out_str("type", NULL, r->type);
	out_str("where", NULL, r->name);
	out_uint("prog_id", NULL, r->prog_id);
	out_uint("run_cnt", NULL, r->now.runs);
	out_uint("missed", NULL, r->now.missed);
	rate_json("runs_per_second", rate(top, r->rose.runs));
	rate_json("misses_per_second", rate(top, r->rose.missed));
	out_close();
}

/* And the slots behind it; how many rows that were. */
static int table_json(const struct top *top, const struct top_row *r)
{
	const struct top_row *s = r + 1, *end = top->row + top->n;

	out_open(NULL, '{');
	out_uint("id", NULL, r->id);
	out_str("name", NULL, r->name);
	out_uint("out_of_range", NULL, r->now.range);
	out_uint("empty", NULL, r->now.empty);
	out_uint("limit", NULL, r->now.limit);
	rate_json("falls_per_second", rate(top, r->rose.runs));
	out_open("slots", '[');
	for (; s < end && s->kind == TOP_SLOT; s++) {
		out_open(NULL, '{');
		out_uint("slot", NULL, s->slot);
		if (s->prog_id)
			out_uint("prog_id", NULL, s->prog_id);
		else
			out_null("prog_id");
		out_uint("taken", NULL, s->now.runs);
		rate_json("taken_per_second", rate(top, s->rose.runs));
		out_close();
	}
	out_close();
	out_close();
	return (int)(s - r);
}

void top_json(const struct top *top)
{
	struct timespec now;
	int i = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	out_open(NULL, '{');
	out_uint("time_ms", NULL, (__u64)now.tv_sec * 1000 + (__u64)now.tv_nsec / 1000000);
	out_uint("interval_ms", NULL, (__u64)(top->seconds * 1000 + 0.5));
	out_open("programs", '[');
	for (; i < top->n && top->row[i].kind == TOP_PROG; i++)
		prog_json(top, &top->row[i]);
	out_close();
	out_open("links", '[');
	for (; i < top->n && top->row[i].kind == TOP_LINK; i++)
		link_json(top, &top->row[i]);
	out_close();
	out_open("tables", '[');
	while (i < top->n)
		i += table_json(top, &top->row[i]);
	out_close();
	out_close();
}

/* --- on a terminal --------------------------------------------------------------------------- */

/* In at most five characters, or six behind a minus: "0", "0.25", "9999", "12.3k", "4.56M" */
static const char *short_number(double value, char text[16])
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	while (value >= 9999.5 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(text, 16, "%.*f", value < 9.995 && value != (double)(__u64)value ? 2 : 0, value);
	else
		snprintf(text, 16, "%.*f%c", value < 99.95 ? 1 : 0, value, units[unit]);
	return text;
}

static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value = NULL, *dot;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names) && (!value || !*value); i++)
		value = getenv(names[i]);
	dot = value ? strchr(value, '.') : NULL;
	return dot && (!strncasecmp(dot, ".utf-8", 6) || !strncasecmp(dot, ".utf8", 5));
}

/* A cell for each value, as high as it is in relation to the highest; nothing for 0. */
static void history(char *text, size_t size, const double *last, int n)
{
	static const char *const blocks[] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
	};
	static const char *const letters[] = {
		" ", "_", ".", ",", "-", "=", "+", "*", "#",
	};
	const char *const *cell = is_utf8() ? blocks : letters;
	double most = 0;
	size_t at = 0;
	int i;

	for (i = 0; i < n; i++)
		most = last[i] > most ? last[i] : most;
	for (i = 0; i < n && at + 4 < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s",
				       cell[last[i] > 0 ? 1 + (int)(last[i] / most * 7) : 0]);
	text[at] = '\0';
}

static enum top_order order_now;	/* qsort() passes nothing on */

static double weight(const struct top_row *r)
{
	switch (order_now) {
	case TOP_BY_TIME:
		return (double)r->rose.ns;
	case TOP_BY_MISSES:
		return (double)r->rose.missed + (r->kind == TOP_TABLE ? (double)r->rose.runs : 0);
	default:
		return (double)r->rose.runs;
	}
}

static int heaviest_first(const void *a, const void *b)
{
	const struct top_row *x = *(const struct top_row *const *)a;
	const struct top_row *y = *(const struct top_row *const *)b;

	if (weight(x) != weight(y))
		return weight(x) > weight(y) ? -1 : 1;
	if (x->rose.runs != y->rose.runs)
		return x->rose.runs > y->rose.runs ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void what(const struct top *top, const struct top_row *r, char *text, size_t size)
{
	const struct top_row *prog = top_prog(top, r->prog_id);

	switch (r->kind) {
	case TOP_PROG:
		snprintf(text, size, "program %u %s", r->id, r->name);
		break;
	case TOP_LINK:
		snprintf(text, size, "link %u %s:%s", r->id, r->type, r->name);
		break;
	case TOP_TABLE:
		snprintf(text, size, "fell through %s", r->name);
		break;
	case TOP_SLOT:
		snprintf(text, size, "slot %s[%u] %s", r->name, r->slot,
			 !r->prog_id ? "empty" : prog ? prog->name : "gone");
		break;
	}
}

#define LEFT_OF_WHAT	35u	/* cells, without the history */
#define NARROW		60u	/* without */

static void row_text(const struct top *top, const struct top_row *r, unsigned int columns)
{
	char runs[16], ns[16] = "", cpu[16] = "", missed[16] = "";
	char last[4 * TOP_LAST + 5], name[2 * NAME_SIZE + 96];
	unsigned int left = LEFT_OF_WHAT + (columns < NARROW ? 0 : TOP_LAST + 2);
	int room = columns > left ? (int)(columns - left) : 0;

	short_number(rate(top, r->rose.runs), runs);
	if (r->kind == TOP_PROG) {
		if (r->rose.ns && r->rose.runs)
			short_number((double)r->rose.ns / (double)r->rose.runs, ns);
		snprintf(cpu, sizeof(cpu), "%.1f", rate(top, r->rose.ns) / 1e7);
	}
	if (r->kind == TOP_PROG || r->kind == TOP_LINK)
		short_number(rate(top, r->rose.missed), missed);
	history(last, sizeof(last), r->last, TOP_LAST);
	what(top, r, name, sizeof(name));
	out_text("%8s %8s %6s %8s  ", runs, ns, cpu, missed);
	if (columns >= NARROW)
		out_text("%s  ", last);
	out_text("%.*s\033[K\r\n", room, name);
}

static void head_text(const struct top *top, enum top_order order, unsigned int columns)
{
	static const char *const by[] = { "rate", "time", "misses" };
	double events = 0, missed = 0, tails = 0, fell = 0;
	char a[16], b[16], c[16], d[16], line[160], clock[16], last[4 * TOP_TOTAL + 5];
	time_t now = time(NULL);
	int i, cells = columns > 20 ? (int)columns - 20 : 0;

	for (i = 0; i < top->n; i++) {
		const struct top_row *r = &top->row[i];

		if (r->kind == TOP_LINK) {
			events += rate(top, r->rose.runs);
			missed += rate(top, r->rose.missed);
		}
		tails += r->kind == TOP_SLOT ? rate(top, r->rose.runs) : 0;
		fell += r->kind == TOP_TABLE ? rate(top, r->rose.runs) : 0;
	}
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	snprintf(line, sizeof(line), "xbpfctl top %s, by %s; s: sort, q: quit", clock, by[order]);
	out_text("%.*s\033[K\r\n", (int)columns, line);
	snprintf(line, sizeof(line), "a second: %s events, %s missed, %s tail calls, %s fell through",
		 short_number(events, a), short_number(missed, b), short_number(tails, c),
		 short_number(fell, d));
	out_text("%.*s\033[K\r\n", (int)columns, line);
	if (cells > TOP_TOTAL)
		cells = TOP_TOTAL;
	history(last, sizeof(last), top->total + TOP_TOTAL - cells, cells);
	out_text("events %s\033[K\r\n", last);
	snprintf(line, sizeof(line), "%8s %8s %6s %8s  %-*s%s", "runs/s", "ns/run", "% CPU", "missed/s",
		 columns < NARROW ? 0 : TOP_LAST + 2, columns < NARROW ? "" : "history", "what");
	out_text("\033[1m%.*s\033[0m\033[K\r\n", (int)columns, line);
}

#define HEAD_LINES 4u

int top_screen(const struct top *top, enum top_order order, unsigned int rows, unsigned int columns)
{
	const struct top_row **sorted = calloc((size_t)top->n + 1, sizeof(const struct top_row *));
	unsigned int lines = rows > HEAD_LINES + 1 ? rows - HEAD_LINES - 1 : 0, i;

	if (!sorted)
		return out_error("out of memory");
	for (i = 0; i < (unsigned int)top->n; i++)
		sorted[i] = &top->row[i];
	order_now = order;
	qsort(sorted, top->n, sizeof(*sorted), heaviest_first);
	out_text("\033[H");
	head_text(top, order, columns);
	for (i = 0; i < (unsigned int)top->n && i < lines; i++)
		row_text(top, sorted[i], columns);
	out_text("\033[J");
	free(sorted);
	return 0;
}
