/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl load FILE.o [NAME]: all of an object, pinned below /sys/fs/xbpf/NAME.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "info.h"
#include "load.h"
#include "loaded.h"
#include "main.h"
#include "out.h"
#include "short.h"

/* "signals" of "demos/signals.bpf.o"; what is too long for a name stays so */
static void name_of_file(const char *file, char *name, size_t size)
{
	static const char *const ends[] = { ".bpf.o", ".o" };
	const char *slash = strrchr(file, '/');
	size_t i, len;

	snprintf(name, size, "%s", slash ? slash + 1 : file);
	len = strlen(name);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (len > strlen(ends[i]) && !strcmp(name + len - strlen(ends[i]), ends[i])) {
			name[len - strlen(ends[i])] = '\0';
			break;
		}
	}
}

static int loaded_already(const char *name)
{
	return out_error("'%s' is loaded already: `xbpfctl unload %s` takes it away, "
			 "`xbpfctl load FILE.o NAME` gives this one another name", name, name);
}

/* An empty folder, left by somebody who was interrupted, is no object. */
static int refuse_loaded(const char *name, const char *dir)
{
	if (!rmdir(dir))
		return 0;
	if (errno == ENOTEMPTY)
		return loaded_already(name);
	if (errno == ENOTDIR)
		return out_error("%s is a pin: `xbpfctl load FILE.o NAME` gives the object another name", dir);
	return 0;
}

/* Nobody else pins in a folder that this made. */
static int pin_all(struct xbpf_object *obj, const char *name, const char *dir)
{
	int ret = refuse_loaded(name, dir) ? -1 : xbpf_pin_dir(dir);

	if (ret > 0)
		return loaded_already(name);
	if (!ret && !xbpf_object_pin_progs(obj, dir) && !xbpf_object_pin_maps(obj, dir) &&
	    !xbpf_object_keep_sections(obj, dir))
		return 0;
	out_error("%s", xbpf_errmsg());
	xbpf_object_undo(obj);
	if (!ret)
		rmdir(dir);
	return -1;
}

/* True: its section says where it attaches. */
static bool show_prog(const struct xbpf_object *obj, const struct bpf_program *prog,
		      const char *dir)
{
	char name[NAME_SIZE], point[NAME_SIZE + 64], path[PATH_MAX];
	struct prog_info info;
	struct xbpf_attach at;
	bool has_point;

	if (prog_info_get(bpf_program__fd(prog), &info))
		return false;
	has_point = xbpf_prog_target(obj, prog, &at, name, sizeof(name)) > 0;
	snprintf(path, sizeof(path), "%s/%s", dir, bpf_program__name(prog));
	out_open(NULL, '{');
	out_uint("id", "  program %-4llu ", info.i.id);
	out_str("name", "%-20s", bpf_program__name(prog));
	out_str("type", "  %s", prog_type_name(info.i.type));
	out_str("section", NULL, bpf_program__section_name(prog));
	if (has_point) {
		xbpf_attach_text(&at, point, sizeof(point));
		out_str("attach", ", for %s", point);
	}
	out_str("pinned", NULL, path);
	out_text("\n");
	out_close();
	prog_info_free(&info);
	return has_point;
}

/* True: it is a table of programs. */
static bool show_map(const struct bpf_map *map, const char *dir)
{
	struct xbpf_table_info table;
	struct bpf_map_info info;
	char path[PATH_MAX];
	bool is_table;

	if (map_info_get(bpf_map__fd(map), &info))
		return false;
	is_table = info.type == BPF_MAP_TYPE_PROG_ARRAY && !xbpf_table_info_get(bpf_map__fd(map), &table);
	snprintf(path, sizeof(path), "%s/%s", dir, bpf_map__name(map));
	out_open(NULL, '{');
	out_uint("id", "  map %-8llu ", info.id);
	out_str("name", "%-20s", bpf_map__name(map));
	out_str("type", "  %s", map_type_name(info.type));
	if (is_table)
		out_uint("filled", ", %llu", table.filled);
	out_uint("max_entries", is_table ? " of %llu slots filled" : ", room for %llu", info.max_entries);
	out_str("pinned", NULL, path);
	out_text("\n");
	out_close();
	return is_table;
}

/* What there is, and what to do next. */
static void show(struct xbpf_object *obj, const char *name, const char *dir)
{
	const char *entry = NULL, *table = NULL;
	const struct bpf_program *any = NULL;
	struct bpf_program *prog;
	int points = 0;
	struct bpf_map *map;

	out_open(NULL, '{');
	out_str("name", "%s", name);
	out_str("pinned", ", pinned below %s:\n", dir);
	out_open("programs", '[');
	bpf_object__for_each_program(prog, xbpf_object_bpf(obj)) {
		if (bpf_program__fd(prog) < 0)
			continue;
		any = prog;
		if (show_prog(obj, prog, dir) && !points++)
			entry = bpf_program__name(prog);
	}
	out_close();
	out_open("maps", '[');
	bpf_object__for_each_map(map, xbpf_object_bpf(obj))
		if (bpf_map__fd(map) >= 0 && show_map(map, dir))
			table = bpf_map__name(map);
	out_close();
	out_close();
	out_text("next:\n");
	if (entry)
		out_text("  xbpfctl attach %s    # %s %s/%s\n", name, points > 1 ? "or one, as" : "that is",
			 name, entry);
	else if (any)
		out_text("  xbpfctl attach %s/%s KIND:PLACE    # as kprobe:do_exit\n", name,
			 bpf_program__name(any));
	if (table)
		out_text("  xbpfctl update %s/%s SLOT PROGRAM    # or - for none\n", name, table);
	out_text("  xbpfctl unload %s\n", name);
}

int short_load(struct args *args)
{
	struct xbpf_object_opts opts = { .sz = sizeof(opts), .debug = options.debug ? stderr : NULL };
	const char *file = args_next(args, "the object file"), *name;
	char own[NAME_MAX + 1], dir[XBPF_FS_PATH_SIZE + LOADED_NAME_MAX + 1];
	struct xbpf_object *obj;
	int err;

	if (!file)
		return -1;
	name_of_file(file, own, sizeof(own));
	name = args->n ? args_next(args, "its name") : own;
	if (args_end(args) || loaded_name_check(name))
		return -1;
	loaded_dir(name, dir, sizeof(dir));
	obj = xbpf_object_open(file, &opts);
	err = !obj || xbpf_device() ? out_error("%s", xbpf_errmsg()) : refuse_loaded(name, dir);
	if (!err)
		err = load_object(obj);
	if (!err)
		err = pin_all(obj, name, dir);
	if (!err)
		show(obj, name, dir);
	xbpf_object_close(obj);
	return err;
}
