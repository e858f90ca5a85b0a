/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A moment in which no program runs on any CPU, not even in its middle.
 *
 * Interface.  Both call @deed at most once, with interrupts off, in such a moment; each CPU
 * serialises between it and its next run.  One caller at a time; may sleep; take the lock of the
 * CPUs.
 */
#ifndef XBPF_MODULE_HOLD_H
#define XBPF_MODULE_HOLD_H

/*
 * Waits some milliseconds for it, while new runs wait, too.  -EAGAIN: there was none, and @deed was
 * not called.
 */
int xbpf_run_hold(void (*deed)(void *arg), void *arg);

/* Makes it: all CPUs stand until the longest run has ended. */
void xbpf_run_stop(void (*deed)(void *arg), void *arg);

#endif
