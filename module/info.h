/* SPDX-License-Identifier: GPL-2.0 */
/*
 * OBJ_GET_INFO_BY_FD and XBPF_GET_INFO.
 */
#ifndef XBPF_MODULE_INFO_H
#define XBPF_MODULE_INFO_H

#include "cmd.h"

/*
 * May this task learn where kernel code and data lie?  Whoever may trace can read them anyway.  The stock rule,
 * kallsyms_show_value(), is not exported, and looser where kptr_restrict is 0.
 */
bool xbpf_info_addresses(void);

long xbpf_info_cmd(struct xbpf_cmd *cmd);
long xbpf_get_info_cmd(struct xbpf_cmd *cmd);

/*
 * The caller's info struct, as far as it reaches, zero beyond: which dumps it asks for.  @size is what the kernel
 * knows; more from user space must be zero (E2BIG).
 */
long xbpf_info_get(struct xbpf_cmd *cmd, void *info, u32 size);
/* The answer, cut to what the caller gave room for; info_len comes back as that length. */
long xbpf_info_put(struct xbpf_cmd *cmd, const void *info, u32 size);

#endif
