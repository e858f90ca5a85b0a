/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel knows of an object.
 */
#ifndef XBPF_CLI_INFO_H
#define XBPF_CLI_INFO_H

#include <linux/bpf.h>
#include "libxbpf.h"

#define NAME_SIZE 128	/* full names: the kernel's own are cut to 15 characters */

struct btf;

struct prog_info {
	struct bpf_prog_info i;
	char name[NAME_SIZE];	/* from BTF when the program has it */
	__u32 *map_ids;
};

/* What no command tells of a map or program; -1: the kernel does not either */
struct map_more {
	long long memlock, frozen;
	long long owner_type, owner_jited;	/* of a program array that has an owner */
};

/* The kinds by name: "program", "map", "link". */
const char *kind_name(enum xbpf_kind kind);

/* Errors are said here; 0 or -1. */
int prog_info_get(int fd, struct prog_info *info);
void prog_info_free(struct prog_info *info);
int map_info_get(int fd, struct bpf_map_info *info);
void map_more_get(int fd, struct map_more *more);
int link_info_get(int fd, struct xbpf_link_info *info);

/* The id of an object of any kind, 0 on error. */
__u32 object_id(int fd, enum xbpf_kind kind);

/* "kprobe", "prog_array"; "type 99" when it has no name */
const char *prog_type_name(__u32 type);
const char *map_type_name(__u32 type);

/* Of a map, of a program; "" when it is gone. */
void map_name_by_id(__u32 id, char name[NAME_SIZE]);
void prog_name_by_id(__u32 id, char name[NAME_SIZE]);

/* ids of all objects of a kind, ascending; the count or -1 */
int object_ids(enum xbpf_kind kind, __u32 **ids);
/* An fd; -1 and an error, but -ENOENT and none when it just went away. */
int object_by_id(enum xbpf_kind kind, __u32 id);
/*
 * All objects of a kind, one after the other, so that many need few descriptors; those that go away
 * meanwhile are left out.  Ends at the first that @visit returns an error for; 0 or -1.
 */
int objects_each(enum xbpf_kind kind, int (*visit)(int fd, void *arg), void *arg);

/* The reason of the last failed command @cmd (enum bpf_cmd), from the module or from errno. */
const char *why(int cmd, int err);

#endif
