/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changing words of data, and five-byte sites in the text area's code that follow them: each site
 * is a jump to where its word points, or a nop where the word is NULL.
 *
 *	xbpf_patch_begin(), then _word() and _site() for each, xbpf_patch_map(), behind which no
 *	memory is needed, one of the three commits; xbpf_patch_end() in any case.
 *
 * One thread.  Words are changed by nobody else from _begin() to the commit (poke.c: the
 * table's lock).
 */
#ifndef XBPF_MODULE_PATCH_H
#define XBPF_MODULE_PATCH_H

#include <linux/types.h>

#define XBPF_PATCH_LEN	5	/* a near jump, or a nop of that size */

#define XBPF_PATCH_FEW	4	/* words and sites that need no memory */

struct xbpf_patch_word {
	void **at;
	void *value;
};

struct xbpf_patch_site {
	u8 *at;
	void *const *follows;
	unsigned long to;	/* the same, where it is writable: behind alias */
};

struct xbpf_patch {
	struct xbpf_patch_word *words, few_words[XBPF_PATCH_FEW];
	struct xbpf_patch_site *sites, few_sites[XBPF_PATCH_FEW];
	u32 word_cnt, word_max;
	u32 site_cnt, site_max;
	u32 pages;		/* of the text area that are written */
	void *alias;		/* where they are writable, one behind the other */
};

int xbpf_patch_begin(struct xbpf_patch *patch, u32 words, u32 sites);	/* at most: 0 or -ENOMEM */
void xbpf_patch_word(struct xbpf_patch *patch, void **at, void *value);
/* Five bytes at @at, which lie in one aligned 8. */
void xbpf_patch_site(struct xbpf_patch *patch, u8 *at, void *const *follows);
int xbpf_patch_map(struct xbpf_patch *patch);			/* 0 or -ENOMEM */

/* No words; sites of code that nobody can run yet, but whose words may change. May sleep. */
void xbpf_patch_commit_new(struct xbpf_patch *patch);
/*
 * Programs may be running in that code, and go on.  Each word changes in one moment, and the sites
 * that follow it with it: a run may see it before one tail call and behind the next, and none sees
 * the old value once any has seen the new one.  May sleep; waits for the other CPUs to take an
 * interrupt, for no run to end.
 */
void xbpf_patch_commit(struct xbpf_patch *patch);
/*
 * All words in one moment in which no program runs on any CPU: each run is before or behind it, as
 * a whole.  0; -EAGAIN: there was no such moment within some milliseconds, and nothing has changed.
 * May sleep.
 */
int xbpf_patch_commit_at_once(struct xbpf_patch *patch);
void xbpf_patch_end(struct xbpf_patch *patch);

int xbpf_patch_init(void);
void xbpf_patch_exit(void);

#endif
