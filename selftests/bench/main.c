/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench measure WHERE [--icount] [--only TEXT]	what can be measured here, one line per result
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
	fprintf(stderr, "usage: bench measure WHERE [--icount] [--only TEXT]\n"
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
	} else if (strcmp(argv[1], "report")) {
		return usage();
	}
	for (; i < argc; i++) {
		if (!strcmp(argv[i], "--icount"))
			o.icount = true;
		else if (!strcmp(argv[i], "-j"))
			json = true;
		else if (!strcmp(argv[i], "--only") && i + 1 < argc)
			o.only = argv[++i];
		else if (!strcmp(argv[i], "--svg") && i + 1 < argc)
			svg = argv[++i];
		else
			return usage();
	}
	if (!o.where)
		return report(json, svg);
	bench_measure(&o, print_line);
	/* with probes in the kernel: not on somebody's own */
	if (o.icount && (!o.only || strstr("hook", o.only)))
		bench_hooks(o.where, print_line);
	return 0;
}
