/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl graph as a tree. */
#include <stdlib.h>
#include "graph.h"
#include "out.h"

static int prog_text(const struct graph *g, struct graph_prog *p, int depth);

static int table_text(const struct graph *g, const struct graph_table *t, int depth)
{
	unsigned long long fallen = t->counts.range + t->counts.empty + t->counts.limit;
	bool *done = calloc(t->n + 1, sizeof(*done));
	struct graph_prog *p;
	char *slots;
	__u64 taken;
	__u32 s;
	int err = 0;

	if (!done)
		return out_error("out of memory");
	out_text("%*stable %u %s: ", depth, "", t->info.id, t->info.name);
	if (t->n)
		out_text("%u of %u slots filled", t->n, t->info.max_entries);
	else
		out_text("all %u slots empty", t->info.max_entries);
	if (fallen)
		out_text(", %llu calls fallen through", fallen);
	out_text("\n");
	for (s = 0; s < t->n && !err; s++) {
		if (done[s])
			continue;
		p = graph_prog(g, t->slot[s].prog_id);
		slots = graph_slots(t, s, done, &taken);
		if (!slots) {
			err = -1;
			break;
		}
		out_text("%*s%s", depth + 2, "", slots);
		free(slots);
		if (t->counted)
			out_text(" taken %llu:", taken);
		if (p)
			err = prog_text(g, p, depth + 2);
		else
			out_text(" program %u, gone since\n", t->slot[s].prog_id);
	}
	free(done);
	return err;
}

/* Behind what leads to it. What it leads to is told where it comes first. */
static int prog_text(const struct graph *g, struct graph_prog *p, int depth)
{
	int i, err = 0;

	out_text(" program %u %s", p->info.i.id, p->info.name);
	if (p->shown) {
		for (i = 0; i < g->tables; i++)
			if (graph_uses(p, &g->table[i])) {
				out_text(" (see above)");
				break;
			}
		out_text("\n");
		return 0;
	}
	p->shown = true;
	out_text("\n");
	for (i = 0; i < g->tables && !err; i++)
		if (graph_uses(p, &g->table[i]))
			err = table_text(g, &g->table[i], depth + 2);
	return err;
}

int graph_text(struct graph *g)
{
	const struct graph_link *l;
	const char *title = "reached by no attached link:\n";
	struct graph_prog *p;
	int i, err = 0;

	for (i = 0; i < g->links && !err; i++) {
		l = &g->link[i];
		out_text("link %u %s %s", l->info.id, xbpf_link_type_name(l->info.link_type), l->place);
		if (l->info.attached)
			out_text(": %llu runs, %llu missed\n ", l->info.run_cnt, l->info.miss_cnt);
		else
			out_text(": detached\n ");
		p = graph_prog(g, l->info.prog_id);
		if (p)
			err = prog_text(g, p, 2);
		else
			out_text(" program %u, gone since\n", l->info.prog_id);
	}
	for (i = 0; i < g->progs && !err; i++) {
		if (g->prog[i].reached || g->prog[i].shown)
			continue;
		out_text("%s ", title);
		title = "";
		err = prog_text(g, &g->prog[i], 2);
	}
	for (i = 0; i < g->tables && !err; i++) {
		bool used = false;
		int k;

		for (k = 0; k < g->progs; k++)
			used |= graph_uses(&g->prog[k], &g->table[i]);
		if (used)
			continue;
		out_text("%s", title);
		title = "";
		err = table_text(g, &g->table[i], 2);
	}
	if (!g->links && !g->progs && !g->tables)
		out_text("nothing is loaded\n");
	return err;
}
