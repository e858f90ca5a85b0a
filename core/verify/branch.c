/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Conditional jumps: which ways can be taken, and what is known on each.
 */
#include "core/verify/verifier_priv.h"

struct condition {
	const struct bpf_insn *insn;
	u8 op;
	bool is64;
	bool has_src;		/* the right-hand side is a register */
	struct xbpf_scalar right;	/* ... else this constant */
};

static int refuse_pointers(struct xbpf_verifier *v, u32 regno)
{
	xbpf_log(v->log, "R%u pointer comparison prohibited\n", regno);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is a pointer (%s): it can be compared with 0 (== and !=, 64 bits) and with "
		"pointers into the same object",
		regno, xbpf_reg_type_name(&cur_regs(v)[regno]));
}

/* Follows both ways; the other one waits. */
static int split(struct xbpf_verifier *v, const struct bpf_insn *insn, struct xbpf_state **other)
{
	return xbpf_state_push(v, (u32)insn_target(insn, v->pc), other);
}

static int follow(struct xbpf_verifier *v, const struct bpf_insn *insn, bool taken)
{
	if (!taken)
		return STEP_NEXT;
	v->pc = (u32)insn_target(insn, v->pc);
	return STEP_JUMP;
}

static bool is_zero(const struct xbpf_reg *reg)
{
	return reg_is_const(reg) && !reg->var.umin;
}

/* A pointer and a number that is not 0: a bit of the address is told, nothing is learnt. */
static int compare_address(struct xbpf_verifier *v, const struct condition *c, u32 ptr_no)
{
	struct xbpf_state *other;

	if (!v->code->may_leak)
		return refuse_pointers(v, ptr_no);
	return split(v, c->insn, &other);
}

/* Whatever it is compared with: both ways are open, nothing is learnt. */
static int compare_far(struct xbpf_verifier *v, const struct condition *c, u32 ptr_no)
{
	struct xbpf_state *other;

	if (!v->code->may_leak)
		return xbpf_reg_refuse_far(v, ptr_no);
	return split(v, c->insn, &other);
}

/* A pointer against 0: the null check of a lookup's result, or decided. */
static int null_check(struct xbpf_verifier *v, const struct condition *c, u32 ptr_no)
{
	const struct xbpf_reg *ptr = &cur_regs(v)[ptr_no];
	struct xbpf_state *other;
	u32 id = ptr->id;
	int err;

	if (!c->is64 || (c->op != BPF_JEQ && c->op != BPF_JNE))
		return compare_address(v, c, ptr_no);
	if (!xbpf_reg_is_near(ptr))
		return compare_far(v, c, ptr_no);
	if (!reg_may_be_null(ptr))
		return follow(v, c->insn, c->op == BPF_JNE);
	err = split(v, c->insn, &other);
	if (err)
		return err;
	xbpf_reg_settle_null(v, other, id, c->op == BPF_JEQ);
	xbpf_reg_settle_null(v, v->cur, id, c->op == BPF_JNE);
	return STEP_NEXT;
}

static void narrow_pointer(struct xbpf_reg *ptr, const struct xbpf_scalar *distance)
{
	struct xbpf_scalar var = *distance, off = xbpf_scalar_const((u64)(s64)ptr->off);

	xbpf_scalar_alu(&var, &off, BPF_SUB, true, false);
	/* both are true, so there is such a number unless no run comes here */
	if (!xbpf_scalar_meet(&ptr->var, &var))
		return;
}

/*
 * Two near pointers into one object compare as their offsets do, signed or not:
 * see xbpf_reg_is_near().
 */
static int compare_offsets(struct xbpf_verifier *v, const struct condition *c)
{
	static const u8 as_signed[16] = {
		[BPF_JLT >> 4] = BPF_JSLT, [BPF_JLE >> 4] = BPF_JSLE,
		[BPF_JGT >> 4] = BPF_JSGT, [BPF_JGE >> 4] = BPF_JSGE,
	};
	u8 op = as_signed[c->op >> 4] ? as_signed[c->op >> 4] : c->op;
	struct xbpf_reg *regs = cur_regs(v);
	struct xbpf_scalar a[2], b[2];	/* [0]: the condition is false */
	struct xbpf_state *other;
	bool can[2];
	int err;
	u32 i;

	for (i = 0; i < 2; i++) {
		a[i] = xbpf_reg_distance(&regs[c->insn->dst_reg]);
		b[i] = xbpf_reg_distance(&regs[c->insn->src_reg]);
		can[i] = xbpf_scalar_assume(&a[i], &b[i], op, true, i);
	}
	if (can[0] != can[1])
		return follow(v, c->insn, can[1]);
	err = split(v, c->insn, &other);
	if (err || !can[0] || c->insn->dst_reg == c->insn->src_reg)
		return err;
	narrow_pointer(&regs[c->insn->dst_reg], &a[0]);
	narrow_pointer(&regs[c->insn->src_reg], &b[0]);
	regs = other->frame[other->depth]->regs;
	narrow_pointer(&regs[c->insn->dst_reg], &a[1]);
	narrow_pointer(&regs[c->insn->src_reg], &b[1]);
	return STEP_NEXT;
}

static int compare_pointers(struct xbpf_verifier *v, const struct condition *c)
{
	const struct xbpf_reg *a = &cur_regs(v)[c->insn->dst_reg];
	const struct xbpf_reg *b = &cur_regs(v)[c->insn->src_reg];
	struct xbpf_state *other;
	bool near;
	int err;

	if (c->is64) {
		err = xbpf_packet_compare(v, c->insn);
		if (err)
			return err < 0 ? err : STEP_NEXT;
	}
	near = xbpf_reg_is_near(a) && xbpf_reg_is_near(b);
	if (c->is64 && c->op != BPF_JSET && near && xbpf_reg_same_object(v, a, b))
		return compare_offsets(v, c);
	if (!xbpf_reg_may_relate(v, a, b) ||
	    (!v->code->may_leak && (!c->is64 || c->op == BPF_JSET)))
		return refuse_pointers(v, c->insn->dst_reg);
	if (!near)
		return compare_far(v, c, xbpf_reg_is_near(a) ? c->insn->src_reg : c->insn->dst_reg);
	return split(v, c->insn, &other);
}

/* Narrows both sides in @st for the way on which the condition @holds. */
static void learn(struct xbpf_verifier *v, struct xbpf_state *st, const struct condition *c,
		  const struct xbpf_scalar *a, const struct xbpf_scalar *b)
{
	struct xbpf_reg *regs = st->frame[st->depth]->regs;
	struct xbpf_reg *dst = &regs[c->insn->dst_reg], *src = &regs[c->insn->src_reg];

	dst->var = *a;
	if (c->has_src)
		dst->from = xbpf_precision_join(v, dst->from, src->from);
	xbpf_reg_spread(v, st, dst);
	if (!c->has_src)
		return;
	/* an equal register has learnt already, and not less */
	if (regs_linked(src, dst))
		return;
	src->var = *b;
	src->from = dst->from;
	xbpf_reg_spread(v, st, src);
}

static int compare_scalars(struct xbpf_verifier *v, const struct condition *c)
{
	const struct bpf_insn *insn = c->insn;
	const struct xbpf_reg *regs = cur_regs(v);
	struct xbpf_scalar a[2], b[2];	/* [0]: the condition is false */
	struct xbpf_state *other;
	bool can[2];
	u8 precision;
	int err;
	u32 i;

	for (i = 0; i < 2; i++) {
		a[i] = regs[insn->dst_reg].var;
		b[i] = c->has_src ? regs[insn->src_reg].var : c->right;
		can[i] = xbpf_scalar_assume(&a[i], &b[i], c->op, c->is64, i);
	}
	/*
	 * Neither way: this path is one that no run takes, which was not noticed
	 * before.  Both are followed with what was known; that is safe at least.
	 */
	precision = can[0] && can[1] ? PRECISION_COMPARED : PRECISION_EXACT;
	xbpf_precision_mark(v, regs[insn->dst_reg].from, precision);
	if (c->has_src)
		xbpf_precision_mark(v, regs[insn->src_reg].from, precision);
	if (!can[0] && !can[1])
		return split(v, insn, &other);
	if (c->has_src && insn->src_reg == insn->dst_reg) {
		/* Both sides narrow one register: what is learnt is only that it can be. */
		if (can[0] && can[1])
			return split(v, insn, &other);
		return follow(v, insn, can[1]);
	}
	if (can[0] && can[1]) {
		err = split(v, insn, &other);
		if (err)
			return err;
		learn(v, other, c, &a[1], &b[1]);
		learn(v, v->cur, c, &a[0], &b[0]);
		return STEP_NEXT;
	}
	i = can[1];
	learn(v, v->cur, c, &a[i], &b[i]);
	return follow(v, insn, i);
}

int xbpf_verify_jump(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	const struct xbpf_reg *regs = cur_regs(v), *dst = &regs[insn->dst_reg], *src;
	struct condition c = {
		.insn = insn,
		.op = BPF_OP(insn->code),
		.is64 = BPF_CLASS(insn->code) == BPF_JMP,
		.has_src = BPF_SRC(insn->code) == BPF_X,
	};
	int err;

	v->jumps++;
	err = xbpf_reg_read(v, insn->dst_reg);
	if (!err && c.has_src)
		err = xbpf_reg_read(v, insn->src_reg);
	if (err)
		return err;
	src = &regs[insn->src_reg];
	if (!c.has_src)
		c.right = xbpf_scalar_const((u64)(s64)insn->imm);
	if (c.has_src && reg_is_pointer(dst) && reg_is_pointer(src))
		return compare_pointers(v, &c);
	if (reg_is_pointer(dst)) {
		if (c.has_src ? is_zero(src) : !insn->imm) {
			if (c.has_src)
				xbpf_reg_mark_precise(v, src);
			return null_check(v, &c, insn->dst_reg);
		}
		return compare_address(v, &c, insn->dst_reg);
	}
	if (c.has_src && reg_is_pointer(src)) {
		if (is_zero(dst)) {
			xbpf_reg_mark_precise(v, dst);
			return null_check(v, &c, insn->src_reg);
		}
		return compare_address(v, &c, insn->src_reg);
	}
	return compare_scalars(v, &c);
}
