/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting stubs: code in the text area that counts on this CPU and goes on to a program
 * (jit/counter.c).  What leads to a program leads to its stub instead while it is counted.
 */
#ifndef XBPF_MODULE_STUB_H
#define XBPF_MODULE_STUB_H

#include <linux/types.h>

struct xbpf_stub;

#define XBPF_STUB_ROOM	64u	/* bytes of the text area that one takes */

/*
 * Counts in @counter and jumps to @target, a landing pad; all CPUs see it when it returns.  Both
 * must outlive it.  ERR_PTR(-ENOMEM), or -ENOSPC: the text area is full.  May sleep.
 */
struct xbpf_stub *xbpf_stub_make(const void *target, u64 __percpu *counter);
void *xbpf_stub_code(const struct xbpf_stub *stub);
/* Nothing ever led to it.  May be NULL; may sleep. */
void xbpf_stub_free(struct xbpf_stub *stub);
/*
 * Nothing leads to it any more: it is freed when the runs that may be in it have ended. May be
 * NULL.
 */
void xbpf_stub_retire(struct xbpf_stub *stub);

#endif
