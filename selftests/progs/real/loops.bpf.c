/* SPDX-License-Identifier: GPL-2.0 */
/* bpf_loop and bpf_for_each_map_elem: sums, searches and cleaning up by callbacks. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct entry {
	__u64 last, hits;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, __u64);
} samples SEC(".maps");

struct sum {
	__u64 total, max;
	__u32 count, where;
};

struct old {
	__u64 before;
	__u32 removed;
};

__u64 result[4];

static long add_sample(void *map, __u32 *index, __u64 *value, struct sum *sum)
{
	if (!*value)
		return 0;
	sum->total += *value;
	sum->count++;
	if (*value > sum->max) {
		sum->max = *value;
		sum->where = *index;
	}
	return sum->count >= 100;
}

static long remove_old(void *map, __u32 *key, struct entry *e, struct old *old)
{
	if (e->last < old->before) {
		bpf_map_delete_elem(map, key);
		old->removed++;
	}
	return 0;
}

struct search {
	__u64 wanted;
	int found;
};

static long look(__u32 i, struct search *s)
{
	__u64 *value = bpf_map_lookup_elem(&samples, &i);

	if (!value)
		return 1;
	if (*value != s->wanted)
		return 0;
	s->found = i;
	return 1;
}

static long spread(__u32 i, void *unused)
{
	__u32 to = i + 1;
	__u64 *a = bpf_map_lookup_elem(&samples, &i), *b = bpf_map_lookup_elem(&samples, &to);

	if (!a || !b)
		return 1;
	if (*a > *b) {
		__u64 t = *a;

		*a = *b;
		*b = t;
	}
	return 0;
}

SEC("kprobe/do_nanosleep")
int BPF_KPROBE(work, void *timer)
{
	struct search search = { .wanted = (__u64)timer, .found = -1 };
	struct old old = { .before = bpf_ktime_get_ns() - 1000000000ull };
	struct sum sum = {};

	bpf_for_each_map_elem(&samples, add_sample, &sum, 0);
	result[0] = sum.count ? sum.total / sum.count : 0;
	bpf_for_each_map_elem(&entries, remove_old, &old, 0);
	result[1] = old.removed;
	bpf_loop(128, look, &search, 0);
	result[2] = search.found;
	result[3] = bpf_loop(127, spread, 0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
