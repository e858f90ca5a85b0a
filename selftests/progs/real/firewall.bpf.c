/* SPDX-License-Identifier: GPL-2.0 */
/* Prefixes with verdicts, the longest wins; a second table for those who were let in lately. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix4 {
	__u32 len;
	__u8 addr[4];
};

struct prefix6 {
	__u32 len;
	__u8 addr[16];
};

struct verdict {
	__u32 drop, mark;
	__u64 hits;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix4);
	__type(value, struct verdict);
} rules4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix6);
	__type(value, struct verdict);
} rules6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} recent SEC(".maps");

static __always_inline int judge(struct __sk_buff *skb, struct verdict *v)
{
	if (!v)
		return TC_ACT_OK;
	__sync_fetch_and_add(&v->hits, 1);
	if (v->mark)
		skb->mark = v->mark;
	return v->drop ? TC_ACT_SHOT : TC_ACT_OK;
}

static __always_inline int four(struct __sk_buff *skb, struct iphdr *ip)
{
	__u64 now = bpf_ktime_get_ns(), *last;
	__u32 from = ip->saddr;
	struct prefix4 p = { .len = 32 };
	int what;

	last = bpf_map_lookup_elem(&recent, &from);
	if (last && now - *last < 1000000000ull)
		return TC_ACT_OK;
	__builtin_memcpy(p.addr, &ip->saddr, sizeof(p.addr));
	what = judge(skb, bpf_map_lookup_elem(&rules4, &p));
	if (what == TC_ACT_OK)
		bpf_map_update_elem(&recent, &from, &now, BPF_ANY);
	return what;
}

SEC("tc")
int admit(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;

	if (data + sizeof(*eth) > end)
		return TC_ACT_SHOT;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = data + sizeof(*eth);

		if ((void *)(ip + 1) > end)
			return TC_ACT_SHOT;
		return four(skb, ip);
	}
	if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = data + sizeof(*eth);
		struct prefix6 p = { .len = 128 };

		if ((void *)(ip + 1) > end)
			return TC_ACT_SHOT;
		__builtin_memcpy(p.addr, &ip->saddr, sizeof(p.addr));
		return judge(skb, bpf_map_lookup_elem(&rules6, &p));
	}
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
