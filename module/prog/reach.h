/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of its context a run may reach.
 */
#ifndef XBPF_MODULE_REACH_H
#define XBPF_MODULE_REACH_H

struct xbpf_prog;

/*
 * Sets prog->reach of a verified program; before it is published, since other programs may come to
 * run it then. May sleep.
 */
int xbpf_reach_settle(struct xbpf_prog *prog);

#endif
