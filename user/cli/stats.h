/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of programs and slots.
 */
#ifndef XBPF_CLI_STATS_H
#define XBPF_CLI_STATS_H

#include <stdbool.h>
#include "info.h"

/*
 * How often slots of a program array were taken.  0 or a negative errno, with the words in
 * xbpf_errmsg(); nothing is said here.
 */
int stats_slots(int fd, __u32 first, __u64 *taken, __u32 count, bool *on);

/*
 * All slots of a program array that were taken, until @visit returns an error; 0, or that, or -1
 * and an error said here.
 */
int stats_each_slot(int fd, const struct bpf_map_info *info,
		    int (*visit)(__u32 slot, __u64 taken, void *arg), void *arg);

/* What was on before stats_hold(). */
struct stats_held {
	struct stats_was {
		enum xbpf_kind kind;
		__u32 id, on;
	} *was;
	int n;
	__u32 of_new;
};

/*
 * Counts all programs and all tables, also those that are made meanwhile, until stats_release()
 * puts back what was on before; @on: XBPF_STATS_RUNS, _TIME.  0, or -1 and an error; then nothing
 * is held.
 */
int stats_hold(struct stats_held *held, __u32 on);
int stats_release(struct stats_held *held);

#endif
