/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An object file on its way into the kernel, and what it left there.
 */
#ifndef XBPF_LIB_OBJECT_H
#define XBPF_LIB_OBJECT_H

#include <stdio.h>
#include "libxbpf.h"

struct made {
	char *path;
	bool dir;
	int link;	/* fd of a link to detach, or -1 */
};

struct xbpf_object {
	char *path;
	struct bpf_object *bpf;
	FILE *debug;
	char *dev;		/* of programs that name none; or NULL */
	char *tail;		/* of the options, or NULL */
	char **logs;		/* of the verifier; one, or with debug one per program */
	size_t n_logs;
	struct made *made;	/* pins and folders, oldest first */
	size_t n_made;
};

/*
 * A pin at @path is about to be made by someone else: it belongs to the object too. 0 or -ENOMEM.
 */
int made_note(struct xbpf_object *obj, const char *path);
/* Forget it again. */
void made_drop(struct xbpf_object *obj);

#endif
