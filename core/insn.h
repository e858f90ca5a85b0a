/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts about opcodes: one row per valid opcode byte, the single source for
 * verifier, interpreter, disassembler and JIT (which share nothing else).
 * Source of the facts: RFC 9669.
 *
 * Interface.  Table in insn.c.
 */
#ifndef XBPF_CORE_INSN_H
#define XBPF_CORE_INSN_H

#include "core/port.h"

enum xbpf_insn_class {
	XBPF_INSN_BAD,		/* no such opcode */
	XBPF_INSN_ALU,		/* 32 and 64 bit, mov, neg, byte swap */
	XBPF_INSN_LOAD,		/* dst = *(size *)(src + off), zero- or sign-extended */
	XBPF_INSN_STORE,	/* *(size *)(dst + off) = src or imm */
	XBPF_INSN_ATOMIC,
	XBPF_INSN_LD_IMM64,
	XBPF_INSN_LD_PKT,	/* legacy LD_ABS, LD_IND */
	XBPF_INSN_JUMP,		/* conditional */
	XBPF_INSN_JA,
	XBPF_INSN_CALL,
	XBPF_INSN_EXIT,
};

struct xbpf_opcode {
	u8 klass;		/* enum xbpf_insn_class */
	u8 size;		/* bytes of memory access: 1, 2, 4, 8; else 0 */
	u8 uses;		/* XBPF_USES_*: fields that mean something; others must be 0 */
	const char *sign;	/* of two operands: "+=", "s>="; else NULL */
	const char *name;	/* "add64", "jne32", "ldxw": as in our assembler and vectors */
};

#define XBPF_USES_DST	1u
#define XBPF_USES_SRC	2u	/* a register, read */
#define XBPF_USES_OFF	4u
#define XBPF_USES_IMM	8u
#define XBPF_WRITES_DST	16u

/* Never NULL; klass is XBPF_INSN_BAD for what is no opcode. */
const struct xbpf_opcode *xbpf_opcode(u8 code);

/*
 * Is the instruction well-formed by itself: known opcode, registers in range, no
 * reserved field set, known atomic operation?  For ld_imm64 @left tells how many
 * instructions follow, itself included.  NULL when so, else what is wrong, as
 * "BPF_MOV uses reserved fields".  Jump targets and register contents are the verifier's.
 */
const char *xbpf_insn_check(const struct bpf_insn *insn, u32 left);

#endif
