/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What libbpf and other libraries mean for bpf(2) and perf_event_open(2), done by xbpf. The one
 * source of it, for programs that are linked with libxbpf (wrap.c) and for those that run under
 * xbpfctl exec (user/exec/preload.c).
 */
#ifndef XBPF_LIB_EMULATE_H
#define XBPF_LIB_EMULATE_H

/* bpf(2), its convention. */
int emulate_bpf(int cmd, void *attr, unsigned int size);

/* syscall(2) with six arguments: these two calls, and any other passed on. */
long emulate_syscall(long number, const long *arg);

#endif
