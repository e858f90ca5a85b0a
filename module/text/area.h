/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text area: the part of the module's text that JITed code lives in.
 */
#ifndef XBPF_MODULE_AREA_H
#define XBPF_MODULE_AREA_H

#include <linux/types.h>

struct xbpf_text_stat {
	u64 size, used, largest;	/* bytes; largest: the largest hole */
	u32 images;
};

/*
 * 64-byte aligned text of @len bytes, filled with int3, or NULL: no hole is large enough.  The
 * first hole, or @anywhere: behind a random place.  May sleep.
 */
void *xbpf_text_alloc(u32 len, bool anywhere);

/*
 * Replaces @len bytes at @text; all CPUs see the new code when it returns. 0 or -ENOMEM. May sleep.
 */
int xbpf_text_write(void *text, const void *code, u32 len);

/* Nothing runs there and nobody can jump there any more (a grace period has passed). May sleep. */
void xbpf_text_free(void *text, u32 len);

/* Where the entry trampoline stands, within reach of every image (jit.h). */
void *xbpf_text_trampoline(void);

bool xbpf_text_has(const void *at);	/* in the part that images stand in; any context */

void xbpf_text_stat(struct xbpf_text_stat *stat);

int xbpf_text_init(void);	/* fills it with int3 */
void xbpf_text_exit(void);	/* warns when an image is left */

#endif
