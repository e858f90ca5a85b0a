/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changing words of the text area's code, and words of data with them, in one moment that no run of
 * a program sees from within.
 *
 *	xbpf_patch_begin(), then _text() and _data() for each word, xbpf_patch_map(), behind which
 *	nothing can fail, xbpf_patch_commit(); xbpf_patch_end() in any case.
 *
 * One thread.  The code's words may be changed by nobody else from _text() to _commit() (poke.c:
 * pokes_lock).
 */
#ifndef XBPF_MODULE_PATCH_H
#define XBPF_MODULE_PATCH_H

#include <linux/types.h>

#define XBPF_PATCH_LEN	5	/* a near jump, or a nop of that size */

#define XBPF_PATCH_FEW	4	/* words that need no memory */

struct xbpf_patch_word {
	u64 *to;
	u64 word;
	bool text;		/* @to is an address in the text area until it is mapped */
};

struct xbpf_patch {
	struct xbpf_patch_word *words;
	u32 cnt, max;
	u32 pages;		/* of the text area that are written */
	void *alias;		/* where they are writable, one behind the other */
	struct xbpf_patch_word few[XBPF_PATCH_FEW];
};

int xbpf_patch_begin(struct xbpf_patch *patch, u32 max);	/* 0 or -ENOMEM; @max words */
/* Five bytes at @at, which lie in one aligned 8: a jump to @target, or with NULL a nop. */
void xbpf_patch_text(struct xbpf_patch *patch, u8 *at, const void *target);
void xbpf_patch_data(struct xbpf_patch *patch, void **at, void *value);
int xbpf_patch_map(struct xbpf_patch *patch);			/* 0 or -ENOMEM */
/*
 * Writes all.  @running: programs may be running in that code.  Then every CPU is stopped outside
 * of any run, all words are written, and each CPU serialises before it goes on.  May sleep.
 */
void xbpf_patch_commit(struct xbpf_patch *patch, bool running);
void xbpf_patch_end(struct xbpf_patch *patch);

#endif
