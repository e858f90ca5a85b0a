/* SPDX-License-Identifier: GPL-2.0 */
/* The program of docs/tutorial/first.md: processes that end, dispatched by their exit status. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, char[8]);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline int count(const char (*who)[8])
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&counts, who);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&counts, who, &one, BPF_ANY);
	return 0;
}

SEC("kprobe")
int success(struct pt_regs *ctx)
{
	char who[8] = "success";

	return count(&who);
}

SEC("kprobe")
int failure(struct pt_regs *ctx)
{
	char who[8] = "failure";

	return count(&who);
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} by_status SEC(".maps") = {
	.values = { [0] = (void *)&success },
};

SEC("kprobe/do_exit")
int process_ends(struct pt_regs *ctx)
{
	char who[8] = "other";
	__u32 status = PT_REGS_PARM1(ctx) >> 8 & 255;

	bpf_tail_call(ctx, &by_status, status);
	return count(&who);	/* no handler for this status */
}

char LICENSE[] SEC("license") = "GPL";
