/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF blobs: kept for user space's pretty printing, for names of functions and for source lines.
 */
#ifndef XBPF_MODULE_BTF_H
#define XBPF_MODULE_BTF_H

#include "core/code.h"
#include "cmd/cmd.h"

struct file;
struct xbpf_btf;

void xbpf_btf_get(struct xbpf_btf *btf);
void xbpf_btf_put(struct xbpf_btf *btf);	/* any context */
struct xbpf_btf *xbpf_btf_get_fd(u32 fd);	/* ERR_PTR(-EBADF), one reference */
int xbpf_btf_new_fd(struct xbpf_btf *btf);
bool xbpf_btf_file(const struct file *file);
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

/*
 * The line_info and func_info of a PROG_LOAD (records of user-given size, tails must be zero),
 * sorted and checked against @insn_cnt, strings pointing into @btf: 0 or -errno with words. *lines,
 * *funcs by kvmalloc, the caller frees.
 */
int xbpf_btf_prog_info(struct xbpf_cmd *cmd, const struct xbpf_btf *btf, u32 insn_cnt,
		       struct xbpf_line **lines, u32 *line_cnt,
		       struct xbpf_func **funcs, u32 *func_cnt);

long xbpf_btf_info_cmd(struct xbpf_btf *btf, struct xbpf_cmd *cmd);

int xbpf_btf_init(void);
void xbpf_btf_exit(void);

#endif
