/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's BTF says of raw tracepoints: how many arguments there are, and their sizes.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "errmsg.h"
#include "talk.h"
#include "tracepoint.h"

/* The prototype behind the typedef btf_trace_NAME; NULL: not in this BTF. */
static const struct btf_type *prototype(const struct btf *btf, const char *typedef_name)
{
	int id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	const struct btf_type *type;

	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = btf__type_by_id(btf, type->type);
	return type && btf_is_func_proto(type) ? type : NULL;
}

/* The first parameter is the probe's own. */
static int sizes(const struct btf *btf, const struct btf_type *proto, const char *name, __u8 *size,
		 size_t room)
{
	const struct btf_param *param = btf_params(proto) + 1;
	long long bytes;
	int i, n = btf_vlen(proto) - 1;

	if (n < 0 || (size_t)n > room)
		return errmsg_set(-E2BIG,
				  "%s: this tracepoint has %d arguments, more than a program can "
				  "have", name, n);
	for (i = 0; i < n; i++) {
		bytes = btf__resolve_size(btf, param[i].type);
		if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
			return errmsg_set(-EINVAL,
					  "%s: argument %d of this tracepoint has %lld bytes; programs can have 1, 2, 4 or 8",
					  name, i + 1, bytes);
		size[i] = bytes;
	}
	return n;
}

/* Tracepoints of modules have their types in the module's BTF. */
static int search_modules(struct btf *vmlinux, const char *typedef_name, const char *name,
			  __u8 *size, size_t room)
{
	DIR *dir = opendir("/sys/kernel/btf");
	const struct btf_type *proto;
	int ret = -ENOENT;
	struct dirent *e;
	struct btf *btf;

	while (dir && ret == -ENOENT && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "vmlinux"))
			continue;
		btf = btf__load_module_btf(e->d_name, vmlinux);
		proto = btf ? prototype(btf, typedef_name) : NULL;
		if (proto)
			ret = sizes(btf, proto, name, size, room);
		btf__free(btf);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int tracepoint_args(const char *name, __u8 *size, size_t room)
{
	const struct btf_type *proto;
	char typedef_name[160];
	struct btf *btf;
	int ret;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	talk_begin(NULL);
	btf = btf__load_vmlinux_btf();
	if (btf) {
		proto = prototype(btf, typedef_name);
		ret = proto ? sizes(btf, proto, name, size, room) :
			search_modules(btf, typedef_name, name, size, room);
	} else {
		ret = -ENODATA;
	}
	btf__free(btf);
	talk_end();
	return ret;
}
