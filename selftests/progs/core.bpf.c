/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CO-RE: the offsets of these members are whatever the running kernel's BTF says. Who sends a
 * signal, and to whom.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct signal_struct {
	int nr_threads;
} __attribute__((preserve_access_index));

struct task_struct {
	int tgid;
	char comm[16];
	struct signal_struct *signal;
} __attribute__((preserve_access_index));

struct sent {
	int from, to, threads;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, int);
	__type(value, struct sent);
} signals SEC(".maps");

SEC("kprobe/do_send_sig_info")
int signal_sent(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)PT_REGS_PARM3(ctx);
	int sig = (int)PT_REGS_PARM1(ctx);
	struct sent sent = {};

	sent.from = bpf_get_current_pid_tgid() >> 32;
	sent.to = BPF_CORE_READ(task, tgid);
	sent.threads = BPF_CORE_READ(task, signal, nr_threads);
	bpf_core_read_str(sent.comm, sizeof(sent.comm), &task->comm);
	bpf_map_update_elem(&signals, &sig, &sent, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
