/* SPDX-License-Identifier: GPL-2.0 */
/* The table of helpers by number, and the helpers that each type of map has of its own. */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include "core/helper.h"
#include "helper/helper.h"
#include "map/map.h"

/* A map helper: one for all maps, and the map's own when the call always gets the same map. */
struct map_row {
	u32 id;
	xbpf_helper_fn any;
	size_t own;		/* offset in struct xbpf_map_ops */
};

#define MAP_ROW(name, op)	{ BPF_FUNC_##name, xbpf_helper_##name, offsetof(struct xbpf_map_ops, op) }

static const struct map_row map_rows[] = {
	MAP_ROW(map_lookup_elem, lookup),
	MAP_ROW(map_update_elem, update),
	MAP_ROW(map_delete_elem, delete),
	MAP_ROW(map_push_elem, push),
	MAP_ROW(map_pop_elem, pop),
	MAP_ROW(map_peek_elem, peek),
	MAP_ROW(map_lookup_percpu_elem, lookup_percpu),
	MAP_ROW(for_each_map_elem, each),
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
	ROW(ktime_get_coarse_ns),
	ROW(ktime_get_tai_ns),
	ROW(get_current_task),
	ROW(get_current_cgroup_id),
	ROW(get_current_ancestor_cgroup_id),
	ROW(get_ns_current_pid_tgid),
	ROW(send_signal),
	ROW(send_signal_thread),
	ROW(trace_vprintk),
	ROW(snprintf),
	ROW(strncmp),
	ROW(get_stack),
	ROW(get_stackid),
	ROW(get_func_ip),
	ROW(skb_load_bytes),
	ROW(skb_store_bytes),
	ROW(l3_csum_replace),
	ROW(l4_csum_replace),
	ROW(csum_diff),
	ROW(skb_change_type),
	ROW(get_hash_recalc),
	ROW(skb_pull_data),
	ROW(csum_update),
	ROW(set_hash_invalid),
	ROW(skb_load_bytes_relative),
	ROW(trace_printk),
	ROW(perf_event_output),
	ROW(ringbuf_output),
	ROW(loop),
	ROW(ringbuf_reserve),
	ROW(ringbuf_submit),
	ROW(ringbuf_discard),
	ROW(ringbuf_query),
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
		return own;	/* NULL: not for maps of this type, whatever the row says */
	}
	return id < ARRAY_SIZE(rows) ? rows[id] : NULL;
}

xbpf_helper_fn xbpf_helper_fn_of(u32 id, const struct xbpf_map_info *map)
{
	if (id == XBPF_FUNC_PACKET_LOAD)
		return xbpf_helper_packet_load;
	if (id == BPF_FUNC_trace_printk || id == BPF_FUNC_trace_vprintk)
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
	xbpf_signal_init();
	return xbpf_random_init();
}

void xbpf_helper_exit(void)
{
	xbpf_random_exit();
	xbpf_signal_exit();
}
