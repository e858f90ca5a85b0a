/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LINK_CREATE, and the list of hooks.
 */
#ifndef XBPF_MODULE_LINK_CREATE_H
#define XBPF_MODULE_LINK_CREATE_H

#include "cmd/cmd.h"

long xbpf_link_create_cmd(struct xbpf_cmd *cmd);

int xbpf_link_init(void);	/* what hooks have to follow: CPUs, network devices */
void xbpf_link_exit(void);

#endif
