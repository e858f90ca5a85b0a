/* SPDX-License-Identifier: GPL-2.0 */
/* A bucket of tokens for each source address. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct bucket {
	__u64 tokens, filled;
	__u32 dropped, passed;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct settings {
	__u64 per_second, burst;
	__u32 classes;
	__u8 scale[8];
};

const volatile struct settings settings = {
	.per_second = 125000, .burst = 32768, .classes = 4, .scale = { 1, 2, 4, 8, 16, 32, 64, 128 },
};

static __always_inline __u64 refill(struct bucket *b, __u64 now)
{
	__u64 since = now - b->filled, tokens;

	if (since > 1000000000ull)
		since = 1000000000ull;
	tokens = b->tokens + since * settings.per_second / 1000000000ull;
	return tokens > settings.burst ? settings.burst : tokens;
}

SEC("tc")
int limit(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct bucket *b, fresh = {};
	__u64 now = bpf_ktime_get_ns(), cost;
	__u32 from, class;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	from = ip->saddr;
	class = ip->tos >> 5;
	cost = skb->len;
	if (class < settings.classes)
		cost *= settings.scale[class];
	else
		cost /= settings.scale[class & 7] + 1;
	b = bpf_map_lookup_elem(&buckets, &from);
	if (!b) {
		fresh.tokens = settings.burst;
		fresh.filled = now;
		bpf_map_update_elem(&buckets, &from, &fresh, BPF_ANY);
		return TC_ACT_OK;
	}
	b->tokens = refill(b, now);
	b->filled = now;
	if (b->tokens < cost) {
		__sync_fetch_and_add(&b->dropped, 1);
		return TC_ACT_SHOT;
	}
	b->tokens -= cost;
	__sync_fetch_and_add(&b->passed, 1);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
