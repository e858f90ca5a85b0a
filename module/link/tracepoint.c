/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints as events: the program gets the record that tracefs' format file describes.
 *
 * Records are made by code that each event brings along, and the one way in that is open to modules
 * is a perf event per CPU: its overflow handler is called at every hit, with the record.  Such an
 * event ends with its CPU; a worker makes a new one when the CPU is back.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/workqueue.h>
#include <trace/syscall.h>
#include "cmd/name.h"
#include "compat/tracepoint.h"
#include "link/link.h"
#include "prog/prog.h"

#define LINK_TYPE_PERF_EVENT	7	/* BPF_LINK_TYPE_PERF_EVENT */
#define EVENT_TRACEPOINT	5	/* BPF_PERF_EVENT_TRACEPOINT */

#define COMMON		8	/* struct trace_entry */

struct tracepoint_link {
	struct xbpf_link link;
	struct list_head node;			/* in links */
	struct perf_event *__percpu *event;	/* NULL: none yet for that CPU */
	u64 id;					/* of the event, PERF_TYPE_TRACEPOINT's config */
	u32 record;				/* bytes without the dynamic part; 0: unknown */
	char name[XBPF_LINK_NAME];		/* "category/name" */
};

/* Protects all that are attached, and their events. */
static DEFINE_MUTEX(links_lock);
static LIST_HEAD(links);

static struct tracepoint_link *tracepoint_of(const struct xbpf_link *link)
{
	return container_of((struct xbpf_link *)link, struct tracepoint_link, link);
}

/* Preemption is off. The record lies in a buffer of perf's for this CPU and context. */
static void hit(struct perf_event *event, struct perf_sample_data *data, struct pt_regs *regs)
{
	struct tracepoint_link *tl = event->overflow_handler_context;
	const struct xbpf_prog *prog;

	if (!xbpf_link_begin(&tl->link, &prog))
		return;
	if (unlikely(!data->raw || data->raw->frag.size < prog->code.ctx_used)) {
		xbpf_link_abandon(&tl->link);
		return;
	}
	xbpf_link_at(regs, 0);
	xbpf_link_end(&tl->link, prog, data->raw->frag.data);
}
NOKPROBE_SYMBOL(hit);

static struct xbpf_link *tracepoint_alloc(struct xbpf_cmd *cmd)
{
	struct tracepoint_link *tl;
	int err;

	if (!cmd->attr->link_create.symbol)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "a tracepoint needs its name in symbol"));
	tl = kzalloc(sizeof(*tl), GFP_KERNEL_ACCOUNT);
	if (!tl)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&tl->node);
	err = xbpf_link_name_get(cmd, "tracepoint", tl->name);
	if (!err && !strchr(tl->name, '/'))
		err = xbpf_cmd_fail(cmd, -EINVAL,
				    "%s: a tracepoint is named category/name, as sched/sched_switch",
				    tl->name);
	tl->event = err ? NULL : alloc_percpu(struct perf_event *);
	if (tl->event)
		return &tl->link;
	kfree(tl);
	return ERR_PTR(err ? err : -ENOMEM);
}

static void tracepoint_free(struct xbpf_link *link)
{
	free_percpu(tracepoint_of(link)->event);
	kfree(tracepoint_of(link));
}

/*
 * The kernel's own description of the system call whose entry or exit this event is; NULL: of
 * none.  What decides is how the event was made: a user may name his events, and their group, as he
 * likes.  Of the kernel's, all but those of system calls and the ring buffer's ("ftrace") are
 * tracepoints with macros.
 */
static const struct syscall_metadata *syscall_of(const struct trace_event_call *call)
{
	const struct syscall_metadata *meta = call->data;

	if (xbpf_compat_event_dynamic(call) || call->flags & TRACE_EVENT_FL_TRACEPOINT ||
	    strcmp(call->class->system, "syscalls"))
		return NULL;
	return meta && (meta->enter_event == call || meta->exit_event == call) ? meta : NULL;
}

/* The fields as the compiler lays them out; 0 when the event does not list them. */
static u32 record_size(const struct trace_event_call *call)
{
	const struct syscall_metadata *meta = syscall_of(call);
	const struct trace_event_fields *f;
	u32 size = COMMON;

	/* the number of the call, then its arguments or its result as longs */
	if (meta)
		return COMMON + 8 + 8 * (meta->enter_event == call ? meta->nb_args : 1);
	for (f = call->class->fields_array; f && f->type; f++) {
		if (f->type == TRACE_FUNCTION_TYPE || f->size < 0 || f->align <= 0)
			return 0;
		size = ALIGN(size, f->align) + f->size;
	}
	return f ? size : 0;
}

/* The event by its name; user space could read its id in tracefs, but nothing of its fields. */
static int find(struct tracepoint_link *tl, struct xbpf_cmd *cmd)
{
	char *slash = strchr(tl->name, '/');
	const struct trace_event_call *call;
	struct trace_event_file *file;
	bool ours, recordless;

	*slash = '\0';
	file = trace_get_event_file(NULL, tl->name, slash + 1);
	*slash = '/';
	if (IS_ERR(file))
		return xbpf_cmd_fail(cmd, PTR_ERR(file) == -EINVAL ? -ENOENT : PTR_ERR(file),
				     "%s: the kernel has no such tracepoint (see /sys/kernel/tracing/available_events)",
				     tl->name);
	call = file->event_call;
	tl->id = call->event.type;
	tl->record = record_size(call);
	/* a dynamic event counts its users where others have their module */
	ours = !xbpf_compat_event_dynamic(call) && call->module == THIS_MODULE;
	/* a synthetic event: perf would warn, and then refuse */
	recordless = call->flags & TRACE_EVENT_FL_TRACEPOINT && !call->class->perf_probe;
	trace_put_event_file(file);
	if (ours)
		return xbpf_cmd_fail(cmd, -EINVAL, "%s is part of xbpf itself and may not be traced", tl->name);
	if (recordless)
		return xbpf_cmd_fail(cmd, -EOPNOTSUPP,
				     "%s: this event makes no records for perf (a synthetic "
				     "event); trace the events that it is made of",
				     tl->name);
	return 0;
}

static int event_make(struct tracepoint_link *tl, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = tl->id,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, cpu, NULL, hit, tl);
	if (IS_ERR(event))
		return PTR_ERR(event);
	*per_cpu_ptr(tl->event, cpu) = event;
	return 0;
}

static void event_drop(struct tracepoint_link *tl, int cpu)
{
	struct perf_event *event = *per_cpu_ptr(tl->event, cpu);

	if (event)
		perf_event_release_kernel(event);
	*per_cpu_ptr(tl->event, cpu) = NULL;
}

static void events_drop(struct tracepoint_link *tl)
{
	int cpu;

	lockdep_assert_held(&links_lock);
	for_each_possible_cpu(cpu)
		event_drop(tl, cpu);
	list_del_init(&tl->node);
}

/*
 * CPUs that came online: what events they had before ended when they went, though nobody tells.
 * Those of CPUs that are away wait for that, or for the link's end.
 */
static struct cpumask came;

static void follow(void)
{
	struct tracepoint_link *tl;
	int cpu, err;

	lockdep_assert_held(&links_lock);
	for_each_possible_cpu(cpu) {
		if (!cpumask_test_and_clear_cpu(cpu, &came))
			continue;
		list_for_each_entry(tl, &links, node) {
			event_drop(tl, cpu);
			err = event_make(tl, cpu);
			if (err && err != -ENODEV)
				pr_warn(XBPF_NAME ": tracepoint %s: events of CPU %d are not seen: errno %d\n",
					tl->name, cpu, -err);
		}
	}
}

static int tracepoint_fits(const struct xbpf_link *link, const struct xbpf_prog *prog,
			   struct xbpf_cmd *cmd)
{
	const struct tracepoint_link *tl = tracepoint_of(link);

	if (!tl->record || prog->code.ctx_used <= tl->record)
		return 0;
	return xbpf_cmd_fail(cmd, -EACCES,
			     "%s: program %u reads %u bytes of the record, which has %u", tl->name,
			     prog->obj.id, prog->code.ctx_used, tl->record);
}

static int tracepoint_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct tracepoint_link *tl = tracepoint_of(link);
	int cpu, err;

	err = find(tl, cmd);
	if (!err)
		err = tracepoint_fits(link, link->prog, cmd);
	if (err)
		return err;
	mutex_lock(&links_lock);
	follow();
	/* in the list at once: a CPU that comes now is the worker's */
	list_add(&tl->node, &links);
	for_each_online_cpu(cpu) {
		err = event_make(tl, cpu);
		if (err == -ENODEV)	/* went offline meanwhile */
			err = 0;
		if (err)
			break;
	}
	if (err)
		events_drop(tl);
	mutex_unlock(&links_lock);
	if (!err)
		return 0;
	synchronize_rcu();
	return xbpf_cmd_fail(cmd, err, "%s: the kernel refuses the event with errno %d", tl->name, -err);
}

static void tracepoint_detach(struct xbpf_link *link)
{
	mutex_lock(&links_lock);
	events_drop(tracepoint_of(link));
	mutex_unlock(&links_lock);
	/* a handler runs with preemption off */
	synchronize_rcu();
}

static void tracepoint_info(const struct xbpf_link *link, bool attached,
			    struct xbpf_link_info *info, char *name, u32 size)
{
	info->type = LINK_TYPE_PERF_EVENT;
	info->event_type = EVENT_TRACEPOINT;
	strscpy(name, tracepoint_of(link)->name, size);
}

const struct xbpf_link_ops xbpf_link_tracepoint_ops = {
	.rights = { .what = "a tracepoint", .cap = CAP_PERFMON, .lockdown = LOCKDOWN_TRACEFS },
	.uses = XBPF_LINK_SYMBOL,
	.has_regs = true,
	.alloc = tracepoint_alloc,
	.free = tracepoint_free,
	.attach = tracepoint_attach,
	.detach = tracepoint_detach,
	.fits = tracepoint_fits,
	.info = tracepoint_info,
};

/*
 * --- CPUs that come and go ---------------------------------------------------------------------
 */

static void follow_work_run(struct work_struct *work)
{
	mutex_lock(&links_lock);
	follow();
	mutex_unlock(&links_lock);
}

static DECLARE_WORK(follow_work, follow_work_run);
static int hotplug_state;

/* Not here: making an event takes locks under which others wait for the CPU's own locks. */
static int cpu_came(unsigned int cpu)
{
	cpumask_set_cpu(cpu, &came);
	schedule_work(&follow_work);
	return 0;
}

int xbpf_tracepoint_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, XBPF_NAME ":tracepoint",
					      cpu_came, NULL);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void xbpf_tracepoint_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	cancel_work_sync(&follow_work);
}
