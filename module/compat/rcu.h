/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does RCU watch this CPU?
 */
#ifndef XBPF_COMPAT_RCU_H
#define XBPF_COMPAT_RCU_H

#include <linux/context_tracking.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>

/*
 * As rcu_is_watching(), with preemption off.  Every event asks, and a call takes a dozen
 * instructions.  6.0: the state is in a per-CPU word that modules may read; the bit was renamed in
 * 6.12.
 */
static __always_inline bool xbpf_compat_rcu_watching(void)
{
#if defined(CONFIG_CONTEXT_TRACKING_IDLE) && defined(CT_RCU_WATCHING)
	return raw_cpu_read(context_tracking.state.counter) & CT_RCU_WATCHING;
#elif defined(CONFIG_CONTEXT_TRACKING_IDLE) && defined(RCU_DYNTICKS_IDX)
	return raw_cpu_read(context_tracking.state.counter) & RCU_DYNTICKS_IDX;
#else
	return rcu_is_watching();
#endif
}

#endif
