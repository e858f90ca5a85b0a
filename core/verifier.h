/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verifier: the security boundary.
 *
 * Interface.  May sleep; no locks are taken.  Returns 0, or -EINVAL (not
 * proved, or malformed), -EACCES (forbidden access), -E2BIG (over a limit),
 * -EBADF (map fd), -ENOMEM, -EINTR; log->reason is set on every failure.
 */
#ifndef XBPF_CORE_VERIFIER_H
#define XBPF_CORE_VERIFIER_H

#include "code.h"
#include "env.h"
#include "log.h"

#define XBPF_MAX_PROCESSED 1000000u

/*
 * Fills code's part "out".  On failure the caller still releases the code and
 * puts the map_cnt maps.
 */
int xbpf_verify(struct xbpf_code *code, const struct xbpf_env *env, void *priv,
		struct xbpf_log *log);

#endif
