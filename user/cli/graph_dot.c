/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl graph --dot. */
#include <stdlib.h>
#include "graph.h"
#include "out.h"

/* In a label of DOT; names are the loader's. */
static void label(const char *text)
{
	for (; *text; text++)
		out_text(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static const char *style(bool reached)
{
	return reached ? "" : ", style=dashed, color=gray50, fontcolor=gray50";
}

static int table_dot(const struct graph_table *t)
{
	bool *done = calloc(t->n + 1, sizeof(*done));
	char *slots;
	__u64 taken;
	__u32 s;
	int err = 0;

	if (!done)
		return out_error("out of memory");
	out_text("\ttable%u [shape=cylinder, label=\"", t->info.id);
	label(t->info.name);
	out_text("\\n%u of %u slots\"%s];\n", t->n, t->info.max_entries, style(t->reached && t->n));
	for (s = 0; s < t->n && !err; s++) {
		if (done[s])
			continue;
		slots = graph_slots(t, s, done, &taken);
		err = slots ? 0 : -1;
		if (slots) {
			out_text("\ttable%u -> prog%u [label=\"%s", t->info.id, t->slot[s].prog_id, slots);
			if (t->counted)
				out_text("\\n%llu", taken);
			out_text("\"%s];\n", style(t->reached));
		}
		free(slots);
	}
	free(done);
	return err;
}

int graph_dot(struct graph *g)
{
	const struct graph_link *l;
	const struct graph_prog *p;
	int i, err = 0;

	out_text("digraph xbpf {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];\n"
		 "\tedge [fontname=\"sans-serif\", fontsize=10];\n");
	for (l = g->link; l < g->link + g->links; l++) {
		out_text("\tlink%u [shape=plaintext, label=\"%s ", l->info.id,
			 xbpf_link_type_name(l->info.link_type));
		label(l->place);
		out_text("\"%s];\n\tlink%u -> prog%u [label=\"%llu\"%s];\n", style(l->info.attached),
			 l->info.id, l->info.prog_id, l->info.run_cnt, style(l->info.attached));
	}
	for (p = g->prog; p < g->prog + g->progs; p++) {
		out_text("\tprog%u [shape=box, label=\"", p->info.i.id);
		label(p->info.name);
		out_text("\"%s];\n", style(p->reached));
		for (i = 0; i < g->tables; i++)
			if (graph_uses(p, &g->table[i]))
				out_text("\tprog%u -> table%u%s;\n", p->info.i.id, g->table[i].info.id,
					 p->reached ? "" : " [style=dashed, color=gray50]");
	}
	for (i = 0; i < g->tables && !err; i++)
		err = table_dot(&g->table[i]);
	out_text("}\n");
	return err;
}
