/* SPDX-License-Identifier: GPL-2.0 */
/* Functions of the kernel by a pattern of their names. */
#ifndef XBPF_LIB_PATTERN_H
#define XBPF_LIB_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/*
 * The addresses of all functions whose names match the shell pattern and that can be probed, at
 * their entries or (@ret) their returns: their number, *addrs the caller's to free; or -errno with
 * words.
 */
long functions_find(const char *pattern, bool ret, __u64 **addrs);

#endif
