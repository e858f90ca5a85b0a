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

/* Who may load programs of a type. A row that does not say it: nobody. */
enum xbpf_load_right {
	XBPF_LOAD_NOBODY,
	XBPF_LOAD_BPF,		/* CAP_BPF is all */
	XBPF_LOAD_PERFMON,	/* CAP_PERFMON too */
	XBPF_LOAD_NET_ADMIN,	/* CAP_NET_ADMIN too */
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
	u8 load;		/* enum xbpf_load_right */
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
	bool packet_write;	/* direct writes to the packet are allowed */
	bool packet_load;	/* LD_ABS and LD_IND are allowed */
};

/*
 * Sets of types are words of 64 bits: enum bpf_prog_type's own numbers from the bottom, ours
 * (enum xbpf_prog_type) from the top, where 16 bits are theirs.
 */
#define XBPF_PROG_TYPE_BITS	64u
#define XBPF_PROG_TYPE_OWN	0x1000u	/* the first of ours */
#define XBPF_PROG_TYPE_OWN_BITS	16u

/* The place of a type in them; XBPF_PROG_TYPE_BITS: it has none. */
static inline u32 xbpf_prog_type_place(u32 type)
{
	if (type >= XBPF_PROG_TYPE_OWN && type - XBPF_PROG_TYPE_OWN < XBPF_PROG_TYPE_OWN_BITS)
		return XBPF_PROG_TYPE_BITS - 1 - (type - XBPF_PROG_TYPE_OWN);
	return type < XBPF_PROG_TYPE_BITS - XBPF_PROG_TYPE_OWN_BITS ? type : XBPF_PROG_TYPE_BITS;
}

/* The other way. */
static inline u32 xbpf_prog_type_at_place(u32 place)
{
	return place < XBPF_PROG_TYPE_BITS - XBPF_PROG_TYPE_OWN_BITS ? place :
		XBPF_PROG_TYPE_OWN + XBPF_PROG_TYPE_BITS - 1 - place;
}

static inline u64 xbpf_prog_type_bit(u32 type)
{
	u32 place = xbpf_prog_type_place(type);

	return place < XBPF_PROG_TYPE_BITS ? 1ULL << place : 0;
}

/* NULL: xbpf has no such type. */
const struct xbpf_prog_type_info *xbpf_prog_type_find(u32 type);
/* "unknown" for a type that has no row. */
const char *xbpf_prog_type_name(u32 type);
/* For listings: i = 0, 1, ... until NULL. */
const struct xbpf_prog_type_info *xbpf_prog_type_at(u32 i);

#endif
