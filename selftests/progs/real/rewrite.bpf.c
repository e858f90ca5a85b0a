/* SPDX-License-Identifier: GPL-2.0 */
/* Packets to one address and port go to another: writes with the checksums kept right. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define IP_AT		ETH_HLEN
#define IP_CSUM		(IP_AT + offsetof(struct iphdr, check))
#define IP_TO		(IP_AT + offsetof(struct iphdr, daddr))

struct place {
	__be32 addr;
	__be16 port;
	__u16 proto;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct place);
	__type(value, struct place);
} places SEC(".maps");

SEC("tc")
int redirect_port(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct place key = {}, *to;
	__be32 old_addr, new_addr;
	__be16 old_port, new_port, *port;
	__u32 l4, check, dest;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
		return TC_ACT_OK;
	l4 = IP_AT + sizeof(*ip);
	switch (ip->protocol) {
	case IPPROTO_TCP:
		check = l4 + offsetof(struct tcphdr, check);
		dest = l4 + offsetof(struct tcphdr, dest);
		break;
	case IPPROTO_UDP:
		check = l4 + offsetof(struct udphdr, check);
		dest = l4 + offsetof(struct udphdr, dest);
		break;
	default:
		return TC_ACT_OK;
	}
	port = (void *)(ip + 1) + 2;
	if ((void *)(port + 1) > end)
		return TC_ACT_OK;
	key.addr = ip->daddr;
	key.port = *port;
	key.proto = ip->protocol;
	to = bpf_map_lookup_elem(&places, &key);
	if (!to)
		return TC_ACT_OK;
	old_addr = key.addr;
	new_addr = to->addr;
	old_port = key.port;
	new_port = to->port;
	/* the packet may move from here on */
	bpf_l4_csum_replace(skb, check, old_addr, new_addr, BPF_F_PSEUDO_HDR | sizeof(new_addr));
	bpf_l4_csum_replace(skb, check, old_port, new_port, sizeof(new_port));
	bpf_l3_csum_replace(skb, IP_CSUM, old_addr, new_addr, sizeof(new_addr));
	if (bpf_skb_store_bytes(skb, IP_TO, &new_addr, sizeof(new_addr), 0))
		return TC_ACT_SHOT;
	if (bpf_skb_store_bytes(skb, dest, &new_port, sizeof(new_port), 0))
		return TC_ACT_SHOT;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	ip = data + IP_AT;
	if ((void *)(ip + 1) > end)
		return TC_ACT_SHOT;
	if (ip->ttl <= 1)
		return TC_ACT_SHOT;
	skb->mark = 0x100 | ip->protocol;
	return TC_ACT_OK;
}

SEC("tc")
int swap_addresses(struct __sk_buff *skb)
{
	void *data, *end;
	struct ethhdr *eth;
	__u8 mac[ETH_ALEN];

	if (bpf_skb_pull_data(skb, sizeof(*eth) + sizeof(struct iphdr)))
		return TC_ACT_OK;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	eth = data;
	if (data + sizeof(*eth) + sizeof(struct iphdr) > end)
		return TC_ACT_OK;
	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
