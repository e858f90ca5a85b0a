/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of tracefs by their ids, as perf_event_open(2) has them.
 */
#ifndef XBPF_LIB_TRACE_EVENT_H
#define XBPF_LIB_TRACE_EVENT_H

#include <linux/types.h>

struct trace_event {
	char name[128];		/* "category/name" */
	/* what kprobe_events and uprobe_events made: 'p' an entry, 'r' a return, 'u' of a program; or 0 */
	char probe;
	char place[128];	/* of a kprobe: the function */
	__u64 offset;		/* and bytes into it */
};

/* 0, or -ENOENT: tracefs is not mounted, or has no event of that id. */
int trace_event_find(__u64 id, struct trace_event *event);

#endif
