/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The handler of an exec, as a tracer has it: who runs, since when, with which arguments, from
 * which path and folder, in one record of variable length. Unrolled, it is 8,000 instructions.
 */
#include "tracer.h"

#define ARGS		24
#define ARG_MAX		256
#define ENVS		12
#define PARENTS		6

struct exec_head {
	struct identity self, parents[PARENTS];
	__u32 parent_cnt, arg_cnt, env_cnt, flags;
	__u32 args_at, path_at, cwd_at, end;
};

struct exec_record {
	struct exec_head head;
	char data[2 * DATA_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_record);
} scratch SEC(".maps");

static __always_inline __u32 strings(struct exec_record *r, __u32 at, unsigned long from, int max,
				     __u32 *cnt)
{
	const char *from_user;
	int i;

	_Pragma("unroll")
	for (i = 0; i < max; i++) {
		long n;

		if (bpf_probe_read_user(&from_user, sizeof(from_user), (void *)(from + i * 8)) ||
		    !from_user)
			break;
		keep(at);
		at &= DATA_SIZE - 1;
		n = bpf_probe_read_user_str(r->data + at, ARG_MAX, from_user);
		if (n < 0)
			break;
		at += n & (ARG_MAX - 1);
		if (at >= DATA_SIZE)
			break;
		(*cnt)++;
	}
	return at;
}

SEC("raw_tracepoint/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0], *parent;
	struct mm_struct *mm;
	struct process *known, fresh = {};
	struct exec_record *r;
	__u32 zero = 0, pid, at = 0;
	int i;

	r = bpf_map_lookup_elem(&scratch, &zero);
	if (!r || !wanted(EVENT_EXEC))
		return 0;
	r->head.arg_cnt = r->head.env_cnt = r->head.parent_cnt = r->head.flags = 0;
	identify(&r->head.self, task);
	parent = task;
	_Pragma("unroll")
	for (i = 0; i < PARENTS; i++) {
		bpf_probe_read_kernel(&parent, sizeof(parent), &parent->real_parent);
		if (!parent)
			break;
		identify(&r->head.parents[i], parent);
		r->head.parent_cnt++;
		if (r->head.parents[i].pid <= 1)
			break;
	}
	bpf_probe_read_kernel(&mm, sizeof(mm), &task->mm);
	if (mm) {
		unsigned long args = 0, envs = 0;

		bpf_probe_read_kernel(&args, sizeof(args), &mm->arg_start);
		bpf_probe_read_kernel(&envs, sizeof(envs), &mm->env_start);
		r->head.args_at = at;
		at = strings(r, at, args, ARGS, &r->head.arg_cnt);
		at = strings(r, at, envs, ENVS, &r->head.env_cnt);
	}
	r->head.path_at = at;
	at = path_of(r->data, at, task_file(task));
	r->head.cwd_at = at;
	at = path_of(r->data, at, task_cwd(task));
	r->head.end = at;
	pid = r->head.self.pid;
	known = bpf_map_lookup_elem(&processes, &pid);
	if (!known) {
		fresh.identity = r->head.self;
		fresh.since = bpf_ktime_get_ns();
		bpf_map_update_elem(&processes, &pid, &fresh, 0);
		known = bpf_map_lookup_elem(&processes, &pid);
	}
	if (known) {
		known->execs++;
		if (known->identity.uid != r->head.self.uid)
			r->head.flags |= FLAG_NEW_USER;
		if (known->identity.caps != r->head.self.caps)
			r->head.flags |= FLAG_NEW_CAPS;
		known->identity = r->head.self;
	}
	send(r, sizeof(r->head) + at);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
