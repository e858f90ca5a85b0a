/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The strategies for tail calls: X(NAME) for each, in the order of their numbers, which are those
 * of XBPF_F_TAIL(), from 1 on.
 *
 * A row is all that a new one needs besides its file jit/tail_NAME.c, which defines a struct
 * jit_tail_strategy xbpf_jit_tail_NAME.  New ones go to the end: numbers are part of the ABI.
 */
#ifndef XBPF_LISTS_TAIL_STRATEGIES_H
#define XBPF_LISTS_TAIL_STRATEGIES_H

#define XBPF_TAIL_STRATEGIES(X)							\
	X(auto)		/* the best of the others for each call */		\
	X(unwind)	/* leave the frame, build the target's */		\
	X(slot)		/* load the slot, jump to what it holds */		\
	X(direct)	/* constant index: a patched jump */			\
	X(tree)		/* compare the slot's word, jump directly */

#endif
