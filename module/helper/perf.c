/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers for perf events. */
#include <linux/smp.h>
#include "helper/helper.h"
#include "link/link.h"
#include "map/perf.h"
#include "run/budget.h"

/* R1: context, R2: map, R3: index in the map or BPF_F_CURRENT_CPU, R4: data, R5: its size */
XBPF_HELPER(perf_event_output)
{
	u32 index = r3 & BPF_F_INDEX_MASK;

	if (r3 & ~BPF_F_INDEX_MASK)	/* bytes of the packet (BPF_F_CTXLEN_MASK) are not appended */
		return -EINVAL;
	if (index == BPF_F_CURRENT_CPU)
		index = smp_processor_id();
	if (!xbpf_budget_draw_bytes(r5))
		return -ETIME;
	if (!xbpf_budget_irq_work())	/* perf may wake a reader by one */
		return -EBUSY;
	return xbpf_perf_output((struct xbpf_map *)(unsigned long)r2, index, xbpf_link_regs(),
				(const void *)(unsigned long)r4, r5);
}
