/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interpreter's own instruction form: one operation code for each case that
 * the run loop tells apart, all operands resolved.  Only interp.c (which builds it) and
 * interp_run.c (which runs it) know it.
 */
#ifndef XBPF_CORE_INTERP_OPS_H
#define XBPF_CORE_INTERP_OPS_H

#include "core/interp.h"

/* Four codes each: 64 and 32 bit, with an immediate and a register as source. */
#define XBPF_INTERP_BINARY(X) \
	X(ADD) X(SUB) X(MUL) X(DIV) X(SDIV) X(OR) X(AND) X(LSH) X(RSH) X(MOD) X(SMOD) X(XOR) X(ARSH)

/* Four codes each, in the same order. */
#define XBPF_INTERP_COND(X) \
	X(JEQ) X(JGT) X(JGE) X(JSET) X(JNE) X(JSGT) X(JSGE) X(JLT) X(JLE) X(JSLT) X(JSLE)

/* Two codes each: 32 and 64 bit. */
#define XBPF_INTERP_ATOMIC(X) \
	X(ADD) X(AND) X(OR) X(XOR) \
	X(FETCH_ADD) X(FETCH_AND) X(FETCH_OR) X(FETCH_XOR) X(XCHG) X(CMPXCHG)

enum xbpf_op {
	XBPF_OP_NEVER,		/* R0 = 0; exit: the verifier saw no way to here */
#define X(name) XBPF_OP_##name##64K, XBPF_OP_##name##64X, XBPF_OP_##name##32K, XBPF_OP_##name##32X,
	XBPF_INTERP_BINARY(X)
	XBPF_INTERP_COND(X)
#undef X
#define X(name) XBPF_OP_LOCK_##name##32, XBPF_OP_LOCK_##name##64,
	XBPF_INTERP_ATOMIC(X)
#undef X
	XBPF_OP_SET,		/* dst = imm, all 64 bits */
	XBPF_OP_SET2,		/* likewise, of a ld_imm64: steps over its second half */
	XBPF_OP_MOV64,
	XBPF_OP_MOV32,
	XBPF_OP_SX8_64,		/* dst = sign-extended low bits of src */
	XBPF_OP_SX16_64,
	XBPF_OP_SX32_64,
	XBPF_OP_SX8_32,
	XBPF_OP_SX16_32,
	XBPF_OP_NEG64,
	XBPF_OP_NEG32,
	XBPF_OP_ZX16,		/* byte order that is the machine's: only cut */
	XBPF_OP_ZX32,
	XBPF_OP_NOP,
	XBPF_OP_SWAP16,
	XBPF_OP_SWAP32,
	XBPF_OP_SWAP64,
	XBPF_OP_LD8,
	XBPF_OP_LD16,
	XBPF_OP_LD32,
	XBPF_OP_LD64,
	XBPF_OP_LDS8,
	XBPF_OP_LDS16,
	XBPF_OP_LDS32,
	XBPF_OP_STK8,
	XBPF_OP_STK16,
	XBPF_OP_STK32,
	XBPF_OP_STK64,
	XBPF_OP_STX8,
	XBPF_OP_STX16,
	XBPF_OP_STX32,
	XBPF_OP_STX64,
	XBPF_OP_JA,
	XBPF_OP_CALL,		/* imm: xbpf_helper_fn */
	/* ... which may call functions of the program; off: stack bytes of the caller */
	XBPF_OP_CALL_BACK,
	XBPF_OP_TAIL_CALL,
	XBPF_OP_SUBPROG,	/* imm: distance to the callee; off: stack bytes of the caller */
	XBPF_OP_PACKET,		/* R0 = bytes of the packet; off: offset, imm: size, src: 0 */
	XBPF_OP_PACKET_IND,	/* ... offset counted from what src holds */
	XBPF_OP_EXIT,
};

struct xbpf_insn_op {
	u16 op;
	u8 dst;
	u8 src;
	s32 off;	/* of a memory access; of a jump: operations from this one to the target */
	u64 imm;	/* sign-extended */
};

/* What a program's function is to a helper, by address and with bit 0 set. */
struct xbpf_interp_callback {
	const struct xbpf_image *image;
	const struct xbpf_insn_op *op;
};

/* One operation for each instruction, so that distances and indices carry over. */
struct xbpf_image {
	u32 cnt;
	const struct xbpf_env *env;
	/* one per subprogram; NULL: none is taken the address of */
	struct xbpf_interp_callback *callbacks;
	xbpf_helper_fn packet_load;
	struct xbpf_insn_op ops[];
};

#endif
