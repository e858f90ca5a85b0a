/* SPDX-License-Identifier: GPL-2.0 */
/*
 * OBJ_GET_INFO_BY_FD and XBPF_GET_INFO.
 */
#ifndef XBPF_MODULE_INFO_H
#define XBPF_MODULE_INFO_H

#include "cmd/cmd.h"

long xbpf_info_cmd(struct xbpf_cmd *cmd);
long xbpf_get_info_cmd(struct xbpf_cmd *cmd);

#endif
