/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loops as a call: the body is a function of the program's.
 */
#include "helper/helper.h"
#include "run/budget.h"

#define LOOP_MAX	(1U << 23)	/* BPF_MAX_LOOPS */

/*
 * R1: how often at most, R2: body, R3: its context, R4: flags, none yet. How often it ran; -ETIME
 * when the run's budget ends before.
 */
XBPF_HELPER(loop)
{
	u32 n = r1, i;

	if (r4)
		return -EINVAL;
	if (n > LOOP_MAX)
		return -E2BIG;
	for (i = 0; i < n; i++) {
		if (!xbpf_budget_draw(1))
			return -ETIME;
		if (xbpf_callback(r2, i, r3, 0, 0, 0))
			return i + 1;
	}
	return i;
}
