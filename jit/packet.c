/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Legacy packet access (LD_ABS, LD_IND): R0 = bytes of the packet at an offset, in network order,
 * as a number.  R6 is the context, R1 - R5 are lost.  When the bytes are not there the function
 * returns 0.
 *
 * At a constant offset			at any other
 *	mov  r11, [R6 + data]			mov  r10d, src; add r10d, imm
 *	lea  r10, [r11 + offset + size]		mov  r9, [R6 + data_end]
 *	cmp  r10, [R6 + data_end]		mov  r11, [R6 + data]
 *	ja   slow				sub  r9, r11
 *						sub  r9, size
 *						cmp  r9, r10	; a negative offset is a large number here
 *						jl   slow
 *						add  r11, r10
 *	movbe R0d, [r11 + offset]	; in whatever way the CPU has
 *	jmp  done
 * slow:
 *	mov  rdi, R6; mov esi, offset; mov edx, size; call packet_load
 *	test rax, rax
 *	js   fail			; xor eax, eax; exit
 * done:
 */
#include "jit/translate.h"
#include "core/prog_type.h"

static u32 access_size(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	default:
		return 4;
	}
}

/* Network order is big endian. */
static void load_swapped(struct jit *j, u32 size, u8 dst, struct x86_mem mem)
{
	struct emit *e = &j->e;

	if (size == 4 && j->jenv->movbe) {
		xbpf_x86_load_be(e, 4, dst, mem);
		return;
	}
	xbpf_x86_load(e, size, false, dst, mem);
	if (size == 4)
		x86_bswap(e, false, dst);
	else if (size == 2)
		xbpf_x86_swap16(e, dst);
}

/* Is the offset a constant that leaves room for a sum? */
static bool is_near(const struct jit *j, const struct bpf_insn *insn)
{
	return BPF_MODE(insn->code) == BPF_ABS && insn->imm >= 0 && insn->imm < 1 << 30 && !j->jenv->blind;
}

static void call_slow(struct jit *j, const struct bpf_insn *insn, u32 size, xbpf_helper_fn fn)
{
	struct emit *e = &j->e;

	x86_mov_rr(e, true, X86_DI, j->reg[BPF_REG_6]);
	if (is_near(j, insn))
		xbpf_x86_mov_ri(e, X86_SI, (u32)insn->imm);
	else
		x86_mov_rr(e, false, X86_SI, JIT_TMP0);
	xbpf_x86_mov_ri(e, X86_DX, size);
	xbpf_x86_call_to(e, (u64)(unsigned long)fn);
	if (e->err == -ERANGE)
		xbpf_jit_fail(j, -ERANGE,
			      "the packet's bytes are fetched more than 2 GiB away: out of "
			      "reach of a call");
	x86_test_rr(e, true, X86_AX, X86_AX);
}

/* The first failure of a subprogram has the code, the others jump there. */
static void leave_on_fault(struct jit *j)
{
	struct emit *e = &j->e;
	u32 ok;

	if (j->frame.fault_bound) {
		xbpf_x86_jcc(e, X86_CC_S, j->frame.fault);
		return;
	}
	j->frame.fault_bound = true;
	ok = xbpf_emit_label(e);
	xbpf_x86_jcc(e, X86_CC_NS, ok);
	xbpf_emit_bind(e, j->frame.fault);
	x86_alu_rr(e, X86_XOR, false, j->reg[BPF_REG_0], j->reg[BPF_REG_0]);
	xbpf_jit_exit(j);
	xbpf_emit_bind(e, ok);
}

/* Leaves the operand's address, or goes to @slow with the offset in r10d. */
static struct x86_mem find_bytes(struct jit *j, const struct bpf_insn *insn, u32 size, u32 slow)
{
	const struct x86_mem data = x86_at(j->reg[BPF_REG_6], offsetof(struct xbpf_skb_ctx, data));
	const struct x86_mem end = x86_at(j->reg[BPF_REG_6], offsetof(struct xbpf_skb_ctx, data_end));
	struct emit *e = &j->e;

	if (is_near(j, insn)) {
		xbpf_x86_load(e, 8, false, JIT_TMP1, data);
		x86_lea(e, JIT_TMP0, x86_at(JIT_TMP1, insn->imm + (s32)size));
		x86_alu_rm(e, X86_CMP, true, JIT_TMP0, end);
		xbpf_x86_jcc(e, X86_CC_A, slow);
		return x86_at(JIT_TMP1, insn->imm);
	}
	if (BPF_MODE(insn->code) == BPF_IND) {
		x86_mov_rr(e, false, JIT_TMP0, xbpf_jit_reg(j, insn->src_reg, JIT_TMP0));
		xbpf_jit_alu_ri(j, X86_ADD, false, JIT_TMP0, insn->imm);
	} else {
		xbpf_jit_mov_ri(j, JIT_TMP0, (u32)insn->imm);
	}
	xbpf_x86_load(e, 8, false, JIT_TMP2, end);
	xbpf_x86_load(e, 8, false, JIT_TMP1, data);
	x86_alu_rr(e, X86_SUB, true, JIT_TMP2, JIT_TMP1);
	xbpf_x86_alu_ri(e, X86_SUB, true, JIT_TMP2, (s32)size);
	x86_alu_rr(e, X86_CMP, true, JIT_TMP2, JIT_TMP0);
	xbpf_x86_jcc(e, X86_CC_L, slow);
	x86_alu_rr(e, X86_ADD, true, JIT_TMP1, JIT_TMP0);
	return x86_at(JIT_TMP1, 0);
}

void xbpf_jit_packet(struct jit *j, const struct bpf_insn *insn)
{
	xbpf_helper_fn fn = j->env->helper(XBPF_FUNC_PACKET_LOAD, NULL);
	u32 size = access_size(insn), slow, done;
	u8 r0 = j->reg[BPF_REG_0];
	struct emit *e = &j->e;

	if (!fn) {
		xbpf_jit_fail(j, -EINVAL, "legacy packet access is not offered here");
		return;
	}
	slow = xbpf_emit_label(e);
	done = xbpf_emit_label(e);
	load_swapped(j, size, r0, find_bytes(j, insn, size, slow));
	xbpf_x86_jmp(e, done);

	xbpf_emit_bind(e, slow);
	call_slow(j, insn, size, fn);
	leave_on_fault(j);
	if (r0 != X86_AX)
		x86_mov_rr(e, true, r0, X86_AX);
	xbpf_emit_bind(e, done);
}
