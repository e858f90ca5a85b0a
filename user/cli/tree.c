/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl map dump jited: the code that a table's tree is. */
#include <stdio.h>
#include <stdlib.h>
#include "code.h"
#include "file.h"
#include "info.h"
#include "kallsyms.h"
#include "out.h"
#include "sites.h"

#define SLOTS_SHOWN	4u	/* in text, of one program */
#define TRIES		100	/* a tree may grow between two looks */

struct tree {
	unsigned char *code;
	__u32 len;
	__u64 addr;
	struct xbpf_table_slot *slot;
	__u32 slots;
};

/* All of it, or nothing: len 0. */
static int read_code(int fd, struct tree *t)
{
	__u32 room = 0;
	int len, i;

	for (i = 0; i < TRIES; i++) {
		len = xbpf_table_tree(fd, t->code, room, &t->addr);
		if (len < 0)
			return out_error("%s", xbpf_errmsg());
		t->len = (__u32)len;
		if (t->len <= room)
			return 0;
		room = t->len;
		free(t->code);
		t->code = malloc(room);
		if (!t->code)
			return out_error("out of memory");
	}
	return out_error("the tree grows faster than it can be read: try again");
}

static int read_slots(int fd, const struct bpf_map_info *info, struct tree *t)
{
	int n;

	t->slot = calloc(info->max_entries, sizeof(*t->slot));
	if (!t->slot)
		return out_error("out of memory");
	n = xbpf_table_slots(fd, 0, t->slot, info->max_entries);
	if (n < 0)
		return out_error("%s", xbpf_errmsg());
	t->slots = info->max_entries;
	return 0;
}

/* The first slot from @from on that leads there; NULL: none does. */
static const struct xbpf_table_slot *slot_to(const struct tree *t, __u32 from, __u64 target)
{
	for (; from < t->slots; from++)
		if (target && t->slot[from].target == target)
			return &t->slot[from];
	return NULL;
}

static bool name(const void *tree, __u32 at, __u64 target, char *buf, size_t size)
{
	const struct xbpf_table_slot *slot = slot_to(tree, 0, target);
	char prog[NAME_SIZE];

	(void)at;
	if (!slot)
		return kallsyms_name(target, buf, size);
	prog_name_by_id(slot->prog_id, prog);
	if (!*prog)
		snprintf(prog, sizeof(prog), "program %u", slot->prog_id);
	snprintf(buf, size, "%s%s", slot->flags & XBPF_SLOT_COUNTED ? "counter of " : "", prog);
	return true;
}

static void show_slots(const void *tree, __u32 at, __u64 target)
{
	const struct tree *t = tree;
	const struct xbpf_table_slot *slot = slot_to(t, 0, target);
	__u32 n = 0;

	(void)at;
	if (!slot)
		return;
	out_uint("prog_id", NULL, slot->prog_id);
	out_open("slots", '[');
	for (; slot; slot = slot_to(t, slot - t->slot + 1, target)) {
		n++;
		out_uint(NULL, n == 1 ? "  # slot %llu" : n <= SLOTS_SHOWN ? ", %llu" : NULL, slot - t->slot);
	}
	out_close();
	if (n > SLOTS_SHOWN)
		out_text(" and %u more", n - SLOTS_SHOWN);
}

static int show(const struct tree *t, const struct bpf_map_info *info, bool opcodes)
{
	const struct code code = {
		.bytes = t->code, .len = t->len, .base = t->addr, .opcodes = opcodes,
		.priv = t, .name = name, .behind = show_slots,
	};
	char title[64];
	int err;

	snprintf(title, sizeof(title), "tree of map %u (%s)", info->id, info->name);
	out_open(NULL, '[');
	out_open(NULL, '{');
	out_str("name", "%s:\n", title);
	out_open("insns", '[');
	err = code_out(&code);
	out_close();
	out_close();
	out_close();
	return err;
}

int tree_dump(int map_fd, const struct bpf_map_info *info, const struct tree_opts *opts)
{
	struct tree t = { 0 };
	int err;

	if (info->type != BPF_MAP_TYPE_PROG_ARRAY)
		return out_error("map %u '%s' is of type %s: only program arrays have code, a tree", info->id,
				 info->name, map_type_name(info->type));
	err = read_code(map_fd, &t);
	if (!err && !t.len)
		err = out_error("map %u '%s' has no tree: one is made when programs with strategy tree call "
				"through it, shortly after its slots change (see `map show`)", info->id,
				info->name);
	if (!err && opts->file)
		err = file_write(opts->file, t.code, t.len);
	else if (!err)
		err = read_slots(map_fd, info, &t) ?: show(&t, info, opts->opcodes);
	free(t.code);
	free(t.slot);
	return err;
}
