/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl prog load and loadall: open, give it maps, load, pin, attach; a step that fails takes
 * back those before it.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "args.h"
#include "info.h"
#include "link.h"
#include "load.h"
#include "main.h"
#include "out.h"
#include "spec.h"

struct load {
	bool all;			/* loadall */
	const char *file, *path;	/* path: of the first program's pin, or the folder */
	const char *type, *pinmaps, *dev, *tail;
	bool interp, autoattach;
	struct replacement {
		const char *name;	/* of the object's map, or NULL and index */
		__u64 index;
		int fd;
	} *maps;
	int n_maps;
};

static int fail(void)
{
	return out_error("%s", xbpf_errmsg());
}

static int take_map(struct args *args, void *to)
{
	struct replacement *r, *grown;
	const char *word, *value;
	struct load *l = to;

	grown = realloc(l->maps, (l->n_maps + 1) * sizeof(*grown));
	if (!grown)
		return out_error("out of memory");
	l->maps = grown;
	r = &grown[l->n_maps];
	memset(r, 0, sizeof(*r));
	word = args_next(args, "which map of the object (name NAME or idx N)");
	value = word ? args_next(args, "the name or index of a map") : NULL;
	if (!value)
		return -1;
	if (!strcmp(word, "name"))
		r->name = value;
	else if (strcmp(word, "idx"))
		return out_error("'%s' does not say which map of the object: name NAME or idx N", word);
	else if (args_number(value, "index of a map", INT_MAX, &r->index))
		return -1;
	if (xbpf_device())
		return fail();
	r->fd = spec_one(args, XBPF_KIND_MAP);
	if (r->fd < 0)
		return -1;
	l->n_maps++;
	return 0;
}

static int take_words(struct args *args, struct load *l)
{
	const struct keyword keywords[] = {
		{ .word = "type", .what = "the type of the programs", .to = &l->type },
		{ .word = "map", .parse = take_map, .to = l },
		{ .word = "pinmaps", .what = "a folder to pin the maps in", .to = &l->pinmaps },
		{ .word = "interp", .to = &l->interp },
		{ .word = "tail", .what = "a strategy for tail calls (`xbpfctl feature` names them)",
		  .to = &l->tail },
		{ .word = "autoattach", .to = &l->autoattach },
		{ .word = "dev", .what = "the network device", .to = &l->dev },
		{ .word = NULL }
	};

	l->file = args_next(args, "the object file");
	l->path = l->file ? args_next(args, l->all ? "a folder to pin the programs in" :
				      "a path to pin the program at") : NULL;
	if (!l->path || args_keywords(args, keywords))
		return -1;
	if (l->dev && !l->autoattach)
		return out_error("dev says where autoattach attaches programs for packets: it goes "
				 "with autoattach");
	return 0;
}

static struct bpf_map *find_map(struct bpf_object *bpf, const struct replacement *r)
{
	struct bpf_map *map;
	__u64 i = 0;

	bpf_object__for_each_map(map, bpf)
		if (r->name ? !strcmp(bpf_map__name(map), r->name) : i++ == r->index)
			return map;
	return NULL;
}

static int replace_maps(struct xbpf_object *obj, const struct load *l)
{
	const struct replacement *r;
	struct bpf_map *map;
	int i, err;

	for (i = 0; i < l->n_maps; i++) {
		r = &l->maps[i];
		map = find_map(xbpf_object_bpf(obj), r);
		if (!map && r->name)
			return out_error("%s: it has no map named '%s'", l->file, r->name);
		if (!map)
			return out_error("%s: it has no map number %llu; the first is 0", l->file, r->index);
		err = bpf_map__reuse_fd(map, r->fd);
		if (err)
			return out_error("%s: map '%s' cannot be replaced: %s", l->file,
					 bpf_map__name(map), strerror(-err));
	}
	return 0;
}

/* The first that is there: bpftool's reading of `prog load`. */
static int pin_first(struct xbpf_object *obj, const char *path)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, xbpf_object_bpf(obj))
		if (bpf_program__fd(prog) >= 0)
			return xbpf_object_pin_fd(obj, bpf_program__fd(prog), path);
	return out_error("no program of the object is to be loaded: all SEC() begin with '?'");
}

static int pin(struct xbpf_object *obj, const struct load *l)
{
	int err;

	err = l->all ? xbpf_object_pin_progs(obj, l->path) : pin_first(obj, l->path);
	if (!err && l->pinmaps)
		err = xbpf_object_pin_maps(obj, l->pinmaps);
	return err;
}

/* What autoattach did, a line for each link. */
static void show_links(struct xbpf_object *obj)
{
	const char *path;
	unsigned int i;

	out_open("links", '[');
	for (i = 0; (path = xbpf_object_link(obj, i)); i++)
		link_attached(path);
	out_close();
}

static int attach(struct xbpf_object *obj, const struct load *l)
{
	int n = l->all ? xbpf_object_attach(obj, l->path) : xbpf_object_attach_beside(obj, l->path);

	if (n < 0)
		return fail();
	if (!n)
		return out_error("%s: autoattach has nothing to do: no SEC() names an attach "
				 "point, as SEC(\"kprobe/do_send_sig_info\") does%s", l->file,
				 l->dev ? "" : "; where programs for packets attach says `dev DEVICE`");
	return 0;
}

/* A table is emptied with its last fd or pin, also when programs use it, and ours is closed now. */
static void warn_of_tables(struct xbpf_object *obj, const struct load *l)
{
	struct bpf_map *map;
	int i, n = 0;

	if (l->pinmaps)
		return;
	bpf_object__for_each_map(map, xbpf_object_bpf(obj)) {
		for (i = 0; i < l->n_maps; i++)
			if (l->maps[i].name ? !strcmp(l->maps[i].name, bpf_map__name(map)) :
					      l->maps[i].index == (__u64)n)
				break;
		n++;
		if (i == l->n_maps && bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY && !bpf_map__is_pinned(map))
			out_warn("program array '%s' is not pinned: it is emptied when this command ends; "
				 "keep it with `pinmaps DIR`",
				 bpf_map__name(map));
	}
}

int load_object(struct xbpf_object *obj)
{
	if (!xbpf_object_load(obj))
		return 0;
	fail();
	if (!options.debug && strstr(xbpf_errmsg(), ": program '"))
		out_hint("         (-d shows the verifier's whole log)\n");
	return -1;
}

static int load(struct xbpf_object *obj, const struct load *l)
{
	if (xbpf_device())
		return fail();
	if (replace_maps(obj, l) || load_object(obj))
		return -1;
	if (pin(obj, l)) {
		fail();
		xbpf_object_undo(obj);
		return -1;
	}
	if (l->autoattach && attach(obj, l)) {
		xbpf_object_undo(obj);
		return -1;
	}
	warn_of_tables(obj, l);
	if (l->autoattach) {
		out_open(NULL, '{');
		show_links(obj);
		out_close();
	}
	return 0;
}

static int run(struct args *args, bool all)
{
	struct xbpf_object_opts opts = { .sz = sizeof(opts) };
	struct load l = { .all = all };
	struct xbpf_object *obj;
	int err;

	err = take_words(args, &l);
	if (!err) {
		opts.section = l.type;
		opts.interp = l.interp;
		opts.dev = l.dev;
		opts.tail = l.tail;
		opts.debug = options.debug ? stderr : NULL;
		obj = xbpf_object_open(l.file, &opts);
		err = obj ? load(obj, &l) : fail();
		xbpf_object_close(obj);
	}
	while (l.n_maps)
		close(l.maps[--l.n_maps].fd);
	free(l.maps);
	return err;
}

int prog_load(struct args *args)
{
	return run(args, false);
}

int prog_loadall(struct args *args)
{
	return run(args, true);
}
