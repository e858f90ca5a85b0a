/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl graph --svg and --html: the graph as a picture, from left to right, and a page with the
 * picture and lists of what is in it. Drawn here, so that it needs nothing where the module runs.
 *
 * A node stands one column right of what leads to it first, and not above it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/utsname.h>
#include "graph.h"
#include "out.h"

/* Pixels. The letters are of one width, so a text's is known. */
#define LETTER		7.3
#define LINE		16
#define PAD		8
#define MARGIN		20
#define BETWEEN		14	/* nodes of a column */
#define GAP		60	/* between columns, besides the labels */
#define LABEL		22	/* letters of a label at most; the whole text is its title */
#define LINES		3

enum kind { LINK, PROG, TABLE, KINDS };

struct node {
	char line[LINES][NAME_SIZE + 64];
	int lines, column;
	double y;
	bool placed, live;
};

struct picture {
	const struct graph *g;
	struct node *node;	/* links, programs, tables, as the graph has them */
	int nodes, columns;
	double *next;		/* of each column: where there is room */
	double *x, *width;	/* of each column */
	double height;
};

static struct node *node_of(const struct picture *p, enum kind kind, long i)
{
	const int before[KINDS] = { 0, p->g->links, p->g->links + p->g->progs };

	return &p->node[before[kind] + i];
}

static double height_of(const struct node *n)
{
	return n->lines * LINE + 2 * PAD;
}

/* Names are the loader's. */
static void xml(const char *text)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '>' || *text == '&' || *text == '"' || *text == '\'')
			out_text("&#%d;", *text);
		else
			out_text("%c", (unsigned char)*text < ' ' ? '?' : *text);
	}
}

/* --- what stands in a node ------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3)))
static void say(struct node *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->line[n->lines++], sizeof(n->line[0]), fmt, ap);
	va_end(ap);
}

static void say_all(struct picture *p)
{
	const struct graph *g = p->g;
	unsigned long long fallen;
	struct node *n;
	int i;

	for (i = 0; i < g->links; i++) {
		n = node_of(p, LINK, i);
		n->live = g->link[i].info.attached;
		say(n, "%s %s", xbpf_link_type_name(g->link[i].info.link_type), g->link[i].place);
		if (n->live)
			say(n, "link %u: %llu runs, %llu missed", g->link[i].info.id,
			    g->link[i].info.run_cnt, g->link[i].info.miss_cnt);
		else
			say(n, "link %u: detached", g->link[i].info.id);
	}
	for (i = 0; i < g->progs; i++) {
		n = node_of(p, PROG, i);
		n->live = g->prog[i].reached;
		say(n, "%s", g->prog[i].info.name);
		say(n, "program %u %s", g->prog[i].info.i.id, prog_type_name(g->prog[i].info.i.type));
	}
	for (i = 0; i < g->tables; i++) {
		n = node_of(p, TABLE, i);
		n->live = g->table[i].reached && g->table[i].n;
		fallen = g->table[i].counts.range + g->table[i].counts.empty + g->table[i].counts.limit;
		say(n, "%s", g->table[i].info.name);
		if (g->table[i].n)
			say(n, "table %u: %u of %u slots filled", g->table[i].info.id, g->table[i].n,
			    g->table[i].info.max_entries);
		else
			say(n, "table %u: all %u slots empty", g->table[i].info.id,
			    g->table[i].info.max_entries);
		if (fallen)
			say(n, "%llu calls fallen through", fallen);
	}
}

/* --- where it stands ------------------------------------------------------------------------- */

static void place_prog(struct picture *p, const struct graph_prog *prog, int column, double above);

static bool place(struct picture *p, struct node *n, int column, double above)
{
	double wide;
	int i;

	if (n->placed)
		return false;
	n->placed = true;
	n->column = column;
	if (column >= p->columns)
		p->columns = column + 1;
	n->y = p->next[column] > above ? p->next[column] : above;
	p->next[column] = n->y + height_of(n) + BETWEEN;
	if (p->next[column] > p->height)
		p->height = p->next[column];
	for (i = 0; i < n->lines; i++) {
		wide = strlen(n->line[i]) * LETTER + 2 * PAD;
		if (wide > p->width[column])
			p->width[column] = wide;
	}
	return true;
}

static void place_table(struct picture *p, long i, int column, double above)
{
	struct node *n = node_of(p, TABLE, i);
	const struct graph_table *t = &p->g->table[i];
	__u32 s;

	if (!place(p, n, column, above))
		return;
	for (s = 0; s < t->n; s++)
		place_prog(p, graph_prog(p->g, t->slot[s].prog_id), column + 1, n->y);
}

static void place_prog(struct picture *p, const struct graph_prog *prog, int column, double above)
{
	struct node *n = prog ? node_of(p, PROG, prog - p->g->prog) : NULL;
	int i;

	if (!n || !place(p, n, column, above))
		return;
	for (i = 0; i < p->g->tables; i++)
		if (graph_uses(prog, &p->g->table[i]))
			place_table(p, i, column + 1, n->y);
}

/* What nothing leads to comes below all that something does. */
static void place_all(struct picture *p)
{
	const struct graph *g = p->g;
	double below;
	int i, k;

	for (i = 0; i < g->links; i++) {
		place(p, node_of(p, LINK, i), 0, p->next[1]);
		place_prog(p, graph_prog(g, g->link[i].info.prog_id), 1, node_of(p, LINK, i)->y);
	}
	below = p->height;
	for (k = 1; k >= 0; k--)	/* those first that call by a table */
		for (i = 0; i < g->progs; i++) {
			int t = 0;

			while (t < g->tables && !graph_uses(&g->prog[i], &g->table[t]))
				t++;
			if ((t < g->tables) == k)
				place_prog(p, &g->prog[i], 1, below);
		}
	for (i = 0; i < g->tables; i++)
		place_table(p, i, 2, below);
}

static void place_columns(struct picture *p)
{
	double x = MARGIN;
	int i;

	for (i = 0; i < p->columns; i++) {
		p->x[i] = x;
		/* labels stand in front of programs, which tables are in front of */
		x += p->width[i] + GAP + (i % 2 ? 0 : LABEL * LETTER / 2);
	}
	p->x[p->columns] = x - GAP;
}

/* --- how it is drawn ------------------------------------------------------------------------- */

static const char picture_style[] =
	"text { font: 12px ui-monospace, monospace; fill: #1b1f24 }\n"
	"text.more { fill: #57606a }\n"
	"text.edge { fill: #57606a; paint-order: stroke; stroke: #ffffff; stroke-width: 3px }\n"
	"path { fill: none; stroke: #57606a; stroke-width: 1.3 }\n"
	"path.back { stroke: #9a6700 }\n"
	"rect { fill: #ffffff; stroke: #57606a }\n"
	"rect.prog { fill: #ddf4ff; stroke: #0969da }\n"
	"rect.table { fill: #fff8c5; stroke: #9a6700 }\n"
	"rect.link { fill: #dafbe1; stroke: #1a7f37 }\n"
	".idle rect { fill: #f6f8fa; stroke: #8c959f; stroke-dasharray: 4 3 }\n"
	".idle text { fill: #8c959f }\n"
	"path.idle { stroke: #8c959f; stroke-dasharray: 4 3 }\n";

/* @text above its end, @taken, if it is counted, below; both may be NULL. */
static void draw_edge(const struct picture *p, const struct node *from, const struct node *to,
		      bool live, const char *text, const __u64 *taken)
{
	double x1 = p->x[from->column] + p->width[from->column], y1 = from->y + height_of(from) / 2;
	double x2 = p->x[to->column], y2 = to->y + height_of(to) / 2, bend = GAP * 0.7;
	bool back = to->column <= from->column;

	out_text("<path class=\"%s%s\" marker-end=\"url(#tip)\" d=\"M%.0f %.0f C%.0f %.0f %.0f %.0f "
		 "%.0f %.0f\">", back ? "back " : "", live ? "" : "idle", x1, y1, x1 + bend,
		 back ? y1 + bend : y1, x2 - bend, back ? y2 + bend : y2, x2, y2);
	if (!text) {
		out_text("</path>\n");
		return;
	}
	out_text("<title>%s</title></path>\n<text class=\"edge\" text-anchor=\"end\" x=\"%.0f\" "
		 "y=\"%.0f\">%.*s%s</text>\n", text, x2 - PAD, y2 - PAD, LABEL, text,
		 strlen(text) > LABEL ? "&#8230;" : "");
	if (taken)
		out_text("<text class=\"edge\" text-anchor=\"end\" x=\"%.0f\" y=\"%.0f\">%llu</text>\n",
			 x2 - PAD, y2 + LINE, *taken);
}

static int draw_slots(const struct picture *p, long i)
{
	const struct graph_table *t = &p->g->table[i];
	bool *done = calloc(t->n + 1, sizeof(*done));
	const struct graph_prog *prog;
	char *text;
	__u64 taken;
	__u32 s;
	int err = 0;

	if (!done)
		return out_error("out of memory");
	for (s = 0; s < t->n && !err; s++) {
		if (done[s])
			continue;
		text = graph_slots(t, s, done, &taken);
		err = text ? 0 : -1;
		prog = graph_prog(p->g, t->slot[s].prog_id);
		if (text && prog)
			draw_edge(p, node_of(p, TABLE, i), node_of(p, PROG, prog - p->g->prog),
				  t->reached, text, t->counted ? &taken : NULL);
		free(text);
	}
	free(done);
	return err;
}

static int draw_edges(const struct picture *p)
{
	const struct graph *g = p->g;
	const struct graph_prog *prog;
	int i, k, err = 0;

	for (i = 0; i < g->links; i++) {
		prog = graph_prog(g, g->link[i].info.prog_id);
		if (prog)
			draw_edge(p, node_of(p, LINK, i), node_of(p, PROG, prog - g->prog),
				  g->link[i].info.attached, NULL, NULL);
	}
	for (i = 0; i < g->progs; i++)
		for (k = 0; k < g->tables; k++)
			if (graph_uses(&g->prog[i], &g->table[k]))
				draw_edge(p, node_of(p, PROG, i), node_of(p, TABLE, k),
					  g->prog[i].reached, NULL, NULL);
	for (i = 0; i < g->tables && !err; i++)
		err = draw_slots(p, i);
	return err;
}

static void draw_node(const struct picture *p, enum kind kind, const struct node *n)
{
	static const char *const classes[KINDS] = { "link", "prog", "table" };
	int i;

	out_text("<g class=\"%s\"><rect class=\"%s\" x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" "
		 "rx=\"%d\"/>\n", n->live ? "live" : "idle", classes[kind], p->x[n->column], n->y,
		 p->width[n->column], height_of(n), kind == PROG ? 8 : 0);
	for (i = 0; i < n->lines; i++) {
		out_text("<text%s x=\"%.0f\" y=\"%.0f\">", i ? " class=\"more\"" : "",
			 p->x[n->column] + PAD, n->y + PAD + LINE * i + 12);
		xml(n->line[i]);
		out_text("</text>\n");
	}
	out_text("</g>\n");
}

static int draw(const struct picture *p)
{
	const int n[KINDS] = { p->g->links, p->g->progs, p->g->tables };
	double width = p->x[p->columns] + MARGIN, height = p->height + MARGIN;
	int kind, i;

	out_text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		 "viewBox=\"0 0 %.0f %.0f\">\n<style>\n%s</style>\n", width, height, width, height,
		 picture_style);
	out_text("<marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
		 "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" "
		 "style=\"fill: #57606a; stroke: none\"/></marker>\n");
	if (draw_edges(p))
		return -1;
	for (kind = 0; kind < KINDS; kind++)
		for (i = 0; i < n[kind]; i++)
			draw_node(p, kind, node_of(p, kind, i));
	if (!p->nodes)
		out_text("<text x=\"%d\" y=\"%d\">nothing is loaded</text>\n", MARGIN, MARGIN + LINE);
	out_text("</svg>\n");
	return 0;
}

int graph_svg(struct graph *g)
{
	struct picture p = { .g = g, .nodes = g->links + g->progs + g->tables, .height = MARGIN };
	size_t columns = p.nodes + 3;	/* every node one further than the last, at most */
	int err = -1;
	size_t i;

	p.node = calloc(columns, sizeof(*p.node));
	p.next = calloc(3 * columns, sizeof(*p.next));
	if (p.node && p.next) {
		p.width = p.next + columns;
		p.x = p.width + columns;
		for (i = 0; i < columns; i++)
			p.next[i] = MARGIN;
		p.width[0] = p.nodes ? 0 : 200;
		say_all(&p);
		place_all(&p);
		place_columns(&p);
		err = draw(&p);
	} else {
		out_error("out of memory");
	}
	free(p.node);
	free(p.next);
	return err;
}

/* --- the page -------------------------------------------------------------------------------- */

static void links_html(const struct graph *g)
{
	const struct graph_link *l;

	out_text("<table><tr><th>link<th>type<th>where<th>program<th>runs<th>missed</tr>\n");
	for (l = g->link; l < g->link + g->links; l++) {
		out_text("<tr><td>%u<td>%s<td>", l->info.id, xbpf_link_type_name(l->info.link_type));
		xml(l->place);
		out_text("%s<td>%u<td>%llu<td>%llu</tr>\n", l->info.attached ? "" : " (detached)",
			 l->info.prog_id, l->info.run_cnt, l->info.miss_cnt);
	}
	out_text("</table>\n");
}

static void progs_html(const struct graph *g)
{
	const struct graph_prog *p;

	out_text("<table><tr><th>program<th>name<th>type<th>reached</tr>\n");
	for (p = g->prog; p < g->prog + g->progs; p++) {
		out_text("<tr><td>%u<td>", p->info.i.id);
		xml(p->info.name);
		out_text("<td>%s<td>%s</tr>\n", prog_type_name(p->info.i.type), p->reached ? "yes" : "no");
	}
	out_text("</table>\n");
}

static void tables_html(const struct graph *g)
{
	const struct graph_table *t;

	out_text("<table><tr><th>table<th>name<th>slots<th>filled<th>index out of range<th>slot empty"
		 "<th>limit reached</tr>\n");
	for (t = g->table; t < g->table + g->tables; t++) {
		out_text("<tr><td>%u<td>", t->info.id);
		xml(t->info.name);
		out_text("<td>%u<td>%u<td>%llu<td>%llu<td>%llu</tr>\n", t->info.max_entries, t->n,
			 (unsigned long long)t->counts.range, (unsigned long long)t->counts.empty,
			 (unsigned long long)t->counts.limit);
	}
	out_text("</table>\n");
}

int graph_html(struct graph *g)
{
	time_t now = time(NULL);
	struct utsname kernel;
	char when[64] = "";

	if (uname(&kernel))
		return out_error("uname: %m");
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime(&now));
	out_text("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		 "<title>xbpf on %s</title>\n<style>\n"
		 "body { font: 14px system-ui, sans-serif; margin: 2em; color: #1b1f24; "
		 "background: #ffffff }\n"
		 "div { overflow-x: auto; border: 1px solid #d0d7de }\n"
		 "table { border-collapse: collapse; margin: 1.5em 0 }\n"
		 "th, td { border-bottom: 1px solid #d0d7de; padding: .3em 1em .3em 0; "
		 "text-align: left }\n</style></head>\n<body><h1>xbpf on %s</h1>\n"
		 "<p>Linux %s, %s. From left to right: links, the programs that they run, the tables "
		 "that these call by, and the programs in their slots. Dashed: no event comes there."
		 "</p>\n<div>\n", kernel.nodename, kernel.nodename, kernel.release, when);
	if (graph_svg(g))
		return -1;
	out_text("</div>\n");
	links_html(g);
	progs_html(g);
	tables_html(g);
	out_text("</body></html>\n");
	return 0;
}
