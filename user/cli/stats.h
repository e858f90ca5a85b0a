/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of programs and slots.
 */
#ifndef XBPF_CLI_STATS_H
#define XBPF_CLI_STATS_H

#include <stdbool.h>
#include <linux/types.h>

/*
 * How often slots of a program array were taken.  0 or a negative errno, with the words in
 * xbpf_errmsg(); nothing is said here.
 */
int stats_slots(int fd, __u32 first, __u64 *taken, __u32 count, bool *on);

#endif
