/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers by direct access: Ethernet, two VLAN tags, IPv4 with options or IPv6 with extensions,
 * TCP, UDP, ICMP.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct vlan_hdr {
	__be16 tci, proto;
};

struct ext_hdr {
	__u8 next, len;
};

struct cursor {
	void *at, *end;
};

struct rule {
	__u64 packets, bytes;
	__u32 drop;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct rule);
} rules SEC(".maps");

static __always_inline int ethernet(struct cursor *c)
{
	struct ethhdr *eth = c->at;
	__be16 proto;
	int i;

	if ((void *)(eth + 1) > c->end)
		return -1;
	c->at = eth + 1;
	proto = eth->h_proto;
#pragma unroll
	for (i = 0; i < 2; i++) {
		struct vlan_hdr *vlan = c->at;

		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(vlan + 1) > c->end)
			return -1;
		proto = vlan->proto;
		c->at = vlan + 1;
	}
	return bpf_ntohs(proto);
}

static __always_inline int ipv4(struct cursor *c)
{
	struct iphdr *ip = c->at;
	int len;

	if ((void *)(ip + 1) > c->end)
		return -1;
	len = ip->ihl * 4;
	if (len < (int)sizeof(*ip))
		return -1;
	if (c->at + len > c->end)
		return -1;
	if (ip->frag_off & bpf_htons(0x1fff))
		return -1;
	c->at += len;
	return ip->protocol;
}

static __always_inline int ipv6(struct cursor *c)
{
	struct ipv6hdr *ip = c->at;
	__u8 next;
	int i;

	if ((void *)(ip + 1) > c->end)
		return -1;
	next = ip->nexthdr;
	c->at = ip + 1;
	for (i = 0; i < 4; i++) {
		struct ext_hdr *ext = c->at;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			return next;
		if ((void *)(ext + 1) > c->end)
			return -1;
		next = ext->next;
		c->at += (ext->len + 1) * 8;
	}
	return -1;
}

SEC("tc")
int parse(struct __sk_buff *skb)
{
	struct cursor c = { .at = (void *)(long)skb->data, .end = (void *)(long)skb->data_end };
	struct rule *rule;
	__u32 key;
	int proto;

	switch (ethernet(&c)) {
	case ETH_P_IP:
		proto = ipv4(&c);
		break;
	case ETH_P_IPV6:
		proto = ipv6(&c);
		break;
	default:
		return TC_ACT_OK;
	}
	if (proto == IPPROTO_TCP) {
		struct tcphdr *tcp = c.at;

		if ((void *)(tcp + 1) > c.end)
			return TC_ACT_SHOT;
		if (tcp->doff < 5)
			return TC_ACT_SHOT;
		key = IPPROTO_TCP << 16 | bpf_ntohs(tcp->dest);
	} else if (proto == IPPROTO_UDP) {
		struct udphdr *udp = c.at;

		if ((void *)(udp + 1) > c.end)
			return TC_ACT_SHOT;
		key = IPPROTO_UDP << 16 | bpf_ntohs(udp->dest);
	} else {
		return TC_ACT_OK;
	}
	rule = bpf_map_lookup_elem(&rules, &key);
	if (!rule)
		return TC_ACT_OK;
	__sync_fetch_and_add(&rule->packets, 1);
	__sync_fetch_and_add(&rule->bytes, skb->len);
	return rule->drop ? TC_ACT_SHOT : TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
