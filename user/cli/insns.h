/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The instructions of a loaded program, as verified (xlated) and as compiled (jited).
 */
#ifndef XBPF_CLI_INSNS_H
#define XBPF_CLI_INSNS_H

#include <stdbool.h>

struct insns_opts {
	bool jited;
	bool opcodes;		/* the bytes too */
	bool linum;		/* file and line with each source line */
	const char *file;	/* raw bytes go there, nothing is shown */
};

int insns_dump(int prog_fd, const struct insns_opts *opts);

#endif
