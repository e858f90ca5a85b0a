/* SPDX-License-Identifier: GPL-2.0 */
/* The workqueue on which objects are freed, and how module exit waits for it. */
#include <linux/errno.h>
#include "cmd/name.h"
#include "object/worker.h"

struct workqueue_struct *xbpf_workqueue;

int xbpf_worker_init(void)
{
	xbpf_workqueue = alloc_workqueue(XBPF_NAME, WQ_UNBOUND, 0);
	return xbpf_workqueue ? 0 : -ENOMEM;
}

/*
 * A freed program puts its maps, a map of maps those in it, a map its BTF: each round waits for
 * what the round before may have started.  Chains are finite, since users are gone and with them
 * what was in program arrays: program -> map of maps -> map -> BTF is the longest one, and one
 * round more proves that nothing was left.
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
