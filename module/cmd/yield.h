/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loops whose length user space decides, and waits for what will come by itself.
 */
#ifndef XBPF_MODULE_YIELD_H
#define XBPF_MODULE_YIELD_H

#include <linux/sched.h>
#include <linux/types.h>

#define XBPF_YIELD_ROUNDS	1024u	/* a round is an element, an instruction, a record */
#define XBPF_RETRY_MS		20u	/* until memory is tried again by who cannot fail */

/* At round @i of such a loop: lets others run, now and then. May sleep. */
static inline void xbpf_yield(u32 i)
{
	if (i % XBPF_YIELD_ROUNDS == XBPF_YIELD_ROUNDS - 1)
		cond_resched();
}

#endif
