/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A moment in which no program runs on any CPU, not even in its middle.
 *
 * Interface.  Calls @deed at most once, with interrupts off, in such a moment; each CPU serialises
 * between it and its next run.  One caller at a time; may sleep; takes the lock of the CPUs.
 */
#ifndef XBPF_MODULE_HOLD_H
#define XBPF_MODULE_HOLD_H

#include <linux/types.h>

/*
 * Waits some milliseconds for it, while new runs wait, too.  -EAGAIN: there was none, and @deed was
 * not called.  With @by_anyone it may be called wherever a run begins: it is to be short.
 */
int xbpf_run_hold(void (*deed)(void *arg), void *arg, bool by_anyone);

#endif
