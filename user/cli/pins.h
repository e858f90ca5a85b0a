/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where objects are pinned: all mounted xbpffs are walked.
 */
#ifndef XBPF_CLI_PINS_H
#define XBPF_CLI_PINS_H

#include "libxbpf.h"

struct pins {
	struct pin {
		enum xbpf_kind kind;
		__u32 id;
		char *path;
	} *pin;
	int n;
};

int pins_find(struct pins *pins);
/* Those in and below one folder: programs, then maps, then links, each by their ids. */
int pins_below(struct pins *pins, const char *dir);
void pins_free(struct pins *pins);

/* The last part of its path. */
const char *pin_leaf(const struct pin *pin);

/* A line "\tpinned PATH" per pin, in JSON the list "pinned". */
void pins_out(const struct pins *pins, enum xbpf_kind kind, __u32 id);

#endif
