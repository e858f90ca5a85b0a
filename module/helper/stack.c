/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_get_stack, and where an event is.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "helper/helper.h"
#include "link/link.h"
#include "map/stack_trace.h"
#include "run/budget.h"
#include "run/stack.h"

#define DEPTH_MAX	127	/* frames, as the kernel's own limit is by default */

/*
 * R1: context, R2: buffer, R3: its size, R4: flags. Bytes of addresses; what is left of the buffer
 * is zeroed.
 */
XBPF_HELPER(get_stack)
{
	u32 size = r3, n, skip = r4 & BPF_F_SKIP_FIELD_MASK;
	u64 *buf = (u64 *)r2;

	/* build ids want files to be read, which no probe may do */
	if (r4 & ~(u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK) || size % sizeof(*buf)) {
		xbpf_budget_clear(buf, size);
		return -EINVAL;
	}
	n = xbpf_stack_walk(buf, min_t(u32, size / sizeof(*buf), DEPTH_MAX), skip, r4 & BPF_F_USER_STACK,
			    xbpf_link_regs());
	xbpf_budget_clear(buf + n, size - n * sizeof(*buf));
	return n * sizeof(*buf);
}

/* R1: context, R2: map, R3: flags */
XBPF_HELPER(get_stackid)
{
	return xbpf_stack_id((struct xbpf_map *)(unsigned long)r2, r3, xbpf_link_regs());
}

/* R1: context */
XBPF_HELPER(get_func_ip)
{
	return xbpf_link_ip();
}
