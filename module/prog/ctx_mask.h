/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of its context a run may reach.
 */
#ifndef XBPF_MODULE_CTX_MASK_H
#define XBPF_MODULE_CTX_MASK_H

struct xbpf_prog;

/*
 * Sets prog->ctx_mask of a verified program; before it is published, since other programs may come
 * to run it then. May sleep.
 */
int xbpf_ctx_mask_settle(struct xbpf_prog *prog);

#endif
