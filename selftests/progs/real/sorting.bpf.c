/* SPDX-License-Identifier: GPL-2.0 */
/* Sixteen numbers sorted on the stack and in a map, then their median and a search among them. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define N	16

struct numbers {
	__u64 v[N];
	__u32 used;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct numbers);
} window SEC(".maps");

__u64 median;
__s32 found;

SEC("kprobe/do_nanosleep")
int BPF_KPROBE(on_sleep, __u64 wanted)
{
	__u32 zero = 0, i, k, low = 0, high = N - 1;
	struct numbers *w = bpf_map_lookup_elem(&window, &zero);
	__u64 v[N];

	if (!w)
		return 0;
	i = w->used++ % N;
	w->v[i] = wanted;
	for (i = 0; i < N; i++)
		v[i] = w->v[i];
	for (i = 1; i < N; i++) {
		for (k = i; k > 0; k--) {
			__u64 t = v[k];

			if (v[k - 1] <= t)
				break;
			v[k] = v[k - 1];
			v[k - 1] = t;
		}
	}
	median = v[N / 2];
	found = -1;
	for (i = 0; i < 5; i++) {
		__u32 mid = (low + high) / 2;

		if (low > high || mid >= N)
			break;
		if (w->v[mid] == wanted) {
			found = (__s32)mid;
			break;
		}
		if (w->v[mid] < wanted)
			low = mid + 1;
		else if (!mid)
			break;
		else
			high = mid - 1;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
