/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A handler for any event, as a tracer has it: the filters and the arguments are described by a
 * map, each argument has one of many types, and actions follow what matched.
 */
#define NAMES 12
#include "tracer.h"

#define ARGS	5
#define VALUES	8
#define ACTIONS	4

enum type { NONE, S8, S16, S32, S64, STRING, BUFFER, FILE_ARG, PATH_ARG, CRED_ARG, TASK_ARG, NAME };

struct filter {
	__u32 op, value_cnt;
	__u64 value[VALUES];
};

struct event {
	__u32 id, size, type[ARGS], filtered[ARGS], action[ACTIONS];
	struct filter filter[ARGS];
};

struct record {
	struct identity who;
	__u32 id, matched, at[ARGS];
	char data[2 * DATA_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct event);
} descriptions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record);
} scratch SEC(".maps");

static __noinline __u32 put_number(struct record *r, __u32 at, __u64 number, __u32 size)
{
	at &= DATA_SIZE - 1;
	size = size > 8 ? 8 : size;
	bpf_probe_read_kernel(r->data + at, size, &number);
	return at + size;
}

static __noinline __u32 put_string(struct record *r, __u32 at, const void *from)
{
	long n;

	at &= DATA_SIZE - 1;
	n = bpf_probe_read_user_str(r->data + at, 256, from);
	return n < 0 ? at : at + (n & 255);
}

static __always_inline __u32 put(struct record *r, __u32 at, __u32 type, unsigned long arg)
{
	struct identity identity = {};
	struct qstr name = {};
	__u64 size = 0;

	keep(at);
	switch (type) {
	case S8:
		return put_number(r, at, (__s8)arg, 1);
	case S16:
		return put_number(r, at, (__s16)arg, 2);
	case S32:
		return put_number(r, at, (__s32)arg, 4);
	case S64:
		return put_number(r, at, arg, 8);
	case STRING:
		return put_string(r, at, (void *)arg);
	case BUFFER:
		bpf_probe_read_user(&size, sizeof(size), (void *)arg);
		at &= DATA_SIZE - 1;
		if (size > 1024)
			size = 1024;
		if (bpf_probe_read_user(r->data + at, size, (void *)arg + 8))
			return at;
		return at + size;
	case FILE_ARG:
		return path_of(r->data, at, &((struct file *)arg)->path);
	case PATH_ARG:
		return path_of(r->data, at, (struct path *)arg);
	case TASK_ARG:
		identify(&identity, (struct task_struct *)arg);
		at &= DATA_SIZE - 1;
		__builtin_memcpy(r->data + at, &identity, sizeof(identity));
		return at + sizeof(identity);
	case NAME:
		bpf_probe_read_kernel(&name, sizeof(name), (void *)arg);
		name.len &= 127;
		at &= DATA_SIZE - 1;
		bpf_probe_read_kernel(r->data + at, name.len, name.name);
		return at + name.len;
	}
	return at;
}

static __noinline int matches(const struct filter *filter, __u64 arg)
{
	__u32 i;

	for (i = 0; i < VALUES; i++) {
		if (i >= filter->value_cnt)
			break;
		switch (filter->op) {
		case 0:
			if (arg == filter->value[i])
				return 1;
			break;
		case 1:
			if (arg != filter->value[i])
				return 1;
			break;
		case 2:
			if (arg > filter->value[i])
				return 1;
			break;
		case 3:
			if (arg & filter->value[i])
				return 1;
			break;
		}
	}
	return 0;
}

static __always_inline void act(struct record *r, __u32 action)
{
	__u32 pid = r->who.pid;
	struct process *known, fresh = {};

	switch (action) {
	case 1:
		bpf_map_delete_elem(&processes, &pid);
		break;
	case 2:
		known = bpf_map_lookup_elem(&processes, &pid);
		if (known)
			known->execs++;
		break;
	case 3:
		fresh.identity = r->who;
		bpf_map_update_elem(&processes, &pid, &fresh, 0);
		break;
	case 4:
		bpf_send_signal(9);
		break;
	}
}

SEC("kprobe/do_filp_open")
int on_event(struct pt_regs *ctx)
{
	unsigned long arg[ARGS] = { ctx->rdi, ctx->rsi, ctx->rdx, ctx->rcx, ctx->r8 };
	__u32 zero = 0, id = 1, at = 0;
	struct event *event;
	struct record *r;
	int i;

	r = bpf_map_lookup_elem(&scratch, &zero);
	event = bpf_map_lookup_elem(&descriptions, &id);
	if (!r || !event || !wanted(id))
		return 0;
	identify(&r->who, (struct task_struct *)bpf_get_current_task());
	r->id = event->id;
	_Pragma("unroll")
	for (i = 0; i < ARGS; i++) {
		if (event->filtered[i] && !matches(&event->filter[i], arg[i]))
			return 0;
	}
	_Pragma("unroll")
	for (i = 0; i < ARGS; i++) {
		r->at[i] = at;
		at = put(r, at, event->type[i], arg[i]);
	}
	_Pragma("unroll")
	for (i = 0; i < ACTIONS; i++)
		act(r, event->action[i]);
	send(r, (__builtin_offsetof(struct record, data) + at) & (DATA_SIZE - 1));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
