/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table that is changed at random by two processes while programs tail-call through it on
 * both CPUs. Each event ends in exactly one program, so the sum of their counters is the
 * number of events, whatever the table did meanwhile; a lost one shows, and so does a jump
 * into a program that was already freed.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define SLOTS 8
#define HANDLERS 6
#define UPDATERS 2
#define CPUS 2

/* what the processes tell each other */
struct board {
	volatile int stop;
	volatile __u64 events[CPUS];
	volatile __u64 updates[UPDATERS], deletes[UPDATERS], empties[UPDATERS], loads[UPDATERS];
	volatile int failed;
};

static struct board *board;
static int counters, table;

/* counters: [which]: events that ended in this program; [16 + which]: passages */
static int handler(__u32 which, __u32 flags)
{
	return kprobe_prog("handler", flags, MOV_REG(R6, R1), COUNT_UP(counters, 16 + which),
			   CALL(BPF_FUNC_get_prandom_u32), JUMP_IMM(BPF_JSET, R0, 1, 7),
			   MOV_REG(R3, R0), ALU64_IMM(BPF_RSH, R3, 8), ALU64_IMM(BPF_AND, R3, SLOTS - 1),
			   MOV_REG(R1, R6), LOAD_MAP(R2, table), CALL(BPF_FUNC_tail_call),
			   /* and one by a constant index, whose jump is patched where the way is direct */
			   MOV_REG(R1, R6), MOV_IMM(R3, which), TAIL_CALL(table),
			   COUNT_UP(counters, which), MOV_IMM(R0, 0), EXIT);
}

/* The index is random too, half of them beyond the table. */
static int entry(__u32 flags)
{
	return kprobe_prog("entry", flags, MOV_REG(R6, R1), COUNT_UP(counters, 16),
			   CALL(BPF_FUNC_get_prandom_u32),
			   MOV_REG(R3, R0), ALU64_IMM(BPF_AND, R3, 2 * SLOTS - 1), MOV_REG(R1, R6), TAIL_CALL(table),
			   MOV_REG(R1, R6), MOV_IMM(R3, 0), TAIL_CALL(table), COUNT_UP(counters, 0),
			   MOV_IMM(R0, 0), EXIT);
}

static void make_events(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!board->stop) {
		event(1);
		board->events[cpu]++;
	}
	_exit(0);
}

#define EVENTS_MIN 500

/* Has either CPU been through the table often enough? (One may be late.) */
static bool seen_enough(void)
{
	return board->events[0] >= EVENTS_MIN && board->events[1] >= EVENTS_MIN;
}

static void change_table(int who, int ops, const int *handlers, __u32 flags)
{
	unsigned int seed = 4711 + who;
	int i, prog, ret;
	__u32 slot;

	for (i = 0; i < ops || !seen_enough(); i++) {
		slot = rand_r(&seed) % SLOTS;
		switch (rand_r(&seed) % 8) {
		case 0: case 1: case 2:
			ret = xbpf_slot_clear(table, slot);
			if (ret == 0)
				board->deletes[who]++;
			else if (errno == ENOENT)
				board->empties[who]++;
			else
				board->failed = errno;
			break;
		case 3:
			/* one that only the slot holds: replaced, it is freed while a CPU may be in it */
			if (i % 4)
				goto update;
			prog = handler(1 + rand_r(&seed) % HANDLERS, flags);
			if (prog < 0 || xbpf_slot_set(table, slot, prog))
				board->failed = errno;
			close(prog);
			board->loads[who]++;
			break;
		default:
update:
			if (xbpf_slot_set(table, slot, handlers[rand_r(&seed) % HANDLERS]))
				board->failed = errno;
			board->updates[who]++;
		}
	}
	_exit(0);
}

static void stress(__u32 flags, int ops)
{
	int handlers[HANDLERS], prog, link, i, status;
	pid_t updaters[UPDATERS], callers[CPUS];
	struct xbpf_link_info info;
	__u64 ended = 0, events = 0, passages = 0;
	uint64_t start;

	memset(board, 0, sizeof(*board));
	counters = xbpf_counters_new(32);
	table = xbpf_table_new("table", SLOTS);
	for (i = 0; i < HANDLERS; i++)
		if (!expect((handlers[i] = handler(1 + i, flags)) >= 0, "%s", xbpf_words()))
			return;
	prog = entry(flags);
	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	fflush(stdout);
	for (i = 0; i < CPUS; i++)
		if (!(callers[i] = fork()))
			make_events(i);
	start = now_ns();
	for (i = 0; i < UPDATERS; i++)
		if (!(updaters[i] = fork()))
			change_table(i, ops / UPDATERS, handlers, flags);
	for (i = 0; i < UPDATERS; i++) {
		waitpid(updaters[i], &status, 0);
		expect_eq(status, 0);
	}
	board->stop = 1;
	for (i = 0; i < CPUS; i++) {
		waitpid(callers[i], &status, 0);
		expect_eq(status, 0);
		expect(board->events[i] > 0, "CPU %d made no event", i);
		events += board->events[i];
	}
	for (i = 0; i <= HANDLERS; i++) {
		ended += xbpf_counter(counters, i);
		passages += xbpf_counter(counters, 16 + i);
	}
	expect(passages > events, "no tail call was made");
	expect_eq(board->failed, 0);
	expect_eq(ended, events);
	expect_eq(xbpf_counter(counters, 16), events);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(info.missed, 0);
	expect_eq(info.run_cnt, events);
	tap_diag("%s: at least %d changes in %llu ms (%llu set, %llu loaded and set, %llu emptied, "
		 "%llu already empty), %llu + %llu events, "
		 "%llu tail calls", flags ? "interpreter" : "JIT", ops,
		 (unsigned long long)(now_ns() - start) / 1000000,
		 (unsigned long long)(board->updates[0] + board->updates[1]),
		 (unsigned long long)(board->loads[0] + board->loads[1]),
		 (unsigned long long)(board->deletes[0] + board->deletes[1]),
		 (unsigned long long)(board->empties[0] + board->empties[1]),
		 (unsigned long long)board->events[0], (unsigned long long)board->events[1],
		 (unsigned long long)(passages - events));
	close(link);
	close(prog);
	for (i = 0; i < HANDLERS; i++)
		close(handlers[i]);
	close(table);
	close(counters);
}

/* XBPF_STRESS_OPS=200000: minutes of it, by hand. */
static int changes(void)
{
	const char *ops = getenv("XBPF_STRESS_OPS");

	return ops ? atoi(ops) : 1500;
}

static void jited(void)
{
	stress(0, changes());
}

static void interpreted(void)
{
	stress(XBPF_F_INTERP, changes());
}

/* All that the runs made is gone again. */
static void nothing_left(void)
{
	struct xbpf_info info;
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (!xbpf_next_id(BPF_PROG_GET_NEXT_ID, 0) && !xbpf_next_id(BPF_MAP_GET_NEXT_ID, 0) &&
		    !xbpf_device_info(&info) && !info.text_used)
			break;
		usleep(20000);
	}
	expect_eq(xbpf_next_id(BPF_PROG_GET_NEXT_ID, 0), 0);
	expect_eq(xbpf_next_id(BPF_MAP_GET_NEXT_ID, 0), 0);
	expect_eq(info.text_used, 0);
	expect_eq(info.text_images, 0);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "JIT: random changes from two processes lose no event on two CPUs", jited },
		{ "interpreter: random changes from two processes lose no event on two CPUs", interpreted },
		{ "no program, map or image is left", nothing_left },
	};

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return board == MAP_FAILED ? 1 : tap_run(tests, tap_count(tests));
}
