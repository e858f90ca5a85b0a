/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl map
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "include/lists/map_types.h"
#include "args.h"
#include "data.h"
#include "dump.h"
#include "info.h"
#include "main.h"
#include "map.h"
#include "out.h"
#include "pins.h"
#include "sites.h"
#include "spec.h"
#include "table.h"

static int show(int fd, const struct bpf_map_info *info, const struct pins *pins)
{
	struct map_more more;
	int err;

	map_more_get(fd, &more);
	out_open(NULL, '{');
	out_uint("id", "%llu: ", info->id);
	out_str("type", "%s", map_type_name(info->type));
	out_str("name", info->name[0] ? "  name %s" : NULL, info->name);
	out_uint("flags", "  flags 0x%llx\n", info->map_flags);
	out_uint("bytes_key", "\tkey %lluB", info->key_size);
	out_uint("bytes_value", "  value %lluB", info->value_size);
	out_uint("max_entries", "  max_entries %llu", info->max_entries);
	if (more.memlock >= 0)
		out_int("bytes_memlock", NULL, more.memlock);
	if (more.frozen >= 0)
		out_int("frozen", more.frozen ? "  frozen" : NULL, more.frozen);
	if (info->btf_id)
		out_uint("btf_id", "  btf_id %llu", info->btf_id);
	out_text("\n");
	if (more.owner_type >= 0) {
		out_str("owner_prog_type", "\towner_prog_type %s", prog_type_name(more.owner_type));
		out_bool("owner_jited", "  owner jited", more.owner_jited == 1);
		out_text("\n");
	}
	err = table_out(fd, info);
	if (pins)
		pins_out(pins, XBPF_KIND_MAP, info->id);
	out_close();
	return err;
}

static int show_fd(int fd, const struct pins *pins)
{
	struct bpf_map_info info;

	if (map_info_get(fd, &info))
		return -1;
	return show(fd, &info, pins);
}

static int map_show(struct args *args)
{
	return list_objects(args, XBPF_KIND_MAP, show_fd);
}

static int dump_entries(struct open_map *m, unsigned int *n)
{
	void *swap, *previous = NULL;
	int err;

	while (!(err = bpf_map_get_next_key(m->view.fd, previous, m->next))) {
		if (!bpf_map_lookup_elem(m->view.fd, m->next, m->value)) {
			map_view_entry(&m->view, m->next, m->value);
			++*n;
		} else if (errno != ENOENT) {	/* an empty slot, or deleted since */
			return map_refused(m, "an entry cannot be read", BPF_MAP_LOOKUP_ELEM, errno);
		}
		swap = m->key;
		m->key = m->next;
		m->next = swap;
		previous = m->key;
	}
	if (err != -ENOENT)
		return map_refused(m, "the keys cannot be listed", BPF_MAP_GET_NEXT_KEY, err);
	return 0;
}

/* Maps whose entries are not found by keys. */
static int has_keys(const struct open_map *m)
{
	if (m->view.info.key_size)
		return 0;
	return out_error("%s is of type %s, whose entries have no keys: see them with `xbpfctl map "
			 "%s`", map_label(m),
			 map_type_name(m->view.info.type), m->view.info.value_size ? "peek` or `pop" : "event_pipe");
}

/* Behind `jited`: of a program array, the code of its tree. */
static int map_dump_jited(struct args *args)
{
	struct tree_opts opts = { 0 };
	const struct keyword keywords[] = {
		{ .word = "file", .what = "the file for the raw bytes", .to = &opts.file },
		{ .word = "opcodes", .to = &opts.opcodes },
		{ .word = NULL }
	};
	struct open_map m;
	int err;

	if (map_open(args, &m))
		return -1;
	err = args_keywords(args, keywords) ?: tree_dump(m.view.fd, &m.view.info, &opts);
	map_close(&m);
	return err;
}

static int map_dump(struct args *args)
{
	struct open_map m;
	unsigned int n = 0;
	int err;

	if (args_take(args, "jited"))
		return map_dump_jited(args);
	if (map_open(args, &m))
		return -1;
	err = args_end(args) ?: has_keys(&m);
	if (!err) {
		out_open(NULL, '[');
		err = dump_entries(&m, &n);
		out_close();
	}
	if (!err)
		out_text("Found %u element%s\n", n, n == 1 ? "" : "s");
	map_close(&m);
	return err;
}

static int map_lookup(struct args *args)
{
	struct open_map m;
	int err;

	if (map_open(args, &m))
		return -1;
	err = map_take_key(args, &m);
	if (!err)
		err = args_end(args);
	if (!err && bpf_map_lookup_elem(m.view.fd, m.key, m.value)) {
		if (errno != ENOENT)
			err = map_refused(&m, "the entry cannot be read", BPF_MAP_LOOKUP_ELEM, errno);
		else if (map_view_programs(&m.view))
			err = out_error("%s: this slot is empty", map_label(&m));
		else
			err = out_error("%s: no entry has this key", map_label(&m));
	} else if (!err) {
		map_view_entry(&m.view, m.key, m.value);
	}
	map_close(&m);
	return err;
}

static int update_error(const struct open_map *m, __u64 flags, int err)
{
	const char *words = xbpf_refusal(BPF_MAP_UPDATE_ELEM);
	bool table = m->view.info.type == BPF_MAP_TYPE_ARRAY ||
		m->view.info.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		     m->view.info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map_view_programs(&m->view);

	/* Here the tool knows better than the module what to do. */
	if (err == E2BIG && table)
		return out_error("%s: the index is out of range, it has slots 0 to %u",
				 map_label(m), m->view.info.max_entries - 1);
	if (err == E2BIG)
		return out_error("%s is full: it has room for %u entr%s; "
				 "delete one, or load the object with a larger max_entries",
				 map_label(m), m->view.info.max_entries, m->view.info.max_entries == 1 ? "y" : "ies");
	if (err == EEXIST && flags == BPF_NOEXIST)
		return out_error("%s: an entry has this key already; "
				 "leave `noexist` out to replace it", map_label(m));
	if (err == ENOENT && flags == BPF_EXIST)
		return out_error("%s: no entry has this key; leave `exist` out to add it", map_label(m));
	if (err == EPERM && !*words)
		return out_error("%s: read-only from user space (frozen, or made with "
				 "BPF_F_RDONLY), or %s", map_label(m),
				 why(BPF_MAP_UPDATE_ELEM, err));
	return map_refused(m, "not updated", BPF_MAP_UPDATE_ELEM, err);
}

static int map_update(struct args *args)
{
	bool any = false, exist = false, noexist = false;
	const struct keyword keywords[] = {
		{ .word = "any", .to = &any },
		{ .word = "exist", .to = &exist },
		{ .word = "noexist", .to = &noexist },
		{ .word = NULL }
	};
	struct open_map m;
	int ref = -1, err;
	__u64 flags;

	if (map_open(args, &m))
		return -1;
	if (args_take(args, "from")) {
		err = table_update_from(args, m.view.fd, &m.view.info);
		map_close(&m);
		return err;
	}
	err = map_take_key(args, &m);
	if (!err)
		err = map_take_value(args, &m, &ref);
	if (!err)
		err = args_keywords(args, keywords);
	if (!err && any + exist + noexist > 1)
		err = out_error("only one of any, exist and noexist can be meant");
	flags = exist ? BPF_EXIST : noexist ? BPF_NOEXIST : BPF_ANY;
	if (!err && bpf_map_update_elem(m.view.fd, m.key, m.value, flags))
		err = update_error(&m, flags, errno);
	if (ref >= 0)
		close(ref);
	map_close(&m);
	return err;
}

static int map_delete(struct args *args)
{
	struct open_map m;
	int err;

	if (map_open(args, &m))
		return -1;
	err = map_take_key(args, &m);
	if (!err)
		err = args_end(args);
	if (!err && bpf_map_delete_elem(m.view.fd, m.key)) {
		if (errno == EINVAL && m.view.info.type == BPF_MAP_TYPE_ARRAY)
			err = out_error("%s: entries of an array cannot be deleted; update it with zeros",
					map_label(&m));
		else if (errno != ENOENT)
			err = map_refused(&m, "not deleted", BPF_MAP_DELETE_ELEM, errno);
		else if (map_view_programs(&m.view))
			err = out_error("%s: this slot is empty", map_label(&m));
		else
			err = out_error("%s: no entry has this key", map_label(&m));
	}
	map_close(&m);
	return err;
}

static int map_getnext(struct args *args)
{
	struct open_map m;
	bool first;
	int err;

	if (map_open(args, &m))
		return -1;
	first = !args->n;
	err = has_keys(&m);
	if (!err && !first)
		err = map_take_key(args, &m);
	if (!err)
		err = args_end(args);
	if (!err && bpf_map_get_next_key(m.view.fd, first ? NULL : m.key, m.next)) {
		if (errno == ENOENT)
			err = out_error("%s: %s", map_label(&m),
					first ? "it is empty" : "there is no key behind this one");
		else
			err = map_refused(&m, "the keys cannot be listed", BPF_MAP_GET_NEXT_KEY, errno);
	} else if (!err) {
		map_view_next(&m.view, first ? NULL : m.key, m.next);
	}
	map_close(&m);
	return err;
}

static int map_freeze(struct args *args)
{
	struct open_map m;
	int err;

	if (map_open(args, &m))
		return -1;
	err = args_end(args);
	if (!err && bpf_map_freeze(m.view.fd))
		err = map_refused(&m, "not frozen", BPF_MAP_FREEZE, errno);
	map_close(&m);
	return err;
}

static int map_pin(struct args *args)
{
	return pin_object(args, XBPF_KIND_MAP);
}

static const struct verb verbs[] = {
	{ .name = "list", .run = map_show, .usage = "[" SPEC_MAP "]" },
	{ .name = "show", .run = map_show, .usage = "[" SPEC_MAP "]" },
	{ .name = "create", .run = map_create, .usage =
	  "PATH type TYPE key BYTES value BYTES entries N name NAME [flags N] [inner_map MAP]" },
	{ .name = "dump", .run = map_dump, .usage = "{ MAP | jited MAP [file FILE] [opcodes] }" },
	{ .name = "lookup", .run = map_lookup, .usage = "MAP key DATA" },
	{ .name = "update", .run = map_update,
	  .usage = "MAP { key DATA value { DATA | PROG | MAP } [any | exist | noexist] | from { "
	  "FILE | DIR } }" },
	{ .name = "delete", .run = map_delete, .usage = "MAP key DATA" },
	{ .name = "getnext", .run = map_getnext, .usage = "MAP [key DATA]" },
	{ .name = "push", .run = map_push, .usage = "MAP value DATA" },
	{ .name = "enqueue", .run = map_push, .usage = "MAP value DATA" },
	{ .name = "peek", .run = map_peek, .usage = "MAP" },
	{ .name = "pop", .run = map_pop, .usage = "MAP" },
	{ .name = "dequeue", .run = map_pop, .usage = "MAP" },
	{ .name = "event_pipe", .run = map_event_pipe, .alone = true,
	  .usage = "MAP [cpu N index N] [count N]" },
	{ .name = "freeze", .run = map_freeze, .usage = "MAP" },
	{ .name = "pin", .run = map_pin, .usage = "MAP PATH" },
	{ .name = NULL }
};

#define OR_TYPE(NUMBER, name) " | " #name

const struct noun map_noun = {
	.name = "map",
	.about = "MAP := " SPEC_MAP "\n"
		 "DATA := BYTE ... | hex BYTE ... | NUMBER\n"
		 "        (1 0 0 0; hex 01 00 00 00; a single number is one of 1, 2, 4 or 8 bytes)\n"
		 "PROG := " SPEC_PROG "\n"
		 "        (the value of a program array; that of a map of maps is a MAP)\n"
		 "TYPE :=\n       " XBPF_MAP_TYPES(OR_TYPE),
	.verbs = verbs,
};
