/* SPDX-License-Identifier: GPL-2.0 */
/* Reads files of vectors: maps, programs, and what is expected of a run. */
#include <ctype.h>

#include "vec.h"

struct reader {
	const char *path;
	u32 line;
	struct vec *vec;
	bool open;		/* a vector has begun */
	bool has_result;
	struct vec_prog *prog;	/* assembly goes here */
	char *rest;		/* of the directive */
	char *error;
	size_t error_size;
	bool failed;
};

__attribute__((format(printf, 2, 3)))
static void fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (r->failed)
		return;
	r->failed = true;
	n = snprintf(r->error, r->error_size, "%s:%u: ", r->path, r->line);
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->error_size)
		vsnprintf(r->error + n, r->error_size - n, fmt, ap);
	va_end(ap);
}

static char *word(struct reader *r)
{
	char *start;

	while (isspace((unsigned char)*r->rest))
		r->rest++;
	start = r->rest;
	while (*r->rest && !isspace((unsigned char)*r->rest))
		r->rest++;
	if (*r->rest)
		*r->rest++ = '\0';
	return start;
}

static char *need_word(struct reader *r, const char *what)
{
	char *w = word(r);

	if (!*w)
		fail(r, "%s missing", what);
	return w;
}

static u64 to_number(struct reader *r, const char *w)
{
	char *end;
	bool minus = *w == '-';
	u64 n;

	errno = 0;
	n = strtoull(w + minus, &end, 0);
	if (errno || !isdigit((unsigned char)w[minus]) || *end)
		fail(r, "\"%s\" is no number", w);
	return minus ? -n : n;
}

static u64 need_number(struct reader *r, const char *what)
{
	char *w = need_word(r, what);

	return r->failed ? 0 : to_number(r, w);
}

static u32 need_map(struct reader *r)
{
	const char *name = need_word(r, "map name");
	u32 i;

	for (i = 0; i < r->vec->map_cnt; i++)
		if (!strcmp(r->vec->maps[i].name, name))
			return i;
	fail(r, "no map is called \"%s\" so far", name);
	return 0;
}

static void text_append(struct vec_prog *prog, const char *line)
{
	size_t n = strlen(line);

	prog->text = realloc(prog->text, prog->len + n + 2);
	if (!prog->text)
		abort();
	memcpy(prog->text + prog->len, line, n);
	prog->len += n;
	prog->text[prog->len++] = '\n';
	prog->text[prog->len] = '\0';
}

/* The program of that name: a slot may name one that is still to come. */
static struct vec_prog *prog_named(struct reader *r, const char *name)
{
	struct vec *vec = r->vec;
	u32 i;

	for (i = 0; i < vec->prog_cnt; i++)
		if (!strcmp(vec->progs[i].name, name))
			return &vec->progs[i];
	if (vec->prog_cnt == VEC_PROGS) {
		fail(r, "more than %u programs", VEC_PROGS);
		return &vec->progs[0];
	}
	snprintf(vec->progs[vec->prog_cnt].name, sizeof(vec->progs[0].name), "%s", name);
	return &vec->progs[vec->prog_cnt++];
}

static void read_map(struct reader *r)
{
	struct vec_map *map = &r->vec->maps[r->vec->map_cnt];
	const char *type, *flag;

	if (r->vec->map_cnt == VEC_MAPS) {
		fail(r, "more than %u maps", VEC_MAPS);
		return;
	}
	snprintf(map->name, sizeof(map->name), "%s", need_word(r, "map name"));
	type = need_word(r, "map type");
	if (!strcmp(type, "array"))
		map->type = BPF_MAP_TYPE_ARRAY;
	else if (!strcmp(type, "hash"))
		map->type = BPF_MAP_TYPE_HASH;
	else if (!strcmp(type, "prog_array"))
		map->type = BPF_MAP_TYPE_PROG_ARRAY;
	else
		fail(r, "unknown map type \"%s\"", type);
	map->key_size = (u32)need_number(r, "key size");
	map->value_size = (u32)need_number(r, "value size");
	map->max_entries = (u32)need_number(r, "number of entries");
	flag = word(r);
	if (!strcmp(flag, "rdonly"))
		map->flags = BPF_F_RDONLY_PROG;
	else if (*flag)
		fail(r, "unknown map flag \"%s\"", flag);
	if (map->key_size > 8 || map->value_size > VEC_VALUE)
		fail(r, "the map is too big for a vector");
	r->vec->map_cnt++;
}

static void read_cell(struct reader *r, struct vec_cell *cells, u32 *cnt)
{
	struct vec_cell *cell = &cells[*cnt];
	const struct vec_map *map;
	u32 step;
	char *w;

	if (*cnt == VEC_CELLS) {
		fail(r, "more than %u elements", VEC_CELLS);
		return;
	}
	cell->map = need_map(r);
	cell->key = need_number(r, "key");
	map = &r->vec->maps[cell->map];
	step = map->value_size < 8 ? map->value_size : 8;
	w = need_word(r, "value");
	if (strcmp(w, "none")) {
		for (; *w && !r->failed; w = word(r)) {
			u64 n = to_number(r, w);

			if (cell->len + step > map->value_size) {
				fail(r, "more numbers than the value has room for");
				return;
			}
			memcpy(cell->value + cell->len, &n, step);
			cell->len += step;
		}
		cell->len = map->value_size;	/* the rest is zero */
	}
	(*cnt)++;
}

static void read_ctx(struct reader *r)
{
	u64 at = need_number(r, "offset"), n;
	char *w;

	for (w = need_word(r, "number"); *w && !r->failed; w = word(r)) {
		n = to_number(r, w);
		if (at > VEC_CTX - 8) {
			fail(r, "behind the end of struct pt_regs");
			return;
		}
		memcpy(r->vec->ctx + at, &n, 8);
		at += 8;
	}
}

static void read_data(struct reader *r)
{
	const char *w;
	unsigned int byte;

	for (w = need_word(r, "bytes"); *w && !r->failed; w = word(r)) {
		for (; *w; w += 2) {
			if (!isxdigit((unsigned char)w[0]) || !isxdigit((unsigned char)w[1]) ||
			    sscanf(w, "%2x", &byte) != 1 || r->vec->data_len == VEC_VALUE) {
				fail(r, "bad packet data at \"%s\"", w);
				return;
			}
			r->vec->data[r->vec->data_len++] = (u8)byte;
		}
	}
}

static void read_slot(struct reader *r)
{
	struct vec_slot *slot = &r->vec->slots[r->vec->slot_cnt];
	const char *name;

	if (r->vec->slot_cnt == VEC_SLOTS) {
		fail(r, "more than %u slots", VEC_SLOTS);
		return;
	}
	slot->map = need_map(r);
	slot->index = (u32)need_number(r, "index");
	name = need_word(r, "program");
	if (r->failed)
		return;
	slot->prog = (u32)(prog_named(r, name) - r->vec->progs);
	r->vec->slot_cnt++;
}

static void read_type(struct reader *r)
{
	const char *type = need_word(r, "program type");

	if (!strcmp(type, "kprobe"))
		r->vec->type = BPF_PROG_TYPE_KPROBE;
	else if (!strcmp(type, "socket_filter"))
		r->vec->type = BPF_PROG_TYPE_SOCKET_FILTER;
	else
		fail(r, "unknown program type \"%s\"", type);
}

static void begin(struct reader *r)
{
	struct vec *vec = r->vec;

	memset(vec, 0, sizeof(*vec));
	while (isspace((unsigned char)*r->rest))
		r->rest++;
	snprintf(vec->name, sizeof(vec->name), "%.*s", (int)sizeof(vec->name) - 1, r->rest);
	if (!*vec->name)
		fail(r, "a vector has a name");
	vec->line = r->line;
	vec->type = BPF_PROG_TYPE_KPROBE;
	r->prog = prog_named(r, "main");
	r->open = true;
	r->has_result = false;
}

/* Is it complete? */
static void finish(struct reader *r)
{
	u32 i;

	if (!r->open || r->failed)
		return;
	if (!r->has_result)
		fail(r, "vector \"%s\" has no result", r->vec->name);
	for (i = 0; i < r->vec->prog_cnt; i++)
		if (!r->vec->progs[i].text)
			fail(r, "vector \"%s\" has no program \"%s\"", r->vec->name, r->vec->progs[i].name);
}

static void drop(struct reader *r)
{
	u32 i;

	for (i = 0; i < r->vec->prog_cnt; i++)
		free(r->vec->progs[i].text);
	r->vec->prog_cnt = 0;
	r->open = false;
}

static void read_directive(struct reader *r)
{
	const char *name = need_word(r, "directive");

	if (!r->open)
		fail(r, "\"-- %s\" before \"-- vector\"", name);
	else if (!strcmp(name, "type"))
		read_type(r);
	else if (!strcmp(name, "ctx"))
		read_ctx(r);
	else if (!strcmp(name, "data"))
		read_data(r);
	else if (!strcmp(name, "map"))
		read_map(r);
	else if (!strcmp(name, "init"))
		read_cell(r, r->vec->inits, &r->vec->init_cnt);
	else if (!strcmp(name, "expect"))
		read_cell(r, r->vec->expects, &r->vec->expect_cnt);
	else if (!strcmp(name, "freeze"))
		r->vec->maps[need_map(r)].freeze = true;
	else if (!strcmp(name, "prog"))
		r->prog = prog_named(r, need_word(r, "program"));
	else if (!strcmp(name, "slot"))
		read_slot(r);
	else if (!strcmp(name, "result"))
		r->vec->result = need_number(r, "result"), r->has_result = true;
	else
		fail(r, "unknown directive \"%s\"", name);
	if (!r->failed && *word(r))
		fail(r, "too many words");
}

int vec_parse(const char *path, void (*fn)(void *priv, const struct vec *vec), void *priv,
	      char *error, size_t error_size)
{
	struct reader r = { .path = path, .error = error, .error_size = error_size };
	FILE *f = fopen(path, "r");
	char line[4096];
	int count = 0;

	r.vec = calloc(1, sizeof(*r.vec));
	if (!r.vec)
		abort();
	if (!f)
		fail(&r, "%s", strerror(errno));
	while (!r.failed && fgets(line, sizeof(line), f)) {
		r.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		if (!strncmp(line, "-- vector", 9)) {
			finish(&r);
			if (r.open && !r.failed)
				fn(priv, r.vec), count++;
			drop(&r);
			r.rest = line + 9;
			begin(&r);
		} else if (!strncmp(line, "-- ", 3)) {
			r.rest = line + 3;
			read_directive(&r);
		} else if (r.open) {
			text_append(r.prog, line);
		} else if (line[strspn(line, " \t")]) {
			fail(&r, "assembly before the first vector");
		}
	}
	finish(&r);
	if (r.open && !r.failed)
		fn(priv, r.vec), count++;
	drop(&r);
	free(r.vec);
	if (f)
		fclose(f);
	return r.failed ? -1 : count;
}
