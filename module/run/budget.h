/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The budget of a run: every run ends, soon.
 *
 * What the verifier walked is bounded by its limit of instructions.  What it does not walk, the
 * rounds of a helper's loop and the bytes of a helper's copy, draws on one budget of time for the
 * whole run, tail calls and nested loops included.  When that is used up, each further draw fails:
 * the helper returns -ETIME, and the program goes on to its end.
 *
 * How long a run may take depends on what waits for it (parameters of the module, in microseconds):
 *
 *	run_task_us	a task; preemption is off		250,000
 *	run_softirq_us	a softirq				 20,000
 *	run_hardirq_us	an interrupt or an NMI, or interrupts
 *			are off; also a kprobe that is an int3,
 *			which enters like one			  2,000
 *
 * and where interrupts wait on a share of the CPU, too: loops and copies of all such runs on a CPU
 * get run_hardirq_percent (25) of each tenth of a second.
 *
 * The clock starts with the first draw.  It is looked at when the units run out that the last look
 * gave, more of them while they prove cheap: a few, since those that follow may be as dear as the
 * verifier's limit allows.
 */
#ifndef XBPF_MODULE_BUDGET_H
#define XBPF_MODULE_BUDGET_H

#include "run/run.h"

#define XBPF_BUDGET_BYTES	1024	/* that a unit copies */
#define XBPF_BUDGET_PIECE	65536	/* bytes at once */

bool xbpf_budget_look(u32 units);

/*
 * In a run: a helper is about to do @units more of work, each about a call of an empty function.
 * false: it must not, and returns -ETIME.
 */
static inline bool xbpf_budget_draw(u32 units)
{
	struct xbpf_running *run = this_cpu_ptr(&xbpf_running);

	if (!run->began || units > run->units)
		return xbpf_budget_look(units);
	run->units -= units;
	return true;
}

/*
 * The same for @size bytes to copy.  What may be larger than XBPF_BUDGET_PIECE is copied in pieces,
 * but for values under a lock, which have 4 MiB at most: theirs shows in the next look.
 * Small copies are free: the verifier's limit bounds them.
 */
static inline bool xbpf_budget_draw_bytes(u32 size)
{
	return size < XBPF_BUDGET_BYTES || xbpf_budget_draw(size / XBPF_BUDGET_BYTES);
}

/* Of @size bytes of which @done are done: those to do next. */
static inline u32 xbpf_budget_piece(u32 size, u32 done)
{
	return min_t(u32, size - done, XBPF_BUDGET_PIECE);
}

/*
 * Clears what a helper does not write, or failed to: a buffer that the verifier takes for written
 * must not show what it held before.  Always its first XBPF_BUDGET_BYTES bytes, which is more than
 * a stack has, the rest as far as the budget goes: it lies in a map, whose bytes programs may see.
 * No more than that: a program may fail that way as often as it has calls.
 */
void xbpf_budget_clear(void *buf, u32 size);

/*
 * In a run: may it queue an irq_work?  One that is queued where interrupts wait runs as soon as
 * they may, and a program on its way queues the next: nothing else would ever run on this CPU. So
 * those queue 256 a tick.  false: be lazy, or fail.
 */
bool xbpf_budget_irq_work(void);

#endif
