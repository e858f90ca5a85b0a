/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helper prototypes as data: one row per helper in helper.c, stock numbers.
 *
 * Interface.
 */
#ifndef XBPF_CORE_HELPER_H
#define XBPF_CORE_HELPER_H

#include "port.h"

enum xbpf_arg_type {
	XBPF_ARG_NONE,
	XBPF_ARG_ANY,			/* any initialised value but no pointer leak is possible */
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
};

enum xbpf_ret_type {
	XBPF_RET_VOID,			/* R0 unreadable afterwards */
	XBPF_RET_SCALAR,
	XBPF_RET_MAP_VALUE_OR_NULL,
};

struct xbpf_helper {
	u32 id;			/* enum bpf_func_id */
	const char *name;	/* without "bpf_" */
	u8 ret;			/* enum xbpf_ret_type */
	u8 arg[5];		/* enum xbpf_arg_type */
	bool gpl_only;
	u64 map_types;		/* bit per enum bpf_map_type that XBPF_ARG_MAP may be */
	u64 prog_types;		/* bit per enum bpf_prog_type; ~0: all */
};

/* NULL: unknown to xbpf. */
const struct xbpf_helper *xbpf_helper_find(u32 id);
/* The stock name of any helper number, known to xbpf or not; NULL beyond the list. */
const char *xbpf_helper_name(u32 id);
const struct xbpf_helper *xbpf_helper_at(u32 i);	/* for listings, until NULL */
/* May programs of this type call it? */
bool xbpf_helper_allowed(const struct xbpf_helper *h, u32 prog_type);

#endif
