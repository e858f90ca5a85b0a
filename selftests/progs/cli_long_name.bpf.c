/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program whose name is just short enough for a pin (255 bytes), and too long for what `xbpfctl
 * load` leaves beside it: a load that fails when all else is pinned.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME_16 a_name_so_long__
#define NAME_64 JOIN(JOIN(NAME_16, NAME_16), JOIN(NAME_16, NAME_16))
#define NAME_252 JOIN(JOIN(JOIN(NAME_64, NAME_64), NAME_64), \
		      JOIN(JOIN(NAME_16, NAME_16), JOIN(NAME_16, the_end_here)))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

SEC("kprobe/do_exit")
int NAME_252(void *ctx)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&runs, &zero);

	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
