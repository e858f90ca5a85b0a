/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The opcode table and the checks that need nothing but the instruction.
 */
#include "core/insn.h"

#define D	XBPF_USES_DST
#define S	XBPF_USES_SRC
#define O	XBPF_USES_OFF
#define I	XBPF_USES_IMM
#define W	XBPF_WRITES_DST

#define ROW(code_, klass_, size_, uses_, name_) \
	[code_] = { .klass = XBPF_INSN_##klass_, .size = (size_), .uses = (uses_), .name = (name_) },
/* Two operands with @sign_ between them. */
#define SIGNED_ROW(code_, klass_, uses_, name_, sign_) \
	[code_] = { .klass = XBPF_INSN_##klass_, .uses = (uses_), .name = (name_), .sign = (sign_) },

/* 32 and 64 bit, each with an immediate and a register as source. */
#define ALU(op, read, off, name, sign) \
	SIGNED_ROW(BPF_ALU64 | BPF_K | (op), ALU, W | (read) | I, name "64", sign) \
	SIGNED_ROW(BPF_ALU64 | BPF_X | (op), ALU, W | (read) | (off) | S, name "64", sign) \
	SIGNED_ROW(BPF_ALU | BPF_K | (op), ALU, W | (read) | I, name "32", sign) \
	SIGNED_ROW(BPF_ALU | BPF_X | (op), ALU, W | (read) | (off) | S, name "32", sign)

/* off = 1 makes them signed, with either source */
#define DIVISION(op, name, sign) \
	SIGNED_ROW(BPF_ALU64 | BPF_K | (op), ALU, W | D | O | I, name "64", sign) \
	SIGNED_ROW(BPF_ALU64 | BPF_X | (op), ALU, W | D | O | S, name "64", sign) \
	SIGNED_ROW(BPF_ALU | BPF_K | (op), ALU, W | D | O | I, name "32", sign) \
	SIGNED_ROW(BPF_ALU | BPF_X | (op), ALU, W | D | O | S, name "32", sign)

#define COND(op, name, sign) \
	SIGNED_ROW(BPF_JMP | BPF_K | (op), JUMP, D | O | I, name "64", sign) \
	SIGNED_ROW(BPF_JMP | BPF_X | (op), JUMP, D | O | S, name "64", sign) \
	SIGNED_ROW(BPF_JMP32 | BPF_K | (op), JUMP, D | O | I, name "32", sign) \
	SIGNED_ROW(BPF_JMP32 | BPF_X | (op), JUMP, D | O | S, name "32", sign)

#define MEMORY(size_code, size, suffix) \
	ROW(BPF_LDX | BPF_MEM | (size_code), LOAD, size, W | D | S | O, "ldx" suffix) \
	ROW(BPF_ST | BPF_MEM | (size_code), STORE, size, D | O | I, "st" suffix) \
	ROW(BPF_STX | BPF_MEM | (size_code), STORE, size, D | S | O, "stx" suffix)

#define PACKET(size_code, size, suffix) \
	ROW(BPF_LD | BPF_ABS | (size_code), LD_PKT, size, I, "ldabs" suffix) \
	ROW(BPF_LD | BPF_IND | (size_code), LD_PKT, size, S | I, "ldind" suffix)

static const struct xbpf_opcode opcodes[256] = {
	ALU(BPF_ADD, D, 0, "add", "+=")
	ALU(BPF_SUB, D, 0, "sub", "-=")
	ALU(BPF_MUL, D, 0, "mul", "*=")
	DIVISION(BPF_DIV, "div", "/=")
	ALU(BPF_OR, D, 0, "or", "|=")
	ALU(BPF_AND, D, 0, "and", "&=")
	ALU(BPF_LSH, D, 0, "lsh", "<<=")
	ALU(BPF_RSH, D, 0, "rsh", ">>=")
	DIVISION(BPF_MOD, "mod", "%=")
	ALU(BPF_XOR, D, 0, "xor", "^=")
	ALU(BPF_MOV, D, O, "mov", "=")	/* off of the register form: width to sign-extend */
	ALU(BPF_ARSH, D, 0, "arsh", "s>>=")
	ROW(BPF_ALU64 | BPF_NEG, ALU, 0, W | D, "neg64")
	ROW(BPF_ALU | BPF_NEG, ALU, 0, W | D, "neg32")
	ROW(BPF_ALU | BPF_END | BPF_TO_LE, ALU, 0, W | D | I, "le")
	ROW(BPF_ALU | BPF_END | BPF_TO_BE, ALU, 0, W | D | I, "be")
	ROW(BPF_ALU64 | BPF_END | BPF_TO_LE, ALU, 0, W | D | I, "bswap")

	MEMORY(BPF_B, 1, "b")
	MEMORY(BPF_H, 2, "h")
	MEMORY(BPF_W, 4, "w")
	MEMORY(BPF_DW, 8, "dw")
	ROW(BPF_LDX | BPF_MEMSX | BPF_B, LOAD, 1, W | D | S | O, "ldxsb")
	ROW(BPF_LDX | BPF_MEMSX | BPF_H, LOAD, 2, W | D | S | O, "ldxsh")
	ROW(BPF_LDX | BPF_MEMSX | BPF_W, LOAD, 4, W | D | S | O, "ldxsw")
	ROW(BPF_STX | BPF_ATOMIC | BPF_W, ATOMIC, 4, D | S | O | I, "atomic32")
	ROW(BPF_STX | BPF_ATOMIC | BPF_DW, ATOMIC, 8, D | S | O | I, "atomic64")
	ROW(BPF_LD | BPF_IMM | BPF_DW, LD_IMM64, 0, W | D | I, "lddw")
	PACKET(BPF_B, 1, "b")
	PACKET(BPF_H, 2, "h")
	PACKET(BPF_W, 4, "w")

	COND(BPF_JEQ, "jeq", "==")
	COND(BPF_JGT, "jgt", ">")
	COND(BPF_JGE, "jge", ">=")
	COND(BPF_JSET, "jset", "&")
	COND(BPF_JNE, "jne", "!=")
	COND(BPF_JSGT, "jsgt", "s>")
	COND(BPF_JSGE, "jsge", "s>=")
	COND(BPF_JLT, "jlt", "<")
	COND(BPF_JLE, "jle", "<=")
	COND(BPF_JSLT, "jslt", "s<")
	COND(BPF_JSLE, "jsle", "s<=")
	ROW(BPF_JMP | BPF_JA, JA, 0, O, "ja")
	ROW(BPF_JMP32 | BPF_JA, JA, 0, I, "ja32")
	ROW(BPF_JMP | BPF_CALL, CALL, 0, I, "call")
	ROW(BPF_JMP | BPF_EXIT, EXIT, 0, 0, "exit")
};

#undef D
#undef S
#undef O
#undef I
#undef W

static const struct xbpf_opcode bad = { .klass = XBPF_INSN_BAD, .name = "unknown" };

const struct xbpf_opcode *xbpf_opcode(u8 code)
{
	return opcodes[code].name ? &opcodes[code] : &bad;
}

#define OP_JCOND	0xe0	/* since 6.9 */
#define OFF_CAST	1	/* of a move: between the address spaces of an arena, since 6.9 */

static const char *check_ld_imm64(const struct bpf_insn *insn, u32 left)
{
	if (left < 2)
		return "BPF_LD_IMM64 is cut off: its second half is missing";
	if (insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off)
		return "invalid bpf_ld_imm64 insn: the second half uses reserved fields";
	if (insn->off)
		return "BPF_LD_IMM64 uses reserved fields";
	switch (insn->src_reg) {
	case 0:
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
	case BPF_PSEUDO_BTF_ID:
		return NULL;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_FUNC:
		return insn[1].imm ? "unrecognized bpf_ld_imm64 insn: the upper half must be 0" : NULL;
	default:
		return "unrecognized bpf_ld_imm64 insn: unknown src_reg";
	}
}

static const char *check_call(const struct bpf_insn *insn)
{
	bool kernel = insn->src_reg == BPF_PSEUDO_KFUNC_CALL;

	/* a kernel function's says which BTF knows it; that no run comes there is the verifier's to see */
	if (insn->dst_reg || (insn->off && !kernel) ||
	    (insn->src_reg && insn->src_reg != BPF_PSEUDO_CALL && !kernel))
		return "BPF_CALL uses reserved fields";
	return NULL;
}

static const char *check_atomic(const struct bpf_insn *insn)
{
	switch (insn->imm) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return NULL;
	case BPF_ADD | BPF_FETCH:
	case BPF_AND | BPF_FETCH:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
		return insn->src_reg == BPF_REG_10 ? "frame pointer is read only" : NULL;
	case BPF_CMPXCHG:
		return NULL;
	default:
		return "BPF_ATOMIC uses an invalid atomic operation";
	}
}

static const char *check_alu(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);
	u32 bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	bool imm = BPF_SRC(insn->code) == BPF_K;

	switch (op) {
	case BPF_END:
		if (insn->imm != 16 && insn->imm != 32 && insn->imm != 64)
			return "BPF_END uses reserved fields: the width must be 16, 32 or 64";
		return NULL;
	case BPF_MOV:
		if (insn->off && insn->off != 8 && insn->off != 16 &&
		    !(insn->off == 32 && bits == 64))
			return "BPF_MOV uses reserved fields";
		return NULL;
	case BPF_DIV:
	case BPF_MOD:
		if (insn->off && insn->off != 1)
			return "BPF_ALU uses reserved fields";
		return imm && !insn->imm ? "div by zero" : NULL;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return imm && (u32)insn->imm >= bits ? "invalid shift: more than the register's width" : NULL;
	default:
		return NULL;
	}
}

/* The complaint about a field that must be 0, by kind of instruction. */
static const char *reserved(const struct bpf_insn *insn)
{
	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		switch (BPF_OP(insn->code)) {
		case BPF_MOV:
			return "BPF_MOV uses reserved fields";
		case BPF_NEG:
			return "BPF_NEG uses reserved fields";
		case BPF_END:
			return "BPF_END uses reserved fields";
		default:
			return "BPF_ALU uses reserved fields";
		}
	case XBPF_INSN_LOAD:
		return "BPF_LDX uses reserved fields";
	case XBPF_INSN_STORE:
		return BPF_CLASS(insn->code) == BPF_ST ? "BPF_ST uses reserved fields" :
							 "BPF_STX uses reserved fields";
	case XBPF_INSN_LD_PKT:
		return "BPF_LD_[ABS|IND] uses reserved fields";
	case XBPF_INSN_JUMP:
		return "BPF_JMP/JMP32 uses reserved fields";
	case XBPF_INSN_JA:
		return "BPF_JA uses reserved fields";
	default:
		return "BPF_EXIT uses reserved fields";
	}
}

const char *xbpf_insn_check(const struct bpf_insn *insn, u32 left)
{
	const struct xbpf_opcode *op = xbpf_opcode(insn->code);

	if (insn->code == (BPF_JMP | OP_JCOND))
		return "may_goto is not supported: use a loop with a constant limit, or bpf_loop";
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->off == OFF_CAST)
		return "arenas (addr_space_cast) are not supported: use a map";
	if (op->klass == XBPF_INSN_BAD)
		return insn->code ? "unknown opcode" :
			"unknown opcode 0: the second half of a BPF_LD_IMM64 without a first one?";
	if (insn->dst_reg > BPF_REG_10 ||
	    (insn->src_reg > BPF_REG_10 && (op->uses & XBPF_USES_SRC)))
		return "register out of range: there are R0 to R10";
	if ((op->uses & XBPF_WRITES_DST) && insn->dst_reg == BPF_REG_10)
		return "frame pointer is read only";

	/* Their src_reg is a kind, not a register. */
	if (op->klass == XBPF_INSN_LD_IMM64)
		return check_ld_imm64(insn, left);
	if (op->klass == XBPF_INSN_CALL)
		return check_call(insn);

	if ((!(op->uses & XBPF_USES_DST) && insn->dst_reg) ||
	    (!(op->uses & XBPF_USES_SRC) && insn->src_reg) ||
	    (!(op->uses & XBPF_USES_OFF) && insn->off) ||
	    (!(op->uses & XBPF_USES_IMM) && insn->imm))
		return reserved(insn);

	if (op->klass == XBPF_INSN_ATOMIC)
		return check_atomic(insn);
	if (op->klass == XBPF_INSN_ALU)
		return check_alu(insn);
	return NULL;
}
