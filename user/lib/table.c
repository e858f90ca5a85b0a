/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of programs, and how programs call through them: commands that libbpf does not have.
 */
#include <errno.h>
#include <string.h>
#include "errmsg.h"
#include "libxbpf.h"

/* What the module said of the last command, or errno's words. */
static int refused(int cmd, const char *what)
{
	int err = errno;
	const char *words = xbpf_refusal(cmd);

	return errmsg_set(-err, "%s: %s", what, *words ? words : errmsg_errno(err));
}

int xbpf_tail_find(const char *name)
{
	struct xbpf_info info;
	size_t len = strlen(name);
	const char *at;
	int strategy = 1, err;

	err = xbpf_info_get(&info);
	if (err)
		return err;
	info.tails[sizeof(info.tails) - 1] = '\0';
	for (at = info.tails; *at; strategy++) {
		size_t n = strcspn(at, " ");

		if (n == len && !strncmp(at, name, n))
			return strategy;
		at += n;
		at += *at == ' ';
	}
	return errmsg_set(-EINVAL, "'%s' is no strategy for tail calls; this module knows %s",
			  name, info.tails);
}

int xbpf_prog_tail_get(int fd, struct xbpf_prog_tail *tail)
{
	memset(tail, 0, sizeof(*tail));
	tail->prog_fd = (__u32)fd;
	if (xbpf_sys(XBPF_PROG_TAIL, tail, sizeof(*tail)))
		return refused(XBPF_PROG_TAIL, "how the program makes tail calls cannot be read");
	tail->name[sizeof(tail->name) - 1] = '\0';
	return 0;
}

int xbpf_table_info_get(int fd, struct xbpf_table_info *info)
{
	memset(info, 0, sizeof(*info));
	info->map_fd = (__u32)fd;
	if (xbpf_sys(XBPF_TABLE_INFO, info, sizeof(*info)))
		return refused(XBPF_TABLE_INFO, "the table's counters cannot be read");
	return 0;
}

static int hidden(const char *what)
{
	return errmsg_set(-EPERM, "%s: this process may not see kernel addresses (CAP_PERFMON)", what);
}

int xbpf_prog_sites(int fd, struct xbpf_prog_site *sites, __u32 room)
{
	struct xbpf_prog_tail tail;
	int err = xbpf_prog_tail_get(fd, &tail);

	if (err || !tail.site_size)	/* a module that does not know them leaves 0 */
		return err;
	if (!sites)
		return (int)tail.site_cnt;
	tail.site_list = (unsigned long)sites;
	tail.site_cnt = room;
	tail.site_size = sizeof(*sites);
	if (xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail)))
		return refused(XBPF_PROG_TAIL, "the program's patched jumps cannot be read");
	return tail.site_list ? (int)tail.site_cnt : hidden("the program's patched jumps");
}

/* What @info asks for, of a module that knows it. */
static int table_code(int fd, struct xbpf_table_info *info)
{
	struct xbpf_table_info known;
	int err = xbpf_table_info_get(fd, &known);

	if (err)
		return err;
	if (!known.slot_size)
		return errmsg_set(-EOPNOTSUPP, "this module is too old: it does not show the code of tables");
	info->map_fd = (__u32)fd;
	info->slot_size = sizeof(struct xbpf_table_slot);
	if (xbpf_sys(XBPF_TABLE_INFO, info, sizeof(*info)))
		return refused(XBPF_TABLE_INFO, "the table cannot be read");
	return 0;
}

int xbpf_table_tree(int fd, void *code, __u32 room, __u64 *addr)
{
	struct xbpf_table_info info = { .tree_code = (unsigned long)code, .tree_len = code ? room : 0 };
	int err = table_code(fd, &info);

	if (err)
		return err;
	if (info.tree_len && !info.tree_addr)
		return hidden("the table's tree");
	*addr = info.tree_addr;
	return (int)info.tree_len;
}

int xbpf_table_slots(int fd, __u32 first, struct xbpf_table_slot *slots, __u32 room)
{
	struct xbpf_table_info info = {
		.slots = (unsigned long)slots,
		.slot_first = first,
		.slot_cnt = slots ? room : 0,
	};
	int err = table_code(fd, &info);

	if (err)
		return err;
	return !slots || info.slots ? (int)info.slot_cnt : hidden("the table's slots");
}

int xbpf_stats(struct xbpf_stats *stats)
{
	if (xbpf_sys(XBPF_STATS, stats, sizeof(*stats)))
		return refused(XBPF_STATS, stats->flags & XBPF_STATS_SET ? "the counters stay as they were" :
			       "the counters cannot be read");
	return 0;
}

#define UPDATE_TRIES 10		/* of a second each */

int xbpf_update_many(int fd, const struct xbpf_slot_update *slots, __u32 count, __u32 *failed)
{
	struct xbpf_update_many many = {
		.map_fd = (__u32)fd,
		.slots = (unsigned long)slots,
		.count = count,
		.failed = count,
	};
	int err = 0, tries = 0;

	/* EBUSY: programs ran at each moment that the module tried, for a second; nothing was changed */
	while (xbpf_sys(XBPF_MAP_UPDATE_MANY, &many, sizeof(many)) && !err)
		if (errno != EBUSY || ++tries == UPDATE_TRIES)
			err = refused(XBPF_MAP_UPDATE_MANY, "no slot was changed");
	if (failed)
		*failed = many.failed;
	return err;
}
