/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kind of event a trace_event_call is.
 */
#ifndef XBPF_COMPAT_TRACEPOINT_H
#define XBPF_COMPAT_TRACEPOINT_H

#include <linux/trace_events.h>
#include <linux/version.h>

/*
 * Was the event made by user space, through tracefs or perf?  Then its name and its group are user
 * space's, too.
 * 5.15: one flag for all kinds.  Before, probes have flags of their own, and a synthetic event is a
 * tracepoint without a record for perf.
 */
static inline bool xbpf_compat_event_dynamic(const struct trace_event_call *call)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
	return call->flags & TRACE_EVENT_FL_DYNAMIC;
#else
	return call->flags & (TRACE_EVENT_FL_KPROBE | TRACE_EVENT_FL_UPROBE) ||
	       (call->flags & TRACE_EVENT_FL_TRACEPOINT && !call->class->perf_probe);
#endif
}

#endif
