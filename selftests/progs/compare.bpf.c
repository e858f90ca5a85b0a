/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xbpfctl compare has to tell apart: programs that both sides have and that come to the same,
 * that one side lacks, and whose results differ with and without a reason that it knows.
 */
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <bpf/bpf_helpers.h>

/* libbpf would pin it: compare does not */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} lengths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} last SEC(".maps");

SEC("tc")
int same(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	__u64 one = 1, *count = bpf_map_lookup_elem(&lengths, &key);

	if (count)
		*count += 1;
	else
		bpf_map_update_elem(&lengths, &key, &one, 0);
	skb->mark ^= key;
	return skb->mark & 0xff;
}

SEC("tc")
int clock(struct __sk_buff *skb)
{
	return bpf_ktime_get_ns() & 0x7fffffff;
}

/* the low half of an address: of the value that is that side's */
SEC("raw_tp/sched_switch")
int address(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&last, &key);

	if (!value)
		return 0;
	*value = (__u64)value;
	return *(volatile __u32 *)value;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} kept SEC(".maps");

SEC("raw_tp/sched_switch")
int leaves(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&kept, &key);

	if (value)
		*value = (__u64)value;
	return 0;
}

SEC("raw_tp/sched_switch")
int finds(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&kept, &key);

	return value ? *value : 0;
}

SEC("?kprobe/do_exit")
int probe(void *ctx)
{
	return 3;
}

SEC("xdp")
int only_upstream(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("seccomp")
int only_xbpf(struct seccomp_data *ctx)
{
	return SECCOMP_RET_ALLOW;
}

SEC("kprobe/do_exit")
int kill(void *ctx)
{
	return bpf_send_signal(9);
}

/* reads what was not written */
SEC("tc")
int neither(struct __sk_buff *skb)
{
	int result;

	asm volatile("%0 = r9" : "=r"(result));
	return result;
}

char _license[] SEC("license") = "GPL";
