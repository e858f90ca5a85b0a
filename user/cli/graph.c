/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl graph: which link runs which program, which program calls by which table, and which
 * programs stand in its slots. As JSON here; the other forms have files of their own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "graph.h"
#include "out.h"
#include "short.h"
#include "stats.h"

/* --- what there is --------------------------------------------------------------------------- */

/* Room for one more behind the first @n, doubled where they filled it. */
static int room_for(void **array, int n, size_t size)
{
	void *grown;

	if (n & (n - 1))
		return 0;
	grown = realloc(*array, (n ? 2 * (size_t)n : 1) * size);
	if (!grown)
		return out_error("out of memory");
	*array = grown;
	return 0;
}

static int take_link(int fd, void *arg)
{
	struct graph *g = arg;
	struct graph_link *l;

	if (room_for((void **)&g->link, g->links, sizeof(*l)))
		return -1;
	l = &g->link[g->links];
	*l = (struct graph_link){ 0 };
	if (link_info_get(fd, &l->info))
		return -1;
	link_place(&l->info, l->place, sizeof(l->place));
	g->links++;
	return 0;
}

static int take_prog(int fd, void *arg)
{
	struct graph *g = arg;

	if (room_for((void **)&g->prog, g->progs, sizeof(*g->prog)))
		return -1;
	g->prog[g->progs] = (struct graph_prog){ 0 };
	if (prog_info_get(fd, &g->prog[g->progs].info))
		return -1;
	g->progs++;
	return 0;
}

/* Slots change meanwhile: each is what it was when it was read. */
static int take_slots(struct graph_table *t, int fd)
{
	__u32 key, *previous = NULL, id, room = 0;
	struct graph_slot *grown;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &id))
			continue;
		if (t->n == room) {
			room = room ? 2 * room : 64;
			grown = realloc(t->slot, room * sizeof(*grown));
			if (!grown)
				return out_error("out of memory");
			t->slot = grown;
		}
		t->slot[t->n] = (struct graph_slot){ .index = key, .prog_id = id };
		if (t->counted && stats_slots(fd, key, &t->slot[t->n].taken, 1, &t->counted))
			return out_error("map %u: %s", t->info.id, xbpf_errmsg());
		t->n++;
	}
	return errno == ENOENT ? 0 : out_error("map %u: %s", t->info.id, why(BPF_MAP_GET_NEXT_KEY, errno));
}

static int take_table(int fd, void *arg)
{
	struct graph *g = arg;
	struct graph_table *t;

	if (room_for((void **)&g->table, g->tables, sizeof(*t)))
		return -1;
	t = &g->table[g->tables];
	*t = (struct graph_table){ 0 };
	if (map_info_get(fd, &t->info))
		return -1;
	if (t->info.type != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	g->tables++;
	if (xbpf_table_info_get(fd, &t->counts))
		return out_error("map %u: %s", t->info.id, xbpf_errmsg());
	/* an older module counts none */
	if (stats_slots(fd, 0, NULL, 0, &t->counted))
		t->counted = false;
	return take_slots(t, fd);
}

static void graph_free(struct graph *g)
{
	int i;

	for (i = 0; i < g->progs; i++)
		prog_info_free(&g->prog[i].info);
	for (i = 0; i < g->tables; i++)
		free(g->table[i].slot);
	free(g->link);
	free(g->prog);
	free(g->table);
}

struct graph_prog *graph_prog(const struct graph *g, __u32 id)
{
	int i;

	for (i = 0; i < g->progs; i++)
		if (g->prog[i].info.i.id == id)
			return &g->prog[i];
	return NULL;
}

bool graph_uses(const struct graph_prog *p, const struct graph_table *t)
{
	__u32 i;

	for (i = 0; i < p->info.i.nr_map_ids; i++)
		if (p->info.map_ids[i] == t->info.id)
			return true;
	return false;
}

char *graph_slots(const struct graph_table *t, __u32 from, bool *done, __u64 *taken)
{
	__u32 i, end, id = t->slot[from].prog_id;
	const char *before = "[";
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	*taken = 0;
	for (i = from; f && i < t->n; i = end) {
		for (end = i; end < t->n && t->slot[end].prog_id == id &&
		     t->slot[end].index - t->slot[i].index == end - i; end++) {
			done[end] = true;
			*taken += t->slot[end].taken;
		}
		if (end == i) {
			end++;
			continue;
		}
		fprintf(f, "%s%u", before, t->slot[i].index);
		if (end - i > 1)
			fprintf(f, "-%u", t->slot[end - 1].index);
		before = ",";
	}
	if (f && (fprintf(f, "]") < 0 || fclose(f))) {
		free(text);
		text = NULL;
	}
	if (!text)
		out_error("out of memory");
	return text;
}

/* --- what an event can come to --------------------------------------------------------------- */

static bool reach(struct graph_prog *p)
{
	bool new = p && !p->reached;

	if (new)
		p->reached = true;
	return new;
}

/* From the links that are attached, until nothing is new. */
static void reach_all(struct graph *g)
{
	bool again = true;
	struct graph_table *t;
	__u32 s;
	int i, k;

	for (i = 0; i < g->links; i++)
		if (g->link[i].info.attached)
			reach(graph_prog(g, g->link[i].info.prog_id));
	while (again) {
		again = false;
		for (k = 0; k < g->tables; k++) {
			t = &g->table[k];
			for (i = 0; i < g->progs && !t->reached; i++)
				t->reached = g->prog[i].reached && graph_uses(&g->prog[i], t);
			for (s = 0; s < t->n && t->reached; s++)
				again |= reach(graph_prog(g, t->slot[s].prog_id));
		}
	}
}

/* --- as JSON --------------------------------------------------------------------------------- */

static void links_json(const struct graph *g)
{
	const struct graph_link *l;

	out_open("links", '[');
	for (l = g->link; l < g->link + g->links; l++) {
		out_open(NULL, '{');
		out_uint("id", NULL, l->info.id);
		out_str("type", NULL, xbpf_link_type_name(l->info.link_type));
		out_str("where", NULL, l->place);
		out_uint("prog_id", NULL, l->info.prog_id);
		out_bool("attached", NULL, l->info.attached);
		out_uint("run_cnt", NULL, l->info.run_cnt);
		out_uint("missed", NULL, l->info.miss_cnt);
		out_close();
	}
	out_close();
}

static void progs_json(const struct graph *g)
{
	const struct graph_prog *p;
	int i;

	out_open("programs", '[');
	for (p = g->prog; p < g->prog + g->progs; p++) {
		out_open(NULL, '{');
		out_uint("id", NULL, p->info.i.id);
		out_str("name", NULL, p->info.name);
		out_str("type", NULL, prog_type_name(p->info.i.type));
		out_bool("reached", NULL, p->reached);
		out_open("tables", '[');
		for (i = 0; i < g->tables; i++)
			if (graph_uses(p, &g->table[i]))
				out_uint(NULL, NULL, g->table[i].info.id);
		out_close();
		out_close();
	}
	out_close();
}

static void tables_json(const struct graph *g)
{
	const struct graph_table *t;
	__u32 s;

	out_open("tables", '[');
	for (t = g->table; t < g->table + g->tables; t++) {
		out_open(NULL, '{');
		out_uint("id", NULL, t->info.id);
		out_str("name", NULL, t->info.name);
		out_uint("max_entries", NULL, t->info.max_entries);
		out_bool("reached", NULL, t->reached);
		out_uint("out_of_range", NULL, t->counts.range);
		out_uint("empty", NULL, t->counts.empty);
		out_uint("limit", NULL, t->counts.limit);
		out_open("slots", '[');
		for (s = 0; s < t->n; s++) {
			out_open(NULL, '{');
			out_uint("slot", NULL, t->slot[s].index);
			out_uint("prog_id", NULL, t->slot[s].prog_id);
			if (t->counted)
				out_uint("taken", NULL, t->slot[s].taken);
			out_close();
		}
		out_close();
		out_close();
	}
	out_close();
}

static int json(struct graph *g)
{
	out_open(NULL, '{');
	links_json(g);
	progs_json(g);
	tables_json(g);
	out_close();
	return 0;
}

int short_graph(struct args *args)
{
	static const struct form {
		const char *option;
		int (*write)(struct graph *g);
	} forms[] = {
		{ "--dot", graph_dot }, { "--svg", graph_svg }, { "--html", graph_html },
	};
	int (*write)(struct graph *g) = out_is_text() ? graph_text : json;
	const struct form *form = NULL;
	struct graph g = { 0 };
	size_t i;
	int err;

	for (i = 0; i < sizeof(forms) / sizeof(*forms) && !form; i++)
		if (args_take(args, forms[i].option))
			form = &forms[i];
	if (args_end(args))
		return -1;
	if (form && !out_is_text())
		return out_error("%s is a form of its own: leave -j away", form->option);
	if (form)
		write = form->write;
	err = objects_each(XBPF_KIND_LINK, take_link, &g) ||
	      objects_each(XBPF_KIND_PROG, take_prog, &g) ||
	      objects_each(XBPF_KIND_MAP, take_table, &g) ? -1 : 0;
	if (!err) {
		reach_all(&g);
		err = write(&g);
	}
	graph_free(&g);
	return err;
}
