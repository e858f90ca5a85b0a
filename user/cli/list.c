/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists, and what else works alike for programs, maps and links.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "info.h"
#include "main.h"
#include "out.h"
#include "pins.h"
#include "spec.h"

/* Object by object, so that a long list needs few descriptors. */
static int show_all(enum xbpf_kind kind, int (*show)(int fd, const struct pins *pins),
		    const struct pins *pins)
{
	int n, i, fd, err = 0;
	__u32 *ids;

	n = object_ids(kind, &ids);
	if (n < 0)
		return -1;
	for (i = 0; i < n && !err; i++) {
		fd = object_by_id(kind, ids[i]);
		if (fd == -ENOENT)	/* gone since it was listed */
			continue;
		err = fd < 0 ? -1 : show(fd, pins);
		if (fd >= 0)
			close(fd);
	}
	free(ids);
	return err;
}

static int show_some(struct args *args, enum xbpf_kind kind,
		     int (*show)(int fd, const struct pins *pins), const struct pins *pins)
{
	int *fds, n, i, err;

	n = spec_all(args, kind, &fds);
	if (n < 0)
		return -1;
	err = args_end(args);
	if (n > 1)
		out_open(NULL, '[');
	for (i = 0; i < n; i++) {
		if (!err)
			err = show(fds[i], pins);
		close(fds[i]);
	}
	if (n > 1)
		out_close();
	free(fds);
	return err;
}

int list_objects(struct args *args, enum xbpf_kind kind,
		 int (*show)(int fd, const struct pins *pins))
{
	struct pins pins = { 0 };
	int err;

	if (options.pins && pins_find(&pins))
		return -1;
	if (args->n) {
		err = show_some(args, kind, show, options.pins ? &pins : NULL);
	} else {
		out_open(NULL, '[');
		err = show_all(kind, show, options.pins ? &pins : NULL);
		out_close();
	}
	pins_free(&pins);
	return err;
}

int pin_object(struct args *args, enum xbpf_kind kind)
{
	const char *path;
	int fd, err = -1;

	fd = spec_one(args, kind);
	if (fd < 0)
		return -1;
	path = args_next(args, "a path to pin it at");
	if (path && !args_end(args)) {
		err = xbpf_pin(fd, path);
		if (err)
			out_error("%s", xbpf_errmsg());
	}
	close(fd);
	return err;
}
