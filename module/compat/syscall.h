/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a probe at sys_enter may do.
 */
#ifndef XBPF_COMPAT_SYSCALL_H
#define XBPF_COMPAT_SYSCALL_H

#include <linux/signal_types.h>
#include <linux/types.h>
#include <linux/version.h>

/*
 * Does the kernel look at the number of the call again, after the probes?  Commit fb13b11d5387
 * ("entry: Respect changes to system call number by trace_sys_enter()"): 6.9, and the stable
 * kernels 6.8.2, 6.7.11, 6.6.23 and 6.1.83.
 */
static inline bool xbpf_compat_sys_enter_denies(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 2) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 11) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 23) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 83) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))
	return true;
#else
	return false;
#endif
}

/* 5.16: an action that neither the process nor its tracer can change any more. */
#ifdef SA_IMMUTABLE
#define XBPF_COMPAT_SA_IMMUTABLE SA_IMMUTABLE
#else
#define XBPF_COMPAT_SA_IMMUTABLE 0
#endif

#endif
