/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where objects are freed: from a workqueue of our own, after a grace period, so that module exit
 * can wait for exactly them.
 */
#ifndef XBPF_MODULE_WORKER_H
#define XBPF_MODULE_WORKER_H

#include <linux/rcupdate.h>
#include <linux/workqueue.h>

extern struct workqueue_struct *xbpf_workqueue;	/* constant while the module lives */

int xbpf_worker_init(void);
/* Waits for all grace periods and frees under way; nothing may be put any more. */
void xbpf_worker_drain(void);
void xbpf_worker_exit(void);

#endif
