/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames, and the ways into them and out of them.
 *
 * A main program, and a subprogram that makes tail calls, have the common frame
 *
 *	[rbp + 8]	return address
 *	[rbp]		caller's rbp: the unwinder follows these
 *	[rbp - 8]	rbx
 *	[rbp - 16]	r12
 *	[rbp - 24]	r13
 *	[rbp - 32]	r14
 *	[rbp - 40]	r15		<- R10, the top of the BPF stack
 *
 * which a tail call leaves as it is.  Whatever stack the programs before it had, a landing pad sets
 * rsp by rbp, and so does the exit.  The common frame is built and taken down by code that all
 * images share, the entry trampoline: an image begins at its landing pad.  Other subprograms save
 * only what they use of R6 - R9, by themselves.
 */
#include "jit/translate.h"
#include "core/helper.h"
#include "core/insn.h"

static const u8 common_saved[] = { X86_BX, X86_R12, X86_R13, X86_R14, X86_R15 };

/* Which of R6 - R9 does the subprogram name? (A bit too many does no harm.) */
static u32 regs_named(const struct xbpf_code *code, const struct xbpf_subprog *s)
{
	u32 i, set = 0;

	for (i = s->start; i < s->end; i++) {
		set |= 1u << code->insns[i].dst_reg | 1u << code->insns[i].src_reg;
		if (xbpf_opcode(code->insns[i].code)->klass == XBPF_INSN_LD_PKT)
			set |= 1u << BPF_REG_6;
	}
	return set;
}

static bool makes_calls(const struct xbpf_code *code, const struct xbpf_subprog *s)
{
	const struct bpf_insn *insn;

	for (insn = &code->insns[s->start]; insn < &code->insns[s->end]; insn++) {
		if (insn->code == (BPF_JMP | BPF_CALL) &&
		    (insn->src_reg || insn->imm != BPF_FUNC_tail_call))
			return true;
		if (xbpf_opcode(insn->code)->klass == XBPF_INSN_LD_PKT)
			return true;
	}
	return false;
}

/* Registers that a call looks at, as bits, without naming them. */
static u32 call_reads(const struct bpf_insn *insn)
{
	if (insn->code != (BPF_JMP | BPF_CALL))
		return 0;
	return insn->src_reg ? ~0u : xbpf_helper_reads(insn->imm);
}

/*
 * Machine registers that nobody in the subprogram looks at: of those among R2 - R5 that no
 * instruction names, nor any call gets.  What a callee leaves unread, its own callees may read, so
 * a subprogram that makes calls has none.
 */
static u32 unused_regs(const struct jit *j, const struct xbpf_subprog *s, bool is_main)
{
	const struct xbpf_code *code = j->code;
	u32 i, named = 0, set = 0;

	if (!is_main && makes_calls(code, s))
		return 0;
	for (i = s->start; i < s->end; i++) {
		const struct bpf_insn *insn = &code->insns[i];
		u8 uses = xbpf_opcode(insn->code)->uses;

		named |= call_reads(insn);
		if (uses & XBPF_USES_DST)
			named |= 1u << insn->dst_reg;
		if (uses & XBPF_USES_SRC)
			named |= 1u << insn->src_reg;
	}
	for (i = BPF_REG_2; i <= BPF_REG_5; i++)
		if (!(named & 1u << i))
			set |= 1u << j->reg[i];
	return set;
}

void xbpf_jit_find_callbacks(struct jit *j)
{
	const struct xbpf_code *code = j->code;
	u32 i;

	for (i = 0; i + 1 < code->insn_cnt; i++) {
		const struct bpf_insn *insn = &code->insns[i];

		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC)
			j->callback[xbpf_jit_sub_at(j, (s64)i + 1 + insn->imm)] = true;
	}
}

/*
 * Where C enters a callback: the even one of the label's address and the next
 * (xbpf_x86_lea_label_even).  Both ways of writing it are of one length, since that is measured
 * before the address is known.
 */
static void callback_entry(struct jit *j, u32 sub)
{
	bool odd;

	xbpf_emit_bind(&j->e, jit_callback_label(j, sub));
	odd = emit_at_odd(&j->e);
	if (odd)
		xbpf_x86_nop(&j->e);
	if (j->jenv->endbr)
		xbpf_x86_endbr64(&j->e);
	if (!odd)
		xbpf_x86_nop(&j->e);
	xbpf_jit_args_from_c(j);
}

static s32 fp_below(const struct jit_frame *f)
{
	return -8 * (s32)f->saved_cnt;
}

static void lay_out_common(struct jit_frame *f)
{
	f->common = true;
	f->saved_cnt = sizeof(common_saved);
	memcpy(f->saved, common_saved, sizeof(common_saved));
	f->fp = fp_below(f);
}

static void lay_out(struct jit *j, u32 sub)
{
	const struct xbpf_subprog *s = &j->code->subprogs[sub];
	struct jit_frame *f = &j->frame;
	u32 i, named;

	memset(f, 0, sizeof(*f));
	if (!sub || s->has_tail_call) {
		lay_out_common(f);
	} else {
		named = regs_named(j->code, s);
		for (i = BPF_REG_6; i <= BPF_REG_9; i++) {
			if (named & 1u << i)
				f->saved[f->saved_cnt++] = j->reg[i];
		}
		/* C enters here, and keeps something in r12; what is called may hand up a budget */
		if (j->callback[sub] && s->has_call)
			f->saved[f->saved_cnt++] = JIT_BUDGET;
	}
	f->fp = fp_below(f);
	f->alloc = s->stack_depth;
	/* helpers may be compiled for a stack that is aligned to 16 bytes at calls */
	if (makes_calls(j->code, s) && (f->alloc + 8 * f->saved_cnt) % 16)
		f->alloc += 8;
	f->exit = xbpf_emit_label(&j->e);
	f->fault = xbpf_emit_label(&j->e);
	f->unused = unused_regs(j, s, !sub);
}

void xbpf_jit_enter(struct jit *j, u32 sub)
{
	struct emit *e = &j->e;
	struct jit_frame *f = &j->frame;

	j->sub = sub;
	j->at = j->code->subprogs[sub].start;
	lay_out(j, sub);
	if (sub && j->callback[sub])
		callback_entry(j, sub);
	xbpf_emit_bind(e, jit_sub_label(j, sub));
	if (!sub) {	/* the landing pad */
		if (j->jenv->endbr)
			xbpf_x86_endbr64(e);
		if (f->alloc)
			x86_lea(e, X86_SP, x86_at(X86_BP, f->fp - (s32)f->alloc));
		return;
	}
	xbpf_jit_push_frame(j);
	if (f->alloc)
		xbpf_x86_alu_ri(e, X86_SUB, true, X86_SP, (s32)f->alloc);
}

void xbpf_jit_push_frame(struct jit *j)
{
	struct jit_frame *f = &j->frame;
	u32 i;

	x86_push(&j->e, X86_BP);
	x86_mov_rr(&j->e, true, X86_BP, X86_SP);
	for (i = 0; i < f->saved_cnt; i++)
		x86_push(&j->e, f->saved[i]);
}

void xbpf_jit_pop_frame(struct jit *j)
{
	struct jit_frame *f = &j->frame;
	u32 i;

	if (f->alloc || !j->sub)
		x86_lea(&j->e, X86_SP, x86_at(X86_BP, f->fp));
	for (i = f->saved_cnt; i; i--)
		x86_pop(&j->e, f->saved[i - 1]);
	x86_pop(&j->e, X86_BP);
}

static void epilogue(struct jit *j)
{
	struct jit_frame *f = &j->frame;
	struct emit *e = &j->e;

	if (j->reg[BPF_REG_0] != X86_AX)
		x86_mov_rr(e, true, X86_AX, j->reg[BPF_REG_0]);
	if (f->common) {
		xbpf_x86_jmp_to(e, j->jenv->leave);
		if (e->err == -ERANGE)
			xbpf_jit_fail(j, -ERANGE, "the common way out is more than 2 GiB away from the code");
		return;
	}
	if (f->alloc && !f->saved_cnt)
		x86_leave(e);
	else
		xbpf_jit_pop_frame(j);
	xbpf_jit_emit_form(j, &j->jenv->ret, "the return thunk");
}

/* The first exit of a subprogram is the epilogue, the others jump there. */
void xbpf_jit_exit(struct jit *j)
{
	if (j->frame.exit_bound) {
		xbpf_x86_jmp(&j->e, j->frame.exit);
		return;
	}
	j->frame.exit_bound = true;
	xbpf_emit_bind(&j->e, j->frame.exit);
	epilogue(j);
}

/*
 * enter:	push rbp
 *		mov rbp, rsp
 *		push rbx, r12 ... r15
 *		mov r12d, 33			; the budget of this run
 *		mov rcx, rsi
 *		jmp rcx				; as the kernel wants it
 *
 * leave:	mov r11d, r12d			; what is left of it: the pop takes r12 back to what it was
 *		lea rsp, [rbp - 40]
 *		pop r15 ... r12, rbx, rbp
 *		ret				; likewise
 */
int xbpf_jit_trampoline(const struct xbpf_jit_env *jenv, u64 addr, u8 buf[XBPF_TRAMPOLINE_LEN],
		  struct xbpf_log *log)
{
	const struct xbpf_jit_regs *regs = jenv->regs ? jenv->regs : &xbpf_jit_regs_usual;
	struct jit j = { .jenv = jenv, .log = log, .reg = regs->of };
	struct emit *e = &j.e;

	memset(buf, 0xcc, XBPF_TRAMPOLINE_LEN);	/* int3 */
	xbpf_emit_rewind(e, 0, buf, XBPF_TRAMPOLINE_LEN, addr);
	lay_out_common(&j.frame);

	xbpf_jit_push_frame(&j);
	xbpf_x86_mov_ri(e, JIT_BUDGET, XBPF_TAIL_CALLS_MAX);
	x86_mov_rr(e, true, X86_CX, X86_SI);
	if (j.reg[BPF_REG_1] != X86_DI)
		x86_mov_rr(e, true, j.reg[BPF_REG_1], X86_DI);
	xbpf_jit_emit_form(&j, &jenv->jump_rcx, "the kernel's indirect jump thunk");
	if (e->pos > XBPF_TRAMPOLINE_LEAVE)
		emit_fail(e, -EFAULT);

	e->pos = XBPF_TRAMPOLINE_LEAVE;
	x86_mov_rr(e, false, JIT_BUDGET_OUT, JIT_BUDGET);
	xbpf_jit_pop_frame(&j);
	xbpf_jit_emit_form(&j, &jenv->ret, "the return thunk");
	return e->err;
}
