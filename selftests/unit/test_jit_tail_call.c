/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames and tail calls of JITed code, run here.
 */
#define _GNU_SOURCE	/* memmem */
#include <sys/mman.h>
#include "jit_rig.h"
#include "tap.h"

/* Counts its runs in map n, tail-calls slot 0 of map t; what falls through returns 7. */
#define COUNT_AND_CALL(key, slot)					\
	"r6 = r1\n"							\
	"*(u32 *)(r10 - 4) = " key "\n"					\
	"r2 = r10\n r2 += -4\n r1 = map[n] ll\n"			\
	"call map_lookup_elem\n"					\
	"if r0 == 0 goto out\n"						\
	"r1 = *(u64 *)(r0 + 0)\n r1 += 1\n *(u64 *)(r0 + 0) = r1\n"	\
	"call ktime_get_ns\n"						\
	"r1 = r6\n r2 = map[t] ll\n r3 = " slot "\n"			\
	"call tail_call\n"						\
	"out: r0 = 7\n exit\n"

static struct rt_map *table, *counts;
static u64 ctx[21];

static void world(void)
{
	rt_reset();
	table = rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);
	counts = rt_map_new("n", BPF_MAP_TYPE_ARRAY, 4, 8, 8, 0);
}

static u64 count(u32 key)
{
	u64 *value = rt_map_lookup(counts, &key);

	return value ? *value : ~0ULL;
}

static void slot(u32 index, const struct loaded *p)
{
	rt_slot_set(table, index, p ? load_target(p, LOAD_JIT) : NULL);
}

static void chain_ends(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	world();
	rig_must(&p, COUNT_AND_CALL("0", "0"), 8, &jenv);
	slot(0, &p);
	expect_eq(load_run_jit(&p, ctx), 7);
	expect_eq(count(0), 34);	/* the entry and 33 tail calls */
	expect_eq(load_run_jit(&p, ctx), 7);
	expect_eq(count(0), 68);	/* each run has its own budget */
	load_free(&p);
}

static void failed_calls_are_free(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;

	world();
	/* 100 calls that cannot succeed, then the chain */
	rig_must(&p,
		 "r6 = r1\n r7 = 0\n"
		 "again: r1 = r6\n r2 = map[t] ll\n r3 = 5\n call tail_call\n"	/* empty */
		 "r1 = r6\n r2 = map[t] ll\n r3 = 8\n call tail_call\n"		/* out of range */
		 "r1 = r6\n r2 = map[t] ll\n r3 = -1\n call tail_call\n"
		 "r7 += 1\n if r7 < 100 goto again\n"
		 "r1 = r6\n r2 = map[t] ll\n r3 = 0\n call tail_call\n r0 = 9\n exit", 0, &jenv);
	rig_must(&q, COUNT_AND_CALL("0", "0"), 8, &jenv);
	slot(0, &q);
	expect_eq(load_run_jit(&p, ctx), 7);
	expect_eq(count(0), 33);
	load_free(&q);
	load_free(&p);
}

static void spent_stays_spent(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	world();
	/* the last of the chain tries a thousand times more */
	rig_must(&p,
		 "r6 = r1\n *(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4\n r1 = map[n] ll\n"
		 "call map_lookup_elem\n if r0 == 0 goto out\n"
		 "r1 = *(u64 *)(r0 + 0)\n r1 += 1\n *(u64 *)(r0 + 0) = r1\n r7 = 0\n"
		 "again: r1 = r6\n r2 = map[t] ll\n r3 = 0\n call tail_call\n"
		 "r7 += 1\n if r7 < 1000 goto again\n"
		 "out: r0 = r7\n exit", 8, &jenv);
	slot(0, &p);
	expect_eq(load_run_jit(&p, ctx), 1000);
	expect_eq(count(0), 34);
	load_free(&p);
}

static void index_is_u32(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;

	world();
	rig_must(&q, "r0 = 55\n exit", 0, &jenv);
	slot(3, &q);
	rig_must(&p, "r2 = map[t] ll\n r3 = 0x700000003 ll\n call tail_call\n r0 = 1\n exit", 0, &jenv);
	expect_eq(load_run_jit(&p, ctx), 55);
	load_free(&p);
	rig_must(&p, "r2 = map[t] ll\n r3 = 0x300000008 ll\n call tail_call\n r0 = 1\n exit", 0, &jenv);
	expect_eq(load_run_jit(&p, ctx), 1);
	load_free(&p);
	load_free(&q);
}

/* --- the stack ---------------------------------------------------------------- */

static unsigned long depth_at[64];
static u32 depths;

static u64 record_depth(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	(void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	if (depths < ARRAY_SIZE(depth_at))
		depth_at[depths++] = (unsigned long)__builtin_frame_address(0);
	return 0;
}

static void constant_depth(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;
	u32 i;

	world();
	rt_helper_set(BPF_FUNC_ktime_get_ns, record_depth);
	rig_must(&p, COUNT_AND_CALL("0", "1"), 8, &jenv);
	rig_must(&q, COUNT_AND_CALL("1", "0"), 512, &jenv);
	slot(0, &p);
	slot(1, &q);
	depths = 0;
	expect_eq(load_run_jit(&p, ctx), 7);
	expect_eq(depths, 34);
	for (i = 2; i < depths; i++)
		expect(depth_at[i] == depth_at[i - 2], "hop %u: the stack moved by %ld bytes", i,
		       (long)(depth_at[i - 2] - depth_at[i]));
	/* the two differ by their own stacks only (512 is made 520 to align calls) */
	expect_eq(depth_at[0] - depth_at[1], 520 - 8);
	load_free(&q);
	load_free(&p);
}

static void aligned_at_calls(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;
	u32 depth;

	for (depth = 0; depth <= 32; depth += 8) {
		world();
		rt_helper_set(BPF_FUNC_ktime_get_ns, record_depth);
		rig_must(&p,
			 "call sub\n call ktime_get_ns\n r0 = 0\n exit\n"
			 "sub: r6 = 1\n r7 = 2\n r8 = 3\n call ktime_get_ns\n call leaf\n exit\n"
			 "leaf: call ktime_get_ns\n r0 = 0\n exit", depth, &jenv);
		depths = 0;
		load_run_jit(&p, ctx);
		expect_eq(depths, 3);
		for (u32 i = 0; i < depths; i++)
			/* frame address: behind return address and pushed rbp */
			expect(depth_at[i] % 16 == 0, "stack of %u bytes: call with rsp %lx", depth,
			       depth_at[i] + 16);
		load_free(&p);
	}
}

/*
 * call_keeping(enter, ctx, image, regs): runs the image with marks in the callee-saved registers
 * and stores what they hold afterwards.
 */
u64 call_keeping(load_trampoline_fn enter, void *ctx, const void *image, u64 *regs);
asm(".text\n"
    ".globl call_keeping\n"
    "call_keeping:\n"
    "	push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15; push %rcx\n"
    "	mov %rdi, %rax\n"
    "	mov %rsi, %rdi; mov %rdx, %rsi\n"
    "	mov $0x1111, %ebx; mov $0x2222, %ebp; mov $0x3333, %r12d\n"
    "	mov $0x4444, %r13d; mov $0x5555, %r14d; mov $0x6666, %r15d\n"
    "	call *%rax\n"
    "	pop %rdx\n"
    "	mov %rbx, (%rdx); mov %rbp, 8(%rdx); mov %r12, 16(%rdx)\n"
    "	mov %r13, 24(%rdx); mov %r14, 32(%rdx); mov %r15, 40(%rdx)\n"
    "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
    "	ret\n");

static void keeps_registers(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;
	u64 regs[6];

	world();
	rig_must(&p, COUNT_AND_CALL("0", "1"), 64, &jenv);
	rig_must(&q, "r6 = -1\n r7 = -1\n r8 = -1\n r9 = -1\n *(u64 *)(r10 - 256) = -1\n"
		 "call sub\n r0 = r6\n exit\n"
		 "sub: r6 = 3\n r7 = 3\n r8 = 3\n r9 = 3\n *(u64 *)(r10 - 256) = 3\n r0 = 0\n exit", 256, &jenv);
	slot(1, &q);
	expect_eq(call_keeping(p.enter, ctx, p.jit_mem, regs), -1);
	for (u32 i = 0; i < 6; i++)
		expect_eq(regs[i], 0x1111 * (i + 1));
	load_free(&q);
	load_free(&p);
}

static void subprograms_keep(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	world();
	rig_must(&p, "r6 = 6\n r7 = 7\n r8 = 8\n r9 = 9\n *(u64 *)(r10 - 8) = 10\n"
		 "r1 = 1\n r2 = 2\n r3 = 3\n r4 = 4\n r5 = 5\n call sub\n"
		 "r0 *= 1000\n r0 += r6\n r0 += r7\n r0 += r8\n r0 += r9\n r1 = *(u64 *)(r10 - 8)\n"
		 " r0 += r1\n exit\n"
		 "sub: r6 = r1\n r6 += r2\n r8 = r3\n r8 += r4\n r6 += r8\n r6 += r5\n *(u64 *)(r10 - 8) = r6\n"
		 "r0 = *(u64 *)(r10 - 8)\n exit", 8, &jenv);
	expect_eq(load_run_jit(&p, ctx), 15 * 1000 + 40);
	load_free(&p);
}

/* --- tail calls in subprograms -------------------------------------------------- */

static void shared_budget(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;

	world();
	/* forty calls of a subprogram that leaves by tail call, and counts when it cannot */
	rig_must(&p,
		 "r6 = r1\n r7 = 0\n r8 = 0\n"
		 "again: r1 = r6\n call sub\n r8 += r0\n r7 += 1\n if r7 < 40 goto again\n"
		 "r0 = r8\n exit\n"
		 "sub: r2 = map[t] ll\n r3 = 0\n call tail_call\n r0 = 1000\n exit", 24, &jenv);
	rig_must(&q, "r9 = 1\n r7 = 77\n r0 = 1\n exit", 32, &jenv);
	slot(0, &q);
	expect_eq(load_run_jit(&p, ctx), 33 + 7 * 1000);
	load_free(&q);

	/* the target makes one more tail call each: 16 times two, then one, then none */
	rig_must(&q, "r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 10\n exit", 0, &jenv);
	slot(0, &q);
	struct loaded r;

	rig_must(&r, "r0 = 1\n exit", 128, &jenv);
	slot(1, &r);
	expect_eq(load_run_jit(&p, ctx), 16 * 1 + 10 + 23 * 1000);
	load_free(&r);
	load_free(&q);
	load_free(&p);
}

static void through_nested_subprograms(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;

	world();
	rig_must(&p,
		 "r6 = r1\n r7 = 0\n r8 = 0\n"
		 "again: r1 = r6\n call outer\n r8 += r0\n r7 += 1\n if r7 < 40 goto again\n"
		 "r0 = r8\n exit\n"
		 "outer: r6 = r1\n call sub\n r6 = r0\n r0 = r6\n exit\n"
		 "sub: r2 = map[t] ll\n r3 = 0\n call tail_call\n r0 = 1000\n exit", 16, &jenv);
	rig_must(&q, "r6 = 9\n r0 = 1\n exit", 8, &jenv);
	slot(0, &q);
	expect_eq(load_run_jit(&p, ctx), 33 + 7 * 1000);
	load_free(&q);
	load_free(&p);
}

/* --- what the verifier knows ------------------------------------------------------ */

static u64 run_known(u32 index, bool index_known)
{
	struct xbpf_jit_env jenv = rig_env();
	char text[200];
	struct loaded p;
	u64 ret;
	u32 i;

	snprintf(text, sizeof(text), "r2 = map[t] ll\n r3 = %u\n call tail_call\n r0 = 1\n exit", index);
	if (rig_parse(&p, text, 0))
		return ~0ULL;
	i = rig_find_call(&p, BPF_FUNC_tail_call);
	p.code.insn_aux[i].map = 1;
	if (index_known) {
		p.code.insn_aux[i].flags |= XBPF_AUX_CONST_INDEX;
		p.code.insn_aux[i].arg = index;
	}
	ret = rig_compile(&p, &jenv) ? ~0ULL : load_run_jit(&p, ctx);
	load_free(&p);
	return ret;
}

static void known_map_and_index(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded q;

	world();
	rig_must(&q, "r0 = 55\n exit", 0, &jenv);
	slot(7, &q);
	for (u32 known = 0; known < 2; known++) {
		expect_eq(run_known(7, known), 55);
		expect_eq(run_known(6, known), 1);
		expect_eq(run_known(8, known), 1);
	}
	load_free(&q);
}

/* --- strategies, their poke sites and counters ------------------------------------------------ */

enum { UNWIND = 2, SLOT, DIRECT, TREE };

static const u8 nop5[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

/* What module/table/poke.c does, for one that runs nowhere now. */
static void patch(const struct loaded *p, const struct xbpf_jit_poke *site, const void *to)
{
	unsigned long page = (unsigned long)p->jit_mem & ~4095UL;
	size_t len = (unsigned long)p->jit_mem + p->jit_size - page;
	u8 *at = p->jit_mem + site->off;
	s32 rel = (s32)((const u8 *)to - (at + 5));

	mprotect((void *)page, len, PROT_READ | PROT_WRITE);
	if (to) {
		at[0] = 0xe9;
		memcpy(at + 1, &rel, 4);
	} else {
		memcpy(at, nop5, 5);
	}
	mprotect((void *)page, len, PROT_READ | PROT_EXEC);
}

static void must_verify(struct loaded *p, const char *text, const struct xbpf_jit_env *jenv)
{
	if (load_asm(p, text, BPF_PROG_TYPE_KPROBE, 0) || rig_compile(p, jenv)) {
		printf("Bail out! %s\n", p->log.reason);
		exit(1);
	}
}

static struct xbpf_jit_env strategy_env(u32 strategy)
{
	struct xbpf_jit_env jenv = rig_env();

	jenv.tail = (u8)strategy;
	jenv.pokes = true;
	return jenv;
}

static void named_by_number(void)
{
	expect(!xbpf_jit_tail_name(0));
	expect(!strcmp(xbpf_jit_tail_name(1), "auto"));
	expect(!strcmp(xbpf_jit_tail_name(UNWIND), "unwind"));
	expect(!strcmp(xbpf_jit_tail_name(SLOT), "slot"));
	expect(!strcmp(xbpf_jit_tail_name(DIRECT), "direct"));
	expect(!strcmp(xbpf_jit_tail_name(TREE), "tree"));
	expect(!xbpf_jit_tail_name(100));
}

/*
 * A chain through itself: 33 times, by each strategy; direct and tree with and without their jumps.
 */
static void chains_by_every_strategy(void)
{
	static const char text[] =
		"r6 = r1\n *(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4\n r1 = map[n] ll\n call map_lookup_elem\n"
		"if r0 == 0 goto out\n r1 = *(u64 *)(r0 + 0)\n r1 += 1\n *(u64 *)(r0 + 0) = r1\n"
		"r1 = r6\n r2 = map[t] ll\n r3 = 5\n call tail_call\n out: r0 = 7\n exit";

	for (u32 strategy = 1; xbpf_jit_tail_name(strategy); strategy++) {
		struct xbpf_jit_env jenv = strategy_env(strategy);
		struct loaded p;

		world();
		must_verify(&p, text, &jenv);
		if (strategy <= TREE)
			expect_eq(p.jit.poke_cnt, strategy == UNWIND || strategy == SLOT ? 0 : 1);
		slot(5, &p);
		if (p.jit.poke_cnt && strategy != TREE) {
			expect_eq(load_run_jit(&p, ctx), 7);
			expect_eq(count(0), 1);
			expect_eq(rt_tail_counts(table)->empty, 1);
			patch(&p, &p.jit.pokes[0], load_target(&p, LOAD_JIT));
			rt_rewind();
		}
		expect_eq(load_run_jit(&p, ctx), 7);
		expect(count(0) == 34, "%s: %llu runs", xbpf_jit_tail_name(strategy),
		       (unsigned long long)count(0));
		expect_eq(rt_tail_counts(table)->limit, 1);
		expect_eq(rt_tail_counts(table)->range, 0);
		load_free(&p);
	}
}

static void counts_misses(void)
{
	for (u32 strategy = 1; xbpf_jit_tail_name(strategy); strategy++) {
		struct xbpf_jit_env jenv = strategy_env(strategy);
		struct loaded p;

		world();
		must_verify(&p, "r6 = r1\n r2 = map[t] ll\n r3 = *(u64 *)(r1 + 112)\n call tail_call\n"
			    "r1 = r6\n r2 = map[t] ll\n r3 = 8\n call tail_call\n"
			    "r1 = r6\n r2 = map[t] ll\n r3 = 3\n call tail_call\n r0 = 4\n exit", &jenv);
		ctx[14] = 3;
		expect_eq(load_run_jit(&p, ctx), 4);
		ctx[14] = 0xffffffff;
		expect_eq(load_run_jit(&p, ctx), 4);
		expect_eq(rt_tail_counts(table)->range, 3);
		expect_eq(rt_tail_counts(table)->empty, 3);
		expect_eq(rt_tail_counts(table)->limit, 0);
		load_free(&p);
	}
	ctx[14] = 0;
}

/* Wherever a call stands, its site lies within eight aligned bytes, and the length is the same. */
static void sites_do_not_straddle(void)
{
	struct xbpf_jit_env jenv = strategy_env(DIRECT);
	u32 at[8] = { 0 }, i, k;
	struct loaded p;
	char text[600];

	for (k = 0; k < 24; k++) {
		char *end = text + sprintf(text, "r6 = r1\n");

		for (i = 0; i < k; i++)		/* of two and three bytes */
			end += sprintf(end, i % 3 ? "r0 = 0\n" : "r7 = r6\n");
		sprintf(end, "r1 = r6\n r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 1\n exit");
		world();
		must_verify(&p, text, &jenv);
		expect_eq(p.jit.poke_cnt, 1);
		expect(p.jit.pokes[0].off % 8 <= 3, "at %u", p.jit.pokes[0].off);
		expect(!memcmp(p.jit_mem + p.jit.pokes[0].off, nop5, 5), "no nop");
		expect(p.jit.pokes[0].index == 1 && !p.jit.pokes[0].any &&
		       p.jit.pokes[0].map == rt_map_info(table));
		at[p.jit.pokes[0].off % 8]++;
		expect_eq(load_run_jit(&p, ctx), 1);
		load_free(&p);
	}
	for (i = 0; i < 4; i++)
		expect(at[i], "none at %u of 8", i);
}

/* Three instructions; neither table nor index is loaded. */
static void direct_is_short(void)
{
	static const u8 code[] = { 0x41, 0x83, 0xec, 0x01, 0x72 };
	static const u8 miss[] = { 0x44, 0x89, 0xe0, 0xc1, 0xe8, 0x1f, 0x41, 0xff, 0xc4, 0x48, 0xb9 };
	struct xbpf_jit_env jenv = strategy_env(DIRECT);
	const struct xbpf_jit_poke *site;
	struct loaded p;
	u64 counts;

	world();
	must_verify(&p, "r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 1\n exit", &jenv);
	site = &p.jit.pokes[0];
	expect(!memcmp(p.jit_mem + site->off - 6, code, sizeof(code)),
	       "sub, jb do not stand before the site");
	expect(6 + 4 >= site->off, "%u bytes before the site", site->off);
	for (counts = site->off + 5; p.jit_mem[counts] == 0x3e; counts++)
		;
	expect(!memcmp(p.jit_mem + counts, miss, sizeof(miss)), "the miss is another");
	memcpy(&counts, p.jit_mem + counts + sizeof(miss), 8);
	expect_eq(counts, (u64)(unsigned long)&rt_tail_counts(table)->empty);
	load_free(&p);
	/* R2 and R3 are loaded where somebody else looks at them */
	must_verify(&p, "r2 = map[t] ll\n r3 = 1\n r6 = r3\n call tail_call\n r0 = r6\n exit", &jenv);
	expect_eq(p.jit.poke_cnt, 1);
	expect_eq(load_run_jit(&p, ctx), 1);
	load_free(&p);
	must_verify(&p, "r3 = 3\n if r1 == 0 goto l\n l: r0 = r3\n r2 = map[t] ll\n"
		    " call tail_call\n r0 = 3\n exit", &jenv);
	expect_eq(load_run_jit(&p, ctx), 3);
	load_free(&p);
}

static void aux_shortens_slot(void)
{
	struct xbpf_jit_env jenv = strategy_env(SLOT);
	struct loaded p;
	u32 wide, narrow, fits;

	world();
	must_verify(&p, "r3 = *(u64 *)(r1 + 112)\n r2 = map[t] ll\n call tail_call\n r0 = 1\n exit",
		    &jenv);
	wide = p.jit_size;
	load_free(&p);
	must_verify(&p, "r3 = *(u64 *)(r1 + 112)\n w3 = w3\n r2 = map[t] ll\n call tail_call\n"
		    " r0 = 1\n exit", &jenv);
	narrow = p.jit_size;
	load_free(&p);
	must_verify(&p, "r3 = *(u64 *)(r1 + 112)\n r3 &= 7\n r2 = map[t] ll\n call tail_call\n"
		    " r0 = 1\n exit", &jenv);
	fits = p.jit_size;
	expect_eq(load_run_jit(&p, ctx), 1);
	load_free(&p);
	expect(narrow <= wide && fits < narrow, "%u, %u, %u bytes", wide, narrow, fits);
}

#define TARGETS 40

static int by_address(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* @n programs in the tree; slots may have others, too. */
static void tree_of(const struct loaded *targets, const struct loaded *p, u32 n)
{
	struct xbpf_jit_env jenv = strategy_env(TREE);
	u64 sorted[TARGETS];
	struct xbpf_log log;
	u32 len, i;
	u8 *code;

	for (i = 0; i < n; i++)
		sorted[i] = (u64)(unsigned long)load_target(&targets[i], LOAD_JIT);
	qsort(sorted, n, sizeof(*sorted), by_address);
	xbpf_log_init(&log, 0, NULL, 0);
	expect_eq(xbpf_jit_tree(sorted, n, &jenv, 0, NULL, 0, &len, &log), 0);
	code = rt_exec_alloc(len);
	expect_eq(xbpf_jit_tree(sorted, n, &jenv, (u64)(unsigned long)code, code, len, &len, &log), 0);
	rt_exec_seal(code, len);
	patch(p, &p->jit.pokes[0], code);
	for (i = 0; i < TARGETS; i++) {
		ctx[14] = i;
		expect(load_run_jit(p, ctx) == 100 + i, "%u in the tree, slot %u", n, i);
	}
	ctx[14] = TARGETS;
	expect_eq(load_run_jit(p, ctx), 1);
	patch(p, &p->jit.pokes[0], NULL);
	rt_exec_free(code, len);
}

static void trees(void)
{
	static const u32 sizes[] = { 1, 2, 3, 4, 5, 7, 8, 31, 32, 33, TARGETS };
	struct xbpf_jit_env jenv = strategy_env(TREE);
	struct loaded targets[TARGETS], p;
	char text[64];
	u32 i;

	rt_reset();
	table = rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, TARGETS + 1, 0);
	for (i = 0; i < TARGETS; i++) {
		sprintf(text, "r0 = %u\n exit", 100 + i);
		must_verify(&targets[i], text, &jenv);
		slot(i, &targets[i]);
	}
	must_verify(&p, "r3 = *(u64 *)(r1 + 112)\n r2 = map[t] ll\n call tail_call\n r0 = 1\n exit",
		    &jenv);
	expect(p.jit.poke_cnt == 1 && p.jit.pokes[0].any);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		tree_of(targets, &p, sizes[i]);
	ctx[14] = 0;
	load_free(&p);
	for (i = 0; i < TARGETS; i++)
		load_free(&targets[i]);
}

/* auto: direct where it can be, tree only where an indirect jump is dear. */
static void auto_chooses(void)
{
	static const char known[] = "r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 1\n exit";
	static const char unknown[] = "r3 = *(u64 *)(r1 + 112)\n r2 = map[t] ll\n call tail_call\n"
		" r0 = 1\n exit";
	static const u8 lfence[] = { 0x0f, 0xae, 0xe8, 0xff, 0xe1 };
	struct xbpf_jit_env jenv = strategy_env(0);
	struct loaded p;

	world();
	must_verify(&p, known, &jenv);
	expect(p.jit.poke_cnt == 1 && !p.jit.pokes[0].any);
	load_free(&p);
	must_verify(&p, unknown, &jenv);
	expect_eq(p.jit.poke_cnt, 0);
	load_free(&p);
	expect_eq(xbpf_jit_form_read(&jenv.jump_rcx, lfence, sizeof(lfence), 0), 0);
	must_verify(&p, unknown, &jenv);
	expect(p.jit.poke_cnt == 1 && p.jit.pokes[0].any);
	load_free(&p);
	jenv.pokes = false;
	must_verify(&p, known, &jenv);
	expect_eq(p.jit.poke_cnt, 0);
	load_free(&p);
}

/*
 * Forty calls of a subprogram that leaves by tail call: 33 in all, in each strategy and mixture of
 * nesting.
 */
static void subprograms_by_every_strategy(void)
{
	for (u32 strategy = 1; xbpf_jit_tail_name(strategy); strategy++) {
		struct xbpf_jit_env jenv = rig_env();
		struct loaded p, q, r;

		jenv.tail = (u8)strategy;
		world();
		rig_must(&p,
			 "r6 = r1\n r7 = 0\n r8 = 0\n"
			 "again: r1 = r6\n call outer\n r8 += r0\n r7 += 1\n if r7 < 40 goto again\n"
			 "r0 = r8\n exit\n"
			 "outer: r6 = r1\n call sub\n r6 = r0\n r0 = r6\n exit\n"
			 "sub: r2 = map[t] ll\n r3 = 0\n call tail_call\n r0 = 1000\n exit", 24, &jenv);
		rig_must(&q,
			 "r9 = 1\n r7 = 77\n r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 10\n exit",
			 32, &jenv);
		rig_must(&r, "r6 = 3\n r0 = 1\n exit", 128, &jenv);
		slot(0, &q);
		slot(1, &r);
		expect(load_run_jit(&p, ctx) == 16 * 1 + 10 + 23 * 1000, "%s", xbpf_jit_tail_name(strategy));
		expect_eq(rt_tail_counts(table)->limit, 24);
		load_free(&r);
		load_free(&q);
		load_free(&p);
	}
}

/* --- the kernel's forms of a jump and a return -------------------------------------- */

u64 thunk_jumps, thunk_rets;
extern const u8 thunk_rcx[], thunk_ret[];
asm(".text\n"
    ".globl thunk_rcx, thunk_ret\n"
    "thunk_rcx: incq thunk_jumps(%rip); jmp *%rcx\n"
    "thunk_ret: incq thunk_rets(%rip); ret\n");

static void put_rel32(u8 *bytes, u32 at, u64 addr, const u8 *target)
{
	s32 rel = (s32)((u64)(unsigned long)target - (addr + at + 4));

	memcpy(bytes + at, &rel, 4);
}

static void through_thunks(void)
{
	u8 jump[8] = { 0x2e, 0xe9 }, back[5] = { 0xe9 };
	u64 addr = (u64)(unsigned long)thunk_rcx & ~0xfffULL;
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	put_rel32(jump, 2, addr, thunk_rcx);
	memset(jump + 6, 0x90, 2);
	put_rel32(back, 1, addr + 64, thunk_ret);
	expect_eq(xbpf_jit_form_read(&jenv.jump_rcx, jump, sizeof(jump), addr), 0);
	expect_eq(xbpf_jit_form_read(&jenv.ret, back, sizeof(back), addr + 64), 0);

	world();
	rig_must(&p, COUNT_AND_CALL("0", "0"), 16, &jenv);
	slot(0, &p);
	thunk_jumps = thunk_rets = 0;
	expect_eq(load_run_jit(&p, ctx), 7);
	expect_eq(count(0), 34);
	expect_eq(thunk_jumps, 1 + 33);	/* the way in is one, too */
	expect_eq(thunk_rets, 1);
	load_free(&p);

	/* subprograms return the same way */
	rig_must(&p, "call sub\n exit\n sub: r0 = 4\n exit", 0, &jenv);
	thunk_rets = 0;
	expect_eq(load_run_jit(&p, ctx), 4);
	expect_eq(thunk_rets, 2);
	load_free(&p);
}

static void lfence_form(void)
{
	static const u8 lfence[] = { 0x0f, 0xae, 0xe8, 0xff, 0xe1 }, ret_int3[] = { 0xc3, 0xcc, 0xcc };
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	expect_eq(xbpf_jit_form_read(&jenv.jump_rcx, lfence, sizeof(lfence), 0), 0);
	expect_eq(xbpf_jit_form_read(&jenv.ret, ret_int3, sizeof(ret_int3), 0), 0);
	world();
	rig_must(&p, COUNT_AND_CALL("0", "0"), 16, &jenv);
	slot(0, &p);
	expect_eq(load_run_jit(&p, ctx), 7);
	expect_eq(count(0), 34);
	expect(memmem(p.jit_mem, p.jit_size, lfence, sizeof(lfence)), "no lfence in the code");
	expect(memmem((u8 *)(unsigned long)p.enter + XBPF_TRAMPOLINE_LEAVE,
		      XBPF_TRAMPOLINE_LEN - XBPF_TRAMPOLINE_LEAVE, ret_int3, 2),
	       "no int3 behind the return");
	load_free(&p);
}

static u32 count_endbr(const struct loaded *p)
{
	u32 i, n = 0;

	for (i = 0; i + 4 <= p->jit_size; i++)
		n += !memcmp(p->jit_mem + i, "\xf3\x0f\x1e\xfa", 4);
	return n;
}

static void endbr(void)
{
	static const char text[] = "call sub\n exit\n sub: r0 = 4\n exit";
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	world();
	rig_must(&p, text, 8, &jenv);
	expect_eq(count_endbr(&p), 0);
	load_free(&p);
	jenv.endbr = true;
	rig_must(&p, text, 8, &jenv);
	expect_eq(count_endbr(&p), 1);
	expect(!memcmp(p.jit_mem, "\xf3\x0f\x1e\xfa", 4), "none at the landing pad");
	expect_eq(load_run_jit(&p, ctx), 4);
	load_free(&p);
}

/* An image has neither prologue nor epilogue: those are the entry trampoline's. */
static void no_prologue(void)
{
	static const u8 code[] = { 0xb8, 4, 0, 0, 0, 0xe9 };	/* mov eax, 4; jmp leave */
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;
	s32 rel;

	world();
	rig_must(&p, "r0 = 4\n exit", 0, &jenv);
	expect_eq(p.jit_size, sizeof(code) + sizeof(rel));
	expect(!memcmp(p.jit_mem, code, sizeof(code)), "more than the program stands there");
	memcpy(&rel, p.jit_mem + sizeof(code), sizeof(rel));
	expect_eq((u64)(unsigned long)p.jit_mem + p.jit_size + (u64)rel, jenv.leave);
	load_free(&p);
}

/*
 * The entry trampoline has room for every form that form.c knows, under every register map; what
 * does not fit is refused.
 */
static void trampoline_fits(void)
{
	struct xbpf_jit_form thunk = { .bytes = { 0x2e, 0xe9 }, .len = 6, .rel_at = 2, .target = 0x1000 };
	struct xbpf_jit_regs regs = xbpf_jit_regs_usual;
	struct xbpf_jit_env jenv = rig_env();
	u8 code[XBPF_TRAMPOLINE_LEN];
	struct xbpf_log log;

	jenv.jump_rcx = jenv.ret = thunk;
	regs.of[BPF_REG_1] = X86_SI;
	regs.of[BPF_REG_2] = X86_DI;
	jenv.regs = &regs;
	xbpf_log_init(&log, 0, NULL, 0);
	expect_eq(xbpf_jit_trampoline(&jenv, 0x2000, code, &log), 0);
	expect_eq(code[0], 0x55);
	expect_eq(code[XBPF_TRAMPOLINE_LEN - 1], 0xcc);
	jenv.jump_rcx.len = 16;
	expect_eq(xbpf_jit_trampoline(&jenv, 0x2000, code, &log), -EFAULT);
	jenv.jump_rcx.len = 6;
	jenv.ret.target = 1ull << 40;
	expect_eq(xbpf_jit_trampoline(&jenv, 0x2000, code, &log), -ERANGE);
	expect(strstr(log.reason, "return thunk"), "%s", log.reason);
}

static const struct tap_test tests[] = {
	{ "33 tail calls succeed, the 34th falls through", chain_ends },
	{ "empty and out-of-range slots use nothing up", failed_calls_are_free },
	{ "a spent budget stays spent", spent_stays_spent },
	{ "the index is a u32", index_is_u32 },
	{ "the stack is equally deep at every hop of a chain", constant_depth },
	{ "the stack is aligned to 16 bytes at calls", aligned_at_calls },
	{ "callee-saved registers survive a chain", keeps_registers },
	{ "subprograms keep R6 - R9 and the caller's stack", subprograms_keep },
	{ "tail calls in subprograms share the budget", shared_budget },
	{ "tail calls in nested subprograms share the budget", through_nested_subprograms },
	{ "a known map and a known index", known_map_and_index },
	{ "strategies by number", named_by_number },
	{ "33 calls succeed by every strategy, through slots and through patched jumps",
	  chains_by_every_strategy },
	{ "what falls through is counted by every strategy", counts_misses },
	{ "sites lie within eight aligned bytes", sites_do_not_straddle },
	{ "a direct call is sub, jb, jmp, and loads nothing", direct_is_short },
	{ "what is known of the index shortens the call", aux_shortens_slot },
	{ "trees of every size find those in them and those who are not", trees },
	{ "auto takes the strategy that fits", auto_chooses },
	{ "no re-entry of a subprogram exceeds 33 in all, by every strategy",
	  subprograms_by_every_strategy },
	{ "jumps and returns go through the kernel's thunks", through_thunks },
	{ "lfence; jmp and ret; int3 are emitted as read", lfence_form },
	{ "endbr64 at the landing pad, only there, only if wanted", endbr },
	{ "an image has no prologue and no epilogue of its own", no_prologue },
	{ "the entry trampoline has room for what it may have to be", trampoline_fits },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
