/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The run guard: at most one xbpf program at a time on a CPU, nested contexts included, and none
 * while this CPU stands in a section of ours that a program could deadlock with (a map's bucket
 * lock).
 *
 * And none where RCU does not watch the CPU, as on the way into and out of idle.  A grace period
 * does not wait for such a CPU: programs, maps and elements would be freed under the run.  The
 * guard asks, so that no kind of event can forget.
 *
 * A hit that finds the guard taken, or RCU not watching, does not run; whoever asked counts it as
 * missed.  Sections that take the guard for data's sake keep interrupts off and are short, so that
 * only a probe placed on what they call, or an NMI, is ever missed.
 */
#ifndef XBPF_MODULE_RUN_H
#define XBPF_MODULE_RUN_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/asm.h>
#include "compat/rcu.h"

struct pt_regs;
struct xbpf_link;

/*
 * What the program on this CPU runs for; all but the depth belong to who holds the guard, and are
 * his to set.
 */
struct xbpf_running {
	int depth;
	u32 units;			/* of the budget; these five are budget.c's */
	u64 began;			/* ns; 0: nothing was drawn from the budget yet */
	u64 looked;			/* ns, at the clock */
	u32 step;			/* units that the last look gave */
	bool spent;			/* the budget is used up */
	struct xbpf_link *link;		/* NULL: none (a test run) */
	struct pt_regs *regs;		/* of links whose ops say has_regs */
	unsigned long ip;		/* likewise */
};

DECLARE_PER_CPU(struct xbpf_running, xbpf_running);

/* In depth: whoever wants to start a run waits (hold.c). */
#define XBPF_RUN_HOLD	(1 << 16)

/*
 * It saves all registers itself, so who does not come here, as nearly always, saves none for it.
 * No tracer may stand before it or behind it: those keep what a C function has to keep, no more.
 */
bool notrace __attribute__((no_caller_saved_registers)) xbpf_run_enter_cold(void);

static __always_inline bool xbpf_run_enter_else(void)
{
	bool entered;

	asm volatile("call xbpf_run_enter_cold" : "=a" (entered), ASM_CALL_CONSTRAINT : : "memory", "cc");
	return entered;
}

/*
 * Preemption off.  true: go ahead, and leave with xbpf_run_exit().  Taken first and looked at then,
 * so that an interrupt that sets XBPF_RUN_HOLD in between is seen, and in one instruction each, so
 * that none loses it; other interrupts leave the depth as they found it.
 */
static __always_inline bool xbpf_run_enter(void)
{
	if (unlikely(!xbpf_compat_rcu_watching()))
		return false;
	this_cpu_inc(xbpf_running.depth);
	barrier();
	if (unlikely(raw_cpu_read(xbpf_running.depth) != 1) && !xbpf_run_enter_else())
		return false;
	/* not before: who finds the guard taken must leave the run under way its budget */
	raw_cpu_write(xbpf_running.began, 0);
	return true;
}

static __always_inline void xbpf_run_exit(void)
{
	barrier();
	this_cpu_dec(xbpf_running.depth);
}

/* Preemption off: keeps programs off this CPU, nests; for locks that programs take too. */
static inline void xbpf_run_block(void)
{
	this_cpu_inc(xbpf_running.depth);
}

static inline void xbpf_run_unblock(void)
{
	this_cpu_dec(xbpf_running.depth);
}

#endif
