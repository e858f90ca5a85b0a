/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a task waits for a CPU: raw tracepoints of the scheduler, offsets from the kernel's BTF.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct {
	int pid, tgid;
	unsigned int __state;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} waking SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

const volatile __u32 only_tgid = 0;

static __always_inline int enqueue(struct task_struct *p)
{
	__u32 pid = BPF_CORE_READ(p, pid);
	__u64 now;

	if (!pid || (only_tgid && only_tgid != BPF_CORE_READ(p, tgid)))
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&waking, &pid, &now, BPF_ANY);
	return 0;
}

SEC("raw_tracepoint/sched_wakeup")
int wakeup(struct bpf_raw_tracepoint_args *ctx)
{
	return enqueue((struct task_struct *)ctx->args[0]);
}

SEC("raw_tracepoint/sched_wakeup_new")
int wakeup_new(struct bpf_raw_tracepoint_args *ctx)
{
	return enqueue((struct task_struct *)ctx->args[0]);
}

static __always_inline __u32 magnitude(__u64 v)
{
	__u32 n = 0;
	int i;

	for (i = 0; i < 63 && v > 1; i++) {
		v >>= 1;
		n++;
	}
	return n;
}

SEC("raw_tracepoint/sched_switch")
int switched(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx->args[1];
	struct task_struct *next = (struct task_struct *)ctx->args[2];
	__u64 *then, *count;
	__u32 pid, slot;
	__s64 took;

	if (BPF_CORE_READ(prev, __state) == 0)
		enqueue(prev);
	pid = BPF_CORE_READ(next, pid);
	then = bpf_map_lookup_elem(&waking, &pid);
	if (!then)
		return 0;
	took = (__s64)(bpf_ktime_get_ns() - *then);
	if (took >= 0) {
		slot = magnitude((__u64)took / 1000);
		count = bpf_map_lookup_elem(&slots, &slot);
		if (count)
			*count += 1;
	}
	bpf_map_delete_elem(&waking, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
