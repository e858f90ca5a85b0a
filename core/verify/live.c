/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stage: which registers matter at an instruction.
 *
 * Two states at one instruction need to agree only in what the code from there
 * on looks at.  That is found out before the exploration, by data flow backwards
 * over the instructions alone:
 *
 *   live: is the register read on some path from here?
 *   high: ... its upper half, or may be?
 *
 * Both err on the side of yes.  "high" is for the engines: a 32-bit operation
 * whose upper half nobody reads need not clear it.
 */
#include "core/verify/verifier_priv.h"

#define ARGS		0x3eu	/* R1..R5 */
#define SAVED		0x7c0u	/* R6..R10 */
#define ALL		0x7ffu

/* Sweeps needed are the depth of nested loops and a few; odd graphs get "yes" for everything. */
#define SWEEPS_MAX	64

struct flow {
	u16 live, high;
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

static void use(struct flow *f, u32 reg, bool high)
{
	f->live |= BIT_OF(reg);
	if (high)
		f->high |= BIT_OF(reg);
}

static void define(struct flow *f, u32 reg)
{
	f->live &= ~BIT_OF(reg);
	f->high &= ~BIT_OF(reg);
}

/* Does the lower half of the result depend on the lower halves of the operands only? */
static bool low_from_low(u8 op)
{
	return op == BPF_MOV || op == BPF_ADD || op == BPF_SUB || op == BPF_MUL ||
	       op == BPF_AND || op == BPF_OR || op == BPF_XOR || op == BPF_NEG;
}

static void alu(const struct bpf_insn *insn, struct flow *f)
{
	u8 op = BPF_OP(insn->code);
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	bool high = is64 && (!low_from_low(op) || f->high & BIT_OF(insn->dst_reg));
	bool has_src = BPF_SRC(insn->code) == BPF_X && op != BPF_END && op != BPF_NEG;

	if (op == BPF_END)
		high = insn->imm == 64;
	if (op == BPF_MOV)
		define(f, insn->dst_reg);
	else if (!is64)
		f->high &= ~BIT_OF(insn->dst_reg);
	if (op != BPF_MOV)
		use(f, insn->dst_reg, high);
	if (has_src)
		use(f, insn->src_reg, high);
}

static void call(struct xbpf_verifier *v, const struct bpf_insn *insn, u32 pc, struct flow *f)
{
	const struct xbpf_helper *helper;
	const struct xbpf_walk_aux *callee;
	u32 i;

	f->live &= SAVED;
	f->high &= SAVED;
	if (insn_is_pseudo_call(insn)) {
		callee = &v->walk_aux[v->code->subprogs[v->walk_aux[pc].index].start];
		f->live |= callee->live & ARGS;
		f->high |= callee->high & ARGS;
		/* its arguments are checked, read or not */
		if (v->funcs[v->walk_aux[pc].index].global)
			f->live |= ARGS;
		return;
	}
	/* a kernel function, to which no run comes */
	if (!insn_is_helper_call(insn)) {
		f->live |= ARGS;
		f->high |= ARGS;
		return;
	}
	helper = xbpf_helper_find(insn->imm);
	for (i = 0; helper && i < 5 && helper->arg[i] != XBPF_ARG_NONE; i++)
		use(f, i + 1, true);
}

/* Of the context in R6, into R0; R1 to R5 are lost. */
static void packet_load(const struct bpf_insn *insn, struct flow *f)
{
	f->live &= SAVED;
	f->high &= SAVED;
	use(f, 6, true);
	if (BPF_MODE(insn->code) == BPF_IND)
		use(f, insn->src_reg, true);
}

static void backward(struct xbpf_verifier *v, const struct bpf_insn *insn, u32 pc, struct flow *f)
{
	bool high = BPF_CLASS(insn->code) != BPF_JMP32;
	u32 size = xbpf_opcode(insn->code)->size;

	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		alu(insn, f);
		break;
	case XBPF_INSN_LOAD:
		define(f, insn->dst_reg);
		use(f, insn->src_reg, true);
		break;
	case XBPF_INSN_LD_IMM64:
		define(f, insn->dst_reg);
		break;
	case XBPF_INSN_LD_PKT:
		packet_load(insn, f);
		break;
	case XBPF_INSN_STORE:
		if (BPF_CLASS(insn->code) == BPF_STX)
			use(f, insn->src_reg, size == 8);
		use(f, insn->dst_reg, true);
		break;
	case XBPF_INSN_ATOMIC:
		if (insn->imm == BPF_CMPXCHG)
			use(f, 0, true);
		use(f, insn->src_reg, true);
		use(f, insn->dst_reg, true);
		break;
	case XBPF_INSN_JUMP:
		use(f, insn->dst_reg, high);
		if (BPF_SRC(insn->code) == BPF_X)
			use(f, insn->src_reg, high);
		break;
	case XBPF_INSN_CALL:
		call(v, insn, pc, f);
		break;
	case XBPF_INSN_EXIT:
		*f = (struct flow){ 0 };
		use(f, 0, true);
		break;
	}
}

static bool merge(u16 *into, u16 bits)
{
	u16 old = *into;

	*into |= bits;
	return *into != old;
}

int xbpf_verify_live(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 pc, sweep, next[2], n, i;
	bool changed = true;
	int err;

	for (sweep = 0; changed && sweep < SWEEPS_MAX; sweep++) {
		changed = false;
		for (pc = code->insn_cnt; pc--;) {
			struct flow f = { 0 };

			if (code->insn_aux[pc].flags & XBPF_AUX_HI)
				continue;
			n = successors(&code->insns[pc], pc, next);
			for (i = 0; i < n; i++) {
				f.live |= v->walk_aux[next[i]].live;
				f.high |= v->walk_aux[next[i]].high;
			}
			backward(v, &code->insns[pc], pc, &f);
			changed |= merge(&v->walk_aux[pc].live, f.live);
			changed |= merge(&v->walk_aux[pc].high, f.high);
		}
		err = xbpf_verify_go_on(v);
		if (err)
			return err;
	}
	for (pc = 0; changed && pc < code->insn_cnt; pc++) {
		v->walk_aux[pc].live = ALL;
		v->walk_aux[pc].high = ALL;
	}
	return 0;
}
