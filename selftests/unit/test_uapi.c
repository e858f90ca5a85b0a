/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ABI stays as it was published: each number, size and offset of <linux/xbpf.h> as in 0.1.0.
 *
 * Programs built against an older header must go on to work with a newer module.  So a row here
 * never changes and is never removed; a new command, type or struct gets rows of its own, in the
 * commit that adds it.
 */
#include <stddef.h>
#include <linux/types.h>
#include <linux/xbpf.h>
#include "../tap.h"

struct golden {
	const char *what;
	unsigned long long is, was;
};

#define NUMBER(name, value)	{ #name, (name), (value) }
#define SIZE(type, bytes)	{ "sizeof(struct " #type ")", sizeof(struct type), (bytes) }
#define MEMBER(type, member, at, bytes)								\
	{ "offset of " #type "." #member, offsetof(struct type, member), (at) },		\
	{ "size of " #type "." #member, sizeof(((struct type *)0)->member), (bytes) }

static const struct golden numbers[] = {
	NUMBER(XBPF_LINK_CREATE, 0x80),
	NUMBER(XBPF_GET_ERROR, 0x81),
	NUMBER(XBPF_GET_INFO, 0x82),
	NUMBER(XBPF_PROG_TAIL, 0x88),
	NUMBER(XBPF_TABLE_INFO, 0x89),
	NUMBER(XBPF_MAP_UPDATE_MANY, 0x8a),
	NUMBER(XBPF_STATS, 0x8b),
	NUMBER(XBPF_STATS_NEW, 0),
	NUMBER(XBPF_STATS_PROG, 1),
	NUMBER(XBPF_STATS_MAP, 2),
	NUMBER(XBPF_STATS_SET, 1),
	NUMBER(XBPF_STATS_RUNS, 1),
	NUMBER(XBPF_STATS_TIME, 2),
	NUMBER(XBPF_LINK_KPROBE, 0x1000),
	NUMBER(XBPF_LINK_KRETPROBE, 0x1001),
	NUMBER(XBPF_LINK_KPROBE_MULTI, 0x1002),
	NUMBER(XBPF_LINK_KRETPROBE_MULTI, 0x1003),
	NUMBER(XBPF_LINK_RAW_TRACEPOINT, 0x1004),
	NUMBER(XBPF_LINK_TRACEPOINT, 0x1005),
	NUMBER(XBPF_LINK_SYSCALL_FILTER, 0x1006),
	NUMBER(XBPF_LINK_TAP, 0x1007),
	NUMBER(XBPF_LINK_INGRESS, 0x1008),
	NUMBER(XBPF_LINK_EGRESS, 0x1009),
	NUMBER(XBPF_PROG_TYPE_SYSCALL_FILTER, 0x1000),
	NUMBER(XBPF_TAIL_DEFAULT, 0),
	NUMBER(XBPF_TAIL_AUTO, 1),
	NUMBER(XBPF_TAIL_UNWIND, 2),
	NUMBER(XBPF_TAIL_SLOT, 3),
	NUMBER(XBPF_TAIL_DIRECT, 4),
	NUMBER(XBPF_TAIL_TREE, 5),
	NUMBER(XBPF_F_INTERP, 0x80000000),
	NUMBER(XBPF_F_TAIL_SHIFT, 27),
	NUMBER(XBPF_F_TAIL_MASK, 0x78000000),
	NUMBER(XBPF_RAW_TRACEPOINT_ARGS, 12),
	NUMBER(XBPF_SLOTS_MAX, 0x100000),
	NUMBER(XBPF_SITE_TREE, 1),
	NUMBER(XBPF_SITE_COUNTED, 2),
	NUMBER(XBPF_SLOT_COUNTED, 1),
	/* direction, size, type 0xEB and command, as _IOC() packs them */
	{ "XBPF_IOC(5, 144)", XBPF_IOC(5, 144), 0xc090eb05 },
	{ "XBPF_IOC(XBPF_GET_ERROR, 24)", XBPF_IOC(XBPF_GET_ERROR, 24), 0xc018eb81 },
	{ "XBPF_F_TAIL(XBPF_TAIL_TREE)", XBPF_F_TAIL(XBPF_TAIL_TREE), 0x28000000 },
};

static const struct golden layouts[] = {
SIZE(xbpf_link_create, 96),
	MEMBER(xbpf_link_create, type, 0, 4),
	MEMBER(xbpf_link_create, prog_fd, 4, 4),
	MEMBER(xbpf_link_create, flags, 8, 4),
	MEMBER(xbpf_link_create, reserved, 12, 4),
	MEMBER(xbpf_link_create, symbol, 16, 8),
	MEMBER(xbpf_link_create, addr, 24, 8),
	MEMBER(xbpf_link_create, offset, 32, 8),
	MEMBER(xbpf_link_create, cookie, 40, 8),
	MEMBER(xbpf_link_create, target, 48, 4),
	MEMBER(xbpf_link_create, priority, 52, 4),
	MEMBER(xbpf_link_create, symbols, 56, 8),
	MEMBER(xbpf_link_create, cookies, 64, 8),
	MEMBER(xbpf_link_create, count, 72, 4),
	MEMBER(xbpf_link_create, expire_ms, 76, 4),
	MEMBER(xbpf_link_create, arg_size, 80, 16),
	SIZE(xbpf_link_info, 272),
	MEMBER(xbpf_link_info, type, 0, 4),
	MEMBER(xbpf_link_info, id, 4, 4),
	MEMBER(xbpf_link_info, prog_id, 8, 4),
	MEMBER(xbpf_link_info, pad, 12, 4),
	MEMBER(xbpf_link_info, event_type, 16, 4),
	MEMBER(xbpf_link_info, pad2, 20, 4),
	MEMBER(xbpf_link_info, func_name, 24, 8),
	MEMBER(xbpf_link_info, name_len, 32, 4),
	MEMBER(xbpf_link_info, offset, 36, 4),
	MEMBER(xbpf_link_info, addr, 40, 8),
	MEMBER(xbpf_link_info, missed, 48, 8),
	MEMBER(xbpf_link_info, cookie, 56, 8),
	MEMBER(xbpf_link_info, tracepoint, 16, 32),
	MEMBER(xbpf_link_info, tracepoint.event_type, 16, 4),
	MEMBER(xbpf_link_info, tracepoint.pad2, 20, 4),
	MEMBER(xbpf_link_info, tracepoint.tp_name, 24, 8),
	MEMBER(xbpf_link_info, tracepoint.name_len, 32, 4),
	MEMBER(xbpf_link_info, tracepoint.pad3, 36, 4),
	MEMBER(xbpf_link_info, tracepoint.cookie, 40, 8),
	MEMBER(xbpf_link_info, raw_tracepoint, 16, 24),
	MEMBER(xbpf_link_info, raw_tracepoint.tp_name, 16, 8),
	MEMBER(xbpf_link_info, raw_tracepoint.tp_name_len, 24, 4),
	MEMBER(xbpf_link_info, raw_tracepoint.pad2, 28, 4),
	MEMBER(xbpf_link_info, raw_tracepoint.cookie, 32, 8),
	MEMBER(xbpf_link_info, kprobe_multi, 16, 32),
	MEMBER(xbpf_link_info, kprobe_multi.addrs, 16, 8),
	MEMBER(xbpf_link_info, kprobe_multi.count, 24, 4),
	MEMBER(xbpf_link_info, kprobe_multi.flags, 28, 4),
	MEMBER(xbpf_link_info, kprobe_multi.missed, 32, 8),
	MEMBER(xbpf_link_info, kprobe_multi.cookies, 40, 8),
	MEMBER(xbpf_link_info, run_cnt, 64, 8),
	MEMBER(xbpf_link_info, miss_cnt, 72, 8),
	MEMBER(xbpf_link_info, link_cookie, 80, 8),
	MEMBER(xbpf_link_info, link_type, 88, 4),
	MEMBER(xbpf_link_info, attached, 92, 4),
	MEMBER(xbpf_link_info, target, 96, 4),
	MEMBER(xbpf_link_info, priority, 100, 4),
	MEMBER(xbpf_link_info, tasks, 104, 4),
	MEMBER(xbpf_link_info, expire_ms, 108, 4),
	MEMBER(xbpf_link_info, denied, 112, 8),
	MEMBER(xbpf_link_info, name, 120, 128),
	MEMBER(xbpf_link_info, miss_busy, 248, 8),
	MEMBER(xbpf_link_info, miss_rcu, 256, 8),
	MEMBER(xbpf_link_info, miss_other, 264, 8),
	SIZE(xbpf_get_error, 24),
	MEMBER(xbpf_get_error, buf, 0, 8),
	MEMBER(xbpf_get_error, size, 8, 4),
	MEMBER(xbpf_get_error, len, 12, 4),
	MEMBER(xbpf_get_error, err, 16, 4),
	MEMBER(xbpf_get_error, cmd, 20, 4),
	SIZE(xbpf_info, 344),
	MEMBER(xbpf_info, version, 0, 32),
	MEMBER(xbpf_info, tail_calls_max, 32, 4),
	MEMBER(xbpf_info, insns_max, 36, 4),
	MEMBER(xbpf_info, processed_max, 40, 4),
	MEMBER(xbpf_info, jit, 44, 4),
	MEMBER(xbpf_info, text_size, 48, 8),
	MEMBER(xbpf_info, text_used, 56, 8),
	MEMBER(xbpf_info, text_largest, 64, 8),
	MEMBER(xbpf_info, text_images, 72, 4),
	MEMBER(xbpf_info, arena_size, 48, 8),
	MEMBER(xbpf_info, arena_used, 56, 8),
	MEMBER(xbpf_info, arena_largest, 64, 8),
	MEMBER(xbpf_info, arena_images, 72, 4),
	MEMBER(xbpf_info, ibt, 76, 4),
	MEMBER(xbpf_info, jump_form, 80, 48),
	MEMBER(xbpf_info, ret_form, 128, 48),
	MEMBER(xbpf_info, prog_types, 176, 8),
	MEMBER(xbpf_info, map_types, 184, 8),
	MEMBER(xbpf_info, helpers, 192, 32),
	MEMBER(xbpf_info, tail, 224, 16),
	MEMBER(xbpf_info, tails, 240, 104),
	SIZE(xbpf_prog_tail, 48),
	MEMBER(xbpf_prog_tail, prog_fd, 0, 4),
	MEMBER(xbpf_prog_tail, strategy, 4, 4),
	MEMBER(xbpf_prog_tail, way, 4, 4),
	MEMBER(xbpf_prog_tail, sites, 8, 4),
	MEMBER(xbpf_prog_tail, reserved, 12, 4),
	MEMBER(xbpf_prog_tail, name, 16, 16),
	MEMBER(xbpf_prog_tail, site_list, 32, 8),
	MEMBER(xbpf_prog_tail, site_cnt, 40, 4),
	MEMBER(xbpf_prog_tail, site_size, 44, 4),
	SIZE(xbpf_prog_site, 32),
	MEMBER(xbpf_prog_site, offset, 0, 4),
	MEMBER(xbpf_prog_site, map_id, 4, 4),
	MEMBER(xbpf_prog_site, index, 8, 4),
	MEMBER(xbpf_prog_site, flags, 12, 4),
	MEMBER(xbpf_prog_site, prog_id, 16, 4),
	MEMBER(xbpf_prog_site, reserved, 20, 4),
	MEMBER(xbpf_prog_site, target, 24, 8),
	SIZE(xbpf_table_slot, 16),
	MEMBER(xbpf_table_slot, target, 0, 8),
	MEMBER(xbpf_table_slot, prog_id, 8, 4),
	MEMBER(xbpf_table_slot, flags, 12, 4),
	SIZE(xbpf_table_info, 112),
	MEMBER(xbpf_table_info, map_fd, 0, 4),
	MEMBER(xbpf_table_info, reserved, 4, 4),
	MEMBER(xbpf_table_info, range, 8, 8),
	MEMBER(xbpf_table_info, empty, 16, 8),
	MEMBER(xbpf_table_info, limit, 24, 8),
	MEMBER(xbpf_table_info, filled, 32, 4),
	MEMBER(xbpf_table_info, sites, 36, 4),
	MEMBER(xbpf_table_info, targets, 40, 4),
	MEMBER(xbpf_table_info, tree_pending, 44, 4),
	MEMBER(xbpf_table_info, patches, 48, 8),
	MEMBER(xbpf_table_info, rebuilds, 56, 8),
	MEMBER(xbpf_table_info, fallbacks, 64, 8),
	MEMBER(xbpf_table_info, tree_code, 72, 8),
	MEMBER(xbpf_table_info, slots, 80, 8),
	MEMBER(xbpf_table_info, tree_len, 88, 4),
	MEMBER(xbpf_table_info, slot_first, 92, 4),
	MEMBER(xbpf_table_info, slot_cnt, 96, 4),
	MEMBER(xbpf_table_info, slot_size, 100, 4),
	MEMBER(xbpf_table_info, tree_addr, 104, 8),
	SIZE(xbpf_slot_update, 8),
	MEMBER(xbpf_slot_update, index, 0, 4),
	MEMBER(xbpf_slot_update, prog_fd, 4, 4),
	SIZE(xbpf_update_many, 24),
	MEMBER(xbpf_update_many, map_fd, 0, 4),
	MEMBER(xbpf_update_many, flags, 4, 4),
	MEMBER(xbpf_update_many, slots, 8, 8),
	MEMBER(xbpf_update_many, count, 16, 4),
	MEMBER(xbpf_update_many, failed, 20, 4),
	SIZE(xbpf_stats, 72),
	MEMBER(xbpf_stats, kind, 0, 4),
	MEMBER(xbpf_stats, fd, 4, 4),
	MEMBER(xbpf_stats, flags, 8, 4),
	MEMBER(xbpf_stats, on, 12, 4),
	MEMBER(xbpf_stats, was, 16, 4),
	MEMBER(xbpf_stats, first, 20, 4),
	MEMBER(xbpf_stats, count, 24, 4),
	MEMBER(xbpf_stats, reserved, 28, 4),
	MEMBER(xbpf_stats, taken, 32, 8),
	MEMBER(xbpf_stats, run_cnt, 40, 8),
	MEMBER(xbpf_stats, tail_cnt, 48, 8),
	MEMBER(xbpf_stats, run_time_ns, 56, 8),
	MEMBER(xbpf_stats, miss_cnt, 64, 8),
};

static void compare(const struct golden *rows, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		expect(rows[i].is == rows[i].was, "%s is 0x%llx, was published as 0x%llx", rows[i].what,
		       rows[i].is, rows[i].was);
}

static void all_numbers(void)
{
	compare(numbers, tap_count(numbers));
}

static void all_layouts(void)
{
	compare(layouts, tap_count(layouts));
}

static void all_names(void)
{
	expect_str(XBPF_DEVICE, "/dev/xbpf");
	expect_str(XBPF_FS_TYPE, "xbpffs");
	expect_str(XBPF_FS_PATH, "/sys/fs/xbpf");
}

static const struct tap_test tests[] = {
	{ "commands, types and flags have the numbers of 0.1.0", all_numbers },
	{ "structs have the layouts of 0.1.0", all_layouts },
	{ "device, file system and place have the names of 0.1.0", all_names },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
