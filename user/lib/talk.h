/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What libbpf prints, kept for condensing an error to one line.
 */
#ifndef XBPF_LIB_TALK_H
#define XBPF_LIB_TALK_H

#include <stdio.h>

/* Between these two libbpf is silent (or writes to @debug), and the talk of this thread is kept. */
void talk_begin(FILE *debug);
void talk_end(void);

/*
 * The first warning since talk_begin() that has @part in it, without prefix and newline; or NULL.
 */
const char *talk_find(const char *part);

/* The first warning that is no remark on something that libbpf then did without; or NULL. */
const char *talk_first(void);

#endif
