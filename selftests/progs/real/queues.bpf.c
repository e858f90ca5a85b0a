/* SPDX-License-Identifier: GPL-2.0 */
/* Work that is handed on: a queue of jobs, a stack of free slots. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct job {
	__u64 at, what;
	__u32 slot, pid;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 128);
	__uint(value_size, sizeof(struct job));
} jobs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 32);
	__uint(value_size, sizeof(__u32));
} slots SEC(".maps");

struct slot {
	__u64 busy, work[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, struct slot);
} room SEC(".maps");

__u64 dropped, late, next_slot;

SEC("kprobe/vfs_write")
int BPF_KPROBE(offer, void *file, const char *buf, __u64 count)
{
	struct job job = { .at = bpf_ktime_get_ns(), .what = count };
	struct slot *slot;

	if (bpf_map_pop_elem(&slots, &job.slot)) {
		job.slot = next_slot++;
		if (job.slot >= 32) {
			__sync_fetch_and_add(&dropped, 1);
			return 0;
		}
	}
	slot = bpf_map_lookup_elem(&room, &job.slot);
	if (!slot)
		return 0;
	slot->busy = 1;
	slot->work[count & 15]++;
	job.pid = bpf_get_current_pid_tgid() >> 32;
	if (bpf_map_push_elem(&jobs, &job, BPF_EXIST))
		bpf_map_push_elem(&slots, &job.slot, BPF_ANY);
	return 0;
}

SEC("kprobe/vfs_read")
int BPF_KPROBE(take)
{
	__u64 now = bpf_ktime_get_ns();
	struct slot *slot;
	struct job job;
	int i;

	for (i = 0; i < 4; i++) {
		if (bpf_map_peek_elem(&jobs, &job))
			break;
		if (now - job.at > 1000000)
			late++;
		if (bpf_map_pop_elem(&jobs, &job))
			break;
		slot = bpf_map_lookup_elem(&room, &job.slot);
		if (!slot)
			continue;
		slot->busy = 0;
		bpf_map_push_elem(&slots, &job.slot, BPF_ANY);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
