/* SPDX-License-Identifier: GPL-2.0 */
/* Refused: the result of a lookup is used without a check. The reason must name file and line. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

SEC("kprobe")
int unchecked(void *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&numbers, &key);

	return *value;	/* THE LINE */
}

char LICENSE[] SEC("license") = "GPL";
