/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helper prototypes as data: the rows of include/lists/helpers.h.
 *
 * Interface.
 */
#ifndef XBPF_CORE_HELPER_H
#define XBPF_CORE_HELPER_H

#include "core/port.h"

enum xbpf_arg_type {
	XBPF_ARG_NONE,
	XBPF_ARG_ANY,			/* any initialised value but no pointer leak is possible */
	XBPF_ARG_MAYBE,			/* ... or none: the helper may read all 64 bits, or not look at it */
	XBPF_ARG_SCALAR,
	XBPF_ARG_CTX,
	XBPF_ARG_MAP,			/* constant pointer to a map */
	XBPF_ARG_MAP_KEY,		/* key_size readable bytes */
	XBPF_ARG_MAP_VALUE,		/* value_size readable bytes */
	XBPF_ARG_MEM,			/* readable, initialised; its size is the next argument */
	XBPF_ARG_MEM_OR_NULL,		/* ... or NULL with size 0 */
	XBPF_ARG_MEM_UNINIT,		/* written by the helper; its size is the next argument */
	XBPF_ARG_SIZE,			/* bytes of the argument before, never 0 */
	XBPF_ARG_SIZE_OR_ZERO,
	XBPF_ARG_MAP_VALUE_UNINIT,	/* value_size bytes that the helper writes */
	XBPF_ARG_CONST_STR,		/* a NUL-terminated string in a read-only, frozen map */
	XBPF_ARG_CALLBACK,		/* a function of the program (BPF_PSEUDO_FUNC) */
	XBPF_ARG_STACK_OR_NULL,		/* what a callback gets as its context */
	XBPF_ARG_ALLOC_SIZE,		/* a constant: bytes of the memory returned */
	XBPF_ARG_RINGBUF_MEM,		/* a whole record of ringbuf_reserve; the call gives it back */
};

enum xbpf_ret_type {
	XBPF_RET_VOID,			/* R0 unreadable afterwards */
	XBPF_RET_SCALAR,
	XBPF_RET_MAP_VALUE_OR_NULL,	/* of a map of maps: the inner map, or null */
	XBPF_RET_RINGBUF_MEM_OR_NULL,	/* ALLOC_SIZE writable bytes; must be given back on every path */
};

/* What a helper's callback is called with; it returns 0 (go on) or 1 (stop). */
enum xbpf_callback_type {
	XBPF_CALLBACK_NONE,
	XBPF_CALLBACK_LOOP,		/* (u32 index, void *ctx) */
	XBPF_CALLBACK_EACH,		/* (map, key, value, void *ctx) */
};

struct xbpf_helper {
	u32 id;			/* enum bpf_func_id */
	const char *name;	/* without "bpf_" */
	u8 ret;			/* enum xbpf_ret_type */
	u8 arg[5];		/* enum xbpf_arg_type */
	u8 callback;		/* enum xbpf_callback_type, of the XBPF_ARG_CALLBACK */
	bool gpl_only;
	bool perfmon;		/* only for who has CAP_PERFMON: by code->may_leak, or by the type of the program */
	bool size_bounds_result;	/* a negative errno, or at most the XBPF_ARG_SIZE* */
	bool reads_kernel;	/* wherever a number points to (formats do: %s and %pI4): lockdown refuses it */
	bool moves_packet;	/* pointers into the packet are worth nothing afterwards */
	u64 map_types;		/* bit per enum bpf_map_type that XBPF_ARG_MAP may be */
	u64 prog_types;		/* bit per row of prog_type.h's xbpf_prog_type_bit(); ~0: all */
};

/* NULL: unknown to xbpf. */
const struct xbpf_helper *xbpf_helper_find(u32 id);
/* The upstream name of any helper number, known to xbpf or not; NULL beyond the list. */
const char *xbpf_helper_name(u32 id);
const struct xbpf_helper *xbpf_helper_at(u32 i);	/* for listings, until NULL */
/*
 * Which of R1 to R5 the helper looks at, a bit for each: the one answer for liveness and the JIT.
 * All five of one that is unknown.
 */
u32 xbpf_helper_reads(u32 id);
/* May programs of this type call it? */
bool xbpf_helper_allowed(const struct xbpf_helper *h, u32 prog_type);

#endif
