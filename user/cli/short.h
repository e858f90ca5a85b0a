/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The short way: load, attach, update, stop, unload, with defaults for what bpftool asks; and what
 * is about no one noun.
 */
#ifndef XBPF_CLI_SHORT_H
#define XBPF_CLI_SHORT_H

#include "args.h"

/* ends with a row without name */
extern const struct verb short_verbs[];

int short_load(struct args *args);	/* short_load.c */
int short_attach(struct args *args);	/* short_attach.c */
int short_update(struct args *args);	/* short.c */
int short_stop(struct args *args);	/* short_stop.c */
int short_unload(struct args *args);	/* short_unload.c */
int short_graph(struct args *args);	/* graph.c */
int short_top(struct args *args);	/* top.c */
int short_compare(struct args *args);	/* compare.c */
int short_exec(struct args *args);	/* exec.c */

#endif
