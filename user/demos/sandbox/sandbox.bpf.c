/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A filter for system calls, by tail call: `sandbox` looks at every call of the tasks that it is
 * attached to and dispatches by number. A call without a handler is allowed. Handlers return a
 * verdict as seccomp's; the call is made only when it is ALLOW.
 *
 * What it keeps: no file is opened for writing but below /tmp and for /dev/null and /dev/tty, and
 * no socket is made. What it is not: a wall against whoever means harm. A path is read here and
 * once more by the kernel, and another thread may change it in between; links are not followed.
 */
#include <linux/bpf.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <bpf/bpf_helpers.h>

enum { NR_OPEN = 2, NR_SOCKET = 41, NR_SOCKETPAIR = 53, NR_CREAT = 85, NR_OPENAT = 257,
       NR_OPEN_BY_HANDLE_AT = 304, NR_IO_URING_SETUP = 425, NR_OPENAT2 = 437, NR_LAST = 511 };

enum { DENIED = 1, BAD_ADDRESS = 14, ACCESS = 13 };	/* EPERM, EFAULT, EACCES */

/* O_ACCMODE, O_CREAT, O_TRUNC, O_TMPFILE's own bit */
#define WRITES	(3 | 0100 | 01000 | 020000000)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u64);
} denied SEC(".maps");

static __always_inline __u32 deny(__u32 nr, __u32 error)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&denied, &nr);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&denied, &nr, &one, BPF_ANY);
	return SECCOMP_RET_ERRNO | error;
}

static __always_inline int begins(const char *path, const char *with, int len)
{
	int i;

#pragma clang loop unroll(full)
	for (i = 0; i < len; i++)
		if (path[i] != with[i])
			return 0;
	return 1;
}

static __always_inline __u32 check_path(__u32 nr, __u64 user_path)
{
	char path[256] = "";
	long len = bpf_probe_read_user_str(path, sizeof(path), (const void *)user_path);
	int i;

	if (len < 0)
		return deny(nr, BAD_ADDRESS);
	/* the terminating zero counts: these match whole names */
	if (begins(path, "/dev/null", 10) || begins(path, "/dev/tty", 9))
		return SECCOMP_RET_ALLOW;
	if (!begins(path, "/tmp/", 5))
		return deny(nr, ACCESS);
	for (i = 4; i < 253; i++) {
		if (!path[i])
			return SECCOMP_RET_ALLOW;
		if (path[i] == '/' && path[i + 1] == '.' && path[i + 2] == '.')
			break;		/* leads out of /tmp, or might */
	}
	return deny(nr, ACCESS);
}

SEC("seccomp")
__u32 on_open(struct seccomp_data *ctx)
{
	return ctx->args[1] & WRITES ? check_path(NR_OPEN, ctx->args[0]) : SECCOMP_RET_ALLOW;
}

SEC("seccomp")
__u32 on_creat(struct seccomp_data *ctx)
{
	return check_path(NR_CREAT, ctx->args[0]);
}

SEC("seccomp")
__u32 on_openat(struct seccomp_data *ctx)
{
	return ctx->args[2] & WRITES ? check_path(NR_OPENAT, ctx->args[1]) : SECCOMP_RET_ALLOW;
}

SEC("seccomp")
__u32 on_openat2(struct seccomp_data *ctx)
{
	__u64 flags = WRITES;

	if (bpf_probe_read_user(&flags, sizeof(flags), (const void *)ctx->args[2]))
		return deny(NR_OPENAT2, BAD_ADDRESS);
	return flags & WRITES ? check_path(NR_OPENAT2, ctx->args[1]) : SECCOMP_RET_ALLOW;
}

/* For whatever may not be called at all. */
SEC("seccomp")
__u32 on_forbidden(struct seccomp_data *ctx)
{
	return deny(ctx->nr, DENIED);
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NR_LAST + 1);
	__uint(key_size, sizeof(__u32));
	__array(values, __u32 (void *));
} syscall_table SEC(".maps") = {
	.values = {
		[NR_OPEN] = (void *)&on_open,
		[NR_CREAT] = (void *)&on_creat,
		[NR_OPENAT] = (void *)&on_openat,
		[NR_OPENAT2] = (void *)&on_openat2,
		[NR_SOCKET] = (void *)&on_forbidden,
		[NR_SOCKETPAIR] = (void *)&on_forbidden,
		[NR_OPEN_BY_HANDLE_AT] = (void *)&on_forbidden,
		[NR_IO_URING_SETUP] = (void *)&on_forbidden,
	},
};

SEC("seccomp")
__u32 sandbox(struct seccomp_data *ctx)
{
	/* the numbers of 32-bit programs are others: none of their calls is made */
	if (ctx->arch != AUDIT_ARCH_X86_64 || ctx->nr & 0x40000000)
		return deny(ctx->nr, DENIED);
	bpf_tail_call(ctx, &syscall_table, ctx->nr);
	return SECCOMP_RET_ALLOW;
}

char LICENSE[] SEC("license") = "GPL";
