/* SPDX-License-Identifier: GPL-2.0 */
/* The workqueue on which objects are freed, and how module exit waits for it. */
#include <linux/errno.h>
#include "object/worker.h"

struct workqueue_struct *xbpf_workqueue;

int xbpf_worker_init(void)
{
	xbpf_workqueue = alloc_workqueue("xbpf", WQ_UNBOUND, 0);
	return xbpf_workqueue ? 0 : -ENOMEM;
}

/*
 * A freed program puts its maps, and a freed program array the programs that were still in it: each
 * round waits for what the round before may have started.  Chains are finite, since
 * user references are gone: table -> program -> map of maps -> map is the longest one that frees
 * something, and one round more proves that nothing was left.
 */
void xbpf_worker_drain(void)
{
	int round;

	for (round = 0; round < 5; round++) {
		rcu_barrier();
		flush_workqueue(xbpf_workqueue);
	}
}

void xbpf_worker_exit(void)
{
	destroy_workqueue(xbpf_workqueue);
}
