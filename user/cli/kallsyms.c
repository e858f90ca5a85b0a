/* SPDX-License-Identifier: GPL-2.0 */
/* The name of an address in the kernel. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kallsyms.h"

/* A text symbol: its names stand behind each other in text. */
struct symbol {
	__u64 start;
	size_t name, module;	/* 0: the kernel's own */
};

/* All of them, by address; of several names for a place the first in the file comes first. */
static struct {
	struct symbol *symbol;
	char *text;
	size_t n, room, text_len, text_room;
	bool read;
} all;

/* A name far below says nothing. */
#define FAR (1u << 20)

/* Where the word stands in text, 0: no memory. */
static size_t keep(const char *word, size_t len)
{
	size_t at = all.text_len ? all.text_len : 1;
	char *grown;

	if (at + len + 1 > all.text_room) {
		all.text_room = 2 * (at + len + 1) + 4096;
		grown = realloc(all.text, all.text_room);
		if (!grown)
			return 0;
		all.text = grown;
	}
	memcpy(all.text + at, word, len);
	all.text[at + len] = '\0';
	all.text_len = at + len + 1;
	return at;
}

/* "ffffffff81000000 T _stext", of a module "ffffffffc0000000 t name	[module]" */
static bool take(const char *line)
{
	struct symbol s = { 0 }, *grown;
	size_t len;
	char *at;

	s.start = strtoull(line, &at, 16);
	if (!s.start || at[0] != ' ' || !at[1] || !strchr("tTwW", at[1]) || at[2] != ' ')
		return true;
	len = strcspn(at + 3, "\t\n ");
	s.name = keep(at + 3, len);
	at += 3 + len;
	at += strspn(at, "\t ");
	len = strcspn(at, "\n");
	s.module = s.name && len ? keep(at, len) : 0;
	if (!s.name || (len && !s.module))
		return false;
	if (all.n == all.room) {
		all.room = all.room ? 2 * all.room : 4096;
		grown = realloc(all.symbol, all.room * sizeof(*grown));
		if (!grown)
			return false;
		all.symbol = grown;
	}
	all.symbol[all.n++] = s;
	return true;
}

/* Names that were kept earlier stand earlier in text. */
static int by_start(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* The file is long, and the kernel writes it anew each time: it is read once. */
static void read_all(void)
{
	char line[512];
	FILE *f = fopen("/proc/kallsyms", "re");

	all.read = true;
	while (f && fgets(line, sizeof(line), f))
		if (!take(line))
			break;
	if (f)
		fclose(f);
	if (all.n)
		qsort(all.symbol, all.n, sizeof(*all.symbol), by_start);
}

/* The last text symbol at or before the address, NULL: none is near. */
static const struct symbol *find(__u64 address)
{
	size_t lo = 0, hi, mid;

	if (!all.read)
		read_all();
	for (hi = all.n; lo < hi;) {
		mid = (lo + hi) / 2;
		if (all.symbol[mid].start <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || address - all.symbol[lo - 1].start >= FAR)
		return NULL;
	for (lo--; lo && all.symbol[lo - 1].start == all.symbol[lo].start;)
		lo--;
	return &all.symbol[lo];
}

int kallsyms_name(__u64 address, char *buf, size_t size)
{
	const struct symbol *s = find(address);
	char offset[24] = "";

	if (!s)
		return 0;
	if (address != s->start)
		snprintf(offset, sizeof(offset), "+0x%llx", address - s->start);
	return snprintf(buf, size, "%s%s%s%s", all.text + s->name, offset, s->module ? " " : "",
			s->module ? all.text + s->module : "");
}
