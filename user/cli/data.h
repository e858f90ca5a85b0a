/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys and values on the command line.
 */
#ifndef XBPF_CLI_DATA_H
#define XBPF_CLI_DATA_H

#include "args.h"

/*
 * Reads exactly @size bytes of @what ("key", "value") into @out, from the words up to the next
 * keyword:
 *	1 0 0 0		a number per byte
 *	hex 01 00 00 00	the same in hex
 *	15, -1, 0xff	one number for 1, 2, 4 or 8 bytes, in this machine's byte order
 */
int data_parse(struct args *args, const char *what, __u32 size, void *out);

#endif
