/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include "../core/helper.h"
#include "helper.h"
#include "map.h"

/* A map helper: one for all maps, and the map's own when the call always gets the same map. */
struct map_row {
	u32 id;
	xbpf_helper_fn any;
	size_t own;		/* offset in struct xbpf_map_ops */
};

static const struct map_row map_rows[] = {
	{ BPF_FUNC_map_lookup_elem, xbpf_map_lookup_helper, offsetof(struct xbpf_map_ops, lookup) },
	{ BPF_FUNC_map_update_elem, xbpf_map_update_helper, offsetof(struct xbpf_map_ops, update) },
	{ BPF_FUNC_map_delete_elem, xbpf_map_delete_helper, offsetof(struct xbpf_map_ops, delete) },
};

#define ROW(name) [BPF_FUNC_##name] = xbpf_helper_##name

static const xbpf_helper_fn rows[] = {
	ROW(ktime_get_ns),
	ROW(ktime_get_boot_ns),
	ROW(jiffies64),
	ROW(get_prandom_u32),
	ROW(get_smp_processor_id),
	ROW(get_numa_node_id),
	ROW(get_current_pid_tgid),
	ROW(get_current_uid_gid),
	ROW(get_current_comm),
	ROW(get_attach_cookie),
	ROW(probe_read),
	ROW(probe_read_kernel),
	ROW(probe_read_user),
	ROW(probe_read_str),
	ROW(probe_read_kernel_str),
	ROW(probe_read_user_str),
	ROW(skb_load_bytes),
	ROW(trace_printk),
};

static xbpf_helper_fn find(u32 id, const struct xbpf_map_info *map)
{
	const struct map_row *row;
	xbpf_helper_fn own;
	int i;

	for (i = 0; i < ARRAY_SIZE(map_rows); i++) {
		row = &map_rows[i];
		if (row->id != id)
			continue;
		if (!map)
			return row->any;
		own = *(const xbpf_helper_fn *)((const char *)xbpf_map_of(map)->ops + row->own);
		return own ? own : row->any;
	}
	return id < ARRAY_SIZE(rows) ? rows[id] : NULL;
}

xbpf_helper_fn xbpf_helper_fn_of(u32 id, const struct xbpf_map_info *map)
{
	if (id == BPF_FUNC_trace_printk)
		xbpf_trace_enable();
	return find(id, map);
}

void xbpf_helper_info(struct xbpf_info *info)
{
	const struct xbpf_helper *h;
	u32 i;

	for (i = 0; (h = xbpf_helper_at(i)); i++) {
		/* the engines make tail_call themselves */
		if (h->id != BPF_FUNC_tail_call && !find(h->id, NULL))
			continue;
		if (h->id / 64 < ARRAY_SIZE(info->helpers))
			info->helpers[h->id / 64] |= 1ULL << (h->id % 64);
	}
}

int xbpf_helper_init(void)
{
	return xbpf_random_init();
}

void xbpf_helper_exit(void)
{
	xbpf_random_exit();
}
