/* SPDX-License-Identifier: GPL-2.0 */
/* Global data of all kinds: constants that the loader knows, initialised and zero variables. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile int step = 3;		/* .rodata: a constant to the verifier */
const char names[4][8] = { "zero", "one", "two", "three" };
int level = 40;				/* .data */
__u64 calls;				/* .bss */
__u64 seen[8];
char last[8];

SEC("kprobe")
int add_up(struct pt_regs *ctx)
{
	__u32 which = (__u32)PT_REGS_PARM1(ctx) & 3;
	int i;

	for (i = 0; i < step; i++)
		seen[i]++;
	for (i = 0; i < 8; i++)
		last[i] = names[which][i];
	__sync_fetch_and_add(&calls, 1);
	level += step;
	return level;
}

char LICENSE[] SEC("license") = "GPL";
