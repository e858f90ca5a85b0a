/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PROG_LOAD.
 */
#ifndef XBPF_MODULE_LOAD_H
#define XBPF_MODULE_LOAD_H

#include "cmd/cmd.h"

long xbpf_prog_load_cmd(struct xbpf_cmd *cmd);

#endif
