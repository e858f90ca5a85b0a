/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl link
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "include/lists/hooks.h"
#include "args.h"
#include "info.h"
#include "link.h"
#include "main.h"
#include "out.h"
#include "pins.h"
#include "spec.h"

/* How places of this kind of link are written; -1: the module is newer than this tool. */
static int form_of(const struct xbpf_link_info *info)
{
	static const struct {
		__u32 type;
		int form;
	} hooks[] = {
#define ROW(word, NUMBER, ops, PROG_TYPE, FORM) { XBPF_LINK_##NUMBER, XBPF_FORM_##FORM },
		XBPF_HOOKS(ROW)
#undef ROW
	};
	size_t i;

	for (i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
		if (hooks[i].type == info->link_type)
			return hooks[i].form;
	return -1;
}

static bool is_probe(const struct xbpf_link_info *info)
{
	return form_of(info) == XBPF_FORM_FUNCTION;
}

static bool is_multi(const struct xbpf_link_info *info)
{
	return form_of(info) == XBPF_FORM_PATTERN;
}

void link_place(const struct xbpf_link_info *info, char *buf, size_t size)
{
	if (is_multi(info))
		snprintf(buf, size, "%u functions", info->kprobe_multi.count);
	else if (is_probe(info) && *info->name && info->offset)
		snprintf(buf, size, "%s+0x%x", info->name, info->offset);
	else if (*info->name)
		snprintf(buf, size, "%s", info->name);
	else if (is_probe(info))
		snprintf(buf, size, "0x%llx", info->addr);
	else
		snprintf(buf, size, "%u", info->target);
}

static void show_place(const struct xbpf_link_info *info)
{
	switch (form_of(info)) {
	case XBPF_FORM_FUNCTION:
		if (*info->name) {
			out_str("func", "\n\t%s", info->name);
			out_uint("offset", info->offset ? "+0x%llx" : NULL, info->offset);
		} else {
			out_text("\n\tby address");
		}
		out_uint("addr", info->addr ? "  addr 0x%llx" : NULL, info->addr);
		break;
	case XBPF_FORM_PATTERN:
		out_uint("func_cnt", "\n\t%llu functions", info->kprobe_multi.count);
		break;
	case XBPF_FORM_TRACEPOINT:
	case XBPF_FORM_EVENT:
		out_str("tp_name", "\n\t%s", info->name);
		break;
	case XBPF_FORM_PROCESS:
		out_uint("pid", "\n\tprocess %llu", info->target);
		out_uint("tasks", "  tasks %llu", info->tasks);
		out_uint("denied", "  denied %llu", info->denied);
		break;
	default:
		out_str("devname", "\n\t%s", info->name);
		out_uint("ifindex", "  ifindex %llu", info->target);
		if (info->link_type == XBPF_LINK_TAP)
			break;
		out_int("priority", info->priority ? "  priority %lld" : NULL, info->priority);
		out_uint("dropped", "  dropped %llu", info->denied);
		break;
	}
}

static int show_fd(int fd, const struct pins *pins)
{
	struct xbpf_link_info info;
	char prog[NAME_SIZE];

	if (link_info_get(fd, &info))
		return -1;
	prog_name_by_id(info.prog_id, prog);
	out_open(NULL, '{');
	out_uint("id", "%llu: ", info.id);
	out_str("type", "%s", xbpf_link_type_name(info.link_type));
	if (is_probe(&info) || is_multi(&info))
		out_bool("retprobe", NULL, info.link_type == XBPF_LINK_KRETPROBE ||
			 info.link_type == XBPF_LINK_KRETPROBE_MULTI);
	out_uint("prog_id", "  prog %llu", info.prog_id);
	out_str("prog_name", *prog ? "  name %s" : NULL, prog);
	show_place(&info);
	out_bool("detached", "  detached", !info.attached);
	if (info.expire_ms)
		out_uint("expire_ms", "  expires in %llu ms", info.expire_ms);
	out_uint("cookie", info.link_cookie ? "  cookie %llu" : NULL, info.link_cookie);
	out_uint("run_cnt", "\n\trun_cnt %llu", info.run_cnt);
	out_uint("missed", "  missed %llu\n", info.miss_cnt);
	/* an older module does not know why */
	if (info.miss_busy || info.miss_rcu || info.miss_other) {
		out_uint("miss_busy", "\tmissed since another program ran %llu", info.miss_busy);
		out_uint("miss_rcu", ", RCU did not watch %llu", info.miss_rcu);
		out_uint("miss_other", ", other %llu\n", info.miss_other);
	}
	if (pins)
		pins_out(pins, XBPF_KIND_LINK, info.id);
	out_close();
	return 0;
}

static int link_show(struct args *args)
{
	return list_objects(args, XBPF_KIND_LINK, show_fd);
}

void link_default_pin(__u32 id, char *path, size_t size)
{
	snprintf(path, size, "%s/link-%u", xbpf_fs_path(), id);
}

void link_attached(const char *path)
{
	struct xbpf_link_info info;
	char place[NAME_SIZE + 32];
	int fd = xbpf_pin_get(path);

	if (fd < 0)
		return;
	if (!link_info_get(fd, &info)) {
		link_place(&info, place, sizeof(place));
		out_open(NULL, '{');
		out_uint("id", "link %llu: ", info.id);
		out_str("type", "%s ", xbpf_link_type_name(info.link_type));
		out_str("where", "%s", place);
		out_uint("prog_id", " runs program %llu", info.prog_id);
		out_str("pinned", ", pinned at %s\n", path);
		out_close();
	}
	close(fd);
}

/* A pin that the tool chose goes with the link; the user's own are told. */
static void drop_pins(__u32 id)
{
	struct pins pins;
	char own[64];
	int i;

	if (pins_find(&pins))
		return;
	link_default_pin(id, own, sizeof(own));
	out_open("pinned", '[');
	for (i = 0; i < pins.n; i++) {
		if (pins.pin[i].kind != XBPF_KIND_LINK || pins.pin[i].id != id)
			continue;
		if (!strcmp(pins.pin[i].path, own) && !unlink(own))
			continue;
		out_str(NULL, "detached; the link itself stays pinned at %s, remove it with rm\n",
			pins.pin[i].path);
	}
	out_close();
	pins_free(&pins);
}

static int link_detach(struct args *args)
{
	int fd, err;
	__u32 id;

	fd = spec_one(args, XBPF_KIND_LINK);
	if (fd < 0)
		return -1;
	id = object_id(fd, XBPF_KIND_LINK);
	err = args_end(args);
	if (!err) {
		err = xbpf_link_detach(fd);
		if (err)
			out_error("link %u: %s", id, xbpf_errmsg());
	}
	close(fd);
	if (err)
		return err;
	out_open(NULL, '{');
	out_uint("id", NULL, id);
	drop_pins(id);
	out_close();
	return 0;
}

/* LINK PROG [old PROG] */
static int link_update(struct args *args)
{
	int link, prog = -1, old = -1, err = -1;

	link = spec_one(args, XBPF_KIND_LINK);
	if (link < 0)
		return -1;
	prog = spec_one(args, XBPF_KIND_PROG);
	if (prog < 0)
		goto out;
	if (args_take(args, "old")) {
		old = spec_one(args, XBPF_KIND_PROG);
		if (old < 0)
			goto out;
	}
	err = args_end(args);
	if (err)
		goto out;
	err = xbpf_link_update(link, prog, old);
	if (err)
		out_error("link %u: %s", object_id(link, XBPF_KIND_LINK), xbpf_errmsg());
out:
	if (old >= 0)
		close(old);
	if (prog >= 0)
		close(prog);
	close(link);
	return err;
}

static int link_pin(struct args *args)
{
	return pin_object(args, XBPF_KIND_LINK);
}

static const struct verb verbs[] = {
	{ .name = "list", .run = link_show, .usage = "[" SPEC_LINK "]" },
	{ .name = "show", .run = link_show, .usage = "[" SPEC_LINK "]" },
	{ .name = "detach", .run = link_detach, .usage = "LINK" },
	{ .name = "update", .run = link_update, .usage = "LINK PROG [old PROG]" },
	{ .name = "pin", .run = link_pin, .usage = "LINK PATH" },
	{ .name = NULL }
};

const struct noun link_noun = {
	.name = "link",
	.about = "LINK := " SPEC_LINK "\n"
		 "PROG := " SPEC_PROG,
	.verbs = verbs,
};
