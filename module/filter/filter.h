/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System-call filters: which tasks are under which filter.
 */
#ifndef XBPF_MODULE_FILTER_H
#define XBPF_MODULE_FILTER_H

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "link/link.h"

/* One link. */
struct xbpf_filter {
	struct xbpf_link link;
	atomic_t tasks;			/* that it holds */
	atomic64_t denied;		/* calls */
	atomic64_t lost;		/* children killed because they could not be held */
	u32 limit;			/* of tasks; 0: none */
	bool closed;			/* takes no more tasks; under the lock of the table */
	pid_t target;			/* as user space gave it */
	char comm[TASK_COMM_LEN];	/* of the target, when it was attached */
};

/* One task under one filter; a task has as many of them as filters. */
struct xbpf_filter_task {
	struct hlist_node node;
	struct task_struct *task;	/* one reference: its address means no other task while this lives */
	struct xbpf_filter *filter;	/* outlives a grace period after this has left the table */
	struct rcu_head rcu;
};

#define XBPF_FILTER_BITS 12

extern struct hlist_head xbpf_filter_tasks[1 << XBPF_FILTER_BITS];

static inline struct hlist_head *xbpf_filter_bucket(const struct task_struct *task)
{
	return &xbpf_filter_tasks[hash_ptr((void *)task, XBPF_FILTER_BITS)];
}

/* In an RCU read section: all that @task is under. */
#define xbpf_filter_for_each(pos, of)								\
	hlist_for_each_entry_rcu(pos, xbpf_filter_bucket(of), node)				\
		if (pos->task == (of))

/*
 * Puts the filter on the process of @leader, all its threads and all processes that descend from
 * it; from then on on their children. The probes must be there. -ENOMEM, -ENOSPC (more tasks than
 * the limit), -ESRCH (no task lives) or -EPERM: of one of them xbpf_rights_over() is not true.
 */
int xbpf_filter_hold(struct xbpf_filter *filter, struct task_struct *leader);
/* Is xbpf_rights_over() true of all tasks under it? */
bool xbpf_filter_over(const struct xbpf_filter *filter);
/* Takes it off all tasks, and waits until nothing looks at it. May sleep. */
void xbpf_filter_drop(struct xbpf_filter *filter);

/*
 * The probes at a fork and at an exit, which keep the table right. Registered while there is any
 * filter.
 */
void xbpf_filter_fork(void *data, struct task_struct *parent, struct task_struct *child);
void xbpf_filter_exit(void *data, struct task_struct *task);

extern const struct xbpf_link_ops xbpf_link_syscall_ops;	/* filter/syscall.c */

#endif
