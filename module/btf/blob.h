/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of a BTF: header, types, strings.  A blob that was read is well formed: every type,
 * member, name and type id lies within it.
 */
#ifndef XBPF_MODULE_BTF_BLOB_H
#define XBPF_MODULE_BTF_BLOB_H

#include <linux/btf.h>
#include "cmd/cmd.h"

struct xbpf_btf_blob {
	void *data;		/* size bytes; all the others point into it */
	u32 size;
	const char *strings;
	u32 strings_len;
	const void *types;
	u32 types_len;
	u32 type_cnt;		/* ids are 1..type_cnt; 0 is void */
	u32 *type_off;		/* by id - 1: offset in types */
};

/* Copies and checks: 0, or -errno with words, and nothing to free. */
long xbpf_btf_blob_read(struct xbpf_cmd *cmd, struct xbpf_btf_blob *blob, const void __user *from,
			u32 size);
void xbpf_btf_blob_free(struct xbpf_btf_blob *blob);

/* NULL: no such id, or void. */
const struct btf_type *xbpf_btf_blob_type(const struct xbpf_btf_blob *blob, u32 id);
/* NULL: outside. */
const char *xbpf_btf_blob_string(const struct xbpf_btf_blob *blob, u32 off);

#endif
