/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks in maps, taken by commands and by programs in any context.
 *
 * Interrupts off and the run guard taken: that is enough against deadlock in every context, NMI
 * included, without a trylock.  Who spins waits for another CPU; to find the lock held by its own
 * CPU, a program would have to start on top of the holder, and the guard keeps any program from
 * starting there.  The holder itself sleeps, faults and waits for nothing but a lock that nests
 * inside.
 */
#ifndef XBPF_MODULE_MAP_LOCK_H
#define XBPF_MODULE_MAP_LOCK_H

#include <linux/spinlock.h>
#include "run/run.h"

static inline void xbpf_map_lock(raw_spinlock_t *lock, unsigned long *flags)
	__acquires(lock)
{
	local_irq_save(*flags);
	/* before the lock: nothing of ours may run between taking it and being known to hold it */
	xbpf_run_block();
	raw_spin_lock(lock);
}

static inline void xbpf_map_unlock(raw_spinlock_t *lock, unsigned long flags)
	__releases(lock)
{
	raw_spin_unlock(lock);
	xbpf_run_unblock();
	local_irq_restore(flags);
}

#endif
