/* SPDX-License-Identifier: GPL-2.0 */
/* The budget of a run: the clock, the bounds and the share that interrupts have of a CPU. */
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include "run/budget.h"

#define UNITS_MAX	32		/* between two looks at the clock */
#define WINDOW_NS	(100 * NSEC_PER_MSEC)
#define WORK_MAX	256		/* irq_works a tick, from interrupts */

static unsigned int task_us = 250000, softirq_us = 20000, hardirq_us = 2000, hardirq_percent = 25;

/* From 1 on: with 0, a program with a loop would load and never do anything. */
static int set_bounded(const char *text, const struct kernel_param *kp, unsigned int max)
{
	unsigned int value;
	int err = kstrtouint(text, 0, &value);

	if (err)
		return err;
	if (!value || value > max)
		return -ERANGE;
	WRITE_ONCE(*(unsigned int *)kp->arg, value);
	return 0;
}

static int set_us(const char *text, const struct kernel_param *kp)
{
	return set_bounded(text, kp, 10 * USEC_PER_SEC);
}

static int set_percent(const char *text, const struct kernel_param *kp)
{
	return set_bounded(text, kp, 100);
}

static const struct kernel_param_ops us_ops = { .set = set_us, .get = param_get_uint };
static const struct kernel_param_ops percent_ops = { .set = set_percent, .get = param_get_uint };

module_param_cb(run_task_us, &us_ops, &task_us, 0644);
MODULE_PARM_DESC(run_task_us, "microseconds that loops and copies of a run in a task may take: "
		 "1 to 10000000 (default: 250000)");
module_param_cb(run_softirq_us, &us_ops, &softirq_us, 0644);
MODULE_PARM_DESC(run_softirq_us, "the same in a softirq (default: 20000)");
module_param_cb(run_hardirq_us, &us_ops, &hardirq_us, 0644);
MODULE_PARM_DESC(run_hardirq_us, "the same in an interrupt or with interrupts off (default: 2000)");
module_param_cb(run_hardirq_percent, &percent_ops, &hardirq_percent, 0644);
MODULE_PARM_DESC(run_hardirq_percent, "percent of a CPU's time that loops and copies of all runs "
		 "in interrupts may take: 1 to 100 (default: 25)");

/*
 * Of a CPU. Runs in interrupts do not nest, so each field has one writer; a run in a task that an
 * interrupt finds keeps the interrupt's program from running.
 */
struct share {
	u64 window;		/* when the present tenth of a second began, ns */
	u64 used;		/* of it, ns */
	unsigned long tick;	/* jiffies */
	u32 works;		/* irq_works queued in it */
};
static DEFINE_PER_CPU(struct share, share);

/*
 * In an interrupt, or where they are off: in the scheduler, say, or on the way out of one, which no
 * longer counts as being in it.
 */
static bool interrupts_wait(void)
{
	return preempt_count() & (HARDIRQ_MASK | NMI_MASK) || irqs_disabled();
}

/* Books @passed ns of a run in an interrupt: false when the CPU's share is used up. */
static bool share_take(u64 now, u64 passed)
{
	struct share *s = this_cpu_ptr(&share);

	if (now - s->window >= WINDOW_NS) {
		s->window = now;
		s->used = 0;
	}
	s->used += passed;
	return s->used < WINDOW_NS / 100 * READ_ONCE(hardirq_percent);
}

/* The cold path of xbpf_budget_draw(): looks at the clock. */
bool xbpf_budget_look(u32 units)
{
	struct xbpf_running *run = this_cpu_ptr(&xbpf_running);
	bool irq = interrupts_wait();
	u64 now, passed, bound;

	if (run->spent && run->began)
		return false;
	now = ktime_get_mono_fast_ns();
	bound = READ_ONCE(*(irq ? &hardirq_us : in_serving_softirq() ? &softirq_us : &task_us)) *
		(u64)NSEC_PER_USEC;
	if (!run->began) {
		run->began = now;
		run->looked = now;
		run->step = 1;
		run->spent = false;
	}
	now = max(now, run->looked);	/* this clock may go back a little where another CPU adjusts it */
	passed = now - run->looked;
	run->looked = now;
	run->spent = now - run->began >= bound || (irq && !share_take(now, passed));
	if (run->spent) {
		run->units = 0;
		return false;
	}
	if (passed < bound / 64)
		run->step = min_t(u32, run->step * 2, UNITS_MAX);
	else if (passed > bound / 16)
		run->step = max_t(u32, run->step / 4, 1);
	/* what is too large for a step is one, and its time shows in the next look */
	run->units = run->step > units ? run->step - units : 0;
	return true;
}

bool xbpf_budget_irq_work(void)
{
	struct share *s = this_cpu_ptr(&share);

	if (!interrupts_wait())
		return true;
	if (s->tick != jiffies) {
		s->tick = jiffies;
		s->works = 0;
	}
	return s->works++ < WORK_MAX;
}

void xbpf_budget_clear(void *buf, u32 size)
{
	u32 done = 0, n = min_t(u32, size, XBPF_BUDGET_BYTES);

	do {
		memset(buf + done, 0, n);
		done += n;
		n = xbpf_budget_piece(size, done);
	} while (n && xbpf_budget_draw_bytes(n));
}
