/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XBPF_STATS: what is counted of programs and slots equals what happened, by every strategy for
 * tail calls and in the interpreter, on two CPUs, while slots change and counters are switched; and
 * it costs nothing that stays.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define DI 112
#define CPUS 2
#define SLOTS 8
#define EVENTS 100

/* Flags of PROG_LOAD: every strategy that the module names, and the interpreter. */
static __u32 strategies[16];
static char names[16][16];
static int n_strategies;

static struct board {
	volatile int stop;
	volatile __u64 events[CPUS];
	volatile int failed;
} *board;

static void find_strategies(void)
{
	struct xbpf_info info;
	char *name, *save = NULL;

	if (xbpf_device_info(&info)) {
		printf("Bail out! no info\n");
		exit(1);
	}
	for (name = strtok_r(info.tails, " ", &save); name && n_strategies < 15;
	     name = strtok_r(NULL, " ", &save)) {
		snprintf(names[n_strategies], sizeof(names[0]), "%s", name);
		strategies[n_strategies] = XBPF_F_TAIL(n_strategies + 1);
		n_strategies++;
	}
	snprintf(names[n_strategies], sizeof(names[0]), "interpreter");
	strategies[n_strategies++] = XBPF_F_INTERP;
}

#define for_each_strategy(w) for (int w = 0; w < n_strategies; w++)

/* ---- the command ---- */

static int stats_sys(__u32 kind, int fd, __u32 flags, __u32 on, struct xbpf_stats *stats)
{
	*stats = (struct xbpf_stats){ .kind = kind, .fd = (__u32)fd, .flags = flags, .on = on };
	return xbpf_sys(XBPF_STATS, stats, sizeof(*stats));
}

static int switched(__u32 kind, int fd, __u32 on)
{
	struct xbpf_stats stats;

	return stats_sys(kind, fd, XBPF_STATS_SET, on, &stats);
}

static void prog_on(int prog, __u32 on)
{
	expect(switched(XBPF_STATS_PROG, prog, on) == 0, "%s", xbpf_words());
}

static void map_on(int table, __u32 on)
{
	expect(switched(XBPF_STATS_MAP, table, on) == 0, "%s", xbpf_words());
}

static struct xbpf_stats of_prog(int prog)
{
	struct xbpf_stats stats;

	expect_eq(stats_sys(XBPF_STATS_PROG, prog, 0, 0, &stats), 0);
	return stats;
}

static __u64 runs(int prog)
{
	return of_prog(prog).run_cnt;
}

static __u64 tails(int prog)
{
	return of_prog(prog).tail_cnt;
}

static __u64 taken[SLOTS];

static __u64 read_taken(int table)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_MAP, .fd = (__u32)table,
				    .taken = (uintptr_t)taken, .count = SLOTS };
	__u64 sum = 0;
	int i;

	memset(taken, 0xff, sizeof(taken));
	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
	expect_eq(stats.count, SLOTS);
	for (i = 0; i < SLOTS; i++)
		sum += taken[i];
	return sum;
}

/* ---- programs ---- */

static int constant(__s32 value, __u32 flags)
{
	int fd = kprobe_prog("constant", flags, MOV_IMM(R0, value), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Calls the slot DI by a run-time index, and if that is empty slot 1 by a constant one. */
static int dispatcher(int table, __u32 flags)
{
	int fd = kprobe_prog("dispatcher", flags, MOV_REG(R6, R1), LOAD(BPF_DW, R3, R1, DI),
			     TAIL_CALL(table), MOV_REG(R1, R6), MOV_IMM(R3, 1), TAIL_CALL(table),
			     MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static __s64 dispatch(int prog, __u64 index, __u32 repeat)
{
	__u64 regs[21] = { 0 };

	regs[DI / 8] = index;
	return xbpf_run(prog, regs, repeat);
}

static __u64 text_used(void)
{
	struct xbpf_info info = { 0 };

	xbpf_device_info(&info);
	return info.text_used;
}

/* What is closed is freed a while later. */
static bool text_is_empty(void)
{
	uint64_t end = now_ns() + 20000000000ull;

	while (text_used() && now_ns() < end)
		usleep(5000);
	return expect(!text_used(), "%llu bytes of text are left", text_used());
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* ---- counts ---- */

/* A tree that comes later counts, too. */
static void settle(int table)
{
	struct xbpf_table_info info = { .map_fd = (__u32)table };
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info)) || !info.tree_pending)
			break;
		usleep(5000);
	}
}

static void dispatch_on_cpus(int prog)
{
	pid_t pids[CPUS];
	int cpu, i, status;

	fflush(stdout);
	for (cpu = 0; cpu < CPUS; cpu++) {
		pids[cpu] = fork();
		if (pids[cpu])
			continue;
		on_cpu(cpu);
		for (i = 0; i < SLOTS; i++)
			if (dispatch(prog, i, EVENTS + i) < 0)
				_exit(1);
		_exit(0);
	}
	for (cpu = 0; cpu < CPUS; cpu++) {
		waitpid(pids[cpu], &status, 0);
		expect_eq(status, 0);
	}
}

/* Slots 0, 2, 4 and 6 are empty: slot 1 gets their calls. */
static void count_with(int w)
{
	const __u64 odd[] = { 1, 3, 5, 7 };
	int table = xbpf_table_new("table", SLOTS), d = dispatcher(table, strategies[w]), progs[2], i;
	__u64 sum = 0, all = 0;

	progs[0] = constant(5, strategies[w]);
	progs[1] = constant(6, strategies[w]);
	for (i = 0; i < 4; i++)
		expect_eq(xbpf_slot_set(table, odd[i], progs[i / 2]), 0);
	settle(table);
	dispatch_on_cpus(d);
	expect_eq(read_taken(table), 0);
	expect_eq(runs(d) + tails(progs[0]) + tails(progs[1]), 0);

	map_on(table, XBPF_STATS_RUNS);
	prog_on(d, XBPF_STATS_RUNS);
	prog_on(progs[1], XBPF_STATS_RUNS);
	dispatch_on_cpus(d);		/* with the old tree, or none */
	settle(table);
	dispatch_on_cpus(d);
	for (i = 0; i < SLOTS; i++)
		all += 2 * CPUS * (EVENTS + i);
	expect(runs(d) == all, "%s: %llu of %llu runs", names[w], runs(d), all);
	expect(read_taken(table) == all, "%s: %llu of %llu tail calls", names[w], read_taken(table), all);
	expect_eq(taken[0] + taken[2] + taken[4] + taken[6], 0);
	for (i = 1; i < 4; i++) {
		expect(taken[odd[i]] == 2 * CPUS * (EVENTS + odd[i]), "%s: slot %llu: %llu", names[w], odd[i],
		       taken[odd[i]]);
		sum += taken[odd[i]];
	}
	expect_eq(taken[1], all - sum);
	expect_eq(tails(progs[1]), taken[5] + taken[7]);
	expect_eq(runs(progs[1]), 0);
	expect_eq(tails(progs[0]), 0);	/* nobody asked for it */

	/* off: what was counted stays, and nothing comes on top */
	map_on(table, 0);
	prog_on(d, 0);
	dispatch_on_cpus(d);
	settle(table);
	dispatch_on_cpus(d);
	expect_eq(read_taken(table), all);
	expect_eq(runs(d), all);
	/* the second program is still counted, by slots of a table that is not */
	expect_eq(tails(progs[1]), 2 * (taken[5] + taken[7]));
	expect(tails(progs[1]) > 0, "nothing");

	/* on again: from 0 on */
	map_on(table, XBPF_STATS_RUNS);
	expect_eq(read_taken(table), 0);
	expect_eq(dispatch(d, 7, 10), 6);
	expect_eq(read_taken(table), 10);
	expect_eq(taken[7], 10);
	map_on(table, XBPF_STATS_RUNS);		/* was on: goes on */
	expect_eq(read_taken(table), 10);
	close(table);
	close(d);
	close(progs[0]);
	close(progs[1]);
	text_is_empty();
}

static void counted(void)
{
	for_each_strategy(w)
		count_with(w);
}

/* 33 times through itself. */
static void chains(void)
{
	for_each_strategy(w) {
		int table = xbpf_table_new("chain", SLOTS);
		int self = kprobe_prog("self", strategies[w], MOV_IMM(R3, 2), TAIL_CALL(table),
				       MOV_IMM(R0, 9), EXIT);
		struct bpf_prog_info info = { 0 };

		expect(self >= 0, "%s", xbpf_words());
		expect_eq(xbpf_slot_set(table, 2, self), 0);
		prog_on(self, XBPF_STATS_RUNS);
		map_on(table, XBPF_STATS_RUNS);
		expect_eq(xbpf_run(self, NULL, 5), 9);
		expect_eq(read_taken(table), 5 * 33);
		expect_eq(runs(self), 5);
		expect_eq(tails(self), 5 * 33);
		expect_eq(xbpf_prog_info(self, &info), 0);
		expect_eq(info.run_cnt, 5 * 34);
		expect_eq(info.run_time_ns, 0);
		close(table);
		expect_eq(tails(self), 5 * 33);		/* the slot has gone */
		close(self);
	}
}

static void timed(void)
{
	for_each_strategy(w) {
		int table = xbpf_table_new("table", SLOTS), d = dispatcher(table, strategies[w]);
		int c = constant(3, strategies[w]);
		__u64 before;

		expect_eq(xbpf_slot_set(table, 3, c), 0);
		prog_on(d, XBPF_STATS_RUNS | XBPF_STATS_TIME);
		expect_eq(of_prog(d).on, XBPF_STATS_RUNS | XBPF_STATS_TIME);
		expect_eq(dispatch(d, 3, 3000), 3);
		expect_eq(runs(d), 3000);
		before = of_prog(d).run_time_ns;
		expect(before > 0 && before < 60000000000ull, "%llu ns", before);
		prog_on(d, XBPF_STATS_RUNS);		/* on, but for the time */
		expect_eq(dispatch(d, 3, 100), 3);
		expect_eq(runs(d), 3100);
		expect_eq(of_prog(d).run_time_ns, before);
		prog_on(d, 0);
		expect_eq(dispatch(d, 3, 100), 3);
		expect_eq(runs(d), 3100);
		close(table);
		close(d);
		close(c);
	}
}

/* A program on its way through several tables and slots: found wherever it is. */
static void one_program(void)
{
	for_each_strategy(w) {
		int a = xbpf_table_new("a", SLOTS), b = xbpf_table_new("b", SLOTS);
		int da = dispatcher(a, strategies[w]), db = dispatcher(b, strategies[w]);
		int c = constant(1, strategies[w]), other = constant(2, strategies[w]);

		expect_eq(xbpf_slot_set(a, 0, c), 0);
		expect_eq(xbpf_slot_set(a, 5, c), 0);
		expect_eq(xbpf_slot_set(a, 6, other), 0);
		prog_on(c, XBPF_STATS_RUNS);
		expect_eq(xbpf_slot_set(b, 4, c), 0);	/* after it was switched on */
		dispatch(da, 0, 3);
		dispatch(da, 5, 4);
		dispatch(da, 6, 50);
		dispatch(db, 4, 5);
		expect_eq(tails(c), 12);
		expect_eq(xbpf_slot_set(b, 4, other), 0);	/* its share stays its own */
		dispatch(db, 4, 50);
		expect_eq(tails(c), 12);
		expect_eq(xbpf_slot_clear(a, 5), 0);
		expect_eq(tails(c), 12);
		dispatch(da, 0, 1);
		expect_eq(tails(c), 13);
		expect_eq(read_taken(a) + read_taken(b), 0);	/* nobody asked for them */
		prog_on(other, XBPF_STATS_RUNS);
		dispatch(db, 4, 7);
		expect_eq(tails(other), 7);
		prog_on(c, 0);
		dispatch(da, 0, 1);
		expect_eq(tails(c), 13);
		close(a);
		close(b);
		close(da);
		close(db);
		close(c);
		close(other);
	}
}

static int many(int table, const struct xbpf_slot_update *slots, __u32 count)
{
	struct xbpf_update_many m = { .map_fd = (__u32)table, .slots = (uintptr_t)slots, .count = count };

	return xbpf_sys(XBPF_MAP_UPDATE_MANY, &m, sizeof(m));
}

static void many_slots(void)
{
	for_each_strategy(w) {
		int table = xbpf_table_new("table", SLOTS), d = dispatcher(table, strategies[w]);
		int a = constant(1, strategies[w]), b = constant(2, strategies[w]);
		const struct xbpf_slot_update set[] = { { 0, a }, { 1, b }, { 2, a } };
		const struct xbpf_slot_update swap[] = { { 0, b }, { 2, -1 }, { 3, a } };

		map_on(table, XBPF_STATS_RUNS);
		expect_eq(many(table, set, 3), 0);
		expect_eq(dispatch(d, 0, 2), 1);
		expect_eq(dispatch(d, 2, 3), 1);
		expect_eq(many(table, swap, 3), 0);
		expect_eq(dispatch(d, 0, 4), 2);
		expect_eq(dispatch(d, 2, 5), 2);	/* empty: slot 1 */
		expect_eq(dispatch(d, 3, 6), 1);
		expect_eq(read_taken(table), 20);
		expect(taken[0] == 6 && taken[1] == 5 && taken[2] == 3 && taken[3] == 6,
		       "%s: %llu %llu %llu %llu", names[w], taken[0], taken[1], taken[2], taken[3]);
		close(table);
		close(d);
		close(a);
		close(b);
	}
}

static void new_ones(void)
{
	struct xbpf_stats stats;
	int table, d, c;

	expect_eq(stats_sys(XBPF_STATS_NEW, 0, XBPF_STATS_SET, XBPF_STATS_RUNS, &stats), 0);
	expect_eq(stats.was, 0);
	expect_eq(stats.on, XBPF_STATS_RUNS);
	for_each_strategy(w) {
		table = xbpf_table_new("table", SLOTS);
		d = dispatcher(table, strategies[w]);
		c = constant(3, strategies[w]);
		expect_eq(xbpf_slot_set(table, 3, c), 0);
		dispatch(d, 3, 11);
		expect_eq(runs(d), 11);
		expect_eq(tails(c), 11);
		expect_eq(read_taken(table), 11);
		close(table);
		close(d);
		close(c);
	}
	expect_eq(stats_sys(XBPF_STATS_NEW, 0, XBPF_STATS_SET, 0, &stats), 0);
	expect_eq(stats.was, XBPF_STATS_RUNS);
	c = constant(1, 0);
	expect_eq(of_prog(c).on, 0);
	close(c);
}

/* ---- under traffic ---- */

/* counters: [which]: passages of this program */
static int handler(int counters, int table, __u32 which, __u32 flags)
{
	return kprobe_prog("handler", flags, MOV_REG(R6, R1), COUNT_UP(counters, which),
			   CALL(BPF_FUNC_get_prandom_u32), JUMP_IMM(BPF_JSET, R0, 1, 7),
			   MOV_REG(R3, R0), ALU64_IMM(BPF_RSH, R3, 8), ALU64_IMM(BPF_AND, R3, SLOTS - 1),
			   MOV_REG(R1, R6), LOAD_MAP(R2, table), CALL(BPF_FUNC_tail_call),
			   MOV_REG(R1, R6), MOV_IMM(R3, which), TAIL_CALL(table),
			   MOV_IMM(R0, 0), EXIT);
}

#define HANDLERS 6

struct traffic {
	int counters, table, link, progs[HANDLERS];	/* the first is the link's */
	pid_t pids[CPUS];
};

static void traffic_begin(struct traffic *t, __u32 flags)
{
	int i;

	memset(board, 0, sizeof(*board));
	t->counters = xbpf_counters_new(16);
	t->table = xbpf_table_new("table", SLOTS);
	for (i = 0; i < HANDLERS; i++) {
		t->progs[i] = handler(t->counters, t->table, i, flags);
		expect(t->progs[i] >= 0, "%s", xbpf_words());
	}
	for (i = 0; i < SLOTS; i++)
		expect_eq(xbpf_slot_set(t->table, i, t->progs[i % HANDLERS]), 0);
	t->link = xbpf_kprobe(t->progs[0], EVENT_SYMBOL);
	expect(t->link >= 0, "%s", xbpf_words());
}

static void traffic_on(struct traffic *t)
{
	int cpu;

	fflush(stdout);
	for (cpu = 0; cpu < CPUS; cpu++) {
		t->pids[cpu] = fork();
		if (t->pids[cpu])
			continue;
		on_cpu(cpu);
		while (!board->stop) {
			event(1);
			board->events[cpu]++;
		}
		_exit(0);
	}
	while (!board->events[0] || !board->events[1])
		usleep(1000);
}

static void traffic_off(struct traffic *t)
{
	int cpu, status;

	board->stop = 1;
	for (cpu = 0; cpu < CPUS; cpu++) {
		waitpid(t->pids[cpu], &status, 0);
		expect_eq(status, 0);
	}
}

static void traffic_end(struct traffic *t)
{
	int i;

	close(t->link);
	close(t->table);
	for (i = 0; i < HANDLERS; i++)
		close(t->progs[i]);
	close(t->counters);
}

/* Whatever the slots do, each tail call is some slot's. */
static void slots_change(void)
{
	for_each_strategy(w) {
		__u64 passages = 0, progs = 0, moves = 0;
		unsigned int seed = 4711;
		struct traffic t;
		int i, off = 0;

		traffic_begin(&t, strategies[w]);
		map_on(t.table, XBPF_STATS_RUNS);
		for (i = 0; i < HANDLERS; i++)
			prog_on(t.progs[i], XBPF_STATS_RUNS);
		traffic_on(&t);
		for (i = 0; i < 12; i++) {
			if (rand_r(&seed) % 4)
				off |= xbpf_slot_set(t.table, rand_r(&seed) % SLOTS, t.progs[rand_r(&seed) % HANDLERS]);
			else
				xbpf_slot_clear(t.table, rand_r(&seed) % SLOTS);
			moves++;
			usleep(1000);
		}
		expect_eq(off, 0);
		traffic_off(&t);
		for (i = 0; i < HANDLERS; i++) {
			passages += xbpf_counter(t.counters, i);
			progs += runs(t.progs[i]) + tails(t.progs[i]);
		}
		expect_eq(runs(t.progs[0]), board->events[0] + board->events[1]);
		expect(read_taken(t.table) == passages - board->events[0] - board->events[1],
		       "%s: %llu taken, %llu passages, %llu events", names[w], read_taken(t.table),
		       passages, board->events[0] + board->events[1]);
		/* a call that is under way while its slot changes may be nobody's */
		expect(progs <= passages && progs + CPUS * moves >= passages,
		       "%s: %llu of programs, %llu passages", names[w], progs, passages);
		traffic_end(&t);
		text_is_empty();
	}
}

static void switching(void)
{
	for_each_strategy(w) {
		__u64 sum, then, passages = 0;
		struct traffic t;
		int i, k;

		traffic_begin(&t, strategies[w]);
		traffic_on(&t);
		for (i = 0; i < 3; i++) {
			map_on(t.table, XBPF_STATS_RUNS);
			for (k = 0; k < HANDLERS; k++)
				prog_on(t.progs[k], XBPF_STATS_RUNS | (i & 1 ? XBPF_STATS_TIME : 0));
			usleep(3000);
			sum = read_taken(t.table);
			then = read_taken(t.table);
			expect(then >= sum, "%llu after %llu", then, sum);
			map_on(t.table, 0);
			sum = read_taken(t.table);
			for (k = 0; k < HANDLERS; k++)
				prog_on(t.progs[k], 0);
			usleep(1000);
			expect_eq(read_taken(t.table), sum);
		}
		traffic_off(&t);
		for (i = 0; i < HANDLERS; i++)
			passages += xbpf_counter(t.counters, i);
		expect(sum > 0 && sum < passages, "%s: %llu of %llu", names[w], sum, passages);
		traffic_end(&t);
		text_is_empty();
	}
}

#define WIDE 4096

/*
 * A table is switched while a program in half of its slots is, by two processes: no slot is lost,
 * no program stays behind, and in the end nothing counts.
 */
static void both_at_once(void)
{
	int table = xbpf_table_new("wide", WIDE), d = dispatcher(table, 0), a = constant(1, 0);
	int b = constant(2, 0), i, lost = 0, status = -1;
	__u32 ids[2] = { xbpf_prog_id(a), xbpf_prog_id(b) };
	pid_t pid;

	for (i = 0; i < WIDE; i++)
		expect_eq(xbpf_slot_set(table, i, i & 1 ? b : a), 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 40; i++)
			if (switched(XBPF_STATS_PROG, b, i & 1 ? 0 : XBPF_STATS_RUNS))
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 40; i++)
		map_on(table, i & 1 ? 0 : XBPF_STATS_RUNS);
	waitpid(pid, &status, 0);
	expect_eq(status, 0);
	for (i = 0; i < WIDE; i++)
		lost += xbpf_slot_id(table, i) != ids[i & 1];
	expect_eq(lost, 0);
	expect_eq(dispatch(d, WIDE - 2, 3), 1);
	expect_eq(dispatch(d, WIDE - 1, 5), 2);
	expect_eq(tails(b), 0);
	prog_on(b, XBPF_STATS_RUNS);
	expect_eq(dispatch(d, WIDE - 1, 7), 2);
	expect_eq(tails(b), 7);
	close(table);
	close(d);
	close(a);
	close(b);
	text_is_empty();
}

/*
 * A slot that was counted once is filled again while its new program is switched on: its counts
 * begin then, and not at the slot's first call.
 */
static void filled_while_switched(void)
{
	int table = xbpf_table_new("table", SLOTS), d = dispatcher(table, 0), a = constant(1, 0);
	int b = constant(2, 0), i, status = -1;
	__u64 most = 0;
	pid_t pid;

	map_on(table, XBPF_STATS_RUNS);
	expect_eq(xbpf_slot_set(table, 5, a), 0);
	expect_eq(dispatch(d, 5, 1000), 1);
	map_on(table, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		for (i = 0; i < 400; i++)
			if (xbpf_slot_set(table, 5, b) || xbpf_slot_clear(table, 5))
				_exit(1);
		_exit(0);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		prog_on(b, XBPF_STATS_RUNS);
		most = tails(b) > most ? tails(b) : most;
		prog_on(b, 0);
		most = tails(b) > most ? tails(b) : most;
	}
	expect_eq(status, 0);
	expect_eq(most, 0);
	close(table);
	close(d);
	close(a);
	close(b);
}

/* A probe on what the program's helper calls finds the guard taken. */
static void misses(void)
{
	int q = constant(0, 0), outer, inner;
	struct bpf_prog_info prog = { 0 };
	struct xbpf_link_info info;

	outer = kprobe_prog("outer", 0, MOV_REG(R3, R1), MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -8),
			    MOV_IMM(R2, 8), CALL(BPF_FUNC_probe_read_kernel), MOV_IMM(R0, 0), EXIT);
	inner = xbpf_kprobe(q, "copy_from_kernel_nofault");
	if (!expect(outer >= 0 && inner >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_run(outer, NULL, 50), 0);
	expect_eq(of_prog(q).miss_cnt, 0);
	prog_on(q, XBPF_STATS_RUNS);
	expect_eq(xbpf_run(outer, NULL, 50), 0);
	expect_eq(xbpf_link_info_get(inner, &info), 0);
	expect(info.miss_busy >= 100, "%llu busy", info.miss_busy);
	expect_eq(info.miss_busy + info.miss_rcu + info.miss_other, info.miss_cnt);
	expect(of_prog(q).miss_cnt >= 50 && of_prog(q).miss_cnt <= info.miss_cnt - 50,
	       "%llu of %llu", of_prog(q).miss_cnt, info.miss_cnt);
	expect_eq(xbpf_prog_info(q, &prog), 0);
	expect(prog.recursion_misses >= 50, "%llu", prog.recursion_misses);
	close(outer);
	close(inner);
	close(q);
}

/* ---- refusals ---- */

static void refusals(void)
{
	int table = xbpf_table_new("table", SLOTS), counters = xbpf_counters_new(1), prog = constant(1, 0);
	struct xbpf_stats stats;

	refused(switched(XBPF_STATS_MAP, counters, XBPF_STATS_RUNS), EINVAL);
	expect(xbpf_said("not a program array"), "%s", xbpf_words());
	refused(switched(XBPF_STATS_MAP, -1, XBPF_STATS_RUNS), EBADF);
	refused(switched(XBPF_STATS_MAP, table, XBPF_STATS_RUNS | XBPF_STATS_TIME), EINVAL);
	refused(switched(XBPF_STATS_PROG, table, XBPF_STATS_RUNS), EBADF);
	refused(switched(XBPF_STATS_PROG, prog, XBPF_STATS_TIME), EINVAL);
	refused(switched(XBPF_STATS_PROG, prog, 4), EINVAL);
	refused(switched(XBPF_STATS_NEW, prog, XBPF_STATS_RUNS), EINVAL);
	refused(switched(3, prog, XBPF_STATS_RUNS), EINVAL);
	refused(stats_sys(XBPF_STATS_PROG, prog, 0, XBPF_STATS_RUNS, &stats), EINVAL);
	refused(stats_sys(XBPF_STATS_PROG, prog, 2, 0, &stats), EINVAL);
	stats = (struct xbpf_stats){ .kind = XBPF_STATS_PROG, .fd = (__u32)prog, .reserved = 1 };
	refused(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), EINVAL);
	/* what is about slots alone */
	stats = (struct xbpf_stats){ .kind = XBPF_STATS_PROG, .fd = (__u32)prog, .count = 1 };
	refused(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), EINVAL);
	stats = (struct xbpf_stats){ .kind = XBPF_STATS_NEW, .first = 1 };
	refused(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), EINVAL);
	stats = (struct xbpf_stats){ .kind = XBPF_STATS_MAP, .fd = (__u32)table, .count = 1,
				     .flags = XBPF_STATS_SET, .on = XBPF_STATS_RUNS,
				     .taken = (uintptr_t)taken };
	refused(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), EINVAL);
	/* what it says of programs is 0 for a table, whatever stood there */
	stats = (struct xbpf_stats){ .kind = XBPF_STATS_MAP, .fd = (__u32)table, .run_cnt = 5,
				     .tail_cnt = 6, .run_time_ns = 7, .miss_cnt = 8 };
	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
	expect_eq(stats.run_cnt | stats.tail_cnt | stats.run_time_ns | stats.miss_cnt, 0);
	stats = (struct xbpf_stats){ .kind = XBPF_STATS_MAP, .fd = (__u32)table, .count = SLOTS,
				     .taken = 8 };
	refused(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), EFAULT);
	/* room for fewer, a beginning, and one beyond the table */
	stats.taken = (uintptr_t)taken;
	stats.first = SLOTS - 2;
	taken[0] = taken[1] = taken[2] = 77;
	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
	expect_eq(stats.count, 2);
	expect(!taken[0] && !taken[1] && taken[2] == 77, "%llu %llu %llu", taken[0], taken[1], taken[2]);
	stats.first = SLOTS + 5;
	stats.count = 1;
	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
	expect_eq(stats.count, 0);
	expect_eq(of_prog(prog).on, 0);
	close(table);
	close(counters);
	close(prog);
}

#define MOST 4096

/* Without room for stubs nothing is switched, and nothing is lost. */
static void no_room(void)
{
	static int fill[MOST];
	static struct bpf_insn insns[20000];
	int table = xbpf_table_new("table", SLOTS), d = dispatcher(table, 0), c = constant(3, 0), n = 0;
	__u32 size = ARRAY_SIZE(insns), i;

	for (i = 0; i < ARRAY_SIZE(insns) - 1; i++)
		insns[i] = ALU64_IMM(BPF_MOD, R0, 0x11111111);
	insns[0] = MOV_IMM(R0, 0);
	expect_eq(xbpf_slot_set(table, 3, c), 0);
	/* counts of before */
	prog_on(c, XBPF_STATS_RUNS);
	expect_eq(dispatch(d, 3, 5), 3);
	expect_eq(xbpf_run(c, NULL, 4), 3);
	prog_on(c, 0);
	while (n < MOST && size >= 3) {
		insns[size - 1] = EXIT;
		fill[n] = xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "fill", insns, size, 0);
		if (fill[n] >= 0) {
			n++;
			continue;
		}
		insns[size - 1] = ALU64_IMM(BPF_MOD, R0, 0x11111111);
		size = size > 3 && size / 2 < 3 ? 3 : size / 2;
	}
	expect(errno == ENOSPC, "%s: %s", strerror(errno), xbpf_words());
	refused(switched(XBPF_STATS_MAP, table, XBPF_STATS_RUNS), ENOSPC);
	expect(xbpf_said("text area"), "%s", xbpf_words());
	refused(switched(XBPF_STATS_PROG, d, XBPF_STATS_RUNS), ENOSPC);
	expect_eq(of_prog(d).on, 0);
	refused(switched(XBPF_STATS_PROG, c, XBPF_STATS_RUNS), ENOSPC);
	expect_eq(tails(c), 5);
	expect_eq(runs(c), 4);
	expect_eq(dispatch(d, 3, 1), 3);
	close(fill[--n]);
	for (i = 0; i < 500 && switched(XBPF_STATS_MAP, table, XBPF_STATS_RUNS); i++)
		usleep(10000);
	expect_eq(dispatch(d, 3, 7), 3);
	expect_eq(read_taken(table), 7);
	while (n)
		close(fill[--n]);
	close(table);
	close(d);
	close(c);
	text_is_empty();
}

/* What goes away with its counters on leaves nothing: the module is unloaded behind this. */
static void left_on(void)
{
	struct traffic t;
	int i;

	expect_eq(switched(XBPF_STATS_NEW, 0, XBPF_STATS_RUNS | XBPF_STATS_TIME), 0);
	traffic_begin(&t, 0);
	traffic_on(&t);
	usleep(3000);
	close(t.table);
	for (i = 0; i < HANDLERS; i++)
		close(t.progs[i]);
	close(t.link);
	traffic_off(&t);
	close(t.counters);
	text_is_empty();
	traffic_begin(&t, 0);
	expect_eq(of_prog(t.progs[0]).on, XBPF_STATS_RUNS | XBPF_STATS_TIME);
	/* what others make here is as they expect it */
	expect_eq(switched(XBPF_STATS_NEW, 0, 0), 0);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "runs, slots and programs by every strategy, on two CPUs; off and on again", counted },
		{ "chains of 33, and bpf_prog_info", chains },
		{ "time, when asked", timed },
		{ "one program, in whatever slots it is", one_program },
		{ "many slots at once", many_slots },
		{ "new programs and tables", new_ones },
		{ "slots change under traffic: no call is lost", slots_change },
		{ "switched on and off under traffic", switching },
		{ "a table and a program in it are switched at once", both_at_once },
		{ "a slot is filled while its program is switched", filled_while_switched },
		{ "misses by cause", misses },
		{ "refusals", refusals },
		{ "a full text area: ENOSPC, and nothing has changed", no_room },
		{ "what goes away with its counters on", left_on },
	};

	find_strategies();
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (text_used()) {
		printf("Bail out! programs are loaded\n");
		return 1;
	}
	return board == MAP_FAILED ? 1 : tap_run(tests, tap_count(tests));
}
