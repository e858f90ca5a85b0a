/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xbpfctl has to show: types of all kinds in maps, a table that the object fills in part,
 * programs that name their attach point and one that does not.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum kind {
	KIND_NONE,
	KIND_SIGNAL,
	KIND_OTHER = 7,
};

struct key {
	enum kind kind;
	__u32 number;
};

struct value {
	__u64 count;
	__s32 balance;
	char text[12];
	int low : 4;
	unsigned int high : 12;
	union {
		__u16 half;
		__u8 bytes[2];
	};
	struct {
		short x, y;
	} points[2];
	_Bool yes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, struct key);
	__type(value, struct value);
} typed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 8);
} untyped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

int on_user_one(struct pt_regs *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 32);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} handlers SEC(".maps") = { .values = { [10] = (void *)&on_user_one } };

__u64 user_one, others, returns, cookie;

SEC("kprobe")
int on_user_one(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&user_one, 1);
	return 1;
}

/* the name is longer than the 15 characters that the kernel keeps */
SEC("kprobe/do_send_sig_info")
int a_signal_was_sent(struct pt_regs *ctx)
{
	bpf_tail_call(ctx, &handlers, (__u32)PT_REGS_PARM1(ctx));
	__sync_fetch_and_add(&others, 1);
	return 0;
}

SEC("kretprobe/do_send_sig_info")
int a_signal_returned(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&returns, 1);
	return 0;
}

SEC("kprobe")
int keep_cookie(struct pt_regs *ctx)
{
	struct key key = { KIND_SIGNAL, 1 };
	struct value *value = bpf_map_lookup_elem(&typed, &key);

	cookie = bpf_get_attach_cookie(ctx);
	if (value)
		value->count++;
	return 0;
}

char _license[] SEC("license") = "GPL";
