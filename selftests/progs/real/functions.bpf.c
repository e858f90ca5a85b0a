/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work split into functions: static ones that are walked at each call, global ones that are checked
 * once.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct point {
	__s64 x, y;
	__u32 weight;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, struct point);
} points SEC(".maps");

__s64 out[4];

__noinline int clamp(int value, int low, int high)
{
	if (value < low)
		return low;
	if (value > high)
		return high;
	return value;
}

__noinline __u64 mix(__u64 a, __u64 b)
{
	a ^= b * 0x9e3779b97f4a7c15ull;
	a ^= a >> 29;
	a *= 0xbf58476d1ce4e5b9ull;
	return a ^ a >> 32;
}

__noinline int weigh(struct point *p)
{
	if (!p)
		return -1;
	if (p->weight > 100)
		p->weight = 100;
	return p->weight * (p->x > p->y ? 2 : 1);
}

static __noinline struct point *point_at(__u32 index)
{
	return bpf_map_lookup_elem(&points, &index);
}

static __noinline __u64 root(__u64 n)
{
	__u64 r = (n >> 16) + 256;
	int i;

	for (i = 0; i < 12; i++)
		r = (r + n / (r | 1)) / 2;
	return r;
}

static __noinline int distance(struct point *a, const struct point *b, __u64 *result)
{
	__s64 dx = a->x - b->x, dy = a->y - b->y;

	if (dx > 30000 || dx < -30000 || dy > 30000 || dy < -30000)
		return -1;
	*result = root((__u64)(dx * dx + dy * dy));
	a->weight++;
	return 0;
}

SEC("kprobe/do_nanosleep")
int BPF_KPROBE(measure, int a, int b)
{
	struct point *p, *q, local = { .x = 1, .y = 2, .weight = 3 };
	__u64 d = 0;

	p = point_at(clamp(a, 0, 31));
	q = point_at(b & 31);
	if (!p || !q)
		return 0;
	if (!distance(p, q, &d))
		out[0] += d;
	if (!distance(&local, q, &d))
		out[1] += d;
	out[2] += weigh(&local) + weigh(p);
	out[3] = mix(out[3], d);
	return clamp(a + b, -1, 1);
}

char LICENSE[] SEC("license") = "GPL";
