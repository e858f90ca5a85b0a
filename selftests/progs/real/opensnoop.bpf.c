/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who opens which file, and with what result: two tracepoints, a hash between them, a ring buffer
 * out.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sys_enter {
	__u64 common;
	long id;
	unsigned long args[6];
};

struct sys_exit {
	__u64 common;
	long id;
	long ret;
};

struct started {
	const char *path;
	int flags;
};

struct event {
	__u64 at;
	__u32 pid, uid;
	int flags, ret;
	char comm[16];
	char path[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct started);
} opening SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

const volatile __u32 only_pid = 0;
const volatile __u32 only_uid = (__u32)-1;
const volatile _Bool only_failed = 0;

static __always_inline int wanted(__u32 pid)
{
	if (only_pid && only_pid != pid)
		return 0;
	return only_uid == (__u32)-1 || only_uid == (__u32)bpf_get_current_uid_gid();
}

static __always_inline int opens(const char *path, int flags)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)id;
	struct started s = { .path = path, .flags = flags };

	if (wanted(id >> 32))
		bpf_map_update_elem(&opening, &tid, &s, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_open")
int enter_open(struct sys_enter *ctx)
{
	return opens((const char *)ctx->args[0], (int)ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct sys_enter *ctx)
{
	return opens((const char *)ctx->args[1], (int)ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int exit_openat(struct sys_exit *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)id;
	struct started *s = bpf_map_lookup_elem(&opening, &tid);
	struct event *e;

	if (!s)
		return 0;
	if (only_failed && ctx->ret >= 0)
		goto done;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		goto done;
	e->at = bpf_ktime_get_ns();
	e->pid = id >> 32;
	e->uid = (__u32)bpf_get_current_uid_gid();
	e->flags = s->flags;
	e->ret = (int)ctx->ret;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (bpf_probe_read_user_str(e->path, sizeof(e->path), s->path) < 0) {
		bpf_ringbuf_discard(e, 0);
		goto done;
	}
	bpf_ringbuf_submit(e, 0);
done:
	bpf_map_delete_elem(&opening, &tid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
