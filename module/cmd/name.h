/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module is called, "xbpf" unless it was built with another NAME: so several can be loaded
 * beside each other.  Everything that the kernel or user space finds by name has it.  Few files
 * need it: the others are the same code whatever it is, and scripts/rename-kmod takes them so.
 */
#ifndef XBPF_MODULE_NAME_H
#define XBPF_MODULE_NAME_H

#include <linux/stringify.h>

/* of the build: -DXBPF_MODULE=xbpf2 */
#define XBPF_NAME	__stringify(XBPF_MODULE)

/* as XBPF_DEVICE, XBPF_FS_TYPE and XBPF_FS_PATH have it */
#define XBPF_NAME_DEVICE	"/dev/" XBPF_NAME
#define XBPF_NAME_FS_TYPE	XBPF_NAME "fs"
#define XBPF_NAME_FS_PATH	"/sys/fs/" XBPF_NAME

#endif
