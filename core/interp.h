/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interpreter.
 *
 * Interface.  An image is the resolved, immutable form of verified code: helper
 * addresses, map addresses, subprogram targets.
 */
#ifndef XBPF_CORE_INTERP_H
#define XBPF_CORE_INTERP_H

#include "code.h"
#include "env.h"
#include "log.h"

struct xbpf_image;

/* May sleep.  NULL and *err on failure, with a reason in the log. */
struct xbpf_image *xbpf_image_build(const struct xbpf_code *code, const struct xbpf_env *env,
				    struct xbpf_log *log, int *err);
void xbpf_image_free(struct xbpf_image *image);

/*
 * Runs the program.  Any context; the caller keeps preemption off and stands in
 * an RCU read section, for the sake of the program, its maps and the programs it
 * tail-calls (slots of its tables hold struct xbpf_image *).
 */
u64 xbpf_image_run(const struct xbpf_image *image, void *ctx);

#endif
