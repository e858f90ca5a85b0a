/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The run guard: at most one xbpf program at a time on a CPU, nested contexts included, and none while this CPU
 * stands in a section of ours that a program could deadlock with (a map's bucket lock).
 *
 * A hit that finds the guard taken does not run; whoever asked counts it as missed.  Sections that take the guard
 * for data's sake keep interrupts off and are short, so that only a probe placed on what they call, or an NMI, is ever missed.
 */
#ifndef XBPF_MODULE_RUN_H
#define XBPF_MODULE_RUN_H

#include <linux/percpu.h>
#include <linux/types.h>

DECLARE_PER_CPU(int, xbpf_run_depth);

/* Preemption off. true: go ahead, and leave with xbpf_run_exit(). */
static inline bool xbpf_run_enter(void)
{
	if (likely(this_cpu_inc_return(xbpf_run_depth) == 1))
		return true;
	this_cpu_dec(xbpf_run_depth);
	return false;
}

static inline void xbpf_run_exit(void)
{
	this_cpu_dec(xbpf_run_depth);
}

/* Preemption off: keeps programs off this CPU, nests; for locks that programs take too. */
static inline void xbpf_run_block(void)
{
	this_cpu_inc(xbpf_run_depth);
}

static inline void xbpf_run_unblock(void)
{
	this_cpu_dec(xbpf_run_depth);
}

#endif
