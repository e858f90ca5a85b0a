/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reclassification at ingress. The chain is one program that is run twice for a packet: the first
 * time it knows nothing, marks the packet with a class and tail-calls itself through the chain's
 * table; the second time it sees the mark and gives the verdict of that class, which user space
 * sets.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { CHAIN_CLASSIFY, CHAIN_LENGTH };

/* in skb->mark */
enum class { unmarked, other_traffic, bulk, interactive, CLASSES };

struct verdicts {
	__u64 first, second;		/* packets that came by for the first and the second time */
	__u64 passed, dropped;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLASSES);
	__type(key, __u32);
	__type(value, struct verdicts);
} verdicts SEC(".maps");

/* For each class: 1 drops. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLASSES);
	__type(key, __u32);
	__type(value, __u32);
} drop SEC(".maps");

int classify(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, CHAIN_LENGTH);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} chain SEC(".maps") = {
	.values = { [CHAIN_CLASSIFY] = (void *)&classify },
};

static __always_inline enum class class_of(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP)
		return other_traffic;
	return bpf_ntohs(udp->dest) >= 9000 ? bulk : interactive;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	__u32 class = skb->mark, *dropped;
	struct verdicts *v;

	if (class >= CLASSES)
		class = unmarked;
	v = bpf_map_lookup_elem(&verdicts, &class);
	if (!v)
		return TC_ACT_OK;
	if (class == unmarked) {
		__sync_fetch_and_add(&v->first, 1);
		skb->mark = class_of(skb);
		bpf_tail_call(skb, &chain, CHAIN_CLASSIFY);
		return TC_ACT_OK;	/* the table is empty */
	}
	__sync_fetch_and_add(&v->second, 1);
	dropped = bpf_map_lookup_elem(&drop, &class);
	if (dropped && *dropped) {
		__sync_fetch_and_add(&v->dropped, 1);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&v->passed, 1);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
