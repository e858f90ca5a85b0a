/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints by category and name. */
#ifndef XBPF_LIB_TRACEPOINT_H
#define XBPF_LIB_TRACEPOINT_H

#include <stddef.h>
#include <linux/types.h>

/*
 * The bytes of each argument of the raw tracepoint @name, and their number.  -ENOENT, -ENODATA
 * without words: BTF knows no such tracepoint, or the kernel has no BTF.
 */
int tracepoint_args(const char *name, __u8 *size, size_t room);

#endif
