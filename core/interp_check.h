/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interpreter in checked mode: the same run loop, asking before each
 * instruction and each access to memory.  For fuzzers, in user space only: a
 * source file that defines XBPF_INTERP_CHECKED and includes interp_run.c.
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
	/* Before an access of the program itself; false stops the run. */
	bool (*access)(void *priv, u64 addr, u32 size, bool write);
};

/* *stopped (may be NULL): a hook said no, or the run left its stack or its frames. */
u64 xbpf_image_run_checked(const struct xbpf_image *image, void *ctx,
			   const struct xbpf_interp_check *check, bool *stopped);

#endif
