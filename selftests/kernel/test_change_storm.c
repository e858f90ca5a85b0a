/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots, programs, tables, links and counters change at random, by processes of which some are
 * killed, under runs on two CPUs.  At rest each slot's count is what the programs themselves saw of
 * it, no call fell through a slot that was never empty, and programs count exactly.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define CPUS 2
#define MS 1000000ull
#define STORM_NS (3000 * MS)
#define PAUSE_US 2000

#define SLOTS 64		/* of the table */
#define FULL 32			/* so many of them, the first, are never empty */
#define PROGS 20
#define WORKERS 3

/* Flags of PROG_LOAD: every strategy that the module names. */
static __u32 strategies[16];
static unsigned int n_strategies;

static struct board {
	volatile int stop;
	volatile __u64 commands, busy;
} *board;

static __u32 engine;		/* XBPF_F_INTERP; 0: all strategies at once */
static int counters, table, progs[PROGS];

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void find_strategies(void)
{
	struct xbpf_info info;
	char *name, *save = NULL;

	if (xbpf_device_info(&info)) {
		printf("Bail out! no info\n");
		exit(1);
	}
	for (name = strtok_r(info.tails, " ", &save); name && n_strategies < ARRAY_SIZE(strategies);
	     name = strtok_r(NULL, " ", &save)) {
		strategies[n_strategies] = XBPF_F_TAIL(n_strategies + 1);
		n_strategies++;
	}
}

static __u32 flags_of(unsigned int i)
{
	return engine ? engine : strategies[i % n_strategies];
}

/* ---- programs ---- */

/* counters: [SEEN + program]: passages; of slots: calls, and those that fell through */
enum { SEEN = 0, TRIED = 32, FELL = TRIED + SLOTS, COUNTERS = FELL + SLOTS };

/* counters[base + R7]++; R1 and R2 are lost */
#define COUNT_AT(fd, base)							\
	LOAD_VALUE(R1, fd, 8 * (base)), MOV_REG(R2, R7), ALU64_IMM(BPF_LSH, R2, 3), \
	ALU64_REG(BPF_ADD, R1, R2), MOV_IMM(R2, 1), ATOMIC(BPF_DW, BPF_ADD, R1, 0, R2)

/*
 * Every second passage ends, so that no run comes near its budget of calls; the others go to a slot
 * at random, or to a constant one when that falls through.
 */
static int walker(__u32 me, __u32 flags)
{
	return kprobe_prog("walker", flags, MOV_REG(R6, R1), COUNT_UP(counters, SEEN + me),
			   CALL(BPF_FUNC_get_prandom_u32), MOV_REG(R7, R0),
			   JUMP_IMM(BPF_JSET, R0, 1, 2), MOV_IMM(R0, 7), EXIT,
			   ALU64_IMM(BPF_RSH, R7, 8), ALU64_IMM(BPF_AND, R7, SLOTS - 1),
			   COUNT_AT(counters, TRIED), MOV_REG(R1, R6), MOV_REG(R3, R7), TAIL_CALL(table),
			   COUNT_AT(counters, FELL), COUNT_UP(counters, TRIED + me),
			   MOV_REG(R1, R6), MOV_IMM(R3, me), TAIL_CALL(table),
			   COUNT_UP(counters, FELL + me), MOV_IMM(R0, 7), EXIT);
}

/* ---- commands at random ---- */

static unsigned int seed;

static __u32 any(__u32 n)
{
	return (__u32)rand_r(&seed) % n;
}

static int prog_any(void)
{
	return progs[any(PROGS)];
}

/* Worked, or there was nothing to do, or no moment without runs; or this process ends the storm. */
static void must(int ret, const char *what)
{
	__sync_fetch_and_add(&board->commands, 1);
	if (ret >= 0 || errno == ENOENT)
		return;
	if (errno == EBUSY) {
		__sync_fetch_and_add(&board->busy, 1);
		return;
	}
	printf("# %s: %s: %s\n", what, strerror(errno), xbpf_words());
	board->stop = 2;
}

static void must_refuse(int ret, int error, const char *what)
{
	__sync_fetch_and_add(&board->commands, 1);
	if (ret == -1 && errno == error)
		return;
	printf("# %s: %d, %s, and not %s\n", what, ret, strerror(errno), strerror(error));
	board->stop = 2;
}

static int stats_set(__u32 kind, int fd, __u32 on)
{
	struct xbpf_stats stats = { .kind = kind, .fd = (__u32)fd, .flags = XBPF_STATS_SET, .on = on };

	return xbpf_sys(XBPF_STATS, &stats, sizeof(stats));
}

static int many(const struct xbpf_slot_update *slots, __u32 count)
{
	struct xbpf_update_many m = { .map_fd = (__u32)table, .slots = (uintptr_t)slots, .count = count };

	return xbpf_sys(XBPF_MAP_UPDATE_MANY, &m, sizeof(m));
}

static void many_any(__u32 count)
{
	__u32 first = any(SLOTS), step = 2 * any(SLOTS / 2) + 1, i, index;
	struct xbpf_slot_update slots[SLOTS];

	for (i = 0; i < count; i++) {
		index = (first + i * step) % SLOTS;
		slots[i] = (struct xbpf_slot_update){ index, index >= FULL && !any(3) ? -1 : prog_any() };
	}
	must(many(slots, count), "UPDATE_MANY");
}

/* It would empty slots that are never empty. */
static void many_refused(void)
{
	__u32 n = 2 + any(SLOTS - 2), k = any(n), i;
	struct xbpf_slot_update slots[SLOTS];

	for (i = 0; i < n; i++)
		slots[i] = (struct xbpf_slot_update){ i, -1 };
	switch (any(3)) {
	case 0:
		slots[k].index = slots[k ? 0 : 1].index;
		must_refuse(many(slots, n), EINVAL, "a slot twice");
		break;
	case 1:
		slots[k].prog_fd = table;
		must_refuse(many(slots, n), EBADF, "a table in a slot");
		break;
	case 2:
		slots[k].index = SLOTS;
		must_refuse(many(slots, n), E2BIG, "a slot too far");
		break;
	}
}

/* Follows many slots, may be counted, and goes. */
static void caller(void)
{
	const struct bpf_insn call[] = { MOV_REG(R1, R6), MOV_IMM(R3, 0), TAIL_CALL(table) };
	struct bpf_insn insns[1 + 100 * ARRAY_SIZE(call) + 2] = { MOV_REG(R6, R1) };
	const struct bpf_insn end[] = { MOV_IMM(R0, 0), EXIT };
	__u32 n = 1 + any(100), k = 1, i;
	int fd;

	for (i = 0; i < n; i++, k += ARRAY_SIZE(call)) {
		memcpy(insns + k, call, sizeof(call));
		insns[k + 1].imm = any(SLOTS);
	}
	memcpy(insns + k, end, sizeof(end));
	fd = xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "caller", insns, k + 2,
			    engine ? engine : XBPF_F_TAIL(XBPF_TAIL_DIRECT));
	must(fd, "load");
	if (any(2))
		must(stats_set(XBPF_STATS_PROG, fd, XBPF_STATS_RUNS), "count a caller");
	close(fd);
}

/* A table that goes, and leaves who calls through it with nothing. */
static void short_table(void)
{
	int t = xbpf_table_new("short", 1 + any(100)), c, d;

	must(t, "table");
	c = kprobe_prog("c", engine, MOV_IMM(R0, 5), EXIT);
	must(c, "load");
	d = kprobe_prog("d", flags_of(any(16)), MOV_IMM(R3, 0), TAIL_CALL(t), MOV_IMM(R0, 6), EXIT);
	must(d, "load");
	if (any(2))
		must(stats_set(XBPF_STATS_MAP, t, XBPF_STATS_RUNS), "count a table");
	must(xbpf_slot_set(t, 0, c), "set");
	if (any(2))
		must(stats_set(XBPF_STATS_PROG, c, XBPF_STATS_RUNS | XBPF_STATS_TIME), "count");
	if (xbpf_run(d, NULL, 3) != 5)
		must_refuse(0, EINVAL, "a run that misses its slot");
	close(t);
	if (xbpf_run(d, NULL, 3) != 6)
		must_refuse(0, EINVAL, "a run through a table that is gone");
	close(d);
	close(c);
}

static void command(void)
{
	switch (any(16)) {
	case 0 ... 3:
		must(xbpf_slot_set(table, any(SLOTS), prog_any()), "set");
		break;
	case 4:
		must(xbpf_slot_clear(table, FULL + any(SLOTS - FULL)), "clear");
		break;
	case 5 ... 6:
		many_any(1 + any(6));
		break;
	case 7:
		many_any(16);
		break;
	case 8:
		many_refused();
		break;
	case 9 ... 11:
		must(stats_set(XBPF_STATS_PROG, prog_any(), any(3) ? any(2) ? 1 : 3 : 0), "count a program");
		break;
	case 12:
		must(stats_set(XBPF_STATS_NEW, 0, any(2)), "count new ones");
		break;
	case 13 ... 14:
		caller();
		break;
	case 15:
		short_table();
		break;
	}
}

/* ---- processes ---- */

static pid_t pids[CPUS + WORKERS];

static pid_t traffic(int cpu)
{
	pid_t pid = fork();
	int i;

	if (pid)
		return pid;
	on_cpu(cpu);
	for (i = 0; !board->stop; i++) {
		if (i % 16)
			event(1);
		else
			xbpf_run(progs[1], NULL, 20);
		if (i % 64 == 0)
			usleep(PAUSE_US);
	}
	_exit(0);
}

static pid_t worker(unsigned int first)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	seed = first;
	while (!board->stop)
		command();
	fflush(stdout);
	_exit(0);
}

static void blow(void)
{
	uint64_t end = now_ns() + STORM_NS;
	unsigned int first = seed;
	int i, status;

	fflush(stdout);
	for (i = 0; i < CPUS; i++)
		pids[i] = traffic(i);
	for (; i < CPUS + WORKERS; i++)
		pids[i] = worker(++first);
	while (now_ns() < end && !board->stop) {
		usleep(20000);
		if (any(4))
			continue;
		/* whatever it is in the middle of */
		i = CPUS + any(WORKERS);
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
		pids[i] = worker(++first);
	}
	expect_eq(board->stop, 0);
	board->stop = 1;
	for (i = 0; i < CPUS + WORKERS; i++) {
		waitpid(pids[i], &status, 0);
		expect_eq(status, 0);
	}
}

/* ---- at rest ---- */

static void slots_agree(void)
{
	__u64 taken[SLOTS], tried, fell, calls = 0;
	struct xbpf_stats stats = { .kind = XBPF_STATS_MAP, .fd = (__u32)table,
				    .taken = (uintptr_t)taken, .count = SLOTS };
	int i;

	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
	for (i = 0; i < SLOTS; i++) {
		tried = xbpf_counter(counters, TRIED + i);
		fell = xbpf_counter(counters, FELL + i);
		expect(taken[i] == tried - fell, "slot %d: %llu calls, %llu fell through, %llu taken", i, tried,
		       fell, taken[i]);
		expect(i >= FULL || !fell, "slot %d was never empty, and %llu calls fell through", i, fell);
		calls += tried;
	}
	tap_diag("%llu calls, %llu commands, %llu busy", calls, board->commands, board->busy);
	expect(calls > 0);
}

static struct xbpf_stats stats_of(int prog)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_PROG, .fd = (__u32)prog };

	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
	return stats;
}

/* Whoever was killed left nothing that counts twice, or not at all. */
static void programs_agree(void)
{
	__u64 before[PROGS], seen;
	struct xbpf_stats stats;
	int i, k;

	for (i = 0; i < PROGS; i++) {
		expect_eq(stats_set(XBPF_STATS_PROG, progs[i], 0), 0);
		expect_eq(stats_set(XBPF_STATS_PROG, progs[i], XBPF_STATS_RUNS), 0);
		before[i] = xbpf_counter(counters, SEEN + i);
	}
	for (k = 0; k < PROGS; k++) {
		event(1);
		xbpf_run(progs[k], NULL, 20);
	}
	for (i = 0; i < PROGS; i++) {
		stats = stats_of(progs[i]);
		seen = xbpf_counter(counters, SEEN + i) - before[i];
		expect(stats.run_cnt + stats.tail_cnt == seen,
		       "program %d: %llu runs, %llu tail calls, %llu seen", i, stats.run_cnt,
		       stats.tail_cnt, seen);
	}
}

static void text_is_empty(void)
{
	uint64_t end = now_ns() + 20000 * MS;
	struct xbpf_info info;

	do
		xbpf_device_info(&info);
	while (info.text_used && now_ns() < end && !usleep(5000));
	expect(!info.text_used, "%llu bytes of text are left", info.text_used);
}

static void storm(__u32 with, unsigned int first)
{
	int link, ret, i;

	engine = with;
	seed = first;
	memset(board, 0, sizeof(*board));
	counters = xbpf_counters_new(COUNTERS);
	table = xbpf_table_new("storm", SLOTS);
	for (i = 0; i < PROGS; i++) {
		progs[i] = walker(i, flags_of(i));
		expect(progs[i] >= 0, "%s", xbpf_words());
	}
	for (i = 0; i < SLOTS; i++)
		expect_eq(xbpf_slot_set(table, i, progs[i % PROGS]), 0);
	link = xbpf_kprobe(progs[0], EVENT_SYMBOL);
	ret = xbpf_link_at(XBPF_LINK_KRETPROBE, progs[2], EVENT_SYMBOL, 0, 0);
	expect(link >= 0 && ret >= 0, "%s", xbpf_words());
	expect_eq(stats_set(XBPF_STATS_MAP, table, XBPF_STATS_RUNS), 0);
	blow();
	stats_set(XBPF_STATS_NEW, 0, 0);
	slots_agree();
	programs_agree();
	slots_agree();
	close(link);
	close(ret);
	close(table);
	for (i = 0; i < PROGS; i++)
		close(progs[i]);
	close(counters);
	text_is_empty();
}

static void jited(void)
{
	storm(0, 4711);
}

static void interpreted(void)
{
	storm(XBPF_F_INTERP, 815);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a storm of changes under runs: each count is right in the end", jited },
		{ "the same of interpreted programs", interpreted },
	};

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return 1;
	find_strategies();
	return tap_run(tests, tap_count(tests));
}
