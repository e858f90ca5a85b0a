/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A socket filter of the old school: bytes of the packet by the packet loads, HTTP requests pass.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

enum { OTHER, NOT_TCP, EMPTY, GET, POST, PUT, ANSWER };

static __always_inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&seen, &what);

	if (n)
		__sync_fetch_and_add(n, 1);
}

SEC("socket")
int http(struct __sk_buff *skb)
{
	unsigned int ip = ETH_HLEN, ip_len, tcp, tcp_len, payload, total, start;

	if (load_half(skb, offsetof(struct ethhdr, h_proto)) != ETH_P_IP) {
		count(OTHER);
		return 0;
	}
	if (load_byte(skb, ip + 9) != IPPROTO_TCP) {
		count(NOT_TCP);
		return 0;
	}
	/* a fragment but the first has no ports */
	if (load_half(skb, ip + 6) & 0x1fff)
		return 0;
	ip_len = (load_byte(skb, ip) & 0xf) << 2;
	total = load_half(skb, ip + 2);
	tcp = ip + ip_len;
	tcp_len = (load_byte(skb, tcp + 12) >> 4) << 2;
	payload = tcp + tcp_len;
	if (total < ip_len + tcp_len + 7 || payload + 7 > skb->len) {
		count(EMPTY);
		return 0;
	}
	start = load_word(skb, payload);
	if (start >> 8 == 0x474554 && load_byte(skb, payload + 3) == ' ') {
		count(GET);
		return -1;
	}
	if (start == 0x504f5354) {
		count(POST);
		return -1;
	}
	if (start >> 8 == 0x505554) {
		count(PUT);
		return -1;
	}
	if (start == 0x48545450) {
		count(ANSWER);
		return 128;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
