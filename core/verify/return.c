/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A function that may end in the middle: LD_ABS and LD_IND end it when the bytes are not there, a
 * tail call when the other program ends.  Its caller then goes on, on a path of its own.
 */
#include "core/verify/verifier_priv.h"

int xbpf_verify_early_return(struct xbpf_verifier *v, const struct xbpf_scalar *result)
{
	struct xbpf_scalar any = xbpf_scalar_unknown();
	struct xbpf_state *st;
	int err;

	if (!v->cur->depth)
		return 0;
	err = xbpf_state_push(v, cur_frame(v)->callsite + !cur_frame(v)->callback, &st);
	if (err)
		return err;
	st->returned = cur_frame(v)->callback;
	xbpf_frame_close(v, st);
	if (!st->returned)
		xbpf_reg_scalar(&st->frame[st->depth]->regs[0], result ? result : &any);
	/* any number: another program ran, and may have changed the packet */
	if (!result)
		xbpf_packet_moved(v, st);
	return 0;
}
