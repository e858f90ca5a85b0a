/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arena: the part of the module's text that JITed code lives in.
 */
#ifndef XBPF_MODULE_ARENA_H
#define XBPF_MODULE_ARENA_H

#include <linux/types.h>

struct xbpf_arena_stat {
	u64 size, used, largest;	/* bytes; largest: the largest hole */
	u32 images;
};

/*
 * 64-byte aligned text of @len bytes, filled with int3, or NULL: no hole is large enough.  The
 * first hole, or @anywhere: behind a random place.  May sleep.
 */
void *xbpf_arena_alloc(u32 len, bool anywhere);

/*
 * Replaces @len bytes at @text; all CPUs see the new code when it returns. 0 or -ENOMEM. May sleep.
 */
int xbpf_arena_write(void *text, const void *code, u32 len);

/* Nothing runs there and nobody can jump there any more (a grace period has passed). May sleep. */
void xbpf_arena_free(void *text, u32 len);

/* Where the gate stands, within reach of every image (jit.h). */
void *xbpf_arena_gate(void);

void xbpf_arena_stat(struct xbpf_arena_stat *stat);

int xbpf_arena_init(void);	/* fills it with int3 */
void xbpf_arena_exit(void);	/* warns when an image is left */

#endif
