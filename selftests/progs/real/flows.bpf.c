/* SPDX-License-Identifier: GPL-2.0 */
/* A table of flows that forgets the oldest, and per-CPU totals of what it saw. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow_key {
	__be32 from, to;
	__be16 ports[2];
	__u8 proto, pad[3];
};

struct flow {
	__u64 first, last, packets, bytes;
	__u32 min, max;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

struct totals {
	__u64 packets, bytes, fragments, other;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 256);
	__type(key, __u8);
	__type(value, struct totals);
} by_protocol SEC(".maps");

static void account(__u8 proto, __u32 len, int fragment)
{
	struct totals *t = bpf_map_lookup_elem(&by_protocol, &proto), fresh = {};

	if (t) {
		t->packets++;
		t->bytes += len;
		t->fragments += !!fragment;
		return;
	}
	fresh.packets = 1;
	fresh.bytes = len;
	fresh.fragments = !!fragment;
	bpf_map_update_elem(&by_protocol, &proto, &fresh, BPF_ANY);
}

SEC("tc")
int track(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct flow_key key = {};
	struct flow *flow, fresh;
	__u64 now;
	int fragment;

	if (data + sizeof(*eth) + sizeof(*ip) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	if (ip->ihl < 5)
		return TC_ACT_SHOT;
	fragment = ip->frag_off & bpf_htons(0x3fff);
	account(ip->protocol, skb->len, fragment);
	key.from = ip->saddr;
	key.to = ip->daddr;
	key.proto = ip->protocol;
	if (!fragment && (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP)) {
		__be16 *ports = (void *)ip + ip->ihl * 4;

		if ((void *)(ports + 2) > end)
			return TC_ACT_OK;
		key.ports[0] = ports[0];
		key.ports[1] = ports[1];
	}
	now = bpf_ktime_get_ns();
	flow = bpf_map_lookup_elem(&flows, &key);
	if (flow) {
		flow->last = now;
		__sync_fetch_and_add(&flow->packets, 1);
		__sync_fetch_and_add(&flow->bytes, skb->len);
		if (skb->len < flow->min)
			flow->min = skb->len;
		if (skb->len > flow->max)
			flow->max = skb->len;
		return TC_ACT_OK;
	}
	fresh = (struct flow){
		.first = now, .last = now, .packets = 1, .bytes = skb->len, .min = skb->len, .max = skb->len,
	};
	bpf_map_update_elem(&flows, &key, &fresh, BPF_ANY);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
