/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps of all types as objects define them, for test_cli_map.sh.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	__u64 number;
	char what[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct event);
	__uint(max_entries, 2);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 8);
} by_key SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 16);
} recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, 4);
	__uint(value_size, 20 * 8);
	__uint(max_entries, 64);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, __u32);
	__uint(max_entries, 2);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 8);
	__type(value, __u32);
	__uint(max_entries, 4);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} samples SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, __u32);
	__uint(max_entries, 3);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &inner_a, &inner_b } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__type(key, __u32);
	__uint(max_entries, 3);
	__array(values, struct inner);
} by_name SEC(".maps");

SEC("kprobe/__x64_sys_sched_get_priority_max")
int BPF_KPROBE(count)
{
	struct event e = { .what = "event" };
	struct event *seen;
	__u32 zero = 0;
	void *table;
	__u64 *sum;

	seen = bpf_map_lookup_elem(&counts, &zero);
	if (!seen)
		return 0;
	seen->number++;
	seen->what[0] = 'x';
	e.number = seen->number;
	bpf_map_update_elem(&recent, &zero, &e.number, BPF_ANY);
	bpf_get_stackid(ctx, &stacks, 0);
	bpf_map_push_elem(&waiting, &zero, BPF_EXIST);
	bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &e, sizeof(e));
	table = bpf_map_lookup_elem(&outer, &zero);
	if (table) {
		sum = bpf_map_lookup_elem(table, &zero);
		if (sum)
			__sync_fetch_and_add(sum, e.number);
	}
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
