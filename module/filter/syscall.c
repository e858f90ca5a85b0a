/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System-call filters: a program decides what becomes of each call of some tasks, by SECCOMP_RET_*
 * verdicts.
 *
 * A probe at the tracepoint sys_enter runs after a tracer and after seccomp, and before the kernel
 * looks at the call's number for the last time. The number -1 is no call, so nothing executes and
 * the result is what stands in ax; a call that is not made cannot be restarted either.
 */
#include <linux/audit.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <asm/syscall.h>
#include "cmd/name.h"
#include "compat/syscall.h"
#include "filter/filter.h"
#include "prog/prog.h"

static struct xbpf_filter *filter_of(const struct xbpf_link *link)
{
	return container_of((struct xbpf_link *)link, struct xbpf_filter, link);
}

/* The i386 way of passing them. */
static noinline void args_fill_other(struct seccomp_data *data, struct pt_regs *regs)
{
	unsigned long args[6];
	int i;

	syscall_get_arguments(current, regs, args);
	for (i = 0; i < ARRAY_SIZE(args); i++)
		data->args[i] = args[i];
}

/* As struct seccomp_data has them. */
static __always_inline void args_fill(struct seccomp_data *data, struct pt_regs *regs)
{
	if (unlikely(data->arch != AUDIT_ARCH_X86_64)) {
		args_fill_other(data, regs);
		return;
	}
	data->args[0] = regs->di;
	data->args[1] = regs->si;
	data->args[2] = regs->dx;
	data->args[3] = regs->r10;
	data->args[4] = regs->r8;
	data->args[5] = regs->r9;
}

/* The words of the arguments, as struct xbpf_code's ctx_words has them. */
#define ARG_WORDS	GENMASK_ULL(sizeof(struct seccomp_data) / 4 - 1, \
				    offsetof(struct seccomp_data, args) / 4)

/* At least the @words. */
static __always_inline void data_fill(struct seccomp_data *data, struct pt_regs *regs, u64 words)
{
	data->nr = syscall_get_nr(current, regs);
	data->arch = syscall_get_arch(current);
	data->instruction_pointer = instruction_pointer(regs);
	if (words & ARG_WORDS)
		args_fill(data, regs);
}

static void deny(struct pt_regs *regs, u32 error)
{
	regs->orig_ax = -1;
	syscall_set_return_value(current, regs, -(int)error, 0);
}

/*
 * By SIGSYS, as seccomp does it: no handler of the process and no tracer can stop it, and the exit
 * status tells.  The one thread that seccomp could end alone is not to be had for a module; its
 * process goes with it.
 */
static void kill_process(void)
{
	/* a thread that runs keeps its handlers */
	struct sighand_struct *sighand = rcu_dereference_protected(current->sighand, true);
	struct k_sigaction *action = &sighand->action[SIGSYS - 1];
	unsigned long flags;

	spin_lock_irqsave(&sighand->siglock, flags);
	action->sa.sa_handler = SIG_DFL;
	action->sa.sa_flags |= XBPF_COMPAT_SA_IMMUTABLE;
	current->signal->flags &= ~SIGNAL_UNKILLABLE;
	spin_unlock_irqrestore(&sighand->siglock, flags);
	force_sig(SIGSYS);
}

static void log_verdict(const struct xbpf_filter *filter, const struct seccomp_data *data,
			const char *what)
{
	pr_notice_ratelimited(XBPF_NAME ": filter link %u: %s: pid=%d comm=%s syscall=%d arch=%x "
			      "ip=0x%llx\n",
			      filter->link.obj.id, what, current->pid, current->comm, data->nr, data->arch,
			      data->instruction_pointer);
}

/* As seccomp orders them: the smaller, the stricter, and KILL_PROCESS is negative. */
static s32 rank(u32 ret)
{
	return (s32)(ret & SECCOMP_RET_ACTION_FULL);
}

/* A program that cannot run allows nothing. */
static __always_inline u64 run_filter(struct xbpf_filter *filter, struct pt_regs *regs,
			       struct seccomp_data *data)
{
	const struct xbpf_prog *prog;

	if (!xbpf_link_begin(&filter->link, &prog))
		return SECCOMP_RET_ERRNO | EPERM;
	data_fill(data, regs, READ_ONCE(prog->ctx_mask->words));
	return xbpf_link_end(&filter->link, prog, data);
}

static noinline void apply(struct xbpf_filter *filter, u32 verdict, struct pt_regs *regs,
			   struct seccomp_data *data)
{
	data_fill(data, regs, 0);
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_LOG:
		log_verdict(filter, data, "allowed");
		return;
	case SECCOMP_RET_ERRNO:
		deny(regs, min_t(u32, verdict & SECCOMP_RET_DATA, MAX_ERRNO));
		break;
	/* nobody listens: as seccomp without a tracer or a listener */
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		deny(regs, ENOSYS);
		break;
	default:
		deny(regs, ENOSYS);
		log_verdict(filter, data, "killed");
		kill_process();
	}
	atomic64_inc(&filter->denied);
}

/*
 * Of the call that is judged on this CPU, with preemption off; not on the stack, which kernels are
 * built to clear first.
 */
static DEFINE_PER_CPU(struct seccomp_data, judged);

/* Of several filters of the task the strictest counts, and of those that say the same the first. */
static noinline void filtered_call(struct pt_regs *regs, struct hlist_head *bucket)
{
	struct seccomp_data *data = this_cpu_ptr(&judged);
	struct xbpf_filter *strictest = NULL;
	struct xbpf_filter_task *t;
	u32 verdict = SECCOMP_RET_ALLOW, ret;

	hlist_for_each_entry_rcu(t, bucket, node) {
		if (t->task != current)
			continue;
		ret = run_filter(t->filter, regs, data);
		if (unlikely(rank(ret) < rank(verdict))) {
			verdict = ret;
			strictest = t->filter;
		}
	}
	if (unlikely(strictest))
		apply(strictest, verdict, regs, data);
}

/* What every call of every task pays while there is a filter. */
static void sys_enter(void *unused, struct pt_regs *regs, long nr)
{
	struct hlist_head *bucket = xbpf_filter_bucket(current);

	if (likely(hlist_empty(bucket)))
		return;
	/*
	 * Later kernels call a probe of system calls with preemption on; off, it is an RCU read
	 * section: the kernel's syscall_enter_from_user_mode() lets RCU watch before it comes to
	 * tracers.
	 */
	preempt_disable_notrace();
	filtered_call(regs, bucket);
	preempt_enable_notrace();
}

/* The first is there before the others, and goes last: a task is held from its birth on. */
static struct {
	const char *name;
	void *probe;
	int prio;
	struct tracepoint *tp;
} points[] = {
	{ "sched_process_exit", xbpf_filter_exit, TRACEPOINT_DEFAULT_PRIO },
	{ "sched_process_fork", xbpf_filter_fork, TRACEPOINT_DEFAULT_PRIO },
	/* after all others: they see the call as it was made, and what they make of it is judged */
	{ "sys_enter", sys_enter, INT_MIN },
};

static DEFINE_MUTEX(points_lock);
static u32 points_users;	/* filters; under points_lock */

static void point_found(struct tracepoint *tp, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(tp->name, points[i].name))
			points[i].tp = tp;
}

static void points_unregister(int n)
{
	while (n--)
		tracepoint_probe_unregister(points[n].tp, points[n].probe, NULL);
	tracepoint_synchronize_unregister();
}

static int points_enter(struct xbpf_cmd *cmd)
{
	int i, err;

	for_each_kernel_tracepoint(point_found, NULL);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		err = points[i].tp ? tracepoint_probe_register_prio(points[i].tp, points[i].probe,
								    NULL, points[i].prio) :
				     -ENOENT;
		if (err) {
			points_unregister(i);
			return xbpf_cmd_fail(cmd, err, "syscall filter: the tracepoint %s cannot be used (errno %d)",
					     points[i].name, -err);
		}
	}
	return 0;
}

static int points_get(struct xbpf_cmd *cmd)
{
	int err = 0;

	mutex_lock(&points_lock);
	if (!points_users)
		err = points_enter(cmd);
	if (!err)
		points_users++;
	mutex_unlock(&points_lock);
	return err;
}

static void points_put(void)
{
	mutex_lock(&points_lock);
	if (!--points_users)
		points_unregister(ARRAY_SIZE(points));
	mutex_unlock(&points_lock);
}

static struct xbpf_link *filter_alloc(struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	struct xbpf_filter *f;

	if (!xbpf_compat_sys_enter_denies())
		return ERR_PTR(xbpf_cmd_fail(cmd, -EOPNOTSUPP,
					     "syscall filter: this kernel makes a call whatever a "
					     "probe says; 6.1.83 or a later one does not"));
	if (!attr->target || attr->target > INT_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "syscall filter: target must be the pid of a process"));
	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return ERR_PTR(-ENOMEM);
	f->target = attr->target;
	f->limit = attr->count;
	return &f->link;
}

static void filter_free(struct xbpf_link *link)
{
	kfree(filter_of(link));
}

static int hold(struct xbpf_filter *f, struct task_struct *task, struct xbpf_cmd *cmd)
{
	const struct xbpf_rights *rights = &f->link.ops->rights;
	int err;

	if (is_global_init(task) || (task->flags & PF_KTHREAD))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "syscall filter: pid %d is %s, which cannot be filtered", f->target,
				     is_global_init(task) ? "init" : "a kernel thread");
	get_task_comm(f->comm, task);
	/* once before any probe is set: who may not makes no work */
	err = xbpf_rights_over(task) ? points_get(cmd) : xbpf_rights_check_tasks(cmd, rights,
		false, f->target);
	if (err)
		return err;
	err = xbpf_filter_hold(f, task);
	if (!err)
		return xbpf_rights_check_tasks(cmd, rights, true, f->target);
	xbpf_filter_drop(f);
	points_put();
	switch (err) {
	case -EPERM:
		return xbpf_rights_check_tasks(cmd, rights, false, f->target);
	case -ESRCH:
		return xbpf_cmd_fail(cmd, err, "syscall filter: process %d has exited", f->target);
	case -ENOSPC:
		return xbpf_cmd_fail(cmd, err,
				     "syscall filter: process %d has more than %u tasks (count)",
				     f->target, f->limit);
	default:
		return xbpf_cmd_fail(cmd, err,
				     "syscall filter: no memory to follow the tasks of process %d",
				     f->target);
	}
}

static int filter_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct xbpf_filter *f = filter_of(link);
	struct pid *pid = find_get_pid(f->target);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_TGID);
	int err;

	put_pid(pid);
	if (!task)
		return xbpf_cmd_fail(cmd, -ESRCH, "syscall filter: no process has pid %d", f->target);
	err = hold(f, task, cmd);
	put_task_struct(task);
	return err;
}

static void filter_detach(struct xbpf_link *link)
{
	xbpf_filter_drop(filter_of(link));
	points_put();
}

/* A filter with no task left gets none any more: then it is anybody's who has it. */
static int filter_may(const struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	const struct xbpf_filter *f = filter_of(link);

	return xbpf_rights_check_tasks(cmd, &link->ops->rights, xbpf_filter_over(f), f->target);
}

static u64 filter_missed(const struct xbpf_link *link)
{
	return atomic64_read(&filter_of(link)->lost);
}

static void filter_info(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
			char *name, u32 size)
{
	const struct xbpf_filter *f = filter_of(link);

	info->target = f->target;
	info->tasks = atomic_read(&f->tasks);
	info->denied = atomic64_read(&f->denied);
	strscpy(name, f->comm, size);
}

const struct xbpf_link_ops xbpf_link_syscall_ops = {
	.rights = { .what = "a system-call filter", .cap = CAP_SYS_ADMIN, .whose = XBPF_WHOSE_TASKS },
	.uses = XBPF_LINK_TARGET | XBPF_LINK_COUNT,
	.alloc = filter_alloc,
	.free = filter_free,
	.attach = filter_attach,
	.detach = filter_detach,
	.may = filter_may,
	.missed = filter_missed,
	.info = filter_info,
};
