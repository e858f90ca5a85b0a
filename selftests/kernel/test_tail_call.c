/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The strategies for tail calls: they do the same, count the same, mix, follow their tables, and
 * many slots change between two runs.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define DI 112
#define CPUS 2

/* Flags of PROG_LOAD: every way that the module names, and the interpreter. */
static __u32 strategies[16];
static char names[16][16];
static int n_strategies;

static void find_strategies(void)
{
	struct xbpf_info info;
	char *name, *save = NULL;

	if (xbpf_device_info(&info)) {
		printf("Bail out! no info\n");
		exit(1);
	}
	for (name = strtok_r(info.tails, " ", &save); name && n_strategies < 15; name = strtok_r(NULL,
	     " ", &save)) {
		snprintf(names[n_strategies], sizeof(names[0]), "%s", name);
		strategies[n_strategies] = XBPF_F_TAIL(n_strategies + 1);
		n_strategies++;
	}
	snprintf(names[n_strategies], sizeof(names[0]), "interpreter");
	strategies[n_strategies++] = XBPF_F_INTERP;
}

#define for_each_strategy(w) for (int w = 0; w < n_strategies; w++)

static int constant(__s32 value, __u32 flags)
{
	int fd = kprobe_prog("constant", flags, MOV_IMM(R0, value), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Calls slot DI; 1000 when that falls through. */
static int dispatcher(int table, __u32 flags)
{
	int fd = kprobe_prog("dispatcher", flags, LOAD(BPF_DW, R3, R1, DI), TAIL_CALL(table),
			     MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static int caller(int table, __s32 index, __u32 flags)
{
	int fd = kprobe_prog("caller", flags, MOV_IMM(R3, index), TAIL_CALL(table),
			     MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static __s64 dispatch(int prog, __u64 index)
{
	__u64 regs[21] = { 0 };

	regs[DI / 8] = index;
	return xbpf_run(prog, regs, 1);
}

static struct xbpf_table_info table_info(int table)
{
	struct xbpf_table_info info;

	memset(&info, 0, sizeof(info));
	info.map_fd = (__u32)table;
	expect_eq(xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info)), 0);
	return info;
}

static struct xbpf_prog_tail prog_tail(int prog)
{
	struct xbpf_prog_tail tail;

	memset(&tail, 0, sizeof(tail));
	tail.prog_fd = (__u32)prog;
	expect_eq(xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail)), 0);
	return tail;
}

/* Trees come, and sites go, a while after what made them so. */
static bool becomes(int table, __u32 sites, __u32 targets)
{
	uint64_t end = now_ns() + 20000000000ull;
	struct xbpf_table_info info;

	do {
		info = table_info(table);
		if (info.sites == sites && info.targets == targets && !info.tree_pending)
			return true;
		usleep(5000);
	} while (now_ns() < end);
	tap_diag("%u sites, tree of %u, pending %u", info.sites, info.targets, info.tree_pending);
	return false;
}

static bool text_is(__u64 used)
{
	uint64_t end = now_ns() + 20000000000ull;
	struct xbpf_info info;

	while (!xbpf_device_info(&info) && info.text_used != used && now_ns() < end)
		usleep(5000);
	return info.text_used == used;
}

static int update_many(int table, const struct xbpf_slot_update *slots, __u32 count, __u32 *failed)
{
	struct xbpf_update_many many = {
		.map_fd = (__u32)table, .slots = (uintptr_t)slots, .count = count, .failed = 4711,
	};
	int ret = xbpf_sys(XBPF_MAP_UPDATE_MANY, &many, sizeof(many));

	if (failed)
		*failed = many.failed;
	return ret;
}

/* ---- names ---- */

static void named(void)
{
	int prog;

	expect(n_strategies >= 6, "%d strategies", n_strategies);
	for_each_strategy(w) {
		prog = constant(1, strategies[w]);
		expect_eq(prog_tail(prog).strategy, strategies[w] == XBPF_F_INTERP ? 0 : (__u32)w + 1);
		expect(strategies[w] == XBPF_F_INTERP ? !*prog_tail(prog).name :
						  !strcmp(prog_tail(prog).name, names[w]),
		       "%s is '%s'", names[w], prog_tail(prog).name);
		close(prog);
	}
	refused(kprobe_prog("x", XBPF_F_TAIL(n_strategies), MOV_IMM(R0, 0), EXIT), EINVAL);
	expect(xbpf_said("no strategy"), "words: %s", xbpf_words());
	refused(kprobe_prog("x", XBPF_F_TAIL(15), MOV_IMM(R0, 0), EXIT), EINVAL);
}

/* ---- the same calls, the same counts ---- */

static void counted(void)
{
	int counters = xbpf_counters_new(1);

	for_each_strategy(w) {
		int table = xbpf_table_new("table", 4), d, c, beyond, self, i;
		struct xbpf_table_info info;

		d = dispatcher(table, strategies[w]);
		c = caller(table, 2, strategies[w]);
		beyond = caller(table, 4, strategies[w]);
		self = kprobe_prog("self", strategies[w], MOV_REG(R6, R1), COUNT_UP(counters, 0),
				   MOV_REG(R1, R6), MOV_IMM(R3, 3), TAIL_CALL(table),
				   MOV_IMM(R0, 5), EXIT);
		for (i = 0; i < 10; i++) {
			expect_eq(dispatch(d, 4), 1000);
			expect_eq(dispatch(d, 0xffffffff), 1000);
			expect_eq(xbpf_run(beyond, NULL, 1), 1000);
			expect_eq(dispatch(d, 0), 1000);
			expect_eq(xbpf_run(c, NULL, 1), 1000);
		}
		xbpf_slot_set(table, 3, self);
		xbpf_counters_reset(counters);
		expect_eq(xbpf_run(self, NULL, 7), 5);
		expect_eq(xbpf_counter(counters, 0), 34 * 7);
		expect_eq(dispatch(d, 3), 5);			/* 33 in all: the first was the dispatcher's */
		expect_eq(xbpf_counter(counters, 0), 34 * 7 + 33);
		info = table_info(table);
		expect(info.range == 30, "%s: range %llu", names[w], (unsigned long long)info.range);
		expect(info.empty == 20, "%s: empty %llu", names[w], (unsigned long long)info.empty);
		expect(info.limit == 8, "%s: limit %llu", names[w], (unsigned long long)info.limit);
		expect_eq(info.filled, 1);
		close(table);
		close(d);
		close(c);
		close(beyond);
		close(self);
	}
	close(counters);
}

/* Every hop of a chain is made by another strategy, through one table. */
static void mixed(void)
{
	int table = xbpf_table_new("mixed", 34), counters = xbpf_counters_new(1), fds[34], i;

	for (i = 0; i < 34; i++) {
		__u32 strategy = strategies[i % (n_strategies - 1)];

		fds[i] = kprobe_prog("hop", strategy, MOV_REG(R6, R1),
				     STORE_IMM(BPF_DW, R10, -8 - 8 * (i % 8), i),
				     COUNT_UP(counters, 0), MOV_REG(R1, R6),
				     LOAD(BPF_DW, R3, R6, DI), ALU64_IMM(BPF_ADD, R3, i + 1),
				     TAIL_CALL(table), MOV_REG(R1, R6), MOV_IMM(R3, 0),
				     TAIL_CALL(table), MOV_IMM(R0, i), EXIT);
		expect(fds[i] >= 0, "%s", xbpf_words());
		expect_eq(xbpf_slot_set(table, i, fds[i]), 0);
	}
	for (i = 0; i < 20; i++) {
		expect_eq(xbpf_run(fds[0], NULL, 1), 33);
		usleep(10000);	/* trees come in between */
	}
	expect_eq(xbpf_counter(counters, 0), 20 * 34);
	for (i = 0; i < 34; i++)
		close(fds[i]);
	close(table);
	close(counters);
}

/*
 * A subprogram, called forty times, leaves by tail call; the target makes one more.  33 calls
 * succeed in all: 16 runs of both, one of the first target alone, and 23 that fall through at once.
 */
static void subprograms(void)
{
	for_each_strategy(w) {
		int table = xbpf_table_new("table", 2), outer, mid, last;

		outer = kprobe_prog("outer", strategies[w], MOV_REG(R6, R1), MOV_IMM(R7, 0),
				    MOV_IMM(R8, 0), STORE_IMM(BPF_DW, R10, -8, 7), MOV_REG(R1, R6),
				    CALL_SUB(6), ALU64_REG(BPF_ADD, R8, R0),
				    ALU64_IMM(BPF_ADD, R7, 1), JUMP_IMM(BPF_JLT, R7, 40, -5),
				    LOAD(BPF_DW, R0, R10, -8), ALU64_REG(BPF_ADD, R0, R8), EXIT,
				    MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 1000), EXIT);
		mid = kprobe_prog("mid", strategies[w], STORE_IMM(BPF_DW, R10, -64, 1), MOV_IMM(R7, 77),
				  MOV_IMM(R3, 1), TAIL_CALL(table), MOV_IMM(R0, 10), EXIT);
		last = kprobe_prog("last", strategies[w], MOV_IMM(R6, 3), STORE_IMM(BPF_DW, R10, -256, 1),
				   MOV_IMM(R0, 1), EXIT);
		if (!expect(outer >= 0 && mid >= 0 && last >= 0, "%s: %s", names[w], xbpf_words()))
			return;
		xbpf_slot_set(table, 0, mid);
		xbpf_slot_set(table, 1, last);
		expect(xbpf_run(outer, NULL, 3) == 7 + 16 * 1 + 10 + 23 * 1000, "%s: %lld", names[w],
		       (long long)xbpf_run(outer, NULL, 1));
		expect(table_info(table).limit >= 3 * 24, "%s: limit %llu", names[w],
		       (unsigned long long)table_info(table).limit);
		close(table);
		close(outer);
		close(mid);
		close(last);
	}
}

/* ---- sites ---- */

static void direct_follows(void)
{
	int table = xbpf_table_new("table", 8), a = constant(1, 0), b = constant(2, 0), fds[20], i;
	__u32 strategy = XBPF_F_TAIL(XBPF_TAIL_DIRECT), map = xbpf_map_id(table);
	__u64 patches;

	for (i = 0; i < 20; i++)
		fds[i] = caller(table, i % 4, strategy);
	expect_eq(prog_tail(fds[0]).sites, 1);
	expect_eq(table_info(table).sites, 20);
	patches = table_info(table).patches;
	xbpf_slot_set(table, 1, a);
	xbpf_slot_set(table, 7, a);		/* nobody follows this one */
	expect_eq(table_info(table).patches, patches + 1);
	for (i = 0; i < 20; i++)
		expect_eq(xbpf_run(fds[i], NULL, 1), i % 4 == 1 ? 1 : 1000);
	xbpf_slot_set(table, 1, b);
	/* a program that comes later takes the present state */
	close(fds[0]);
	fds[0] = caller(table, 1, strategy);
	expect_eq(xbpf_run(fds[0], NULL, 1), 2);
	expect_eq(xbpf_run(fds[1], NULL, 1), 2);
	xbpf_slot_clear(table, 1);
	expect_eq(xbpf_run(fds[0], NULL, 1), 1000);
	for (i = 0; i < 10; i++)
		close(fds[i]);
	expect(becomes(table, 10, 0));
	/* the last user's end empties the table, and patches too */
	xbpf_slot_set(table, 2, a);
	expect_eq(xbpf_run(fds[10], NULL, 1), 1);
	close(table);
	expect_eq(xbpf_run(fds[10], NULL, 1), 1000);
	for (i = 10; i < 20; i++)
		close(fds[i]);
	close(a);
	close(b);
	expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, map));
}

static void tree_follows(void)
{
	int table, fds[8], d, i;
	struct xbpf_info before;
	__u64 rebuilds;

	expect_eq(xbpf_device_info(&before), 0);
	table = xbpf_table_new("table", 100);
	for (i = 0; i < 8; i++) {
		fds[i] = constant(i, 0);
		xbpf_slot_set(table, 10 * i, fds[i]);
		xbpf_slot_set(table, 10 * i + 1, fds[i]);	/* one target, two slots */
	}
	d = dispatcher(table, XBPF_F_TAIL(XBPF_TAIL_TREE));
	expect_eq(dispatch(d, 30), 3);				/* tree or not */
	expect(becomes(table, 1, 8), "no tree");
	for (i = 0; i < 100; i++)
		expect_eq(dispatch(d, i), i < 80 && i % 10 < 2 ? i / 10 : 1000);
	/* at once, and later the tree */
	rebuilds = table_info(table).rebuilds;
	xbpf_slot_clear(table, 30);
	xbpf_slot_set(table, 40, fds[7]);
	xbpf_slot_set(table, 99, d);
	expect_eq(dispatch(d, 30), 1000);
	expect_eq(dispatch(d, 31), 3);
	expect_eq(dispatch(d, 40), 7);
	expect_eq(dispatch(d, 99), 1000);			/* itself, 33 times */
	expect(becomes(table, 1, 9), "no tree with the new program");
	expect(table_info(table).rebuilds > rebuilds);
	expect_eq(dispatch(d, 41), 4);
	expect_eq(table_info(table).fallbacks, 0);
	for (i = 0; i < 8; i++)
		close(fds[i]);
	xbpf_slot_clear(table, 99);
	close(d);
	expect(becomes(table, 0, 0), "a tree without sites");
	close(table);
	expect(text_is(before.text_used), "the text area is not as empty as before");
}

static int tree_max(int set)
{
	const char *path = "/sys/module/xbpf/parameters/tree_max";
	FILE *f = fopen(path, "r");
	int was = -1;

	if (!f || fscanf(f, "%d", &was) != 1)
		return -1;
	fclose(f);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fprintf(f, "%d\n", set);
	fclose(f);
	return was;
}

static void tree_too_big(void)
{
	int table = xbpf_table_new("table", 16), fds[6], d, i, was = tree_max(5);
	uint64_t end;

	expect(was > 0, "no parameter tree_max");
	d = dispatcher(table, XBPF_F_TAIL(XBPF_TAIL_TREE));
	for (i = 0; i < 6; i++) {
		fds[i] = constant(i, 0);
		xbpf_slot_set(table, i, fds[i]);
		if (i == 4)
			expect(becomes(table, 1, 5), "no tree of five");
	}
	end = now_ns() + 20000000000ull;
	while (!table_info(table).fallbacks && now_ns() < end)
		usleep(5000);
	expect(becomes(table, 1, 0), "a tree of more than it may have");
	expect(table_info(table).fallbacks > 0);
	for (i = 0; i < 6; i++)
		expect_eq(dispatch(d, i), i);
	xbpf_slot_clear(table, 5);
	expect(becomes(table, 1, 5), "no tree of five again");
	expect_eq(dispatch(d, 4), 4);
	tree_max(was);
	for (i = 0; i < 6; i++)
		close(fds[i]);
	close(d);
	close(table);
}

/* ---- many slots at once ---- */

static void many(void)
{
	for_each_strategy(w) {
		int table = xbpf_table_new("table", 8), a = constant(1, strategies[w]),
		    b = constant(2, strategies[w]), c, d;
		struct xbpf_slot_update set[] = { { 6, b }, { 2, a }, { 0, a } };
		struct xbpf_slot_update swap[] = { { 0, b }, { 2, -1 }, { 5, -1 }, { 6, a } };

		c = caller(table, 2, strategies[w]);
		d = dispatcher(table, strategies[w]);
		expect(update_many(table, set, 3, NULL) == 0, "%s", xbpf_words());
		expect_eq(dispatch(d, 0), 1);
		expect_eq(dispatch(d, 2), 1);
		expect_eq(xbpf_run(c, NULL, 1), 1);
		expect_eq(dispatch(d, 6), 2);
		expect_eq(xbpf_slot_id(table, 6), xbpf_prog_id(b));
		expect(update_many(table, swap, 4, NULL) == 0, "%s", xbpf_words());
		expect_eq(dispatch(d, 0), 2);
		expect_eq(dispatch(d, 2), 1000);
		expect_eq(xbpf_run(c, NULL, 1), 1000);
		expect_eq(dispatch(d, 6), 1);
		expect_eq(table_info(table).filled, 2);
		close(table);
		close(a);
		close(b);
		close(c);
		close(d);
	}
}

static void all_or_none(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };
	int table = xbpf_table_new("table", 4), a = constant(1, 0), b = constant(2, 0),
		i = constant(3, XBPF_F_INTERP);
	int filter = xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "f", insns, 2, 0),
		counters = xbpf_counters_new(1);
	int fresh = xbpf_table_new("fresh", 4);
	struct { struct xbpf_slot_update slots[3]; int err; __u32 failed; } bad[] = {
		{ { { 0, b }, { 4, b }, { 1, b } }, E2BIG, 1 },
		{ { { 0, b }, { 1, b }, { 0, a } }, EINVAL, 3 },
		{ { { 0, b }, { 1, 900 }, { 2, b } }, EBADF, 1 },
		{ { { 0, b }, { 1, b }, { 2, counters } }, EBADF, 2 },
		{ { { 0, b }, { 1, i }, { 2, b } }, EINVAL, 3 },
		{ { { 0, b }, { 1, b }, { 2, filter } }, EINVAL, 3 },
	};
	struct xbpf_update_many flags = { .map_fd = (__u32)table, .flags = 1, .count = 1,
					  .slots = (uintptr_t)bad[0].slots };
	struct xbpf_slot_update kinds[] = { { 0, a }, { 1, i } };
	__u32 n, failed;

	xbpf_slot_set(table, 0, a);
	for (n = 0; n < ARRAY_SIZE(bad); n++) {
		refused(update_many(table, bad[n].slots, 3, &failed), bad[n].err);
		expect(*xbpf_words(), "no words for row %u", n);
		expect(failed == bad[n].failed, "row %u failed at %u", n, failed);
		expect_eq(xbpf_slot_id(table, 0), xbpf_prog_id(a));
		expect_eq(table_info(table).filled, 1);
	}
	refused(xbpf_sys(XBPF_MAP_UPDATE_MANY, &flags, sizeof(flags)), EINVAL);
	refused(update_many(table, NULL, 0, NULL), EINVAL);
	refused(update_many(table, NULL, XBPF_SLOTS_MAX + 1, NULL), EINVAL);
	refused(update_many(table, (void *)8, 2, NULL), EFAULT);
	refused(update_many(counters, bad[0].slots, 1, NULL), EINVAL);
	refused(update_many(-1, bad[0].slots, 1, NULL), EBADF);
	/* a table that was nobody's is nobody's after a refusal */
	refused(update_many(fresh, kinds, 2, NULL), EINVAL);
	expect_eq(xbpf_slot_set(fresh, 0, i), 0);
	close(fresh);
	close(table);
	close(counters);
	close(filter);
	close(a);
	close(b);
	close(i);
}

struct board {
	volatile int stop;
	volatile __u64 runs[CPUS];
};
static struct board *board;

/*
 * A chain through all slots.  Each program marks its generation in memory of its CPU; the last
 * looks whether it is one alone.  counters: 0 good, 1 mixed.
 */
#define CHAIN 6

static int link_prog(int table, int marks, int counters, int slot, int generation, __u32 flags)
{
	bool last = slot == CHAIN - 1;
	struct bpf_insn insns[40];
	__u32 n = 0;

#define I(...) \
	do { \
		const struct bpf_insn add_[] = { __VA_ARGS__ }; \
		memcpy(insns + n, add_, sizeof(add_)); \
		n += ARRAY_SIZE(add_); \
	} while (0)
	I(MOV_REG(R6, R1), STORE_IMM(BPF_W, R10, -4, 0), MOV_REG(R2, R10),
	  ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, marks),
	  CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JNE, R0, 0, 2), MOV_IMM(R0, 0), EXIT);
	if (!slot)
		I(STORE_IMM(BPF_DW, R0, 0, 0));
	I(LOAD(BPF_DW, R7, R0, 0), ALU64_IMM(BPF_OR, R7, 1 << generation), STORE(BPF_DW, R0, 0, R7));
	if (last) {
		I(JUMP_IMM(BPF_JNE, R7, 3, 6), COUNT_UP(counters, 1), MOV_IMM(R0, 0), EXIT);
		I(COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
	} else {
		I(MOV_REG(R1, R6), MOV_IMM(R3, slot + 1));
		if ((flags & XBPF_F_TAIL_MASK) == XBPF_F_TAIL(XBPF_TAIL_TREE))
			I(LOAD(BPF_DW, R3, R6, DI), ALU64_IMM(BPF_ADD, R3, slot + 1));
		I(TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
	}
#undef I
	return xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "link", insns, n, flags);
}

static void run_chain(int cpu, int entry)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!board->stop) {
		xbpf_run(entry, NULL, 100);
		board->runs[cpu] += 100;
	}
	_exit(0);
}

static void no_mixture_in(int w, int changes)
{
	int table = xbpf_table_new("chain", CHAIN), counters = xbpf_counters_new(2), entry, i, g, status;
	int busy = 0;
	int marks = xbpf_map_new(BPF_MAP_TYPE_PERCPU_ARRAY, "marks", 4, 8, 1, 0);
	struct xbpf_slot_update slots[2][CHAIN];
	pid_t pids[CPUS];

	expect(marks >= 0, "%s", xbpf_words());
	for (g = 0; g < 2; g++)
		for (i = 0; i < CHAIN; i++) {
			slots[g][i].index = i;
			slots[g][i].prog_fd = link_prog(table, marks, counters, i, g, strategies[w]);
			expect(slots[g][i].prog_fd >= 0, "%s", xbpf_words());
		}
	entry = caller(table, 0, strategies[w]);
	expect_eq(update_many(table, slots[0], CHAIN, NULL), 0);
	memset(board, 0, sizeof(*board));
	fflush(stdout);
	for (i = 0; i < CPUS; i++)
		if (!(pids[i] = fork()))
			run_chain(i, entry);
	while (!board->runs[0] || !board->runs[1])
		usleep(1000);
	for (i = 1; i <= changes; i++) {
		while ((status = update_many(table, slots[i & 1], CHAIN, NULL)) && errno == EBUSY)
			busy++;
		expect_eq(status, 0);
		usleep(500);
	}
	board->stop = 1;
	for (i = 0; i < CPUS; i++) {
		waitpid(pids[i], &status, 0);
		expect_eq(status, 0);
	}
	expect(xbpf_counter(counters, 1) == 0, "%s: %llu runs saw a mixture", names[w],
	       (unsigned long long)xbpf_counter(counters, 1));
	expect(xbpf_counter(counters, 0) == board->runs[0] + board->runs[1],
	       "%s: %llu of %llu runs ended in the last slot",
	       names[w], (unsigned long long)xbpf_counter(counters, 0),
	       (unsigned long long)(board->runs[0] + board->runs[1]));
	tap_diag("%s: %d changes of %d slots under %llu runs, EBUSY %d times", names[w], changes, CHAIN,
		 (unsigned long long)(board->runs[0] + board->runs[1]), busy);
	for (g = 0; g < 2; g++)
		for (i = 0; i < CHAIN; i++)
			close(slots[g][i].prog_fd);
	close(entry);
	close(marks);
	close(counters);
	close(table);
}

static void no_mixture(void)
{
	const char *changes = getenv("XBPF_MANY_CHANGES");

	for_each_strategy(w)
		no_mixture_in(w, changes ? atoi(changes) : 30);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "strategies are chosen by number and named", named },
		{ "every strategy counts what falls through, and stops after 33", counted },
		{ "hops of all strategies in one chain, through one table", mixed },
		{ "no re-entry of a subprogram exceeds 33 in all", subprograms },
		{ "direct: sites follow their slot, come late, go early, and end with the last "
		  "user", direct_follows },
		{ "tree: follows its table, and leaves nothing", tree_follows },
		{ "tree: a table with too many programs is served by its slots", tree_too_big },
		{ "many slots at once, by every strategy", many },
		{ "many slots at once: all or none, with the entry that is to blame", all_or_none },
		{ "no run sees a mixture of old and new slots", no_mixture },
	};

	find_strategies();
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return board == MAP_FAILED ? 1 : tap_run(tests, tap_count(tests));
}
