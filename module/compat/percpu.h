/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel keeps what JITed code reads of its CPU: addresses for %gs.
 */
#ifndef XBPF_COMPAT_PERCPU_H
#define XBPF_COMPAT_PERCPU_H

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/version.h>
#include <asm/current.h>

/* 6.2 to 6.14: in one struct. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define xbpf_compat_cpu_number		pcpu_hot.cpu_number
#define xbpf_compat_current_task	pcpu_hot.current_task
#else
#define xbpf_compat_cpu_number		cpu_number
#define xbpf_compat_current_task	current_task
#endif

#endif
