/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pseudo-random numbers from a state per CPU: the kernel's get_random_u32() is not to be called
 * from an NMI.
 */
#include <linux/percpu.h>
#include <linux/prandom.h>
#include "helper/helper.h"

static struct rnd_state __percpu *state;	/* used under the run guard only */

XBPF_HELPER(get_prandom_u32)
{
	return prandom_u32_state(this_cpu_ptr(state));
}

int xbpf_random_init(void)
{
	state = alloc_percpu(struct rnd_state);
	if (!state)
		return -ENOMEM;
	prandom_seed_full_state(state);
	return 0;
}

void xbpf_random_exit(void)
{
	free_percpu(state);
}
