/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signals for the current task.  They leave by an interrupt of this CPU's own, whatever locks the
 * probed function holds: right away when interrupts are on, else as soon as they are.
 */
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include "helper/helper.h"
#include "run/budget.h"

struct message {
	struct irq_work work;
	struct task_struct *task;	/* one reference while it is under way */
	int sig;
	bool thread;
};
static DEFINE_PER_CPU(struct message, messages);

static void deliver(struct irq_work *work)
{
	struct message *m = container_of(work, struct message, work);

	if (m->thread)
		send_sig(m->sig, m->task, 1);
	else
		kill_pid(task_tgid(m->task), m->sig, 1);
	put_task_struct(m->task);
}

/*
 * 0, or -EPERM for tasks that take none, -EINVAL for no signal, -EBUSY when the last one has not
 * left yet, or interrupts sent many since the last tick.
 */
static u64 post(u32 sig, bool thread)
{
	struct message *m = this_cpu_ptr(&messages);

	if (current->flags & PF_KTHREAD || is_global_init(current) || current->exit_state)
		return -EPERM;
	if (!valid_signal(sig))
		return -EINVAL;
	/*
	 * kill(2)'s question whether one could be sent.  send_sig() would not ask it, but deliver a
	 * signal without a bit.
	 */
	if (!sig)
		return 0;
	if (irq_work_is_busy(&m->work) || !xbpf_budget_irq_work())
		return -EBUSY;
	m->task = get_task_struct(current);
	m->sig = sig;
	m->thread = thread;
	irq_work_queue(&m->work);
	return 0;
}

/* R1: signal */
XBPF_HELPER(send_signal)
{
	return post(r1, false);
}

XBPF_HELPER(send_signal_thread)
{
	return post(r1, true);
}

void xbpf_signal_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu_ptr(&messages, cpu)->work, deliver);
}

void xbpf_signal_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(&messages, cpu)->work);
}
