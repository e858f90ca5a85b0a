/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl map create. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "info.h"
#include "main.h"
#include "map.h"
#include "out.h"
#include "spec.h"

struct create {
	const char *type, *name;
	__u64 key, value, entries, flags;
	int inner;
};

static int parse_inner(struct args *args, void *to)
{
	int fd = spec_one(args, XBPF_KIND_MAP);

	if (fd < 0)
		return -1;
	*(int *)to = fd;
	return 0;
}

static int take_u32(const char *arg, void *to)
{
	return args_number(arg, "number", UINT_MAX, to);
}

static int find_type(const char *name, enum bpf_map_type *type)
{
	char known[512] = "";
	struct xbpf_info info;
	const char *each;
	size_t at = 0;
	__u32 i;

	for (i = 1; (each = libbpf_bpf_map_type_str(i)); i++) {
		if (!strcmp(each, name)) {
			*type = i;
			return 0;
		}
	}
	if (!xbpf_info_get(&info))
		for (i = 1; i < 64 && at < sizeof(known); i++)
			if (info.map_types & 1ULL << i)
				at += snprintf(known + at, sizeof(known) - at, "%s%s", at ? ", " : "", map_type_name(i));
	return out_error("'%s' is no type of map; xbpf has %s", name, known);
}

static int create_and_pin(const char *path, const struct create *c)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = c->flags, .inner_map_fd = c->inner < 0 ?
		    0 : c->inner);
	enum bpf_map_type type = BPF_MAP_TYPE_UNSPEC;
	int fd, err;

	if (find_type(c->type, &type))
		return -1;
	if (c->inner < 0 && (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS))
		return out_error("inner_map is missing: a map like those that this %s will hold", c->type);
	if (strlen(c->name) >= BPF_OBJ_NAME_LEN)
		return out_error("the name '%s' is longer than %d characters", c->name, BPF_OBJ_NAME_LEN - 1);
	fd = bpf_map_create(type, c->name, c->key, c->value, c->entries, &opts);
	if (fd < 0 && !*xbpf_refusal(BPF_MAP_CREATE) && errno == EINVAL)
		return out_error("no %s map with keys of %llu and values of %llu bytes, %llu "
				 "entries and flags 0x%llx: the numbers do not go together, or "
				 "xbpf has no such type (`xbpfctl feature`)",
				 c->type, c->key, c->value, c->entries, c->flags);
	if (fd < 0)
		return out_error("no map was made: %s", why(BPF_MAP_CREATE, errno));
	err = xbpf_pin(fd, path);
	if (err)
		out_error("%s", xbpf_errmsg());
	close(fd);
	return err;
}

int map_create(struct args *args)
{
	struct create c = { .inner = -1 };
	int err;
	const struct keyword keywords[] = {
		{ .word = "type", .what = "the type of map", .to = &c.type },
		{ .word = "key", .what = "the size of the key", .take = take_u32, .to = &c.key },
		{ .word = "value", .what = "the size of the value", .take = take_u32, .to = &c.value },
		{ .word = "entries", .what = "the number of entries", .take = take_u32, .to = &c.entries },
		{ .word = "name", .what = "the name", .to = &c.name },
		{ .word = "flags", .what = "the flags", .take = take_u32, .to = &c.flags },
		{ .word = "inner_map", .what = "a map like those that it will hold",
		  .parse = parse_inner, .to = &c.inner },
		{ .word = NULL }
	};
	const char *path = args_next(args, "a path to pin the map at");

	err = !path || args_keywords(args, keywords) ? -1 : 0;
	if (!err && (!c.type || !c.name || !c.entries))
		err = out_error("%s is missing: map create PATH type TYPE key BYTES value BYTES "
				"entries N name NAME [flags N] [inner_map MAP]",
				!c.type ? "type" : !c.name ? "name" : "entries");
	if (!err)
		err = create_and_pin(path, &c);
	if (c.inner >= 0)
		close(c.inner);
	return err;
}
