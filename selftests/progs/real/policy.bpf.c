/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet policy in global functions, each of which is checked once: memory, NULL, the context,
 * packets over calls and callbacks between them.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define RULES	16
#define NONNULL	__attribute__((btf_decl_tag("arg:nonnull")))

struct flow {
	__u32 from, to;
	__u16 sport, dport;
	__u8 proto, pad[3];
};

struct rule {
	__u32 net, mask;
	__u16 low, high;
	__u8 proto, verdict, pad[2];
};

struct counter {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RULES);
	__type(key, __u32);
	__type(value, struct rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct counter);
} flows SEC(".maps");

/* 0: *flow is filled in */
__noinline int parse(struct __sk_buff *skb, struct flow *flow)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	__u16 *ports = (void *)(ip + 1);

	if (!flow)
		return -1;
	if ((void *)(ports + 2) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
		return -1;
	flow->from = ip->saddr;
	flow->to = ip->daddr;
	flow->proto = ip->protocol;
	flow->sport = bpf_ntohs(ports[0]);
	flow->dport = bpf_ntohs(ports[1]);
	return 0;
}

__noinline int matches(const struct rule *rule, struct flow *flow)
{
	if (!rule || !flow)
		return 0;
	return (flow->to & rule->mask) == rule->net && flow->dport >= rule->low &&
		flow->dport <= rule->high &&
	       (!rule->proto || rule->proto == flow->proto);
}

__noinline int count(struct flow *flow NONNULL, __u32 bytes)
{
	struct counter first = { .packets = 1, .bytes = bytes }, *c;

	c = bpf_map_lookup_elem(&flows, flow);
	if (!c)
		return bpf_map_update_elem(&flows, flow, &first, BPF_NOEXIST);
	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, bytes);
	return 0;
}


__noinline int decide(struct flow *flow)
{
	__u32 i;

	for (i = 0; i < RULES; i++) {
		__u32 key = i;
		struct rule *rule = bpf_map_lookup_elem(&rules, &key);

		if (rule && matches(rule, flow))
			return rule->verdict;
	}
	return TC_ACT_OK;
}

/* Copies the tag behind the header; the packet may be elsewhere afterwards. */
__noinline int mark(struct __sk_buff *skb, __u8 tos)
{
	return bpf_skb_store_bytes(skb, sizeof(struct ethhdr) + 1, &tos, sizeof(tos), 0);
}

SEC("tc")
int police(struct __sk_buff *skb)
{
	struct flow flow = { 0 };
	void *data, *end;
	int verdict;

	if (parse(skb, &flow))
		return TC_ACT_OK;
	verdict = decide(&flow);
	count(&flow, skb->len);
	if (verdict != TC_ACT_PIPE)
		return verdict;
	mark(skb, 0x20);
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + sizeof(struct ethhdr) > end)
		return TC_ACT_SHOT;
	return ((struct ethhdr *)data)->h_dest[0] & 1 ? TC_ACT_OK : TC_ACT_RECLASSIFY;
}

/* The same rules, for whoever has no packet. */
SEC("socket")
int watch(struct __sk_buff *skb)
{
	struct flow flow = { .proto = 17, .dport = 53 };

	if (bpf_skb_load_bytes(skb, 16, &flow.to, sizeof(flow.to)))
		return 0;
	count(&flow, skb->len);
	return decide(&flow) == TC_ACT_SHOT ? 0 : skb->len;
}

char LICENSE[] SEC("license") = "GPL";
