/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of programs: their counters, and many of their slots at once from a file or a folder of
 * pins.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "file.h"
#include "info.h"
#include "out.h"
#include "table.h"

int table_out(int fd, const struct bpf_map_info *info)
{
	struct xbpf_table_info t;

	if (info->type != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	if (xbpf_table_info_get(fd, &t))
		return out_error("map %u: %s", info->id, xbpf_errmsg());
	out_open("tail_calls", '{');
	out_uint("filled", "\tslots filled %llu", t.filled);
	out_uint("out_of_range", "  calls fallen through: out of range %llu", t.range);
	out_uint("empty", ", empty %llu", t.empty);
	out_uint("limit", ", limit %llu\n", t.limit);
	out_uint("sites", "\tpatched sites %llu", t.sites);
	out_uint("patches", "  patches %llu", t.patches);
	out_uint("tree_programs", "  tree of %llu", t.targets);
	out_uint("tree_rebuilds", ", rebuilt %llu", t.rebuilds);
	out_uint("tree_fallbacks", ", fallbacks %llu", t.fallbacks);
	out_bool("tree_pending", ", pending", t.tree_pending);
	out_text("\n");
	out_close();
	return 0;
}

int slots_add(struct slots *s, __u32 index, int fd)
{
	struct xbpf_slot_update *grown;
	__u32 room;

	if (s->n == s->room) {
		room = s->room ? 2 * s->room : 64;
		grown = realloc(s->slot, room * sizeof(*grown));
		if (!grown) {
			if (fd >= 0)
				close(fd);
			return out_error("out of memory");
		}
		s->slot = grown;
		s->room = room;
	}
	s->slot[s->n++] = (struct xbpf_slot_update){ .index = index, .prog_fd = fd };
	return 0;
}

void slots_free(struct slots *s)
{
	while (s->n)
		if (s->slot[--s->n].prog_fd >= 0)
			close(s->slot[s->n].prog_fd);
	free(s->slot);
}

int slots_apply(const struct slots *s, int fd, const struct bpf_map_info *info)
{
	if (xbpf_update_many(fd, s->slot, s->n, NULL))
		return out_error("map %u (%s): %s", info->id, info->name, xbpf_errmsg());
	return 0;
}

/* The slots that a file or folder names. */
struct many {
	const char *from;		/* file or folder */
	unsigned int line;		/* of a file, else 0 */
	struct slots slots;
};

static int add_pin(struct many *m, __u32 index, const char *path)
{
	int fd = xbpf_pin_get(path);

	if (fd >= 0 && xbpf_fd_kind(fd) != XBPF_KIND_PROG) {
		close(fd);
		return out_error("%s: slot %u: %s is no program", m->from, index, path);
	}
	if (fd < 0)
		return out_error("%s: slot %u: %s", m->from, index, xbpf_errmsg());
	return slots_add(&m->slots, index, fd);
}

/* --- a file ------------------------------------------------------------------------------- */

static int number(const char *text, __u32 *value)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	n = strtoull(text, &end, 0);
	if (*end || n > UINT_MAX)
		return -1;
	*value = (__u32)n;
	return 0;
}

/* INDEX PATH | INDEX id N | INDEX empty; what stands behind a # is a remark. */
static int add_line(struct many *m, char *line)
{
	static const char blank[] = " \t\r";
	char *index, *what, *id, *rest, *save = NULL;
	__u32 slot, n;
	int fd;

	line[strcspn(line, "#")] = '\0';
	index = strtok_r(line, blank, &save);
	if (!index)
		return 0;
	what = strtok_r(NULL, blank, &save);
	id = what ? strtok_r(NULL, blank, &save) : NULL;
	rest = id ? strtok_r(NULL, blank, &save) : NULL;
	if (number(index, &slot))
		return out_error("%s, line %u: '%s' is no index of a slot", m->from, m->line, index);
	if (what && !strcmp(what, "empty") && !id)
		return slots_add(&m->slots, slot, -1);
	if (what && strchr(what, '/') && !id)
		return add_pin(m, slot, what);
	if (!what || strcmp(what, "id") || !id || rest || number(id, &n))
		return out_error("%s, line %u: behind the index stands the path of a pin, `id N` "
				 "or `empty`", m->from, m->line);
	fd = object_by_id(XBPF_KIND_PROG, n);
	if (fd == -ENOENT)
		return out_error("%s, line %u: no program has id %u", m->from, m->line, n);
	if (fd < 0)
		return -1;
	return slots_add(&m->slots, slot, fd);
}

static int read_file(struct many *m)
{
	char *text, *line, *end;
	void *bytes;
	size_t n;
	int err = 0;

	if (file_read(m->from, &bytes, &n))
		return -1;
	text = malloc(n + 1);
	if (text) {
		memcpy(text, bytes, n);
		text[n] = '\0';
		for (line = text; !err && line; line = end) {
			end = strchr(line, '\n');
			if (end)
				*end++ = '\0';
			m->line++;
			err = add_line(m, line);
		}
	} else {
		err = out_error("out of memory");
	}
	free(text);
	free(bytes);
	return err;
}

/* --- a folder of pins --------------------------------------------------------------------- */

/* "7" and "name_7" are slot 7; other names are no business of ours. */
static int slot_of(const char *name, __u32 *slot)
{
	const char *digits = strrchr(name, '_');

	return number(digits ? digits + 1 : name, slot);
}

static int read_dir(struct many *m)
{
	DIR *dir = opendir(m->from);
	char path[PATH_MAX];
	struct dirent *entry;
	__u32 slot;
	int err = 0;

	if (!dir)
		return out_error("%s: cannot be listed: %s", m->from, strerror(errno));
	while (!err && (entry = readdir(dir))) {
		if (slot_of(entry->d_name, &slot))
			continue;
		snprintf(path, sizeof(path), "%s/%s", m->from, entry->d_name);
		err = add_pin(m, slot, path);
	}
	closedir(dir);
	if (!err && !m->slots.n)
		err = out_error("%s: no pin in it is named by the index of a slot, as 7 or name_7", m->from);
	return err;
}

int table_update_from(struct args *args, int fd, const struct bpf_map_info *info)
{
	struct many m = { 0 };
	struct stat st;
	int err;

	m.from = args_next(args, "a file of slots, or a folder of pins");
	if (!m.from || args_end(args))
		return -1;
	if (info->type != BPF_MAP_TYPE_PROG_ARRAY)
		return out_error("map %u "
				 "(%s): only program arrays are updated from files and folders; "
				 "this is of type %s", info->id,
				 info->name, map_type_name(info->type));
	err = strcmp(m.from, "-") && !stat(m.from, &st) && S_ISDIR(st.st_mode) ? read_dir(&m) :
		read_file(&m);
	if (!err && !m.slots.n)
		err = out_error("%s: it names no slot", m.from);
	if (!err)
		err = slots_apply(&m.slots, fd, info);
	slots_free(&m.slots);
	return err;
}
