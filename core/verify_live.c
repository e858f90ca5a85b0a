/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stage: which registers matter at an instruction.
 *
 * Two states at one instruction need to agree only in what the code from there
 * on looks at.  That is found out before the exploration, by data flow over the
 * instructions alone:
 *
 *   pointers, stacks (forward): may the register hold a pointer, one to a stack?
 *   live (backward): is it read on some path from here?
 *   exact (backward): can its value, not only its type, decide about the verdict:
 *     does it reach a comparison, an offset, a size, or the stack?
 *
 * All four err on the side of yes.  A register that is live but not exact, such
 * as a sum that ends in a map, does not keep two states apart (verify_state.c).
 */
#include "verifier_priv.h"

#define ARGS		0x3eu	/* R1..R5 */
#define SAVED		0x7c0u	/* R6..R10 */
#define ALL		0x7ffu

/* Sweeps needed are the depth of nested loops and a few; odd graphs get "yes" for everything. */
#define SWEEPS_MAX	64

struct flow {
	u16 live, exact;
};

static u32 successors(const struct bpf_insn *insn, u32 pc, u32 next[2])
{
	u8 klass = xbpf_opcode(insn->code)->klass;
	u32 n = 0;

	if (klass != XBPF_INSN_EXIT && klass != XBPF_INSN_JA)
		next[n++] = pc + insn_len(insn);
	if (klass == XBPF_INSN_JUMP || klass == XBPF_INSN_JA)
		next[n++] = (u32)insn_target(insn, pc);
	return n;
}

static u16 set_bit_if(u16 mask, u32 bit, bool on)
{
	return on ? mask | BIT_OF(bit) : mask & ~BIT_OF(bit);
}

/* --- forward --------------------------------------------------------------------------------- */

static u16 alu_forward(const struct bpf_insn *insn, u16 mask)
{
	bool src = BPF_SRC(insn->code) == BPF_X && mask & BIT_OF(insn->src_reg);
	bool dst = mask & BIT_OF(insn->dst_reg);

	if (BPF_CLASS(insn->code) != BPF_ALU64)
		return set_bit_if(mask, insn->dst_reg, false);
	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		return set_bit_if(mask, insn->dst_reg, src);
	case BPF_ADD:
	case BPF_SUB:
		return set_bit_if(mask, insn->dst_reg, src || dst);
	}
	return set_bit_if(mask, insn->dst_reg, false);
}

static void forward(const struct bpf_insn *insn, u16 *pointers, u16 *stacks)
{
	const struct xbpf_helper *helper;
	bool fill;

	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		*pointers = alu_forward(insn, *pointers);
		*stacks = alu_forward(insn, *stacks);
		break;
	case XBPF_INSN_LOAD:
		/* only the stack gives pointers back */
		fill = *stacks & BIT_OF(insn->src_reg) && BPF_SIZE(insn->code) == BPF_DW;
		*pointers = set_bit_if(*pointers, insn->dst_reg, fill);
		*stacks = set_bit_if(*stacks, insn->dst_reg, fill);
		break;
	case XBPF_INSN_LD_IMM64:
		*pointers = set_bit_if(*pointers, insn->dst_reg, insn->src_reg != 0);
		*stacks = set_bit_if(*stacks, insn->dst_reg, false);
		break;
	case XBPF_INSN_ATOMIC:
		if (insn->imm & BPF_FETCH) {
			u32 to = insn->imm == BPF_CMPXCHG ? 0 : insn->src_reg;

			*pointers = set_bit_if(*pointers, to, false);
			*stacks = set_bit_if(*stacks, to, false);
		}
		break;
	case XBPF_INSN_CALL:
		*pointers &= ~ARGS;
		*stacks &= ~ARGS;
		if (insn_is_pseudo_call(insn)) {
			*pointers |= 1;
			*stacks |= 1;
			break;
		}
		helper = xbpf_helper_find(insn->imm);
		*pointers = set_bit_if(*pointers, 0,
				       helper && helper->ret == XBPF_RET_MAP_VALUE_OR_NULL);
		*stacks &= ~1;
		break;
	}
}

static bool merge(u16 *into, u16 bits)
{
	u16 old = *into;

	*into |= bits;
	return *into != old;
}

static void flow_forward(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 pc, sweep, next[2], n, i;
	bool changed = true;

	for (i = 0; i < code->subprog_cnt; i++) {
		struct xbpf_note *note = &v->notes[code->subprogs[i].start];

		note->pointers = BIT_OF(REG_FP) | (i ? ARGS : BIT_OF(1));
		note->stacks = BIT_OF(REG_FP) | (i ? ARGS : 0);
	}
	for (sweep = 0; changed && sweep < SWEEPS_MAX; sweep++) {
		changed = false;
		for (pc = 0; pc < code->insn_cnt; pc += insn_len(&code->insns[pc])) {
			u16 pointers = v->notes[pc].pointers, stacks = v->notes[pc].stacks;

			forward(&code->insns[pc], &pointers, &stacks);
			n = successors(&code->insns[pc], pc, next);
			for (i = 0; i < n; i++) {
				changed |= merge(&v->notes[next[i]].pointers, pointers);
				changed |= merge(&v->notes[next[i]].stacks, stacks);
			}
		}
		port_resched();
	}
	for (pc = 0; changed && pc < code->insn_cnt; pc++) {
		v->notes[pc].pointers = ALL;
		v->notes[pc].stacks = ALL;
	}
}

/* --- backward -------------------------------------------------------------------------------- */

static void use(struct flow *f, u32 reg, bool exact)
{
	f->live |= BIT_OF(reg);
	if (exact)
		f->exact |= BIT_OF(reg);
}

static void define(struct flow *f, u32 reg)
{
	f->live &= ~BIT_OF(reg);
	f->exact &= ~BIT_OF(reg);
}

static void alu_backward(const struct bpf_insn *insn, const struct xbpf_note *note, struct flow *f)
{
	u8 op = BPF_OP(insn->code);
	bool exact = f->exact & BIT_OF(insn->dst_reg);
	bool has_src = BPF_SRC(insn->code) == BPF_X && op != BPF_END && op != BPF_NEG;

	/* Adding to a pointer checks what is added. */
	if (op == BPF_ADD || op == BPF_SUB)
		exact |= note->pointers & BIT_OF(insn->dst_reg) ||
			 (has_src && note->pointers & BIT_OF(insn->src_reg));
	if (op == BPF_MOV)
		define(f, insn->dst_reg);
	else
		use(f, insn->dst_reg, exact);
	if (has_src)
		use(f, insn->src_reg, exact);
}

static void call_backward(struct xbpf_verifier *v, const struct bpf_insn *insn, u32 pc,
			  struct flow *f)
{
	const struct xbpf_helper *helper;
	const struct xbpf_note *callee;
	u32 i;

	f->live &= SAVED;
	f->exact &= SAVED;
	if (insn_is_pseudo_call(insn)) {
		callee = &v->notes[v->code->subprogs[v->notes[pc].index].start];
		f->live |= callee->live & ARGS;
		f->exact |= callee->exact & ARGS;
		return;
	}
	helper = xbpf_helper_find(insn->imm);
	for (i = 0; helper && i < 5; i++) {
		if (helper->arg[i] == XBPF_ARG_NONE)
			break;
		/* the index of a tail call becomes a fact about the program */
		use(f, i + 1, (helper->arg[i] != XBPF_ARG_ANY &&
			       helper->arg[i] != XBPF_ARG_SCALAR) ||
			      helper->id == BPF_FUNC_tail_call);
	}
}

static void backward(struct xbpf_verifier *v, const struct bpf_insn *insn, u32 pc, struct flow *f)
{
	const struct xbpf_note *note = &v->notes[pc];

	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		alu_backward(insn, note, f);
		break;
	case XBPF_INSN_LOAD:
		define(f, insn->dst_reg);
		use(f, insn->src_reg, true);
		break;
	case XBPF_INSN_LD_IMM64:
		define(f, insn->dst_reg);
		break;
	case XBPF_INSN_STORE:
		if (BPF_CLASS(insn->code) == BPF_STX)
			use(f, insn->src_reg, note->stacks & BIT_OF(insn->dst_reg));
		use(f, insn->dst_reg, true);
		break;
	case XBPF_INSN_ATOMIC:
		if (insn->imm == BPF_CMPXCHG)
			use(f, 0, false);
		use(f, insn->src_reg, false);
		use(f, insn->dst_reg, true);
		break;
	case XBPF_INSN_JUMP:
		use(f, insn->dst_reg, true);
		if (BPF_SRC(insn->code) == BPF_X)
			use(f, insn->src_reg, true);
		break;
	case XBPF_INSN_CALL:
		call_backward(v, insn, pc, f);
		break;
	case XBPF_INSN_EXIT:
		/* what a caller does with R0 is not followed: it may be exact */
		*f = (struct flow){ 0 };
		use(f, 0, pc < v->code->subprogs[0].start || pc >= v->code->subprogs[0].end);
		break;
	}
}

static void flow_backward(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 pc, sweep, next[2], n, i;
	bool changed = true;

	for (sweep = 0; changed && sweep < SWEEPS_MAX; sweep++) {
		changed = false;
		for (pc = code->insn_cnt; pc--;) {
			struct flow f = { 0 };

			if (code->facts[pc].flags & XBPF_FACT_HI)
				continue;
			n = successors(&code->insns[pc], pc, next);
			for (i = 0; i < n; i++) {
				f.live |= v->notes[next[i]].live;
				f.exact |= v->notes[next[i]].exact;
			}
			backward(v, &code->insns[pc], pc, &f);
			changed |= merge(&v->notes[pc].live, f.live);
			changed |= merge(&v->notes[pc].exact, f.exact);
		}
		port_resched();
	}
	for (pc = 0; changed && pc < code->insn_cnt; pc++) {
		v->notes[pc].live = ALL;
		v->notes[pc].exact = ALL;
	}
}

int xbpf_verify_live(struct xbpf_verifier *v)
{
	flow_forward(v);
	flow_backward(v);
	return 0;
}
