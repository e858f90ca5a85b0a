/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of one load: what the verifier says, and the one line of reason.
 *
 * Interface.  Not thread safe: one log belongs to one load.  Text goes into a
 * buffer that the caller gives, used as a ring: when it is too small the end of
 * the log is kept.  A short log never fails anything.
 */
#ifndef XBPF_CORE_LOG_H
#define XBPF_CORE_LOG_H

#include "core/port.h"

/* As the log_level of bpf(2)'s PROG_LOAD. */
#define XBPF_LOG_STATES	1u	/* instructions and states, main line only */
#define XBPF_LOG_MORE	2u	/* ... every state */
#define XBPF_LOG_STATS	4u	/* a closing line of statistics */

#define XBPF_REASON_SIZE 512

struct xbpf_log {
	u32 level;			/* 0: nothing is written to buf */
	char *buf;			/* NULL when level is 0 */
	u32 size;			/* bytes of buf */
	u64 pos;			/* bytes ever written, without the NUL */
	u64 first;			/* the oldest byte that the ring still holds */
	char reason[XBPF_REASON_SIZE];	/* why it failed, one sentence; kept at level 0 too */
};

/* Of reason only the first byte is written: a log that nobody writes to is cheap. */
void xbpf_log_init(struct xbpf_log *log, u32 level, char *buf, u32 size);

/* Appends to the log when its level is not 0. */
__printf(2, 3) void xbpf_log(struct xbpf_log *log, const char *fmt, ...);
void xbpf_log_v(struct xbpf_log *log, const char *fmt, va_list ap);

/*
 * Forgets what was written after @pos (a value of log->pos), as far as the ring
 * still holds it.
 */
void xbpf_log_rewind(struct xbpf_log *log, u64 pos);

/*
 * States the reason of a failure in the user's terms; returns @err, so that
 * "return xbpf_log_fail(log, -EINVAL, ...)" reads well.  The first reason stays:
 * a caller further out cannot hide it.  The reason is appended to the log as its
 * last line by xbpf_log_finish().
 */
__printf(3, 4) int xbpf_log_fail(struct xbpf_log *log, int err, const char *fmt, ...);

/* The same for a reason that comes as a va_list, and that is kept as it is, whole lines or not. */
__printf(2, 0) void xbpf_log_reason_v(struct xbpf_log *log, const char *fmt, va_list ap);

/*
 * Writes the reason, straightens the ring and terminates it with NUL.  Returns
 * the bytes the whole log would have needed, with the NUL (0 at level 0).
 * *len (may be NULL) gets the bytes that stand in buf, with the NUL.
 */
u64 xbpf_log_finish(struct xbpf_log *log, u32 *len);

#endif
