/* SPDX-License-Identifier: GPL-2.0 */
/*
 * printf for programs: their format, their arguments as 64-bit numbers.
 */
#ifndef XBPF_MODULE_FORMAT_H
#define XBPF_MODULE_FORMAT_H

#include <linux/types.h>

#define XBPF_FORMAT_ARGS	12	/* at most */
#define XBPF_FORMAT_MAX		512	/* bytes of a format, with NUL */

/*
 * Prints to @out, at most @size bytes with NUL (none when it is 0): the length that all of it would
 * have without NUL, or -EINVAL for a format that programs may not use, one that wants more than @n
 * arguments, or one that does not end within @fmt_size bytes.  Under the run guard; the format may
 * change meanwhile.
 */
int xbpf_format(char *out, u32 size, const char *fmt, u32 fmt_size, const u64 *args, u32 n);

#endif
