/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs on perf events: what libbpf and bcc do to attach to kprobes and tracepoints.
 */
#ifndef XBPF_LIB_PERF_EVENT_H
#define XBPF_LIB_PERF_EVENT_H

#include <stdbool.h>
#include <linux/types.h>

/* perf_event_open(2): makes the event, and remembers what it is. @arg: the five arguments. */
long perf_event_open(const long *arg);

/*
 * BPF_LINK_CREATE on a perf event: a link of xbpf's at the place that the event counts. The event
 * itself becomes one that counts nothing, so that the place does not cost twice.
 */
int perf_event_link(int fd, int prog_fd, __u64 cookie);

/*
 * ioctl(2) of a perf event, or of the link that stands in its place: SET_BPF makes the link and
 * puts it there, so that closing the descriptor ends it.  ENABLE and DISABLE of such a link change
 * nothing, as upstream: there a program on a probe or tracepoint runs whether its event counts or
 * not.  False: the call is none of these and goes to the kernel; else *@ret and errno are the
 * result.
 */
bool perf_event_ioctl(int fd, unsigned long request, long arg, int *ret);

/* The link of an event that perf_event_link() gave one; -1: none. The caller closes it. */
int perf_event_link_of(int fd);

#endif
