/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the BTF of a function to what its arguments must be.  The rules are those of upstream 6.12
 * (btf_prepare_func_args()), but that it has no global functions without result.
 */
#include <linux/btf.h>
#include "core/proto.h"

/* Kinds by number: the headers of older kernels end before them. */
enum kind {
	KIND_INT = 1, KIND_PTR = 2, KIND_ARRAY = 3, KIND_STRUCT = 4, KIND_UNION = 5, KIND_ENUM = 6,
	KIND_TYPEDEF = 8, KIND_VOLATILE = 9, KIND_CONST = 10, KIND_RESTRICT = 11, KIND_FLOAT = 16,
	KIND_DECL_TAG = 17, KIND_TYPE_TAG = 18, KIND_ENUM64 = 19,
};

#define TAG_CTX		1u
#define TAG_NONNULL	2u

/* More than any memory has: sums with it stay small. */
#define SIZE_MAX_SENSE	(1u << 28)
/* Arrays of arrays; upstream's limit too. */
#define NESTING_MAX	32u

struct reader {
	const struct xbpf_types *types;
	const struct xbpf_prog_type_info *type;
	u32 func;
	char *why;
	size_t why_size;
};

__printf(3, 4) static int fail(const struct reader *r, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, r->why_size, fmt, ap);
	va_end(ap);
	return err;
}

/* NULL: void. */
static const struct btf_type *type_of(const struct reader *r, u32 id)
{
	return id ? r->types->base + r->types->off[id - 1] : NULL;
}

static u32 kind_of(const struct btf_type *t)
{
	return t ? (t->info >> 24) & 0x1f : 0;
}

static const char *name_of(const struct reader *r, const struct btf_type *t)
{
	return r->types->strings + t->name_off;
}

static bool is_qualifier(const struct btf_type *t)
{
	u32 kind = kind_of(t);

	return kind == KIND_VOLATILE || kind == KIND_CONST || kind == KIND_RESTRICT ||
		kind == KIND_TYPE_TAG;
}

static const struct btf_type *skip(const struct reader *r, u32 id)
{
	const struct btf_type *t = type_of(r, id);

	while (is_qualifier(t) || kind_of(t) == KIND_TYPEDEF)
		t = type_of(r, t->type);
	return t;
}

static bool is_number(const struct btf_type *t)
{
	u32 kind = kind_of(t);

	return kind == KIND_INT || kind == KIND_ENUM || kind == KIND_ENUM64;
}

/* How many bytes a variable of the type has; false: that is not known. */
static bool size_of(const struct reader *r, u32 id, u32 *size)
{
	const struct btf_array *array;
	const struct btf_type *t;
	u64 times = 1;
	u32 depth;

	for (depth = 0; depth < NESTING_MAX; depth++) {
		t = skip(r, id);
		if (kind_of(t) != KIND_ARRAY)
			break;
		array = (const struct btf_array *)(t + 1);
		times *= array->nelems;
		if (times > SIZE_MAX_SENSE)
			return false;
		id = array->type;
	}
	if (depth == NESTING_MAX)
		return false;
	switch (kind_of(t)) {
	case KIND_INT:
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_ENUM:
	case KIND_ENUM64:
	case KIND_FLOAT:
		times *= t->size;
		break;
	case KIND_PTR:
		times *= 8;
		break;
	default:
		return false;
	}
	*size = (u32)times;
	return times <= SIZE_MAX_SENSE;
}

/* --- contexts -------------------------------------------------------------------------------- */

/* Does the name of what the pointer points to say that it is the context? */
static bool is_ctx(const struct reader *r, const struct btf_type *ptr)
{
	const struct xbpf_prog_type_info *type = r->type;
	const struct btf_type *t = type_of(r, ptr->type);

	while (is_qualifier(t))
		t = type_of(r, t->type);
	if (kind_of(t) == KIND_TYPEDEF && type->ctx_typedef && !strcmp(name_of(r, t), type->ctx_typedef))
		return true;
	t = skip(r, ptr->type);
	if (kind_of(t) != KIND_STRUCT || !type->ctx_struct)
		return false;
	return !strcmp(name_of(r, t), type->ctx_struct) ||
	       (type->ctx_kernel_struct && !strcmp(name_of(r, t), type->ctx_kernel_struct));
}

/* ... may a tag say so? */
static bool may_be_ctx(const struct reader *r, const struct btf_type *ptr)
{
	const struct btf_type *t = skip(r, ptr->type);

	return !t || is_ctx(r, ptr) || (r->type->ctx_words && kind_of(t) == KIND_INT && t->size == 8);
}

/* --- tags ------------------------------------------------------------------------------------ */

/* The tags of each parameter: declaration tags "arg:..." of the function that name its place. */
static int read_tags(const struct reader *r, u32 cnt, u8 *tags)
{
	u32 id, i;

	for (id = 1; id <= r->types->cnt; id++) {
		const struct btf_type *t = type_of(r, id);
		const char *name;

		if (!(id % 4096))
			port_resched();
		if (kind_of(t) != KIND_DECL_TAG || t->type != r->func)
			continue;
		name = name_of(r, t);
		i = *(const u32 *)(t + 1);
		if (i >= cnt || strncmp(name, "arg:", 4))
			continue;
		if (!strcmp(name, "arg:ctx"))
			tags[i] |= TAG_CTX;
		else if (!strcmp(name, "arg:nonnull"))
			tags[i] |= TAG_NONNULL;
		else
			return fail(r, -EOPNOTSUPP, "has parameter %u tagged \"%s\", xbpf knows arg:ctx and arg:nonnull",
				    i + 1, name);
	}
	return 0;
}

/* --- parameters ------------------------------------------------------------------------------ */

static int read_pointer(const struct reader *r, u32 i, const struct btf_type *ptr, u8 tags,
			struct xbpf_param *out)
{
	const struct btf_type *t = skip(r, ptr->type);

	if (tags & TAG_CTX || is_ctx(r, ptr)) {
		if (tags & TAG_NONNULL)
			return fail(r, -EINVAL,
				    "has parameter %u, a context, tagged as not null: it is never null",
				    i + 1);
		if (tags & TAG_CTX && !may_be_ctx(r, ptr))
			return fail(r, -EINVAL,
				    "has parameter %u tagged as context, which for %s programs must be of type void * or %s%s",
				    i + 1, r->type->name, r->type->ctx_struct ? "struct " : "void *",
				    r->type->ctx_struct ? r->type->ctx_struct : "");
		out->kind = XBPF_PARAM_CTX;
		return 0;
	}
	if (t && !strcmp(name_of(r, t), "bpf_dynptr"))
		return fail(r, -EINVAL, "has a struct bpf_dynptr * as parameter %u: xbpf has no dynptrs", i + 1);
	if (!size_of(r, ptr->type, &out->size))
		return fail(r, -EINVAL,
			    "has parameter %u of a pointer type that does not say how many bytes "
			    "it points to: use a pointer to a struct or a sized type",
			    i + 1);
	out->kind = XBPF_PARAM_MEM;
	out->or_null = !(tags & TAG_NONNULL);
	return 0;
}

static int read_param(const struct reader *r, u32 i, u32 id, u8 tags, struct xbpf_param *out)
{
	const struct btf_type *t = skip(r, id);

	if (kind_of(t) == KIND_PTR)
		return read_pointer(r, i, t, tags, out);
	if (tags)
		return fail(r, -EINVAL, "has parameter %u tagged as a pointer, which it is not", i + 1);
	if (!is_number(t))
		return fail(r, -EINVAL, "has parameter %u neither of a number nor of a pointer type", i + 1);
	out->kind = XBPF_PARAM_NUMBER;
	return 0;
}

int xbpf_proto_read(const struct xbpf_types *types, u32 func,
		    const struct xbpf_prog_type_info *type, struct xbpf_proto *out, char *why,
		    size_t why_size)
{
	struct reader r = { .types = types, .type = type, .func = func, .why = why, .why_size = why_size };
	const struct btf_type *proto = type_of(&r, type_of(&r, func)->type), *ret;
	const struct btf_param *params = (const struct btf_param *)(proto + 1);
	u32 cnt = proto->info & 0xffff, i;
	u8 tags[XBPF_PARAMS_MAX] = { 0 };
	int err;

	memset(out, 0, sizeof(*out));
	if (cnt > XBPF_PARAMS_MAX)
		return fail(&r, -EINVAL, "has %u parameters, the limit is %u", cnt, XBPF_PARAMS_MAX);
	ret = skip(&r, proto->type);
	if (ret && !is_number(ret))
		return fail(&r, -EINVAL, "doesn't return scalar: a global function returns a number or nothing");
	err = read_tags(&r, cnt, tags);
	for (i = 0; !err && i < cnt; i++)
		err = read_param(&r, i, params[i].type, tags[i], &out->param[i]);
	out->cnt = cnt;
	out->is_void = !ret;
	return err;
}
