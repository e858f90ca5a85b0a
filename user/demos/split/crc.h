/* SPDX-License-Identifier: GPL-2.0 */
/* What the program in one piece and the one in many have in common. */
#ifndef XBPF_DEMOS_SPLIT_CRC_H
#define XBPF_DEMOS_SPLIT_CRC_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PIECE	1024u		/* bytes that one program looks at */
#define PIECES	32u

struct sum {
	__u32 crc;
	__u32 bytes;
};

/* Checksums of the writes of one process, by the number of the write. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct sum);
} sums SEC(".maps");

struct config {
	__u32 tgid;		/* whose writes; 0: nobody's */
	__u32 writes;		/* seen so far */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct config);
} config SEC(".maps");

/* CRC-32 as gzip and crc32 compute it, bit by bit. */
static __always_inline __u32 crc_bytes(__u32 crc, const __u8 *data, __u32 len)
{
	__u32 i, k;

	for (i = 0; i < PIECE; i++) {
		if (i >= len)
			break;
		crc ^= data[i];
#pragma clang loop unroll(full)
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return crc;
}

#endif
