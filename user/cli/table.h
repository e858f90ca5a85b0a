/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xbpfctl does with tables of programs beyond what it does with any map.
 */
#ifndef XBPF_CLI_TABLE_H
#define XBPF_CLI_TABLE_H

#include <linux/bpf.h>
#include <linux/xbpf.h>
#include "args.h"

/*
 * map show: a line about a program array's calls and their strategies; nothing for other maps. 0 or
 * -1.
 */
int table_out(int fd, const struct bpf_map_info *info);

/* Slots that change at once, each with an fd of its own or -1; starts as zeros. */
struct slots {
	struct xbpf_slot_update *slot;
	__u32 n, room;
};

/* Takes the fd over, also when it fails. */
int slots_add(struct slots *s, __u32 index, int fd);
/* All of them or none. */
int slots_apply(const struct slots *s, int fd, const struct bpf_map_info *info);
void slots_free(struct slots *s);

/* map update MAP from FILE|DIR, behind `from`: many slots at once. */
int table_update_from(struct args *args, int fd, const struct bpf_map_info *info);

#endif
