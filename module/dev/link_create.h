/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hooks of LINK_CREATE need while the module is loaded.
 */
#ifndef XBPF_MODULE_LINK_CREATE_H
#define XBPF_MODULE_LINK_CREATE_H

int xbpf_link_init(void);	/* what hooks have to follow: CPUs, network devices */
void xbpf_link_exit(void);

#endif
