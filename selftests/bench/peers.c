/* SPDX-License-Identifier: GPL-2.0 */
/* One row per way to run a program. */
#include <linux/xbpf.h>

#include "peers.h"

const u8 bench_packet[BENCH_PACKET] = {
	/* to, from, IPv4 */
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,
	/* 20 bytes of header, 114 bytes in all, UDP, 10.0.0.1 to 10.0.0.2 */
	0x45, 0, 0, 114, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	/* ports 4000 and 53 */
	0x0f, 0xa0, 0, 53, 0, 94, 0, 0,
};

#define IN_KERNEL(name, tail, flags)	{ name, &bench_kernel_ops, bench_device_available, \
					  true, tail, flags }
#define HERE(name, tail)		{ name, &bench_native_ops, bench_here_available, false, tail, 0 }

const struct bench_peer bench_peers[] = {
	{ "stock", &bench_kernel_ops, bench_upstream_available, true, NULL, 0 },
	IN_KERNEL("xbpf", NULL, 0),
	IN_KERNEL("xbpf/unwind", "unwind", XBPF_F_TAIL(XBPF_TAIL_UNWIND)),
	IN_KERNEL("xbpf/slot", "slot", XBPF_F_TAIL(XBPF_TAIL_SLOT)),
	IN_KERNEL("xbpf/direct", "direct", XBPF_F_TAIL(XBPF_TAIL_DIRECT)),
	IN_KERNEL("xbpf/tree", "tree", XBPF_F_TAIL(XBPF_TAIL_TREE)),
	IN_KERNEL("interpreter", NULL, XBPF_F_INTERP),
	HERE("xbpf", NULL),
	HERE("xbpf/unwind", "unwind"),
	HERE("xbpf/slot", "slot"),
	HERE("xbpf/direct", "direct"),
	HERE("xbpf/tree", "tree"),
	{ "interpreter", &bench_interp_ops, bench_here_available, false, NULL, 0 },
	{ 0 },
};
