/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What keeps a program, a map or a link alive.
 */
#ifndef XBPF_CLI_HOLDERS_H
#define XBPF_CLI_HOLDERS_H

#include "libxbpf.h"

/* A phrase each, for "program 9 remains: ..."; starts as zeros. */
struct holders {
	char **phrase;
	int n;
};

/*
 * Asks pins, links, tables, maps of maps, programs and the files of all processes that may be seen.
 * 0 or -1 and an error; nothing found is no error: what ended a moment ago is freed with delay.
 */
int holders_find(enum xbpf_kind kind, __u32 id, struct holders *h);
void holders_free(struct holders *h);

#endif
