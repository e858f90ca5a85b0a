/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Indirect branch tracking in the kernel: Linux 5.18 and later, when configured.
 */
#ifndef XBPF_COMPAT_IBT_H
#define XBPF_COMPAT_IBT_H

#include <linux/types.h>
#include <asm/cpufeature.h>

static inline bool xbpf_compat_ibt(void)
{
#ifdef CONFIG_X86_KERNEL_IBT
	return cpu_feature_enabled(X86_FEATURE_IBT);
#else
	return false;
#endif
}

#endif
