/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `xbpfctl load` left below /sys/fs/xbpf, by its short name: NAME for all of it, NAME/PROGRAM
 * and NAME/TABLE for its parts.  A folder that `prog loadall` filled will do as well.
 */
#ifndef XBPF_CLI_LOADED_H
#define XBPF_CLI_LOADED_H

#include <limits.h>
#include <linux/bpf.h>
#include "pins.h"

/* The longest name; there is room in a path for what comes behind it. */
#define LOADED_NAME_MAX 64

struct loaded {
	char name[LOADED_NAME_MAX + 1];
	char dir[XBPF_FS_PATH_SIZE + LOADED_NAME_MAX + 1];
	const char *part;	/* behind the slash, or NULL: no word of the command line is copied */
	struct pins pins;
};

/* May an object be called so?  0, or -1 and an error. */
int loaded_name_check(const char *name);
/* The folder of @name. */
void loaded_dir(const char *name, char *dir, size_t size);

/* NAME or NAME/PART, which is there: else what is loaded is listed. */
int loaded_open(struct loaded *l, const char *spec);
void loaded_close(struct loaded *l);

/* A program's pin.  NULL and an error that lists them: there is none, or @name is NULL. */
const struct pin *loaded_prog(const struct loaded *l, const char *name);
/* An fd of a table of programs, and *info; else -1 and the same. */
int loaded_table(const struct loaded *l, const char *name, struct bpf_map_info *info);

/* The SEC() of the program pinned at @path; "" when it was not kept. */
void loaded_section(const char *path, char *section, size_t size);

#endif
