/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl stop: detach the links of an object, or all that there are, at once.  What one cannot be
 * detached for keeps none of the others attached.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "info.h"
#include "link.h"
#include "loaded.h"
#include "out.h"
#include "short.h"

struct stopping {
	struct link {
		__u32 id;
		struct xbpf_link_info info;
		char place[NAME_SIZE + 32];
		bool detached;		/* by us */
	} *link;
	int n, detached, failed;
	char error[512];		/* of the first that failed */
};

static int take_ids(struct stopping *s, const __u32 *ids, int n)
{
	int i;

	s->link = calloc((size_t)n + 1, sizeof(*s->link));
	if (!s->link)
		return out_error("out of memory");
	for (i = 0; i < n; i++)
		s->link[i].id = ids[i];
	s->n = n;
	return 0;
}

static int take_all(struct stopping *s)
{
	__u32 *ids = NULL;
	int n = object_ids(XBPF_KIND_LINK, &ids), err = n < 0 ? -1 : take_ids(s, ids, n);

	free(ids);
	return err;
}

/* Those that are pinned below the object's folder; they are sorted, an id may come twice. */
static int take_pinned(struct stopping *s, const struct pins *pins)
{
	__u32 *ids = calloc((size_t)pins->n + 1, sizeof(*ids));
	int i, n = 0, err;

	if (!ids)
		return out_error("out of memory");
	for (i = 0; i < pins->n; i++)
		if (pins->pin[i].kind == XBPF_KIND_LINK && (!n || ids[n - 1] != pins->pin[i].id))
			ids[n++] = pins->pin[i].id;
	err = take_ids(s, ids, n);
	free(ids);
	return err;
}

/* One that went away meanwhile, or is detached already, is fine. */
static void detach_one(struct stopping *s, struct link *l)
{
	int fd = object_by_id(XBPF_KIND_LINK, l->id), err;

	if (fd == -ENOENT)
		return;
	if (fd < 0) {			/* said there */
		s->failed++;
		return;
	}
	err = xbpf_link_info_get(fd, &l->info, NULL, 0);
	if (!err && l->info.attached) {
		err = xbpf_link_detach(fd);
		l->detached = !err;
		link_place(&l->info, l->place, sizeof(l->place));
	}
	if (err && !s->failed++)
		snprintf(s->error, sizeof(s->error), "link %u: %s", l->id, xbpf_errmsg());
	s->detached += l->detached;
	close(fd);
}

/* All first; what else there is to do can wait. */
static int detach_all(struct stopping *s)
{
	int i;

	for (i = 0; i < s->n; i++)
		detach_one(s, &s->link[i]);
	if (s->failed)
		return out_error("%s; %d of %d links that were attached are detached", s->error, s->detached,
				 s->detached + s->failed);
	return 0;
}

/*
 * The pins of what was detached go with it, whatever became of the others: nothing can attach it
 * again, and the next stop would not know that it was ours.
 */
static void unpin(const struct stopping *s, const struct pins *pins)
{
	int i, k;

	for (i = 0; i < pins->n; i++)
		for (k = 0; k < s->n; k++)
			if (pins->pin[i].kind == XBPF_KIND_LINK && s->link[k].detached &&
			    pins->pin[i].id == s->link[k].id)
				unlink(pins->pin[i].path);
}

static void show(const struct stopping *s)
{
	int i;

	out_open("detached", '[');
	for (i = 0; i < s->n; i++) {
		if (!s->link[i].detached)
			continue;
		out_open(NULL, '{');
		out_uint("id", "link %llu: ", s->link[i].id);
		out_str("type", "%s ", xbpf_link_type_name(s->link[i].info.link_type));
		out_str("where", "%s", s->link[i].place);
		out_uint("prog_id", " does not run program %llu any more\n", s->link[i].info.prog_id);
		out_close();
	}
	out_close();
	if (!s->detached)
		out_text("nothing was attached\n");
}

static int stop_all(struct stopping *s)
{
	struct pins pins = { 0 };
	int err = take_all(s) || detach_all(s) ? -1 : 0;

	if (s->detached && !pins_find(&pins))
		unpin(s, &pins);
	pins_free(&pins);
	return err;
}

static int stop_object(struct stopping *s, const char *spec)
{
	struct loaded l;
	int err = loaded_open(&l, spec);

	if (!err && l.part)
		err = out_error("'%s' is a part of '%s', which is stopped as a whole: `xbpfctl stop %s`; "
				"`xbpfctl link detach` detaches one link", spec, l.name, l.name);
	err = err || take_pinned(s, &l.pins) || detach_all(s) ? -1 : 0;
	unpin(s, &l.pins);
	loaded_close(&l);
	return err;
}

int short_stop(struct args *args)
{
	struct stopping s = { 0 };
	bool all = args_take(args, "--all");
	const char *spec = all ? NULL : args_next(args, "what to stop, as NAME, or --all");
	int err;

	if ((!all && !spec) || args_end(args))
		return -1;
	err = all ? stop_all(&s) : stop_object(&s, spec);
	if (!err) {
		out_open(NULL, '{');
		show(&s);
		out_close();
	}
	free(s.link);
	return err;
}
