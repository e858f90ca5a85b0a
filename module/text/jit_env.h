/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this kernel and this CPU demand of compiled code: branch forms, per-CPU addresses, the entry
 * trampoline.
 */
#ifndef XBPF_MODULE_JIT_ENV_H
#define XBPF_MODULE_JIT_ENV_H

#include <linux/types.h>

struct xbpf_info;
struct xbpf_jit_env;

const struct xbpf_jit_env *xbpf_jit_env(void);	/* constant after init */
bool xbpf_jit_works(void);	/* false: the kernel's branch forms were not understood */
void xbpf_jit_env_info(struct xbpf_info *info);	/* ibt, jump_form, ret_form */

int xbpf_jit_env_init(void);
void xbpf_jit_env_exit(void);

#endif
