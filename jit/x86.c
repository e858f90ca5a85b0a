/* SPDX-License-Identifier: GPL-2.0 */
/* The encodings of x86-64 instructions: prefixes, opcode, ModRM, displacement, immediate. */
#include "jit/x86.h"

static bool is_imm8(s32 imm)
{
	return imm == (s8)imm;
}

/* Only with a REX are registers 4..7 as bytes spl, bpl, sil, dil; else ah, ch, dh, bh. */
static bool byte_wants_rex(u8 reg)
{
	return reg >= X86_SP && reg <= X86_DI;
}

/* gs, lock, 66, REX, 0f, 38, opcode: in this order */
static void opcode(struct emit *e, u32 op, u8 reg, u8 index, u8 rm, bool force_rex)
{
	u8 rex = (op & X86_W ? 8 : 0) | (reg >= 8 ? 4 : 0) | (index >= 8 ? 2 : 0) |
		 (rm >= 8 ? 1 : 0);

	if (op & X86_GS)
		emit_u8(e, 0x65);
	if (op & X86_LOCK)
		emit_u8(e, 0xf0);
	if (op & X86_66)
		emit_u8(e, 0x66);
	if (rex || force_rex)
		emit_u8(e, 0x40 | rex);
	if (op & (X86_0F | X86_38))
		emit_u8(e, 0x0f);
	if (op & X86_38)
		emit_u8(e, 0x38);
	emit_u8(e, (u8)op);
}

static void modrm(struct emit *e, u8 mod, u8 reg, u8 rm)
{
	emit_u8(e, mod << 6 | (reg & 7) << 3 | (rm & 7));
}

void xbpf_x86_rr(struct emit *e, u32 op, u8 reg, u8 rm)
{
	bool force = ((op & X86_REG8) && byte_wants_rex(reg)) ||
		     ((op & X86_RM8) && byte_wants_rex(rm));

	opcode(e, op, reg, 0, rm, force);
	modrm(e, 3, reg, rm);
}

void xbpf_x86_rm(struct emit *e, u32 op, u8 reg, struct x86_mem mem)
{
	bool indexed = mem.index != X86_NONE;
	/* rsp and r12 as base cannot be told without a SIB byte */
	bool sib = indexed || (mem.base & 7) == X86_SP;
	u8 mod;

	if (mem.base == X86_NONE) {	/* without a SIB byte it would count from rip */
		opcode(e, op, reg, 0, 0, false);
		modrm(e, 0, reg, X86_SP);
		emit_u8(e, X86_SP << 3 | X86_BP);
		emit_u32(e, (u32)mem.disp);
		return;
	}

	/* rbp and r13 have no form without displacement */
	if (!mem.disp && (mem.base & 7) != X86_BP)
		mod = 0;
	else
		mod = is_imm8(mem.disp) ? 1 : 2;

	opcode(e, op, reg, indexed ? mem.index : 0, mem.base,
	       (op & X86_REG8) && byte_wants_rex(reg));
	modrm(e, mod, reg, sib ? X86_SP : mem.base);
	if (sib)	/* without index: index 4 = none */
		emit_u8(e, indexed ? mem.scale << 6 | (mem.index & 7) << 3 | (mem.base & 7)
				   : X86_SP << 3 | (mem.base & 7));
	if (mod == 1)
		emit_u8(e, (u8)mem.disp);
	else if (mod == 2)
		emit_u32(e, (u32)mem.disp);
}

void xbpf_x86_plus_r(struct emit *e, u32 op, u8 reg)
{
	opcode(e, op | (reg & 7), 0, 0, reg, false);
}

void xbpf_x86_mov_ri(struct emit *e, u8 dst, u64 value)
{
	if (!value) {					/* xor r32, r32 */
		x86_alu_rr(e, X86_XOR, false, dst, dst);
	} else if (value == (u32)value) {		/* mov r32, imm32 */
		xbpf_x86_plus_r(e, 0xb8, dst);
		emit_u32(e, (u32)value);
	} else if ((s64)value == (s32)value) {		/* mov r64, simm32 */
		xbpf_x86_rr(e, 0xc7 | X86_W, 0, dst);
		emit_u32(e, (u32)value);
	} else {					/* movabs r64, imm64 */
		xbpf_x86_plus_r(e, 0xb8 | X86_W, dst);
		xbpf_emit_bytes(e, value, 8);
	}
}

/* The opcode of a move from memory or register of @size to all of a register. */
static u32 extend_op(u32 size, bool sign, bool w)
{
	switch (size) {
	case 1:			/* movsx, movzx r, r/m8 */
		return (sign ? 0xbe | x86_w(w) : 0xb6) | X86_0F | X86_RM8;
	case 2:
		return (sign ? 0xbf | x86_w(w) : 0xb7) | X86_0F;
	case 4:			/* movsxd; mov r32, r/m32 */
		return sign && w ? 0x63 | X86_W : 0x8b;
	default:
		return 0x8b | X86_W;
	}
}

void xbpf_x86_movx_rr(struct emit *e, bool w, u32 size, bool sign, u8 dst, u8 src)
{
	xbpf_x86_rr(e, extend_op(size, sign, w), dst, src);
}

void xbpf_x86_load(struct emit *e, u32 size, bool sign, u8 dst, struct x86_mem mem)
{
	xbpf_x86_rm(e, extend_op(size, sign, true), dst, mem);
}

void xbpf_x86_store(struct emit *e, u32 size, struct x86_mem mem, u8 src)
{
	static const u32 op[9] = {
		[1] = 0x88 | X86_REG8, [2] = 0x89 | X86_66, [4] = 0x89, [8] = 0x89 | X86_W,
	};

	xbpf_x86_rm(e, op[size], src, mem);
}

void xbpf_x86_store_i(struct emit *e, u32 size, struct x86_mem mem, s32 imm)
{
	static const u32 op[9] = {
		[1] = 0xc6, [2] = 0xc7 | X86_66, [4] = 0xc7, [8] = 0xc7 | X86_W,
	};

	xbpf_x86_rm(e, op[size], 0, mem);
	xbpf_emit_bytes(e, (u32)imm, size < 4 ? size : 4);
}

/* movbe r, m: 0f 38 f0; movbe m, r: 0f 38 f1 */
static u32 movbe_op(u32 size, u32 op)
{
	return op | X86_38 | (size == 2 ? X86_66 : x86_w(size == 8));
}

void xbpf_x86_load_be(struct emit *e, u32 size, u8 dst, struct x86_mem mem)
{
	xbpf_x86_rm(e, movbe_op(size, 0xf0), dst, mem);
}

void xbpf_x86_store_be(struct emit *e, u32 size, struct x86_mem mem, u8 src)
{
	xbpf_x86_rm(e, movbe_op(size, 0xf1), src, mem);
}

void xbpf_x86_alu_ri(struct emit *e, enum x86_alu op, bool w, u8 dst, s32 imm)
{
	if (is_imm8(imm)) {
		xbpf_x86_rr(e, 0x83 | x86_w(w), op, dst);
		emit_u8(e, (u8)imm);
		return;
	}
	if (dst == X86_AX)	/* a form of its own, one byte shorter */
		opcode(e, 0x05 | op << 3 | x86_w(w), 0, 0, 0, false);
	else
		xbpf_x86_rr(e, 0x81 | x86_w(w), op, dst);
	emit_u32(e, (u32)imm);
}

void xbpf_x86_test_ri(struct emit *e, bool w, u8 reg, s32 imm)
{
	/* a mask without the sign bit looks at the lower half only */
	if (imm >= 0)
		w = false;
	if (reg == X86_AX)
		opcode(e, 0xa9 | x86_w(w), 0, 0, 0, false);
	else
		xbpf_x86_rr(e, 0xf7 | x86_w(w), 0, reg);
	emit_u32(e, (u32)imm);
}

void xbpf_x86_imul_rri(struct emit *e, bool w, u8 dst, u8 src, s32 imm)
{
	bool small = is_imm8(imm);

	xbpf_x86_rr(e, (small ? 0x6b : 0x69) | x86_w(w), dst, src);
	xbpf_emit_bytes(e, (u32)imm, small ? 1 : 4);
}

void xbpf_x86_sign_to_dx(struct emit *e, bool w)
{
	opcode(e, 0x99 | x86_w(w), 0, 0, 0, false);
}

void xbpf_x86_shift_ri(struct emit *e, enum x86_shift op, bool w, u8 dst, u8 count)
{
	if (count == 1) {
		xbpf_x86_rr(e, 0xd1 | x86_w(w), op, dst);
		return;
	}
	xbpf_x86_rr(e, 0xc1 | x86_w(w), op, dst);
	emit_u8(e, count);
}

void xbpf_x86_shiftx(struct emit *e, enum x86_shift op, bool w, u8 dst, u8 src, u8 count)
{
	/* VEX.LZ.{66,F2,F3}.0F38.W f7 /r; pp: 1 = 66 (shlx), 2 = f3 (sarx), 3 = f2 (shrx) */
	u8 pp = op == X86_SHL ? 1 : op == X86_SAR ? 2 : 3;

	emit_u8(e, 0xc4);
	emit_u8(e, (dst < 8 ? 0x80 : 0) | 0x40 | (src < 8 ? 0x20 : 0) | 2);
	emit_u8(e, (w ? 0x80 : 0) | (~count & 15) << 3 | pp);
	emit_u8(e, 0xf7);
	modrm(e, 3, dst, src);
}

void xbpf_x86_swap16(struct emit *e, u8 reg)
{
	xbpf_x86_rr(e, 0xc1 | X86_66, X86_ROL, reg);
	emit_u8(e, 8);
}

void xbpf_x86_inc_m(struct emit *e, bool gs, struct x86_mem mem)
{
	if (gs)
		emit_u8(e, 0x65);
	xbpf_x86_rm(e, 0xff | X86_W, 0, mem);
}

void xbpf_x86_nops(struct emit *e, u32 n)
{
	/* the forms that the SDM recommends (NOP), little endian */
	static const u64 form[6] = { 0, 0x90, 0x9066, 0x001f0f, 0x00401f0f, 0x0000441f0fULL };

	xbpf_emit_bytes(e, form[n], n);
}

void xbpf_x86_int3s(struct emit *e, u32 n)
{
	xbpf_emit_bytes(e, 0xccccccccccccccccULL, n);
}

void xbpf_x86_push_i8(struct emit *e, s8 value)
{
	emit_u8(e, 0x6a);
	emit_u8(e, (u8)value);
}

void xbpf_x86_ds_prefix(struct emit *e, u32 n)
{
	xbpf_emit_bytes(e, 0x3e3e3e3e, n);
}

void xbpf_x86_endbr64(struct emit *e)
{
	xbpf_emit_bytes(e, 0xfa1e0ff3, 4);
}

void xbpf_x86_jmp(struct emit *e, u32 label)
{
	bool is_short = xbpf_emit_jump_is_short(e);

	emit_u8(e, is_short ? 0xeb : 0xe9);
	xbpf_emit_rel(e, label, is_short, 3);
}

void xbpf_x86_jcc(struct emit *e, enum x86_cc cc, u32 label)
{
	bool is_short = xbpf_emit_jump_is_short(e);

	if (!is_short)
		emit_u8(e, 0x0f);
	emit_u8(e, (is_short ? 0x70 : 0x80) | cc);
	xbpf_emit_rel(e, label, is_short, 4);
}

void xbpf_x86_jmp_to(struct emit *e, u64 target)
{
	emit_u8(e, 0xe9);
	xbpf_emit_rel32_to(e, target);
}

void xbpf_x86_jcc_to(struct emit *e, enum x86_cc cc, u64 target)
{
	emit_u8(e, 0x0f);
	emit_u8(e, 0x80 | cc);
	xbpf_emit_rel32_to(e, target);
}

void xbpf_x86_jrcxz(struct emit *e, u32 label)
{
	emit_u8(e, 0xe3);
	xbpf_emit_rel8(e, label);
}

void xbpf_x86_call(struct emit *e, u32 label)
{
	emit_u8(e, 0xe8);
	xbpf_emit_rel(e, label, false, 0);
}

void xbpf_x86_nop(struct emit *e)
{
	emit_u8(e, 0x90);
}

void xbpf_x86_lea_label_even(struct emit *e, u8 dst, u32 label)
{
	/* REX.W 8d /r with mod 0, rm 5: [rip + disp32] */
	opcode(e, 0x8d | X86_W, dst, 0, 0, false);
	modrm(e, 0, dst, X86_BP);
	xbpf_emit_rel_even(e, label);
}

void xbpf_x86_call_to(struct emit *e, u64 target)
{
	emit_u8(e, 0xe8);
	xbpf_emit_rel32_to(e, target);
}
