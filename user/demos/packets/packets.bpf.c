/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets by protocol: the entry program at a device's ingress finds the network header and
 * tail-calls parsers[protocol]; the parser finds the ports and counts the flow. Packets of a
 * protocol without a parser are counted by the entry program. Each packet is counted once, whatever
 * happens to the table meanwhile, and each goes on.
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

enum parser { no_parser, as_tcp, as_udp, as_icmp, as_udp_again };

struct flow {
	__be32 from[4], to[4];	/* IPv4 as ::ffff:a.b.c.d */
	__u16 from_port, to_port;	/* ICMP: type and 0 */
	__u32 protocol;
	enum parser parser;
};

struct count {
	__u64 packets, bytes;
};

/* The least recently seen flow makes room for a new one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct count);
} flows SEC(".maps");

/* From the entry program to the parser: a packet is worked on by one CPU. */
struct parsed {
	struct flow flow;
	__u32 transport;		/* offset of the transport header */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct parsed);
} scratch SEC(".maps");

static __always_inline struct parsed *state(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

static __always_inline int count(struct parsed *p, __u32 len)
{
	struct count none = { 0, 0 }, *c = bpf_map_lookup_elem(&flows, &p->flow);

	if (!c) {
		bpf_map_update_elem(&flows, &p->flow, &none, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&flows, &p->flow);
	}
	if (c) {
		__sync_fetch_and_add(&c->packets, 1);
		__sync_fetch_and_add(&c->bytes, len);
	}
	return TC_ACT_OK;
}

/* A pointer to @len bytes at @off, or NULL when the packet is shorter. */
static __always_inline void *at(struct __sk_buff *skb, __u32 off, __u32 len)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (off > 1024)
		return NULL;
	data += off;
	return data + len <= end ? data : NULL;
}

/* The ports stand at the same place in TCP and UDP. */
static __always_inline int by_ports(struct __sk_buff *skb, enum parser parser, __u32 header)
{
	struct parsed *p = state();
	struct udphdr *h;

	if (!p)
		return TC_ACT_OK;
	h = at(skb, p->transport, header);
	if (h) {
		p->flow.from_port = bpf_ntohs(h->source);
		p->flow.to_port = bpf_ntohs(h->dest);
		p->flow.parser = parser;
	}
	return count(p, skb->len);
}

SEC("tc")
int parse_tcp(struct __sk_buff *skb)
{
	return by_ports(skb, as_tcp, sizeof(struct tcphdr));
}

SEC("tc")
int parse_udp(struct __sk_buff *skb)
{
	return by_ports(skb, as_udp, sizeof(struct udphdr));
}

/* Takes the place of parse_udp while packets flow. */
SEC("tc")
int parse_udp_again(struct __sk_buff *skb)
{
	return by_ports(skb, as_udp_again, sizeof(struct udphdr));
}

SEC("tc")
int parse_icmp(struct __sk_buff *skb)
{
	struct parsed *p = state();
	__u8 *type;

	if (!p)
		return TC_ACT_OK;
	type = at(skb, p->transport, 8);
	if (type) {
		p->flow.from_port = *type;
		p->flow.parser = as_icmp;
	}
	return count(p, skb->len);
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} parsers SEC(".maps") = {
	.values = {
		[IPPROTO_TCP] = (void *)&parse_tcp,
		[IPPROTO_UDP] = (void *)&parse_udp,
		[IPPROTO_ICMP] = (void *)&parse_icmp,
		[IPPROTO_ICMPV6] = (void *)&parse_icmp,
	},
};

static __always_inline int parse_ip(struct __sk_buff *skb, struct parsed *p)
{
	struct iphdr *ip = at(skb, ETH_HLEN, sizeof(*ip));

	if (!ip || ip->ihl < 5)
		return 0;
	p->flow.from[2] = p->flow.to[2] = bpf_htonl(0xffff);
	p->flow.from[3] = ip->saddr;
	p->flow.to[3] = ip->daddr;
	p->flow.protocol = ip->protocol;
	p->transport = ETH_HLEN + ip->ihl * 4;
	return 1;
}

static __always_inline int parse_ipv6(struct __sk_buff *skb, struct parsed *p)
{
	struct ipv6hdr *ip = at(skb, ETH_HLEN, sizeof(*ip));

	if (!ip)
		return 0;
	__builtin_memcpy(p->flow.from, &ip->saddr, sizeof(p->flow.from));
	__builtin_memcpy(p->flow.to, &ip->daddr, sizeof(p->flow.to));
	p->flow.protocol = ip->nexthdr;
	p->transport = ETH_HLEN + sizeof(*ip);
	return 1;
}

SEC("tc")
int packet(struct __sk_buff *skb)
{
	struct ethhdr *eth = at(skb, 0, sizeof(*eth));
	struct parsed *p = state();
	int known = 0;

	if (!eth || !p)
		return TC_ACT_OK;
	__builtin_memset(p, 0, sizeof(*p));
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		known = parse_ip(skb, p);
	else if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		known = parse_ipv6(skb, p);
	else
		return TC_ACT_OK;	/* ARP and the like */
	if (known)
		bpf_tail_call(skb, &parsers, p->flow.protocol);
	return count(p, skb->len);
}

char LICENSE[] SEC("license") = "GPL";
