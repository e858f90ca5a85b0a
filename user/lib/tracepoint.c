/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's BTF says of raw tracepoints: how many arguments there are, and their sizes.
 * Read here and not by libbpf, which is not at hand in the library of xbpfctl exec.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/btf.h>
#include "errmsg.h"
#include "tracepoint.h"

/* newer than some headers */
#define KIND_DECL_TAG	17
#define KIND_TYPE_TAG	18
#define KIND_ENUM64	19

#define FOLDER "/sys/kernel/btf/"

/* Types of a module go on where those of the kernel end, and so do its strings. */
struct types {
	const struct types *base;
	char *data;
	const char *strings;
	__u32 *at;	/* offset of each type in data */
	__u32 first, end;	/* ids */
	__u32 strings_from, strings_len;
};

static struct types kernel_types;	/* read once */
static pthread_once_t kernel_once = PTHREAD_ONCE_INIT;

static char *read_all(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data = NULL;
	ssize_t n = 1;

	*size = 0;
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size > 0)
		data = malloc(st.st_size);
	while (data && *size < (size_t)st.st_size && n > 0) {
		n = read(fd, data + *size, st.st_size - *size);
		*size += n > 0 ? n : 0;
	}
	close(fd);
	return data;
}

/* Bytes that follow the head of a type; -1: of a kind that is not known. */
static long tail_size(const struct btf_type *type)
{
	__u32 n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return (long)n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return (long)n * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return (long)n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return (long)n * sizeof(struct btf_var_secinfo);
	case KIND_ENUM64:
		return (long)n * 3 * sizeof(__u32);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

static void types_free(struct types *t)
{
	free(t->data);
	free(t->at);
	t->data = NULL;
	t->at = NULL;
}

/* 0, or -ENODATA: there is none, or of a form that is not known. */
static int types_read(struct types *t, const char *name, const struct types *base)
{
	const struct btf_header *head;
	char path[sizeof(FOLDER) + NAME_MAX];
	__u32 at, end;
	size_t size;
	long tail;

	memset(t, 0, sizeof(*t));
	t->base = base;
	snprintf(path, sizeof(path), FOLDER "%s", name);
	t->data = read_all(path, &size);
	head = (const struct btf_header *)t->data;
	if (!head || size < sizeof(*head) || head->magic != BTF_MAGIC || head->hdr_len > size ||
	    (__u64)head->hdr_len + head->type_off + head->type_len > size ||
	    (__u64)head->hdr_len + head->str_off + head->str_len > size || !head->str_len)
		goto fail;
	t->first = t->end = base ? base->end : 1;
	t->strings = t->data + head->hdr_len + head->str_off;
	t->strings_from = base ? base->strings_from + base->strings_len : 0;
	t->strings_len = head->str_len;
	if (t->strings[t->strings_len - 1])
		goto fail;
	t->at = malloc((head->type_len / sizeof(struct btf_type) + 1) * sizeof(*t->at));
	if (!t->at)
		goto fail;
	at = head->hdr_len + head->type_off;
	for (end = at + head->type_len; at < end; at += sizeof(struct btf_type) + tail) {
		if (end - at < sizeof(struct btf_type))
			goto fail;
		tail = tail_size((const struct btf_type *)(t->data + at));
		if (tail < 0 || (size_t)tail > end - at - sizeof(struct btf_type))
			goto fail;
		t->at[t->end++ - t->first] = at;
	}
	return 0;
fail:
	types_free(t);
	return -ENODATA;
}

static void read_kernel(void)
{
	types_read(&kernel_types, "vmlinux", NULL);
}

static const struct btf_type *type_of(const struct types *t, __u32 id)
{
	while (t && id < t->first)
		t = t->base;
	return t && id < t->end ? (const struct btf_type *)(t->data + t->at[id - t->first]) : NULL;
}

static const char *string_of(const struct types *t, __u32 at)
{
	while (t && at < t->strings_from)
		t = t->base;
	return t && at - t->strings_from < t->strings_len ? t->strings + (at - t->strings_from) : "";
}

static const struct btf_type *of_kind(const struct types *t, __u32 id, int kind)
{
	const struct btf_type *type = type_of(t, id);

	return type && BTF_INFO_KIND(type->info) == (__u32)kind ? type : NULL;
}

/* The prototype behind the typedef of that name; NULL: not in this BTF. */
static const struct btf_type *prototype(const struct types *t, const char *typedef_name)
{
	const struct btf_type *type;
	__u32 id;

	for (id = t->first; id < t->end; id++) {
		type = of_kind(t, id, BTF_KIND_TYPEDEF);
		if (!type || strcmp(string_of(t, type->name_off), typedef_name))
			continue;
		type = of_kind(t, type->type, BTF_KIND_PTR);
		return type ? of_kind(t, type->type, BTF_KIND_FUNC_PROTO) : NULL;
	}
	return NULL;
}

/* Of a type that an argument can have; 0: it has no size. */
static __u32 size_of(const struct types *t, __u32 id)
{
	const struct btf_type *type;
	int depth;

	for (depth = 0; depth < 32; depth++) {
		type = type_of(t, id);
		if (!type)
			return 0;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_PTR:
			return sizeof(__u64);
		case BTF_KIND_INT:
		case BTF_KIND_ENUM:
		case KIND_ENUM64:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			return type->size;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case KIND_TYPE_TAG:
			id = type->type;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

/* The first parameter is the probe's own. */
static int sizes(const struct types *t, const struct btf_type *proto, const char *name, __u8 *size,
		 size_t room)
{
	const struct btf_param *param = (const struct btf_param *)(proto + 1) + 1;
	int i, n = (int)BTF_INFO_VLEN(proto->info) - 1;
	__u32 bytes;

	if (n < 0 || (size_t)n > room)
		return errmsg_set(-E2BIG,
				  "%s: this tracepoint has %d arguments, more than a program can "
				  "have", name, n);
	for (i = 0; i < n; i++) {
		bytes = size_of(t, param[i].type);
		if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
			return errmsg_set(-EINVAL,
					  "%s: argument %d of this tracepoint has %u bytes; programs can have 1, 2, 4 or 8",
					  name, i + 1, bytes);
		size[i] = bytes;
	}
	return n;
}

/* Tracepoints of modules have their types in the module's BTF. */
static int search_modules(const char *typedef_name, const char *name, __u8 *size, size_t room)
{
	DIR *dir = opendir(FOLDER);
	const struct btf_type *proto;
	struct types module;
	int ret = -ENOENT;
	struct dirent *e;

	while (dir && ret == -ENOENT && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "vmlinux") ||
		    types_read(&module, e->d_name, &kernel_types))
			continue;
		proto = prototype(&module, typedef_name);
		if (proto)
			ret = sizes(&module, proto, name, size, room);
		types_free(&module);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int tracepoint_args(const char *name, __u8 *size, size_t room)
{
	const struct btf_type *proto;
	char typedef_name[160];

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	pthread_once(&kernel_once, read_kernel);
	if (!kernel_types.data)
		return -ENODATA;
	proto = prototype(&kernel_types, typedef_name);
	return proto ? sizes(&kernel_types, proto, name, size, room) :
		search_modules(typedef_name, name, size, room);
}
