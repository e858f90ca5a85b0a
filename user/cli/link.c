/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl link
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "info.h"
#include "link.h"
#include "main.h"
#include "out.h"
#include "pins.h"
#include "spec.h"

/* Of struct bpf_link_info in <linux/bpf.h> of Linux 6.12, as <linux/xbpf.h> says. */
#define EVENT_KPROBE	3
#define EVENT_KRETPROBE	4

const char *link_type_name(const struct xbpf_link_info *info)
{
	static char other[24];

	switch (info->event_type) {
	case EVENT_KPROBE:
		return "kprobe";
	case EVENT_KRETPROBE:
		return "kretprobe";
	default:
		snprintf(other, sizeof(other), "type %u", info->event_type);
		return other;
	}
}

static int show_fd(int fd, const struct pins *pins)
{
	char symbol[NAME_SIZE], prog[NAME_SIZE];
	struct xbpf_link_info info;

	if (link_info_get(fd, &info, symbol))
		return -1;
	prog_name_by_id(info.prog_id, prog);
	out_open(NULL, '{');
	out_uint("id", "%llu: ", info.id);
	out_str("type", "%s", link_type_name(&info));
	out_bool("retprobe", NULL, info.event_type == EVENT_KRETPROBE);
	out_uint("prog_id", "  prog %llu", info.prog_id);
	out_str("prog_name", *prog ? "  name %s" : NULL, prog);
	if (*symbol) {
		out_str("func", "\n\t%s", symbol);
		out_uint("offset", info.offset ? "+0x%llx" : NULL, info.offset);
	} else {
		out_text("\n\tby address");
	}
	out_uint("addr", info.addr ? "  addr 0x%llx" : NULL, info.addr);
	out_bool("detached", "  detached", !info.addr);
	out_uint("cookie", info.cookie ? "  cookie %llu" : NULL, info.cookie);
	out_uint("run_cnt", "\n\trun_cnt %llu", info.run_cnt);
	out_uint("missed", "  missed %llu\n", info.missed);
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
	snprintf(path, size, XBPF_FS_PATH "/link-%u", id);
}

void link_attached(const char *path)
{
	char symbol[NAME_SIZE], where[NAME_SIZE + 32];
	struct xbpf_link_info info;
	int fd = xbpf_pin_get(path);

	if (fd < 0)
		return;
	if (!link_info_get(fd, &info, symbol)) {
		if (!*symbol)
			snprintf(where, sizeof(where), "0x%llx", info.addr);
		else if (info.offset)
			snprintf(where, sizeof(where), "%s+0x%x", symbol, info.offset);
		else
			snprintf(where, sizeof(where), "%s", symbol);
		out_open(NULL, '{');
		out_uint("id", "link %llu: ", info.id);
		out_str("type", "%s ", link_type_name(&info));
		out_str("where", "%s", where);
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
		out_str(NULL, "detached; the link itself stays pinned at %s, remove it with rm\n", pins.pin[i].path);
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

static int link_pin(struct args *args)
{
	return pin_object(args, XBPF_KIND_LINK);
}

static const struct verb verbs[] = {
	{ .name = "list", .run = link_show, .usage = "[" SPEC_LINK "]" },
	{ .name = "show", .run = link_show, .usage = "[" SPEC_LINK "]" },
	{ .name = "detach", .run = link_detach, .usage = "LINK" },
	{ .name = "pin", .run = link_pin, .usage = "LINK PATH" },
	{ .name = NULL }
};

const struct noun link_noun = {
	.name = "link",
	.about = "LINK := " SPEC_LINK,
	.verbs = verbs,
};
