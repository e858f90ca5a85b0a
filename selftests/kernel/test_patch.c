/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code that changes while it runs: nobody is held up by it, no run sees what it must not, and what
 * it costs grows with the number of places and no faster.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define CPUS 2
#define MS 1000000ull
#define SLOT 1

#define LOAD_FUNC(d, o) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_FUNC, 0, o), INSN(0, 0, 0, 0, 0)

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int constant(__s32 value, __u32 flags)
{
	int fd = kprobe_prog("constant", flags, MOV_IMM(R0, value), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Calls the slot by a jump that follows it; 1000 when that falls through. */
static int caller(int table)
{
	int fd = kprobe_prog("caller", XBPF_F_TAIL(XBPF_TAIL_DIRECT), MOV_IMM(R3, SLOT), TAIL_CALL(table),
			     MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static int update_many(int table, const struct xbpf_slot_update *slots, __u32 count)
{
	struct xbpf_update_many many = {
		.map_fd = (__u32)table, .slots = (uintptr_t)slots, .count = count,
	};

	return xbpf_sys(XBPF_MAP_UPDATE_MANY, &many, sizeof(many));
}

/* A counter that the module shows as a parameter. */
static __u64 counted(const char *name)
{
	unsigned long long value = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/xbpf/parameters/%s", name);
	f = fopen(path, "r");
	expect(f && fscanf(f, "%llu", &value) == 1, "no parameter %s", name);
	if (f)
		fclose(f);
	return value;
}

static __u64 patch_hits(void)
{
	return counted("patch_hits");
}

static int by_value(const void *a, const void *b)
{
	__s64 x = *(const __s64 *)a, y = *(const __s64 *)b;

	return x < y ? -1 : x > y;
}

static __s64 median(__s64 *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

/* ---- a long run ---- */

/* A program that is at it for so long. */
static int long_prog(__u64 ns)
{
	return kprobe_prog("long", 0, CALL(BPF_FUNC_ktime_get_ns), LOAD64(R1, ns),
			   ALU64_REG(BPF_ADD, R0, R1), STORE(BPF_DW, R10, -8, R0),
			   MOV_IMM(R1, 1 << 23), LOAD_FUNC(R2, 7), MOV_REG(R3, R10),
			   ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
			   MOV_IMM(R0, 0), EXIT,
			   MOV_REG(R6, R2), CALL(BPF_FUNC_ktime_get_ns), LOAD(BPF_DW, R1, R6, 0),
			   MOV_REG(R2, R0), MOV_IMM(R0, 0), INSN(BPF_JMP | BPF_JLT | BPF_X, R2, R1, 1, 0),
			   MOV_IMM(R0, 1), EXIT);
}

static struct {
	int prog;
	volatile bool begun;
	volatile __u64 ended;	/* 0: not yet */
	volatile bool stop;
	volatile __u64 gap;	/* the longest that the watcher was not at it */
} at;

static void start_anew(void)
{
	at.begun = at.stop = false;
	at.ended = at.gap = 0;
}

/* On CPU 0. */
static void *run_long(void *unused)
{
	pin_to(0);
	at.begun = true;
	xbpf_run(at.prog, NULL, 1);
	at.ended = now_ns();
	return unused;
}

/* A thread that is always busy, on CPU 1. */
static void *watch(void *unused)
{
	__u64 last, now;

	pin_to(1);
	for (last = now_ns(); !at.stop; last = now) {
		now = now_ns();
		if (now - last > at.gap)
			at.gap = now - last;
	}
	return unused;
}

#define ROUNDS 5
#define LONG_NS (1000 * MS)

/* One long run, a busy thread beside it; *@gap: of that.  Did the change end before the run did? */
static bool beside_long_run(int table, int target, bool change, __s64 *gap)
{
	pthread_t runner, watcher;
	__u64 done = ~0ull;

	start_anew();
	pthread_create(&runner, NULL, run_long, NULL);
	while (!at.begun)
		usleep(1000);
	usleep(20000);
	pthread_create(&watcher, NULL, watch, NULL);
	usleep(20000);
	if (change) {
		expect_eq(xbpf_slot_set(table, SLOT, target), 0);
		done = now_ns();
	}
	pthread_join(runner, NULL);
	at.stop = true;
	pthread_join(watcher, NULL);
	*gap = (__s64)at.gap;
	return done < at.ended;
}

/*
 * The machine may stop a guest's CPU at any moment, so one round says nothing; what waits for runs
 * to end does so in each.
 */
static void nobody_waits(void)
{
	int table = xbpf_table_new("table", 4), c = caller(table), targets[2], i, early = 0;
	__s64 without[ROUNDS], with[ROUNDS], a, b;

	at.prog = long_prog(LONG_NS);
	if (!expect(at.prog >= 0, "%s", xbpf_words()))
		return;
	targets[0] = constant(7, 0);
	targets[1] = constant(8, 0);
	for (i = 0; i < ROUNDS; i++) {
		beside_long_run(table, targets[i % 2], false, &without[i]);
		early += beside_long_run(table, targets[i % 2], true, &with[i]);
		expect_eq(xbpf_run(c, NULL, 1), 7 + i % 2);
	}
	a = median(without, ROUNDS);
	b = median(with, ROUNDS);
	tap_diag("%d of %d changes ended before the run beside them; longest gap of a busy thread: "
		 "median %.1f ms without, %.1f ms with", early, ROUNDS, a / 1e6, b / 1e6);
	expect(early >= 1, "%d of %d changes ended before the run beside them", early, ROUNDS);
	expect(b - a < (__s64)LONG_NS / 2, "a busy thread stands for %.1f ms longer", (b - a) / 1e6);
	close(at.prog);
	close(targets[0]);
	close(targets[1]);
	close(c);
	close(table);
}

/* A command of many slots. */
static struct {
	int table;
	struct xbpf_slot_update slots[2];
	int ret, err;
	volatile __u64 done;	/* 0: not yet */
} two;

static void *run_many(void *unused)
{
	two.ret = update_many(two.table, two.slots, 2);
	two.err = errno;
	two.done = now_ns();
	return unused;
}

/*
 * Beside a run that is longer than the command tries for a moment without any.  Others change the
 * same table and another one while it tries.  The run's end is seen some time after it, as the
 * runner gets on.
 */
static void many_wait(void)
{
	int table = xbpf_table_new("table", 4), other = xbpf_table_new("other", 4);
	int a = constant(1, 0), b = constant(2, 0), c = caller(table), oc = caller(other), others;
	__u64 start, first = 0;
	pthread_t runner, many;

	xbpf_slot_set(table, SLOT, a);
	two = (typeof(two)){ .table = table, .slots = { { 0, b }, { SLOT, b } } };
	at.prog = long_prog(4000 * MS);
	start_anew();
	pin_to(1);
	pthread_create(&runner, NULL, run_long, NULL);
	while (!at.begun)
		usleep(1000);
	usleep(200000);
	/* others run programs meanwhile, too */
	expect_eq(xbpf_run(c, NULL, 1), 1);
	start = now_ns();
	pthread_create(&many, NULL, run_many, NULL);
	usleep(50000);
	others = 0;
	do {
		expect_eq(xbpf_slot_set(table, 2, a), 0);
		expect_eq(xbpf_slot_set(other, SLOT, a), 0);
		if (!others++)
			first = now_ns();
	} while (!two.done && now_ns() - start < 500 * MS);
	expect_eq(xbpf_run(oc, NULL, 1), 1);
	pthread_join(many, NULL);
	expect(!at.ended, "the run was not longer than that");
	expect_eq(two.ret, -1);
	expect_eq(two.err, EBUSY);
	expect_eq(xbpf_slot_id(table, 0), 0);
	expect_eq(xbpf_slot_id(table, SLOT), xbpf_prog_id(a));
	expect_eq(xbpf_run(c, NULL, 1), 1);
	pthread_join(runner, NULL);
	/* and now nothing is in the way */
	run_many(NULL);
	expect_eq(two.ret, 0);
	expect_eq(xbpf_slot_id(table, 0), xbpf_prog_id(b));
	expect_eq(xbpf_slot_id(table, SLOT), xbpf_prog_id(b));
	expect_eq(xbpf_run(c, NULL, 1), 2);
	tap_diag("two slots at once beside a run of 4 s: %.2f s; the run ended %.2f s after that began; "
		 "%d changes by others while it tried, the first after %.2f s",
		 (two.done - start) / 1e9, ((double)at.ended - start) / 1e9, 2 * others,
		 ((double)first - start) / 1e9);
	expect(first < two.done, "nobody else could change anything while it tried");
	close(at.prog);
	close(a);
	close(b);
	close(c);
	close(oc);
	close(table);
	close(other);
}

/*
 * The cold path of a run's entry is called with every register in use.  Tracers save what a C
 * function may use and no more, so none may stand there: not ftrace, nor a kprobe.
 */
static void no_tracer(void)
{
	FILE *f = fopen("/sys/kernel/tracing/available_filter_functions", "r");
	char line[256];
	int lines = 0, ours = 0, cold = 0, prog = constant(0, 0), link;

	while (f && fgets(line, sizeof(line), f)) {
		lines++;
		ours += strstr(line, "[xbpf]") != NULL;
		cold += !strncmp(line, "xbpf_run_enter_cold", 19);
	}
	if (f)
		fclose(f);
	expect(lines > 10000 && ours > 100, "%d functions, %d of xbpf", lines, ours);
	expect_eq(cold, 0);
	link = xbpf_kprobe(prog, "xbpf_run_enter_cold");
	expect(link < 0 && errno != ENOENT, "%d: %s", link, xbpf_words());
	close(prog);
}

/* A program on the clock that such a change looks at is not what the change waits for. */
static void probed_clock(void)
{
	static struct xbpf_slot_update slots[3000];
	int table = xbpf_table_new("table", ARRAY_SIZE(slots)), a = constant(1, 0), i;
	int link = xbpf_kprobe(a, "ktime_get_mono_fast_ns");

	expect(link >= 0, "%s", xbpf_words());
	for (i = 0; i < (int)ARRAY_SIZE(slots); i++)
		slots[i] = (struct xbpf_slot_update){ (__u32)i, a };
	expect(!update_many(table, slots, ARRAY_SIZE(slots)), "%s", xbpf_words());
	expect_eq(xbpf_slot_id(table, ARRAY_SIZE(slots) - 1), xbpf_prog_id(a));
	close(link);
	close(table);
	close(a);
}

/* ---- runs in the middle of changes ---- */

struct board {
	volatile int stop;
	volatile __u64 runs[CPUS];
};
static struct board *board;

/* counters */
enum { GOOD, BACK, EMPTY };

/* a CPU's marks: the program before, how often it was another one, updates at the start */
enum { LAST = 0, CHANGES = 8, START = 16 };

#define MARKS(marks) \
	MOV_REG(R6, R1), STORE_IMM(BPF_W, R10, -4, 0), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), \
	LOAD_MAP(R1, marks), CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JNE, R0, 0, 2), \
	MOV_IMM(R0, 0), EXIT, MOV_REG(R7, R0)
#define NEXT(table)	MOV_REG(R1, R6), MOV_IMM(R3, SLOT), TAIL_CALL(table)

/* @updates: how many have begun, in memory. */
static int first(int table, int marks, int counters, int updates, __u32 flags)
{
	return kprobe_prog("first", flags, MARKS(marks), STORE_IMM(BPF_DW, R7, LAST, 0),
			   STORE_IMM(BPF_DW, R7, CHANGES, 0), LOAD_VALUE(R1, updates, 0),
			   LOAD(BPF_DW, R1, R1, 0), STORE(BPF_DW, R7, START, R1), NEXT(table),
			   COUNT_UP(counters, EMPTY), MOV_IMM(R0, 0), EXIT);
}

/*
 * Calls the same slot until nothing is left, and looks how often the program there was another one:
 * not more often than it was changed, which is once at most for each update that began meanwhile
 * and for the one that was under way.
 */
static int hop(int table, int marks, int counters, int updates, __s32 me)
{
	return kprobe_prog("hop", XBPF_F_TAIL(XBPF_TAIL_DIRECT), MARKS(marks), LOAD(BPF_DW, R1, R7, LAST),
			   JUMP_IMM(BPF_JEQ, R1, 0, 4), JUMP_IMM(BPF_JEQ, R1, me, 3),
			   LOAD(BPF_DW, R2, R7, CHANGES), ALU64_IMM(BPF_ADD, R2, 1),
			   STORE(BPF_DW, R7, CHANGES, R2), STORE_IMM(BPF_DW, R7, LAST, me), NEXT(table),
			   LOAD_VALUE(R1, updates, 0), LOAD(BPF_DW, R1, R1, 0), LOAD(BPF_DW, R2, R7, START),
			   ALU64_REG(BPF_SUB, R1, R2), ALU64_IMM(BPF_ADD, R1, 1),
			   LOAD(BPF_DW, R2, R7, CHANGES),
			   INSN(BPF_JMP | BPF_JGT | BPF_X, R2, R1, 6, 0),
			   COUNT_UP(counters, GOOD), MOV_IMM(R0, 0), EXIT,
			   COUNT_UP(counters, BACK), MOV_IMM(R0, 0), EXIT);
}

static void keep_running(int cpu, int prog)
{
	pin_to(cpu);
	while (!board->stop) {
		xbpf_run(prog, NULL, 20);
		board->runs[cpu] += 20;
	}
	_exit(0);
}

#define CHANGES_MIN 100
#define HITS_MIN 20

static void never_back(void)
{
	int table = xbpf_table_new("table", 4);
	int counters = xbpf_counters_new(3), updates = xbpf_counters_new(1);
	int marks = xbpf_map_new(BPF_MAP_TYPE_PERCPU_ARRAY, "marks", 4, 24, 1, 0);
	int hops[2], firsts[CPUS], i, status;
	__u64 hits = patch_hits(), n, end = now_ns() + 60000 * MS, runs, emptied = 0;
	__u32 key = 0;
	pid_t pids[CPUS];

	for (i = 0; i < 2; i++) {
		hops[i] = hop(table, marks, counters, updates, 1 + i);
		expect(hops[i] >= 0, "%s", xbpf_words());
	}
	/* one follows by a jump, one loads the slot's word */
	firsts[0] = first(table, marks, counters, updates, XBPF_F_TAIL(XBPF_TAIL_DIRECT));
	firsts[1] = first(table, marks, counters, updates, XBPF_F_TAIL(XBPF_TAIL_SLOT));
	if (!expect(firsts[0] >= 0 && firsts[1] >= 0, "%s", xbpf_words()))
		return;
	memset(board, 0, sizeof(*board));
	fflush(stdout);
	for (i = 0; i < CPUS; i++)
		if (!(pids[i] = fork()))
			keep_running(i, firsts[i]);
	for (n = 1; (n <= CHANGES_MIN || patch_hits() - hits < HITS_MIN) && now_ns() < end; n++) {
		xbpf_map_update(updates, &key, &n, BPF_ANY);
		if (n % 8) {
			expect_eq(xbpf_slot_set(table, SLOT, hops[n & 1]), 0);
		} else {
			expect_eq(xbpf_slot_clear(table, SLOT), 0);
			emptied++;
		}
	}
	board->stop = 1;
	for (i = 0; i < CPUS; i++) {
		waitpid(pids[i], &status, 0);
		expect_eq(status, 0);
	}
	runs = board->runs[0] + board->runs[1];
	tap_diag("%llu changes, %llu of them to nothing, under %llu runs; %llu jumps met under change",
		 (unsigned long long)n - 1, (unsigned long long)emptied, (unsigned long long)runs,
		 (unsigned long long)(patch_hits() - hits));
	expect(patch_hits() - hits >= HITS_MIN, "no jump was met while it was changed");
	expect_eq(xbpf_counter(counters, BACK), 0);
	expect(xbpf_counter(counters, GOOD) > 0);
	expect_eq(xbpf_counter(counters, GOOD) + xbpf_counter(counters, EMPTY), runs);
	for (i = 0; i < 2; i++) {
		close(hops[i]);
		close(firsts[i]);
	}
	close(table);
	close(counters);
	close(updates);
	close(marks);
}

/* ---- a command of many slots, killed ---- */

#define MANY (1u << 18)

static void killed(void)
{
	int table = xbpf_table_new("big", MANY), a = constant(1, 0), status, tries;
	struct xbpf_slot_update *slots = calloc(MANY, sizeof(*slots));
	__u64 start, whole, took = 0;
	__u32 i;
	pid_t pid;

	if (!expect(table >= 0 && slots, "%s", xbpf_words()))
		return;
	for (i = 0; i < MANY; i++)
		slots[i] = (struct xbpf_slot_update){ i ^ 0x15a5a, a };
	start = now_ns();
	expect(update_many(table, slots, MANY) == 0, "%s", xbpf_words());
	whole = now_ns() - start;
	/* a kill at a quarter of it is noticed there; where this guest is slow, in some of some tries */
	for (tries = 0; tries < 5; tries++) {
		fflush(stdout);
		pid = fork();
		if (!pid) {
			for (;;)
				update_many(table, slots, MANY);
		}
		usleep(whole / 4 / 1000);
		start = now_ns();
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		took = now_ns() - start;
		if (took < whole / 2)
			break;
	}
	tap_diag("%u slots at once: %.3f s; killed after a quarter of that: ended %.3f s later, try %d",
		 MANY, whole / 1e9, took / 1e9, tries + 1);
	expect(WIFSIGNALED(status));
	expect(tries < 5, "it took %.3f s to notice a kill", took / 1e9);
	free(slots);
	close(a);
	close(table);
}

/* ---- many sites ---- */

static int many_sites(int table, int n)
{
	struct bpf_insn *insns = calloc(5 * n + 3, sizeof(*insns));
	int k = 0, i, fd;

	insns[k++] = MOV_REG(R6, R1);
	for (i = 0; i < n; i++) {
		const struct bpf_insn call[] = { MOV_REG(R1, R6), MOV_IMM(R3, SLOT), TAIL_CALL(table) };

		memcpy(insns + k, call, sizeof(call));
		k += ARRAY_SIZE(call);
	}
	insns[k++] = MOV_IMM(R0, 1000);
	insns[k++] = EXIT;
	fd = xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "sites", insns, k, XBPF_F_TAIL(XBPF_TAIL_DIRECT));
	free(insns);
	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static __u32 sites_of(int table)
{
	struct xbpf_table_info info;

	memset(&info, 0, sizeof(info));
	info.map_fd = (__u32)table;
	expect_eq(xbpf_sys(XBPF_TABLE_INFO, &info, sizeof(info)), 0);
	return info.sites;
}

/* How long it takes until a program's sites have left the table, from the first that goes on. */
static __u64 leave(int table, int prog, int sites, int other, int target, __u64 *worst)
{
	__u64 end = now_ns() + 60000 * MS, begun = 0, now, was;

	close(prog);
	do {
		was = now_ns();
		xbpf_slot_set(other, SLOT, target);
		now = now_ns();
		if (begun && now - was > *worst)
			*worst = now - was;
		if (!begun && sites_of(table) < (__u32)sites)
			begun = was;
	} while (sites_of(table) && now < end);
	expect(now < end, "%u sites are left", sites_of(table));
	return begun ? now - begun : 0;
}

#define FEW_SITES 1000
#define ALL_SITES 16000

static void sites_leave(void)
{
	int table = xbpf_table_new("table", 4), other = xbpf_table_new("other", 4);
	int n[] = { FEW_SITES, ALL_SITES }, i, prog, target = constant(7, 0), follower = caller(other);
	__u64 took[2], worst[2] = { 0, 0 }, start, set[2];

	for (i = 0; i < 2; i++) {
		prog = many_sites(table, n[i]);
		expect_eq(sites_of(table), n[i]);
		start = now_ns();
		expect_eq(xbpf_slot_set(table, SLOT, target), 0);
		set[i] = now_ns() - start;
		expect_eq(xbpf_run(prog, NULL, 1), 7);
		took[i] = leave(table, prog, n[i], other, target, &worst[i]);
		xbpf_slot_clear(table, SLOT);
		tap_diag("%d sites: changed in %.1f ms, gone in %.1f ms; the longest change of another "
			 "table meanwhile: %.1f ms", n[i], set[i] / 1e6, took[i] / 1e6, worst[i] / 1e6);
	}
	/* with the square of their number it would be 256 times as long; and seconds */
	expect(took[1] < 1000 * MS || took[1] < 64 * took[0], "%d sites leave in %.1f ms, %d in %.1f ms",
	       n[0], took[0] / 1e6, n[1], took[1] / 1e6);
	close(follower);
	close(target);
	close(other);
	close(table);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a slot changes beside a long run, and nobody waits for its end", nobody_waits },
		{ "many slots at once beside a long run: EBUSY, and others get on", many_wait },
		{ "many slots at once, with a program on the clock", probed_clock },
		{ "no tracer stands at the cold path of a run's entry", no_tracer },
		{ "no run sees a slot go back, in the middle of changes as little", never_back },
		{ "many slots at once: ends when it is killed", killed },
		{ "a program's sites leave their table one by one, in no time", sites_leave },
	};
	int ret;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* runs of seconds are beyond the budget that they have */
	if (board == MAP_FAILED || xbpf_parameter("run_task_us", "10000000"))
		return 1;
	ret = tap_run(tests, tap_count(tests));
	xbpf_parameter("run_task_us", "250000");
	return ret;
}
