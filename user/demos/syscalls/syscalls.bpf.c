/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls as a jump table: the entry program sits on the sys_enter tracepoint, which every
 * system call passes, and tail-calls syscall_table[nr]. A call without a handler falls through to
 * the rest of the entry program. Whoever sees a call counts it, so that the counts add up to the
 * calls, whatever happens to the table meanwhile.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* x86-64's numbers */
enum { NR_READ = 0, NR_WRITE = 1, NR_OPENAT = 257, NR_EXECVE = 59, NR_LAST = 511 };

enum handler { by_default, by_read, by_write, by_openat, by_execve };

struct who {
	enum handler handler;
	__u32 nr;
};

struct stats {
	__u64 calls;
	__u64 bytes;		/* read, write: asked for */
};

/* One set of counters per CPU: no CPU waits for another. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct who);
	__type(value, struct stats);
} stats SEC(".maps");

/* Whose calls; [0] is a process id. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, char[32]);
	__type(value, __u64);
} opened SEC(".maps");

static __always_inline void count(enum handler handler, __u32 nr, __u64 bytes)
{
	struct who who = { handler, nr };
	struct stats one = { 1, bytes }, *s = bpf_map_lookup_elem(&stats, &who);

	if (s) {
		s->calls++;
		s->bytes += bytes;
	} else {
		bpf_map_update_elem(&stats, &who, &one, BPF_ANY);
	}
}

/* ctx->args[0] is the struct pt_regs of the call, args[1] its number. */
static __always_inline __u64 argument(struct bpf_raw_tracepoint_args *ctx, int n)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), n == 1 ? &regs->rdi :
			      n == 2 ? &regs->rsi : &regs->rdx);
	return value;
}

SEC("raw_tp")
int on_read(struct bpf_raw_tracepoint_args *ctx)
{
	count(by_read, NR_READ, argument(ctx, 3));
	return 0;
}

SEC("raw_tp")
int on_write(struct bpf_raw_tracepoint_args *ctx)
{
	count(by_write, NR_WRITE, argument(ctx, 3));
	return 0;
}

SEC("raw_tp")
int on_openat(struct bpf_raw_tracepoint_args *ctx)
{
	char path[32] = "";
	__u64 zero = 0, *n;

	count(by_openat, NR_OPENAT, 0);
	/* not yet in memory the first time: the kernel has not read it either */
	if (bpf_probe_read_user_str(path, sizeof(path), (const void *)argument(ctx, 2)) < 0)
		return 0;
	n = bpf_map_lookup_elem(&opened, path);
	if (!n) {
		bpf_map_update_elem(&opened, path, &zero, BPF_NOEXIST);
		n = bpf_map_lookup_elem(&opened, path);
	}
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}

/* In no slot at first: demo.sh adds it while the calls go on. */
SEC("raw_tp")
int on_execve(struct bpf_raw_tracepoint_args *ctx)
{
	(void)ctx;
	count(by_execve, NR_EXECVE, 0);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NR_LAST + 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} syscall_table SEC(".maps") = {
	.values = {
		[NR_READ] = (void *)&on_read,
		[NR_WRITE] = (void *)&on_write,
		[NR_OPENAT] = (void *)&on_openat,
	},
};

SEC("raw_tp/sys_enter")
int system_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0, nr = (__u32)ctx->args[1], *tgid = bpf_map_lookup_elem(&target, &zero);

	if (!tgid || *tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	bpf_tail_call(ctx, &syscall_table, nr);
	count(by_default, nr, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
