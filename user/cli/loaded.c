/* SPDX-License-Identifier: GPL-2.0 */
/* Objects below /sys/fs/xbpf by their short names. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "info.h"
#include "loaded.h"
#include "out.h"

#define LIST_SIZE 512

/* "a, b, c" of what is appended; it ends in dots when there are too many. */
static void append(char list[LIST_SIZE], const char *word)
{
	size_t at = strlen(list);

	if (at + strlen(word) + 8 < LIST_SIZE)
		snprintf(list + at, LIST_SIZE - at, "%s%s", at ? ", " : "", word);
	else if (at < 4 || strcmp(list + at - 3, "..."))
		snprintf(list + at, LIST_SIZE - at, ", ...");
}

int loaded_name_check(const char *name)
{
	size_t i;

	for (i = 0; name[i] && (isalnum((unsigned char)name[i]) || (i && strchr("_-.+", name[i])) ||
				name[i] == '_'); i++)
		;
	if (!i || name[i])
		return out_error("'%s' cannot be the name of an object: letters, digits and _ - . + make "
				 "one, a letter or digit first", name);
	if (i > LOADED_NAME_MAX)
		return out_error("'%s' is too long for the name of an object: %d characters are the most",
				 name, LOADED_NAME_MAX);
	return 0;
}

void loaded_dir(const char *name, char *dir, size_t size)
{
	snprintf(dir, size, "%s/%s", xbpf_fs_path(), name);
}

/* The folders of /sys/fs/xbpf. */
static int no_such_object(const char *name)
{
	DIR *root = opendir(xbpf_fs_path());
	char list[LIST_SIZE] = "", dir[PATH_MAX];
	struct dirent *entry;
	struct stat st;

	if (!root && errno == EACCES)
		return out_error("%s cannot be listed: permission denied: run as root",
				 xbpf_fs_path());
	while (root && (entry = readdir(root))) {
		loaded_dir(entry->d_name, dir, sizeof(dir));
		if (entry->d_name[0] != '.' && !stat(dir, &st) && S_ISDIR(st.st_mode))
			append(list, entry->d_name);
	}
	if (root)
		closedir(root);
	if (*list)
		return out_error("no object '%s' is loaded; there are: %s", name, list);
	return out_error("no object '%s' is loaded, nor any other: `xbpfctl load FILE.o` loads one", name);
}

int loaded_open(struct loaded *l, const char *spec)
{
	size_t len = strcspn(spec, "/");
	struct stat st;

	memset(l, 0, sizeof(*l));
	snprintf(l->name, sizeof(l->name), "%.*s", (int)len, spec);
	if (len > LOADED_NAME_MAX || !*l->name || *l->name == '.')
		return out_error("'%s' is no name of an object: NAME or NAME/PROGRAM is, as `xbpfctl load` "
				 "said", spec);
	loaded_dir(l->name, l->dir, sizeof(l->dir));
	l->part = spec[len] ? spec + len + 1 : NULL;
	if (stat(l->dir, &st)) {
		if (errno == EACCES)
			return out_error("%s: permission denied: run as root", l->dir);
		return no_such_object(l->name);
	}
	if (!S_ISDIR(st.st_mode))
		return out_error("%s is a single pin, not an object: see `xbpfctl prog`, `map` or `link`",
				 l->dir);
	return pins_below(&l->pins, l->dir);
}

void loaded_close(struct loaded *l)
{
	pins_free(&l->pins);
}

static bool is_table(const struct pin *pin)
{
	struct bpf_map_info info;
	int fd = xbpf_pin_get(pin->path);
	bool yes = fd >= 0 && !map_info_get(fd, &info) && info.type == BPF_MAP_TYPE_PROG_ARRAY;

	if (fd >= 0)
		close(fd);
	return yes;
}

static const struct pin *find(const struct loaded *l, enum xbpf_kind kind, const char *name,
			      const char *what)
{
	char list[LIST_SIZE] = "";
	int i;

	for (i = 0; name && i < l->pins.n; i++)
		if (l->pins.pin[i].kind == kind && !strcmp(pin_leaf(&l->pins.pin[i]), name))
			return &l->pins.pin[i];
	for (i = 0; i < l->pins.n; i++)
		if (l->pins.pin[i].kind == kind && (kind != XBPF_KIND_MAP || is_table(&l->pins.pin[i])))
			append(list, pin_leaf(&l->pins.pin[i]));
	if (!*list)
		out_error("%s has no %s", l->name, what);
	else if (!name || !*name)
		out_error("say which %s of %s, as %s/NAME; there are: %s", what, l->name, l->name, list);
	else
		out_error("%s has no %s '%s'; there are: %s", l->name, what, name, list);
	return NULL;
}

const struct pin *loaded_prog(const struct loaded *l, const char *name)
{
	return find(l, XBPF_KIND_PROG, name, "program");
}

int loaded_table(const struct loaded *l, const char *name, struct bpf_map_info *info)
{
	const struct pin *pin = find(l, XBPF_KIND_MAP, name, "table of programs");
	int fd = pin ? xbpf_pin_get(pin->path) : -1;

	if (!pin)
		return -1;
	if (fd < 0)
		return out_error("%s", xbpf_errmsg());
	if (!map_info_get(fd, info)) {
		if (info->type == BPF_MAP_TYPE_PROG_ARRAY)
			return fd;
		out_error("%s/%s is a map of type %s: update puts programs into tables (prog_array); "
			  "`xbpfctl map update id %u key ... value ...` changes its entries", l->name, name,
			  map_type_name(info->type), info->id);
	}
	close(fd);
	return -1;
}

void loaded_section(const char *path, char *section, size_t size)
{
	char link[PATH_MAX];
	ssize_t len = -1;

	if (snprintf(link, sizeof(link), "%s" XBPF_SECTION_SUFFIX, path) < (int)sizeof(link))
		len = readlink(link, section, size - 1);
	section[len < 0 ? 0 : len] = '\0';
}
