/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xbpfctl compare prints: columns, order and filters, with the words of veristat's.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compare.h"
#include "out.h"

enum variant { WHOLE, A, B, DIFF, PCT };

static const char *const suffixes[] = { "", "_a", "_b", "_diff", "_pct" };

enum id { FILE_NAME, PROG_NAME, PROG_TYPE, RESULT, REASON, VERDICT, REFUSAL, DURATION, INSNS,
	  STATES, PEAK_STATES, STATES_PER_INSN, XLATED, JITED, RUN_NS, RETVAL };

static const struct column {
	const char *name, *alias, *title;
	enum id id;
	bool sided, number;
} columns[] = {
	{ "file_name", "file", "File", FILE_NAME, false, false },
	{ "prog_name", "prog", "Program", PROG_NAME, false, false },
	{ "prog_type", "type", "Type", PROG_TYPE, false, false },
	{ "result", NULL, "Result", RESULT, false, false },
	{ "reason", NULL, "Reason", REASON, false, false },
	{ "verdict", NULL, "Verdict", VERDICT, true, false },
	{ "refusal", NULL, "Refusal", REFUSAL, true, false },
	{ "duration", "dur", "Load (us)", DURATION, true, true },
	{ "total_insns", "insns", "Insns", INSNS, true, true },
	{ "total_states", "states", "States", STATES, true, true },
	{ "peak_states", NULL, "Peak states", PEAK_STATES, true, true },
	{ "max_states_per_insn", NULL, "Max states/insn", STATES_PER_INSN, true, true },
	{ "prog_size", "xlated", "Xlated (B)", XLATED, true, true },
	{ "prog_size_jited", "jited", "Jited (B)", JITED, true, true },
	{ "run_ns", "ns", "Run (ns)", RUN_NS, true, true },
	{ "retval", NULL, "Retval", RETVAL, true, true },
};

#define N_COLUMNS (sizeof(columns) / sizeof(*columns))

struct shown {
	const struct column *column;
	enum variant variant;
	bool descending;	/* for the order */
};

struct filter {
	struct filter *next;
	char *text;		/* what the others point into */
	bool deny;
	const char *file, *prog;	/* patterns; file alone: of the one or the other */
	struct shown what;	/* of an expression; else column is NULL */
	const char *op, *value;
	double number;
};

struct view {
	struct shown *shown, *keys;
	unsigned int n_shown, n_keys;
	struct filter *filters;
};

/* --- the value of a cell --------------------------------------------------------------------- */

static long long number_on(const struct row *row, enum id id, int s)
{
	const struct row_side *side = &row->side[s];

	switch (id) {
	case DURATION:
		return side->us;
	case INSNS:
		return side->insns;
	case STATES:
		return side->states;
	case PEAK_STATES:
		return side->peak_states;
	case STATES_PER_INSN:
		return side->states_per_insn;
	case XLATED:
		return side->xlated;
	case JITED:
		return side->jited;
	case RUN_NS:
		return side->ns;
	case RETVAL:
		return side->retval;
	default:
		return -1;
	}
}

/* False: there is none. */
static bool number(const struct row *row, const struct shown *s, double *value)
{
	long long a = number_on(row, s->column->id, 0), b = number_on(row, s->column->id, 1);

	if ((s->variant != B && a < 0) || (s->variant != A && b < 0))
		return false;
	if (s->variant == PCT && !a && b)
		return false;
	*value = s->variant == A ? a : s->variant == B ? b : b - a;
	if (s->variant == PCT)
		*value = a ? 100.0 * *value / a : 0;
	return true;
}

static const char *text(const struct row *row, const struct shown *s)
{
	static const char *const results[] = { [AGREE] = "agree", [KNOWN] = "known", [DIFFER] = "differ" };
	const struct row_side *side = &row->side[s->variant == B];

	switch (s->column->id) {
	case FILE_NAME:
		return row->file;
	case PROG_NAME:
		return row->prog;
	case PROG_TYPE:
		return row->type;
	case RESULT:
		return results[row->outcome];
	case REASON:
		return row->reason;
	case VERDICT:
		return side->accepted ? "success" : "failure";
	case REFUSAL:
		return side->words;
	default:
		return "";
	}
}

/* --- names of columns ------------------------------------------------------------------------ */

static const struct column *find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < N_COLUMNS; i++)
		if ((strlen(columns[i].name) == len && !strncmp(columns[i].name, name, len)) ||
		    (columns[i].alias && strlen(columns[i].alias) == len &&
		     !strncmp(columns[i].alias, name, len)))
			return &columns[i];
	return NULL;
}

/* "insns", "insns_diff"; false: there is none of that name. */
static bool find_shown(const char *name, size_t len, struct shown *s)
{
	int v;

	memset(s, 0, sizeof(*s));
	for (v = PCT; v >= WHOLE && !s->column; v--) {
		size_t tail = strlen(suffixes[v]);

		if (len <= tail || strncmp(name + len - tail, suffixes[v], tail))
			continue;
		s->column = find(name, len - tail);
		s->variant = v;
		if (s->column && v != WHOLE && (!s->column->sided || (v >= DIFF && !s->column->number)))
			s->column = NULL;
	}
	return s->column;
}

static int no_column(const char *name, size_t len)
{
	char list[512];
	size_t i, at = 0;

	for (i = 0; i < N_COLUMNS && at < sizeof(list); i++)
		at += snprintf(list + at, sizeof(list) - at, "%s%s%s", i ? ", " : "", columns[i].name,
			       columns[i].sided ? columns[i].number ? "[_a|_b|_diff|_pct]" : "[_a|_b]" : "");
	return out_error("there is no column '%.*s'; there are %s", (int)len, name, list);
}

static int add(struct shown **list, unsigned int *n, const struct shown *s)
{
	struct shown *grown = realloc(*list, (*n + 1) * sizeof(*grown));

	if (!grown)
		return out_error("out of memory");
	*list = grown;
	grown[(*n)++] = *s;
	return 0;
}

int view_columns(struct view *v, const char *list)
{
	struct shown s;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (!find_shown(list, len, &s))
			return no_column(list, len);
		if (s.variant == WHOLE && s.column->sided) {	/* both */
			s.variant = A;
			if (add(&v->shown, &v->n_shown, &s))
				return -1;
			s.variant = B;
		}
		if (add(&v->shown, &v->n_shown, &s))
			return -1;
		if (!list[len])
			return 0;
	}
}

int view_sort(struct view *v, const char *list)
{
	struct shown s;
	size_t len, name;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		name = len;
		if (len && (strchr("^<>", list[len - 1]) ||
			    (list[len - 1] == 'v' && !find_shown(list, len, &s))))
			name--;
		if (!find_shown(list, name, &s))
			return no_column(list, name);
		if (s.variant == WHOLE && s.column->sided)
			s.variant = A;
		s.descending = name < len && (list[name] == '>' || list[name] == 'v');
		if (add(&v->keys, &v->n_keys, &s))
			return -1;
		if (!list[len])
			return 0;
	}
}

/* --- filters --------------------------------------------------------------------------------- */

/* COLUMN OP VALUE: 1; a pattern of names: 0; or -1. */
static int expression(struct filter *f)
{
	static const char *const ops[] = { "==", "!=", "<>", "<=", ">=", "=", "<", ">" };
	char *at = f->text + strcspn(f->text, "=<>!"), *end;
	size_t i, name = (size_t)(at - f->text);

	for (i = 0; i < sizeof(ops) / sizeof(*ops) && strncmp(at, ops[i], strlen(ops[i])); i++)
		;
	if (!name || !*at || i == sizeof(ops) / sizeof(*ops))
		return 0;
	while (name && f->text[name - 1] == ' ')
		name--;
	if (!find_shown(f->text, name, &f->what))
		return no_column(f->text, name);
	if (f->what.variant == WHOLE && f->what.column->sided)
		f->what.variant = A;
	f->op = ops[i];
	f->value = at + strlen(f->op);
	f->value += strspn(f->value, " ");
	if (!f->what.column->number && strcmp(f->op, "=") && strcmp(f->op, "==") && strcmp(f->op, "!=") &&
	    strcmp(f->op, "<>"))
		return out_error("'%s': %s is no number, it can be = or != something", f->text,
				 f->what.column->name);
	if (f->what.column->number) {
		f->number = strtod(f->value, &end);
		if (end == f->value || *end)
			return out_error("'%s': a number is expected behind %s, not '%s'", f->text, f->op, f->value);
	}
	return 1;
}

static int one_filter(struct view *v, const char *text)
{
	struct filter *f = calloc(1, sizeof(*f)), **last;
	char *slash;
	int kind;

	if (!f || !(f->text = strdup(text))) {
		free(f);
		return out_error("out of memory");
	}
	for (last = &v->filters; *last; last = &(*last)->next)
		;
	*last = f;
	kind = expression(f);
	if (kind)
		return kind < 0 ? -1 : 0;
	f->deny = f->text[0] == '!';
	f->file = f->text + f->deny;
	slash = strrchr(f->text, '/');
	if (slash) {
		*slash = '\0';
		f->prog = slash + 1;
	}
	if (!*f->file && !f->prog)
		return out_error("'%s' is no filter: FILE, FILE/PROGRAM, !FILE/PROGRAM or COLUMN=VALUE", text);
	return 0;
}

/* Those of a file: a line for each, # begins a remark. */
static int filters_of(struct view *v, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *text;
	size_t room = 0;
	int err = 0;

	if (!file)
		return out_error("cannot open %s: %s", path, strerror(errno));
	while (!err && getline(&line, &room, file) > 0) {
		text = line + strspn(line, " \t");
		text[strcspn(text, "\n")] = '\0';
		if (*text && *text != '#')
			err = one_filter(v, text);
	}
	if (!err && ferror(file))
		err = out_error("cannot read %s: %s", path, strerror(errno));
	free(line);
	fclose(file);
	return err;
}

int view_filter(struct view *v, const char *text)
{
	return *text == '@' ? filters_of(v, text + 1) : one_filter(v, text);
}

static bool name_matches(const struct filter *f, const char *file, const char *prog)
{
	if (f->prog)
		return (!*f->file || !fnmatch(f->file, file, 0)) && (!*f->prog || !fnmatch(f->prog, prog, 0));
	return !fnmatch(f->file, file, 0) || !fnmatch(f->file, prog, 0);
}

bool view_wants(const struct view *v, const char *file, const char *prog)
{
	bool some = false, wanted = false;
	const struct filter *f;

	for (f = v->filters; f; f = f->next) {
		if (f->what.column)
			continue;
		if (f->deny && name_matches(f, file, prog))
			return false;
		if (!f->deny) {
			some = true;
			wanted |= name_matches(f, file, prog);
		}
	}
	return wanted || !some;
}

static bool holds(const struct filter *f, const struct row *row)
{
	double value;
	bool same;

	if (!f->what.column->number) {
		same = !strcmp(text(row, &f->what), f->value);
		return *f->op == '=' ? same : !same;
	}
	if (!number(row, &f->what, &value))
		return false;
	if (!strcmp(f->op, "!=") || !strcmp(f->op, "<>"))
		return value != f->number;
	if (!strcmp(f->op, "<="))
		return value <= f->number;
	if (!strcmp(f->op, ">="))
		return value >= f->number;
	return *f->op == '<' ? value < f->number : *f->op == '>' ? value > f->number : value == f->number;
}

bool view_takes(const struct view *v, const struct row *row)
{
	const struct filter *f;

	for (f = v->filters; f; f = f->next)
		if (f->what.column && !holds(f, row))
			return false;
	return true;
}

/* --- order ----------------------------------------------------------------------------------- */

static const struct view *sorting;	/* qsort() hands nothing on */

static int by_keys(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const struct shown *key;
	double m = 0, n = 0;
	bool has_m, has_n;
	unsigned int i;
	int order;

	for (i = 0; i < sorting->n_keys; i++) {
		key = &sorting->keys[i];
		if (key->column->number) {
			has_m = number(x, key, &m);
			has_n = number(y, key, &n);
			if (!has_m || !has_n)	/* what has none stands last */
				order = has_m == has_n ? 0 : key->descending == has_m ? 1 : -1;
			else
				order = (m > n) - (m < n);
		} else {
			order = strcmp(text(x, key), text(y, key));
		}
		if (order)
			return key->descending ? -order : order;
	}
	return (x->order > y->order) - (x->order < y->order);
}

/* --- output ---------------------------------------------------------------------------------- */

/* A cell as text; the same for the table and for CSV. */
static void cell(const struct row *row, const struct shown *s, char *buf, size_t size)
{
	double value;

	if (!s->column->number)
		snprintf(buf, size, "%s", text(row, s));
	else if (!number(row, s, &value))
		snprintf(buf, size, "-");
	else if (s->variant == PCT)
		snprintf(buf, size, "%+.2f%%", value);
	else
		snprintf(buf, size, s->variant == DIFF ? "%+.0f" : "%.0f", value);
}

#define CELL_SIZE 1024

static void title(const struct shown *s, char *buf, size_t size)
{
	static const char *const behind[] = { "", " A", " B", " DIFF", " DIFF %" };

	snprintf(buf, size, "%s%s", s->column->title, behind[s->variant]);
}

/* Numbers end where their column ends, words begin where it begins. */
static void put(unsigned int i, const struct shown *s, unsigned int width, const char *text)
{
	out_text("%s%*s", i ? "  " : "", s->column->number ? (int)width : -(int)width, text);
}

static void show_table(const struct view *v, const struct row *rows, unsigned int cnt)
{
	unsigned int *width = calloc(v->n_shown, sizeof(*width)), i, r;
	char buf[CELL_SIZE];

	if (!width)
		return;
	for (i = 0; i < v->n_shown; i++) {
		title(&v->shown[i], buf, sizeof(buf));
		width[i] = strlen(buf);
		for (r = 0; r < cnt; r++) {
			cell(&rows[r], &v->shown[i], buf, sizeof(buf));
			if (strlen(buf) > width[i])
				width[i] = strlen(buf);
		}
	}
	out_text("A: %s, B: %s\n", compare_sides[0].name, compare_sides[1].name);
	for (i = 0; i < v->n_shown; i++) {
		title(&v->shown[i], buf, sizeof(buf));
		put(i, &v->shown[i], width[i], buf);
	}
	out_text("\n");
	for (i = 0; i < v->n_shown; i++) {
		memset(buf, '-', width[i]);
		buf[width[i]] = '\0';
		out_text("%s%s", i ? "  " : "", buf);
	}
	out_text("\n");
	for (r = 0; r < cnt; r++) {
		for (i = 0; i < v->n_shown; i++) {
			cell(&rows[r], &v->shown[i], buf, sizeof(buf));
			put(i, &v->shown[i], width[i], buf);
		}
		out_text("\n");
	}
	free(width);
}

/* Below the table: what did not fit there. */
static void show_reasons(const struct row *rows, unsigned int cnt)
{
	unsigned int r;
	int s;

	for (r = 0; r < cnt; r++) {
		if (*rows[r].reason)
			out_text("%s/%s: %s: %s\n", rows[r].file, rows[r].prog,
				 rows[r].outcome == DIFFER ? "DIFFERS" :
				 rows[r].outcome == KNOWN ? "differs with a known reason" : "agrees",
				 rows[r].reason);
		for (s = 0; s < SIDES; s++)
			if (!rows[r].side[s].accepted)
				out_text("%s/%s: %s: %s\n", rows[r].file, rows[r].prog, compare_sides[s].name,
					 rows[r].side[s].words);
	}
}

/* RFC 4180 */
static void csv_cell(const char *buf)
{
	if (!strpbrk(buf, ",\"\n")) {
		out_text("%s", buf);
		return;
	}
	out_text("\"");
	for (; *buf; buf++)
		out_text("%s%c", *buf == '"' ? "\"" : "", *buf);
	out_text("\"");
}

static void show_csv(const struct view *v, const struct row *rows, unsigned int cnt)
{
	char buf[CELL_SIZE];
	unsigned int i, r;

	for (i = 0; i < v->n_shown; i++)
		out_text("%s%s%s", i ? "," : "", v->shown[i].column->name, suffixes[v->shown[i].variant]);
	out_text("\n");
	for (r = 0; r < cnt; r++) {
		for (i = 0; i < v->n_shown; i++) {
			cell(&rows[r], &v->shown[i], buf, sizeof(buf));
			out_text("%s", i ? "," : "");
			csv_cell(buf);
		}
		out_text("\n");
	}
}

static void show_json(const struct view *v, const struct row *rows, unsigned int cnt)
{
	const struct shown *s;
	unsigned int i, r;
	char key[64];
	double value;

	out_open("programs", '[');
	for (r = 0; r < cnt; r++) {
		out_open(NULL, '{');
		for (i = 0; i < v->n_shown; i++) {
			s = &v->shown[i];
			snprintf(key, sizeof(key), "%s%s", s->column->name, suffixes[s->variant]);
			if (!s->column->number)
				out_str(key, NULL, text(&rows[r], s));
			else if (!number(&rows[r], s, &value))
				out_null(key);
			else if (s->variant == PCT)
				out_value_float(key, value);
			else
				out_int(key, NULL, (long long)value);
		}
		out_close();
	}
	out_close();
}

static void show_sums(const struct row *rows, unsigned int cnt, unsigned int files)
{
	unsigned int sum[] = { 0, 0, 0 }, r;

	for (r = 0; r < cnt; r++)
		sum[rows[r].outcome]++;
	out_uint("files", "%llu file", files);
	out_text("%s, ", files == 1 ? "" : "s");
	out_text("%u program%s: ", cnt, cnt == 1 ? "" : "s");
	out_uint("agree", "%llu agree, ", sum[AGREE]);
	out_uint("known", "%llu differ with a known reason, ", sum[KNOWN]);
	out_uint("differ", "%llu differ\n", sum[DIFFER]);
}

void view_show(const struct view *v, struct row *rows, unsigned int cnt, unsigned int files,
	       bool csv)
{
	sorting = v;
	qsort(rows, cnt, sizeof(*rows), by_keys);
	if (csv) {
		show_csv(v, rows, cnt);
		return;
	}
	out_open(NULL, '{');
	out_str("a", NULL, compare_sides[0].name);
	out_str("b", NULL, compare_sides[1].name);
	if (out_is_text()) {
		show_table(v, rows, cnt);
		show_reasons(rows, cnt);
	} else {
		show_json(v, rows, cnt);
	}
	show_sums(rows, cnt, files);
	out_close();
}

struct view *view_new(void)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v)
		out_error("out of memory");
	return v;
}

void view_free(struct view *v)
{
	struct filter *f;

	if (!v)
		return;
	while ((f = v->filters)) {
		v->filters = f->next;
		free(f->text);
		free(f);
	}
	free(v->shown);
	free(v->keys);
	free(v);
}
