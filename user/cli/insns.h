/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The instructions of a loaded program, as verified (xlated) and as compiled (jited).
 */
#ifndef XBPF_CLI_INSNS_H
#define XBPF_CLI_INSNS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct bpf_insn;

struct insns_opts {
	bool jited;
	bool opcodes;		/* the bytes too */
	bool linum;		/* file and line with each source line */
	bool visual;		/* control flow as DOT instead, of xlated */
	const char *file;	/* raw bytes go there, nothing is shown */
};

int insns_dump(int prog_fd, const struct insns_opts *opts);

/*
 * insns_visual.c.  @name: of the function that begins at an instruction, or NULL.  0, or -1 and an
 * error.
 */
int insns_visual(const struct bpf_insn *insns, __u32 n,
		 const char *(*name)(const void *priv, __u32 at), const void *priv);

/* For xbpf_disasm(): "map[id:7]", as the kernel gives ids where the program had fds. */
int insns_map_name(void *priv, const struct bpf_insn *insn, char *buf, size_t size);

#endif
