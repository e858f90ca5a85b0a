/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long does a function take? A probe at its entry leaves the time by thread, one at its return
 * sends what went by to user space through a ring buffer. Which function it is, is decided when the
 * programs are attached.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include "profile.h"

/* When a thread entered the function. A recursive entry keeps the first. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} entered SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* Events that found the ring buffer full. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

SEC("kprobe")
int function_entered(struct pt_regs *ctx)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	(void)ctx;
	bpf_map_update_elem(&entered, &thread, &now, BPF_NOEXIST);
	return 0;
}

SEC("kretprobe")
int function_left(struct pt_regs *ctx)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid(), zero = 0;
	__u64 now = bpf_ktime_get_ns(), *since = bpf_map_lookup_elem(&entered, &thread), *n;
	struct event *e;

	(void)ctx;
	if (!since)
		return 0;	/* entered before we looked */
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->ns = now - *since;
		e->pid = bpf_get_current_pid_tgid() >> 32;
		e->cpu = bpf_get_smp_processor_id();
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		bpf_ringbuf_submit(e, 0);
	} else {
		n = bpf_map_lookup_elem(&lost, &zero);
		if (n)
			__sync_fetch_and_add(n, 1);
	}
	bpf_map_delete_elem(&entered, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
