/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Machine code, disassembled: a list of instructions, with labels where jumps go to.
 */
#ifndef XBPF_CLI_CODE_H
#define XBPF_CLI_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct code {
	const unsigned char *bytes;
	__u32 len;
	__u64 base;		/* where they stand; 0: not known, then jumps out of them have no names */
	bool opcodes;		/* the bytes too */
	const void *priv;	/* for the following, which may be NULL: */
	/* shows what stands before the @n bytes at @at */
	void (*before)(const void *priv, __u32 at, __u32 n);
	/* what a jump or call at @at leads to */
	bool (*name)(const void *priv, __u32 at, __u64 target, char *buf, size_t size);
	/*
	 * shows a remark behind the instruction at @at; @target: of a jump out of the code, else 0
	 */
	void (*behind)(const void *priv, __u32 at, __u64 target);
};

/* The elements of a list that is open; 0, or -1 and an error. */
int code_out(const struct code *code);

#endif
