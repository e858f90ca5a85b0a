/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device /dev/xbpf.
 */
#ifndef XBPF_MODULE_DEV_H
#define XBPF_MODULE_DEV_H

int xbpf_dev_init(void);	/* last step of init: from now on users come in */
void xbpf_dev_exit(void);

#endif
