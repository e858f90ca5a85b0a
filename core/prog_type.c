/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program types.  What a context looks like is the ABI of the upstream types of the
 * same numbers.
 */
#include "core/prog_type.h"

/* struct pt_regs of x86-64: 21 registers. */
#define PT_REGS_SIZE 168u

/* What perf allows a record of a trace event to have; the first 8 bytes are the kernel's own. */
#define TRACE_RECORD_SIZE 2048u
#define TRACE_RECORD_HEAD 8u

/* The most arguments that a tracepoint can have. */
#define RAW_ARGS 12u

/*
 * struct seccomp_data: s32 nr, u32 arch, then the instruction pointer and six arguments of 8 bytes.
 */
#define SECCOMP_DATA_SIZE 64u

static bool inside(const struct xbpf_ctx_access *a, u32 from, u32 to)
{
	return a->off >= from && a->off < to && a->size <= to - a->off && !(a->off % a->size);
}

static bool kprobe_access(struct xbpf_ctx_access *a)
{
	return !a->write && inside(a, 0, PT_REGS_SIZE);
}

static bool tracepoint_access(struct xbpf_ctx_access *a)
{
	return !a->write && inside(a, TRACE_RECORD_HEAD, TRACE_RECORD_SIZE);
}

static bool raw_tracepoint_access(struct xbpf_ctx_access *a)
{
	return !a->write && inside(a, 0, RAW_ARGS * 8);
}

static bool syscall_filter_access(struct xbpf_ctx_access *a)
{
	return !a->write && a->size >= 4 && inside(a, 0, SECCOMP_DATA_SIZE);
}

/* --- packets: a part of struct __sk_buff for each type -------------------------------------- */

/* Accesses that a field allows. */
#define FIELD_NARROW	1u	/* reads of 1, 2 and 4 bytes inside of one u32 */
#define FIELD_WRITE	2u	/* writes of 4 bytes */
#define FIELD_CB	4u	/* reads and writes of any size, over all of cb[] */
#define FIELD_WIDE	8u	/* reads of 8 bytes */

struct field {
	u16 from, to;
	u8 how;
};

#define FIELDS(first, last, how) \
	{ offsetof(struct __sk_buff, first), \
	  offsetof(struct __sk_buff, last) + sizeof(((struct __sk_buff *)NULL)->last), how }
#define FIELD(name, how)	FIELDS(name, name, how)

static const struct field socket_filter_fields[] = {
	FIELDS(len, tc_index, FIELD_NARROW),
	FIELDS(cb, cb, FIELD_CB),
	FIELD(hash, FIELD_NARROW),
	FIELD(napi_id, FIELD_NARROW),
	FIELD(gso_segs, FIELD_NARROW),
	FIELD(gso_size, FIELD_NARROW),
};

/*
 * Not among them, though the stock kernel has them here: sk, which is a pointer to check, writes of
 * tstamp, and tstamp_type and hwtstamp, which older kernels do not have.
 */
static const struct field sched_cls_fields[] = {
	FIELDS(len, pkt_type, FIELD_NARROW),
	FIELDS(mark, queue_mapping, FIELD_NARROW | FIELD_WRITE),
	FIELDS(protocol, vlan_proto, FIELD_NARROW),
	FIELD(priority, FIELD_NARROW | FIELD_WRITE),
	FIELDS(ingress_ifindex, ifindex, FIELD_NARROW),
	FIELD(tc_index, FIELD_NARROW | FIELD_WRITE),
	FIELDS(cb, cb, FIELD_CB),
	FIELD(hash, FIELD_NARROW),
	FIELD(tc_classid, FIELD_NARROW | FIELD_WRITE),
	FIELD(napi_id, FIELD_NARROW),
	FIELD(tstamp, FIELD_WIDE),
	FIELDS(wire_len, gso_segs, FIELD_NARROW),
	FIELD(gso_size, FIELD_NARROW),
};

static bool field_access(const struct field *f, const struct xbpf_ctx_access *a)
{
	if (f->how & FIELD_CB)
		return true;
	if (a->write)
		return f->how & FIELD_WRITE && a->size == 4;
	if (f->how & FIELD_WIDE)
		return a->size == 8;
	/* aligned, and so within one u32 */
	return a->size <= 4;
}

static bool fields_access(const struct field *fields, u32 cnt, const struct xbpf_ctx_access *a)
{
	u32 i;

	for (i = 0; i < cnt; i++)
		if (inside(a, fields[i].from, fields[i].to))
			return field_access(&fields[i], a);
	return false;
}

static bool socket_filter_access(struct xbpf_ctx_access *a)
{
	return fields_access(socket_filter_fields, ARRAY_SIZE(socket_filter_fields), a);
}

/* A u32 for user space, a whole pointer for the program. */
static bool packet_access(struct xbpf_ctx_access *a, u32 run_off, enum xbpf_ctx_result result)
{
	if (a->write || a->size != 4)
		return false;
	a->off = run_off;
	a->size = 8;
	a->result = result;
	return true;
}

static bool sched_cls_access(struct xbpf_ctx_access *a)
{
	switch (a->off) {
	case offsetof(struct __sk_buff, data):
		return packet_access(a, offsetof(struct xbpf_skb_ctx, data), XBPF_CTX_PACKET);
	case offsetof(struct __sk_buff, data_end):
		return packet_access(a, offsetof(struct xbpf_skb_ctx, data_end), XBPF_CTX_PACKET_END);
	case offsetof(struct __sk_buff, data_meta):
		return packet_access(a, offsetof(struct xbpf_skb_ctx, data), XBPF_CTX_PACKET_META);
	}
	return fields_access(sched_cls_fields, ARRAY_SIZE(sched_cls_fields), a);
}

static const struct xbpf_prog_type_info types[] = {
	{
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.load = XBPF_LOAD_BPF,
		.name = "socket_filter",
		.ctx_struct = "__sk_buff",
		.ctx_kernel_struct = "sk_buff",
		.ctx_size = sizeof(struct __sk_buff),
		.ctx_access = socket_filter_access,
		.packet_load = true,
	}, {
		.type = BPF_PROG_TYPE_KPROBE,
		.load = XBPF_LOAD_PERFMON,
		.name = "kprobe",
		.ctx_struct = "pt_regs",
		.ctx_typedef = "bpf_user_pt_regs_t",
		.ctx_size = PT_REGS_SIZE,
		.ctx_access = kprobe_access,
	}, {
		.type = BPF_PROG_TYPE_SCHED_CLS,
		.load = XBPF_LOAD_NET_ADMIN,
		.name = "sched_cls",
		.ctx_struct = "__sk_buff",
		.ctx_kernel_struct = "sk_buff",
		.ctx_size = sizeof(struct __sk_buff),
		.ctx_access = sched_cls_access,
		.packet_write = true,
		.packet_load = true,
	}, {
		.type = BPF_PROG_TYPE_TRACEPOINT,
		.load = XBPF_LOAD_PERFMON,
		.name = "tracepoint",
		.ctx_size = TRACE_RECORD_SIZE,
		.ctx_access = tracepoint_access,
	}, {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.load = XBPF_LOAD_PERFMON,
		.name = "raw_tracepoint",
		.ctx_struct = "bpf_raw_tracepoint_args",
		.ctx_words = true,
		.ctx_size = RAW_ARGS * 8,
		.ctx_access = raw_tracepoint_access,
	}, {
		.type = XBPF_PROG_TYPE_SYSCALL_FILTER,
		.load = XBPF_LOAD_BPF,
		.name = "syscall_filter",
		.ctx_struct = "seccomp_data",
		.ctx_size = SECCOMP_DATA_SIZE,
		.ctx_access = syscall_filter_access,
	},
};

const struct xbpf_prog_type_info *xbpf_prog_type_at(u32 i)
{
	return i < ARRAY_SIZE(types) ? &types[i] : NULL;
}

const struct xbpf_prog_type_info *xbpf_prog_type_find(u32 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

const char *xbpf_prog_type_name(u32 type)
{
	const struct xbpf_prog_type_info *t = xbpf_prog_type_find(type);

	return t ? t->name : "unknown";
}
