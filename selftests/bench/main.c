/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench measure WHERE [--icount] [--only TEXT]... [--peers NAME,...]
 *						what can be measured here, one line per result
 * bench list					rows and peers
 * bench report [-j] [--svg FILE] < lines		all of it, as a table or as JSON
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static void print_line(const struct bench_result *r)
{
	printf("%s\t%s\t%s\t%s\t%s\t%.4f\n", r->where, r->group, r->row, r->unit, r->peer, r->value);
	fflush(stdout);
}

static int usage(void)
{
	fprintf(stderr, "usage: bench measure WHERE [--icount] [--only TEXT]... [--peers NAME,...]\n"
			"       bench list\n"
			"       bench report [-j] [--svg FILE] < RESULTS\n");
	return 2;
}

static int report(bool json, const char *svg)
{
	struct bench_result r;
	char line[256];
	FILE *f;

	while (fgets(line, sizeof(line), stdin)) {
		memset(&r, 0, sizeof(r));
		if (sscanf(line, "%15[^\t]\t%15[^\t]\t%47[^\t]\t%11[^\t]\t%19[^\t]\t%lf", r.where,
			   r.group, r.row, r.unit, r.peer, &r.value) != 6) {
			fprintf(stderr, "bench: not a line of results: %s", line);
			return 1;
		}
		bench_report_add(&r);
	}
	if (json)
		bench_report_json(stdout);
	else
		bench_report_table(stdout);
	if (!svg)
		return 0;
	f = fopen(svg, "w");
	if (!f) {
		perror(svg);
		return 1;
	}
	bench_report_svg(f);
	return fclose(f) ? 1 : 0;
}

static int list(void)
{
	const struct bench_row *row;
	u32 i, k;

	printf("rows, as --only finds them:\n");
	for (i = 0; (row = bench_row(i)); i++)
		printf("  %s %s\n", row->group, row->name);
	printf("  hook ... (in a guest; all of them)\n");
	printf("peers:\n");
	for (i = 0; bench_peers[i].name; i++) {
		for (k = 0; k < i && strcmp(bench_peers[k].name, bench_peers[i].name); k++)
			;
		if (k == i)	/* the same in the kernel and here */
			printf("  %s\n", bench_peers[i].name);
	}
	return 0;
}

static bool is_peer(const char *name, size_t len)
{
	u32 i;

	for (i = 0; bench_peers[i].name; i++)
		if (strlen(bench_peers[i].name) == len && !strncmp(bench_peers[i].name, name, len))
			return true;
	return false;
}

static bool are_peers(const char *names)
{
	size_t len;

	for (;; names += len + 1) {
		len = strcspn(names, ",");
		if (!is_peer(names, len)) {
			fprintf(stderr, "bench: no peer '%.*s'; `bench list` names them\n", (int)len, names);
			return false;
		}
		if (!names[len])
			return true;
	}
}

/* Rows that begin with "hook" are the other file's. */
static bool wants_hooks(const struct bench_options *o)
{
	u32 i;

	for (i = 0; i < o->only_cnt; i++)
		if (strstr("hook", o->only[i]))
			return true;
	return !o->only_cnt;
}

int main(int argc, char **argv)
{
	struct bench_options o = { 0 };
	const char *svg = NULL;
	bool json = false;
	int i = 2;

	if (argc < 2)
		return usage();
	if (!strcmp(argv[1], "measure")) {
		if (argc < 3)
			return usage();
		o.where = argv[i++];
	} else if (!strcmp(argv[1], "list")) {
		return argc == 2 ? list() : usage();
	} else if (strcmp(argv[1], "report")) {
		return usage();
	}
	for (; i < argc; i++) {
		if (!strcmp(argv[i], "--icount"))
			o.icount = true;
		else if (!strcmp(argv[i], "-j"))
			json = true;
		else if (!strcmp(argv[i], "--only") && i + 1 < argc && o.only_cnt < BENCH_ONLY)
			o.only[o.only_cnt++] = argv[++i];
		else if (!strcmp(argv[i], "--peers") && i + 1 < argc)
			o.peers = argv[++i];
		else if (!strcmp(argv[i], "--svg") && i + 1 < argc)
			svg = argv[++i];
		else
			return usage();
	}
	if (!o.where)
		return report(json, svg);
	if (o.peers && !are_peers(o.peers))
		return 2;
	bench_measure(&o, print_line);
	/* with probes in the kernel: not on somebody's own */
	if (o.icount && wants_hooks(&o))
		bench_hooks(o.where, print_line);
	return 0;
}
