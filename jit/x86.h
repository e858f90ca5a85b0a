/* SPDX-License-Identifier: GPL-2.0 */
/*
 * x86-64 instructions by name: this file and x86.c hold every opcode byte that
 * the JIT emits, but for the branch forms that the kernel dictates (form.c).
 * Source: Intel SDM, volume 2.
 *
 * "w": 64-bit operands when true, else 32-bit ones, which zero the upper half.
 */
#ifndef XBPF_JIT_X86_H
#define XBPF_JIT_X86_H

#include "jit/emit.h"

enum x86_register {
	X86_AX, X86_CX, X86_DX, X86_BX, X86_SP, X86_BP, X86_SI, X86_DI,
	X86_R8, X86_R9, X86_R10, X86_R11, X86_R12, X86_R13, X86_R14, X86_R15,
	X86_NONE,
};

/* Conditions, as the low four bits of jcc. */
enum x86_cc {
	X86_CC_B = 2, X86_CC_AE, X86_CC_E, X86_CC_NE, X86_CC_BE, X86_CC_A,
	X86_CC_S, X86_CC_NS,
	X86_CC_L = 12, X86_CC_GE, X86_CC_LE, X86_CC_G,
};

/* Two-operand arithmetic, as its /digit. */
enum x86_alu {
	X86_ADD, X86_OR, X86_AND = 4, X86_SUB, X86_XOR, X86_CMP,
};

/* Shifts, as their /digit. */
enum x86_shift {
	X86_ROL, X86_SHL = 4, X86_SHR, X86_SAR = 7,
};

/* [base + (index << scale) + disp] */
struct x86_mem {
	u8 base;		/* X86_NONE: [disp] alone, sign-extended */
	u8 index;		/* X86_NONE: none; not rsp */
	u8 scale;		/* 0 .. 3 */
	s32 disp;
};

static inline struct x86_mem x86_at(u8 base, s32 disp)
{
	return (struct x86_mem){ .base = base, .index = X86_NONE, .disp = disp };
}

static inline struct x86_mem x86_at_index(u8 base, u8 index, u8 scale, s32 disp)
{
	return (struct x86_mem){ .base = base, .index = index, .scale = scale, .disp = disp };
}

static inline struct x86_mem x86_at_index8(u8 base, u8 index, s32 disp)
{
	return x86_at_index(base, index, 3, disp);
}

/* An opcode with what goes in front of it. */
#define X86_0F		0x0100u
#define X86_W		0x0200u		/* REX.W */
#define X86_66		0x0400u
#define X86_LOCK	0x0800u
#define X86_REG8	0x1000u		/* the reg operand is a byte: sil, dil need a REX */
#define X86_RM8		0x2000u		/* the rm register is a byte */
#define X86_38		0x4000u		/* 0f 38 in front */
#define X86_GS		0x8000u		/* the memory is the CPU's own */

static inline u32 x86_w(bool w)
{
	return w ? X86_W : 0;
}

/* opcode, ModRM with two registers (or a register and a /digit) */
void xbpf_x86_rr(struct emit *e, u32 op, u8 reg, u8 rm);
/* opcode, ModRM with memory */
void xbpf_x86_rm(struct emit *e, u32 op, u8 reg, struct x86_mem mem);
/* the register in the opcode's low bits */
void xbpf_x86_plus_r(struct emit *e, u32 op, u8 reg);

/* --- moves --- */

static inline void x86_mov_rr(struct emit *e, bool w, u8 dst, u8 src)
{
	xbpf_x86_rr(e, 0x89 | x86_w(w), src, dst);
}

/* The shortest way to put @value into @dst. Changes the flags. */
void xbpf_x86_mov_ri(struct emit *e, u8 dst, u64 value);

/* size 1, 2, 4, 8; 4 and 8 without sign are plain moves */
void xbpf_x86_movx_rr(struct emit *e, bool w, u32 size, bool sign, u8 dst, u8 src);
void xbpf_x86_load(struct emit *e, u32 size, bool sign, u8 dst, struct x86_mem mem);
void xbpf_x86_store(struct emit *e, u32 size, struct x86_mem mem, u8 src);
void xbpf_x86_store_i(struct emit *e, u32 size, struct x86_mem mem, s32 imm);

/* The value in the other byte order (MOVBE): size 2 leaves the rest of @dst alone, 4, 8. */
void xbpf_x86_load_be(struct emit *e, u32 size, u8 dst, struct x86_mem mem);
void xbpf_x86_store_be(struct emit *e, u32 size, struct x86_mem mem, u8 src);

/* From the CPU's own memory: w 8 bytes, else 4. */
static inline void x86_load_gs(struct emit *e, bool w, u8 dst, s32 addr)
{
	struct x86_mem mem = { .base = X86_NONE, .index = X86_NONE, .disp = addr };

	xbpf_x86_rm(e, 0x8b | X86_GS | x86_w(w), dst, mem);
}

/* add r64, ... */
static inline void x86_add_gs(struct emit *e, u8 dst, s32 addr)
{
	struct x86_mem mem = { .base = X86_NONE, .index = X86_NONE, .disp = addr };

	xbpf_x86_rm(e, 0x03 | X86_GS | X86_W, dst, mem);
}

/* lea r32: the sum without its upper half */
static inline void x86_lea32(struct emit *e, u8 dst, struct x86_mem mem)
{
	xbpf_x86_rm(e, 0x8d, dst, mem);
}

static inline void x86_lea(struct emit *e, u8 dst, struct x86_mem mem)
{
	xbpf_x86_rm(e, 0x8d | X86_W, dst, mem);
}

static inline void x86_push(struct emit *e, u8 reg)
{
	xbpf_x86_plus_r(e, 0x50, reg);
}

static inline void x86_pop(struct emit *e, u8 reg)
{
	xbpf_x86_plus_r(e, 0x58, reg);
}

void xbpf_x86_push_i8(struct emit *e, s8 value);

static inline void x86_leave(struct emit *e)
{
	emit_u8(e, 0xc9);
}

/* --- arithmetic --- */

static inline void x86_alu_rr(struct emit *e, enum x86_alu op, bool w, u8 dst, u8 src)
{
	xbpf_x86_rr(e, 0x01 | op << 3 | x86_w(w), src, dst);
}

static inline void x86_alu_rm(struct emit *e, enum x86_alu op, bool w, u8 dst, struct x86_mem mem)
{
	xbpf_x86_rm(e, 0x03 | op << 3 | x86_w(w), dst, mem);
}

/* imm is sign-extended when w */
void xbpf_x86_alu_ri(struct emit *e, enum x86_alu op, bool w, u8 dst, s32 imm);

static inline void x86_test_rr(struct emit *e, bool w, u8 a, u8 b)
{
	xbpf_x86_rr(e, 0x85 | x86_w(w), b, a);
}

void xbpf_x86_test_ri(struct emit *e, bool w, u8 reg, s32 imm);

static inline void x86_inc(struct emit *e, bool w, u8 reg)
{
	xbpf_x86_rr(e, 0xff | x86_w(w), 0, reg);
}

static inline void x86_dec(struct emit *e, bool w, u8 reg)
{
	xbpf_x86_rr(e, 0xff | x86_w(w), 1, reg);
}

/* qword [gs:][mem] */
void xbpf_x86_inc_m(struct emit *e, bool gs, struct x86_mem mem);

static inline void x86_neg(struct emit *e, bool w, u8 reg)
{
	xbpf_x86_rr(e, 0xf7 | x86_w(w), 3, reg);
}

static inline void x86_imul_rr(struct emit *e, bool w, u8 dst, u8 src)
{
	xbpf_x86_rr(e, 0xaf | X86_0F | x86_w(w), dst, src);
}

void xbpf_x86_imul_rri(struct emit *e, bool w, u8 dst, u8 src, s32 imm);

/* rdx:rax / reg: quotient in rax, remainder in rdx */
static inline void x86_div(struct emit *e, bool w, u8 reg)
{
	xbpf_x86_rr(e, 0xf7 | x86_w(w), 6, reg);
}

static inline void x86_idiv(struct emit *e, bool w, u8 reg)
{
	xbpf_x86_rr(e, 0xf7 | x86_w(w), 7, reg);
}

/* the sign of rax into rdx (of eax into edx) */
void xbpf_x86_sign_to_dx(struct emit *e, bool w);

void xbpf_x86_shift_ri(struct emit *e, enum x86_shift op, bool w, u8 dst, u8 count);

static inline void x86_shift_cl(struct emit *e, enum x86_shift op, bool w, u8 dst)
{
	xbpf_x86_rr(e, 0xd3 | x86_w(w), op, dst);
}

/* BMI2: shlx, shrx, sarx; the count in any register, flags untouched */
void xbpf_x86_shiftx(struct emit *e, enum x86_shift op, bool w, u8 dst, u8 src, u8 count);

static inline void x86_bswap(struct emit *e, bool w, u8 reg)
{
	xbpf_x86_plus_r(e, 0xc8 | X86_0F | x86_w(w), reg);
}

/* rol r16, 8 */
void xbpf_x86_swap16(struct emit *e, u8 reg);

/* --- atomic --- */

static inline void x86_lock_alu(struct emit *e, enum x86_alu op, bool w, struct x86_mem mem, u8 src)
{
	xbpf_x86_rm(e, 0x01 | op << 3 | X86_LOCK | x86_w(w), src, mem);
}

static inline void x86_lock_xadd(struct emit *e, bool w, struct x86_mem mem, u8 reg)
{
	xbpf_x86_rm(e, 0xc1 | X86_0F | X86_LOCK | x86_w(w), reg, mem);
}

static inline void x86_lock_cmpxchg(struct emit *e, bool w, struct x86_mem mem, u8 reg)
{
	xbpf_x86_rm(e, 0xb1 | X86_0F | X86_LOCK | x86_w(w), reg, mem);
}

/* locks by itself */
static inline void x86_xchg(struct emit *e, bool w, struct x86_mem mem, u8 reg)
{
	xbpf_x86_rm(e, 0x87 | x86_w(w), reg, mem);
}

/* --- padding --- */

/* One instruction of @n bytes, 0 to 5. */
void xbpf_x86_nops(struct emit *e, u32 n);

void xbpf_x86_int3s(struct emit *e, u32 n);	/* up to 8, never reached */

/* @n prefixes without effect on an instruction without memory operand. */
void xbpf_x86_ds_prefix(struct emit *e, u32 n);

/* --- control --- */

void xbpf_x86_endbr64(struct emit *e);
void xbpf_x86_jmp(struct emit *e, u32 label);
void xbpf_x86_jcc(struct emit *e, enum x86_cc cc, u32 label);
void xbpf_x86_jmp_to(struct emit *e, u64 target);
void xbpf_x86_jcc_to(struct emit *e, enum x86_cc cc, u64 target);
void xbpf_x86_jrcxz(struct emit *e, u32 label);		/* within 127 bytes */
void xbpf_x86_call(struct emit *e, u32 label);
void xbpf_x86_nop(struct emit *e);
/* lea r64, [rip + label], or the next even address when the label's is odd */
void xbpf_x86_lea_label_even(struct emit *e, u8 dst, u32 label);
void xbpf_x86_call_to(struct emit *e, u64 target);

#endif
