/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Constant blinding: machine code must not contain numbers that a program chose, since who finds a
 * way to jump into the middle of them runs code of his own.
 *
 *	mov r11d, imm ^ key
 *	xor r11d, key
 *	op  dst, r11d
 *
 * Left as they are: counts of shifts (6 bits) and displacements of memory accesses (16 bits); the
 * offsets of jumps follow from all the code before.  Addresses of maps and functions are not the
 * program's choice.
 */
#include "jit/translate.h"

/*
 * The same keys in the measuring and the writing pass: lengths depend on them.  The steps are those
 * of splitmix64 (Steele, Lea, Flood 2014); who does not know the seed cannot tell them.
 */
static u64 draw(struct jit *j)
{
	u64 x = j->jenv->seed + ++j->keys * 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* A number of 32 bits, sign-extended when @w. */
static void blind_32(struct jit *j, bool w, u8 dst, s32 imm)
{
	s32 key = (s32)draw(j), other = imm ^ key;

	xbpf_x86_mov_ri(&j->e, dst, w ? (u64)(s64)other : (u32)other);
	xbpf_x86_alu_ri(&j->e, X86_XOR, w, dst, key);
}

void xbpf_jit_mov_ri(struct jit *j, u8 dst, u64 value)
{
	struct emit *e = &j->e;
	u64 key;

	if (!j->jenv->blind || !value) {
		xbpf_x86_mov_ri(e, dst, value);
	} else if (value == (u32)value) {
		blind_32(j, false, dst, (s32)value);
	} else if ((s64)value == (s32)value) {
		blind_32(j, true, dst, (s32)value);
	} else {
		key = draw(j);
		xbpf_x86_mov_ri(e, dst, value ^ key);
		xbpf_x86_mov_ri(e, JIT_TMP0, key);
		x86_alu_rr(e, X86_XOR, true, dst, JIT_TMP0);
	}
}

void xbpf_jit_alu_ri(struct jit *j, enum x86_alu op, bool w, u8 dst, s32 imm)
{
	if (!j->jenv->blind) {
		xbpf_x86_alu_ri(&j->e, op, w, dst, imm);
		return;
	}
	blind_32(j, w, JIT_TMP1, imm);
	x86_alu_rr(&j->e, op, w, dst, JIT_TMP1);
}

void xbpf_jit_test_ri(struct jit *j, bool w, u8 reg, s32 imm)
{
	if (!j->jenv->blind) {
		xbpf_x86_test_ri(&j->e, w, reg, imm);
		return;
	}
	blind_32(j, w, JIT_TMP1, imm);
	x86_test_rr(&j->e, w, reg, JIT_TMP1);
}

void xbpf_jit_imul_ri(struct jit *j, bool w, u8 dst, s32 imm)
{
	if (!j->jenv->blind) {
		xbpf_x86_imul_rri(&j->e, w, dst, dst, imm);
		return;
	}
	blind_32(j, w, JIT_TMP1, imm);
	x86_imul_rr(&j->e, w, dst, JIT_TMP1);
}

void xbpf_jit_store_i(struct jit *j, u32 size, struct x86_mem mem, s32 imm)
{
	if (!j->jenv->blind) {
		xbpf_x86_store_i(&j->e, size, mem, imm);
		return;
	}
	blind_32(j, size == 8, JIT_TMP1, imm);
	xbpf_x86_store(&j->e, size, mem, JIT_TMP1);
}
