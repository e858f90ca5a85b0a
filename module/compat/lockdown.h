/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of what lockdown refuses.
 */
#ifndef XBPF_COMPAT_LOCKDOWN_H
#define XBPF_COMPAT_LOCKDOWN_H

#include <linux/security.h>
#include <linux/version.h>

/* 5.15: what programs read got a name of its own, beside what they write. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
#define XBPF_COMPAT_LOCKDOWN_READ LOCKDOWN_BPF_READ_KERNEL
#else
#define XBPF_COMPAT_LOCKDOWN_READ LOCKDOWN_BPF_READ
#endif

#endif
