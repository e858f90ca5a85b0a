/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests in user space: how the walk goes.  A probe is asked before each instruction and told
 * behind it, and it can have every path walked to its end.  The kernel's build has none of this
 * (PORT_PROBED in core/port.h).
 */
#ifndef XBPF_CORE_OBSERVE_H
#define XBPF_CORE_OBSERVE_H

#include "core/verify/verifier_priv.h"

/* Nobody would see the end of the rounds of a callback without pruning: so many are walked. */
#define PROBE_ROUNDS	3u

struct xbpf_walk_probe {
	bool unpruned;		/* no path ends since a checkpoint covers it */
	u64 pruned;		/* paths that did */
	/* 0: go on; STEP_DONE: the path ends here; or an error */
	int (*before)(struct xbpf_walk_probe *probe, struct xbpf_verifier *v,
		      const struct bpf_insn *insn);
	/* @step, an enum xbpf_step, is what came of the instruction that was asked for last */
	void (*after)(struct xbpf_walk_probe *probe, struct xbpf_verifier *v, int step);
};

/* May checkpoints be asked whether they cover the current state? */
static inline bool probe_prunes(const struct xbpf_verifier *v)
{
	return !PORT_PROBED || !v->code->probe || !v->code->probe->unpruned;
}

static inline void probe_pruned(struct xbpf_verifier *v)
{
	if (PORT_PROBED && v->code->probe)
		v->code->probe->pruned++;
}

static inline int probe_before(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	if (!PORT_PROBED || !v->code->probe)
		return 0;
	return v->code->probe->before(v->code->probe, v, insn);
}

static inline void probe_after(struct xbpf_verifier *v, int step)
{
	if (PORT_PROBED && v->code->probe && step >= 0)
		v->code->probe->after(v->code->probe, v, step);
}

#endif
