/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl attach NAME[/PROGRAM [KIND:PLACE]] [expire TIME]: links pinned beside the programs, all
 * or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "attach.h"
#include "info.h"
#include "link.h"
#include "loaded.h"
#include "out.h"
#include "short.h"

struct attaching {
	struct loaded l;
	struct made {
		int fd;
		char *path;
	} *made;
	int n;
	__u32 expire_ms;	/* of each link; 0: never */
};

/* The pin of a link is called by what it is: "signal_sent@kprobe:do_send_sig_info". */
static int link_path(const struct pin *prog, const struct xbpf_attach *at, char path[PATH_MAX])
{
	char point[NAME_SIZE + 64], *slash = point;

	xbpf_attach_text(at, point, sizeof(point));
	while ((slash = strchr(slash, '/')))
		*slash = ':';
	if (snprintf(path, PATH_MAX, "%s@%s", prog->path, point) >= PATH_MAX)
		return out_error("%s@%s: the path is too long", prog->path, point);
	return 0;
}

/* Is one pinned at @path?  A link that was detached only takes its place away. */
static bool is_attached(const char *path)
{
	struct xbpf_link_info info;
	int fd = access(path, F_OK) ? -1 : xbpf_pin_get(path);
	bool live;

	if (fd < 0)
		return false;
	live = xbpf_link_info_get(fd, &info, NULL, 0) || info.attached;
	close(fd);
	if (!live)
		unlink(path);
	return live;
}

/* @said: its SEC(), or "" */
static int attach_at(struct attaching *a, const struct pin *prog, struct xbpf_attach *at,
		     const char *path, const char *said)
{
	struct made *grown = realloc(a->made, (a->n + 1) * sizeof(*grown));
	char *kept = strdup(path);
	int fd, link = -1;

	if (grown)
		a->made = grown;
	if (!grown || !kept) {
		free(kept);
		return out_error("out of memory");
	}
	at->expire_ms = a->expire_ms;
	fd = xbpf_pin_get(prog->path);
	if (fd >= 0) {
		link = attach_pinned(fd, at, path);
		close(fd);
	}
	if (link < 0) {
		free(kept);
		return out_error("%s/%s%s%s%s: %s%s", a->l.name, pin_leaf(prog), *said ? ", SEC(\"" : "", said,
				 *said ? "\")" : "", xbpf_errmsg(), a->n ? "; nothing is attached" : "");
	}
	a->made[a->n++] = (struct made){ .fd = link, .path = kept };
	return 0;
}

/* Each program whose section names a point, and that is not there yet. */
static int attach_all(struct attaching *a)
{
	char section[256], name[NAME_SIZE], path[PATH_MAX];
	struct xbpf_attach at;
	int i, ret, named = 0;

	for (i = 0; i < a->l.pins.n && a->l.pins.pin[i].kind == XBPF_KIND_PROG; i++) {
		loaded_section(a->l.pins.pin[i].path, section, sizeof(section));
		ret = xbpf_section_target(section, NULL, &at, name, sizeof(name));
		if (ret < 0)
			return out_error("%s/%s: %s%s", a->l.name, pin_leaf(&a->l.pins.pin[i]), xbpf_errmsg(),
					 a->n ? "; nothing is attached" : "");
		if (!ret)
			continue;
		named++;
		if (link_path(&a->l.pins.pin[i], &at, path))
			return -1;
		if (!is_attached(path) && attach_at(a, &a->l.pins.pin[i], &at, path, section))
			return -1;
	}
	if (a->n)
		return 0;
	if (named)
		return out_error("%s: all %d that say where are attached already; `xbpfctl link list` shows them",
				 a->l.name, named);
	return out_error("%s: no section of its programs says where, as SEC(\"kprobe/do_exit\") does: "
			 "`xbpfctl attach %s/PROGRAM KIND:PLACE`", a->l.name, a->l.name);
}

static int attach_one(struct attaching *a, const char *point)
{
	char section[256] = "", name[NAME_SIZE], path[PATH_MAX];
	const struct pin *prog = loaded_prog(&a->l, a->l.part);
	struct xbpf_attach at = { 0 };
	int ret;

	if (!prog)
		return -1;
	if (point) {
		ret = xbpf_attach_point(&at, point, name, sizeof(name)) ?: 1;
	} else {
		loaded_section(prog->path, section, sizeof(section));
		ret = xbpf_section_target(section, NULL, &at, name, sizeof(name));
	}
	if (ret < 0)
		return out_error("%s/%s: %s", a->l.name, a->l.part, xbpf_errmsg());
	if (!ret && *section)
		return out_error("%s/%s: SEC(\"%s\") does not say where to attach it: `xbpfctl attach %s/%s "
				 "KIND:PLACE`, as kprobe:do_exit", a->l.name, a->l.part, section, a->l.name,
				 a->l.part);
	if (!ret)
		return out_error("%s/%s: its SEC() is not known, `xbpfctl load` did not load it: say where, as "
				 "`xbpfctl attach %s/%s kprobe:do_exit`", a->l.name, a->l.part, a->l.name,
				 a->l.part);
	if (link_path(prog, &at, path))
		return -1;
	if (is_attached(path))
		return out_error("%s/%s is attached there already; `xbpfctl link detach pinned %s` ends that",
				 a->l.name, a->l.part, path);
	return attach_at(a, prog, &at, path, section);
}

static void undo(struct attaching *a)
{
	int i;

	for (i = a->n - 1; i >= 0; i--) {
		xbpf_link_detach(a->made[i].fd);
		unlink(a->made[i].path);
	}
}

static void show(const struct attaching *a)
{
	int i;

	out_open(NULL, '{');
	out_open("links", '[');
	for (i = 0; i < a->n; i++)
		link_attached(a->made[i].path);
	out_close();
	out_close();
}

int short_attach(struct args *args)
{
	const char *spec = args_next(args, "what to attach, as NAME or NAME/PROGRAM"), *point = NULL;
	struct attaching a = { 0 };
	const struct keyword keywords[] = {
		{ .word = "expire", .what = "the time, as 60s", .take = attach_take_expire,
		  .to = &a.expire_ms },
		{ .word = NULL }
	};
	int err;

	if (!spec)
		return -1;
	if (args->n && strcmp(*args->word, "expire"))
		point = args_next(args, "where");
	if (args_keywords(args, keywords))
		return -1;
	err = loaded_open(&a.l, spec);
	if (!err)	/* a point without a program: attach_one() says which there are */
		err = a.l.part || point ? attach_one(&a, point) : attach_all(&a);
	if (err)
		undo(&a);
	else
		show(&a);
	while (a.n) {
		close(a.made[--a.n].fd);
		free(a.made[a.n].path);
	}
	free(a.made);
	loaded_close(&a.l);
	return err;
}
