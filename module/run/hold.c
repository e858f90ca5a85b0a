/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A moment in which no program runs on any CPU: a rendezvous with a deadline.
 *
 * An interrupt sets HOLD in the guard of each CPU, which brings new runs there to the cold path of
 * the entry.  While a CPU is still to answer, they go on all the same: how long an interrupt takes,
 * or a guest's CPU that is not on, is no wait of theirs.  When all have answered, runs that are
 * under way go on, and a new one waits at its entry.  A CPU whose guard has HOLD and nothing else
 * is out of any run, and stays so: whoever sees first that all are, the one who asked or a run that
 * waits, does the deed, and HOLD goes.  So a guest's CPUs need not be on at the same time for it.
 * (A long deed is left to the one who asked: a run's place may be under somebody's spinlock.)  CPUs
 * that want to run nothing do not even notice.
 *
 * A wait at an entry ends after 2 ms, where interrupts are off after 0.2 ms: then it is called off,
 * and nothing has happened.  Behind the point from which it cannot be called off there is the deed
 * alone, some stores.  Who has waited for 200 ms even so, or 2 ms where interrupts are off, does
 * not run, and is counted as missed: there are very many stores, or the CPU that does them is a
 * guest's, and its host has taken it away.  So no run waits longer, however long another one is.
 *
 * Many CPUs that are busy with runs of some milliseconds may never be out of them at the same time:
 * who has tried for long enough gives up, as stopping them would make all wait for the longest run.
 * A run that waits in a kprobe's handler has interrupts on, and the kernel passes over other
 * kprobes that interrupts hit there; each has its own count of that (nmissed), whosever it is.
 *
 *	over --> ask --> gather --> closed --> done --> over
 *			   |_____________________________/  called off by whoever waited too long
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <asm/sync_core.h>
#include "run/hold.h"
#include "run/run.h"

#define GATHER_NS	(10 * NSEC_PER_MSEC)	/* that one who changes something waits, if no run does */
#define HOLD_NS		(2 * NSEC_PER_MSEC)	/* that a run waits until it calls it off */
#define HOLD_IRQ_NS	(200 * NSEC_PER_USEC)	/* the same with interrupts off */
#define MISS_NS		(200 * NSEC_PER_MSEC)	/* that it waits at all */
#define MISS_IRQ_NS	(2 * NSEC_PER_MSEC)

enum { OVER, ASK, GATHER, CLOSED, DONE };

static atomic_t phase;

/* Written before ask, read when it is closed. */
static void (*the_deed)(void *arg);
static void *the_arg;
static bool anyone;	/* may do it; else only who asked for it */

/* ---- when all are out ---- */

static bool all_out(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (READ_ONCE(per_cpu(xbpf_running.depth, cpu)) != XBPF_RUN_HOLD)
			return false;
	return true;
}

/*
 * Interrupts off from the look at the others until it is closed: as long as this CPU does not
 * answer, nobody asks anew, and what was seen holds.  Once it is closed nobody calls it off.
 */
static void do_if_all_out(void)
{
	unsigned long flags;

	local_irq_save(flags);
	if (atomic_read_acquire(&phase) == GATHER && all_out() &&
	    atomic_cmpxchg(&phase, GATHER, CLOSED) == GATHER) {
		xbpf_run_block();	/* an NMI does not wait for what it interrupts */
		the_deed(the_arg);
		atomic_set_release(&phase, DONE);
		xbpf_run_unblock();
	}
	local_irq_restore(flags);
}

/* ---- at the entry of a run ---- */

/* Interrupts off. Serialises first: an NMI that comes behind it may run what is new. */
static void drop_hold(void)
{
	sync_core();
	this_cpu_and(xbpf_running.depth, ~XBPF_RUN_HOLD);
}

/* Interrupts off, so that no new HOLD comes between the look and the deed. */
static bool let_go(void)
{
	unsigned long flags;
	int now;

	local_irq_save(flags);
	now = atomic_read_acquire(&phase);
	if (now == OVER || now == DONE)
		drop_hold();
	local_irq_restore(flags);
	return now != GATHER && now != CLOSED;
}

/* ns; this clock may go back a little where another CPU adjusts it. */
static s64 since(u64 start)
{
	return (s64)(ktime_get_mono_fast_ns() - start);
}

/*
 * From @start on.  false: too long.  The last look is behind the calling off: who was away himself
 * for that long (an SMI, a guest's CPU that is not on) runs if nobody is in the way now.
 */
static bool wait_to_run(u64 start)
{
	bool irqs_off = irqs_disabled();
	s64 waited;

	while (!let_go()) {
		if (!irqs_off && READ_ONCE(anyone))
			do_if_all_out();
		waited = since(start);
		if (waited > (irqs_off ? HOLD_IRQ_NS : HOLD_NS))
			atomic_cmpxchg(&phase, GATHER, OVER);
		if (waited > (irqs_off ? MISS_IRQ_NS : MISS_NS))
			return let_go();
		cpu_relax();
	}
	return true;
}

/* The guard is taken: without HOLD, or before all have answered.  If they have now, it is seen. */
static bool may_run(void)
{
	if (raw_cpu_read(xbpf_running.depth) == 1)
		return true;
	smp_mb();	/* the guard, then the phase; xbpf_run_hold() has the other one */
	return atomic_read(&phase) == ASK;
}

bool notrace __attribute__((no_caller_saved_registers)) xbpf_run_enter_cold(void)
{
	u64 start = 0;

	while ((raw_cpu_read(xbpf_running.depth) & ~XBPF_RUN_HOLD) == 1) {
		if (may_run())
			return true;
		this_cpu_dec(xbpf_running.depth);
		if (!start)
			start = ktime_get_mono_fast_ns();
		if (!wait_to_run(start))
			return false;
		this_cpu_inc(xbpf_running.depth);
	}
	this_cpu_dec(xbpf_running.depth);
	return false;
}
NOKPROBE_SYMBOL(xbpf_run_enter_cold);

/* ---- the rendezvous ---- */

static void hold(void *unused)
{
	this_cpu_or(xbpf_running.depth, XBPF_RUN_HOLD);
}

static void release(void *unused)
{
	drop_hold();
}

/* A probe on the clock that we look at does not run: it would wait here for us. */
static s64 unseen_since(u64 start)
{
	s64 ns;

	xbpf_run_block();
	ns = since(start);
	xbpf_run_unblock();
	return ns;
}

/* Preemption off, which others here may want.  Was it done in time? */
static bool gather(void)
{
	u64 start = 0;
	int now;

	start = unseen_since(start);
	while ((now = atomic_read_acquire(&phase)) == GATHER || now == CLOSED) {
		do_if_all_out();
		if (need_resched() || unseen_since(start) > GATHER_NS)
			atomic_cmpxchg(&phase, GATHER, OVER);
		cpu_relax();
	}
	return now == DONE;
}

int xbpf_run_hold(void (*deed)(void *arg), void *arg, bool by_anyone)
{
	bool done;

	cpus_read_lock();	/* the same CPUs from here to release(); those that come or go run nothing */
	preempt_disable();
	the_deed = deed;
	the_arg = arg;
	anyone = by_anyone;
	atomic_set_release(&phase, ASK);
	on_each_cpu(hold, NULL, 1);
	atomic_set_release(&phase, GATHER);
	smp_mb();	/* the phase, then the guards; may_run() has the other one */
	done = gather();
	atomic_set_release(&phase, OVER);
	on_each_cpu(release, NULL, 1);
	preempt_enable();
	cpus_read_unlock();
	return done ? 0 : -EAGAIN;
}
