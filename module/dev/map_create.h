/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map types that MAP_CREATE knows.
 */
#ifndef XBPF_MODULE_MAP_CREATE_H
#define XBPF_MODULE_MAP_CREATE_H

#include <linux/types.h>

u64 xbpf_map_types(void);	/* bit per known type */

#endif
