/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interpreter.
 *
 * Interface.  An image is the resolved, immutable form of verified code: helper
 * addresses, map addresses, subprogram targets.
 */
#ifndef XBPF_CORE_INTERP_H
#define XBPF_CORE_INTERP_H

#include "core/code.h"
#include "core/env.h"
#include "core/log.h"

struct xbpf_image;

/*
 * Memory of a run.  Most of it is never touched: a run that comes as deep as the verifier allows
 * has, for each of its tail calls, callers below it that still wait.
 */
#define XBPF_RUN_STACK	(XBPF_STACK_SIZE + XBPF_TAIL_CALLS_MAX * XBPF_TAIL_CALLER_STACK)
#define XBPF_RUN_FRAMES	((XBPF_TAIL_CALLS_MAX + 1) * (XBPF_MAX_FRAMES - 1))
#define XBPF_RUN_AREA_SIZE	sizeof(struct xbpf_run_area)

/* What a call of a subprogram keeps; the caller's R10 follows from its depth, in the call's off. */
struct xbpf_saved {
	const struct xbpf_insn_op *call;
	const struct xbpf_image *image;
	u64 r6_9[4];
};

/* Only interp_run.c looks into it; zero before its first use. */
struct xbpf_run_area {
	u64 (*again)(struct xbpf_run_area *area, const struct xbpf_image *image,
		     const struct xbpf_insn_op *op, const u64 *args);	/* the run loop, for a callback */
	const void *check;	/* of a checked run */
	u64 base;		/* ... where the program sees the stack */
	bool stopped;
	u32 frame;		/* of the call that calls back: frames in use */
	u64 r10;		/* ... and the stack below it */
	struct xbpf_saved saved[XBPF_RUN_FRAMES];
	u64 stack[XBPF_RUN_STACK / 8];
};

/* May sleep.  NULL and *err on failure, with a reason in the log. */
struct xbpf_image *xbpf_image_build(const struct xbpf_code *code, const struct xbpf_env *env,
				    struct xbpf_log *log, int *err);
void xbpf_image_free(struct xbpf_image *image);

/*
 * Runs the program.  Any context; the caller keeps preemption off and stands in
 * an RCU read section, for the sake of the program, its maps and the programs it
 * tail-calls (slots of its tables hold struct xbpf_image *).  One run at a time uses a CPU's area.
 */
u64 xbpf_image_run(const struct xbpf_image *image, void *ctx);

#endif
