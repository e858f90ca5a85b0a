/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every run ends, soon: loops and copies of a run draw on one budget of time, and a program cannot
 * keep an interrupt going from inside of it.
 */
#define _GNU_SOURCE
#include "ring.h"
#include "trace.h"

/* two instructions: the address of the function @o behind the next one */
#define LOAD_FUNC(d, o)	INSN(BPF_LD | BPF_DW | BPF_IMM, d, 4, 0, o), INSN(0, 0, 0, 0, 0)

#define ROUNDS	(1 << 23)	/* the most that bpf_loop takes */
#define BIG	(1 << 20)	/* bytes of a value that takes a while to copy */
#define TASK	"run_task_us"
#define DEFAULT	"250000"

static void parameters(void)
{
	static const struct {
		const char *name, *was, *most, *beyond;
	} p[] = {
		{ TASK, DEFAULT, "10000000", "10000001" },
		{ "run_softirq_us", "20000", "10000000", "10000001" },
		{ "run_hardirq_us", "2000", "10000000", "10000001" },
		{ "run_hardirq_percent", "25", "100", "101" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		expect_eq(xbpf_parameter(p[i].name, "0"), ERANGE);
		expect_eq(xbpf_parameter(p[i].name, p[i].beyond), ERANGE);
		expect_eq(xbpf_parameter(p[i].name, "-1"), EINVAL);
		expect_eq(xbpf_parameter(p[i].name, "soon"), EINVAL);
		expect_eq(xbpf_parameter(p[i].name, "1"), 0);
		expect_eq(xbpf_parameter(p[i].name, p[i].most), 0);
		expect_eq(xbpf_parameter(p[i].name, p[i].was), 0);
	}
}

/*
 * r0 = what the second loop gives; the first one's rounds are loops of that many rounds, each of
 * which is one more: 2^69 rounds in all.
 */
static int nested_prog(__u32 load)
{
	return kprobe_prog("nested", load,
		MOV_IMM(R1, ROUNDS), LOAD_FUNC(R2, 11), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		MOV_IMM(R1, 1), LOAD_FUNC(R2, 21), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		EXIT,
		/* outer */
		MOV_IMM(R1, ROUNDS), LOAD_FUNC(R2, 6), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		MOV_IMM(R0, 0), EXIT,
		/* middle: never stops */
		MOV_IMM(R1, ROUNDS), LOAD_FUNC(R2, 6), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		MOV_IMM(R0, 0), EXIT,
		/* inner */
		MOV_IMM(R0, 0), EXIT);
}

static void nested_in(__u32 load)
{
	int prog = nested_prog(load);
	uint64_t t;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_parameter(TASK, "20000"), 0);
	t = now_ns();
	expect_eq(xbpf_run(prog, NULL, 1), (__u32)-ETIME);
	t = now_ns() - t;
	/* a hundred times as long, for hosts that are busy */
	expect(t >= 20000000 && t < 2000000000, "%llu ns", (unsigned long long)t);
	expect_eq(xbpf_parameter(TASK, DEFAULT), 0);
	close(prog);
}

static void nested(void)
{
	nested_in(0);
	nested_in(XBPF_F_INTERP);
}

/* r0 = loop(di, body) */
static int loop_prog(void)
{
	return kprobe_prog("loop", 0,
		LOAD(BPF_DW, R1, R1, 112), LOAD_FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
		CALL(BPF_FUNC_loop), EXIT,
		MOV_IMM(R0, 0), EXIT);
}

static __s64 run_with(int prog, __u64 arg)
{
	__u64 regs[21] = { 0 };

	regs[14] = arg;
	return xbpf_run(prog, regs, 1);
}

/* A budget is a run's: what one used up, the next one has. */
static void anew(void)
{
	int prog = loop_prog();

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_parameter(TASK, "1"), 0);
	expect_eq(run_with(prog, ROUNDS), (__u32)-ETIME);
	expect_eq(run_with(prog, 0), 0);
	expect_eq(xbpf_parameter(TASK, "10000000"), 0);
	expect_eq(run_with(prog, 100000), 100000);
	expect_eq(xbpf_parameter(TASK, DEFAULT), 0);
	close(prog);
}

static void each_of(__u32 type)
{
	int map = new_map(type, 4, 8, 100000, 0), prog;
	__u64 values[64] = { 0 };
	__u32 key = 5;

	expect_eq(xbpf_map_update(map, &key, values, 0), 0);
	prog = kprobe_prog("each", 0,
		LOAD_MAP(R1, map), LOAD_FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
		CALL(BPF_FUNC_for_each_map_elem), EXIT,
		MOV_IMM(R0, 0), EXIT);
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_parameter(TASK, "10000000"), 0);
	expect_eq(xbpf_run(prog, NULL, 1), type == HASH ? 1 : 100000);
	expect_eq(xbpf_parameter(TASK, "1"), 0);
	expect_eq(xbpf_run(prog, NULL, 1), (__u32)-ETIME);
	expect_eq(xbpf_parameter(TASK, DEFAULT), 0);
	close(prog);
	close(map);
}

static void each(void)
{
	each_of(ARRAY);
	each_of(BPF_MAP_TYPE_PERCPU_ARRAY);
	each_of(HASH);	/* one element, and many buckets to look for it in */
}

/* r0 = the helper's result; R6 and R7 point to BIG bytes each */
#define WITH_BIG(name, values, ...)						\
	kprobe_prog(name, 0, LOAD_VALUE(R6, values, 0), LOAD_VALUE(R7, values, BIG), __VA_ARGS__, EXIT)

static void runs_out_of_time(const char *what, int prog, __s64 result)
{
	if (!expect(prog >= 0, "%s: %s", what, xbpf_words()))
		return;
	expect_eq(xbpf_parameter(TASK, "10000000"), 0);
	expect(xbpf_run(prog, NULL, 1) == result, "%s fails with time to spare", what);
	expect_eq(xbpf_parameter(TASK, "1"), 0);
	expect(xbpf_run(prog, NULL, 1) == (__u32)-ETIME, "%s takes its time", what);
	expect_eq(xbpf_parameter(TASK, DEFAULT), 0);
	close(prog);
}

static void copies(void)
{
	int values = new_map(ARRAY, 4, 2 * BIG, 1, 0), to = new_map(ARRAY, 4, BIG, 1, 0);
	static unsigned char bytes[2 * BIG];
	__u32 key = 0, len = 0;
	unsigned int discarded = 0;
	struct ring ring;

	memset(bytes, 'x', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = '\0';
	expect_eq(xbpf_map_update(values, &key, bytes, 0), 0);
	if (!ring_open(&ring, 4 * BIG))
		return;
	runs_out_of_time("probe_read_kernel", WITH_BIG("read", values,
		MOV_REG(R1, R6), MOV_IMM(R2, BIG), MOV_REG(R3, R7), CALL(BPF_FUNC_probe_read_kernel)), 0);
	runs_out_of_time("probe_read_kernel_str", WITH_BIG("str", values,
		MOV_REG(R1, R6), MOV_IMM(R2, BIG), MOV_REG(R3, R7), CALL(BPF_FUNC_probe_read_kernel_str)),
		BIG);
	runs_out_of_time("map_update_elem", WITH_BIG("update", values,
		STORE_IMM(BPF_W, R10, -4, 0), LOAD_MAP(R1, to), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		MOV_REG(R3, R6), MOV_IMM(R4, 0), CALL(BPF_FUNC_map_update_elem)), 0);
	runs_out_of_time("ringbuf_output", WITH_BIG("output", values,
		LOAD_MAP(R1, ring.fd), MOV_REG(R2, R6), MOV_IMM(R3, BIG), MOV_IMM(R4, 0),
		CALL(BPF_FUNC_ringbuf_output)), 0);
	/* the one that was written, and the one that was not, which no reader gets */
	expect(ring_next(&ring, &len, &discarded) && len == BIG, "%u bytes", len);
	ring_done(&ring, len);
	expect(!ring_next(&ring, &len, &discarded), "a record that was not written");
	expect_eq(discarded, 1);
	ring_close(&ring);
	close(to);
	close(values);
}

/* Values under a lock are copied at once, when there is time left: the second one is late. */
#define TWICE(...)	__VA_ARGS__, __VA_ARGS__

static void values_of(__u32 type, __u32 key_size, __u32 flags)
{
	int values = new_map(ARRAY, 4, 2 * BIG, 1, 0), to = new_map(type, key_size, BIG, 1, flags);

	runs_out_of_time("map_update_elem", WITH_BIG("update", values, TWICE(
		STORE_IMM(BPF_DW, R10, -8, 0), LOAD_MAP(R1, to), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8),
		MOV_REG(R3, R6), MOV_IMM(R4, 0), CALL(BPF_FUNC_map_update_elem))), 0);
	close(to);
	close(values);
}

static void whole_values(void)
{
	int values = new_map(ARRAY, 4, 2 * BIG, 1, 0), queue = new_map(BPF_MAP_TYPE_QUEUE, 0, BIG, 2, 0);

	values_of(HASH, 4, 0);
	values_of(BPF_MAP_TYPE_LPM_TRIE, 8, BPF_F_NO_PREALLOC);
	runs_out_of_time("map_push_elem", WITH_BIG("push", values, TWICE(
		LOAD_MAP(R1, queue), MOV_REG(R2, R6), MOV_IMM(R3, BPF_EXIST), CALL(BPF_FUNC_map_push_elem))), 0);
	runs_out_of_time("map_peek_elem", WITH_BIG("peek", values, TWICE(
		LOAD_MAP(R1, queue), MOV_REG(R2, R6), CALL(BPF_FUNC_map_peek_elem))), 0);
	runs_out_of_time("map_pop_elem", WITH_BIG("pop", values, TWICE(
		LOAD_MAP(R1, queue), MOV_REG(R2, R6), CALL(BPF_FUNC_map_pop_elem))), 0);
	close(queue);
	close(values);
}

/* ---- interrupts ---- */

static volatile int stop;
static volatile unsigned long turns;

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *turn(void *arg)
{
	on_cpu(1);
	while (!stop)
		turns++;
	return arg;
}

/* How far a thread on CPU 1 gets in half a second. */
static unsigned long progress(void)
{
	unsigned long before = turns;

	usleep(500000);
	return turns - before;
}

/*
 * What a task on CPU 1 gets done while the program of link @prog has its way there, of what it gets
 * done alone: a tenth at least.  Three quarters are what the bounds are for, but a guest's clock
 * also counts what its host did elsewhere.
 */
static void task_goes_on(int prog, const char *tracepoint)
{
	unsigned long alone = 0, beside = 0;
	int tries, link;

	for (tries = 0; tries < 5 && beside <= alone / 10; tries++) {
		alone = progress();
		link = raw_link(prog, tracepoint, "8");
		if (!expect(link >= 0, "%s: %s", tracepoint, xbpf_words()))
			return;
		beside = progress();
		close(link);
	}
	tap_diag("%s: %lu turns of %lu", tracepoint, beside, alone);
	expect(beside > alone / 10, "%s: %lu turns of %lu", tracepoint, beside, alone);
}

static void with_task(void (*test)(void))
{
	pthread_t thread;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return tap_diag("one CPU: nothing to see");
	counters = xbpf_counters_new(64);
	on_cpu(0);
	stop = 0;
	if (!expect(!pthread_create(&thread, NULL, turn, NULL), "no thread"))
		return;
	test();
	stop = 1;
	pthread_join(thread, NULL);
	close(counters);
}

/* In each tick as many rounds as there can be. */
static void tick(void)
{
	int prog = raw_prog("tick", 0,
		COUNT_UP(counters, 0),
		MOV_IMM(R1, ROUNDS), LOAD_FUNC(R2, 6), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		MOV_IMM(R0, 0), EXIT,
		MOV_IMM(R0, 0), EXIT);

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	task_goes_on(prog, "local_timer_entry");
	expect(counted(0) > 0, "no tick ran it");
	close(prog);
}

static void ticks(void)
{
	with_task(tick);
}

/* In the scheduler interrupts are off, which is not a task's time. */
static void off(void)
{
	int prog, link;

	counters = xbpf_counters_new(64);
	prog = raw_prog("off", 0,
		CALL(BPF_FUNC_ktime_get_ns), MOV_REG(R7, R0),
		MOV_IMM(R1, ROUNDS), LOAD_FUNC(R2, 11), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		CALL(BPF_FUNC_ktime_get_ns), ALU64_REG(BPF_SUB, R0, R7),
		LOAD_VALUE(R1, counters, 0), STORE(BPF_DW, R1, 0, R0),
		MOV_IMM(R0, 0), EXIT,
		/* body */
		MOV_IMM(R1, ROUNDS), LOAD_FUNC(R2, 6), MOV_IMM(R3, 0), MOV_IMM(R4, 0), CALL(BPF_FUNC_loop),
		MOV_IMM(R0, 0), EXIT,
		/* inner */
		MOV_IMM(R0, 0), EXIT);
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_parameter(TASK, "3000000"), 0);
	link = raw_link(prog, "sched_switch", "8888");
	expect(link >= 0, "%s", xbpf_words());
	usleep(10000);
	close(link);
	expect_eq(xbpf_parameter(TASK, DEFAULT), 0);
	expect(counted(0) > 0 && counted(0) < 1500000000, "%llu ns", (unsigned long long)counted(0));
	close(prog);
	close(counters);
}

/* At the end of each irq_work, one more: a record that is thrown away, and a wake-up for it. */
static void storm(void)
{
	struct ring ring;
	__u32 len;
	int prog, kick, link;

	if (!ring_open(&ring, 1 << 22))
		return;
	/* up to a number of rounds that is far beyond the bound, should there be none */
	prog = raw_prog("storm", 0,
		COUNT_UP(counters, 0),
		LOAD_VALUE(R1, counters, 0), LOAD(BPF_DW, R1, R1, 0), JUMP_IMM(BPF_JGT, R1, 1000000, 10),
		LOAD_MAP(R1, ring.fd), MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(BPF_FUNC_ringbuf_reserve),
		JUMP_IMM(BPF_JEQ, R0, 0, 4),
		MOV_REG(R1, R0), MOV_IMM(R2, BPF_RB_FORCE_WAKEUP), CALL(BPF_FUNC_ringbuf_discard),
		JUMP(0),
		MOV_IMM(R0, 0), EXIT);
	/* the first one, from a task on that CPU */
	kick = raw_prog("kick", 0,
		LOAD_MAP(R1, ring.fd), MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(BPF_FUNC_ringbuf_reserve),
		JUMP_IMM(BPF_JEQ, R0, 0, 3),
		MOV_REG(R1, R0), MOV_IMM(R2, BPF_RB_FORCE_WAKEUP), CALL(BPF_FUNC_ringbuf_submit),
		MOV_IMM(R0, 0), EXIT);
	if (!expect(prog >= 0 && kick >= 0, "%s", xbpf_words()))
		return;
	link = raw_link(kick, "sched_switch", "8888");
	expect(link >= 0, "%s", xbpf_words());
	task_goes_on(prog, "irq_work_exit");
	tap_diag("%llu irq_works", (unsigned long long)counted(0));
	expect(counted(0) > 0, "no irq_work ran it");
	/* a reader is woken all the same */
	while (ring_next(&ring, &len, NULL))
		ring_done(&ring, len);
	expect(ring_ready(&ring, 5000), "nobody woke the reader");
	close(link);
	close(kick);
	close(prog);
	ring_close(&ring);
}

static void storms(void)
{
	with_task(storm);
}

static const struct tap_test tests[] = {
	{ "the bounds have bounds", parameters },
	{ "loops in loops end, and each loop after", nested },
	{ "each run has a budget of its own", anew },
	{ "for_each_map_elem ends with the budget", each },
	{ "helpers that copy much end with the budget", copies },
	{ "values under locks are not copied without time", whole_values },
	{ "a program that runs with interrupts off ends as in one", off },
	{ "a program in the timer's tick leaves time for tasks", ticks },
	{ "a program on irq_work that queues irq_work leaves time for tasks", storms },
};

int main(void)
{
	if (xbpf_open() < 0) {
		printf("Bail out! no /dev/xbpf\n");
		return 1;
	}
	return tap_run(tests, tap_count(tests));
}
