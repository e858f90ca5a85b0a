/* SPDX-License-Identifier: GPL-2.0 */
/* The program of docs/one-program.md, and what its tail call is pointed to there. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct tally {
	__u64 count[2];		/* ordinary signals, real-time signals */
	__u64 last;		/* who sent the last one: 'k', the kernel, or 'u', a process */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tally);
} tally SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

SEC("raw_tracepoint/signal_generate")	/* args: int sig, struct kernel_siginfo *info, ... */
int signal_sent(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 key = 0, code = 0;
	__u64 kind = (__u32)ctx->args[0] >= 32;
	struct tally *t;

	barrier_var(kind);	/* decided here, not behind the calls */
	bpf_probe_read_kernel(&code, sizeof(code), (void *)ctx->args[1] + 8);	/* si_code */
	t = bpf_map_lookup_elem(&tally, &key);
	if (t) {
		t->last = code == 128 ? 'k' : 'u';
		t->count[kind]++;
	}
	bpf_tail_call(ctx, &next, 2);
	return 0;
}

SEC("raw_tracepoint")
int nothing(void *ctx)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
