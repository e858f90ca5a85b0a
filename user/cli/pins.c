/* SPDX-License-Identifier: GPL-2.0 */
/* Where an object is pinned: a walk over every xbpffs. */
#include <fts.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "info.h"
#include "out.h"
#include "pins.h"

static int add(struct pins *pins, const char *path)
{
	struct pin *grown, *p;
	enum xbpf_kind kind;
	__u32 id;
	int fd;

	fd = bpf_obj_get(path);
	if (fd < 0)		/* removed while we walk, or not ours to open */
		return 0;
	kind = xbpf_fd_kind(fd);
	id = object_id(fd, kind);
	close(fd);
	grown = realloc(pins->pin, (pins->n + 1) * sizeof(*grown));
	if (!grown)
		return out_error("out of memory");
	pins->pin = grown;
	p = &grown[pins->n];
	p->kind = kind;
	p->id = id;
	p->path = strdup(path);
	if (!p->path)
		return out_error("out of memory");
	pins->n++;
	return 0;
}

static int walk(struct pins *pins, const char *dir)
{
	char *roots[] = { (char *)dir, NULL };	/* fts only reads it */
	FTSENT *entry;
	int err = 0;
	FTS *fts;

	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	if (!fts)
		return 0;
	while (!err && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_F)
			err = add(pins, entry->fts_path);
	fts_close(fts);
	return err;
}

int pins_find(struct pins *pins)
{
	struct mntent *m;
	char type[XBPF_FS_PATH_SIZE];
	FILE *mounts;
	int err = 0;

	memset(pins, 0, sizeof(*pins));
	snprintf(type, sizeof(type), "%sfs", xbpf_used());
	mounts = setmntent("/proc/self/mounts", "r");
	if (!mounts)
		return out_error("/proc/self/mounts cannot be read: is /proc mounted?");
	while (!err && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, type))
			err = walk(pins, m->mnt_dir);
	endmntent(mounts);
	if (err)
		pins_free(pins);
	return err;
}

static int by_age(const void *a, const void *b)
{
	const struct pin *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind > y->kind ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

int pins_below(struct pins *pins, const char *dir)
{
	int err;

	memset(pins, 0, sizeof(*pins));
	err = walk(pins, dir);
	if (err)
		pins_free(pins);
	else if (pins->n)
		qsort(pins->pin, pins->n, sizeof(*pins->pin), by_age);
	return err;
}

const char *pin_leaf(const struct pin *pin)
{
	const char *slash = strrchr(pin->path, '/');

	return slash ? slash + 1 : pin->path;
}

void pins_free(struct pins *pins)
{
	while (pins->n)
		free(pins->pin[--pins->n].path);
	free(pins->pin);
	pins->pin = NULL;
}

void pins_out(const struct pins *pins, enum xbpf_kind kind, __u32 id)
{
	int i;

	out_open("pinned", '[');
	for (i = 0; i < pins->n; i++)
		if (pins->pin[i].kind == kind && pins->pin[i].id == id)
			out_str(NULL, "\tpinned %s\n", pins->pin[i].path);
	out_close();
}
