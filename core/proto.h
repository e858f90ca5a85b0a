/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prototypes of functions, read from BTF: what a global function may be given, and what it gives
 * back.
 *
 * Interface.
 */
#ifndef XBPF_CORE_PROTO_H
#define XBPF_CORE_PROTO_H

#include "core/port.h"
#include "core/prog_type.h"

/*
 * The types of a BTF.  Whoever fills it in has checked that each type lies within @base, each name
 * within @strings (which ends with NUL) and each type id within @cnt, that a FUNC refers to a
 * FUNC_PROTO, and that no chain of typedefs and qualifiers comes back to itself.
 */
struct xbpf_types {
	const void *base;
	const u32 *off;		/* by id - 1, in bytes from base */
	u32 cnt;		/* ids are 1 to cnt; 0 is void */
	const char *strings;
};

enum xbpf_param_kind {
	XBPF_PARAM_NUMBER,	/* any of 64 bits */
	XBPF_PARAM_CTX,		/* the context of the program */
	XBPF_PARAM_MEM,		/* size bytes that may be read and written */
};

struct xbpf_param {
	u8 kind;		/* enum xbpf_param_kind */
	bool or_null;		/* XBPF_PARAM_MEM */
	u32 size;
};

#define XBPF_PARAMS_MAX	5u

struct xbpf_proto {
	struct xbpf_param param[XBPF_PARAMS_MAX];
	u32 cnt;
	bool is_void;		/* it gives nothing back, else a number */
};

/*
 * What a global function with the FUNC @func promises to take; or a negative errno with @why (for
 * "the function ...") when a program of @type could not be held to it: -EINVAL, for tags of
 * parameters that xbpf has not -EOPNOTSUPP.
 */
int xbpf_proto_read(const struct xbpf_types *types, u32 func,
		    const struct xbpf_prog_type_info *type, struct xbpf_proto *out, char *why,
		    size_t why_size);

#endif
