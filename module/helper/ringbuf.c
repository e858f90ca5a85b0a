/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring buffers, as programs write them.
 */
#include <linux/string.h>
#include "helper/helper.h"
#include "map/ringbuf.h"
#include "run/budget.h"

/* R1: map, R2: data, R3: its size, R4: flags */
XBPF_HELPER(ringbuf_output)
{
	const void *data = (const void *)(unsigned long)r2;
	void *record;
	u64 done;
	u32 n;

	if (r4 & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	record = xbpf_ringbuf_reserve((struct xbpf_map *)(unsigned long)r1, r3);
	if (!record)
		return -EAGAIN;
	for (done = 0; done < r3; done += n) {	/* < 2^30: a record */
		n = xbpf_budget_piece(r3, done);
		if (!xbpf_budget_draw_bytes(n)) {
			xbpf_ringbuf_commit(record, r4, true);
			return -ETIME;
		}
		memcpy(record + done, data + done, n);
	}
	xbpf_ringbuf_commit(record, r4, false);
	return 0;
}

/* R1: map, R2: bytes, R3: flags, none yet */
XBPF_HELPER(ringbuf_reserve)
{
	if (r3)
		return 0;
	return (unsigned long)xbpf_ringbuf_reserve((struct xbpf_map *)(unsigned long)r1, r2);
}

/* R1: record, R2: flags */
XBPF_HELPER(ringbuf_submit)
{
	xbpf_ringbuf_commit((void *)(unsigned long)r1, r2, false);
	return 0;
}

XBPF_HELPER(ringbuf_discard)
{
	xbpf_ringbuf_commit((void *)(unsigned long)r1, r2, true);
	return 0;
}

/* R1: map, R2: what */
XBPF_HELPER(ringbuf_query)
{
	return xbpf_ringbuf_query((struct xbpf_map *)(unsigned long)r1, r2);
}
