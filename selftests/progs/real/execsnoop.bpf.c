/* SPDX-License-Identifier: GPL-2.0 */
/* The command lines of new programs: argv is read into one buffer, argument behind argument. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ARGS_MAX	20
#define ARG_SIZE	128
#define TOTAL		(ARGS_MAX * ARG_SIZE)
#define LAST		(TOTAL - ARG_SIZE)

struct sys_enter {
	__u64 common;
	long id;
	unsigned long args[6];
};

struct event {
	__u32 pid, uid;
	int ret, args_count;
	unsigned int args_size;
	char comm[16];
	char args[TOTAL];
};

static const struct event empty;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct event);
} execs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int enter(struct sys_enter *ctx)
{
	const char **argv = (const char **)ctx->args[1], *arg = 0;
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = (__u32)id;
	struct event *e;
	unsigned int got;
	int i;

	if (bpf_map_update_elem(&execs, &pid, &empty, BPF_NOEXIST))
		return 0;
	e = bpf_map_lookup_elem(&execs, &pid);
	if (!e)
		return 0;
	e->pid = id >> 32;
	e->uid = (__u32)bpf_get_current_uid_gid();
	got = bpf_probe_read_user_str(e->args, ARG_SIZE, (const char *)ctx->args[0]);
	if (got <= ARG_SIZE)
		e->args_size = got;
	else
		e->args[0] = '\0', e->args_size = 1;
	e->args_count = 1;
#pragma unroll
	for (i = 1; i < ARGS_MAX; i++) {
		if (bpf_probe_read_user(&arg, sizeof(arg), &argv[i]) || !arg)
			return 0;
		if (e->args_size > LAST)
			return 0;
		got = bpf_probe_read_user_str(&e->args[e->args_size], ARG_SIZE, arg);
		if (got > ARG_SIZE)
			return 0;
		e->args_count++;
		e->args_size += got;
	}
	if (!bpf_probe_read_user(&arg, sizeof(arg), &argv[ARGS_MAX]) && arg)
		e->args_count++;
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int leave(struct sys_enter *ctx)
{
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	struct event *e = bpf_map_lookup_elem(&execs, &pid);
	unsigned int size;

	if (!e)
		return 0;
	e->ret = (int)ctx->args[0];
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	size = __builtin_offsetof(struct event, args) + e->args_size;
	if (size <= sizeof(*e))
		bpf_ringbuf_output(&events, e, size, 0);
	bpf_map_delete_elem(&execs, &pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
