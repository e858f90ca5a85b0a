/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One object for many kernels: code behind weak symbols, and behind constants that the loader sets.
 * No run comes to what this kernel, or xbpf, has not.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int no_such_function(int a) __weak __ksym;
extern int no_such_variable __weak __ksym;

const volatile int modern = 0;

static long (*const no_such_helper)(void) = (void *)9999;

/* Some kernels have it, xbpf has not. */
SEC("kprobe/vfs_read")
int kernel_function(struct pt_regs *ctx)
{
	struct bpf_iter_num it;

	if (modern)
		return bpf_iter_num_new(&it, 0, 5);
	return 11;
}

SEC("kprobe/vfs_read")
int absent_function(struct pt_regs *ctx)
{
	if (modern)
		return no_such_function(1);
	return 12;
}

SEC("kprobe/vfs_read")
int absent_variable(struct pt_regs *ctx)
{
	return &no_such_variable ? 1 : 13;
}

SEC("kprobe/vfs_read")
int absent_helper(struct pt_regs *ctx)
{
	if (modern)
		return no_such_helper();
	return 14;
}

char LICENSE[] SEC("license") = "GPL";
