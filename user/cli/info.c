/* SPDX-License-Identifier: GPL-2.0 */
/* What the module says of an object, and words for kinds, types and errors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "core/map.h"
#include "core/prog_type.h"
#include "info.h"
#include "out.h"

/* The kernel's own number, which comes out of some commands; libc does not know it. */
#define ENOTSUPP 524

const char *kind_name(enum xbpf_kind kind)
{
	switch (kind) {
	case XBPF_KIND_PROG:
		return "program";
	case XBPF_KIND_MAP:
		return "map";
	case XBPF_KIND_LINK:
		return "link";
	case XBPF_KIND_BTF:
		return "BTF object";
	case XBPF_KIND_NONE:
		break;
	}
	return "object of another kind";
}

const char *why(int cmd, int err)
{
	const char *words = xbpf_refusal(cmd);

	if (*words)
		return words;
	switch (err < 0 ? -err : err) {
	case EPERM:
	case EACCES:
		return "permission denied: run as root (xbpf asks for CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN)";
	case ENOTSUPP:
		return "not for a program or map of this type";
	default:
		return strerror(err < 0 ? -err : err);
	}
}

static int info_get(int fd, void *info, __u32 size, enum xbpf_kind kind)
{
	if (!bpf_obj_get_info_by_fd(fd, info, &size))
		return 0;
	return out_error("the %s does not say what it is: %s", kind_name(kind),
			 why(BPF_OBJ_GET_INFO_BY_FD, errno));
}

/* The name of the function that the first instruction belongs to. */
static void full_name(int fd, const struct bpf_prog_info *known, char name[NAME_SIZE])
{
	struct bpf_prog_info ask = { 0 };
	struct bpf_func_info *records;
	const struct btf_type *type;
	__u32 size = sizeof(ask);
	struct btf *btf;

	if (!known->btf_id || !known->nr_func_info || known->func_info_rec_size < sizeof(*records))
		return;
	records = calloc(known->nr_func_info, known->func_info_rec_size);
	if (!records)
		return;
	ask.func_info = (unsigned long)records;
	ask.nr_func_info = known->nr_func_info;
	ask.func_info_rec_size = known->func_info_rec_size;
	btf = btf__load_from_kernel_by_id(known->btf_id);
	if (btf && !bpf_obj_get_info_by_fd(fd, &ask, &size)) {
		type = btf__type_by_id(btf, records->type_id);
		if (type && btf_is_func(type))
			snprintf(name, NAME_SIZE, "%s", btf__name_by_offset(btf, type->name_off));
	}
	btf__free(btf);
	free(records);
}

int prog_info_get(int fd, struct prog_info *info)
{
	struct bpf_prog_info ask = { 0 };
	__u32 size = sizeof(ask);
	int err;

	memset(info, 0, sizeof(*info));
	err = info_get(fd, &info->i, sizeof(info->i), XBPF_KIND_PROG);
	if (err)
		return err;
	memcpy(info->name, info->i.name, sizeof(info->i.name));
	full_name(fd, &info->i, info->name);
	if (!info->i.nr_map_ids)
		return 0;
	info->map_ids = calloc(info->i.nr_map_ids, sizeof(*info->map_ids));
	if (!info->map_ids)
		return out_error("out of memory");
	ask.nr_map_ids = info->i.nr_map_ids;
	ask.map_ids = (unsigned long)info->map_ids;
	if (!bpf_obj_get_info_by_fd(fd, &ask, &size))
		return 0;
	prog_info_free(info);
	return out_error("program %u does not name its maps: %s", info->i.id,
			 why(BPF_OBJ_GET_INFO_BY_FD, errno));
}

void prog_info_free(struct prog_info *info)
{
	free(info->map_ids);
	info->map_ids = NULL;
}

int map_info_get(int fd, struct bpf_map_info *info)
{
	memset(info, 0, sizeof(*info));
	return info_get(fd, info, sizeof(*info), XBPF_KIND_MAP);
}

/* No command tells; the description of the fd does. */
void map_more_get(int fd, struct map_more *more)
{
	char path[64], line[128];
	FILE *f;

	*more = (struct map_more){ -1, -1, -1, -1 };
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "memlock: %lld", &more->memlock);
		sscanf(line, "frozen: %lld", &more->frozen);
		sscanf(line, "owner_prog_type: %lld", &more->owner_type);
		sscanf(line, "owner_jited: %lld", &more->owner_jited);
	}
	fclose(f);
}

int link_info_get(int fd, struct xbpf_link_info *info)
{
	if (!xbpf_link_info_get(fd, info, NULL, 0))
		return 0;
	return out_error("%s", xbpf_errmsg());
}

__u32 object_id(int fd, enum xbpf_kind kind)
{
	/* each begins with type and id but for BTF, which has no name here */
	struct { __u32 type, id; } head = { 0 };
	struct bpf_prog_info prog = { 0 };
	struct xbpf_link_info link = { 0 };
	struct bpf_map_info map = { 0 };
	__u32 size;
	void *info;

	switch (kind) {
	case XBPF_KIND_PROG:
		info = &prog;
		size = sizeof(prog);
		break;
	case XBPF_KIND_MAP:
		info = &map;
		size = sizeof(map);
		break;
	case XBPF_KIND_LINK:
		info = &link;
		size = sizeof(link);
		break;
	default:
		return 0;
	}
	if (bpf_obj_get_info_by_fd(fd, info, &size))
		return 0;
	memcpy(&head, info, sizeof(head));
	return head.id;
}

const char *prog_type_name(__u32 type)
{
	static char other[24];
	const struct xbpf_prog_type_info *known = xbpf_prog_type_find(type);
	/* of the kernel's own, or of a module newer than this tool */
	const char *name = known ? known->name : libbpf_bpf_prog_type_str(type);

	if (name)
		return name;
	snprintf(other, sizeof(other), "type %u", type);
	return other;
}

const char *map_type_name(__u32 type)
{
	static char other[24];
	const char *name = xbpf_map_type_name(type);

	if (!name)	/* of the kernel's own, or of a module newer than this tool */
		name = libbpf_bpf_map_type_str(type);
	if (name)
		return name;
	snprintf(other, sizeof(other), "type %u", type);
	return other;
}

void prog_name_by_id(__u32 id, char name[NAME_SIZE])
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd;

	name[0] = '\0';
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size)) {
		snprintf(name, NAME_SIZE, "%s", info.name);
		full_name(fd, &info, name);
	}
	close(fd);
}

void map_name_by_id(__u32 id, char name[NAME_SIZE])
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int fd;

	name[0] = '\0';
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		snprintf(name, NAME_SIZE, "%s", info.name);
	close(fd);
}

static int next_id(enum xbpf_kind kind, __u32 id, __u32 *next)
{
	switch (kind) {
	case XBPF_KIND_PROG:
		return bpf_prog_get_next_id(id, next);
	case XBPF_KIND_MAP:
		return bpf_map_get_next_id(id, next);
	default:
		return bpf_link_get_next_id(id, next);
	}
}

int object_ids(enum xbpf_kind kind, __u32 **ids)
{
	int cmd = kind == XBPF_KIND_PROG ? BPF_PROG_GET_NEXT_ID : kind == XBPF_KIND_MAP ?
		BPF_MAP_GET_NEXT_ID : BPF_LINK_GET_NEXT_ID;
	__u32 id = 0, *grown;
	int n = 0, room = 0;

	*ids = NULL;
	while (!next_id(kind, id, &id)) {
		if (n == room) {
			room = room ? 2 * room : 64;
			grown = realloc(*ids, room * sizeof(**ids));
			if (!grown)
				goto no_memory;
			*ids = grown;
		}
		(*ids)[n++] = id;
	}
	if (errno == ENOENT)
		return n;
	free(*ids);
	*ids = NULL;
	return out_error("the %ss cannot be listed: %s", kind_name(kind), why(cmd, errno));
no_memory:
	free(*ids);
	*ids = NULL;
	return out_error("out of memory");
}

int object_by_id(enum xbpf_kind kind, __u32 id)
{
	int fd, cmd;

	switch (kind) {
	case XBPF_KIND_PROG:
		cmd = BPF_PROG_GET_FD_BY_ID;
		fd = bpf_prog_get_fd_by_id(id);
		break;
	case XBPF_KIND_MAP:
		cmd = BPF_MAP_GET_FD_BY_ID;
		fd = bpf_map_get_fd_by_id(id);
		break;
	default:
		cmd = BPF_LINK_GET_FD_BY_ID;
		fd = bpf_link_get_fd_by_id(id);
		break;
	}
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return -ENOENT;
	return out_error("%s %u cannot be opened: %s", kind_name(kind), id, why(cmd, errno));
}

int objects_each(enum xbpf_kind kind, int (*visit)(int fd, void *arg), void *arg)
{
	__u32 *ids;
	int n = object_ids(kind, &ids), i, fd, err = n < 0 ? -1 : 0;

	for (i = 0; i < n && !err; i++) {
		fd = object_by_id(kind, ids[i]);
		if (fd == -ENOENT)	/* gone since it was listed */
			continue;
		err = fd < 0 ? -1 : visit(fd, arg);
		if (fd >= 0)
			close(fd);
	}
	free(ids);
	return err ? -1 : 0;
}
