/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between program types: the context, and who may call what.
 *
 * Interface.  One row per program type in prog_type.c; numbers are those of
 * enum bpf_prog_type, and of enum xbpf_prog_type.
 */
#ifndef XBPF_CORE_PROG_TYPE_H
#define XBPF_CORE_PROG_TYPE_H

#include <linux/xbpf.h>
#include "core/port.h"

/*
 * The context of packet programs at run time.  Programs see struct __sk_buff;
 * the hook fills the copy below before the run (and writes back what the type
 * may write), so that an access is one load: no instruction is added by the
 * verifier, which at most changes offset and size.
 */
struct xbpf_skb_ctx {
	struct __sk_buff view;	/* as user space knows it; data, data_end, data_meta unused: see below */
	void *skb;		/* the kernel's struct sk_buff *; NULL in the user-space runtime */
	const u8 *data;		/* the linear bytes */
	const u8 *data_end;
	u32 data_len;		/* bytes of packet reachable by bpf_skb_load_bytes */
};

/* What a load from the context gives. */
enum xbpf_ctx_result {
	XBPF_CTX_NUMBER,
	XBPF_CTX_PACKET,	/* first byte of the linear packet */
	XBPF_CTX_PACKET_END,	/* behind its last one */
	XBPF_CTX_PACKET_META,	/* always equal to the first byte: there is no metadata */
};

/* One access to the context, asked and answered. */
struct xbpf_ctx_access {
	u32 off;		/* in: as the program says; out: in the run-time context */
	u8 size;		/* in, out: bytes; a packet pointer is asked for with 4, answered with 8 */
	bool write;
	u8 result;		/* out: enum xbpf_ctx_result */
};

struct xbpf_prog_type_info {
	u32 type;
	const char *name;	/* as bpftool spells it: "kprobe", "socket_filter" */
	u32 ctx_size;		/* bytes of context that user space knows (test run's ctx_in) */
	/* true and *a rewritten when the access is allowed */
	bool (*ctx_access)(struct xbpf_ctx_access *a);
	/*
	 * Names by which a pointer parameter of a function is known to be the context (NULL: none);
	 * ctx_kernel_struct is what the kernel calls it.
	 */
	const char *ctx_struct, *ctx_typedef, *ctx_kernel_struct;
	bool ctx_words;		/* it is an array of u64 */
	bool tracing;		/* loading needs CAP_PERFMON too */
	bool packet_write;	/* direct writes to the packet are allowed */
	bool packet_load;	/* LD_ABS and LD_IND are allowed */
};

/* The bit of a type in sets of types: enum bpf_prog_type's own number, ours at the top. */
static inline u64 xbpf_prog_type_bit(u32 type)
{
	if (type == XBPF_PROG_TYPE_SYSCALL_FILTER)
		return 1ULL << 63;
	return type < 63 ? 1ULL << type : 0;
}

/* NULL: xbpf has no such type. */
const struct xbpf_prog_type_info *xbpf_prog_type_find(u32 type);
/* "unknown" for a type that has no row. */
const char *xbpf_prog_type_name(u32 type);
/* For listings: i = 0, 1, ... until NULL. */
const struct xbpf_prog_type_info *xbpf_prog_type_at(u32 i);

#endif
