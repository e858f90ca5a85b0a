/* SPDX-License-Identifier: GPL-2.0 */
/* What the program sends and the tool receives. */
#ifndef XBPF_DEMOS_PROFILE_H
#define XBPF_DEMOS_PROFILE_H

#include <linux/types.h>

struct event {
	__u64 ns;
	__u32 pid, cpu;
	char comm[16];
};

#endif
