/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program types.  What a context looks like is the ABI of the stock types of the
 * same numbers.
 */
#include "prog_type.h"

/* struct pt_regs of x86-64: 21 registers. */
#define PT_REGS_SIZE 168u

static bool inside(const struct xbpf_ctx_access *a, u32 from, u32 to)
{
	return a->off >= from && a->off < to && a->size <= to - a->off && !(a->off % a->size);
}

static bool kprobe_access(struct xbpf_ctx_access *a)
{
	return !a->write && inside(a, 0, PT_REGS_SIZE);
}

/* What a socket filter sees of struct __sk_buff. */
struct field {
	u16 from, to;
	bool writable;
};

#define FIELD(name) \
	{ offsetof(struct __sk_buff, name), \
	  offsetof(struct __sk_buff, name) + sizeof(((struct __sk_buff *)NULL)->name), false }
#define FIELDS(first, last) \
	{ offsetof(struct __sk_buff, first), \
	  offsetof(struct __sk_buff, last) + sizeof(((struct __sk_buff *)NULL)->last), false }

static const struct field skb_fields[] = {
	FIELDS(len, tc_index),		/* len to tc_index: u32 each */
	{ offsetof(struct __sk_buff, cb), offsetof(struct __sk_buff, cb) + 20, true },
	FIELD(hash),
	FIELD(napi_id),
	FIELD(gso_segs),
	FIELD(gso_size),
};

static bool socket_filter_access(struct xbpf_ctx_access *a)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(skb_fields); i++) {
		const struct field *f = &skb_fields[i];
		u32 begin = a->off & ~3u;

		if (!inside(a, f->from, f->to))
			continue;
		if (a->write)
			return f->writable;
		/* cb[] may be read by eight bytes, the others are u32 */
		if (a->size == 8)
			return f->writable;
		return a->off + a->size <= begin + 4;
	}
	return false;
}

static const struct xbpf_prog_type_info types[] = {
	{
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = "socket_filter",
		.ctx_size = sizeof(struct __sk_buff),
		.ctx_access = socket_filter_access,
	}, {
		.type = BPF_PROG_TYPE_KPROBE,
		.name = "kprobe",
		.ctx_size = PT_REGS_SIZE,
		.ctx_access = kprobe_access,
		.tracing = true,
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
