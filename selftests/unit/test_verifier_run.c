/* SPDX-License-Identifier: GPL-2.0 */
/*
 * test_verifier_run [SEED] [COUNT]: random programs that the verifier accepts are
 * run, and every access is held against what is really there: map values, context,
 * and stack bytes that were really written.  Also, what runs must have been seen.
 *
 * The generator aims at what can go wrong in the walk: paths that meet with
 * different numbers, spills and copies that are narrowed elsewhere, offsets at the
 * edge of a value, loops, functions that work on their caller's stack.
 */
#include <stdlib.h>

#include "../lib/load.h"
#include "../lib/space.h"
#include "../tap.h"
#include "core/disasm.h"
#include "core/insn.h"
#include "core/interp_check.h"

#define INSNS_MAX	600u
#define CTX_WORDS	21u
#define VALUE_SIZE	64
#define RUNS		12
#define FP		10

/* --- chance ----------------------------------------------------------------------------------- */

static u64 rng;

static u64 chance(void)
{
	u64 z = rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static u32 below(u32 n)
{
	return (u32)(chance() >> 33) % n;
}

static bool percent(u32 p)
{
	return below(100) < p;
}

static s32 small_or_edge(void)
{
	static const s32 edges[] = { 0, 1, -1, 7, 8, 31, 32, 55, 56, 57, 63, 64, 65, 127, 128, 255,
				     0x7fffffff, (s32)0x80000000, -2, -8, -64 };

	return percent(70) ? edges[below(ARRAY_SIZE(edges))] : (s32)below(80) - 4;
}

/*
 * --- programs -----------------------------------------------------------------------------------
 */

static struct {
	struct bpf_insn insns[INSNS_MAX];
	u32 cnt;
	u32 depth;	/* of nested blocks */
	u32 loops;
	bool in_function;
	u32 calls[8], call_cnt;
} g;

static void emit(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	if (g.cnt < INSNS_MAX)
		g.insns[g.cnt++] = (struct bpf_insn){ code, dst, src, off, imm };
}

static u8 reg(void)
{
	return 6 + below(4);
}

static const u8 conditions[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT,
				 BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };
static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static u8 condition(void)
{
	return conditions[below(ARRAY_SIZE(conditions))] | (percent(30) ? BPF_JMP32 : BPF_JMP);
}

static void arithmetic(void)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_RSH,
				  BPF_LSH, BPF_ARSH, BPF_MOD, BPF_DIV, BPF_ADD, BPF_AND };
	u8 op = ops[below(ARRAY_SIZE(ops))], klass = percent(30) ? BPF_ALU : BPF_ALU64;
	s32 imm = small_or_edge();

	if (op == BPF_RSH || op == BPF_LSH || op == BPF_ARSH)
		imm = below(klass == BPF_ALU ? 32 : 64);
	if ((op == BPF_MOD || op == BPF_DIV) && !imm)
		imm = 3;
	if (percent(30))
		emit(klass | op | BPF_X, reg(), reg(), 0, 0);
	else
		emit(klass | op | BPF_K, reg(), 0, 0, imm);
}

static void copy(void)
{
	if (percent(70))
		emit((percent(25) ? BPF_ALU : BPF_ALU64) | BPF_MOV | BPF_X, reg(), reg(), 0, 0);
	else
		emit(BPF_ALU64 | BPF_MOV | BPF_K, reg(), 0, 0, small_or_edge());
}

static s16 slot_off(u32 *size)
{
	*size = percent(60) ? 3 : below(4);
	return (s16)(-16 - (s16)(8 * below(6)) +
		     (percent(80) ? 0 : (s16)(below(8) & ~((1u << *size) - 1))));
}

static void spill(void)
{
	u32 size;
	s16 off = slot_off(&size);

	if (percent(80))
		emit(BPF_STX | BPF_MEM | sizes[size], FP, reg(), off, 0);
	else
		emit(BPF_ST | BPF_MEM | sizes[size], FP, 0, off, small_or_edge());
}

static void fill(void)
{
	u32 size;
	s16 off = slot_off(&size);

	emit(BPF_LDX | BPF_MEM | sizes[size], reg(), FP, off, 0);
}

/* Makes it likely, not certain, that the register is a fit offset. */
static void bound(u8 r)
{
	u32 max = VALUE_SIZE - 1 + (percent(6) ? 1 + below(8) : 0);

	switch (below(4)) {
	case 0:
		emit(BPF_ALU64 | BPF_AND | BPF_K, r, 0, 0, percent(95) ? 63 : 127);
		break;
	case 1:
		emit(BPF_ALU64 | BPF_MOD | BPF_K, r, 0, 0, (s32)max + 1);
		break;
	case 2:		/* the check may be on a copy */
		emit(BPF_ALU64 | BPF_MOV | BPF_X, 5, r, 0, 0);
		if (percent(30))
			emit(BPF_ALU64 | BPF_ADD | BPF_K, 5, 0, 0, (s32)below(5) - 2);
		emit(BPF_JMP | BPF_JLE | BPF_K, 5, 0, 1, (s32)max - 4);
		emit(BPF_ALU64 | BPF_MOV | BPF_K, r, 0, 0, (s32)below(8));
		break;
	default:
		emit(BPF_JMP | BPF_JLE | BPF_K, r, 0, 1, (s32)max);
		emit(BPF_ALU64 | BPF_MOV | BPF_K, r, 0, 0, (s32)below(64));
	}
}

/* r4 = value of the map [+ a register] */
static void value_pointer(void)
{
	u8 r = reg();

	if (percent(65))
		bound(r);
	emit(BPF_LD | BPF_IMM | BPF_DW, 4, BPF_PSEUDO_MAP_VALUE, 0, rt_map_fd(rt_map_by_name("arr")));
	emit(0, 0, 0, 0, percent(90) ? 0 : (s32)below(VALUE_SIZE));
	emit(BPF_ALU64 | BPF_ADD | BPF_X, 4, r, 0, 0);
}

static void use_value(void)
{
	s16 off = percent(85) ? 0 : (s16)below(10) - 5;
	u8 size = percent(90) ? BPF_B : sizes[below(4)];

	value_pointer();
	if (percent(25)) {
		/* by way of the stack */
		emit(BPF_STX | BPF_MEM | BPF_DW, FP, 4, -72, 0);
		emit(BPF_LDX | BPF_MEM | BPF_DW, 4, FP, -72, 0);
	}
	if (percent(50))
		emit(BPF_LDX | BPF_MEM | size, reg(), 4, off, 0);
	else
		emit(BPF_STX | BPF_MEM | size, 4, reg(), off, 0);
}

static void use_stack(void)
{
	u8 r = reg();

	emit(BPF_ALU64 | BPF_AND | BPF_K, r, 0, 0, percent(80) ? 15 : 31);
	emit(BPF_ALU64 | BPF_MOV | BPF_X, 4, FP, 0, 0);
	emit(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, -16 - 8 * (s32)below(6));
	emit(BPF_ALU64 | BPF_ADD | BPF_X, 4, r, 0, 0);
	if (percent(50))
		emit(BPF_LDX | BPF_MEM | BPF_B, reg(), 4, 0, 0);
	else
		emit(BPF_STX | BPF_MEM | BPF_B, 4, reg(), 0, 0);
}

static void statement(void);

static void block(u32 max)
{
	u32 n = 1 + below(max);

	g.depth++;
	while (n--)
		statement();
	g.depth--;
}

static void branch(void)
{
	u32 at = g.cnt, end;

	if (percent(70))
		emit(condition() | BPF_K, reg(), 0, 0, small_or_edge());
	else
		emit(condition() | BPF_X, reg(), reg(), 0, 0);
	block(4);
	if (percent(50)) {
		end = g.cnt;
		emit(BPF_JMP | BPF_JA, 0, 0, 0, 0);
		g.insns[at].off = (s16)(g.cnt - at - 1);
		block(4);
		g.insns[end].off = (s16)(g.cnt - end - 1);
	} else {
		g.insns[at].off = (s16)(g.cnt - at - 1);
	}
}

static void loop(void)
{
	s16 counter = (s16)(-80 - 8 * (s16)g.loops++);
	u32 top;

	emit(BPF_ST | BPF_MEM | BPF_DW, FP, 0, counter, 0);
	top = g.cnt;
	block(3);
	emit(BPF_LDX | BPF_MEM | BPF_DW, 0, FP, counter, 0);
	emit(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 1);
	emit(BPF_STX | BPF_MEM | BPF_DW, FP, 0, counter, 0);
	emit(BPF_JMP | BPF_JLT | BPF_K, 0, 0, (s16)((s32)top - (s32)g.cnt - 1), 2 + below(4));
}

/* r0 = f(a number, a place on the stack) */
static void call(void)
{
	emit(BPF_ALU64 | BPF_MOV | BPF_X, 1, reg(), 0, 0);
	emit(BPF_ALU64 | BPF_MOV | BPF_X, 2, FP, 0, 0);
	emit(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -16 - 8 * (s32)below(6));
	g.calls[g.call_cnt++] = g.cnt;
	emit(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	emit(BPF_ALU64 | BPF_MOV | BPF_X, reg(), 0, 0, 0);
}

static void statement(void)
{
	u32 k = below(100);

	if (k < 25)
		arithmetic();
	else if (k < 37)
		copy();
	else if (k < 49)
		spill();
	else if (k < 60)
		fill();
	else if (k < 72)
		use_value();
	else if (k < 76)
		use_stack();
	else if (k < 92 && g.depth < 4)
		branch();
	else if (k < 95 && g.depth < 2 && g.loops < 3)
		loop();
	else if (k < 99 && !g.in_function && g.call_cnt < ARRAY_SIZE(g.calls))
		call();
}

static void begin_main(void)
{
	u32 i;

	for (i = 0; i < 4; i++)
		emit(BPF_LDX | BPF_MEM | sizes[percent(60) ? 3 : below(4)], 6 + i, 1, (s16)(i * 8), 0);
	for (i = 0; i < 7; i++)
		if (percent(75))
			emit(BPF_ST | BPF_MEM | BPF_DW, FP, 0, (s16)(-16 - (s16)i * 8), percent(50) ? 0 : 5);
}

static void begin_function(void)
{
	u32 i;

	for (i = 6; i < 10; i++)
		emit(BPF_ALU64 | BPF_MOV | (i == 6 ? BPF_X : BPF_K), (u8)i, i == 6 ? 1 : 0, 0,
		     i == 6 ? 0 : (s32)below(70));
	if (percent(50))
		emit(BPF_STX | BPF_MEM | BPF_DW, 2, 6, 0, 0);
	if (percent(30))
		emit(BPF_LDX | BPF_MEM | BPF_DW, 7, 2, 0, 0);
	for (i = 0; i < 7; i++)
		if (percent(75))
			emit(BPF_ST | BPF_MEM | BPF_DW, FP, 0, (s16)(-16 - (s16)i * 8), 0);
}

static void end(void)
{
	emit(BPF_ALU64 | BPF_MOV | BPF_X, 0, reg(), 0, 0);
	emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void generate(u64 seed)
{
	u32 i, n;

	memset(&g, 0, sizeof(g));
	rng = seed * 0x2545f4914f6cdd1dULL + 1;
	begin_main();
	for (n = 6 + below(14); n; n--)
		statement();
	end();
	if (!g.call_cnt)
		return;
	for (i = 0; i < g.call_cnt; i++)
		g.insns[g.calls[i]].imm = (s32)(g.cnt - g.calls[i] - 1);
	g.in_function = true;
	g.loops = 0;
	begin_function();
	for (n = 3 + below(6); n; n--)
		statement();
	end();
}

/*
 * --- running them --------------------------------------------------------------------------------
 */

struct frame {
	u64 top, bottom;
	bool written[512];
};

static struct {
	const struct loaded *p;
	struct frame frame[XBPF_MAX_FRAMES + 1];
	u32 depth;
	u64 value, ctx;
	u64 steps;
	char why[200];
} run;

static void on_frame(void *priv, u64 top, u32 depth)
{
	(void)priv;
	if (!depth) {
		run.depth--;
		return;
	}
	run.depth++;
	memset(&run.frame[run.depth], 0, sizeof(run.frame[0]));
	run.frame[run.depth].top = top;
	run.frame[run.depth].bottom = top - depth;
}

static bool on_insn(void *priv, const struct xbpf_image *image, u32 pc, const u64 *regs)
{
	(void)priv;
	(void)image;
	(void)regs;
	if (!(run.p->code.insn_aux[pc].flags & XBPF_AUX_SEEN)) {
		snprintf(run.why, sizeof(run.why), "instruction %u runs but was never seen", pc);
		return false;
	}
	if (++run.steps < 2000000)
		return true;
	snprintf(run.why, sizeof(run.why), "the run does not end");
	return false;
}

static void *on_access(void *priv, u64 addr, u32 size, bool write)
{
	u32 f, i;

	(void)priv;
	if ((addr >= run.value && addr + size <= run.value + VALUE_SIZE) ||
	    (!write && addr >= run.ctx && addr + size <= run.ctx + CTX_WORDS * 8))
		return space_at(addr, size, SPACE_READ);
	for (f = 1; f <= run.depth; f++) {
		struct frame *frame = &run.frame[f];

		if (addr < frame->bottom || addr + size > frame->top)
			continue;
		for (i = 0; i < size; i++) {
			u64 at = frame->top - addr - i - 1;

			if (write)
				frame->written[at] = true;
			if (frame->written[at])
				continue;
			snprintf(run.why, sizeof(run.why), "a byte of the stack %llu below R10 is read, never written",
				 (unsigned long long)at + 1);
			return NULL;
		}
		return space_at(addr, size, SPACE_READ | SPACE_WRITE);
	}
	snprintf(run.why, sizeof(run.why), "%s of %u bytes at value%+lld", write ? "write" : "read", size,
		 (long long)(addr - run.value));
	return NULL;
}

static const struct xbpf_interp_check check = { .frame = on_frame,
						.insn = on_insn,
						.access = on_access,
						.address = rt_address,
						.map = rt_map_host };

static u64 operand(void)
{
	static const u64 edges[] = { 0, 1, 2, 5, 31, 55, 62, 63, 64, 65, 127, 128, 255, 256,
				     0x7fffffff, 0x80000000,
				     0xffffffff, 0x100000000, 0x10000003f, 0x7fffffffffffffff, 0x8000000000000000,
				     0xffffffffffffffff, 0xffffffffffffffc0, 0xffffffff00000020 };

	return percent(60) ? edges[below(ARRAY_SIZE(edges))] : percent(50) ? below(80) :
		chance() >> below(64);
}

static bool run_once(const struct loaded *p)
{
	struct rt_map *map = rt_map_by_name("arr");
	u64 ctx[CTX_WORDS];
	bool stopped;
	u32 i, zero = 0;

	for (i = 0; i < CTX_WORDS; i++)
		ctx[i] = operand();
	memset(&run, 0, sizeof(run));
	run.p = p;
	space_begin(chance());
	run.value = rt_map_see_value(map, rt_map_lookup(map, &zero));
	run.ctx = space_put(ctx, sizeof(ctx), SPACE_READ);
	xbpf_image_run_checked(p->image, run.ctx, &check, &stopped);
	space_end();
	if (stopped && !run.why[0])
		snprintf(run.why, sizeof(run.why), "the run left its stack or its frames");
	return !stopped;
}

static void show(const struct loaded *p)
{
	char text[128];
	u32 i;

	for (i = 0; i < p->text.cnt; i++) {
		xbpf_disasm(text, sizeof(text), &p->text.insns[i], NULL, NULL);
		tap_diag("%4u: %s", i, text);
		if (p->text.insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, count = argc > 2 ? strtoull(argv[2],
		NULL, 0) : 4000;
	u64 accepted = 0, runs = 0, bad = 0, i, k;

	for (i = 0; i < count && bad < 3; i++) {
		struct loaded p;

		rt_reset();
		rt_map_new("arr", BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, 0);
		generate(seed + i);
		if (!load_insns(&p, g.insns, g.cnt, BPF_PROG_TYPE_KPROBE, LOAD_INTERP)) {
			accepted++;
			for (k = 0; k < RUNS; k++) {
				runs++;
				if (run_once(&p))
					continue;
				tap_diag("seed %llu: %s", (unsigned long long)(seed + i), run.why);
				show(&p);
				bad++;
				break;
			}
		}
		load_free(&p);
	}
	tap_diag("%llu programs, %llu accepted, %llu runs", (unsigned long long)i,
		 (unsigned long long)accepted, (unsigned long long)runs);
	tap_ok(!bad, "no accepted program does what it may not");
	tap_ok(accepted * 10 > i, "a fair share of the programs is accepted");
	return tap_done();
}
