/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpffs: pins, mounted at /sys/fs/xbpf.
 */
#ifndef XBPF_MODULE_FS_H
#define XBPF_MODULE_FS_H

#include "cmd/cmd.h"

int xbpf_fs_init(void);		/* mount point /sys/fs/xbpf and the file system type */
void xbpf_fs_exit(void);

#endif
