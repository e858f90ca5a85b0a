/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl unload NAME: detach, unpin, and say what is still there and who has it.
 */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "holders.h"
#include "info.h"
#include "link.h"
#include "loaded.h"
#include "out.h"
#include "short.h"

/* What the kernel has done a moment ago takes effect behind its grace periods. */
#define STEP_US		20000
#define WAIT_STEPS	500	/* at most */
#define ASK_STEPS	50	/* then somebody else may have it */

/* One object of those that were pinned. */
struct part {
	enum xbpf_kind kind;
	__u32 id;
	char name[2 * NAME_SIZE];
	bool gone;
};

struct unloading {
	struct loaded l;
	struct part *part;	/* one for each pin, but an object that has several once */
	int n, remain;
};

static void name_link(struct part *p, int fd)
{
	struct xbpf_link_info info;
	char place[NAME_SIZE + 32];

	if (xbpf_link_info_get(fd, &info, NULL, 0))
		return;
	link_place(&info, place, sizeof(place));
	snprintf(p->name, sizeof(p->name), "%s %s", xbpf_link_type_name(info.link_type), place);
}

static int collect(struct unloading *u)
{
	const struct pin *pin;
	struct part *p;
	int i, fd;

	u->part = calloc(u->l.pins.n + 1, sizeof(*u->part));
	if (!u->part)
		return out_error("out of memory");
	for (i = 0; i < u->l.pins.n; i++) {
		pin = &u->l.pins.pin[i];
		p = &u->part[u->n];
		if (u->n && p[-1].kind == pin->kind && p[-1].id == pin->id)	/* they are sorted */
			continue;
		p->kind = pin->kind;
		p->id = pin->id;
		snprintf(p->name, sizeof(p->name), "%s", pin_leaf(pin));
		u->n++;
		if (pin->kind != XBPF_KIND_LINK)
			continue;
		fd = xbpf_pin_get(pin->path);
		if (fd < 0)
			return out_error("%s", xbpf_errmsg());
		name_link(p, fd);
		close(fd);
	}
	return 0;
}

/* Before anything else: no event runs a program of which half is gone. */
static int detach(const struct unloading *u)
{
	int i, fd, err;

	for (i = 0; i < u->l.pins.n; i++) {
		if (u->l.pins.pin[i].kind != XBPF_KIND_LINK)
			continue;
		fd = xbpf_pin_get(u->l.pins.pin[i].path);
		err = fd < 0 ? fd : xbpf_link_detach(fd);
		if (err)
			out_error("%s: %s; nothing is unpinned", u->l.pins.pin[i].path, xbpf_errmsg());
		if (fd >= 0)
			close(fd);
		if (err)
			return -1;
	}
	return 0;
}

/* All names below the folder, and the folder. */
static int unpin(const struct unloading *u)
{
	char *roots[] = { (char *)u->l.dir, NULL };	/* fts only reads it */
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	FTSENT *entry;
	int err = 0;

	if (!fts)
		return out_error("%s: cannot be listed: %s", u->l.dir, strerror(errno));
	while (!err && (entry = fts_read(fts))) {
		if (entry->fts_info == FTS_D)
			continue;
		if (entry->fts_info == FTS_DP ? rmdir(entry->fts_path) : unlink(entry->fts_path))
			err = out_error("%s: cannot be removed: %s", entry->fts_path, strerror(errno));
	}
	fts_close(fts);
	return err;
}

/* How many are left. */
static int look(struct unloading *u)
{
	int i, fd;

	u->remain = 0;
	for (i = 0; i < u->n; i++) {
		if (u->part[i].gone)
			continue;
		fd = object_by_id(u->part[i].kind, u->part[i].id);
		if (fd == -ENOENT)
			u->part[i].gone = true;
		else if (fd < 0)
			return -1;
		else
			close(fd);
		u->remain += !u->part[i].gone;
	}
	return 0;
}

/* One that nobody is seen to hold is about to go. */
static int all_held(const struct unloading *u, bool *held)
{
	struct holders h = { 0 };
	int i, err = 0;

	*held = true;
	for (i = 0; i < u->n && *held && !err; i++) {
		if (u->part[i].gone)
			continue;
		err = holders_find(u->part[i].kind, u->part[i].id, &h);
		*held = h.n;
		holders_free(&h);
	}
	return err;
}

static int wait_for_end(struct unloading *u)
{
	bool held = false;
	int step;

	for (step = 0; step < WAIT_STEPS; step++) {
		if (look(u))
			return -1;
		if (!u->remain)
			return 0;
		if (step && step % ASK_STEPS == 0 && all_held(u, &held))
			return -1;
		if (held)
			return 0;
		usleep(STEP_US);
	}
	return 0;
}

static void show_ids(const struct unloading *u, const char *key, enum xbpf_kind kind)
{
	int i;

	out_open(key, '[');
	for (i = 0; i < u->n; i++)
		if (u->part[i].kind == kind)
			out_uint(NULL, NULL, u->part[i].id);
	out_close();
}

static int show_remaining(const struct part *p)
{
	struct holders h = { 0 };
	int i, err;

	err = holders_find(p->kind, p->id, &h);
	if (err)
		return err;
	out_open(NULL, '{');
	out_str("kind", "  %s", kind_name(p->kind));
	out_uint("id", " %llu", p->id);
	out_str("name", " (%s) remains: ", p->name);
	out_open("held_by", '[');
	for (i = 0; i < h.n; i++)
		out_str(NULL, i ? "; %s" : "%s", h.phrase[i]);
	out_close();
	out_text(h.n ? "\n" : "nobody is seen to hold it; it is freed with delay\n");
	out_close();
	holders_free(&h);
	return 0;
}

static int show(const struct unloading *u, bool unmounted)
{
	int i, count[XBPF_KIND_BTF + 1] = { 0 }, err = 0;

	for (i = 0; i < u->n; i++)
		count[u->part[i].kind]++;
	out_open(NULL, '{');
	out_str("name", "%s: ", u->l.name);
	out_text("%d program%s, %d map%s and %d link%s unloaded", count[XBPF_KIND_PROG],
		 count[XBPF_KIND_PROG] == 1 ? "" : "s", count[XBPF_KIND_MAP],
		 count[XBPF_KIND_MAP] == 1 ? "" : "s", count[XBPF_KIND_LINK],
		 count[XBPF_KIND_LINK] == 1 ? "" : "s");
	out_text(u->remain ? ", but something is still held:\n" : "; nothing is left\n");
	show_ids(u, "programs", XBPF_KIND_PROG);
	show_ids(u, "maps", XBPF_KIND_MAP);
	show_ids(u, "links", XBPF_KIND_LINK);
	out_open("remaining", '[');
	for (i = 0; i < u->n && !err; i++)
		if (!u->part[i].gone)
			err = show_remaining(&u->part[i]);
	out_close();
	out_bool("unmounted", NULL, unmounted);
	if (unmounted)
		out_text("%s is empty and unmounted: the next load mounts it again\n", xbpf_fs_path());
	out_close();
	return err;
}

int short_unload(struct args *args)
{
	const char *spec = args_next(args, "what to unload, as NAME");
	struct unloading u = { 0 };
	int err;

	if (!spec || args_end(args))
		return -1;
	err = loaded_open(&u.l, spec);
	if (!err && u.l.part)
		err = out_error("'%s' is a part of '%s', which is unloaded as a whole: `xbpfctl unload %s`",
				spec, u.l.name, u.l.name);
	if (!err)
		err = collect(&u) || detach(&u) || unpin(&u) || wait_for_end(&u) ||
		      show(&u, xbpf_pin_unmount()) ? -1 : 0;
	free(u.part);
	loaded_close(&u.l);
	return err;
}
