/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads a BTF blob: the header, the strings, then each type with what trails it.  The format is
 * that of Documentation/bpf/btf.rst, up to BTF_KIND_ENUM64 (19).
 *
 * What is checked is what makes later walks safe: bounds, ids, names, and that no chain of
 * typedefs and qualifiers comes back to itself.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "btf/blob.h"

/* What trails a type: one record of `once` bytes, and `each` bytes for every member (vlen). */
struct kind_row {
	const char *name;
	u8 once, each;
	bool vlen;		/* vlen may be other than 0 */
	bool flag;		/* kind_flag may be set */
	bool ref;		/* .type is a type id, not a size */
	bool chain;		/* ... that a walk to the real type follows */
	u8 member_type;		/* offset of a type id in each record + 1; 0: none */
	bool member_name;	/* each record begins with the offset of a name */
};

#define KIND_ARRAY	3
#define KIND_FUNC	12
#define KIND_FUNC_PROTO	13

static const struct kind_row kinds[] = {
	[1]  = { "INT", .once = 4 },
	[2]  = { "PTR", .ref = true },
	[3]  = { "ARRAY", .once = 12 },
	[4]  = { "STRUCT", .each = 12, .vlen = true, .flag = true, .member_type = 5, .member_name = true },
	[5]  = { "UNION", .each = 12, .vlen = true, .flag = true, .member_type = 5, .member_name = true },
	[6]  = { "ENUM", .each = 8, .vlen = true, .flag = true, .member_name = true },
	[7]  = { "FWD", .flag = true },
	[8]  = { "TYPEDEF", .ref = true, .chain = true },
	[9]  = { "VOLATILE", .ref = true, .chain = true },
	[10] = { "CONST", .ref = true, .chain = true },
	[11] = { "RESTRICT", .ref = true, .chain = true },
	[12] = { "FUNC", .vlen = true, .ref = true },
	[13] = { "FUNC_PROTO", .each = 8, .vlen = true, .ref = true, .member_type = 5,
		 .member_name = true },
	[14] = { "VAR", .once = 4, .ref = true },
	[15] = { "DATASEC", .each = 12, .vlen = true, .member_type = 1 },
	[16] = { "FLOAT" },
	[17] = { "DECL_TAG", .once = 4, .flag = true, .ref = true },
	[18] = { "TYPE_TAG", .flag = true, .ref = true, .chain = true },
	[19] = { "ENUM64", .each = 12, .vlen = true, .flag = true, .member_name = true },
};

static u32 kind_of(const struct btf_type *type)
{
	return (type->info >> 24) & 0x1f;
}

static u32 vlen_of(const struct btf_type *type)
{
	return type->info & 0xffff;
}

const struct btf_type *xbpf_btf_blob_type(const struct xbpf_btf_blob *blob, u32 id)
{
	if (!id || id > blob->type_cnt)
		return NULL;
	return blob->types + blob->type_off[id - 1];
}

const char *xbpf_btf_blob_string(const struct xbpf_btf_blob *blob, u32 off)
{
	return off < blob->strings_len ? blob->strings + off : NULL;
}

void xbpf_btf_blob_free(struct xbpf_btf_blob *blob)
{
	kvfree(blob->type_off);
	kvfree(blob->data);
	memset(blob, 0, sizeof(*blob));
}

/* ---- header and strings ---- */

static long check_sections(struct xbpf_cmd *cmd, const struct xbpf_btf_blob *blob,
			   const struct btf_header *h)
{
	u64 room = blob->size - h->hdr_len;

	if ((u64)h->type_off + h->type_len > room)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "BTF types (offset %u, %u bytes) reach beyond the %u bytes given",
				     h->type_off, h->type_len, blob->size);
	if ((u64)h->str_off + h->str_len > room)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "BTF strings (offset %u, %u bytes) reach beyond the %u bytes given",
				     h->str_off, h->str_len, blob->size);
	if (h->type_off || h->str_off != h->type_len || h->str_off + h->str_len != room)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "BTF types (offset %u, %u bytes) and strings (offset %u, %u "
				     "bytes) do not follow each other and fill the %u bytes given",
				     h->type_off, h->type_len, h->str_off, h->str_len, blob->size);
	if (!h->type_len || h->type_len % 4 || h->hdr_len % 4)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "BTF has %u bytes of types behind a header of %u: a multiple "
				     "of 4, not 0",
				     h->type_len, h->hdr_len);
	return 0;
}

static long read_header(struct xbpf_cmd *cmd, struct xbpf_btf_blob *blob)
{
	const struct btf_header *h = blob->data;

	if (blob->size < sizeof(*h))
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF of %u bytes: its header alone has %zu",
				     blob->size, sizeof(*h));
	if (h->magic != BTF_MAGIC)
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF magic is 0x%04x, not 0x%04x%s", h->magic, BTF_MAGIC,
				     h->magic == 0x9feb ? ": made for the other byte order" : "");
	if (h->version != BTF_VERSION)
		return xbpf_cmd_fail(cmd, -ENOTSUPP, "BTF version %u, not %u", h->version, BTF_VERSION);
	if (h->flags)
		return xbpf_cmd_fail(cmd, -ENOTSUPP, "BTF flags 0x%x: none are known", h->flags);
	if (h->hdr_len < sizeof(*h) || h->hdr_len > blob->size)
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF hdr_len %u of %u bytes given", h->hdr_len, blob->size);
	if (memchr_inv(blob->data + sizeof(*h), 0, h->hdr_len - sizeof(*h)))
		return xbpf_cmd_fail(cmd, -E2BIG,
				     "BTF header has non-zero bytes beyond the %zu known ones", sizeof(*h));
	return check_sections(cmd, blob, h);
}

static long read_strings(struct xbpf_cmd *cmd, struct xbpf_btf_blob *blob)
{
	if (!blob->strings_len || blob->strings[0] || blob->strings[blob->strings_len - 1])
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF strings must begin with the empty one and end with NUL");
	return 0;
}

/* ---- types ---- */

/*
 * The size of the type at @off with what trails it, or -EINVAL.  Checks what can be said before all
 * types are known.
 */
static long type_size(struct xbpf_cmd *cmd, const struct xbpf_btf_blob *blob, u32 off, u32 id)
{
	const struct btf_type *type = blob->types + off;
	u32 left = blob->types_len - off, size, kind;
	const struct kind_row *row;

	if (left < sizeof(*type))
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u: %u bytes are left, a type has %zu", id, left,
				     sizeof(*type));
	kind = kind_of(type);
	if (!kind || kind >= ARRAY_SIZE(kinds) || type->info & 0x60ff0000)
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u: info 0x%08x is of no known kind",
				     id, type->info);
	row = &kinds[kind];
	if ((vlen_of(type) && !row->vlen) || (type->info >> 31 && !row->flag))
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u: info 0x%08x: a %s has no %s", id,
				     type->info, row->name,
				     type->info >> 31 ? "kind_flag" : "members");
	if (!xbpf_btf_blob_string(blob, type->name_off))
		return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u: name at %u, there are %u bytes of strings", id,
				     type->name_off, blob->strings_len);
	size = sizeof(*type) + row->once + (kind == KIND_FUNC ? 0 : vlen_of(type) * row->each);
	if (left < size)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "BTF type %u: a %s with %u members takes %u bytes, %u are left", id,
				     row->name, vlen_of(type), size, left);
	return size;
}

/* Fills type_cnt and type_off. */
static long index_types(struct xbpf_cmd *cmd, struct xbpf_btf_blob *blob)
{
	u32 max = blob->types_len / sizeof(struct btf_type), off = 0, n = 0;
	long size;

	if (!max)
		max = 1;	/* too short for a type: type_size() says so */
	blob->type_off = kvmalloc_array(max, sizeof(u32), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!blob->type_off)
		return xbpf_cmd_fail(cmd, -ENOMEM,
				     "no memory for the index of %u bytes of BTF types", blob->types_len);
	while (off < blob->types_len) {
		size = type_size(cmd, blob, off, n + 1);
		if (size < 0)
			return size;
		blob->type_off[n++] = off;
		off += size;
		xbpf_yield(n);
	}
	blob->type_cnt = n;
	return 0;
}

static long bad_ref(struct xbpf_cmd *cmd, const struct xbpf_btf_blob *blob, u32 id,
		    const char *what, u32 to)
{
	const struct btf_type *type = xbpf_btf_blob_type(blob, id);

	return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u (%s '%s'): %s names type %u, there are %u", id,
			     kinds[kind_of(type)].name, xbpf_btf_blob_string(blob, type->name_off), what, to,
			     blob->type_cnt);
}

static long check_members(struct xbpf_cmd *cmd, const struct xbpf_btf_blob *blob, u32 id)
{
	const struct btf_type *type = xbpf_btf_blob_type(blob, id);
	const struct kind_row *row = &kinds[kind_of(type)];
	const void *member = (const void *)(type + 1) + row->once;
	u32 i, to;

	if (!row->each)
		return 0;
	for (i = 0; i < vlen_of(type); i++, member += row->each) {
		if (row->member_name && !xbpf_btf_blob_string(blob, *(const u32 *)member))
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "BTF type %u (%s): member %u has its name at %u, there are %u bytes of strings",
					     id, row->name, i, *(const u32 *)member, blob->strings_len);
		if (!row->member_type)
			continue;
		to = *(const u32 *)(member + row->member_type - 1);
		if (to > blob->type_cnt)
			return bad_ref(cmd, blob, id, "a member", to);
	}
	return 0;
}

/* What type @id says of other types. */
static long check_type(struct xbpf_cmd *cmd, const struct xbpf_btf_blob *blob, u32 id)
{
	const struct btf_type *type = xbpf_btf_blob_type(blob, id);
	u32 kind = kind_of(type);

	if (kinds[kind].ref && type->type > blob->type_cnt)
		return bad_ref(cmd, blob, id, "it", type->type);
	if (kind == KIND_ARRAY) {
		const struct btf_array *array = (const struct btf_array *)(type + 1);

		if (array->type > blob->type_cnt || array->index_type > blob->type_cnt)
			return bad_ref(cmd, blob, id, "it", max(array->type, array->index_type));
	}
	if (kind == KIND_FUNC) {
		const struct btf_type *proto = xbpf_btf_blob_type(blob, type->type);

		if (!proto || kind_of(proto) != KIND_FUNC_PROTO)
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "BTF type %u (FUNC): type %u is no prototype", id,
					     type->type);
		if (!*xbpf_btf_blob_string(blob, type->name_off))
			return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u (FUNC) has no name", id);
		if (vlen_of(type) > BTF_FUNC_GLOBAL)
			return xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u (FUNC): linkage %u is neither static nor global",
					     id, vlen_of(type));
	}
	return check_members(cmd, blob, id);
}

/*
 * Follows every chain of typedefs and qualifiers once: mark[] is the round in which a type was met,
 * and meeting one of this round again is a circle.  Linear, since a walk ends at what an earlier
 * round has passed.
 */
static long check_chains(struct xbpf_cmd *cmd, const struct xbpf_btf_blob *blob)
{
	const struct btf_type *type;
	u32 *mark, id, at;
	long err = 0;

	mark = kvcalloc(blob->type_cnt + 1, sizeof(u32), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!mark)
		return xbpf_cmd_fail(cmd, -ENOMEM, "no memory to check %u BTF types", blob->type_cnt);
	for (id = 1; id <= blob->type_cnt && !err; id++) {
		for (at = id; at && !mark[at]; at = type->type) {
			type = xbpf_btf_blob_type(blob, at);
			if (!kinds[kind_of(type)].chain)
				break;
			mark[at] = id;
		}
		if (at && mark[at] == id)
			err = xbpf_cmd_fail(cmd, -EINVAL, "BTF type %u (%s) leads back to itself", at,
					    kinds[kind_of(xbpf_btf_blob_type(blob, at))].name);
		xbpf_yield(id);
	}
	kvfree(mark);
	return err;
}

static long read_types(struct xbpf_cmd *cmd, struct xbpf_btf_blob *blob)
{
	long err = index_types(cmd, blob);
	u32 id;

	for (id = 1; id <= blob->type_cnt && !err; id++) {
		err = check_type(cmd, blob, id);
		xbpf_yield(id);
	}
	return err ?: check_chains(cmd, blob);
}

long xbpf_btf_blob_read(struct xbpf_cmd *cmd, struct xbpf_btf_blob *blob, const void __user *from,
			u32 size)
{
	const struct btf_header *h;
	long err;

	memset(blob, 0, sizeof(*blob));
	if (!size)
		return xbpf_cmd_fail(cmd, -EINVAL, "btf_size must not be 0");
	blob->size = size;
	blob->data = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!blob->data)
		return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for %u bytes of BTF", size);
	if (copy_from_user(blob->data, from, size))
		err = xbpf_cmd_fail(cmd, -EFAULT, "btf: no %u readable bytes at 0x%lx", size,
				    (unsigned long)from);
	else
		err = read_header(cmd, blob);
	if (!err) {
		h = blob->data;
		blob->types = blob->data + h->hdr_len + h->type_off;
		blob->types_len = h->type_len;
		blob->strings = blob->data + h->hdr_len + h->str_off;
		blob->strings_len = h->str_len;
		err = read_strings(cmd, blob) ?: read_types(cmd, blob);
	}
	if (err)
		xbpf_btf_blob_free(blob);
	return err;
}
