/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every system call: counts, errors by number, time between entry and exit, what was asked of the
 * slowest.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CALLS	512

struct call {
	__u64 count, errors, total, slowest;
	__u64 args[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALLS);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

struct entered {
	__u64 at;
	long nr;
	__u64 args[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct entered);
} threads SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	__u64 id = bpf_get_current_pid_tgid();
	struct entered e = { .nr = (long)ctx->args[1] };

	if (e.nr < 0 || e.nr >= CALLS)
		return 0;
	bpf_probe_read_kernel(&e.args[0], 8, &regs->rdi);
	bpf_probe_read_kernel(&e.args[1], 8, &regs->rsi);
	bpf_probe_read_kernel(&e.args[2], 8, &regs->rdx);
	e.at = bpf_ktime_get_ns();
	bpf_map_update_elem(&threads, &id, &e, BPF_ANY);
	return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 id = bpf_get_current_pid_tgid(), took;
	struct entered *e = bpf_map_lookup_elem(&threads, &id);
	long ret = (long)ctx->args[1];
	struct call *c;
	__u32 nr;

	if (!e)
		return 0;
	nr = (__u32)e->nr;
	c = bpf_map_lookup_elem(&calls, &nr);
	if (!c)
		goto out;
	took = bpf_ktime_get_ns() - e->at;
	c->count++;
	if (ret < 0 && ret >= -4095)
		c->errors++;
	c->total += took;
	if (took > c->slowest) {
		c->slowest = took;
		__builtin_memcpy(c->args, e->args, sizeof(c->args));
	}
out:
	bpf_map_delete_elem(&threads, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
