/* SPDX-License-Identifier: GPL-2.0 */
/* Random programs at the edge of what the verifier accepts: mostly right, with slips. */
#include "../gen.h"
#include "edge.h"

#define ARR	8
#define CTX	9
#define STACK_SLOTS	16	/* those that programs use */

static u32 pick(struct edge *e, u32 n)
{
	return (u32)(gen_random(&e->rng) >> 32) % n;
}

static bool chance(struct edge *e, u32 percent)
{
	return pick(e, 100) < percent;
}

static const u8 comparisons[] = {
	BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
	BPF_JSLT, BPF_JSLE,
};

/* Shall this go wrong? */
static bool slip(struct edge *e)
{
	return chance(e, e->risk);
}

static u32 emit(struct edge *e, u8 code, u8 dst, u8 src, s32 off, s32 imm)
{
	if (e->cnt >= EDGE_INSNS - 2) {
		e->full = true;
		return 0;
	}
	e->insns[e->cnt] = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src,
					      .off = (s16)off, .imm = imm };
	return e->cnt++;
}

static void mov(struct edge *e, u8 dst, u8 src)
{
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void movi(struct edge *e, u8 dst, s32 imm)
{
	emit(e, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void addi(struct edge *e, u8 dst, s32 imm)
{
	emit(e, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm);
}

static void call(struct edge *e, s32 id)
{
	emit(e, BPF_JMP | BPF_CALL, 0, 0, 0, id);
}

static void load64(struct edge *e, u8 dst, u8 kind, s32 low)
{
	emit(e, BPF_LD | BPF_IMM | BPF_DW, dst, kind, 0, low);
	emit(e, 0, 0, 0, 0, 0);
}

static void land(struct edge *e, u32 at)
{
	e->insns[at].off = (s16)(e->cnt - at - 1);
}

static const struct {
	u8 code;
	s32 bytes;
} sizes[] = { { BPF_B, 1 }, { BPF_H, 2 }, { BPF_W, 4 }, { BPF_DW, 8 } };

static s32 limit(struct edge *e, u32 about)
{
	switch (pick(e, 4)) {
	case 0:
		return (s32)pick(e, about + 1);
	case 1:
		return (s32)(u32)gen_operand(&e->rng);
	default:
		return (s32)about + (s32)pick(e, 3) - 1;
	}
}

static u8 number(struct edge *e)
{
	static const u8 regs[] = { 0, 1, 2, 3, 4, 5, 7 };

	return regs[pick(e, ARRAY_SIZE(regs))];
}

static void unknown(struct edge *e, u8 dst)
{
	switch (pick(e, e->function || e->type != BPF_PROG_TYPE_KPROBE ? 3 : 5)) {
	case 0:
		movi(e, dst, (s32)(u32)gen_operand(&e->rng));
		break;
	case 1:
	case 2: {
		u32 s = pick(e, 4);

		emit(e, BPF_LDX | (s < 3 && chance(e, 25) ? BPF_MEMSX : BPF_MEM) | sizes[s].code, dst, ARR,
		     sizes[s].bytes * (s32)pick(e, EDGE_ARR / (u32)sizes[s].bytes), 0);
		break;
	}
	default:
		emit(e, BPF_LDX | BPF_MEM | BPF_DW, dst, CTX, 8 * (s32)pick(e, EDGE_CTX / 8), 0);
		break;
	}
}

/* r0 to r5 after a call */
static void refill(struct edge *e, bool r0)
{
	u8 r;

	for (r = r0 ? 0 : 1; r <= 5; r++)
		if (r == 0 || chance(e, 50))
			unknown(e, r);
		else
			movi(e, r, (s32)pick(e, 100));
}

/* --- numbers -------------------------------------------------------------------------- */

static void alu(struct edge *e)
{
	static const u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD,
		BPF_XOR, BPF_MOV, BPF_ARSH, BPF_NEG, BPF_END,
	};
	u8 op = ops[pick(e, ARRAY_SIZE(ops))], class = chance(e, 55) ? BPF_ALU64 : BPF_ALU,
		dst = number(e);
	s32 value = (s32)(u32)gen_operand(&e->rng), sign = (op == BPF_DIV || op == BPF_MOD) &&
		chance(e, 30);

	if (op == BPF_NEG) {
		emit(e, class | op, dst, 0, 0, 0);
	} else if (op == BPF_END) {
		emit(e, class | op | (class == BPF_ALU && chance(e, 50) ? BPF_TO_BE : 0), dst, 0, 0,
		     16 << pick(e, 3));
	} else if (op == BPF_MOV && chance(e, 30)) {
		emit(e, class | op | BPF_X, dst, number(e), 8 << pick(e, class == BPF_ALU64 ? 3 : 2), 0);
	} else if (chance(e, 50)) {
		emit(e, class | op | BPF_X, dst, number(e), sign, 0);
	} else {
		if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
			value &= class == BPF_ALU64 ? 63 : 31;
		if ((op == BPF_DIV || op == BPF_MOD) && !value)
			value = 7;
		if (op == BPF_AND && chance(e, 60))
			value = (1 << pick(e, 9)) - 1;
		emit(e, class | op | BPF_K, dst, 0, sign, value);
	}
}

static u32 condition(struct edge *e, u8 reg, u32 about)
{
	u8 class = chance(e, 70) ? BPF_JMP : BPF_JMP32, op = comparisons[pick(e, ARRAY_SIZE(comparisons))];

	if (chance(e, 30))
		return emit(e, class | op | BPF_X, reg, number(e), 0, 0);
	return emit(e, class | op | BPF_K, reg, 0, 0, limit(e, about));
}

/*
 * Leaves a number of 0 to @max in @dst, most of the time; jumps to be aimed behind the use in @at.
 */
static u32 bound(struct edge *e, u8 dst, u32 max, u32 *at)
{
	bool wrong = slip(e);
	u32 n = 0, mask;
	u8 other = dst == 2 ? 3 : 2;

	unknown(e, dst);
	switch (pick(e, 7)) {
	case 0:
		for (mask = 1; mask * 2 - 1 <= max; mask *= 2)
			;
		emit(e, (chance(e, 50) ? BPF_ALU64 : BPF_ALU) | BPF_AND | BPF_K, dst, 0, 0,
		     (s32)(wrong ? mask * 2 - 1 : mask - 1));
		break;
	case 1:
		emit(e, (chance(e, 50) ? BPF_ALU64 : BPF_ALU) | BPF_MOD | BPF_K, dst, 0, 0, (s32)max + 1 + wrong);
		break;
	case 2:
		at[n++] = emit(e, BPF_JMP | BPF_JGT | BPF_K, dst, 0, 0, (s32)max + wrong);
		break;
	case 3:
		at[n++] = emit(e, BPF_JMP | BPF_JSGT | BPF_K, dst, 0, 0, (s32)max);
		if (!wrong)
			at[n++] = emit(e, BPF_JMP | BPF_JSLT | BPF_K, dst, 0, 0, 0);
		break;
	case 4:	/* a copy is compared */
		mov(e, other, dst);
		if (chance(e, 40))
			addi(e, other, (s32)pick(e, 4) - 2);
		at[n++] = emit(e, BPF_JMP | BPF_JGE | BPF_K, other, 0, 0, (s32)max);
		if (wrong)
			at[n++] = condition(e, dst, max);
		break;
	case 5:	/* over the stack */
		emit(e, BPF_STX | BPF_MEM | (chance(e, 70) ? BPF_DW : BPF_W), BPF_REG_10, dst, -128, 0);
		at[n++] = emit(e, BPF_JMP | BPF_JGT | BPF_K, dst, 0, 0, (s32)max + wrong);
		emit(e, BPF_LDX | BPF_MEM | (chance(e, 80) ? BPF_DW : BPF_W), dst, BPF_REG_10, -128, 0);
		break;
	default:
		emit(e, BPF_ALU | BPF_MOV | BPF_X, dst, dst, 0, 0);
		at[n++] = emit(e, BPF_JMP32 | BPF_JGT | BPF_K, dst, 0, 0, (s32)max + wrong);
		break;
	}
	if (chance(e, 15))
		at[n++] = condition(e, dst, max);
	return n;
}

/* Reads or writes somewhere in the @size bytes that @ptr points to; @ptr and r3 are used up. */
static void use(struct edge *e, u8 ptr, u32 size, bool writes)
{
	u32 s = pick(e, 4), at[4], n = 0, i, bytes = (u32)sizes[s].bytes, off;

	if (bytes > size)
		bytes = 1, s = 0;
	off = pick(e, size - bytes + 1) + (slip(e) ? bytes : 0);
	if (chance(e, 50)) {
		u32 span = pick(e, size - bytes + 1);
		bool minus = chance(e, 10);

		n = bound(e, 3, span, at);
		if (minus)
			addi(e, ptr, (s32)span);
		emit(e, BPF_ALU64 | (minus ? BPF_SUB : BPF_ADD) | BPF_X, ptr, 3, 0, 0);
		off = size - bytes - span;
		if (off && chance(e, 60))
			off = pick(e, off + 1);
		if (slip(e))
			off++;
	}
	if (!writes || chance(e, 40))
		emit(e, BPF_LDX | BPF_MEM | sizes[s].code, 0, ptr, (s32)off, 0);
	else if (s >= 2 && chance(e, 25) && !(off % bytes) && !n)
		emit(e, BPF_STX | BPF_ATOMIC | sizes[s].code, ptr, 7, (s32)off,
		     chance(e, 50) ? BPF_ADD : BPF_ADD | BPF_FETCH);
	else if (chance(e, 50))
		emit(e, BPF_STX | BPF_MEM | sizes[s].code, ptr, number(e) == ptr ? 7 : 7, (s32)off, 0);
	else
		emit(e, BPF_ST | BPF_MEM | sizes[s].code, ptr, 0, (s32)off, (s32)(u32)gen_operand(&e->rng));
	for (i = 0; i < n; i++)
		land(e, at[i]);
}

/*
 * Leaves a number in r3 that takes the pointer @ptr far, perhaps over the end of the address space;
 * a jump to be aimed in *at, or none (false).
 */
static bool far_number(struct edge *e, u8 ptr, u32 *at)
{
	u32 kind = pick(e, e->leaks ? 6 : 4);

	if (kind >= 4) {	/* the opposite of its address, or nearly so */
		mov(e, 3, ptr);
		emit(e, BPF_ALU64 | BPF_NEG, 3, 0, 0, 0);
		if (kind == 5)
			addi(e, 3, (s32)pick(e, 64) - 16);
		*at = emit(e, BPF_JMP | BPF_JSLT | BPF_K, 3, 0, 0, 0);
		return true;
	}
	unknown(e, 3);
	switch (kind) {
	case 0:
		*at = emit(e, BPF_JMP | BPF_JSLT | BPF_K, 3, 0, 0, (s32)pick(e, 100) - 50);
		return true;
	case 1:
		emit(e, BPF_ALU64 | BPF_RSH | BPF_K, 3, 0, 0, 1 + (s32)pick(e, 35));
		return false;
	case 2:
		emit(e, BPF_ALU | BPF_MOV | BPF_X, 3, 3, 0, 0);
		return false;
	default:
		emit(e, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, 0x7fffffff >> pick(e, 3));
		return false;
	}
}

/*
 * The pointer in r4, into @size bytes, is moved and compared: with 0, with a pointer into the same
 * object (a constant or a number of up to 63 behind r4), with a number. What is done on the two
 * ways tells whether the verifier decided rightly; a use, whether it learnt what is not so. r0 to
 * r5 and r7 are used up.
 */
static void far_compare(struct edge *e, u32 size)
{
	u8 left = 4, right = 5, op = comparisons[pick(e, ARRAY_SIZE(comparisons))];
	u32 at[6], n = 0, i, jump, skip = 0;

	mov(e, 5, 4);
	n += far_number(e, 4, &at[n]);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 4, 3, 0, 0);
	if (chance(e, 20))
		addi(e, 4, (s32)pick(e, 16) - 8);
	switch (pick(e, 6)) {
	case 0:
	case 1:
		right = 0;
		op = chance(e, 80) ? (chance(e, 50) ? BPF_JEQ : BPF_JNE) : op;
		break;
	case 2:
		addi(e, 5, (s32)pick(e, size + 1));
		break;
	case 3:	/* both are variable */
		unknown(e, 1);
		emit(e, BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, chance(e, 70) ? 63 : 0x7fffffff);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 5, 1, 0, 0);
		break;
	case 4:
		if (e->leaks && chance(e, 50)) {
			movi(e, 5, (s32)(u32)gen_operand(&e->rng));
			break;
		}
		/* fall through */
	default:
		n += far_number(e, 5, &at[n]);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 5, 3, 0, 0);
		break;
	}
	if (right && chance(e, 50))
		swap(left, right);
	if (right)
		jump = emit(e, BPF_JMP | op | BPF_X, left, right, 0, 0);
	else
		jump = emit(e, BPF_JMP | op | BPF_K, left, 0, 0, 0);
	for (i = 0; i < 2; i++) {
		if (slip(e))
			emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, chance(e, 70) ? 4 : 5, (s32)pick(e, 4), 0);
		movi(e, 7, (s32)pick(e, 64));
		if (i)
			break;
		skip = emit(e, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(e, jump);
	}
	land(e, skip);
	for (i = 0; i < n; i++)
		land(e, at[i]);
}

static void far_pointer(struct edge *e)
{
	u32 size = EDGE_ARR, i, at = 0;
	bool looked_up = false;

	switch (pick(e, 4)) {
	case 0:
		movi(e, 0, 0);
		for (i = 0; i < 3; i++)
			emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8 - 8 * (s32)i, 0);
		e->written |= 7;
		mov(e, 4, BPF_REG_10);
		addi(e, 4, -24);
		size = 24;
		break;
	case 1:
		emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, (s32)pick(e, 5));
		e->written |= 1;
		mov(e, 2, BPF_REG_10);
		addi(e, 2, -8);
		load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[chance(e, 50) ? EDGE_MANY : EDGE_HASH]);
		call(e, BPF_FUNC_map_lookup_elem);
		mov(e, 4, 0);
		looked_up = !slip(e);
		if (looked_up)
			at = emit(e, BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 0, 0);
		size = EDGE_VALUE;
		break;
	default:
		mov(e, 4, ARR);
		break;
	}
	far_compare(e, size);
	if (looked_up)
		land(e, at);
	refill(e, true);
}

static void array_access(struct edge *e)
{
	if (chance(e, 25)) {
		load64(e, 4, BPF_PSEUDO_MAP_VALUE, e->fd[EDGE_RO]);
		use(e, 4, 16, slip(e));
	} else {
		mov(e, 4, ARR);
		use(e, 4, EDGE_ARR, true);
	}
	refill(e, true);
}

/* --- the stack -------------------------------------------------------------------------- */

static void stack_access(struct edge *e)
{
	u32 slot = pick(e, STACK_SLOTS), s = pick(e, 4), at[4], n, i;
	s32 off = -8 - 8 * (s32)slot;

	switch (pick(e, 6)) {
	case 0:
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, number(e), off, 0);
		e->written |= 1u << slot;
		break;
	case 1:
		emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, off, (s32)(u32)gen_operand(&e->rng));
		e->written |= 1u << slot;
		break;
	case 2:	/* a part of it */
		if (chance(e, 50))
			emit(e, BPF_STX | BPF_MEM | sizes[s].code, BPF_REG_10, number(e),
			     off + sizes[s].bytes * (s32)pick(e, 8 / (u32)sizes[s].bytes), 0);
		else
			emit(e, BPF_ST | BPF_MEM | sizes[s].code, BPF_REG_10, 0,
			     off + sizes[s].bytes * (s32)pick(e, 8 / (u32)sizes[s].bytes), 5);
		break;
	case 3:
		if (e->written & 1u << slot || slip(e))
			emit(e,
			     BPF_LDX | (s < 3 && chance(e, 20) ? BPF_MEMSX : BPF_MEM) |
				     sizes[s].code,
			     number(e), BPF_REG_10,
			     off + sizes[s].bytes * (s32)pick(e, 8 / (u32)sizes[s].bytes), 0);
		break;
	case 4:	/* bytes at a variable place */
		movi(e, 0, 0);
		for (i = 0; i < 3; i++)
			emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8 - 8 * (s32)i, 0);
		e->written |= 7;
		n = bound(e, 1, 23, at);
		mov(e, 4, BPF_REG_10);
		addi(e, 4, -24 - (slip(e) ? 1 : 0));
		emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 4, 1, 0, 0);
		if (chance(e, 50))
			emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, 4, 0, 0);
		else
			emit(e, BPF_STX | BPF_MEM | BPF_B, 4, 7, 0, 0);
		for (i = 0; i < n; i++)
			land(e, at[i]);
		refill(e, true);
		break;
	default:	/* a pointer goes and comes back, perhaps damaged */
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, chance(e, 50) ? ARR : BPF_REG_10, off, 0);
		if (slip(e))
			emit(e, BPF_STX | BPF_MEM | sizes[s].code, BPF_REG_10, 7, off, 0);
		emit(e, BPF_LDX | BPF_MEM | BPF_DW, 4, BPF_REG_10, off, 0);
		emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, 4, chance(e, 70) ? 0 : -8, 0);
		movi(e, 4, 3);
		emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, off, 1);
		e->written |= 1u << slot;
		break;
	}
}

/* --- helpers ------------------------------------------------------------------------------ */

static void key(struct edge *e, u8 reg, bool wide)
{
	if (chance(e, 50))
		emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, (s32)pick(e, 6));
	else if (wide || chance(e, 50))
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 7, -8, 0);
	else
		emit(e, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, 7, -8, 0);
	e->written |= 1;
	mov(e, reg, BPF_REG_10);
	addi(e, reg, -8 - (slip(e) ? 4 : 0));
}

static void value(struct edge *e, u8 reg)
{
	u32 i, skip = slip(e) ? pick(e, 3) : 3;

	for (i = 0; i < 3; i++)
		if (i != skip)
			emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, number(e) == 1 ? 7 : 7, -32 + 8 * (s32)i, 0);
	e->written |= 0xe & ~(8u >> skip);
	mov(e, reg, BPF_REG_10);
	addi(e, reg, -32);
}

static void statement(struct edge *e);

static void lookup(struct edge *e)
{
	static const u32 keyed[] = { EDGE_HASH, EDGE_LRU, EDGE_PERCPU, EDGE_MANY };
	u32 map = keyed[pick(e, ARRAY_SIZE(keyed))], at;
	bool kept = chance(e, 30);

	key(e, 2, map == EDGE_HASH || map == EDGE_LRU);
	load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[map]);
	call(e, BPF_FUNC_map_lookup_elem);
	if (kept) {	/* something happens before it is looked at */
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 0, -120, 0);
		refill(e, true);
		if (e->depth < 3) {
			e->depth++;
			statement(e);
			e->depth--;
		}
		emit(e, BPF_LDX | BPF_MEM | BPF_DW, 0, BPF_REG_10, -120, 0);
	}
	if (slip(e)) {
		use(e, 0, EDGE_VALUE, true);
	} else {
		mov(e, 4, 0);
		if (chance(e, 30))
			mov(e, 5, 0);
		at = emit(e, BPF_JMP | (chance(e, 90) ? BPF_JEQ : BPF_JNE) | BPF_K, 0, 0, 0, 0);
		use(e, 4, EDGE_VALUE, true);
		land(e, at);
	}
	refill(e, true);
}

static void update(struct edge *e)
{
	u32 map = chance(e, 50) ? EDGE_HASH : EDGE_LRU;

	key(e, 2, true);
	load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[map]);
	if (chance(e, 70)) {
		value(e, 3);
		movi(e, 4, (s32)pick(e, 3));
		call(e, BPF_FUNC_map_update_elem);
	} else {
		call(e, BPF_FUNC_map_delete_elem);
	}
	refill(e, false);
}

static void queue(struct edge *e)
{
	static const s32 ids[] = { BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_peek_elem };
	s32 id = ids[pick(e, 3)];

	if (id == BPF_FUNC_map_push_elem || slip(e)) {
		value(e, 2);
	} else {
		mov(e, 2, BPF_REG_10);
		addi(e, 2, -32);
	}
	load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[chance(e, 50) ? EDGE_QUEUE : EDGE_STACK]);
	movi(e, 3, 0);
	call(e, id);
	if (id != BPF_FUNC_map_push_elem)
		e->written |= 0xe;
	refill(e, false);
}

static void record(struct edge *e)
{
	static const u32 lengths[] = { 1, 8, 12, 24, 40 };
	u32 len = lengths[pick(e, ARRAY_SIZE(lengths))], at;

	load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[EDGE_RING]);
	movi(e, 2, (s32)len);
	movi(e, 3, 0);
	call(e, BPF_FUNC_ringbuf_reserve);
	at = emit(e, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 0, -112, 0);
	mov(e, 4, 0);
	if (chance(e, 15))
		far_compare(e, len);
	else
		use(e, 4, len, true);
	if (chance(e, 40) && e->depth < 3) {
		e->depth++;
		refill(e, true);
		statement(e);
		e->depth--;
	}
	emit(e, BPF_LDX | BPF_MEM | BPF_DW, 1, BPF_REG_10, -112, 0);
	if (slip(e))
		addi(e, 1, 8);
	movi(e, 2, 0);
	if (!slip(e))
		call(e, chance(e, 50) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
	if (slip(e))
		emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, 1, 0, 0);
	land(e, at);
	refill(e, true);
}

/* A helper that writes a variable number of bytes somewhere. */
static void fill(struct edge *e)
{
	u32 at[4], n, i, max = pick(e, 30);

	n = bound(e, 2, max, at);
	if (chance(e, 50)) {
		mov(e, 1, BPF_REG_10);
		addi(e, 1, -(s32)max - (slip(e) ? 0 : 2));
	} else {
		mov(e, 1, ARR);
		addi(e, 1, (s32)(EDGE_ARR - max) + (slip(e) ? 1 : 0));
	}
	mov(e, 3, ARR);
	call(e, BPF_FUNC_probe_read_kernel);
	for (i = 0; i < n; i++)
		land(e, at[i]);
	refill(e, true);
}

static void plain_helper(struct edge *e)
{
	static const s32 ids[] = { BPF_FUNC_ktime_get_ns, BPF_FUNC_get_prandom_u32,
				   BPF_FUNC_get_smp_processor_id };

	call(e, ids[pick(e, ARRAY_SIZE(ids))]);
	refill(e, false);
}

/* --- packets -------------------------------------------------------------------------------- */

static void packet(struct edge *e)
{
	u32 len = 1 + pick(e, 60), at[4], n = 0, i, end;
	static const u8 forms[] = { BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE };
	u8 form = forms[pick(e, 2)];
	bool swapped = chance(e, 40);

	if (e->type == BPF_PROG_TYPE_KPROBE || e->function) {
		array_access(e);
		return;
	}
	if (e->type == BPF_PROG_TYPE_SOCKET_FILTER || chance(e, 15)) {
		mov(e, 6, CTX);
		if (chance(e, 50)) {
			emit(e, BPF_LD | BPF_ABS | sizes[pick(e, 3)].code, 0, 0, 0, (s32)pick(e, 80));
		} else {
			emit(e, BPF_LD | BPF_IND | sizes[pick(e, 3)].code, 0, 7, 0, (s32)pick(e, 20));
		}
		refill(e, false);
		return;
	}
	if (chance(e, 20)) {
		mov(e, 1, CTX);
		n = bound(e, 2, 40, at);
		mov(e, 3, BPF_REG_10);
		addi(e, 3, -16);
		movi(e, 4, 16 + (slip(e) ? 1 : 0));
		call(e, BPF_FUNC_skb_load_bytes);
		for (i = 0; i < n; i++)
			land(e, at[i]);
		refill(e, true);
		return;
	}
	emit(e, BPF_LDX | BPF_MEM | BPF_W, 4, CTX, 76, 0);
	emit(e, BPF_LDX | BPF_MEM | BPF_W, 5, CTX, 80, 0);
	if (chance(e, 40)) {
		n = bound(e, 3, pick(e, 2) ? 40 : 2000, at);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 4, 3, 0, 0);
	}
	if (chance(e, 15)) {
		far_compare(e, len);
		for (i = 0; i < n; i++)
			land(e, at[i]);
		refill(e, true);
		return;
	}
	mov(e, 2, 4);
	addi(e, 2, (s32)len);
	if (swapped)	/* end < data + len */
		end = emit(e, BPF_JMP | (form == BPF_JGT ? BPF_JLT : BPF_JLE) | BPF_X, 5, 2, 0, 0);
	else
		end = emit(e, BPF_JMP | (slip(e) ? BPF_JLT : form) | BPF_X, 2, 5, 0, 0);
	use(e, 4, len, e->type == BPF_PROG_TYPE_SCHED_CLS);
	land(e, end);
	for (i = 0; i < n; i++)
		land(e, at[i]);
	refill(e, true);
}

/* --- flow ------------------------------------------------------------------------------------- */

static void block(struct edge *e, u32 n)
{
	e->depth++;
	while (n-- && !e->full)
		statement(e);
	e->depth--;
}

static void branch(struct edge *e)
{
	u32 at, skip, before = e->written, one;

	if (e->depth > 2) {
		alu(e);
		return;
	}
	at = condition(e, number(e), 64);
	block(e, 1 + pick(e, 2));
	one = e->written;
	e->written = before;
	if (chance(e, 50)) {
		skip = emit(e, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(e, at);
		block(e, 1 + pick(e, 2));
		land(e, skip);
		e->written &= one;
	} else {
		land(e, at);
	}
}

static void loop(struct edge *e)
{
	u32 rounds = 2 + pick(e, 12), top, kind = pick(e, 3), stop = 0;

	if (e->depth) {
		alu(e);
		return;
	}
	movi(e, 7, kind == 2 ? (s32)rounds : 0);
	top = e->cnt;
	if (chance(e, 60)) {	/* the counter as an index */
		mov(e, 4, ARR);
		emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 4, 7, 0, 0);
		emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, 4, (s32)(EDGE_ARR - rounds) - (kind == 2) + slip(e), 0);
		if (chance(e, 40))
			stop = emit(e, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, (s32)pick(e, 256));
		movi(e, 4, 0);
	} else {
		alu(e);
	}
	if (kind == 2) {
		addi(e, 7, -1);
		emit(e, BPF_JMP | BPF_JNE | BPF_K, 7, 0, (s32)top - (s32)e->cnt - 1, 0);
	} else {
		addi(e, 7, 1);
		emit(e, (chance(e, 70) ? BPF_JMP : BPF_JMP32) | (kind ? BPF_JLT : BPF_JSLT) | BPF_K,
		     7, 0, (s32)top - (s32)e->cnt - 1, (s32)rounds);
	}
	if (stop) {
		land(e, stop);
		movi(e, 4, 0);
	}
}

/*
 * Kinds of functions: numbers; an address of the stack; the value of arr; what a lookup gave;
 * callbacks, the last one of them with a small number as its state.
 */
enum { NUMBERS, ADDRESS, VALUE, OR_NULL, LOOP_CALLBACK, EACH_CALLBACK, STATE_CALLBACK };

static void function(struct edge *e)
{
	u32 kind = pick(e, 4);

	if (e->function || e->func_cnt >= 6) {
		alu(e);
		return;
	}
	switch (kind) {
	case ADDRESS:
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 7, -16, 0);
		e->written |= 2;
		mov(e, 1, BPF_REG_10);
		addi(e, 1, -16);
		break;
	case VALUE:
		mov(e, 1, ARR);
		addi(e, 1, 8);
		break;
	case OR_NULL:
		key(e, 2, true);
		load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[EDGE_HASH]);
		call(e, BPF_FUNC_map_lookup_elem);
		mov(e, 1, 0);
		unknown(e, 2);
		break;
	}
	e->func_kind[e->func_cnt] = kind;
	e->func_global[e->func_cnt] = chance(e, 50);
	e->funcs[e->func_cnt++] = emit(e, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	refill(e, chance(e, 20));
}

/*
 * A prototype that fits what function() gives, or nearly so. true: its r1 may be null. The sizes
 * are those that body() reaches.
 */
static bool prototype(struct edge *e, u32 kind)
{
	static const char *const fits[] = {
		[NUMBERS] = "u64, u64", [ADDRESS] = "u64 *, u64", [VALUE] = "struct s56 *, u64",
		[OR_NULL] = "struct s24 *, u64",
	};
	static const char *const others[] = { "u64, u64", "u32 *, u64", "struct s64 *, u64",
					      "struct s16 *, u64", "struct pt_regs *, u64" };
	bool or_null = kind == OR_NULL || chance(e, 30);
	struct asm_func *f = &e->protos[e->proto_cnt++];

	f->insn = e->cnt;
	f->global = true;
	snprintf(f->proto, sizeof(f->proto), "%s f%u(%s%s)", chance(e, 10) ? "void" : "int", e->cnt,
		 kind == NUMBERS || (or_null && !slip(e)) ? "" : "__arg_nonnull ",
		 slip(e) ? others[pick(e, 5)] : fits[kind]);
	return kind != NUMBERS && or_null;
}

/* Puts the address of a function that is made later into @fn. */
static void callback_address(struct edge *e, u8 fn, u32 kind)
{
	e->func_kind[e->func_cnt] = kind;
	e->func_global[e->func_cnt] = false;
	e->funcs[e->func_cnt++] = emit(e, BPF_LD | BPF_IMM | BPF_DW, fn, BPF_PSEUDO_FUNC, 0, 0);
	emit(e, 0, 0, 0, 0, 0);
}

static void callback(struct edge *e)
{
	u32 kind = chance(e, 50) ? LOOP_CALLBACK : EACH_CALLBACK, at;
	u8 fn = 2;

	if (!e->callbacks || e->function || e->func_cnt >= 6) {
		alu(e);
		return;
	}
	if (kind == EACH_CALLBACK && chance(e, 30))
		emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -16, 0);
	else
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 7, -16, 0);
	e->written |= 2;
	callback_address(e, fn, kind);
	mov(e, 3, BPF_REG_10);
	addi(e, 3, -16);
	movi(e, 4, 0);
	if (kind == LOOP_CALLBACK) {
		if (chance(e, 50))
			movi(e, 1, (s32)pick(e, 20));
		else {
			mov(e, 1, 7);
			emit(e, BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, 15);
		}
		call(e, BPF_FUNC_loop);
	} else {
		load64(e, 1, BPF_PSEUDO_MAP_FD, e->fd[chance(e, 30) ? EDGE_HASH : EDGE_MANY]);
		call(e, BPF_FUNC_for_each_map_elem);
		if (slip(e)) {	/* what the rounds left there may be a pointer */
			emit(e, BPF_LDX | BPF_MEM | BPF_DW, 4, BPF_REG_10, -16, 0);
			at = emit(e, BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 0, 0);
			emit(e, BPF_LDX | BPF_MEM | BPF_W, 0, 4, 0, 0);
			land(e, at);
			refill(e, true);
			return;
		}
	}
	refill(e, false);
}

#define STATE	(-40)	/* on the stack: a small number that rounds and the loop around them change */

/* @reg, of a few values, becomes another one. */
static void next_state(struct edge *e, u8 reg)
{
	if (chance(e, 70))
		movi(e, reg, (s32)pick(e, 3));
	else
		addi(e, reg, (s32)pick(e, 3) - 1);
}

static u32 ask_state(struct edge *e, u8 reg)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JEQ, BPF_JNE, BPF_JGT };

	return emit(e, BPF_JMP | ops[pick(e, 4)] | BPF_K, reg, 0, 0, (s32)pick(e, 3));
}

/* Calls with rounds, in a loop that what the rounds did decides. Many have no end. */
static void callback_loop(struct edge *e)
{
	u32 top, out;

	if (!e->callbacks || e->function || e->depth || e->func_cnt >= 6) {
		alu(e);
		return;
	}
	emit(e, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, STATE, (s32)pick(e, 3));
	e->written |= 1u << 4;
	top = e->cnt;
	movi(e, 1, 1 + (s32)pick(e, 2));
	callback_address(e, 2, STATE_CALLBACK);
	mov(e, 3, BPF_REG_10);
	addi(e, 3, STATE);
	movi(e, 4, 0);
	call(e, BPF_FUNC_loop);
	emit(e, BPF_LDX | BPF_MEM | BPF_DW, 1, BPF_REG_10, STATE, 0);
	out = ask_state(e, 1);
	next_state(e, 1);
	emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 1, STATE, 0);
	emit(e, BPF_JMP | BPF_JA, 0, 0, (s32)top - (s32)e->cnt - 1, 0);
	land(e, out);
	refill(e, true);
}

/* Its round: r2 points to the state. */
static void state_round(struct edge *e)
{
	u32 stop = 0;

	emit(e, BPF_LDX | BPF_MEM | BPF_DW, 5, 2, 0, 0);
	if (chance(e, 60))
		stop = ask_state(e, 5);
	if (chance(e, 90))
		next_state(e, 5);
	emit(e, BPF_STX | BPF_MEM | BPF_DW, 2, 5, 0, 0);
	movi(e, 0, chance(e, 10));
	emit(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (!stop)
		return;
	land(e, stop);
	movi(e, 0, chance(e, 90));
	emit(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/*
 * The key in r2 is kept somewhere, r9 being the context. What is not the callback's is wrong, and
 * often so: a program where nothing else is wrong must come that far.
 */
static void keep_key(struct edge *e)
{
	switch (e->risk && chance(e, 40) ? 1 + pick(e, 3) : 0) {
	case 0:
		emit(e, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 2, -48, 0);
		emit(e, BPF_LDX | BPF_MEM | BPF_DW, 2, BPF_REG_10, -48, 0);
		break;
	case 1:
		emit(e, BPF_STX | BPF_MEM | BPF_DW, CTX, 2, 0, 0);
		break;
	case 2:
		emit(e, BPF_STX | BPF_MEM | BPF_DW, ARR, 2, 8 * (s32)pick(e, EDGE_ARR / 8), 0);
		break;
	default:
		mov(e, 5, 2);
		emit(e, BPF_STX | BPF_ATOMIC | BPF_DW, chance(e, 50) ? ARR : CTX, 5, 0, BPF_XCHG);
		break;
	}
}

static void tail_call(struct edge *e)
{
	if (e->function) {
		alu(e);
		return;
	}
	if (chance(e, 50))
		movi(e, 3, (s32)pick(e, EDGE_SLOTS + 1));
	else
		mov(e, 3, 7);
	mov(e, 1, CTX);
	load64(e, 2, BPF_PSEUDO_MAP_FD, e->fd[EDGE_TABLE]);
	call(e, BPF_FUNC_tail_call);
	refill(e, true);
}

/* A comparison of pointers, then a use that may rely on it. */
static void compare_pointers(struct edge *e)
{
	u32 at;

	mov(e, 4, ARR);
	mov(e, 5, ARR);
	addi(e, 5, (s32)EDGE_ARR);
	unknown(e, 3);
	emit(e, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, 127);
	emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 4, 3, 0, 0);
	at = emit(e, BPF_JMP | (slip(e) ? BPF_JGT : BPF_JGE) | BPF_X, 4, 5, 0, 0);
	emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, 4, 0, 0);
	land(e, at);
	refill(e, true);
}

static void statement(struct edge *e)
{
	static const struct { u32 weight; void (*make)(struct edge *e); } kinds[] = {
		{ 20, alu }, { 12, array_access }, { 12, stack_access }, { 10, lookup },
		{ 5, update }, { 4, queue }, { 7, record },
		{ 6, fill }, { 2, plain_helper }, { 9, packet }, { 9, branch }, { 4, loop },
		{ 5, function }, { 4, callback }, { 3, callback_loop },
		{ 3, tail_call }, { 1, compare_pointers }, { 5, far_pointer },
	};
	u32 i, n;

	if (!e->statements || e->full)
		return;
	e->statements--;
	n = pick(e, 121);
	for (i = 0; n >= kinds[i].weight; i++)
		n -= kinds[i].weight;
	kinds[i].make(e);
}

/*
 * --- whole programs ------------------------------------------------------------------------------
 */

static void begin(struct edge *e, bool keep1)
{
	u8 r;

	e->written = 0;
	load64(e, ARR, BPF_PSEUDO_MAP_VALUE, e->fd[EDGE_ARR_MAP]);
	for (r = 0; r <= 5; r++)
		if (!keep1 || r == 0 || r == 4 || r == 5)
			unknown(e, r);
	unknown(e, 7);
}

static void end(struct edge *e, bool bounded)
{
	mov(e, 0, number(e));
	if (bounded)
		emit(e, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, slip(e) ? 3 : 1);
	emit(e, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void body(struct edge *e, u32 kind, bool global)
{
	bool checked = global && prototype(e, kind);
	u32 at, out = 0;

	e->function = true;
	if (kind == STATE_CALLBACK) {
		state_round(e);
		return;
	}
	if (kind == EACH_CALLBACK)
		mov(e, CTX, 4);
	begin(e, kind != NUMBERS || global);
	if (kind != EACH_CALLBACK)
		movi(e, CTX, 0);
	if (global && kind == NUMBERS && chance(e, 50))
		mov(e, 7, 2);
	if (global)
		unknown(e, 3);
	if (checked && kind != OR_NULL && !slip(e))
		out = emit(e, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0);
	switch (kind) {
	case ADDRESS:
		emit(e, BPF_STX | BPF_MEM | BPF_DW, 1, 7, slip(e) ? -8 : 0, 0);
		break;
	case VALUE:
		mov(e, 4, 1);
		if (chance(e, 20))
			far_compare(e, EDGE_ARR - 8);
		else
			use(e, 4, EDGE_ARR - 8, true);
		break;
	case OR_NULL:
		at = emit(e, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0);
		mov(e, 4, 1);
		if (!slip(e))
			use(e, 4, EDGE_VALUE, true);
		land(e, at);
		break;
	case LOOP_CALLBACK:	/* r1 index, r2 context */
		emit(e, BPF_STX | BPF_MEM | BPF_DW, 2, 1, slip(e) ? 8 : 0, 0);
		if (chance(e, 50)) {
			emit(e, BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, slip(e) ? 127 : 63);
			mov(e, 4, ARR);
			emit(e, BPF_ALU64 | BPF_ADD | BPF_X, 4, 1, 0, 0);
			emit(e, BPF_LDX | BPF_MEM | BPF_B, 0, 4, 0, 0);
		}
		break;
	case EACH_CALLBACK:	/* r1 map, r2 key, r3 value, CTX context */
		if (chance(e, 30))
			keep_key(e);
		movi(e, CTX, 0);
		mov(e, 0, 3);
		emit(e, BPF_LDX | BPF_MEM | BPF_W, 5, 2, 0, 0);
		if (chance(e, 20)) {
			mov(e, 4, chance(e, 30) ? 2 : 0);
			far_compare(e, 4);
			break;
		}
		mov(e, 4, 0);
		use(e, 4, EDGE_VALUE, true);
		break;
	}
	if (out)
		land(e, out);
	refill(e, true);
	e->statements = pick(e, 3);
	e->depth = 1;
	while (e->statements && !e->full)
		statement(e);
	end(e, kind >= LOOP_CALLBACK);
}

void edge_program(struct edge *e)
{
	u32 i, start;

	e->cnt = e->depth = e->func_cnt = e->proto_cnt = 0;
	e->full = e->function = false;
	emit(e, BPF_ALU64 | BPF_MOV | BPF_X, CTX, 1, 0, 0);
	begin(e, false);
	e->statements = 1 + pick(e, 9);
	while (e->statements && !e->full)
		statement(e);
	end(e, false);
	for (i = 0; i < e->func_cnt && !e->full; i++) {
		start = e->cnt;
		body(e, e->func_kind[i], e->func_global[i]);
		e->insns[e->funcs[i]].imm = (s32)start - (s32)e->funcs[i] - 1;
	}
}

void edge_maps(struct edge *e, struct rt_map *maps[EDGE_MAPS])
{
	static const u32 types[EDGE_MAPS][5] = {
		[EDGE_ARR_MAP] = { BPF_MAP_TYPE_ARRAY, 4, EDGE_ARR, 1 },
		[EDGE_HASH] = { BPF_MAP_TYPE_HASH, 8, EDGE_VALUE, 4 },
		[EDGE_LRU] = { BPF_MAP_TYPE_LRU_HASH, 8, EDGE_VALUE, 4 },
		[EDGE_PERCPU] = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, EDGE_VALUE, 3 },
		[EDGE_MANY] = { BPF_MAP_TYPE_ARRAY, 4, EDGE_VALUE, 5 },
		[EDGE_QUEUE] = { BPF_MAP_TYPE_QUEUE, 0, EDGE_VALUE, 3 },
		[EDGE_STACK] = { BPF_MAP_TYPE_STACK, 0, EDGE_VALUE, 3 },
		[EDGE_RING] = { BPF_MAP_TYPE_RINGBUF, 0, 0, 4096 },
		[EDGE_TABLE] = { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, EDGE_SLOTS },
		[EDGE_RO] = { BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG },
		[EDGE_TRIE] = { BPF_MAP_TYPE_LPM_TRIE, 8, EDGE_VALUE, 4, BPF_F_NO_PREALLOC },
	};
	u32 i, zero = 0;

	rt_reset();
	for (i = 0; i < EDGE_MAPS; i++) {
		maps[i] = rt_map_new("m", types[i][0], types[i][1], types[i][2], types[i][3], types[i][4]);
		e->fd[i] = rt_map_fd(maps[i]);
	}
	memcpy(rt_map_lookup(maps[EDGE_RO], &zero), "\1\2\3\4\5\6\7\10 constants", 16);
	rt_map_freeze(maps[EDGE_RO]);
}
