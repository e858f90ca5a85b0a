/* SPDX-License-Identifier: GPL-2.0 */
/* The name in a DNS question, label by label out of the packet, in lower case with dots between. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NAME	64

struct dns_header {
	__be16 id, flags, questions, answers, authority, additional;
};

struct question {
	char name[NAME];
	__u16 type, len;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, NAME);
	__type(value, __u64);
} names SEC(".maps");

SEC("tc")
int questions(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	struct dns_header *dns = (void *)(udp + 1);
	struct question q = {};
	__u8 *at = (void *)(dns + 1);
	__u64 one = 1, *count;
	__u32 i, left = 0;

	if ((void *)(dns + 1) > end)
		return TC_ACT_OK;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return TC_ACT_OK;
	if (udp->dest != bpf_htons(53) || dns->questions != bpf_htons(1) || dns->flags & bpf_htons(0x8000))
		return TC_ACT_OK;
	for (i = 0; i < NAME - 1; i++) {
		__u8 c;

		if ((void *)(at + 1) > end)
			return TC_ACT_OK;
		c = *at++;
		if (!left) {
			if (!c)
				break;
			if (c > 63)
				return TC_ACT_SHOT;
			left = c;
			if (i)
				q.name[i - 1] = '.';
			continue;
		}
		left--;
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (i)
			q.name[i - 1] = c;
	}
	q.len = i;
	if ((void *)(at + 2) > end)
		return TC_ACT_OK;
	q.type = at[0] << 8 | at[1];
	count = bpf_map_lookup_elem(&names, q.name);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&names, q.name, &one, BPF_NOEXIST);
	if (q.type == 255)
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
