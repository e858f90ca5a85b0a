/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters without locks: one set per CPU for each syscall class, and a running mean of durations.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct stats {
	__u64 calls, errors, total, max, min;
	__u64 mean;	/* times 256 */
	__u32 last_cpu, last_pid;
	__u64 errno_seen[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct stats);
} classes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} entered SEC(".maps");

SEC("kprobe/vfs_read")
int BPF_KPROBE(enter)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&entered, &tid, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe/vfs_read")
int BPF_KRETPROBE(leave, long ret)
{
	__u64 id = bpf_get_current_pid_tgid(), *then, took;
	__u32 tid = (__u32)id, class;
	struct stats *s;

	then = bpf_map_lookup_elem(&entered, &tid);
	if (!then || !*then)
		return 0;
	took = bpf_ktime_get_ns() - *then;
	*then = 0;
	class = ret < 0 ? 0 : ret == 0 ? 1 : ret < 64 ? 2 : ret < 512 ? 3 : ret < 4096 ? 4 : 5;
	s = bpf_map_lookup_elem(&classes, &class);
	if (!s)
		return 0;
	s->calls++;
	s->total += took;
	if (took > s->max)
		s->max = took;
	if (!s->min || took < s->min)
		s->min = took;
	s->mean += ((took << 8) - s->mean) >> 3;
	s->last_cpu = bpf_get_smp_processor_id();
	s->last_pid = id >> 32;
	if (ret < 0) {
		s->errors++;
		s->errno_seen[-ret & 15]++;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
