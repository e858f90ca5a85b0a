/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet parser cut in programs: the next header's number is the index of the table. Bytes
 * count from the network header, as in the stock kernel's test run of this program type.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

int parse_udp(struct __sk_buff *skb);
int parse_icmp(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} protocols SEC(".maps") = {
	.values = { [IPPROTO_ICMP] = (void *)&parse_icmp, [IPPROTO_UDP] = (void *)&parse_udp },
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u16);
	__type(value, __u64);
} ports SEC(".maps");

/* The returned number is how a test knows which way it went. */
SEC("socket")
int parse(struct __sk_buff *skb)
{
	__u8 protocol = 0;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return 2;
	if (bpf_skb_load_bytes(skb, offsetof(struct iphdr, protocol), &protocol, 1))
		return 3;
	skb->cb[0] = protocol;
	bpf_tail_call(skb, &protocols, protocol);
	return 4;
}

SEC("socket")
int parse_udp(struct __sk_buff *skb)
{
	struct udphdr udp;
	__u64 one = 1, *packets;
	__u8 first;
	__u16 port;

	if (bpf_skb_load_bytes(skb, 0, &first, 1))
		return 10;
	if (bpf_skb_load_bytes(skb, (first & 15) * 4, &udp, sizeof(udp)))
		return 11;
	port = bpf_ntohs(udp.dest);
	packets = bpf_map_lookup_elem(&ports, &port);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	else
		bpf_map_update_elem(&ports, &port, &one, BPF_ANY);
	return 1000 + port;
}

SEC("socket")
int parse_icmp(struct __sk_buff *skb)
{
	return 20 + skb->cb[0];
}

char LICENSE[] SEC("license") = "GPL";
