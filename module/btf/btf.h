/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF blobs: kept for user space's pretty printing, for names of functions and for source lines.
 */
#ifndef XBPF_MODULE_BTF_H
#define XBPF_MODULE_BTF_H

#include "core/code.h"
#include "cmd/cmd.h"
#include "object/object.h"

struct xbpf_btf;

extern const struct xbpf_object_ops xbpf_btf_object;

void xbpf_btf_put(struct xbpf_btf *btf);	/* any context */
struct xbpf_btf *xbpf_btf_get_fd(u32 fd);	/* ERR_PTR(-EBADF), one reference */
u32 xbpf_btf_id(const struct xbpf_btf *btf);
bool xbpf_btf_has_type(const struct xbpf_btf *btf, u32 type_id);	/* 0 (void) counts */
/* NUL-terminated string at @off of the string section, or NULL. Lives as long as the BTF. */
const char *xbpf_btf_string(const struct xbpf_btf *btf, u32 off);
/*
 * What the FUNC @type_id says of a function (all of *func but its instruction); false: it is none.
 */
bool xbpf_btf_func(const struct xbpf_btf *btf, u32 type_id, struct xbpf_func *func);
/* All types, for as long as the BTF lives. */
struct xbpf_types xbpf_btf_types(const struct xbpf_btf *btf);

/* What a PROG_LOAD says by BTF of its instructions; all by kvmalloc, NULL where the count is 0. */
struct xbpf_btf_prog {
	struct bpf_line_info *line_info;	/* the records as given, for info */
	struct xbpf_line *lines;		/* what the same records mean */
	u32 line_cnt;
	struct bpf_func_info *func_info;
	struct xbpf_func *funcs;
	u32 func_cnt;
};

/*
 * The line_info and func_info of a PROG_LOAD (records of user-given size, tails must be zero),
 * sorted and checked against @insn_cnt, strings pointing into @btf: 0 or -errno with words.  Each
 * record is read once, so that what was checked is what info shows later, whatever user space does
 * with its memory.  On success *prog is the caller's to free; on failure it is all 0.  May sleep.
 */
long xbpf_btf_prog_read(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, u32 insn_cnt,
			struct xbpf_btf_prog *prog);
void xbpf_btf_prog_free(struct xbpf_btf_prog *prog);

#endif
