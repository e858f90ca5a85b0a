/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs of `xbpfctl map` share.
 */
#ifndef XBPF_CLI_MAP_H
#define XBPF_CLI_MAP_H

#include "args.h"
#include "dump.h"

/* A map that is worked on, with room for a key and a value (of all CPUs). */
struct open_map {
	struct map_view view;
	void *key, *next, *value;
};

int map_open(struct args *args, struct open_map *m);
void map_close(struct open_map *m);

/* "map 3 (counts)" */
const char *map_label(const struct open_map *m);
/* @what was refused; the module's words may name the map themselves, by its id. */
int map_refused(const struct open_map *m, const char *what, int cmd, int err);

/*
 * "key DATA" and "value DATA" into m->key and m->value. The caller closes *ref, what the value
 * refers to, or -1.
 */
int map_take_key(struct args *args, struct open_map *m);
int map_take_value(struct args *args, struct open_map *m, int *ref);

/* Verbs in files of their own. */
int map_create(struct args *args);	/* map_create.c */
int map_push(struct args *args);	/* map/queue.c */
int map_pop(struct args *args);
int map_peek(struct args *args);
int map_event_pipe(struct args *args);	/* map_event.c */

#endif
