/* SPDX-License-Identifier: GPL-2.0 */
/* What a walk saw: kept by instruction, and compared. */
#include "seen.h"

/* --- operands ------------------------------------------------------------------------------ */

static void place(struct seen_insn *at, u32 what, s64 lo, s64 hi, s64 proved)
{
	struct seen_place *p = at->places;
	u32 i;

	for (i = 0; i < at->place_cnt && i < SEEN_PLACES && p[i].what != what; i++)
		;
	if (i >= SEEN_PLACES) {
		at->place_cnt = SEEN_PLACES + 1;
		return;
	}
	if (i == at->place_cnt) {
		p[at->place_cnt++] = (struct seen_place){ what, lo, hi, proved };
		return;
	}
	p[i].lo = min_t(s64, p[i].lo, lo);
	p[i].hi = max_t(s64, p[i].hi, hi);
	p[i].proved = min_t(s64, p[i].proved, proved);
}

static void type(struct seen_insn *at, u32 operand, const struct xbpf_reg *reg)
{
	at->types[operand] |= (u16)BIT_OF(reg->type);
}

/* A number that counts: an offset, a size, an index. */
static void number(struct seen_insn *at, u32 operand, const struct xbpf_reg *reg)
{
	if (reg->type == REG_SCALAR)
		place(at, operand << 24 | REG_SCALAR << 16, reg->var.smin, reg->var.smax, 0);
}

static void pointer(struct seen_insn *at, u32 operand, const struct xbpf_reg *reg)
{
	u32 object = reg->type == REG_STACK || reg->type == REG_KEY ? reg->frame :
		     reg_has_map(reg) || reg->type == REG_FUNC ? reg->map * 2u + reg->inner : 0;
	s64 proved = 0;

	if (!reg_is_pointer(reg))
		return;
	if (reg_is_packet(reg) || reg->type == REG_MEM || reg->type == REG_MEM_OR_NULL)
		proved = (s64)reg->size - (reg_is_packet(reg) ? reg->off : 0);
	place(at, operand << 24 | (u32)reg->type << 16 | object, reg->var.smin + reg->off,
	      reg->var.smax + reg->off, proved);
}

static void alu(struct seen_insn *at, const struct bpf_insn *insn, const struct xbpf_reg *dst,
		const struct xbpf_reg *src)
{
	u8 op = BPF_OP(insn->code);
	bool has_src = BPF_SRC(insn->code) == BPF_X && op != BPF_END && op != BPF_NEG;

	if (op != BPF_MOV)
		type(at, 0, dst);
	if (has_src)
		type(at, 1, src);
	if (op == BPF_MOV || !has_src)
		return;
	if (reg_is_pointer(dst))
		number(at, 1, src);
	if (reg_is_pointer(src))
		number(at, 0, dst);
}

static void call(struct xbpf_verifier *v, struct seen_insn *at, const struct bpf_insn *insn)
{
	const struct xbpf_reg *regs = cur_regs(v);
	const struct xbpf_helper *helper;
	u32 i, callee;
	u8 kind;

	if (insn_is_pseudo_call(insn)) {
		callee = v->walk_aux[v->pc].index;
		for (i = 1; i <= 5; i++)
			if (v->walk_aux[v->code->subprogs[callee].start].live & BIT_OF(i) ||
			    v->funcs[callee].global) {
				type(at, i, &regs[i]);
				pointer(at, i, &regs[i]);
			}
		return;
	}
	helper = insn_is_helper_call(insn) ? xbpf_helper_find((u32)insn->imm) : NULL;
	for (i = 1; helper && i <= 5 && helper->arg[i - 1] != XBPF_ARG_NONE; i++) {
		kind = helper->arg[i - 1];
		if (kind == XBPF_ARG_MAYBE)
			continue;
		type(at, i, &regs[i]);
		pointer(at, i, &regs[i]);
		if (helper->id == BPF_FUNC_tail_call || (kind != XBPF_ARG_ANY && kind != XBPF_ARG_SCALAR))
			number(at, i, &regs[i]);
	}
}

static void operands(struct xbpf_verifier *v, struct seen_insn *at, const struct bpf_insn *insn)
{
	const struct xbpf_reg *regs = cur_regs(v), *dst = &regs[insn->dst_reg];
	const struct xbpf_reg *src = &regs[insn->src_reg < REG_COUNT ? insn->src_reg : 0];

	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		alu(at, insn, dst, src);
		break;
	case XBPF_INSN_LOAD:
		type(at, 1, src);
		pointer(at, 1, src);
		break;
	case XBPF_INSN_STORE:
	case XBPF_INSN_ATOMIC:
		type(at, 0, dst);
		pointer(at, 0, dst);
		if (BPF_CLASS(insn->code) == BPF_STX)
			type(at, 1, src);
		break;
	case XBPF_INSN_JUMP:
		type(at, 0, dst);
		if (BPF_SRC(insn->code) == BPF_X)
			type(at, 1, src);
		break;
	case XBPF_INSN_CALL:
		call(v, at, insn);
		break;
	case XBPF_INSN_EXIT:
		/* of other functions it may be of no use to the caller */
		if (!v->cur->depth || cur_frame(v)->callback)
			type(at, 0, &regs[0]);
		if (cur_frame(v)->callback)
			number(at, 0, &regs[0]);
		break;
	default:
		break;
	}
}

/* --- contradictions -------------------------------------------------------------------------- */

/*
 * Which ways has a comparison of numbers, by all that is known?  [1]: the condition is true. The
 * result: are there more for the verifier, so that it takes none of them for decided?
 */
static bool find_ways(struct xbpf_verifier *v, const struct bpf_insn *insn, bool ways[2])
{
	const struct xbpf_reg *regs = cur_regs(v), *dst = &regs[insn->dst_reg], *src = NULL;
	struct xbpf_scalar a, b;
	u8 op = BPF_OP(insn->code);
	bool no;
	u32 i;

	ways[0] = ways[1] = true;
	if (BPF_SRC(insn->code) == BPF_X)
		src = &regs[insn->src_reg];
	if (dst->type != REG_SCALAR || (src && src->type != REG_SCALAR))
		return false;
	for (i = 0; i < 2; i++) {
		a = dst->var;
		b = src ? src->var : xbpf_scalar_const((u64)(s64)insn->imm);
		ways[i] = xbpf_scalar_assume(&a, &b, op, BPF_CLASS(insn->code) == BPF_JMP, i);
	}
	if (!ways[0] && !ways[1])
		return true;
	/* a number and itself, which the verifier does not ask for */
	if (!src || op == BPF_JSET || !(src == dst || (regs_linked(dst, src) && dst->off == src->off)))
		return false;
	no = op != BPF_JEQ && op != BPF_JGE && op != BPF_JLE && op != BPF_JSGE && op != BPF_JSLE;
	i = ways[no];
	ways[no] = false;
	return i;
}

/* Two numbers that are a constant apart, of sets that are not. */
static bool are_apart(const struct xbpf_reg *a, const struct xbpf_reg *b)
{
	struct xbpf_scalar value = a->var, apart;

	if (a == b || !regs_linked(a, b))
		return false;
	apart = xbpf_scalar_const((u64)((s64)b->off - a->off));
	xbpf_scalar_alu(&value, &apart, BPF_ADD, true, false);
	return !xbpf_scalar_meet(&value, &b->var);
}

struct pair {
	const struct xbpf_reg *with;
	bool contradicts;
};

static void check_pair(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	struct pair *p = (struct pair *)arg;

	if (!are_apart(p->with, reg))
		return;
	xbpf_reg_mark_precise(v, p->with);
	xbpf_reg_mark_precise(v, reg);
	p->contradicts = true;
}

static void check_number(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	struct pair p = { .with = reg };

	if (reg->type != REG_SCALAR)
		return;
	if (!xbpf_scalar_is_sound(&reg->var)) {
		xbpf_reg_mark_precise(v, reg);
		p.contradicts = true;
	}
	if (reg->id)
		xbpf_reg_each(v, v->cur, check_pair, &p);
	*(bool *)arg |= p.contradicts;
}

static bool is_contradiction(struct xbpf_verifier *v)
{
	bool found = false;

	xbpf_reg_each(v, v->cur, check_number, &found);
	return found;
}

/* The path that began to wait last is one that no run takes. */
static void drop_pending(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->pending;

	v->pending = st->next;
	v->pending_cnt--;
	if (st->parent)
		st->parent->branches--;
	xbpf_state_free(v, st);
}

/* --- the probe ------------------------------------------------------------------------------- */

static int before(struct xbpf_walk_probe *probe, struct xbpf_verifier *v,
		  const struct bpf_insn *insn)
{
	struct seen *s = container_of(probe, struct seen, probe);

	if (v->code->processed > s->limit) {
		s->at_limit = true;
		return -E2BIG;
	}
	s->pc = v->pc;
	s->insn = insn;
	s->pending_cnt = v->pending_cnt;
	if (s->feasible_only) {
		bool dead = s->dead == v->cur;

		s->dead = NULL;
		if (dead || is_contradiction(v))
			return STEP_DONE;
		if (xbpf_opcode(insn->code)->klass == XBPF_INSN_JUMP) {
			/* what is left out depends on the numbers */
			if (find_ways(v, insn, s->ways)) {
				xbpf_reg_mark_precise(v, &cur_regs(v)[insn->dst_reg]);
				if (BPF_SRC(insn->code) == BPF_X)
					xbpf_reg_mark_precise(v, &cur_regs(v)[insn->src_reg]);
			}
			if (!s->ways[0] && !s->ways[1])
				return STEP_DONE;
		}
	}
	s->insns[v->pc].reached = true;
	operands(v, &s->insns[v->pc], insn);
	return 0;
}

static void after(struct xbpf_walk_probe *probe, struct xbpf_verifier *v, int step)
{
	struct seen *s = container_of(probe, struct seen, probe);
	struct seen_insn *at = &s->insns[s->pc];
	bool forked = v->pending_cnt > s->pending_cnt;

	if (xbpf_opcode(s->insn->code)->klass != XBPF_INSN_JUMP)
		return;
	if (s->feasible_only && forked && !s->ways[1]) {
		drop_pending(v);
		forked = false;
	}
	/* the way that is left is walked when the next instruction is asked for */
	if (s->feasible_only && step == STEP_NEXT && !s->ways[0]) {
		s->dead = v->cur;
		at->jumped |= forked;
		return;
	}
	at->jumped |= forked || step == STEP_JUMP;
	at->fell |= step == STEP_NEXT;
}

void seen_begin(struct seen *s, u32 insn_cnt, bool unpruned, bool feasible_only, u32 limit)
{
	memset(s, 0, offsetof(struct seen, insns));
	memset(s->insns, 0, sizeof(s->insns[0]) * insn_cnt);
	s->probe.unpruned = unpruned;
	s->probe.before = before;
	s->probe.after = after;
	s->feasible_only = feasible_only;
	s->limit = limit;
}

/* --- comparing ------------------------------------------------------------------------------- */

static bool place_within(const struct seen_place *p, const struct seen_insn *more, char *why,
			 u32 size)
{
	const struct seen_place *q = more->places, *end = q + more->place_cnt;

	while (q < end && q->what != p->what)
		q++;
	if (q == end) {
		snprintf(why, size, "operand %u is of type %u, object %u", p->what >> 24,
			 p->what >> 16 & 0xff, p->what & 0xffff);
		return false;
	}
	if (p->lo >= q->lo && p->hi <= q->hi && p->proved >= q->proved)
		return true;
	snprintf(why, size,
		 "operand %u (type %u, object %u) is %lld to %lld, %lld proved; not in %lld to %lld, %lld proved",
		 p->what >> 24, p->what >> 16 & 0xff, p->what & 0xffff, (long long)p->lo,
		 (long long)p->hi, (long long)p->proved, (long long)q->lo, (long long)q->hi,
		 (long long)q->proved);
	return false;
}

/* Nobody looks at what may hold nothing: it is no parameter of the global function. */
static bool unread(const struct seen_insn *more, u32 operand)
{
	return more->types[operand] & BIT_OF(REG_NONE);
}

static bool insn_within(const struct seen_insn *less, const struct seen_insn *more, char *why,
			u32 size)
{
	u32 i;

	if ((less->reached && !more->reached) || (less->jumped && !more->jumped) ||
	    (less->fell && !more->fell)) {
		snprintf(why, size, "%s", !more->reached ? "it is reached" :
			 less->jumped && !more->jumped ? "it jumps" : "it does not jump");
		return false;
	}
	for (i = 0; i < SEEN_OPERANDS; i++) {
		if (unread(more, i) || !(less->types[i] & ~more->types[i]))
			continue;
		snprintf(why, size, "operand %u is of types %#x, not only of %#x", i, less->types[i],
			 more->types[i]);
		return false;
	}
	if (less->place_cnt > SEEN_PLACES || more->place_cnt > SEEN_PLACES)
		return true;
	for (i = 0; i < less->place_cnt; i++)
		if (!unread(more, less->places[i].what >> 24) &&
		    !place_within(&less->places[i], more, why, size))
			return false;
	return true;
}

bool seen_within(const struct seen *less, const struct seen *more, u32 insn_cnt, char *why,
		 u32 size)
{
	char what[200];
	u32 pc;

	for (pc = 0; pc < insn_cnt; pc++) {
		if (insn_within(&less->insns[pc], &more->insns[pc], what, sizeof(what)))
			continue;
		snprintf(why, size, "insn %u: %s", pc, what);
		return false;
	}
	return true;
}
