/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Jumps inside a subprogram.
 */
#include "jit/translate.h"

/* The label of the instruction @off behind the next one. */
static bool target(struct jit *j, s64 off, u32 *label)
{
	const struct xbpf_subprog *s = &j->code->subprogs[j->sub];
	s64 to = (s64)j->at + 1 + off;

	if (to < s->start || to >= s->end) {
		xbpf_jit_fail(j, -EINVAL, "jump out of the subprogram");
		return false;
	}
	*label = (u32)to;
	return true;
}

static int condition(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return X86_CC_E;
	case BPF_JNE:
	case BPF_JSET:
		return X86_CC_NE;
	case BPF_JGT:
		return X86_CC_A;
	case BPF_JGE:
		return X86_CC_AE;
	case BPF_JLT:
		return X86_CC_B;
	case BPF_JLE:
		return X86_CC_BE;
	case BPF_JSGT:
		return X86_CC_G;
	case BPF_JSGE:
		return X86_CC_GE;
	case BPF_JSLT:
		return X86_CC_L;
	case BPF_JSLE:
		return X86_CC_LE;
	default:
		return -1;
	}
}

static void compare(struct jit *j, const struct bpf_insn *insn)
{
	bool w = BPF_CLASS(insn->code) == BPF_JMP;
	bool set = BPF_OP(insn->code) == BPF_JSET;
	u8 dst = xbpf_jit_reg(j, insn->dst_reg, JIT_TMP0);

	if (BPF_SRC(insn->code) == BPF_X) {
		u8 src = xbpf_jit_reg(j, insn->src_reg, JIT_TMP1);

		if (set)
			x86_test_rr(&j->e, w, dst, src);
		else
			x86_alu_rr(&j->e, X86_CMP, w, dst, src);
	} else if (set) {
		xbpf_jit_test_ri(j, w, dst, insn->imm);
	} else if (!insn->imm) {	/* the same flags, one byte shorter */
		x86_test_rr(&j->e, w, dst, dst);
	} else {
		xbpf_jit_alu_ri(j, X86_CMP, w, dst, insn->imm);
	}
}

/* Which ways did the verifier see the branch go? What it did not see cannot happen. */
enum jit_branch xbpf_jit_branch_kind(const struct jit *j, u32 at)
{
	const struct xbpf_insn_aux *insn_aux = j->code->insn_aux;
	const struct xbpf_subprog *s = &j->code->subprogs[j->sub];
	s64 to = (s64)at + 1 + j->code->insns[at].off;

	if (to < s->start || to >= s->end || at + 1 >= s->end)
		return JIT_BRANCH_BOTH;		/* xbpf_jit_branch() refuses it */
	if (!(insn_aux[to].flags & XBPF_AUX_SEEN))
		return JIT_BRANCH_NEVER;
	if (!(insn_aux[at + 1].flags & XBPF_AUX_SEEN))
		return JIT_BRANCH_ALWAYS;
	return JIT_BRANCH_BOTH;
}

void xbpf_jit_branch(struct jit *j, const struct bpf_insn *insn)
{
	int cc = condition(insn->code);
	u32 label;

	if (cc < 0) {
		xbpf_jit_fail(j, -EOPNOTSUPP, "unknown jump 0x%02x", insn->code);
		return;
	}
	if (!target(j, insn->off, &label) || !insn->off)
		return;
	switch (xbpf_jit_branch_kind(j, j->at)) {
	case JIT_BRANCH_NEVER:
		return;
	case JIT_BRANCH_ALWAYS:
		xbpf_x86_jmp(&j->e, label);
		return;
	case JIT_BRANCH_BOTH:
		break;
	}
	compare(j, insn);
	xbpf_x86_jcc(&j->e, cc, label);
}

void xbpf_jit_ja(struct jit *j, const struct bpf_insn *insn)
{
	/* the 32-bit class has its offset in imm (gotol) */
	s32 off = BPF_CLASS(insn->code) == BPF_JMP32 ? insn->imm : insn->off;
	u32 label;

	if (target(j, off, &label) && off)
		xbpf_x86_jmp(&j->e, label);
}
