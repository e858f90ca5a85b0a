/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interpreter in checked mode: the same run loop, asking before each
 * instruction and each access to memory.  For fuzzers, in user space only: a
 * source file that defines XBPF_INTERP_CHECKED and includes interp_run.c.
 *
 * The addresses that the program computes with are whatever the hooks say, so that they can lie
 * where those of a kernel do.  The context is passed as the program is to see it; helpers get and
 * give such addresses.
 */
#ifndef XBPF_CORE_INTERP_CHECK_H
#define XBPF_CORE_INTERP_CHECK_H

#include "core/interp.h"

struct xbpf_interp_check {
	void *priv;
	/* A frame begins (@top: its R10, @depth bytes below it are its own) or ends (@depth 0). */
	void (*frame)(void *priv, u64 top, u32 depth);
	/* Before instruction @pc of @image; false stops the run. */
	bool (*insn)(void *priv, const struct xbpf_image *image, u32 pc, const u64 *regs);
	/* Before an access of the program itself: where those bytes are; NULL stops the run. */
	void *(*access)(void *priv, u64 addr, u32 size, bool write);
	/* Where the program sees its stack, @size bytes at @host; of 0 bytes: a map or its value. */
	u64 (*address)(void *priv, const void *host, u32 size);
	/* The map that the program sees at @addr: what its xbpf_map_info.addr is; NULL stops the run. */
	const void *(*map)(void *priv, u64 addr);
};

/* *stopped (may be NULL): a hook said no, or the run left its stack or its frames. */
u64 xbpf_image_run_checked(const struct xbpf_image *image, u64 ctx,
			   const struct xbpf_interp_check *check, bool *stopped);

#endif
