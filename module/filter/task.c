/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of filtered tasks.
 *
 * Every system call of every task asks it, so asking takes no lock: one bucket, which for most
 * tasks is empty. The lock is for those who change it: an attach, a fork and an exit of a filtered
 * task, a detach.  All of them are in task context, and no program takes it.
 */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "cmd/name.h"
#include "filter/filter.h"

struct hlist_head xbpf_filter_tasks[1 << XBPF_FILTER_BITS];

/* Protects the buckets' links, and each filter's closed. */
static DEFINE_RAW_SPINLOCK(lock);

#define WALKS_MAX 100
static unsigned long added;	/* entries so far; written under the lock */

static bool held(const struct xbpf_filter *filter, const struct task_struct *task)
{
	struct xbpf_filter_task *t;

	xbpf_filter_for_each(t, task)
		if (t->filter == filter)
			return true;
	return false;
}

/* Under the lock. */
static void forget(struct xbpf_filter_task *t)
{
	lockdep_assert_held(&lock);
	hlist_del_rcu(&t->node);
	atomic_dec(&t->filter->tasks);
	put_task_struct(t->task);
	kfree_rcu(t, rcu);
}

/*
 * 1: now under the filter; 0: is so already, or needs it no more.  No sleeping: a fork cannot.
 *
 * A task that exits sets PF_EXITING, and then forgets itself by the probe. Of that section and this
 * one, the later sees what the earlier did: the entry, or the flag.
 */
static int hold(struct xbpf_filter *filter, struct task_struct *task)
{
	struct xbpf_filter_task *t = kmalloc(sizeof(*t), GFP_ATOMIC | __GFP_NOWARN);
	int ret = 0;

	if (!t)
		return -ENOMEM;
	raw_spin_lock(&lock);
	if (filter->closed || (READ_ONCE(task->flags) & PF_EXITING) || held(filter, task))
		goto out;
	ret = -ENOSPC;
	if (filter->limit && atomic_read(&filter->tasks) >= filter->limit)
		goto out;
	t->task = get_task_struct(task);
	t->filter = filter;
	atomic_inc(&filter->tasks);
	hlist_add_head_rcu(&t->node, xbpf_filter_bucket(task));
	WRITE_ONCE(added, added + 1);
	t = NULL;
	ret = 1;
out:
	raw_spin_unlock(&lock);
	kfree(t);
	return ret;
}

/* How many tasks it added, or -errno. */
static int hold_all(struct xbpf_filter *filter, struct task_struct *leader)
{
	struct task_struct *p, *t;
	int ret = 0, n = 0;

	rcu_read_lock();
	for_each_process_thread(p, t) {
		if (READ_ONCE(t->flags) & PF_EXITING || !xbpf_rights_descends(t, leader) || held(filter, t))
			continue;
		/* each: a child may have become somebody else's by a setuid program */
		ret = xbpf_rights_over(t) ? hold(filter, t) : -EPERM;
		if (ret < 0)
			goto out;
		n += ret;
	}
out:
	rcu_read_unlock();
	return ret < 0 ? ret : n;
}

int xbpf_filter_hold(struct xbpf_filter *filter, struct task_struct *leader)
{
	int n;

	/*
	 * A task that forked before it was held has a child that the probe let pass: that is in the
	 * list by then, and the next round finds it.  The round that finds none was preceded by
	 * none that forked so.
	 */
	do
		n = hold_all(filter, leader);
	while (n > 0);
	if (n < 0)
		return n;
	return atomic_read(&filter->tasks) ? 0 : -ESRCH;
}

static bool over_all(const struct xbpf_filter *filter)
{
	struct xbpf_filter_task *t;
	bool over = true;
	int i;

	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(xbpf_filter_tasks) && over; i++)
		hlist_for_each_entry_rcu(t, &xbpf_filter_tasks[i], node)
			if (t->filter == filter && !xbpf_rights_over(t->task))
				over = false;
	rcu_read_unlock();
	return over;
}

/*
 * A task may fork into a bucket that was looked at and exit before its own is: only a walk during
 * which none was added has seen all.  Where tasks never stop coming, the answer is no.
 */
bool xbpf_filter_over(const struct xbpf_filter *filter)
{
	unsigned long before;
	int tries;

	for (tries = 0; tries < WALKS_MAX; tries++) {
		before = READ_ONCE(added);
		smp_rmb();
		if (!over_all(filter))
			return false;
		smp_rmb();
		if (before == READ_ONCE(added))
			return true;
		cond_resched();
	}
	return false;
}

/*
 * The child is not running yet, and in the list of tasks: whatever keeps it from being held, it may
 * not come to life unfiltered.
 */
void xbpf_filter_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct xbpf_filter_task *t;
	int err;

	preempt_disable_notrace();
	rcu_read_lock();
	xbpf_filter_for_each(t, parent) {
		err = hold(t->filter, child);
		if (err >= 0)
			continue;
		atomic64_inc(&t->filter->lost);
		pr_warn_ratelimited(XBPF_NAME ": filter link %u: killed the new task %d of %s[%d]: %s\n",
				    t->filter->link.obj.id, child->pid, parent->comm, parent->pid,
				    err == -ENOSPC ? "the filter's limit of tasks is reached" :
						     "no memory to filter it");
		send_sig(SIGKILL, child, 1);
	}
	rcu_read_unlock();
	preempt_enable_notrace();
}

void xbpf_filter_exit(void *data, struct task_struct *task)
{
	struct xbpf_filter_task *t;
	struct hlist_node *next;

	/* the lock even when there seems to be nothing: see hold() */
	preempt_disable_notrace();
	raw_spin_lock(&lock);
	hlist_for_each_entry_safe(t, next, xbpf_filter_bucket(task), node)
		if (t->task == task)
			forget(t);
	raw_spin_unlock(&lock);
	preempt_enable_notrace();
}

void xbpf_filter_drop(struct xbpf_filter *filter)
{
	struct xbpf_filter_task *t;
	struct hlist_node *next;
	int i;

	raw_spin_lock(&lock);
	filter->closed = true;
	raw_spin_unlock(&lock);
	for (i = 0; i < ARRAY_SIZE(xbpf_filter_tasks); i++) {
		if (hlist_empty(&xbpf_filter_tasks[i]))
			continue;
		raw_spin_lock(&lock);
		hlist_for_each_entry_safe(t, next, &xbpf_filter_tasks[i], node)
			if (t->filter == filter)
				forget(t);
		raw_spin_unlock(&lock);
	}
	/* a call under way, or a fork that copies what it has just read */
	synchronize_rcu();
}
