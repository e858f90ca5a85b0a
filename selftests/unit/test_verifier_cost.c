/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verifier takes: states compared, memory, and how soon it answers a signal.  Work is
 * counted, not timed.
 */
#include "verdict.h"

#define SIGNAL_NEVER	UINT_MAX

static char text[65536];
static struct xbpf_code *under_way;	/* the program that is verified */
static u32 looks, signal_at = SIGNAL_NEVER, last_work, longest;

static u32 work_of(const struct xbpf_code *code)
{
	return code->processed + code->compared;
}

/* The verifier looks for a signal: how much did it do since it did last? */
bool port_signal(void)
{
	u32 work = work_of(under_way);

	if (work - last_work > longest)
		longest = work - last_work;
	last_work = work;
	return looks++ >= signal_at;
}

struct cost {
	int err;
	u32 processed, compared, kib;
};

static struct cost cost_of(const char *program, u32 flags)
{
	struct xbpf_code code = { .type = BPF_PROG_TYPE_KPROBE, .gpl_compatible = true,
				  .flags = flags };
	struct asm_prog prog = { 0 };
	struct xbpf_log log;
	struct cost cost;
	const char *peak;
	u32 i;

	verdict_world();
	if (asm_parse(&prog, program) || asm_bind(&prog, rt_map_fd_by_name, NULL)) {
		expect(false, "%s", prog.error);
		exit(1);
	}
	code.insns = prog.insns;
	code.insn_cnt = prog.cnt;
	under_way = &code;
	looks = last_work = longest = 0;
	xbpf_log_init(&log, XBPF_LOG_STATS, verdict_log, sizeof(verdict_log));
	cost.err = xbpf_verify(&code, &rt_env, NULL, &log);
	xbpf_log_finish(&log, NULL);
	cost.processed = code.processed;
	cost.compared = code.compared;
	peak = strstr(verdict_log, "peak_memory ");
	cost.kib = peak ? (u32)atoi(peak + strlen("peak_memory ")) : UINT_MAX;
	for (i = 0; i < code.map_cnt; i++)
		rt_env.map_put(code.maps[i]);
	xbpf_code_release(&code);
	asm_free(&prog);
	return cost;
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	va_end(ap);
}

/* 2^@b paths, each with a number of its own in r7. */
static void fork_paths(u32 b)
{
	u32 i;

	text[0] = 0;
	say("r6 = *(u64 *)(r1 + 0); r9 = *(u64 *)(r1 + 8); r7 = 0;");
	for (i = 0; i < b; i++)
		say("if r6 & %u goto f%u; r7 |= %u; f%u:", 1u << i, i, 1u << i, i);
}

/* Two paths meet, at place @from to @to, far enough apart for a checkpoint each. */
static void meet_paths(u32 from, u32 to)
{
	u32 i;

	for (i = from; i < to; i++)
		say("r2 = r9; r3 = 1; r3 = 2; r3 = 3; r3 = 4; r3 = 5; r3 = 6;"
		    "if r2 == %u goto m%u; r3 = 0; goto m%u; m%u:", i, i, i, i);
}

/* The number decides about an access: only an equal one is covered. */
static void numbers(u32 b)
{
	fork_paths(b);
	say("*(u64 *)(r10 - 8) = r7; r7 = 0;");
	meet_paths(0, 10);
	say("r7 = *(u64 *)(r10 - 8); r7 &= 31; r1 = map[arr][0]+0 ll; r1 += r7; r0 = *(u8 *)(r1 + 0); "
	    "exit");
}

/* As many ranges, of which none is in another. */
static void ranges(u32 b)
{
	fork_paths(b);
	say("r8 = r9; r8 &= 255; r7 <<= 4; r7 += r8; r8 = 0; r6 = 0;");
	meet_paths(0, 10);
	say("if r7 < 1000000 goto in; r0 = *(u64 *)(r0 + 0); in: r0 = 0; exit");
}

/*
 * Which number is needed depends on the path: @n sets of places, and what is in none does not
 * count: r8, and the others' slots.
 */
static void sets(u32 n)
{
	u32 i;

	text[0] = 0;
	say("r6 = *(u64 *)(r1 + 0); r9 = *(u64 *)(r1 + 8);");
	for (i = 0; i < n; i++)
		say("*(u64 *)(r10 - %u) = 5;", 8 * i + 8);
	for (i = 0; i < n; i++)
		say("r7 = %u; if r6 == %u goto in;", i, i);
	say("r7 = 0; in: r8 = 0;");
	meet_paths(0, 3);
	say("if r9 s> 5 goto more; r8 = 1;");
	for (i = 1; i < n; i += 2)
		say("*(u64 *)(r10 - %u) = 6;", 8 * i + 8);
	say("more:");
	meet_paths(3, 6);
	for (i = 0; i < n; i++)
		say("if r7 == %u goto use%u;", i, i);
	say("r0 = 0; exit;");
	for (i = 0; i < n; i++)
		say("use%u: r1 = map[arr][0]+0 ll; r2 = *(u64 *)(r10 - %u); r1 += r2; r0 = *(u8 *)(r1 + 0); "
		    "r0 += r8; exit;", i, 8 * i + 8);
}

/* Half of the paths hold one number, at its own place; those of the others are ranges, at none. */
static void one_beside_ranges(u32 b)
{
	fork_paths(b);
	say("if r9 s> 7 goto many; r7 = 5; goto in;"
	    "many: r8 = r9; r8 &= 255; r7 <<= 4; r7 += r8; r7 += 1000; in: r8 = 0; r6 = 0;");
	meet_paths(0, 60);
	say("r0 = 0; if r7 == 5 goto out; if r7 < 1000 goto bad; out: exit; "
	    "bad: r0 = *(u64 *)(r0 + 0); exit");
}

/* ... and have a long way to go, the others a short one and numbers of their own. */
static void long_beside_short(u32 b)
{
	u32 i;

	fork_paths(b);
	say("r6 = 0; r8 = r7; r7 = 0; if r9 s> 7 goto in; r7 = 5; r8 = 0; in:");
	meet_paths(0, 1);
	say("if r7 == 5 goto long; r1 = map[arr][0]+0 ll; r8 &= 31; r1 += r8; r0 = *(u8 *)(r1 + 0); "
	    "exit; long: r0 = 0;");
	for (i = 0; i < 5000; i++)
		say("r3 = 1;");
	say("exit");
}

/* One wide range comes first; half of the others lie in it, and none in any but that. */
static void in_a_wide_range(u32 b)
{
	fork_paths(b);
	say("r6 = 0; r8 = r9; r8 &= 1048575; if r7 == %u goto wide; r8 &= 255; r7 <<= 4;"
	    "if r9 s> 7 goto in; r7 += 1048576; goto in; wide: r7 = 1048576; in: r7 += r8; r8 = 0;",
	    (1U << b) - 1);
	meet_paths(0, 20);
	say("if r7 < 4000000 goto out; r0 = *(u64 *)(r0 + 0); out: r0 = 0; exit");
}

static struct cost cost_here(void (*write)(u32 n), u32 n)
{
	struct cost cost;

	write(n);
	cost = cost_of(text, 0);
	expect_eq(cost.err, 0);
	tap_diag("%u: %u states compared for %u instructions, %u KiB; %u times looked for a signal",
		 n, cost.compared, cost.processed, cost.kib, looks);
	return cost;
}

/* 32 and 1,024 states at an instruction. */
static void few_are_compared(void)
{
	struct cost few = cost_here(numbers, 5), many = cost_here(numbers, 10);

	expect(few.compared < few.processed / 5 && many.compared < many.processed / 5);
	expect(many.processed > 30 * few.processed, "are there so many states?");
}

static void ranges_are_limited(void)
{
	struct cost c = cost_here(ranges, 10);

	/* 64 at each of 20 visits to the path's 220 instructions */
	expect(c.compared < 6 * c.processed);
	expect(c.compared > c.processed, "do so many look alike?");
}

static void sets_of_places(void)
{
	struct cost c = cost_here(sets, 50);

	expect(c.processed < 15200, "what is not needed keeps states apart");
	expect(c.compared < 2 * c.processed);
}

static void groups_do_not_starve(void)
{
	struct cost few = cost_here(one_beside_ranges, 5), many = cost_here(one_beside_ranges, 7);

	/* four times as many ranges, and one walk of the number, are what is walked */
	expect(many.processed < 4 * few.processed, "what 64 others stand before is not found");
}

static void what_helps_is_tried_first(void)
{
	struct cost few = cost_here(in_a_wide_range, 5), many = cost_here(in_a_wide_range, 8);

	expect(many.processed < 9 * few.processed, "what is in the wide range is walked");
}

static void what_helps_stays(void)
{
	struct cost few = cost_here(long_beside_short, 7), many = cost_here(long_beside_short, 12);

	expect(many.processed < 5000 + 32 * (few.processed - 5000), "the long way is walked again");
}

/* Two paths that differ in what does not count: no instruction is walked twice. */
#define MEET(one, other) \
	"r6 = *(u64 *)(r1 + 0); " one "if r6 == 1 goto a; " other "a: r1 = map[arr][0]+0 ll; "
#define USE_SLOT "r2 = *(u64 *)(r10 - 8); r1 += r2; r0 = *(u8 *)(r1 + 0); exit"
#define BYTES "*(u64 *)(r10 - 8) = 0; *(u8 *)(r10 - 7) = 0; "
#define SPILLED "r5 = 0; *(u64 *)(r10 - 8) = r5; "

static const struct { const char *text; u32 insns; } meetings[] = {
	{ MEET("r4 = r10; ", "r4 = 0; ") "r0 = *(u8 *)(r1 + 0); exit", 7 },
	{ MEET("r4 = 0; ", "r4 = r10; ") "r0 = *(u8 *)(r1 + 0); exit", 7 },
	{ MEET("*(u64 *)(r10 - 8) = r10; ", SPILLED) "r0 = *(u8 *)(r1 + 0); exit", 8 },
	{ MEET(SPILLED, "*(u64 *)(r10 - 8) = r10; ") "r0 = *(u8 *)(r1 + 0); exit", 8 },
	{ MEET(BYTES, SPILLED) USE_SLOT, 11 },
	{ MEET(SPILLED, BYTES) USE_SLOT, 11 },
};

static void what_counts(void)
{
	struct cost c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(meetings); i++) {
		c = cost_of(meetings[i].text, BPF_F_TEST_STATE_FREQ);
		expect_eq(c.err, 0);
		expect(c.processed == meetings[i].insns, "%u: %u", i, c.processed);
	}
}

static void memory_is_bounded(void)
{
	struct cost c = cost_here(numbers, 11);

	/* 256 states at each of 10 instructions */
	expect(c.kib < 8 << 10);
	text[0] = 0;
	say("r0 = 0; r1 = 0; l: r0 += 1; r1 += r0; *(u64 *)(r10 - 512) = r1; if r0 < 40000 goto l; "
	    "exit");
	c = cost_of(text, BPF_F_TEST_STATE_FREQ);
	expect_eq(c.err, 0);
	expect(c.kib < 258 << 10 && c.kib > 250 << 10, "%u KiB", c.kib);
}

/* A look is due after 256 instructions, or 64 states compared and what one visit takes. */
static void signals_are_looked_for(void)
{
	static void (*const programs[])(u32 n) = { numbers, ranges };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		cost_here(programs[i], 9);
		expect(longest < 512, "%u: %u", i, longest);
	}
}

/* Wherever the signal comes, nothing is left behind. */
static void signals_end_it(void)
{
	struct cost c = { .err = -EINTR };
	u32 n;

	ranges(5);
	for (n = 0; n < 200 && c.err == -EINTR; n++) {
		signal_at = n;
		c = cost_of(text, 0);
		expect_eq(rt_map_refs(rt_map_by_name("arr")), 0);
	}
	signal_at = SIGNAL_NEVER;
	expect_eq(c.err, 0);
	expect(n > 50, "looked %u times", n);
}

static const struct tap_test tests[] = {
	{ "however many states are kept, few are compared", few_are_compared },
	{ "states that differ by ranges are not all compared", ranges_are_limited },
	{ "many sets of places", sets_of_places },
	{ "states of one kind are found beside many of another", groups_do_not_starve },
	{ "a checkpoint that helps is tried first", what_helps_is_tried_first },
	{ "a checkpoint that helps stays", what_helps_stays },
	{ "what does not count keeps no paths apart", what_counts },
	{ "memory is bounded", memory_is_bounded },
	{ "signals are looked for, while states are compared too", signals_are_looked_for },
	{ "a signal ends it anywhere", signals_end_it },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
