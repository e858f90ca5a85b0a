/* SPDX-License-Identifier: GPL-2.0 */
#include "tail_call.h"

void xbpf_jit_tail_call(struct jit *j)
{
	const struct xbpf_fact *fact = jit_fact(j);
	const struct jit_tail_call call = {
		.map = xbpf_jit_map(j),
		.index_known = fact->flags & XBPF_FACT_CONST_INDEX,
		.index = fact->arg,
	};

	/* the target returns through the common frame, whose epilogue it has */
	if (!j->frame.common) {
		xbpf_jit_fail(j, -EINVAL, "tail call in a subprogram that is not marked to make any");
		return;
	}
	xbpf_jit_tail_slot.emit(j, &call);
}
