/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of the short verbs, and xbpfctl update.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "info.h"
#include "loaded.h"
#include "out.h"
#include "short.h"
#include "table.h"

/* One of the same object by its name, or of another one by OBJECT/NAME. */
static int prog_of_word(const struct loaded *l, const char *word)
{
	const struct pin *pin = NULL;
	struct loaded other = { 0 };
	int fd = -1;

	if (!strchr(word, '/'))
		pin = loaded_prog(l, word);
	else if (!loaded_open(&other, word))
		pin = loaded_prog(&other, other.part);
	if (pin)
		fd = xbpf_pin_get(pin->path);
	if (pin && fd < 0)
		out_error("%s", xbpf_errmsg());
	loaded_close(&other);
	return fd < 0 ? -1 : fd;
}

/* KEY PROG pairs, as many as there are words. */
static int take_slots(struct args *args, const struct loaded *l, const struct bpf_map_info *info,
		      struct slots *slots)
{
	const char *key, *prog;
	__u64 index;
	int fd;

	do {
		key = args_next(args, "the index of a slot");
		prog = key ? args_next(args, "the program for the slot, or - for none") : NULL;
		if (!prog || args_number(key, "index of a slot", UINT_MAX, &index))
			return -1;
		if (index >= info->max_entries)
			return out_error("%s/%s has no slot %llu: its slots are 0 to %u", l->name, l->part, index,
					 info->max_entries - 1);
		fd = strcmp(prog, "-") ? prog_of_word(l, prog) : -1;
		if ((fd < 0 && strcmp(prog, "-")) || slots_add(slots, index, fd))
			return -1;
	} while (args->n);
	return 0;
}

static void show_slots(const struct slots *slots, const struct bpf_map_info *info)
{
	char name[NAME_SIZE];
	__u32 i, id;

	out_open(NULL, '{');
	out_uint("id", NULL, info->id);
	out_str("name", NULL, info->name);
	out_open("slots", '[');
	for (i = 0; i < slots->n; i++) {
		out_open(NULL, '{');
		out_uint("slot", "slot %llu: ", slots->slot[i].index);
		if (slots->slot[i].prog_fd < 0) {
			out_text("empty\n");
			out_null("prog_id");
		} else {
			id = object_id(slots->slot[i].prog_fd, XBPF_KIND_PROG);
			prog_name_by_id(id, name);
			out_uint("prog_id", "program %llu", id);
			out_str("prog_name", *name ? "  name %s" : NULL, name);
			out_text("\n");
		}
		out_close();
	}
	out_close();
	out_close();
}

int short_update(struct args *args)
{
	const char *spec = args_next(args, "which table, as NAME/TABLE");
	struct slots slots = { 0 };
	struct bpf_map_info info;
	struct loaded l;
	int fd = -1, err;

	if (!spec)
		return -1;
	err = loaded_open(&l, spec);
	if (!err)
		fd = loaded_table(&l, l.part, &info);
	err = fd < 0 || take_slots(args, &l, &info, &slots) ||
	      slots_apply(&slots, fd, &info) ? -1 : 0;
	if (!err)
		show_slots(&slots, &info);
	slots_free(&slots);
	if (fd >= 0)
		close(fd);
	loaded_close(&l);
	return err;
}

const struct verb short_verbs[] = {
	{ .name = "load", .run = short_load, .opens_device = true, .usage = "FILE.o [NAME]" },
	{ .name = "attach", .run = short_attach, .usage = "NAME[/PROGRAM [KIND:PLACE]] [expire TIME]" },
	{ .name = "update", .run = short_update,
	  .usage = "NAME/TABLE SLOT { PROGRAM | - } [SLOT { PROGRAM | - } ...]" },
	{ .name = "stop", .run = short_stop, .usage = "{ NAME | --all }" },
	{ .name = "unload", .run = short_unload, .usage = "NAME" },
	{ .name = "graph", .run = short_graph, .usage = "[--dot | --svg | --html]" },
	{ .name = "top", .run = short_top, .alone = true, .usage = "[every TIME] [count N] [as-is]" },
	{ .name = "compare", .run = short_compare, .opens_device = true, .letters = "f",
	  .usage = "FILE.o ... [-e COLUMN,...] [-s COLUMN,...] [-f FILTER] [-o { table | csv }] "
	  "[--against { interp | tail=STRATEGY }] [--data FILE] [--ctx FILE] [--repeat N] [--seed N]" },
	{ .name = "exec", .run = short_exec, .opens_device = true, .alone = true, .runs_command = true,
	  .usage = "[--log FILE] [--] COMMAND [ARGUMENT]..." },
	{ .name = NULL }
};
