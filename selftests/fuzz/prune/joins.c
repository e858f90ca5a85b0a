/* SPDX-License-Identifier: GPL-2.0 */
/* Random programs whose paths meet. */
#include "../gen.h"
#include "joins.h"

#define ANY	U32_MAX		/* a number without bound */
#define CTX	9
#define COUNTER	(-56)		/* of a loop */
#define FIRST	6u		/* register that lives over statements, of three */

/*
 * What functions are called with: numbers; a pointer to the caller's slots and a number; what
 * helpers call back with; memory and a number, by a prototype.
 */
enum { NONE, NUMBERS, SLOTS, ROUNDS, ELEMENTS, GLOBAL };

static u32 pick(struct joins *j, u32 n)
{
	return (u32)(gen_random(&j->rng) >> 32) % n;
}

static bool chance(struct joins *j, u32 percent)
{
	return pick(j, 100) < percent;
}

static bool slip(struct joins *j)
{
	return chance(j, j->risk);
}

static u32 emit(struct joins *j, u8 code, u8 dst, u8 src, s32 off, s32 imm)
{
	if (j->cnt >= JOINS_INSNS - 4) {
		j->full = true;
		return 0;
	}
	j->insns[j->cnt] = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src,
					      .off = (s16)off, .imm = imm };
	return j->cnt++;
}

static void land(struct joins *j, u32 at)
{
	j->insns[at].off = (s16)(j->cnt - at - 1);
}

static void mov(struct joins *j, u8 dst, u8 src)
{
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
	j->reg[dst] = j->reg[src];
}

static void movi(struct joins *j, u8 dst, s32 imm)
{
	emit(j, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
	j->reg[dst] = (struct joins_cell){ NUMBER, true, imm < 0 ? ANY : (u32)imm };
}

static void addi(struct joins *j, u8 dst, s32 imm)
{
	emit(j, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm);
}

static void load64(struct joins *j, u8 dst, u8 kind, s32 low, s32 high)
{
	emit(j, BPF_LD | BPF_IMM | BPF_DW, dst, kind, 0, low);
	emit(j, 0, 0, 0, 0, high);
}

static void call(struct joins *j, s32 id)
{
	u32 i;

	emit(j, BPF_JMP | BPF_CALL, 0, 0, 0, id);
	for (i = 0; i <= 5; i++)
		j->reg[i].kind = MIXED;
}

static const struct {
	u8 code;
	s32 bytes;
} sizes[] = { { BPF_B, 1 }, { BPF_H, 2 }, { BPF_W, 4 }, { BPF_DW, 8 } };

static const u8 comparisons[] = {
	BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
	BPF_JSLT, BPF_JSLE,
};

static s32 small(struct joins *j)
{
	static const s32 some[] = { 0, 0, 0, 1, 1, 2, 3, 4, 5, 7, 8, 15 };

	return some[pick(j, ARRAY_SIZE(some))];
}

static s32 slot_off(u32 slot)
{
	return -8 - 8 * (s32)slot;
}

static u32 any_slot(struct joins *j)
{
	return pick(j, j->narrow ? 2 : JOINS_SLOTS);
}

static u8 any_reg(struct joins *j)
{
	return (u8)(FIRST + pick(j, j->narrow ? 2 : 3));
}

/* A register of that kind; any one when there is none, with *found false. */
static u8 reg_of(struct joins *j, u8 kind, bool *found)
{
	u8 have[3], n = 0, r;

	for (r = FIRST; r < FIRST + 3; r++)
		if (j->reg[r].kind == kind)
			have[n++] = r;
	*found = n || slip(j);
	return n ? have[pick(j, n)] : any_reg(j);
}

static u8 number(struct joins *j)
{
	bool found;
	u8 r = reg_of(j, NUMBER, &found);

	if (!found)
		movi(j, r, small(j));
	return r;
}

static void unknown(struct joins *j, u8 dst)
{
	u32 s = pick(j, 4);

	if (j->type == BPF_PROG_TYPE_KPROBE && !j->function && chance(j, 60)) {
		emit(j, BPF_LDX | BPF_MEM | BPF_DW, dst, CTX, 8 * (s32)pick(j, EDGE_CTX / 8), 0);
	} else {
		load64(j, dst, BPF_PSEUDO_MAP_VALUE, j->fd[EDGE_ARR_MAP], 0);
		emit(j, BPF_LDX | (s < 3 && chance(j, 15) ? BPF_MEMSX : BPF_MEM) | sizes[s].code, dst,
		     dst, sizes[s].bytes * (s32)pick(j, EDGE_ARR / (u32)sizes[s].bytes), 0);
	}
	j->reg[dst] = (struct joins_cell){ NUMBER, false, ANY };
}

static void mask(struct joins *j, u8 reg, s32 most)
{
	emit(j, (chance(j, 70) ? BPF_ALU64 : BPF_ALU) | BPF_AND | BPF_K, reg, 0, 0, most);
	j->reg[reg].most = min_t(u32, j->reg[reg].most, (u32)most);
}

/* A jump that may go either way, whatever is known; r0 is used up. */
static u32 two_ways(struct joins *j)
{
	unknown(j, 0);
	j->reg[0].kind = MIXED;
	return emit(j, (chance(j, 80) ? BPF_JMP : BPF_JMP32) | comparisons[pick(j, 11)] | BPF_K, 0, 0, 0,
		    (s32)pick(j, 8));
}

/* Room for a checkpoint. */
static void pad(struct joins *j)
{
	u32 n = 1 + pick(j, 2);

	while (n--)
		land(j, two_ways(j));
}

static void scratch_is_gone(struct joins *j)
{
	u32 i;

	for (i = 0; i <= 5; i++)
		j->reg[i].kind = MIXED;
}

/* Slots that someone else may have written numbers to. */
static void slots_change(struct joins *j)
{
	u32 i;

	for (i = 0; i < JOINS_SLOTS; i++)
		j->slot[i] = (struct joins_cell){ j->slot[i].kind == NUMBER ? NUMBER : MIXED, false, ANY };
}

static void fill_slots(struct joins *j, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (j->slot[i].kind == NUMBER)
			continue;
		emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(i), small(j));
		j->slot[i] = (struct joins_cell){ NUMBER, false, ANY };
	}
}

/* --- what a number, here in r3, is good for ------------------------------------------------ */

static void as_index(struct joins *j)
{
	load64(j, 4, BPF_PSEUDO_MAP_VALUE, j->fd[EDGE_ARR_MAP], 0);
	emit(j, BPF_ALU64 | BPF_ADD | BPF_X, 4, 3, 0, 0);
	if (chance(j, 75))
		emit(j, BPF_LDX | BPF_MEM | BPF_B, chance(j, 50) ? 0 : 5, 4, 0, 0);
	else
		emit(j, BPF_ST | BPF_MEM | BPF_B, 4, 0, 0, 1);
}

static void spend(struct joins *j, u32 most)
{
	u32 at, way = pick(j, 12);

	if (way >= 10) {	/* it decides, as the right side */
		movi(j, 5, small(j));
		at = emit(j, (chance(j, 70) ? BPF_JMP : BPF_JMP32) | comparisons[pick(j, 11)] | BPF_X, 5,
			  3, 0, 0);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
		land(j, at);
	} else if (way < 2) {	/* ... as the left one */
		at = emit(j, (chance(j, 70) ? BPF_JMP : BPF_JMP32) | comparisons[pick(j, 11)] | BPF_K, 3,
			  0, 0, small(j));
		emit(j, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
		land(j, at);
	} else if (way < 3 && !j->function) {
		mov(j, 1, CTX);
		load64(j, 2, BPF_PSEUDO_MAP_FD, j->fd[EDGE_TABLE], 0);
		call(j, BPF_FUNC_tail_call);
	} else if (most < EDGE_ARR && chance(j, 60)) {
		as_index(j);
	} else if (chance(j, 50) && !slip(j)) {
		emit(j, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, EDGE_ARR - 1);
		as_index(j);
	} else {
		at = emit(j, BPF_JMP | BPF_JGT | BPF_K, 3, 0, 0, EDGE_ARR - 1);
		as_index(j);
		land(j, at);
	}
	scratch_is_gone(j);
}

static void spend_reg(struct joins *j, u8 reg)
{
	emit(j, (chance(j, 80) ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_X, 3, reg, 0, 0);
	spend(j, j->reg[reg].most);
}

/* Some bytes of the stack of @base. */
static void spend_bytes(struct joins *j, u8 base, s32 off)
{
	u32 s = chance(j, 50) ? 0 : pick(j, 4);

	off &= -sizes[s].bytes;
	emit(j, BPF_LDX | (s < 3 && chance(j, 15) ? BPF_MEMSX : BPF_MEM) | sizes[s].code, 3, base, off, 0);
	spend(j, ANY);
}

/* --- numbers ------------------------------------------------------------------------------- */

static void constant(struct joins *j)
{
	u8 dst = any_reg(j);
	s32 low = small(j), high = (s32)pick(j, 3);

	if (chance(j, 75)) {
		movi(j, dst, low);
		return;
	}
	load64(j, dst, 0, low, high);
	j->reg[dst] = (struct joins_cell){ NUMBER, true, high ? ANY : (u32)low };
}

static void some_number(struct joins *j)
{
	u8 dst = any_reg(j);

	unknown(j, dst);
	if (chance(j, 75))
		mask(j, dst, (1 << pick(j, 6)) - 1);
}

static void arithmetic(struct joins *j)
{
	static const u8 ops[] = { BPF_ADD, BPF_ADD, BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
				  BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH, BPF_NEG, BPF_END };
	u8 dst = number(j), op = ops[pick(j, ARRAY_SIZE(ops))];
	u8 class = chance(j, 60) ? BPF_ALU64 : BPF_ALU;
	struct joins_cell *cell = &j->reg[dst];
	s32 imm = 1 + (s32)pick(j, 4);
	bool two = op != BPF_NEG && op != BPF_END && chance(j, 40);
	u8 src = two ? number(j) : 0;
	u32 with = two ? j->reg[src].most : (u32)imm;

	if (two)
		emit(j, class | op | BPF_X, dst, src, 0, 0);
	else if (op == BPF_END)
		emit(j, class | op | (class == BPF_ALU && chance(j, 50) ? BPF_TO_BE : 0), dst, 0, 0,
		     16 << pick(j, 3));
	else
		emit(j, class | op | BPF_K, dst, 0, 0, op == BPF_NEG ? 0 : imm);
	cell->constant = false;
	if (op == BPF_AND)
		cell->most = min_t(u32, cell->most, with);
	else if (op == BPF_ADD && cell->most < 64 && with < 64)
		cell->most += with;
	else if (op != BPF_DIV && op != BPF_RSH && op != BPF_MOD)
		cell->most = ANY;
}

static void copy(struct joins *j)
{
	u8 src = number(j), dst = any_reg(j);
	u32 way = pick(j, 6);
	bool wide = chance(j, 60);

	if (way < 3) {
		mov(j, dst, src);
		return;
	}
	j->reg[dst] = j->reg[src];
	if (way == 3) {
		emit(j, BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0);
	} else if (way == 4) {
		emit(j, (wide ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_X, dst, src, 8 << pick(j, 2), 0);
		if (j->reg[dst].most > 100)
			j->reg[dst].most = ANY;
	} else {
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
		emit(j, BPF_ALU64 | BPF_LSH | BPF_K, dst, 0, 0, 32);
		emit(j, BPF_ALU64 | (chance(j, 50) ? BPF_RSH : BPF_ARSH) | BPF_K, dst, 0, 0, 32);
	}
}

static void index_by(struct joins *j)
{
	spend_reg(j, number(j));
}

/* What is learnt of one number is known of another: a copy, or one that is a constant apart. */
static void relate(struct joins *j)
{
	u8 src = number(j), dst = any_reg(j);
	u32 slot = any_slot(j);

	if (chance(j, 40))
		unknown(j, src);
	if (chance(j, 25)) {
		emit(j, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, src, slot_off(slot), 0);
		j->slot[slot] = j->reg[src];
		return;
	}
	mov(j, dst, src);
	if (chance(j, 50)) {
		dst = chance(j, 50) ? src : dst;
		addi(j, dst, (s32)pick(j, 7) - 2);
		j->reg[dst] = (struct joins_cell){ NUMBER, false, ANY };
	}
}

static void compare_and_index(struct joins *j)
{
	u8 left = number(j), by = number(j);
	s32 limit = chance(j, 70) ? 1 + (s32)pick(j, 40) : small(j);
	u8 op = chance(j, 60) ? BPF_JGT : comparisons[pick(j, 11)];
	u32 at, slot = any_slot(j);

	if (chance(j, 30))
		at = emit(j, BPF_JMP | (chance(j, 50) ? BPF_JGT : op) | BPF_X, left, number(j), 0, 0);
	else
		at = emit(j, (chance(j, 75) ? BPF_JMP : BPF_JMP32) | op | BPF_K, left, 0, 0, limit);
	if (j->slot[slot].kind == NUMBER && chance(j, 20))
		emit(j, BPF_LDX | BPF_MEM | BPF_DW, 3, BPF_REG_10, slot_off(slot), 0);
	else
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 3, by, 0, 0);
	spend(j, ANY);
	land(j, at);
}

/*
 * The same number on both ways, and another that is as far from it as no other way's is; a
 * comparison of the first then tells of the second.
 */
static void apart(struct joins *j)
{
	u8 a = FIRST + (u8)pick(j, 2), b = FIRST + 1 - (a - FIRST);
	s32 most = (s32)(3u << pick(j, 3)) + 3;
	u32 at, out, stop;

	unknown(j, a);
	emit(j, BPF_ALU64 | BPF_AND | BPF_K, a, 0, 0, 15);
	at = two_ways(j);
	mov(j, b, a);
	addi(j, b, (s32)pick(j, 6));
	out = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	stop = emit(j, BPF_JMP | BPF_JGT | BPF_K, a, 0, 0, most - (s32)pick(j, 3));
	mov(j, b, a);
	addi(j, b, (s32)pick(j, 6));
	land(j, out);
	if (chance(j, 60))
		pad(j);
	at = emit(j, BPF_JMP | comparisons[1 + pick(j, 10)] | BPF_K, a, 0, 0, (s32)pick(j, 12));
	spend_reg(j, b);
	land(j, at);
	/* the way that has no second number */
	out = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, stop);
	movi(j, b, small(j));
	land(j, out);
	j->reg[a] = j->reg[b] = (struct joins_cell){ NUMBER, false, ANY };
}

/* --- the stack ----------------------------------------------------------------------------- */

static bool has_frame(struct joins *j)
{
	return j->function > NUMBERS && j->function < GLOBAL && chance(j, 50);
}

/* The caller's slots by r9, or those of this function. */
static void spill(struct joins *j)
{
	u32 slot = any_slot(j), s = chance(j, j->narrow ? 40 : 60) ? 3 : pick(j, 4);
	u32 part = chance(j, 60) ? 0 : (u32)sizes[s].bytes * pick(j, 8 / (u32)sizes[s].bytes);
	bool theirs = has_frame(j), found;
	s32 off = slot_off(slot) + (s32)part + (theirs ? 48 : 0), imm = small(j);
	u8 base = theirs ? CTX : BPF_REG_10, r;
	struct joins_cell cell = { NUMBER, true, (u32)imm };

	if (chance(j, 30)) {
		emit(j, BPF_ST | BPF_MEM | sizes[s].code, base, 0, off, imm);
	} else {
		r = s == 3 && !theirs && chance(j, 20) ? reg_of(j, VALUE + (u8)pick(j, 3), &found) : number(j);
		if (theirs && j->reg[r].kind != NUMBER)
			return;
		emit(j, BPF_STX | BPF_MEM | sizes[s].code, base, r, off, 0);
		cell = j->reg[r];
	}
	if (theirs)
		return;
	if (s == 3)
		j->slot[slot] = cell;
	else if (j->slot[slot].kind == NUMBER)
		j->slot[slot] = (struct joins_cell){ NUMBER, false, ANY };
	else
		j->slot[slot].kind = MIXED;
}

static void fill(struct joins *j)
{
	u32 slot = any_slot(j), s = chance(j, j->narrow ? 30 : 55) ? 3 : pick(j, 4), i;
	u32 part = chance(j, 50) ? 0 : (u32)sizes[s].bytes * pick(j, 8 / (u32)sizes[s].bytes);
	struct joins_cell *cell;
	u8 dst = any_reg(j);

	if (has_frame(j)) {
		emit(j, BPF_LDX | BPF_MEM | sizes[s].code, dst, CTX, slot_off(slot) + 48 + (s32)part, 0);
		j->reg[dst] = (struct joins_cell){ NUMBER, false, s ? ANY : 255 };
		return;
	}
	for (i = 0; i < JOINS_SLOTS && j->slot[slot].kind == MIXED; i++)
		slot = (slot + 1) % JOINS_SLOTS;
	cell = &j->slot[slot];
	if (cell->kind == MIXED && (j->may_leak || !slip(j)))
		return;
	if (cell->kind != NUMBER) {
		s = 3;
		part = 0;
	}
	emit(j, BPF_LDX | (s < 3 && chance(j, 15) ? BPF_MEMSX : BPF_MEM) | sizes[s].code, dst, BPF_REG_10,
	     slot_off(slot) + (s32)part, 0);
	j->reg[dst] = *cell;
	if (s < 3)
		j->reg[dst] = (struct joins_cell){ NUMBER, false, !part && cell->most < 100 ? cell->most :
						   s ? ANY : 255 };
}

static void frames(struct joins *j);

static void use_byte(struct joins *j)
{
	u32 slot = any_slot(j);

	if (has_frame(j) && chance(j, 30))
		frames(j);
	else if (has_frame(j))
		spend_bytes(j, CTX, slot_off(slot) + 48 + (s32)pick(j, 8));
	else if (j->slot[slot].kind == NUMBER || (!j->may_leak && slip(j)))
		spend_bytes(j, BPF_REG_10, slot_off(slot) + (s32)pick(j, 8));
}

/* Leaves 0 to @most in r3; a jump to be landed behind the use, or 0. */
static u32 bounded(struct joins *j, u32 most)
{
	u8 r = number(j);
	u32 bits = 1;

	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 3, r, 0, 0);
	if ((j->reg[r].most <= most && chance(j, 80)) || slip(j))
		return 0;
	if (chance(j, 50))
		return emit(j, BPF_JMP | BPF_JGT | BPF_K, 3, 0, 0, (s32)most);
	while (bits * 2 - 1 <= most)
		bits *= 2;
	emit(j, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, (s32)bits - 1);
	return 0;
}

/* r4: somewhere in the first @n slots */
static u32 somewhere(struct joins *j, u32 n, u32 size)
{
	u32 at = bounded(j, 8 * n - size);

	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 4, BPF_REG_10, 0, 0);
	addi(j, 4, -8 * (s32)n);
	emit(j, BPF_ALU64 | BPF_ADD | BPF_X, 4, 3, 0, 0);
	return at;
}

/* A slot whose number, or a part of it, is as the way was. */
static void unlike_numbers(struct joins *j, u32 slot)
{
	u32 s = chance(j, 40) ? 3 : pick(j, 4), at = two_ways(j), skip;

	if (chance(j, 30)) {
		unknown(j, 3);
		mask(j, 3, 15);
		emit(j, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 3, slot_off(slot), 0);
		j->reg[3].kind = MIXED;
	} else {
		emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(slot),
		     chance(j, 50) ? 0 : small(j));
	}
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	emit(j, BPF_ST | BPF_MEM | sizes[s].code, BPF_REG_10, 0,
	     slot_off(slot) + sizes[s].bytes * (s32)pick(j, 8 / (u32)sizes[s].bytes), small(j));
	land(j, skip);
	j->slot[slot] = (struct joins_cell){ NUMBER, false, ANY };
	if (chance(j, 50))
		pad(j);
}

static void stack_by_index(struct joins *j)
{
	u32 n = 2 + pick(j, 3), s = chance(j, 60) ? 0 : pick(j, 4), at;
	bool zero = chance(j, 30);

	if (zero) {	/* zeroes, but for one slot on one way */
		for (at = 0; at < n; at++) {
			emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(at), 0);
			j->slot[at] = (struct joins_cell){ NUMBER, false, ANY };
		}
		unlike_numbers(j, pick(j, n));
	}
	fill_slots(j, n);
	at = somewhere(j, n, (u32)sizes[s].bytes);
	if (chance(j, zero ? 70 : 40)) {
		emit(j, BPF_LDX | BPF_MEM | sizes[s].code, 3, 4, 0, 0);
		spend(j, ANY);
	} else {
		if (chance(j, 40))
			emit(j, BPF_ST | BPF_MEM | sizes[s].code, 4, 0, 0, small(j));
		else
			emit(j, BPF_STX | BPF_MEM | sizes[s].code, 4, number(j), 0, 0);
		slots_change(j);
	}
	if (at)
		land(j, at);
	scratch_is_gone(j);
}

/* Zeroes, and a number that may be another one written somewhere among them. */
static void zeroes(struct joins *j)
{
	u32 n = 1 + pick(j, 2), i, at, s = chance(j, 60) ? 0 : pick(j, 4);
	u8 r;

	if (chance(j, 60)) {
		r = any_reg(j);
		at = two_ways(j);
		movi(j, r, 0);
		i = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
		if (chance(j, 50))
			movi(j, r, small(j));
		else
			unknown(j, r);
		land(j, i);
		j->reg[r] = (struct joins_cell){ NUMBER, false, ANY };
	} else {
		r = number(j);
	}
	for (i = 0; i < n; i++) {
		emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(i), 0);
		j->slot[i] = (struct joins_cell){ NUMBER, false, ANY };
	}
	if (chance(j, 60))
		pad(j);
	at = somewhere(j, n, (u32)sizes[s].bytes);
	emit(j, BPF_STX | BPF_MEM | sizes[s].code, 4, r, 0, 0);
	spend_bytes(j, BPF_REG_10, slot_off(pick(j, n)) + (s32)pick(j, 8));
	if (at)
		land(j, at);
}

/*
 * A slot is 0 by bytes that are known to be so, or by a number that was 0 on the way on which it is
 * looked at first.
 */
static void zero_or_number(struct joins *j)
{
	u32 slot = any_slot(j), at, skip;
	u8 r = any_reg(j);

	at = two_ways(j);
	movi(j, r, 0);
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	movi(j, r, small(j));
	land(j, skip);
	j->reg[r] = (struct joins_cell){ NUMBER, false, 15 };
	if (chance(j, 60))
		pad(j);
	at = two_ways(j);
	emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(slot), 0);
	emit(j, BPF_ST | BPF_MEM | BPF_B, BPF_REG_10, 0, slot_off(slot) + (s32)pick(j, 8), 0);
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	emit(j, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, r, slot_off(slot), 0);
	land(j, skip);
	j->slot[slot] = (struct joins_cell){ NUMBER, false, ANY };
	if (chance(j, 60))
		pad(j);
	spend_bytes(j, BPF_REG_10, slot_off(slot) + (s32)pick(j, 8));
}

static void look_up_in(struct joins *j, u32 map)
{
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 2, BPF_REG_10, 0, 0);
	addi(j, 2, slot_off(0));
	load64(j, 1, BPF_PSEUDO_MAP_FD, j->fd[map], 0);
	call(j, BPF_FUNC_map_lookup_elem);
}

/* A slot that holds a number, or part of one, or a pointer, or nothing. */
static void unlike_slots(struct joins *j)
{
	u32 slot = any_slot(j), at, skip = 0, way, ways;
	s32 off = slot_off(slot);

	/* it may hold a pointer */
	if (j->may_leak && j->slot[slot].kind != NUMBER)
		return;
	at = two_ways(j);
	for (ways = 0; ways < 2; ways++) {
		way = pick(j, 4);
		if (way == 0)
			emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, off, small(j));
		else if (way == 1)
			emit(j, BPF_STX | BPF_MEM | BPF_B, BPF_REG_10, number(j), off + (s32)pick(j, 8), 0);
		else if (way == 2 && !j->may_leak)
			emit(j, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_10, off, 0);
		if (ways)
			break;
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
	}
	land(j, skip);
	j->slot[slot].kind = MIXED;
	if (chance(j, 50))
		pad(j);
	if (!slot && chance(j, 40))
		look_up_in(j, EDGE_HASH);
	else if (chance(j, 50))
		spend_bytes(j, BPF_REG_10, off + (s32)pick(j, 8));
}

/* A pointer to this function's slots, or to those of its caller. */
static void frames(struct joins *j)
{
	s32 off = 8 * (s32)pick(j, JOINS_SLOTS);
	u32 at, skip;

	fill_slots(j, JOINS_SLOTS);
	at = two_ways(j);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 4, CTX, 0, 0);
	addi(j, 4, off);
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 4, BPF_REG_10, 0, 0);
	addi(j, 4, off - 48);
	land(j, skip);
	if (chance(j, 50))
		pad(j);
	if (chance(j, 50)) {
		spend_bytes(j, 4, (s32)pick(j, 8));
		return;
	}
	emit(j, BPF_STX | BPF_MEM | BPF_DW, 4, number(j), 0, 0);
	slots_change(j);
	if (chance(j, 50))
		spend_bytes(j, CTX, off);
	else
		spend_bytes(j, BPF_REG_10, off - 48);
}

/* A helper that fills a part of a slot, or more, for sure or perhaps; then a byte beside it. */
static void part_of_slot(struct joins *j)
{
	u32 slot = any_slot(j), from = chance(j, 30) ? 0 : pick(j, 8), len = 8 - from, at = 0;

	if (chance(j, 50))
		len = 1 + pick(j, chance(j, 60) ? 8 - from : 12);
	if (8 * slot + 8 < from + len && !slip(j))
		len = 8 * slot + 8 - from;
	fill_slots(j, slot + 1);
	if (chance(j, 50))
		unlike_numbers(j, slot);
	if (chance(j, 30))
		pad(j);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 1, BPF_REG_10, 0, 0);
	addi(j, 1, slot_off(slot) + (s32)from);
	if (chance(j, 60)) {
		movi(j, 2, (s32)len);
	} else {
		at = bounded(j, len);
		mov(j, 2, 3);
	}
	movi(j, 3, 0);
	call(j, BPF_FUNC_probe_read_kernel);
	slots_change(j);
	if (at)
		land(j, at);
	if (chance(j, 70))
		spend_bytes(j, BPF_REG_10, slot_off(slot) + (s32)pick(j, 8));
}

static void atomic(struct joins *j)
{
	static const s32 ops[] = { BPF_ADD, BPF_ADD | BPF_FETCH, BPF_OR | BPF_FETCH, BPF_XCHG,
				   BPF_CMPXCHG, BPF_AND };
	s32 op = ops[pick(j, ARRAY_SIZE(ops))];
	u32 slot = any_slot(j), s = 2 + pick(j, 2);
	u8 r = number(j);

	if (j->slot[slot].kind != NUMBER)
		return;
	if (op == BPF_CMPXCHG)
		movi(j, 0, small(j));
	emit(j, BPF_STX | BPF_ATOMIC | sizes[s].code, BPF_REG_10, r,
	     slot_off(slot) + (s == 2 ? 4 * (s32)pick(j, 2) : 0), op);
	j->slot[slot] = (struct joins_cell){ NUMBER, false, ANY };
	if (op & BPF_FETCH && op != BPF_CMPXCHG)
		j->reg[r] = (struct joins_cell){ NUMBER, false, ANY };
	scratch_is_gone(j);
}

/* --- maps, packets, records ---------------------------------------------------------------- */

static void key_of_trie(struct joins *j)
{
	s32 off = slot_off(0);

	if (chance(j, 50))
		emit(j, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, off, (s32)pick(j, 33));
	else
		emit(j, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, number(j), off, 0);
	if (chance(j, 40))
		pad(j);
	if (j->slot[0].kind != NUMBER || chance(j, 50))
		emit(j, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, number(j), off + 4, 0);
	j->slot[0] = (struct joins_cell){ NUMBER, false, ANY };
}

static void lookup(struct joins *j)
{
	static const u32 maps[] = { EDGE_HASH, EDGE_MANY, EDGE_LRU, EDGE_TRIE, EDGE_TRIE };
	u32 map = maps[pick(j, ARRAY_SIZE(maps))], slot = 1 + pick(j, JOINS_SLOTS - 1);
	struct joins_cell cell = { OR_NULL, false, 0 };
	u8 dst = any_reg(j);

	if (map == EDGE_TRIE)
		key_of_trie(j);
	else
		fill_slots(j, 1);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 2, BPF_REG_10, 0, 0);
	addi(j, 2, slot_off(0));
	load64(j, 1, BPF_PSEUDO_MAP_FD, j->fd[map], 0);
	call(j, BPF_FUNC_map_lookup_elem);
	mov(j, dst, 0);
	j->reg[dst] = cell;
	if (chance(j, 30)) {
		emit(j, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(slot), 0);
		j->slot[slot] = cell;
	}
	if (chance(j, 30)) {
		dst = any_reg(j);
		mov(j, dst, 0);
		j->reg[dst] = cell;
	}
}

static void update_trie(struct joins *j)
{
	u32 i;

	key_of_trie(j);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 2, BPF_REG_10, 0, 0);
	addi(j, 2, slot_off(0));
	load64(j, 1, BPF_PSEUDO_MAP_FD, j->fd[EDGE_TRIE], 0);
	if (chance(j, 40)) {
		call(j, BPF_FUNC_map_delete_elem);
		return;
	}
	for (i = 1; i <= EDGE_VALUE / 8; i++)
		if (j->slot[i].kind != NUMBER) {
			emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(i), small(j));
			j->slot[i] = (struct joins_cell){ NUMBER, false, ANY };
		}
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 3, BPF_REG_10, 0, 0);
	addi(j, 3, slot_off(EDGE_VALUE / 8));
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 4, number(j), 0, 0);
	call(j, BPF_FUNC_map_update_elem);
}

static void check_null(struct joins *j)
{
	bool found;
	u8 r = reg_of(j, OR_NULL, &found), other;
	u32 at, skip;

	if (!found) {
		lookup(j);
		r = reg_of(j, OR_NULL, &found);
	}
	other = chance(j, 25) ? reg_of(j, OR_NULL, &found) : r;
	at = emit(j, BPF_JMP | BPF_JEQ | BPF_K, r, 0, 0, 0);
	emit(j, BPF_LDX | BPF_MEM | BPF_DW, 3, other, 8 * (s32)pick(j, 3), 0);
	spend(j, ANY);
	if (chance(j, 60)) {
		land(j, at);
		return;
	}
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	load64(j, r, BPF_PSEUDO_MAP_VALUE, j->fd[EDGE_ARR_MAP], 0);
	land(j, skip);
	j->reg[r] = (struct joins_cell){ VALUE, false, EDGE_VALUE };
}

static void value(struct joins *j)
{
	u8 dst = any_reg(j), r = number(j);
	u32 off = 8 * pick(j, 3);

	load64(j, dst, BPF_PSEUDO_MAP_VALUE, j->fd[EDGE_ARR_MAP], (s32)off);
	if (r == dst || j->reg[r].most > 15 || chance(j, 60)) {
		j->reg[dst] = (struct joins_cell){ VALUE, false, EDGE_ARR - off };
		return;
	}
	emit(j, BPF_ALU64 | BPF_ADD | BPF_X, dst, r, 0, 0);
	j->reg[dst] = (struct joins_cell){ VALUE, false, EDGE_ARR - off - 15 };
}

static void use_value(struct joins *j)
{
	bool found;
	u8 r = reg_of(j, VALUE, &found);

	if (!found) {
		value(j);
		return;
	}
	if (chance(j, 20) && j->reg[r].most > 8) {	/* moved on, perhaps on one way only */
		addi(j, r, 4);
		j->reg[r].most -= 4;
		return;
	}
	emit(j, BPF_LDX | BPF_MEM | BPF_B, 3, r, (s32)pick(j, j->reg[r].most ? j->reg[r].most : 8), 0);
	spend(j, 255);
}

/* Two pointers into values: as far apart by a constant or by a number as the way says. */
static void pointers(struct joins *j)
{
	bool stack = chance(j, 30), leaves = chance(j, 50);
	u32 at = 0, skip = 0, way;
	u8 ptr = leaves ? any_reg(j) : 2;

	if (stack)
		fill_slots(j, JOINS_SLOTS);
	at = two_ways(j);
	for (way = 0; way < 2; way++) {
		if (stack) {
			emit(j, BPF_ALU64 | BPF_MOV | BPF_X, ptr, BPF_REG_10, 0, 0);
			addi(j, ptr, -48);
		} else {
			load64(j, ptr, BPF_PSEUDO_MAP_VALUE, j->fd[EDGE_ARR_MAP], 0);
		}
		if (chance(j, 50))
			addi(j, ptr, (s32)pick(j, 3) * 4);
		if (chance(j, 50)) {
			unknown(j, 3);
			emit(j, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, (4 << pick(j, 3)) - 1);
			emit(j, BPF_ALU64 | BPF_ADD | BPF_X, ptr, 3, 0, 0);
		}
		if (way)
			break;
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
	}
	land(j, skip);
	if (chance(j, 60))
		pad(j);
	if (chance(j, 40))
		emit(j, BPF_ST | BPF_MEM | BPF_B, ptr, 0, (s32)pick(j, 4), small(j));
	else if (chance(j, 70))
		emit(j, BPF_LDX | BPF_MEM | BPF_B, 3, ptr, (s32)pick(j, 4), 0);
	if (stack)
		slots_change(j);
	scratch_is_gone(j);
	if (leaves)
		j->reg[ptr] = (struct joins_cell){ stack ? MIXED : VALUE, false, 8 };
}

/*
 * Two results that may be null: of one lookup, or of two.  When one is not, is the other?  Who
 * relies on it when it is not so is refused.
 */
static void two_results(struct joins *j)
{
	u32 map = chance(j, 50) ? EDGE_HASH : EDGE_MANY, at, skip = 0;
	u32 first = pick(j, 2), way;
	u8 a = FIRST + (u8)pick(j, 2), b = FIRST + 1 - (a - FIRST);

	fill_slots(j, 1);
	at = two_ways(j);
	for (way = 0; way < 2; way++) {
		look_up_in(j, map);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, a, 0, 0, 0);
		if (way == first)
			look_up_in(j, map);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, b, 0, 0, 0);
		if (way)
			break;
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
	}
	land(j, skip);
	if (chance(j, 50))
		pad(j);
	at = emit(j, BPF_JMP | BPF_JEQ | BPF_K, a, 0, 0, 0);
	/* compared with 0 the other may turn out to be a number */
	skip = chance(j, 70) ? emit(j, BPF_JMP | BPF_JEQ | BPF_K, b, 0, 0, 0) : 0;
	emit(j, BPF_LDX | BPF_MEM | BPF_B, 3, b, (s32)pick(j, EDGE_VALUE), 0);
	if (skip)
		land(j, skip);
	land(j, at);
	if (chance(j, 50))
		land(j, emit(j, BPF_JMP | BPF_JEQ | BPF_K, b, 0, 0, 0));
	scratch_is_gone(j);
	j->reg[a].kind = j->reg[b].kind = MIXED;
}

/* Ways that prove more or less of a packet, from one base or from two. */
static void proofs(struct joins *j)
{
	u8 a = FIRST + (u8)pick(j, 2), b = FIRST + 1 - (a - FIRST);
	u32 at, skip = 0, way, least = 21, len, fails;

	emit(j, BPF_LDX | BPF_MEM | BPF_W, a, CTX, 76, 0);
	at = two_ways(j);
	for (way = 0; way < 2; way++) {
		if (chance(j, 30)) {
			unknown(j, 3);
			emit(j, BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, (4 << pick(j, 3)) - 1);
			emit(j, BPF_ALU64 | BPF_ADD | BPF_X, a, 3, 0, 0);
		}
		mov(j, b, a);
		if (chance(j, 30))
			addi(j, b, 2);
		len = 1 + pick(j, 20);
		least = min_t(u32, least, len);
		emit(j, BPF_LDX | BPF_MEM | BPF_W, 5, CTX, 80, 0);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 4, chance(j, 50) ? a : b, 0, 0);
		addi(j, 4, (s32)len);
		fails = emit(j, BPF_JMP | BPF_JLE | BPF_X, 4, 5, 0, 0);
		movi(j, 0, 0);
		emit(j, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		land(j, fails);
		if (way)
			break;
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
	}
	land(j, skip);
	if (chance(j, 60))
		pad(j);
	emit(j, BPF_LDX | BPF_MEM | BPF_B, 3, a, (s32)pick(j, least), 0);
	if (chance(j, 50))
		spend(j, 255);
	j->reg[a] = (struct joins_cell){ PACKET, false, least };
	j->reg[b] = (struct joins_cell){ PACKET, false, 0 };
	scratch_is_gone(j);
}

static void packet(struct joins *j)
{
	u32 at, len = 1 + pick(j, 20), skip;
	bool found;
	u8 r, n;

	if (j->type != BPF_PROG_TYPE_SCHED_CLS || j->function) {
		if (chance(j, 50))
			pointers(j);
		else
			use_value(j);
		return;
	}
	if (chance(j, 30)) {
		proofs(j);
		return;
	}
	r = reg_of(j, PACKET, &found);
	if (!found || chance(j, 30)) {
		n = number(j);
		r = any_reg(j);
		emit(j, BPF_LDX | BPF_MEM | BPF_W, r, CTX, 76, 0);
		if (n != r && j->reg[n].most < EDGE_ARR && chance(j, 40))
			emit(j, BPF_ALU64 | BPF_ADD | BPF_X, r, n, 0, 0);
		j->reg[r] = (struct joins_cell){ PACKET, false, 0 };
		if (chance(j, 40)) {
			n = any_reg(j);
			mov(j, n, r);
			if (chance(j, 50))
				addi(j, n, 4);
		}
		return;
	}
	if (j->reg[r].most && chance(j, 60)) {
		emit(j, BPF_LDX | BPF_MEM | BPF_B, 3, r, (s32)pick(j, j->reg[r].most), 0);
		spend(j, 255);
		return;
	}
	emit(j, BPF_LDX | BPF_MEM | BPF_W, 5, CTX, 80, 0);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 4, r, 0, 0);
	addi(j, 4, (s32)len);
	at = emit(j, BPF_JMP | BPF_JGT | BPF_X, 4, 5, 0, 0);
	emit(j, BPF_LDX | BPF_MEM | BPF_B, 0, r, (s32)pick(j, len), 0);
	scratch_is_gone(j);
	if (chance(j, 50)) {
		land(j, at);
		return;
	}
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	movi(j, 0, 0);
	emit(j, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	land(j, skip);
	j->reg[r].most = len;
	j->reg[0].kind = MIXED;
}

static void record(struct joins *j)
{
	bool lost = chance(j, 12);	/* held on one way, which is refused */
	u8 r = number(j);
	u32 at, way, skip = 0;

	if (lost) {
		way = two_ways(j);
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, way);
	}
	if (j->reg[r].constant && j->reg[r].most)
		mov(j, 2, r);
	else
		movi(j, 2, 8 << pick(j, 3));
	if (chance(j, 20))
		pad(j);
	load64(j, 1, BPF_PSEUDO_MAP_FD, j->fd[EDGE_RING], 0);
	movi(j, 3, 0);
	call(j, BPF_FUNC_ringbuf_reserve);
	at = emit(j, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	emit(j, BPF_ST | BPF_MEM | BPF_B, 0, 0, 0, 1);
	mov(j, 1, 0);
	movi(j, 2, 0);
	if (!lost && !slip(j))
		call(j, BPF_FUNC_ringbuf_discard);
	land(j, at);
	if (lost) {
		land(j, skip);
		pad(j);
	}
	scratch_is_gone(j);
}

static void sized_helper(struct joins *j)
{
	u32 most = 8 + pick(j, 24), at = bounded(j, most), s = chance(j, 30) ? pick(j, 2) : 0;
	bool early = chance(j, 40);

	mov(j, 2, 3);
	if (chance(j, 60)) {
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 1, BPF_REG_10, 0, 0);
		addi(j, 1, -(s32)((most + 7) & ~7u) - 8 * (s32)s);
	} else {
		load64(j, 1, BPF_PSEUDO_MAP_VALUE, j->fd[EDGE_ARR_MAP], 0);
	}
	if (early)
		pad(j);
	movi(j, 3, 0);
	call(j, BPF_FUNC_probe_read_kernel);
	slots_change(j);
	if (at)
		land(j, at);
}

/* --- calls --------------------------------------------------------------------------------- */

/* Three numbers, of which ways before may have set some otherwise. */
static void numbers_as_arguments(struct joins *j)
{
	u32 at, skip, i, two = chance(j, 60) ? 1 + pick(j, 3) : 0;

	for (i = 1; i <= 3; i++) {
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, (u8)i, number(j), 0, 0);
		if (i != two)
			continue;
		at = two_ways(j);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_K, (u8)i, 0, 0, small(j));
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_K, (u8)i, 0, 0, small(j));
		land(j, skip);
	}
	if (chance(j, 50))
		pad(j);
}

/* 16 bytes of the slots, by way. */
static void memory_as_argument(struct joins *j)
{
	u32 at, skip;

	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 2, number(j), 0, 0);
	at = two_ways(j);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 1, BPF_REG_10, 0, 0);
	addi(j, 1, -48 + 8 * (s32)pick(j, 3));
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 1, BPF_REG_10, 0, 0);
	addi(j, 1, -48 + 8 * (s32)pick(j, 3));
	land(j, skip);
	if (chance(j, 50))
		pad(j);
}

static void arguments(struct joins *j, u32 kind)
{
	if (kind == NUMBERS) {
		numbers_as_arguments(j);
		return;
	}
	fill_slots(j, JOINS_SLOTS);
	if (kind == GLOBAL) {
		memory_as_argument(j);
		return;
	}
	if (kind == SLOTS) {
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 2, number(j), 0, 0);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 1, BPF_REG_10, 0, 0);
		addi(j, 1, -48);
		if (chance(j, 30))
			pad(j);
		return;
	}
	if (kind == ROUNDS)
		movi(j, 1, 1 + (s32)pick(j, 4));
	else
		load64(j, 1, BPF_PSEUDO_MAP_FD, j->fd[chance(j, 50) ? EDGE_HASH : EDGE_MANY], 0);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 3, BPF_REG_10, 0, 0);
	addi(j, 3, -48);
	movi(j, 4, 0);
	if (chance(j, 30))
		pad(j);
}

static void call_back(struct joins *j, u32 n, u32 kind)
{
	j->calls[n].kind = kind;
	j->calls[n].at = j->cnt;
	load64(j, 2, BPF_PSEUDO_FUNC, 0, 0);
	call(j, kind == ROUNDS ? BPF_FUNC_loop : BPF_FUNC_for_each_map_elem);
	slots_change(j);
}

/* Whether a callback ran decides whether a number of before counts, which is as the way was. */
static void marked_call(struct joins *j, u32 n, u32 kind)
{
	s32 off = slot_off(any_slot(j));
	u8 r = any_reg(j);
	u32 at, skip;

	at = two_ways(j);
	movi(j, r, small(j));
	skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(j, at);
	movi(j, r, small(j));
	land(j, skip);
	j->reg[r] = (struct joins_cell){ NUMBER, false, 15 };
	arguments(j, kind);
	emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, off, 0);
	j->calls[n].same_as = n;
	j->calls[n].marks = off;
	call_back(j, n, kind);
	j->call_cnt++;
	emit(j, BPF_LDX | BPF_MEM | BPF_DW, 3, BPF_REG_10, off, 0);
	at = emit(j, BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0, 0);
	spend_reg(j, r);
	land(j, at);
}

static void function(struct joins *j)
{
	u32 n = j->call_cnt, kind = NUMBERS + pick(j, 5), same_as = n, i, at;
	u8 dst;

	if (j->function || n == JOINS_CALLS)
		return;
	if (n && chance(j, 40)) {
		same_as = pick(j, n);
		same_as = j->calls[same_as].same_as;
		kind = j->calls[same_as].kind;
	}
	if ((kind == ROUNDS || kind == ELEMENTS) && chance(j, 50)) {
		marked_call(j, n, kind);
		return;
	}
	arguments(j, kind);
	j->calls[n].kind = kind;
	j->calls[n].same_as = same_as;
	if (kind <= SLOTS || kind == GLOBAL) {
		j->calls[n].at = emit(j, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	} else {
		call_back(j, n, kind);
	}
	j->call_cnt++;
	if (kind != NUMBERS)
		slots_change(j);
	for (i = 0; i <= 5; i++)
		j->reg[i].kind = MIXED;
	if (chance(j, 50)) {
		dst = any_reg(j);
		mov(j, dst, 0);
		j->reg[dst] = (struct joins_cell){ NUMBER, false, ANY };
	}
	if (kind == NUMBERS || chance(j, 40))
		return;
	if (chance(j, 60)) {
		spend_bytes(j, BPF_REG_10, slot_off(any_slot(j)));
		return;
	}
	/* what the function left decides whether a number of before counts */
	emit(j, BPF_LDX | BPF_MEM | BPF_B, 3, BPF_REG_10, slot_off(any_slot(j)), 0);
	at = emit(j, BPF_JMP | (chance(j, 50) ? BPF_JEQ : BPF_JNE) | BPF_K, 3, 0, 0, small(j));
	index_by(j);
	land(j, at);
	scratch_is_gone(j);
}

/* --- flow ---------------------------------------------------------------------------------- */

static void statement(struct joins *j);

static void join_cell(struct joins_cell *a, const struct joins_cell *b)
{
	bool least = a->kind != NUMBER;

	if (a->kind != b->kind)
		a->kind = MIXED;
	a->most = (a->most < b->most) == least ? a->most : b->most;
	a->constant &= b->constant;
}

struct cells {
	struct joins_cell reg[11], slot[JOINS_SLOTS];
};

static void keep_cells(const struct joins *j, struct cells *c)
{
	memcpy(c->reg, j->reg, sizeof(c->reg));
	memcpy(c->slot, j->slot, sizeof(c->slot));
}

static void join_cells(struct joins *j, const struct cells *c)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(c->reg); i++)
		join_cell(&j->reg[i], &c->reg[i]);
	for (i = 0; i < JOINS_SLOTS; i++)
		join_cell(&j->slot[i], &c->slot[i]);
}

static void block(struct joins *j, u32 n)
{
	j->depth++;
	while (n-- && !j->full)
		statement(j);
	j->depth--;
}

static void diamond(struct joins *j)
{
	struct cells before, one;
	u32 at, skip;

	if (j->depth > 2) {
		constant(j);
		return;
	}
	if (chance(j, 75))
		at = two_ways(j);
	else
		at = emit(j, (chance(j, 70) ? BPF_JMP : BPF_JMP32) | comparisons[pick(j, 11)] | BPF_K,
			  number(j), 0, 0, small(j));
	keep_cells(j, &before);
	block(j, 1 + pick(j, 3));
	keep_cells(j, &one);
	memcpy(j->reg, before.reg, sizeof(j->reg));
	memcpy(j->slot, before.slot, sizeof(j->slot));
	if (chance(j, 70)) {
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
		block(j, 1 + pick(j, 2));
		land(j, skip);
	} else {
		land(j, at);
	}
	join_cells(j, &one);
}

/* Behind it a number may be narrower, or another one. */
static void compare(struct joins *j)
{
	struct cells before;
	u8 left = number(j);
	u32 at;

	if (chance(j, 40))
		at = emit(j, (chance(j, 70) ? BPF_JMP : BPF_JMP32) | comparisons[pick(j, 11)] | BPF_X,
			  left, number(j), 0, 0);
	else
		at = emit(j, (chance(j, 70) ? BPF_JMP : BPF_JMP32) | comparisons[pick(j, 11)] | BPF_K,
			  left, 0, 0, small(j) + (s32)pick(j, 3) - 1);
	keep_cells(j, &before);
	switch (pick(j, 4)) {
	case 0:
		constant(j);
		break;
	case 1:
		spill(j);
		break;
	case 2:
		arithmetic(j);
		break;
	}
	join_cells(j, &before);
	land(j, at);
}

/* All that lives over a round is some number. */
static void only_numbers(struct joins *j)
{
	struct joins_cell any = { NUMBER, false, ANY };
	u32 i;

	for (i = FIRST; i < FIRST + 3; i++) {
		if (j->reg[i].kind != NUMBER)
			movi(j, (u8)i, small(j));
		j->reg[i] = any;
	}
	for (i = 0; i < JOINS_SLOTS; i++) {
		if (j->slot[i].kind != NUMBER)
			emit(j, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot_off(i), small(j));
		j->slot[i] = any;
	}
	scratch_is_gone(j);
}

static void loop(struct joins *j)
{
	s32 rounds = 2 + (s32)pick(j, 5);
	bool down = chance(j, 30);
	u8 size = chance(j, 50) ? BPF_DW : BPF_W;
	u32 top;

	if (j->in_loop || j->depth > 1) {
		diamond(j);
		return;
	}
	j->in_loop = true;
	emit(j, BPF_ST | BPF_MEM | size, BPF_REG_10, 0, COUNTER, down ? rounds : 0);
	only_numbers(j);
	top = j->cnt;
	block(j, 1 + pick(j, 4));
	only_numbers(j);
	emit(j, BPF_LDX | BPF_MEM | size, 5, BPF_REG_10, COUNTER, 0);
	addi(j, 5, down ? -1 : 1);
	emit(j, BPF_STX | BPF_MEM | size, BPF_REG_10, 5, COUNTER, 0);
	emit(j, (chance(j, 70) ? BPF_JMP : BPF_JMP32) | (down ? BPF_JNE : BPF_JLT) | BPF_K, 5, 0,
	     (s32)top - (s32)j->cnt - 1, down ? 0 : rounds);
	j->in_loop = false;
	scratch_is_gone(j);
}

struct choice {
	u32 weight;
	void (*make)(struct joins *j);
};

static void one_of(struct joins *j, const struct choice *choices, u32 cnt)
{
	u32 i, n = 0;

	for (i = 0; i < cnt; i++)
		n += choices[i].weight;
	n = pick(j, n);
	for (i = 0; n >= choices[i].weight; i++)
		n -= choices[i].weight;
	choices[i].make(j);
}

static void statement(struct joins *j)
{
	static const struct choice all[] = {
		{ 14, constant }, { 8, some_number }, { 10, arithmetic }, { 8, copy }, { 14, spill },
		{ 12, fill }, { 10, compare }, { 6, stack_by_index }, { 12, index_by },
		{ 4, sized_helper }, { 4, lookup }, { 2, update_trie }, { 5, check_null }, { 3, value },
		{ 5, use_value }, { 6, packet }, { 2, record }, { 4, atomic }, { 7, function },
		{ 16, diamond }, { 4, loop }, { 6, pad }, { 2, zeroes }, { 2, apart }, { 2, part_of_slot },
		{ 5, pointers }, { 3, two_results }, { 1, unlike_slots },
	};
	static const struct choice narrow[] = {
		{ 10, constant }, { 6, some_number }, { 5, arithmetic }, { 5, copy }, { 18, spill },
		{ 6, fill }, { 6, compare }, { 5, stack_by_index }, { 5, index_by }, { 14, use_byte },
		{ 12, relate }, { 12, compare_and_index }, { 6, part_of_slot }, { 6, zeroes },
		{ 5, apart }, { 2, atomic }, { 24, diamond }, { 5, loop }, { 5, pad }, { 8, function },
		{ 2, check_null }, { 3, zero_or_number }, { 4, pointers }, { 2, two_results },
		{ 1, unlike_slots },
	};

	if (!j->statements || j->full)
		return;
	j->statements--;
	if (j->narrow)
		one_of(j, narrow, ARRAY_SIZE(narrow));
	else
		one_of(j, all, ARRAY_SIZE(all));
}

/* --- whole programs ------------------------------------------------------------------------ */

static void end(struct joins *j, bool callback)
{
	u8 r = number(j);
	u32 at, skip;

	if (chance(j, 30)) {
		at = two_ways(j);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, callback ? (s32)pick(j, 2) : small(j));
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
		emit(j, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, callback ? (s32)pick(j, 2) : small(j));
		land(j, skip);
	} else {
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, 0, r, 0, 0);
		if (callback)
			emit(j, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, chance(j, 30) ? 0 : 1);
	}
	emit(j, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void begin(struct joins *j, u32 function)
{
	memset(j->reg, 0, sizeof(j->reg));
	memset(j->slot, 0, sizeof(j->slot));
	j->function = function;
	j->depth = function ? 1 : 0;
	j->in_loop = false;
}

static void save_number(struct joins *j, u8 dst, u8 src)
{
	j->reg[src] = (struct joins_cell){ NUMBER, false, ANY };
	mov(j, dst, src);
}

static void prototype(struct joins *j)
{
	struct asm_func *f = &j->protos[j->proto_cnt++];

	f->insn = j->cnt;
	f->global = true;
	snprintf(f->proto, sizeof(f->proto), "int f%u(struct s16 *, u64)", j->cnt);
}

/* Always, or on the way that is walked last. */
static void leave_mark(struct joins *j, s32 off)
{
	u32 at = 0, skip = 0;
	bool perhaps = chance(j, 50);

	if (perhaps) {
		at = two_ways(j);
		skip = emit(j, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(j, at);
	}
	emit(j, BPF_ST | BPF_MEM | BPF_DW, CTX, 0, off, 1);
	if (perhaps) {
		land(j, skip);
		pad(j);
	}
}

static void body(struct joins *j, u32 kind, s32 marks)
{
	static const u8 frame[] = { [SLOTS] = 1, [ROUNDS] = 2, [ELEMENTS] = 4 };

	u32 at = 0;

	begin(j, kind);
	switch (kind) {
	case NUMBERS:
		save_number(j, 6, 1);
		save_number(j, 7, 2);
		save_number(j, 8, 3);
		break;
	case SLOTS:
		save_number(j, 6, 2);
		break;
	case ROUNDS:
		save_number(j, 6, 1);
		break;
	case GLOBAL:
		prototype(j);
		save_number(j, 6, 2);
		movi(j, CTX, 0);
		if (chance(j, 50))
			break;
		at = emit(j, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, 0);
		emit(j, BPF_STX | BPF_MEM | BPF_DW, 1, 6, 8 * (s32)pick(j, 2), 0);
		land(j, at);
		break;
	case ELEMENTS:	/* r1 map, r2 key, r3 value */
		emit(j, BPF_LDX | BPF_MEM | BPF_W, 6, 2, 0, 0);
		j->reg[6] = (struct joins_cell){ NUMBER, false, ANY };
		mov(j, 7, 3);
		j->reg[7] = (struct joins_cell){ VALUE, false, EDGE_VALUE };
		break;
	}
	if (kind > NUMBERS && kind < GLOBAL)
		emit(j, BPF_ALU64 | BPF_MOV | BPF_X, CTX, frame[kind], 0, 0);
	if (marks)
		leave_mark(j, marks + 48);
	j->statements = 2 + pick(j, 6);
	while (j->statements && !j->full)
		statement(j);
	end(j, kind == ROUNDS || kind == ELEMENTS);
}

static void functions(struct joins *j)
{
	u32 i, start[JOINS_CALLS];

	for (i = 0; i < j->call_cnt && !j->full; i++) {
		if (j->calls[i].same_as == i) {
			start[i] = j->cnt;
			body(j, j->calls[i].kind, j->calls[i].marks);
		}
		j->insns[j->calls[i].at].imm = (s32)start[j->calls[i].same_as] -
			(s32)j->calls[i].at - 1;
	}
}

void joins_program(struct joins *j)
{
	u32 i;

	j->cnt = j->call_cnt = j->proto_cnt = 0;
	j->full = false;
	begin(j, NONE);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, CTX, 1, 0, 0);
	for (i = FIRST; i < FIRST + 3; i++)
		if (chance(j, 50))
			movi(j, (u8)i, small(j));
		else
			unknown(j, (u8)i);
	if (chance(j, 50))
		fill_slots(j, 1 + pick(j, JOINS_SLOTS));
	j->statements = 2 + pick(j, 10);
	while (j->statements && !j->full)
		statement(j);
	/* what is still held decides: use some */
	for (i = 0; i < 2; i++) {
		use_byte(j);
		index_by(j);
	}
	end(j, false);
	functions(j);
}

static void small_step(struct joins *j)
{
	u8 dst = FIRST + (u8)pick(j, 3), src = FIRST + (u8)pick(j, 3);
	u32 s = chance(j, 66) ? 3 : pick(j, 4);
	s32 off = slot_off(pick(j, 2));

	switch (pick(j, 14)) {
	case 0:
		movi(j, dst, small(j));
		break;
	case 1 ... 3:
		addi(j, dst, chance(j, 80) ? 1 : -1);
		break;
	case 4:
		mov(j, dst, src);
		break;
	case 5:
		emit(j, BPF_ALU64 | BPF_AND | BPF_K, dst, 0, 0, chance(j, 50) ? 7 : 15);
		break;
	case 6:
		emit(j, BPF_ALU64 | BPF_ADD | BPF_X, dst, src, 0, 0);
		break;
	case 7:
		emit(j, BPF_STX | BPF_MEM | sizes[s].code, BPF_REG_10, dst, off, 0);
		break;
	case 8:
		emit(j, BPF_LDX | BPF_MEM | sizes[s].code, dst, BPF_REG_10, off, 0);
		break;
	case 9:
		use_byte(j);
		break;
	case 10:
		compare_and_index(j);
		break;
	case 11:
		unknown(j, dst);
		if (chance(j, 50))
			emit(j, BPF_ALU64 | BPF_AND | BPF_K, dst, 0, 0, 3);
		break;
	case 12:
		stack_by_index(j);
		break;
	default:
		emit(j, BPF_ST | BPF_MEM | sizes[s].code, BPF_REG_10, 0, off, small(j));
		break;
	}
}

#define BLOCKS_MAX 9u

void joins_graph(struct joins *j)
{
	u32 blocks = 3 + pick(j, BLOCKS_MAX - 3), i, n, start[BLOCKS_MAX], at[BLOCKS_MAX], to[BLOCKS_MAX];
	u8 op;

	j->cnt = j->call_cnt = j->proto_cnt = 0;
	j->full = false;
	j->narrow = true;
	begin(j, NONE);
	emit(j, BPF_ALU64 | BPF_MOV | BPF_X, CTX, 1, 0, 0);
	for (i = FIRST; i < FIRST + 3; i++)
		movi(j, (u8)i, small(j));
	fill_slots(j, 2);
	for (i = 0; i < blocks; i++) {
		start[i] = j->cnt;
		for (n = pick(j, 4); n; n--) {
			for (op = FIRST; op < FIRST + 3; op++)
				j->reg[op] = (struct joins_cell){ NUMBER, false, ANY };
			small_step(j);
		}
		op = comparisons[pick(j, 11)];
		to[i] = pick(j, blocks);
		n = pick(j, 10);
		at[i] = n < 4 ? two_ways(j) :
			n < 8 ? emit(j, (chance(j, 75) ? BPF_JMP : BPF_JMP32) | op | BPF_K, any_reg(j), 0,
				     0, 1 + (s32)pick(j, 12)) :
			n < 9 ? emit(j, BPF_JMP | op | BPF_X, any_reg(j), any_reg(j), 0, 0) :
			0;
	}
	use_byte(j);
	index_by(j);
	index_by(j);
	end(j, false);
	for (i = 0; i < blocks; i++)
		if (at[i])
			j->insns[at[i]].off = (s16)((s32)start[to[i]] - (s32)at[i] - 1);
}
