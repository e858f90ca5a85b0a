/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The checksum of a write of up to 32 KiB in one program. It is right, and too much: walking its
 * 32768 rounds takes the verifier over the million instructions that it looks at. Compare
 * split.bpf.c.
 */
#include "crc.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[PIECE]);
} piece SEC(".maps");

SEC("kprobe/ksys_write")
int crc_whole(struct pt_regs *ctx)
{
	const char *from = (const char *)PT_REGS_PARM2(ctx);
	__u64 left = PT_REGS_PARM3(ctx);
	struct sum sum = { .crc = ~0u };
	__u32 zero = 0, n, round;
	struct config *c = bpf_map_lookup_elem(&config, &zero);
	__u8 *data = bpf_map_lookup_elem(&piece, &zero);

	if (!c || !data || c->tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	for (round = 0; round < PIECES && left; round++) {
		n = left < PIECE ? left : PIECE;
		if (bpf_probe_read_user(data, n, from))
			return 0;
		sum.crc = crc_bytes(sum.crc, data, n);
		sum.bytes += n;
		from += n;
		left -= n;
	}
	sum.crc = ~sum.crc;
	n = c->writes++;	/* one thread writes */
	bpf_map_update_elem(&sums, &n, &sum, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
