/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an object leaves behind: pins, folders, links.  A call that fails takes back its own part.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "errmsg.h"
#include "object.h"

static void undo_to(struct xbpf_object *obj, size_t n)
{
	struct made *m;

	while (obj->n_made > n) {
		m = &obj->made[--obj->n_made];
		if (m->link >= 0) {
			bpf_link_detach(m->link);
			close(m->link);
		}
		if (m->dir)
			rmdir(m->path);
		else
			unlink(m->path);
		free(m->path);
	}
}

void xbpf_object_undo(struct xbpf_object *obj)
{
	undo_to(obj, 0);
}

/* Room is made before anything is: nothing can fail between a pin and its record. */
static struct made *reserve(struct xbpf_object *obj, const char *path)
{
	struct made *grown = realloc(obj->made, (obj->n_made + 1) * sizeof(*grown));
	struct made *m;

	if (!grown)
		goto fail;
	obj->made = grown;
	m = &grown[obj->n_made];
	m->dir = false;
	m->link = -1;
	m->path = strdup(path);
	if (m->path)
		return m;
fail:
	errmsg_set(-ENOMEM, "%s: no memory", path);
	return NULL;
}

int made_note(struct xbpf_object *obj, const char *path)
{
	if (!reserve(obj, path))
		return -ENOMEM;
	obj->n_made++;
	return 0;
}

void made_drop(struct xbpf_object *obj)
{
	free(obj->made[--obj->n_made].path);
}

int xbpf_object_pin_fd(struct xbpf_object *obj, int fd, const char *path)
{
	struct made *m = reserve(obj, path);
	int err;

	if (!m)
		return -ENOMEM;
	err = xbpf_pin(fd, path);
	if (err)
		free(m->path);
	else
		obj->n_made++;
	return err;
}

static int make_dir(struct xbpf_object *obj, const char *path)
{
	struct made *m = reserve(obj, path);
	int ret;

	if (!m)
		return -ENOMEM;
	m->dir = true;
	ret = xbpf_pin_dir(path);
	if (ret)	/* an error, or it was there */
		free(m->path);
	else
		obj->n_made++;
	return ret < 0 ? ret : 0;
}

static int join(char *path, size_t size, const char *dir, const char *name, const char *tail)
{
	int len = snprintf(path, size, "%s/%s%s", dir, name, tail);

	if (len < 0 || (size_t)len >= size)
		return errmsg_set(-ENAMETOOLONG, "%s/%s%s: the path is too long", dir, name, tail);
	return 0;
}

int xbpf_object_pin_progs(struct xbpf_object *obj, const char *dir)
{
	size_t before = obj->n_made;
	struct bpf_program *prog;
	char path[PATH_MAX];
	int err;

	err = make_dir(obj, dir);
	if (err)
		return err;
	bpf_object__for_each_program(prog, obj->bpf) {
		if (bpf_program__fd(prog) < 0)
			continue;
		err = join(path, sizeof(path), dir, bpf_program__name(prog), "");
		if (!err)
			err = xbpf_object_pin_fd(obj, bpf_program__fd(prog), path);
		if (err)
			break;
	}
	if (err)
		undo_to(obj, before);
	return err;
}

int xbpf_object_pin_maps(struct xbpf_object *obj, const char *dir)
{
	size_t before = obj->n_made;
	struct bpf_map *map;
	char path[PATH_MAX];
	int err;

	err = make_dir(obj, dir);
	if (err)
		return err;
	bpf_object__for_each_map(map, obj->bpf) {
		if (bpf_map__fd(map) < 0)
			continue;
		err = join(path, sizeof(path), dir, bpf_map__name(map), "");
		if (!err)
			err = xbpf_object_pin_fd(obj, bpf_map__fd(map), path);
		if (err)
			break;
	}
	if (err)
		undo_to(obj, before);
	return err;
}

/* A text on a pin file system: the target of a symbolic link that leads nowhere. */
static int keep_text(struct xbpf_object *obj, const char *text, const char *path)
{
	struct made *m = reserve(obj, path);
	int err;

	if (!m)
		return -ENOMEM;
	if (!symlink(text, path)) {
		obj->n_made++;
		return 0;
	}
	err = -errno;
	free(m->path);
	return errmsg_set(err, "%s: the program's section cannot be kept: %s", path,
			  err == -EEXIST ? "something is there already" : errmsg_errno(err));
}

int xbpf_object_keep_sections(struct xbpf_object *obj, const char *dir)
{
	size_t before = obj->n_made;
	struct bpf_program *prog;
	char path[PATH_MAX];
	int err = 0;

	bpf_object__for_each_program(prog, obj->bpf) {
		if (bpf_program__fd(prog) < 0)
			continue;
		err = join(path, sizeof(path), dir, bpf_program__name(prog), XBPF_SECTION_SUFFIX);
		if (!err)
			err = keep_text(obj, bpf_program__section_name(prog), path);
		if (err)
			break;
	}
	if (err)
		undo_to(obj, before);
	return err;
}

static int attach_one(struct xbpf_object *obj, struct bpf_program *prog,
		      const struct xbpf_attach *at, const char *path)
{
	int fd, err;

	fd = xbpf_link_create(bpf_program__fd(prog), at);
	if (fd < 0)
		return errmsg_set(fd, "program '%s', SEC(\"%s\"): %s", bpf_program__name(prog),
				  bpf_program__section_name(prog), xbpf_errmsg());
	err = xbpf_object_pin_fd(obj, fd, path);
	if (err)
		close(fd);	/* the last reference: it is detached */
	else
		obj->made[obj->n_made - 1].link = fd;
	return err;
}

/* @separator stands between @base and the program's name */
static int attach_all(struct xbpf_object *obj, const char *base, const char *separator)
{
	char name[128], path[PATH_MAX], tail[160];
	struct bpf_program *prog;
	struct xbpf_attach at;
	int ret, n = 0;

	bpf_object__for_each_program(prog, obj->bpf) {
		if (bpf_program__fd(prog) < 0)
			continue;
		ret = xbpf_prog_target(obj, prog, &at, name, sizeof(name));
		if (!ret)
			continue;
		snprintf(tail, sizeof(tail), "%s%s_link", separator, bpf_program__name(prog));
		if (ret > 0 && snprintf(path, sizeof(path), "%s%s", base, tail) >= (int)sizeof(path))
			ret = errmsg_set(-ENAMETOOLONG, "%s%s: the path is too long", base, tail);
		if (ret > 0)
			ret = attach_one(obj, prog, &at, path);
		if (ret)
			return ret;
		n++;
	}
	return n;
}

int xbpf_object_attach(struct xbpf_object *obj, const char *dir)
{
	size_t before = obj->n_made;
	int ret = make_dir(obj, dir);

	if (!ret)
		ret = attach_all(obj, dir, "/");
	if (ret < 0)
		undo_to(obj, before);
	return ret;
}

int xbpf_object_attach_beside(struct xbpf_object *obj, const char *path)
{
	size_t before = obj->n_made;
	int ret = attach_all(obj, path, "_");

	if (ret < 0)
		undo_to(obj, before);
	return ret;
}

const char *xbpf_object_link(const struct xbpf_object *obj, unsigned int i)
{
	size_t k;

	for (k = 0; k < obj->n_made; k++)
		if (obj->made[k].link >= 0 && !i--)
			return obj->made[k].path;
	return NULL;
}
