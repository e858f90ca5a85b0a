/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs of all nouns share: the options, and the verbs that every noun has.
 */
#ifndef XBPF_CLI_MAIN_H
#define XBPF_CLI_MAIN_H

#include <stdbool.h>
#include "args.h"
#include "libxbpf.h"

struct pins;

#define MODULES 2	/* that compare takes; all others one */

struct options {
	bool debug;	/* -d: the talk of libbpf, verifier logs, commands */
	bool pins;	/* -f: lists say where objects are pinned */
	const char *module[MODULES];	/* -D: which one */
	unsigned int modules;
};

extern struct options options;

/*
 * list|show [SPEC]: @show is called for each object that is meant; @pins is NULL when not asked
 * for.
 */
int list_objects(struct args *args, enum xbpf_kind kind,
		 int (*show)(int fd, const struct pins *pins));

/* pin SPEC PATH */
int pin_object(struct args *args, enum xbpf_kind kind);

#endif
