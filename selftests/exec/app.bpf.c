/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program for each kind of attach point that libbpf attaches by itself.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* the call whose events count: sched_get_priority_max(0x7177) */
#define NR	146
#define MAGIC	0x7177

/* as tracefs' format of syscalls/sys_enter_sched_get_priority_max says */
struct call_record {
	__u64 common;
	__s64 nr;
	__u64 policy;
};

__u64 raw, record, entry, back, many, cookies[2];

SEC("raw_tp/sys_enter")
int on_raw(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == NR)
		__sync_fetch_and_add(&raw, 1);
	return 0;
}

SEC("tp/syscalls/sys_enter_sched_get_priority_max")
int on_record(struct call_record *ctx)
{
	if (ctx->policy == MAGIC)
		__sync_fetch_and_add(&record, 1);
	return 0;
}

SEC("ksyscall/sched_get_priority_max")
int on_entry(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&entry, 1);
	return 0;
}

SEC("kretsyscall/sched_get_priority_max")
int on_return(struct pt_regs *ctx)
{
	if ((int)PT_REGS_RC(ctx) == -22)
		__sync_fetch_and_add(&back, 1);
	return 0;
}

SEC("kprobe.multi/__x64_sys_sched_get_priority_m*")
int on_many(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&many, 1);
	return 0;
}

/* attached twice, by hand */
SEC("?kprobe")
int on_cookie(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);

	if (cookie == 7)
		__sync_fetch_and_add(&cookies[0], 1);
	if (cookie == 8)
		__sync_fetch_and_add(&cookies[1], 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
