/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomic operations, 32 and 64 bits.
 */
#include "jit/translate.h"

static int machine_op(s32 op)
{
	switch (op & ~BPF_FETCH) {
	case BPF_ADD:
		return X86_ADD;
	case BPF_AND:
		return X86_AND;
	case BPF_OR:
		return X86_OR;
	case BPF_XOR:
		return X86_XOR;
	default:
		return -1;
	}
}

/*
 * src = old value of mem; mem = old op src
 *
 *	mov r10, rax
 *	mov rax, mem
 * again:
 *	mov r11, rax
 *	op r11, src
 *	lock cmpxchg mem, r11
 *	jne again
 *	mov src, rax
 *	mov rax, r10
 */
static void fetch_loop(struct jit *j, enum x86_alu op, bool w, struct x86_mem mem, u8 src)
{
	struct emit *e = &j->e;
	u32 again = xbpf_emit_label(e);
	u8 operand = src == X86_AX ? JIT_TMP0 : src;

	x86_mov_rr(e, true, JIT_TMP0, X86_AX);
	if (mem.base == X86_AX)
		mem.base = JIT_TMP0;
	xbpf_x86_load(e, w ? 8 : 4, false, X86_AX, mem);
	xbpf_emit_bind(e, again);
	x86_mov_rr(e, w, JIT_TMP1, X86_AX);
	x86_alu_rr(e, op, w, JIT_TMP1, operand);
	x86_lock_cmpxchg(e, w, mem, JIT_TMP1);
	xbpf_x86_jcc(e, X86_CC_NE, again);
	if (src != X86_AX) {
		x86_mov_rr(e, w, src, X86_AX);
		x86_mov_rr(e, true, X86_AX, JIT_TMP0);
	}
}

/* r0 = old value of mem; if it was r0, mem = src.  The machine's r0 is rax. */
static void compare_exchange(struct jit *j, bool w, struct x86_mem mem, u8 src)
{
	struct emit *e = &j->e;
	u8 r0 = j->reg[BPF_REG_0];

	if (r0 != X86_AX) {
		x86_mov_rr(e, true, JIT_TMP0, X86_AX);
		if (mem.base == X86_AX)
			mem.base = JIT_TMP0;
		if (src == X86_AX)
			src = JIT_TMP0;
		x86_mov_rr(e, w, X86_AX, r0);
	}
	x86_lock_cmpxchg(e, w, mem, src);
	if (r0 != X86_AX) {
		x86_mov_rr(e, w, r0, X86_AX);
		x86_mov_rr(e, true, X86_AX, JIT_TMP0);
	} else if (!w) {
		/* eax is not written when it was equal */
		x86_mov_rr(e, false, X86_AX, X86_AX);
	}
}

void xbpf_jit_atomic(struct jit *j, const struct bpf_insn *insn)
{
	bool w = BPF_SIZE(insn->code) == BPF_DW;
	struct x86_mem mem = xbpf_jit_mem(j, insn->dst_reg, insn->off);
	u8 src = xbpf_jit_reg(j, insn->src_reg, JIT_TMP1);
	int op = machine_op(insn->imm);

	if (insn->imm == BPF_CMPXCHG)
		compare_exchange(j, w, mem, src);
	else if (insn->imm == BPF_XCHG)
		x86_xchg(&j->e, w, mem, src);
	else if (insn->imm == (BPF_ADD | BPF_FETCH))
		x86_lock_xadd(&j->e, w, mem, src);
	else if (op < 0)
		xbpf_jit_fail(j, -EOPNOTSUPP, "unknown atomic operation 0x%x", insn->imm);
	else if (insn->imm & BPF_FETCH)
		fetch_loop(j, op, w, mem, src);
	else
		x86_lock_alu(&j->e, op, w, mem, src);
}
