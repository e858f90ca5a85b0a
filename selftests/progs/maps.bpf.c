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

SEC("kprobe/__x64_sys_sched_get_priority_max")
int BPF_KPROBE(count)
{
	struct event e = { .what = "event" };
	struct event *seen;
	__u32 zero = 0;

	seen = bpf_map_lookup_elem(&counts, &zero);
	if (!seen)
		return 0;
	seen->number++;
	seen->what[0] = 'x';
	e.number = seen->number;
	bpf_map_update_elem(&recent, &zero, &e.number, BPF_ANY);
	bpf_ringbuf_output(&events, &e, sizeof(e), 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
