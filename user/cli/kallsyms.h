/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names for kernel addresses, from /proc/kallsyms.
 */
#ifndef XBPF_CLI_KALLSYMS_H
#define XBPF_CLI_KALLSYMS_H

#include <stddef.h>
#include <linux/types.h>

/*
 * "name", "name+0x12" or "name [module]"; 0 when the address has no name that this process may see.
 */
int kallsyms_name(__u64 address, char *buf, size_t size);

#endif
