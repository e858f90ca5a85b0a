/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers: the functions behind the rows of core/helper.c.
 *
 * They run in the context of the program: any context up to NMI, preemption off, the run guard
 * taken (so that per-CPU state that only helpers use needs no lock), RCU read section.
 */
#ifndef XBPF_MODULE_HELPER_H
#define XBPF_MODULE_HELPER_H

#include <linux/xbpf.h>
#include "core/env.h"

/* struct xbpf_env's helper() */
xbpf_helper_fn xbpf_helper_fn_of(u32 id, const struct xbpf_map_info *map);

/* Bit per helper that a program can call here. */
void xbpf_helper_info(struct xbpf_info *info);

int xbpf_helper_init(void);
void xbpf_helper_exit(void);

/* The groups (a file each); R1..R5 in, R0 out. */
#define XBPF_HELPER(name) u64 xbpf_helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)

XBPF_HELPER(ktime_get_ns);
XBPF_HELPER(ktime_get_boot_ns);
XBPF_HELPER(jiffies64);
XBPF_HELPER(get_prandom_u32);
XBPF_HELPER(get_smp_processor_id);
XBPF_HELPER(get_numa_node_id);
XBPF_HELPER(get_current_pid_tgid);
XBPF_HELPER(get_current_uid_gid);
XBPF_HELPER(get_current_comm);
XBPF_HELPER(get_attach_cookie);
XBPF_HELPER(probe_read);
XBPF_HELPER(probe_read_kernel);
XBPF_HELPER(probe_read_user);
XBPF_HELPER(probe_read_str);
XBPF_HELPER(probe_read_kernel_str);
XBPF_HELPER(packet_load);
XBPF_HELPER(probe_read_user_str);
XBPF_HELPER(ktime_get_coarse_ns);
XBPF_HELPER(ktime_get_tai_ns);
XBPF_HELPER(get_current_task);
XBPF_HELPER(get_current_cgroup_id);
XBPF_HELPER(get_current_ancestor_cgroup_id);
XBPF_HELPER(get_ns_current_pid_tgid);
XBPF_HELPER(send_signal);
XBPF_HELPER(send_signal_thread);
XBPF_HELPER(trace_vprintk);
XBPF_HELPER(snprintf);
XBPF_HELPER(strncmp);
XBPF_HELPER(get_stack);
XBPF_HELPER(get_stackid);
XBPF_HELPER(get_func_ip);
XBPF_HELPER(skb_load_bytes);
XBPF_HELPER(skb_store_bytes);
XBPF_HELPER(l3_csum_replace);
XBPF_HELPER(l4_csum_replace);
XBPF_HELPER(csum_diff);
XBPF_HELPER(skb_change_type);
XBPF_HELPER(get_hash_recalc);
XBPF_HELPER(skb_pull_data);
XBPF_HELPER(csum_update);
XBPF_HELPER(set_hash_invalid);
XBPF_HELPER(skb_load_bytes_relative);
XBPF_HELPER(trace_printk);
XBPF_HELPER(perf_event_output);
XBPF_HELPER(loop);
XBPF_HELPER(ringbuf_output);
XBPF_HELPER(ringbuf_reserve);
XBPF_HELPER(ringbuf_submit);
XBPF_HELPER(ringbuf_discard);
XBPF_HELPER(ringbuf_query);

/* by the map in R1, of whatever type it is */
XBPF_HELPER(map_lookup_elem);
XBPF_HELPER(map_update_elem);
XBPF_HELPER(map_delete_elem);
XBPF_HELPER(map_push_elem);
XBPF_HELPER(map_pop_elem);
XBPF_HELPER(map_peek_elem);
XBPF_HELPER(map_lookup_percpu_elem);
XBPF_HELPER(for_each_map_elem);

/* helper/random.c */
int xbpf_random_init(void);
void xbpf_random_exit(void);

/* helper/signal.c */
void xbpf_signal_init(void);
void xbpf_signal_exit(void);	/* waits for those under way */

/*
 * helper/trace.c: shows the output of trace_printk in trace_pipe; called when a program that uses
 * it is loaded.
 */
void xbpf_trace_enable(void);

#endif
