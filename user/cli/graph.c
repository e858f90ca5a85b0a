/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl graph: which link runs which program, which program calls by which table, and which
 * programs stand in its slots.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "info.h"
#include "link.h"
#include "out.h"
#include "short.h"

struct slot {
	__u32 index, prog_id;
};

struct link {
	struct xbpf_link_info info;
	char place[NAME_SIZE + 32];
};

struct prog {
	struct prog_info info;
	bool reached, shown;
};

struct table {
	struct bpf_map_info info;
	struct xbpf_table_info counts;
	struct slot *slot;
	__u32 n;
	bool reached;
};

/* What there was when it was asked for; each array is in the order of ids. */
struct graph {
	struct link *link;
	struct prog *prog;
	struct table *table;
	int links, progs, tables;
};

/* --- what there is --------------------------------------------------------------------------- */

static int take_link(struct graph *g, int fd)
{
	struct link *l = &g->link[g->links];

	if (link_info_get(fd, &l->info))
		return -1;
	link_place(&l->info, l->place, sizeof(l->place));
	g->links++;
	return 0;
}

static int take_prog(struct graph *g, int fd)
{
	if (prog_info_get(fd, &g->prog[g->progs].info))
		return -1;
	g->progs++;
	return 0;
}

/* Slots change meanwhile: each is what it was when it was read. */
static int take_slots(struct table *t, int fd)
{
	__u32 key, *previous = NULL, id, room = 0;
	struct slot *grown;

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
		t->slot[t->n++] = (struct slot){ key, id };
	}
	return errno == ENOENT ? 0 : out_error("map %u: %s", t->info.id, why(BPF_MAP_GET_NEXT_KEY, errno));
}

static int take_table(struct graph *g, int fd)
{
	struct table *t = &g->table[g->tables];

	if (map_info_get(fd, &t->info))
		return -1;
	if (t->info.type != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	g->tables++;
	if (xbpf_table_info_get(fd, &t->counts))
		return out_error("map %u: %s", t->info.id, xbpf_errmsg());
	return take_slots(t, fd);
}

static int take_all(struct graph *g, enum xbpf_kind kind, void **array, size_t size,
		    int (*take)(struct graph *g, int fd))
{
	__u32 *ids = NULL;
	int n = object_ids(kind, &ids), i, fd, err = n < 0 ? -1 : 0;

	*array = err ? NULL : calloc((size_t)n + 1, size);
	if (!err && !*array)
		err = out_error("out of memory");
	for (i = 0; i < n && !err; i++) {
		fd = object_by_id(kind, ids[i]);
		if (fd == -ENOENT)	/* gone since it was listed */
			continue;
		err = fd < 0 ? -1 : take(g, fd);
		if (fd >= 0)
			close(fd);
	}
	free(ids);
	return err;
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

static struct prog *prog_of(const struct graph *g, __u32 id)
{
	int i;

	for (i = 0; i < g->progs; i++)
		if (g->prog[i].info.i.id == id)
			return &g->prog[i];
	return NULL;
}

static bool uses(const struct prog *p, const struct table *t)
{
	__u32 i;

	for (i = 0; i < p->info.i.nr_map_ids; i++)
		if (p->info.map_ids[i] == t->info.id)
			return true;
	return false;
}

/* --- what an event can come to --------------------------------------------------------------- */

static bool reach(struct prog *p)
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
	struct table *t;
	__u32 s;
	int i, k;

	for (i = 0; i < g->links; i++)
		if (g->link[i].info.attached)
			reach(prog_of(g, g->link[i].info.prog_id));
	while (again) {
		again = false;
		for (k = 0; k < g->tables; k++) {
			t = &g->table[k];
			for (i = 0; i < g->progs && !t->reached; i++)
				t->reached = g->prog[i].reached && uses(&g->prog[i], t);
			for (s = 0; s < t->n && t->reached; s++)
				again |= reach(prog_of(g, t->slot[s].prog_id));
		}
	}
}

/* --- as text --------------------------------------------------------------------------------- */

/* "[1-3,7]": the slots from @from on that hold the same program, and that they are done. */
static void slots_text(const struct table *t, __u32 from, bool *done)
{
	__u32 i, end, id = t->slot[from].prog_id;
	const char *before = "[";

	for (i = from; i < t->n; i = end) {
		for (end = i; end < t->n && t->slot[end].prog_id == id &&
		     t->slot[end].index - t->slot[i].index == end - i; end++)
			done[end] = true;
		if (end == i) {
			end++;
			continue;
		}
		out_text("%s%u", before, t->slot[i].index);
		if (end - i > 1)
			out_text("-%u", t->slot[end - 1].index);
		before = ",";
	}
	out_text("]");
}

static int prog_text(const struct graph *g, struct prog *p, int depth);

static int table_text(const struct graph *g, const struct table *t, int depth)
{
	unsigned long long fallen = t->counts.range + t->counts.empty + t->counts.limit;
	bool *done = calloc(t->n + 1, sizeof(*done));
	struct prog *p;
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
		p = prog_of(g, t->slot[s].prog_id);
		out_text("%*s", depth + 2, "");
		slots_text(t, s, done);
		if (p)
			err = prog_text(g, p, depth + 2);
		else
			out_text(" program %u, gone since\n", t->slot[s].prog_id);
	}
	free(done);
	return err;
}

/* Behind what leads to it. What it leads to is told where it comes first. */
static int prog_text(const struct graph *g, struct prog *p, int depth)
{
	int i, err = 0;

	out_text(" program %u %s", p->info.i.id, p->info.name);
	if (p->shown) {
		for (i = 0; i < g->tables; i++)
			if (uses(p, &g->table[i])) {
				out_text(" (see above)");
				break;
			}
		out_text("\n");
		return 0;
	}
	p->shown = true;
	out_text("\n");
	for (i = 0; i < g->tables && !err; i++)
		if (uses(p, &g->table[i]))
			err = table_text(g, &g->table[i], depth + 2);
	return err;
}

static int text(struct graph *g)
{
	const struct link *l;
	const char *title = "reached by no attached link:\n";
	struct prog *p;
	int i, err = 0;

	for (i = 0; i < g->links && !err; i++) {
		l = &g->link[i];
		out_text("link %u %s %s", l->info.id, xbpf_link_type_name(l->info.link_type), l->place);
		if (l->info.attached)
			out_text(": %llu runs, %llu missed\n ", l->info.run_cnt, l->info.miss_cnt);
		else
			out_text(": detached\n ");
		p = prog_of(g, l->info.prog_id);
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
			used |= uses(&g->prog[k], &g->table[i]);
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

/* --- as JSON --------------------------------------------------------------------------------- */

static void links_json(const struct graph *g)
{
	const struct link *l;

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
	const struct prog *p;
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
			if (uses(p, &g->table[i]))
				out_uint(NULL, NULL, g->table[i].info.id);
		out_close();
		out_close();
	}
	out_close();
}

static void tables_json(const struct graph *g)
{
	const struct table *t;
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
			out_close();
		}
		out_close();
		out_close();
	}
	out_close();
}

static int json(const struct graph *g)
{
	out_open(NULL, '{');
	links_json(g);
	progs_json(g);
	tables_json(g);
	out_close();
	return 0;
}

/* --- as DOT ---------------------------------------------------------------------------------- */

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

static int table_dot(const struct table *t)
{
	bool *done = calloc(t->n + 1, sizeof(*done));
	__u32 s;

	if (!done)
		return out_error("out of memory");
	out_text("\ttable%u [shape=cylinder, label=\"", t->info.id);
	label(t->info.name);
	out_text("\\n%u of %u slots\"%s];\n", t->n, t->info.max_entries, style(t->reached && t->n));
	for (s = 0; s < t->n; s++) {
		if (done[s])
			continue;
		out_text("\ttable%u -> prog%u [label=\"", t->info.id, t->slot[s].prog_id);
		slots_text(t, s, done);
		out_text("\"%s];\n", style(t->reached));
	}
	free(done);
	return 0;
}

static int dot(const struct graph *g)
{
	const struct link *l;
	const struct prog *p;
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
			if (uses(p, &g->table[i]))
				out_text("\tprog%u -> table%u%s;\n", p->info.i.id, g->table[i].info.id,
					 p->reached ? "" : " [style=dashed, color=gray50]");
	}
	for (i = 0; i < g->tables && !err; i++)
		err = table_dot(&g->table[i]);
	out_text("}\n");
	return err;
}

int short_graph(struct args *args)
{
	bool as_dot = args_take(args, "--dot");
	struct graph g = { 0 };
	int err;

	if (args_end(args))
		return -1;
	if (as_dot && !out_is_text())
		return out_error("--dot is a form of its own: leave -j away");
	err = take_all(&g, XBPF_KIND_LINK, (void **)&g.link, sizeof(*g.link), take_link) ||
	      take_all(&g, XBPF_KIND_PROG, (void **)&g.prog, sizeof(*g.prog), take_prog) ||
	      take_all(&g, XBPF_KIND_MAP, (void **)&g.table, sizeof(*g.table), take_table) ? -1 : 0;
	if (!err) {
		reach_all(&g);
		err = as_dot ? dot(&g) : out_is_text() ? text(&g) : json(&g);
	}
	graph_free(&g);
	return err;
}
