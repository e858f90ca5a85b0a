/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP_CREATE, and the list of map types.
 */
#ifndef XBPF_MODULE_MAP_CREATE_H
#define XBPF_MODULE_MAP_CREATE_H

#include "cmd/cmd.h"

long xbpf_map_create_cmd(struct xbpf_cmd *cmd);
u64 xbpf_map_types(void);	/* bit per known type */
int xbpf_map_init(void);	/* checks the list: 0 or -errno */

#endif
