/* SPDX-License-Identifier: GPL-2.0 */
/* Where allocations come from: stacks by id, counted by task. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define DEPTH	127

struct key {
	__u32 pid;
	int kernel, user;
	char comm[16];
};

struct value {
	__u64 count, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1024);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct key);
	__type(value, struct value);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[DEPTH]);
} raw SEC(".maps");

__u64 deepest;

SEC("kprobe/kmem_cache_alloc")
int BPF_KPROBE(alloc, void *cache)
{
	struct key key = {};
	struct value *v, fresh = {};
	__u32 zero = 0;
	__u64 *trace;
	long got;

	key.pid = bpf_get_current_pid_tgid() >> 32;
	if (!key.pid)
		return 0;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	key.kernel = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	key.user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	v = bpf_map_lookup_elem(&counts, &key);
	if (!v) {
		bpf_map_update_elem(&counts, &key, &fresh, BPF_NOEXIST);
		v = bpf_map_lookup_elem(&counts, &key);
		if (!v)
			return 0;
	}
	__sync_fetch_and_add(&v->count, 1);
	trace = bpf_map_lookup_elem(&raw, &zero);
	if (!trace)
		return 0;
	got = bpf_get_stack(ctx, trace, DEPTH * sizeof(__u64), 0);
	if (got > 0 && (__u64)got / 8 > deepest)
		deepest = (__u64)got / 8;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
