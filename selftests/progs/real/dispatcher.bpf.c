/* SPDX-License-Identifier: GPL-2.0 */
/* Packets go from parser to parser by tail calls; what the next one needs travels in cb[]. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { IPV4, UDP, TCP, DNS, SLOTS };

int on_ipv4(struct __sk_buff *skb);
int on_udp(struct __sk_buff *skb);
int on_tcp(struct __sk_buff *skb);
int on_dns(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SLOTS);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} parsers SEC(".maps") = {
	.values = {
		[IPV4] = (void *)&on_ipv4, [UDP] = (void *)&on_udp, [TCP] = (void *)&on_tcp,
		[DNS] = (void *)&on_dns,
	},
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u16);
	__type(value, __u64);
} ports SEC(".maps");

__u64 unparsed, questions;

static __always_inline void count_port(__u16 port)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&ports, &port);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&ports, &port, &one, BPF_NOEXIST);
}

SEC("socket")
int entry(struct __sk_buff *skb)
{
	skb->cb[0] = ETH_HLEN;
	skb->cb[1] = 0;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		bpf_tail_call(skb, &parsers, IPV4);
	unparsed++;
	return 0;
}

SEC("socket")
int on_ipv4(struct __sk_buff *skb)
{
	__u32 at = skb->cb[0];
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	if (ip.version != 4 || ip.ihl < 5)
		return 0;
	skb->cb[0] = at + ip.ihl * 4;
	skb->cb[1] = bpf_ntohs(ip.tot_len) - ip.ihl * 4;
	switch (ip.protocol) {
	case IPPROTO_UDP:
		bpf_tail_call(skb, &parsers, UDP);
		break;
	case IPPROTO_TCP:
		bpf_tail_call(skb, &parsers, TCP);
		break;
	}
	unparsed++;
	return 0;
}

SEC("socket")
int on_udp(struct __sk_buff *skb)
{
	__u32 at = skb->cb[0];
	struct udphdr udp;

	if (bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)))
		return 0;
	count_port(bpf_ntohs(udp.dest));
	skb->cb[0] = at + sizeof(udp);
	if (udp.dest == bpf_htons(53))
		bpf_tail_call(skb, &parsers, DNS);
	return skb->len;
}

SEC("socket")
int on_tcp(struct __sk_buff *skb)
{
	__u16 port;

	if (bpf_skb_load_bytes(skb, skb->cb[0] + 2, &port, sizeof(port)))
		return 0;
	count_port(bpf_ntohs(port));
	return skb->len;
}

SEC("socket")
int on_dns(struct __sk_buff *skb)
{
	__u16 header[6];

	if (bpf_skb_load_bytes(skb, skb->cb[0], header, sizeof(header)))
		return 0;
	if (!(header[1] & bpf_htons(0x8000)))
		__sync_fetch_and_add(&questions, bpf_ntohs(header[2]));
	return skb->cb[1] ? skb->len : 0;
}

char LICENSE[] SEC("license") = "GPL";
