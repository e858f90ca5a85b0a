/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two tables, both filled by the object, shared by programs, called from one another; work is
 * done in functions that are really called. The path through them is left in a map.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} path SEC(".maps");

/* appends one decimal digit */
static __attribute__((noinline)) int note(__u64 digit)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&path, &zero);

	if (!value)
		return -1;
	*value = *value * 10 + digit;
	return 0;
}

int first_a(struct pt_regs *ctx);
int first_b(struct pt_regs *ctx);
int second_a(struct pt_regs *ctx);
int second_b(struct pt_regs *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} first SEC(".maps") = { .values = { [0] = (void *)&first_a, [2] = (void *)&first_b } };

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} second SEC(".maps") = { .values = { [1] = (void *)&second_a, [3] = (void *)&second_b } };

SEC("kprobe")
int start(struct pt_regs *ctx)
{
	__u64 *value;
	__u32 zero = 0;

	value = bpf_map_lookup_elem(&path, &zero);
	if (value)
		*value = 0;
	note(1);
	bpf_tail_call(ctx, &first, (__u32)PT_REGS_PARM1(ctx));
	note(9);
	return 9;
}

SEC("kprobe")
int first_a(struct pt_regs *ctx)
{
	note(2);
	bpf_tail_call(ctx, &second, (__u32)PT_REGS_PARM2(ctx));
	note(8);
	return 8;
}

SEC("kprobe")
int first_b(struct pt_regs *ctx)
{
	volatile char room[256];

	room[0] = (char)PT_REGS_PARM2(ctx);
	note(3);
	bpf_tail_call(ctx, &first, 1);		/* empty */
	bpf_tail_call(ctx, &second, room[0]);
	note(7);
	return 7;
}

SEC("kprobe")
int second_a(struct pt_regs *ctx)
{
	note(4);
	return 4;
}

SEC("kprobe")
int second_b(struct pt_regs *ctx)
{
	note(5);
	bpf_tail_call(ctx, &first, 0);		/* round and round until the budget is used up */
	note(6);
	return 6;
}

char LICENSE[] SEC("license") = "GPL";
