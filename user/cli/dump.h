/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of a map, by the types that its BTF gives them.
 */
#ifndef XBPF_CLI_DUMP_H
#define XBPF_CLI_DUMP_H

#include <linux/bpf.h>

struct btf;

struct map_view {
	struct bpf_map_info info;
	struct btf *btf;	/* or NULL */
	int fd;			/* the caller's */
	int cpus;		/* values of one key: possible CPUs for per-CPU maps, else 1 */
	__u32 stride;		/* bytes from one CPU's value to the next */
};

int map_view_open(struct map_view *view, int fd);
void map_view_close(struct map_view *view);

/* Is the map an array of programs, whose values are written as fds and read as ids? */
int map_view_programs(const struct map_view *view);
/* ... of maps, likewise? */
int map_view_maps(const struct map_view *view);

/* Entries without a key: of a queue. */
void map_view_value(const struct map_view *view, const void *value);
void map_view_entry(const struct map_view *view, const void *key, const void *value);
/* The key behind @key, or behind none (NULL). */
void map_view_next(const struct map_view *view, const void *key, const void *next);

#endif
