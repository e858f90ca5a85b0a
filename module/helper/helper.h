/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers: the functions behind the rows of include/lists/helpers.h.
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

#define HELPER(number, name, ...)	XBPF_HELPER(name);
#define MAP_HELPER			HELPER	/* by the map in R1, of whatever type it is */
#include "include/lists/helpers.h"
XBPF_HELPER(packet_load);		/* of BPF_LD_ABS and BPF_LD_IND */

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
