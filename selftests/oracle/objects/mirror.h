/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One object, two subsystems: libbpf opens and loads it for the stock kernel, and all that it asks
 * of bpf(2) is asked of /dev/xbpf too, with the fds of that side. So both verifiers see the same
 * instructions, relocated once, over maps of the same kind and content.
 *
 * libbpf never sees a refused program: it would not go on to the next one.
 */
#ifndef XBPF_SELFTESTS_ORACLE_MIRROR_H
#define XBPF_SELFTESTS_ORACLE_MIRROR_H

#include "core/port.h"

struct mirror_verdict {
	int err;		/* 0: accepted, else a negative errno */
	u32 processed;		/* instructions walked, 0: unknown */
	u64 ns;			/* of the load */
	char words[300];	/* why it was refused */
};

/*
 * Each program that libbpf loads with this as its log buffer is handed to @fn with both verdicts.
 */
extern char mirror_log[1 << 20];
void mirror_begin(void (*fn)(void *priv, const char *name, u32 insn_cnt,
			     const struct mirror_verdict *upstream, const struct mirror_verdict *xbpf),
		  void *priv);
/* Drops what the other side holds. */
void mirror_end(void);

#endif
