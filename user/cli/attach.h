/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl prog attach, and what it shares. */
#ifndef XBPF_CLI_ATTACH_H
#define XBPF_CLI_ATTACH_H

struct args;
struct xbpf_attach;

/* PROG KIND WHERE, and the words behind them */
int prog_attach(struct args *args);

/* A keyword's: "60s" to a __u32 of milliseconds. */
int attach_take_expire(const char *arg, void *to);

/*
 * Attaches a program, and pins the link since the tool ends at once: at @path, or by its id if that
 * is NULL.  The link's fd, or a negative errno and xbpf_errmsg().
 */
int attach_pinned(int fd, const struct xbpf_attach *at, const char *path);

#endif
