/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One instruction as text, in the form that the kernel's verifier log and
 * bpftool use: "r1 = r10", "r1 += -8", "w0 ^= 1", "*(u64 *)(r10 -8) = r1",
 * "if r1 > 0x5 goto pc+3", "call bpf_map_lookup_elem#1", "r1 = map[id:7]", "exit".
 *
 * Interface.
 */
#ifndef XBPF_CORE_DISASM_H
#define XBPF_CORE_DISASM_H

#include "core/port.h"

/*
 * @insn: the instruction, and for a ld_imm64 the one behind it.  Returns the
 * length written, without NUL, like snprintf.  @map_name (may be NULL) is asked
 * for the text of a pseudo map load, as "map[id:7]"; it returns bytes written.
 */
int xbpf_disasm(char *buf, size_t size, const struct bpf_insn *insn,
		int (*map_name)(void *priv, const struct bpf_insn *insn, char *buf, size_t size),
		void *priv);

#endif
