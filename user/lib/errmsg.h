/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words that a failing function of libxbpf leaves behind, per thread.
 */
#ifndef XBPF_LIB_ERRMSG_H
#define XBPF_LIB_ERRMSG_H

/* Keeps the words and returns @err (a negative errno). */
__attribute__((format(printf, 2, 3)))
int errmsg_set(int err, const char *fmt, ...);

/* What an errno of a command means when the module gave no words. */
const char *errmsg_errno(int err);

#endif
