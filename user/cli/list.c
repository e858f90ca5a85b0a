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

struct showing {
	int (*show)(int fd, const struct pins *pins);
	const struct pins *pins;
};

static int show_one(int fd, void *arg)
{
	const struct showing *s = arg;

	return s->show(fd, s->pins);
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
	struct showing all = { .show = show, .pins = options.pins ? &pins : NULL };
	int err;

	if (options.pins && pins_find(&pins))
		return -1;
	if (args->n) {
		err = show_some(args, kind, show, all.pins);
	} else {
		out_open(NULL, '[');
		err = objects_each(kind, show_one, &all);
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
