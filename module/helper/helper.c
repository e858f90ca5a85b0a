/* SPDX-License-Identifier: GPL-2.0 */
/* The table of helpers by number, and the helpers that each type of map has of its own. */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include "helper/helper.h"
#include "map/map.h"

struct row {
	u32 id;
	xbpf_helper_fn fn;	/* NULL: the engines make it themselves */
	/* offset in struct xbpf_map_ops of what the call gets when its map is always the same; 0: none */
	size_t own;
};

#define HELPER(number, name, ...)	{ (number), xbpf_helper_##name, 0 },
#define MAP_HELPER(number, name, op, ...) \
	{ (number), xbpf_helper_##name, offsetof(struct xbpf_map_ops, op) },
#define ENGINE_HELPER(number, ...)	{ (number), NULL, 0 },

static const struct row rows[] = {
#include "include/lists/helpers.h"
};

xbpf_helper_fn xbpf_helper_fn_of(u32 id, const struct xbpf_map_info *map)
{
	const struct row *row;

	if (id == XBPF_FUNC_PACKET_LOAD)
		return xbpf_helper_packet_load;
	if (id == BPF_FUNC_trace_printk || id == BPF_FUNC_trace_vprintk)
		xbpf_trace_enable();
	for (row = rows; row < rows + ARRAY_SIZE(rows); row++) {
		if (row->id != id)
			continue;
		if (!map || !row->own)
			return row->fn;
		/* NULL: not for maps of this type, whatever the list says */
		return *(const xbpf_helper_fn *)((const char *)xbpf_map_of(map)->ops + row->own);
	}
	return NULL;
}

void xbpf_helper_info(struct xbpf_info *info)
{
	const struct row *row;

#define HELPER(number, ...)	static_assert((number) / 64 < ARRAY_SIZE(info->helpers));
#define MAP_HELPER		HELPER
#define ENGINE_HELPER		HELPER
#include "include/lists/helpers.h"
	for (row = rows; row < rows + ARRAY_SIZE(rows); row++)
		info->helpers[row->id / 64] |= 1ULL << (row->id % 64);
}

int xbpf_helper_init(void)
{
	xbpf_signal_init();
	return xbpf_random_init();
}

void xbpf_helper_exit(void)
{
	xbpf_random_exit();
	xbpf_signal_exit();
}
