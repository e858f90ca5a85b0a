/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interpreter's own instruction form: one operation code for each case that
 * the run loop tells apart, all operands resolved.  Only interp.c (which builds it) and
 * interp_run.c (which runs it) know it.
 */
#ifndef XBPF_CORE_INTERP_OPS_H
#define XBPF_CORE_INTERP_OPS_H

#include "core/interp.h"

/*
 * X(name, of a and b in 64 bits, in 32 bits): BPF_name of ALU and ALU64.  Four codes each: 64 and
 * 32 bit, with an immediate and a register as source.
 */
#define XBPF_INTERP_BINARY(X)								\
	X(ADD, a + b, a + b)								\
	X(SUB, a - b, a - b)								\
	X(MUL, a * b, a * b)								\
	X(DIV, b ? a / b : 0, b ? a / b : 0)						\
	X(OR, a | b, a | b)								\
	X(AND, a & b, a & b)								\
	X(LSH, a << (b & 63), a << (b & 31))						\
	X(RSH, a >> (b & 63), a >> (b & 31))						\
	X(MOD, b ? a % b : a, b ? a % b : a)						\
	X(XOR, a ^ b, a ^ b)								\
	X(ARSH, (u64)((s64)a >> (b & 63)), (u32)((s32)a >> (b & 31)))

/* Likewise, of a BPF_DIV and a BPF_MOD with off 1. */
#define XBPF_INTERP_SIGNED(X)								\
	X(SDIV, sdiv64(a, b), sdiv32(a, b))						\
	X(SMOD, smod64(a, b), smod32(a, b))

/* X(name, u or s, of a and b of that sign): BPF_name of JMP and JMP32.  Likewise four codes. */
#define XBPF_INTERP_COND(X)								\
	X(JEQ, u, a == b)								\
	X(JGT, u, a > b)								\
	X(JGE, u, a >= b)								\
	X(JSET, u, a & b)								\
	X(JNE, u, a != b)								\
	X(JSGT, s, a > b)								\
	X(JSGE, s, a >= b)								\
	X(JLT, u, a < b)								\
	X(JLE, u, a <= b)								\
	X(JSLT, s, a < b)								\
	X(JSLE, s, a <= b)

/* X(name, imm, what it does with *mem, val, SRC, and regs[0]).  Two codes each: 32 and 64 bit. */
#define XBPF_INTERP_ATOMIC(X)								\
	X(ADD, BPF_ADD, (void)__atomic_fetch_add(mem, val, __ATOMIC_SEQ_CST))		\
	X(AND, BPF_AND, (void)__atomic_fetch_and(mem, val, __ATOMIC_SEQ_CST))		\
	X(OR, BPF_OR, (void)__atomic_fetch_or(mem, val, __ATOMIC_SEQ_CST))		\
	X(XOR, BPF_XOR, (void)__atomic_fetch_xor(mem, val, __ATOMIC_SEQ_CST))		\
	X(FETCH_ADD, BPF_ADD | BPF_FETCH,						\
	  SRC = __atomic_fetch_add(mem, val, __ATOMIC_SEQ_CST))				\
	X(FETCH_AND, BPF_AND | BPF_FETCH,						\
	  SRC = __atomic_fetch_and(mem, val, __ATOMIC_SEQ_CST))				\
	X(FETCH_OR, BPF_OR | BPF_FETCH,							\
	  SRC = __atomic_fetch_or(mem, val, __ATOMIC_SEQ_CST))				\
	X(FETCH_XOR, BPF_XOR | BPF_FETCH,						\
	  SRC = __atomic_fetch_xor(mem, val, __ATOMIC_SEQ_CST))				\
	X(XCHG, BPF_XCHG, SRC = __atomic_exchange_n(mem, val, __ATOMIC_SEQ_CST))	\
	/* on failure the builtin puts what it found into old: R0 either way */		\
	X(CMPXCHG, BPF_CMPXCHG,								\
	  __typeof__(val) old = regs[0];						\
	  __atomic_compare_exchange_n(mem, &old, val, false, __ATOMIC_SEQ_CST,		\
				      __ATOMIC_SEQ_CST);				\
	  regs[0] = old)

enum xbpf_op {
	XBPF_OP_NEVER,		/* R0 = 0; exit: the verifier saw no way to here */
#define X(name, ...) \
	XBPF_OP_##name##64K, XBPF_OP_##name##64X, XBPF_OP_##name##32K, XBPF_OP_##name##32X,
	XBPF_INTERP_BINARY(X)
	XBPF_INTERP_SIGNED(X)
	XBPF_INTERP_COND(X)
#undef X
#define X(name, ...) XBPF_OP_LOCK_##name##32, XBPF_OP_LOCK_##name##64,
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
