/* SPDX-License-Identifier: GPL-2.0 */
/* Random programs that the engines must agree on. */
#include "gen.h"

/*
 * Between statements r0 to r7 are scalars, r8 points to the value of "out", r9 to
 * the context (main program), and the first bytes of the stack are initialised.
 */
#define SCALARS		8u
#define OUT		8
#define CTX		9
#define MAIN_STACK	64u
#define SUB_STACK	32u
#define SPILL		(-80)	/* for a pointer */
#define SPILL_INDEX	(-72)

u64 gen_random(u64 *rng)
{
	u64 z = *rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

u64 gen_operand(u64 *rng)
{
	static const u64 edges[] = {
		0, 1, 2, 7, 31, 32, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
		0xffffffff80000000, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffffffffff0,
	};
	u64 r = gen_random(rng);

	switch (r % 4) {
	case 0:
		return gen_random(rng);
	case 1:
		return gen_random(rng) >> (r >> 8) % 64;
	default:
		return edges[(r >> 8) % ARRAY_SIZE(edges)];
	}
}

static u32 pick(struct gen *g, u32 n)
{
	return (u32)(gen_random(&g->rng) >> 32) % n;
}

static bool chance(struct gen *g, u32 percent)
{
	return pick(g, 100) < percent;
}

static s32 imm(struct gen *g)
{
	return (s32)(u32)gen_operand(&g->rng);
}

static struct bpf_insn *emit(struct gen *g, u8 code, u8 dst, u8 src, s32 off, s32 imm)
{
	struct bpf_insn *insn = &g->insns[g->cnt++];

	if (g->cnt > GEN_INSNS)
		abort();
	*insn = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src,
				   .off = (s16)off, .imm = imm };
	return insn;
}

static void load64(struct gen *g, u8 dst, u8 kind, s32 low, s32 high)
{
	emit(g, BPF_LD | BPF_IMM | BPF_DW, dst, kind, 0, low);
	emit(g, 0, 0, 0, 0, high);
}

static u8 any(struct gen *g)
{
	return (u8)pick(g, SCALARS);
}

/* A register that may be written. */
static u8 target(struct gen *g)
{
	u8 r;

	do
		r = any(g);
	while (g->locked & 1u << r);
	return r;
}

static u8 alu_class(struct gen *g)
{
	return chance(g, 50) ? BPF_ALU64 : BPF_ALU;
}

/* --- statements ------------------------------------------------------------ */

static void scalar(struct gen *g, u8 dst)
{
	u64 wide = gen_operand(&g->rng);

	switch (pick(g, g->has_ctx ? 5 : 3)) {
	case 0:
		emit(g, alu_class(g) | BPF_MOV | BPF_K, dst, 0, 0, imm(g));
		break;
	case 1:
		load64(g, dst, 0, (s32)(u32)wide, (s32)(u32)(wide >> 32));
		break;
	case 2:
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, dst, OUT, 8 * (s32)pick(g, GEN_OUT_SIZE / 8), 0);
		break;
	default:
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, dst, CTX, 8 * (s32)pick(g, GEN_CTX / 8), 0);
		break;
	}
}

static void alu(struct gen *g)
{
	static const u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR,
		BPF_MOV, BPF_ARSH,
	};
	u8 op = ops[pick(g, ARRAY_SIZE(ops))], cls = alu_class(g), dst = target(g);
	s32 off = (op == BPF_DIV || op == BPF_MOD) && chance(g, 50), value = imm(g);

	if (chance(g, 50)) {
		emit(g, cls | op | BPF_X, dst, any(g), off, 0);
		return;
	}
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		value &= cls == BPF_ALU64 ? 63 : 31;
	if ((op == BPF_DIV || op == BPF_MOD) && !value)
		value = 3;
	emit(g, cls | op | BPF_K, dst, 0, off, value);
}

static void unary(struct gen *g)
{
	static const s32 widths[] = { 16, 32, 64 };
	static const s16 extensions[] = { 8, 16, 32 };
	u8 dst = target(g), cls = alu_class(g);
	s32 width = widths[pick(g, 3)];

	switch (pick(g, 5)) {
	case 0:
		emit(g, cls | BPF_NEG, dst, 0, 0, 0);
		break;
	case 1:
		emit(g, BPF_ALU | BPF_END | (chance(g, 50) ? BPF_TO_BE : BPF_TO_LE), dst, 0, 0, width);
		break;
	case 2:
		emit(g, BPF_ALU64 | BPF_END, dst, 0, 0, width);
		break;
	default:
		emit(g, cls | BPF_MOV | BPF_X, dst, any(g), extensions[pick(g, cls == BPF_ALU64 ? 3 : 2)], 0);
		break;
	}
}

static const struct { u8 code; s32 bytes; } sizes[] = {
	{ BPF_B, 1 }, { BPF_H, 2 }, { BPF_W, 4 }, { BPF_DW, 8 },
};

/* A place of @bytes in the map value (any alignment) or on the stack (aligned). */
static u8 place(struct gen *g, s32 bytes, bool aligned, s32 *off)
{
	if (chance(g, 50)) {
		*off = (s32)GEN_OUT_WORDS + (s32)pick(g, GEN_OUT_SIZE - GEN_OUT_WORDS - (u32)bytes + 1);
		if (aligned)
			*off &= -bytes;
		return OUT;
	}
	*off = -(s32)g->stack + bytes * (s32)pick(g, g->stack / (u32)bytes);
	return BPF_REG_10;
}

static void load(struct gen *g)
{
	u32 s = pick(g, 4);
	s32 off;
	u8 base, mode = s < 3 && chance(g, 40) ? BPF_MEMSX : BPF_MEM;

	if (g->has_ctx && chance(g, 30)) {
		base = CTX;
		off = sizes[s].bytes * (s32)pick(g, GEN_CTX / (u32)sizes[s].bytes);
	} else {
		base = place(g, sizes[s].bytes, false, &off);
	}
	emit(g, BPF_LDX | mode | sizes[s].code, target(g), base, off, 0);
}

static void store(struct gen *g)
{
	u32 s = pick(g, 4);
	s32 off;
	u8 base = place(g, sizes[s].bytes, false, &off);

	if (chance(g, 60))
		emit(g, BPF_STX | BPF_MEM | sizes[s].code, base, any(g), off, 0);
	else
		emit(g, BPF_ST | BPF_MEM | sizes[s].code, base, 0, off, imm(g));
}

static void atomic(struct gen *g)
{
	static const s32 ops[] = {
		BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_AND | BPF_FETCH,
		BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG,
	};
	u32 s = 2 + pick(g, 2);
	s32 off, op = ops[pick(g, ARRAY_SIZE(ops))];
	u8 base = place(g, sizes[s].bytes, true, &off);

	if (op == BPF_CMPXCHG && (g->locked & 1))
		op = BPF_ADD;
	if (op == BPF_CMPXCHG && chance(g, 60))	/* make it match now and then */
		emit(g, BPF_LDX | BPF_MEM | sizes[s].code, 0, base, off, 0);
	emit(g, BPF_STX | BPF_ATOMIC | sizes[s].code, base, target(g), off, op);
}

/* A spilled pointer comes back and is used. */
static void spill(struct gen *g)
{
	u8 r = target(g);

	if (g->in_subprog)
		return;
	emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, OUT, SPILL, 0);
	emit(g, BPF_LDX | BPF_MEM | BPF_DW, r, BPF_REG_10, SPILL, 0);
	emit(g, BPF_LDX | BPF_MEM | BPF_W, r, r, 4 * (s32)pick(g, GEN_OUT_SIZE / 4), 0);
}

/* An offset that is known only as a range. */
static void variable_offset(struct gen *g)
{
	u8 index = target(g), ptr;
	u32 s = pick(g, 4);

	do
		ptr = target(g);
	while (ptr == index);
	emit(g, alu_class(g) | BPF_AND | BPF_K, index, 0, 0, 0x7f);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, ptr, OUT, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_X, ptr, index, 0, 0);
	if (chance(g, 50)) {
		emit(g, BPF_LDX | BPF_MEM | sizes[s].code, ptr, ptr, (s32)GEN_OUT_WORDS, 0);
	} else {
		emit(g, BPF_STX | BPF_MEM | sizes[s].code, ptr, index, (s32)GEN_OUT_WORDS, 0);
		scalar(g, ptr);
	}
}

/* A number that has some bits and lacks others. */
static void narrow(struct gen *g, u8 r)
{
	static const s32 masks[] = { 0x7f, 0xff, 0xf8, 0x3c, -4, 0x80000007, 0x1ff, 1 };
	u8 cls = alu_class(g);

	switch (pick(g, 8)) {
	case 0:
		emit(g, cls | BPF_AND | BPF_K, r, 0, 0, masks[pick(g, ARRAY_SIZE(masks))]);
		break;
	case 1:
		emit(g, cls | BPF_RSH | BPF_K, r, 0, 0, (s32)pick(g, cls == BPF_ALU64 ? 64 : 32));
		break;
	case 2:
		emit(g, cls | BPF_MOD | BPF_K, r, 0, 0, (s32)(1 + pick(g, 300)));
		break;
	case 3:
		emit(g, cls | BPF_ARSH | BPF_K, r, 0, 0, (s32)pick(g, cls == BPF_ALU64 ? 64 : 32));
		break;
	case 4:
		emit(g, cls | BPF_MOV | BPF_X, r, r, chance(g, 50) ? 8 : 16, 0);
		break;
	case 5:
		emit(g, BPF_ALU | BPF_MOV | BPF_X, r, r, 0, 0);
		break;
	case 6:
		emit(g, cls | (chance(g, 50) ? BPF_ADD : BPF_MUL) | BPF_K, r, 0, 0, (s32)pick(g, 20) - 4);
		break;
	}
}

/*
 * An offset bounded by comparisons, of itself, of a copy or of what differs from it by a constant;
 * it may come back from the stack. The verifier decides; most are refused.
 */
static void bounded_offset(struct gen *g)
{
	static const u8 ops[] = {
		BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JEQ, BPF_JNE,
		BPF_JSET,
	};
	u8 index = target(g), ptr, tested;
	u32 at[3], n = 1 + pick(g, 3), i, s = pick(g, 4);
	bool spilled = chance(g, 30);
	s32 off, shift = (s32)pick(g, 60) - 20;

	do
		ptr = target(g);
	while (ptr == index);
	if (g->in_subprog || g->in_loop || g->branches < n || !(g->has_ctx))
		return;
	g->branches -= n;
	tested = chance(g, 50) ? index : ptr;	/* ptr's register holds the copy first */
	emit(g, BPF_LDX | BPF_MEM | sizes[pick(g, 4)].code, index, CTX, 8 * (s32)pick(g, GEN_CTX / 8), 0);
	if (chance(g, 50))
		narrow(g, index);
	if (chance(g, 30))
		narrow(g, index);
	emit(g, alu_class(g) | BPF_MOV | BPF_X, ptr, index, 0, 0);
	if (chance(g, 40))
		emit(g, alu_class(g) | BPF_ADD | BPF_K, ptr, 0, 0, shift);
	if (spilled)
		emit(g, BPF_STX | BPF_MEM | (chance(g, 70) ? BPF_DW : BPF_W), BPF_REG_10, index, SPILL_INDEX, 0);
	for (i = 0; i < n; i++) {
		at[i] = g->cnt;
		emit(g, (chance(g, 60) ? BPF_JMP : BPF_JMP32) | ops[pick(g, ARRAY_SIZE(ops))] | BPF_K, tested, 0,
		     0, chance(g, 80) ? (s32)pick(g, 260) : imm(g));
		if (chance(g, 20))
			tested = tested == index ? ptr : index;
	}
	if (spilled)
		emit(g, BPF_LDX | BPF_MEM | (chance(g, 70) ? BPF_DW : BPF_W), index, BPF_REG_10, SPILL_INDEX, 0);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, ptr, OUT, 0, 0);
	emit(g, BPF_ALU64 | (chance(g, 85) ? BPF_ADD : BPF_SUB) | BPF_X, ptr, index, 0, 0);
	off = (s32)pick(g, 200) - 20;
	if (chance(g, 60))	/* close to the end of the value, if the first comparison says it all */
		off = (s32)GEN_OUT_SIZE - sizes[s].bytes - (g->insns[at[0]].imm & 0xff) + (s32)pick(g, 4) - 1;
	emit(g, BPF_LDX | BPF_MEM | sizes[s].code, ptr, ptr, off, 0);
	for (i = 0; i < n; i++)
		g->insns[at[i]].off = (s16)(g->cnt - at[i] - 1);
	scalar(g, ptr);
	scalar(g, index);
}

/* What calls leave behind: r0 is something, r1 to r5 are gone. */
static void after_call(struct gen *g, bool r0_too)
{
	u8 r;

	for (r = r0_too ? 0 : 1; r <= 5; r++)
		scalar(g, r);
}

static void helper(struct gen *g)
{
	static const s32 ids[] = {
		BPF_FUNC_ktime_get_ns, BPF_FUNC_get_prandom_u32, BPF_FUNC_get_smp_processor_id,
		BPF_FUNC_get_current_pid_tgid, BPF_FUNC_get_current_uid_gid,
	};

	if (g->locked & 0x3f)
		return;
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, ids[pick(g, ARRAY_SIZE(ids))]);
	after_call(g, false);
}

static void stack_address(struct gen *g, u8 dst, s32 off)
{
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, dst, BPF_REG_10, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

static void hash(struct gen *g)
{
	s32 key = -8;

	if (g->locked & 0x3f)
		return;
	/* few keys, so that they meet */
	emit(g, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, key, (s32)pick(g, 6));
	load64(g, 1, BPF_PSEUDO_MAP_FD, g->fd_hash, 0);
	stack_address(g, 2, key);
	switch (pick(g, 3)) {
	case 0:
		if (!g->branches || g->in_loop) {
			emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
			break;
		}
		g->branches--;
		emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
		emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0);
		emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, 0, 1, 0, 0);
		emit(g, BPF_STX | BPF_ATOMIC | BPF_DW, 1, 0, 0, BPF_ADD);
		break;
	case 1:
		stack_address(g, 3, -16);
		emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, (s32)pick(g, 4));
		emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_update_elem);
		break;
	default:
		emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_delete_elem);
		break;
	}
	after_call(g, false);
}

static void tail_call(struct gen *g)
{
	u8 index = any(g);

	if (g->in_subprog || g->in_loop || (g->locked & 0x3f))
		return;
	if (chance(g, 50)) {
		emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, (s32)pick(g, GEN_SLOTS + 1));
	} else {
		emit(g, alu_class(g) | BPF_MOV | BPF_X, 3, index, 0, 0);
		if (chance(g, 80))
			emit(g, alu_class(g) | BPF_AND | BPF_K, 3, 0, 0, GEN_SLOTS - 1);
	}
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 1, CTX, 0, 0);
	load64(g, 2, BPF_PSEUDO_MAP_FD, g->fd_table, 0);
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call);
	after_call(g, true);
}

static void subprogram(struct gen *g)
{
	if (g->in_subprog || g->in_loop || (g->locked & 0x3f) || g->call_cnt == ARRAY_SIZE(g->calls))
		return;
	g->calls[g->call_cnt++] = g->cnt;
	emit(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	after_call(g, false);
}

static void block(struct gen *g, u32 statements);

/* A comparison with its target left open. */
static u32 condition(struct gen *g)
{
	static const u8 ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
		BPF_JSLT, BPF_JSLE,
	};
	u8 cls = chance(g, 50) ? BPF_JMP : BPF_JMP32, op = ops[pick(g, ARRAY_SIZE(ops))];

	if (chance(g, 50))
		emit(g, cls | op | BPF_X, any(g), any(g), 0, 0);
	else
		emit(g, cls | op | BPF_K, any(g), 0, 0, imm(g));
	return g->cnt - 1;
}

static void branch(struct gen *g)
{
	u32 at, skip;

	if (!g->branches || g->in_loop || g->depth > 3)
		return;
	g->branches--;
	g->depth++;
	at = condition(g);
	block(g, 1 + pick(g, 5));
	if (chance(g, 50)) {
		bool wide = chance(g, 30);

		skip = g->cnt;
		emit(g, (wide ? BPF_JMP32 : BPF_JMP) | BPF_JA, 0, 0, 0, 0);
		g->insns[at].off = (s16)(g->cnt - at - 1);
		block(g, 1 + pick(g, 5));
		if (wide)
			g->insns[skip].imm = (s32)(g->cnt - skip - 1);
		else
			g->insns[skip].off = (s16)(g->cnt - skip - 1);
	} else {
		g->insns[at].off = (s16)(g->cnt - at - 1);
	}
	g->depth--;
}

static void loop(struct gen *g)
{
	static const u8 again[] = { BPF_JLT, BPF_JNE, BPF_JSLT };
	u8 counter = (u8)(6 + pick(g, 2));
	u32 top;

	if (g->in_loop || g->depth > 2)
		return;
	g->in_loop = true;
	g->locked |= 1u << counter;
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, counter, 0, 0, 0);
	top = g->cnt;
	block(g, 1 + pick(g, 4));
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, counter, 0, 0, 1);
	emit(g, (chance(g, 50) ? BPF_JMP : BPF_JMP32) | again[pick(g, 3)] | BPF_K, counter, 0,
	     (s32)top - (s32)g->cnt - 1, (s32)(2 + pick(g, 4)));
	g->locked &= ~(1u << counter);
	g->in_loop = false;
}

static void statement(struct gen *g)
{
	static const struct { u32 weight; void (*make)(struct gen *g); } kinds[] = {
		{ 40, alu }, { 10, unary }, { 10, load }, { 10, store }, { 8, atomic }, { 8, branch },
		{ 3, loop }, { 3, helper }, { 3, hash }, { 3, variable_offset }, { 3, subprogram },
		{ 4, tail_call }, { 2, spill },
	};
	u32 i, n = pick(g, 107);

	if (g->risky && chance(g, 40)) {
		bounded_offset(g);
		return;
	}
	for (i = 0; n >= kinds[i].weight; i++)
		n -= kinds[i].weight;
	kinds[i].make(g);
}

static void block(struct gen *g, u32 statements)
{
	/* keep room for what must follow */
	while (statements-- && g->cnt < GEN_INSNS - 400)
		statement(g);
}

/* --- whole programs ------------------------------------------------------------ */

static void begin(struct gen *g, u32 first_scalar, u32 stack)
{
	u32 r;

	load64(g, OUT, BPF_PSEUDO_MAP_VALUE, g->fd_out, 0);
	for (r = first_scalar; r < SCALARS; r++)
		scalar(g, (u8)r);
	if (first_scalar)
		scalar(g, 0);
	g->stack = stack;
	for (r = 0; r < stack; r += 8)
		emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, any(g), -8 - (s32)r, 0);
}

static void end(struct gen *g)
{
	u32 r;

	for (r = 1; r < SCALARS; r++) {
		emit(g, BPF_ALU64 | BPF_MUL | BPF_K, 0, 0, 0, 31);
		emit(g, BPF_ALU64 | BPF_ADD | BPF_X, 0, (u8)r, 0, 0);
	}
	for (r = 0; r < g->stack; r += 8) {
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, 1, BPF_REG_10, -8 - (s32)r, 0);
		emit(g, BPF_ALU64 | BPF_XOR | BPF_X, 0, 1, 0, 0);
	}
	emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void gen_program(struct gen *g, u32 number)
{
	u32 i, subprogs, start[2];

	g->cnt = 0;
	g->number = number;
	g->locked = g->depth = g->call_cnt = 0;
	g->in_loop = g->in_subprog = false;
	g->branches = 6;
	g->has_ctx = true;
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, CTX, 1, 0, 0);
	begin(g, 0, MAIN_STACK);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1);
	emit(g, BPF_STX | BPF_ATOMIC | BPF_DW, OUT, 1, 8 * (s32)number, BPF_ADD);
	/* short when risky: one access that is refused spoils it all */
	block(g, g->risky ? 1 + pick(g, 5) : 5 + pick(g, 60));
	for (i = 0; i < SCALARS; i++)
		emit(g, BPF_STX | BPF_MEM | BPF_DW, OUT, (u8)i, (s32)(GEN_OUT_SIZE - 64 + 8 * i), 0);
	end(g);

	if (!g->call_cnt)
		return;
	g->has_ctx = false;
	g->in_subprog = true;
	subprogs = g->call_cnt > 1 ? 2 : 1;
	for (i = 0; i < subprogs; i++) {
		start[i] = g->cnt;
		g->branches = 1;
		begin(g, 6, SUB_STACK);
		block(g, 2 + pick(g, 12));
		end(g);
	}
	/* each is called, the second one too */
	for (i = 0; i < g->call_cnt; i++) {
		u32 which = i < subprogs ? i : pick(g, subprogs);

		g->insns[g->calls[i]].imm = (s32)start[which] - (s32)g->calls[i] - 1;
	}
}

/* One field, to something near or to something that hurts. */
static void mutate_field(struct gen *g, struct bpf_insn *insn)
{
	bool call = insn->code == (BPF_JMP | BPF_CALL);

	switch (pick(g, 7)) {
	case 0:
		insn->dst_reg = pick(g, 11) & 15;
		break;
	case 1:
		insn->src_reg = pick(g, 11) & 15;
		break;
	case 2:
		insn->off = (s16)(insn->off + (s16)pick(g, 17) - 8);
		break;
	case 3:
		insn->off = (s16)gen_operand(&g->rng);
		break;
	case 4:
		/* no other helpers: some read what differs from run to run */
		if (!call)
			insn->imm = (s32)((u32)insn->imm + pick(g, 17) - 8);
		break;
	case 5:
		if (!call)
			insn->imm = imm(g);
		break;
	default:
		/* another operation or width of the same class */
		if (!call)
			insn->code ^= (u8)(8u << pick(g, 5));
		break;
	}
}

void gen_mutate(struct gen *g)
{
	u32 n = 1 + pick(g, 3);

	while (n--) {
		u32 at = pick(g, g->cnt);

		switch (pick(g, 6)) {
		case 0:	/* drop one: a check, an initialisation */
			g->insns[at] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
			break;
		case 1:	/* swap two neighbours */
			if (at)
				swap(g->insns[at], g->insns[at - 1]);
			break;
		default:
			mutate_field(g, &g->insns[at]);
			break;
		}
	}
}
