/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One program for each kind of section that names an attach point.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* the call whose events count: sched_get_priority_max(0x7177) */
#define NR	146
#define MAGIC	0x7177

/* as tracefs' format of raw_syscalls/sys_enter says */
struct enter_record {
	__u64 common;
	__s64 id;
	__u64 args[6];
};

/* of syscalls/sys_enter_sched_get_priority_max */
struct call_record {
	__u64 common;
	__s64 nr;
	__u64 policy;
};

__u64 raw, raw_exit, record, call, entry, many, packets;

SEC("raw_tp/sys_enter")
int on_raw(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == NR)
		__sync_fetch_and_add(&raw, 1);
	return 0;
}

SEC("raw_tracepoint/sys_exit")
int on_raw_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr), &((struct pt_regs *)ctx->args[0])->orig_rax);
	if (nr == NR)
		__sync_fetch_and_add(&raw_exit, 1);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int on_record(struct enter_record *ctx)
{
	if (ctx->id == NR && ctx->args[0] == MAGIC)
		__sync_fetch_and_add(&record, 1);
	return 0;
}

SEC("tp/syscalls/sys_enter_sched_get_priority_max")
int on_call(struct call_record *ctx)
{
	if (ctx->policy == MAGIC)
		__sync_fetch_and_add(&call, 1);
	return 0;
}

SEC("ksyscall/sched_get_priority_max")
int on_entry(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&entry, 1);
	return 0;
}

SEC("kprobe.multi/__x64_sys_sched_get_priority_m*")
int on_many(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&many, 1);
	return 0;
}

/* without a device: where autoattach is told to */
SEC("tap")
int on_packet(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets, 1);
	return 0;
}

SEC("tc")
int on_ingress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets, 1);
	return 0;
}

/* mkdir and mkdirat: a file system that cannot be written */
SEC("seccomp")
__u32 no_mkdir(struct seccomp_data *ctx)
{
	if (ctx->nr == 83 || ctx->nr == 258)
		return SECCOMP_RET_ERRNO | 30;
	return SECCOMP_RET_ALLOW;
}

char _license[] SEC("license") = "GPL";
