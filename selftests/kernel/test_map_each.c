/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks and loops whose body is a function of the program: for_each_map_elem, loop.
 */
#include <pthread.h>
#include "map.h"

/* two instructions: the address of the function @o behind the next one */
#define LOAD_FUNC(d, o)	INSN(BPF_LD | BPF_DW | BPF_IMM, d, 4, 0, o), INSN(0, 0, 0, 0, 0)

/* r0 = elements visited << 32 | their sum; a callback that sees @last stops */
static int sum_prog(int map, __u32 flags, __s32 last, __u32 load)
{
	return kprobe_prog("sum", load,
		STORE_IMM(BPF_DW, R10, -8, 0),
		LOAD_MAP(R1, map), LOAD_FUNC(R2, 11), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8),
		MOV_IMM(R4, flags),
		CALL(BPF_FUNC_for_each_map_elem),
		JUMP_IMM(BPF_JSGE, R0, 0, 1), EXIT,
		ALU64_IMM(BPF_LSH, R0, 16), LOAD(BPF_DW, R1, R10, -8), ALU64_REG(BPF_ADD, R0, R1), EXIT,
		/* (map, key, value, sum) */
		LOAD(BPF_DW, R5, R3, 0), LOAD(BPF_DW, R1, R4, 0), ALU64_REG(BPF_ADD, R1, R5),
		STORE(BPF_DW, R4, 0, R1),
		MOV_IMM(R0, 0), JUMP_IMM(BPF_JNE, R5, last, 1), MOV_IMM(R0, 1), EXIT);
}

static void each_of(__u32 type, __u32 load)
{
	int map = new_map(type, 4, 8, 10, 0), prog, stops;
	__u64 v[64];
	__u32 k, i;

	for (k = 0; k < 10; k++) {
		for (i = 0; i < 64; i++)
			v[i] = k + 1;
		expect_eq(xbpf_map_update(map, &k, v, 0), 0);
	}
	prog = sum_prog(map, 0, -1, load);
	stops = sum_prog(map, 0, 3, load);
	if (!expect(prog >= 0 && stops >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_run(prog, NULL, 1), 10 << 16 | 55);
	if (type == ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY)
		expect_eq(xbpf_run(stops, NULL, 1), 3 << 16 | 6);
	else
		expect((xbpf_run(stops, NULL, 1) >> 16) <= 10, "stops");
	close(stops);
	close(prog);
	prog = sum_prog(map, 1, -1, load);
	expect_eq(xbpf_run(prog, NULL, 1), (__u32)-EINVAL);
	close(prog);
	close(map);
}

static void each(void)
{
	static const __u32 types[] = {
		ARRAY, HASH, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH,
		BPF_MAP_TYPE_LRU_PERCPU_HASH,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		each_of(types[i], 0);
		each_of(types[i], XBPF_F_INTERP);
	}
}

static void each_empty(void)
{
	int map = new_map(HASH, 4, 8, 10, 0), prog = sum_prog(map, 0, -1, 0);

	expect_eq(xbpf_run(prog, NULL, 1), 0);
	close(prog);
	close(map);
	map = new_map(BPF_MAP_TYPE_QUEUE, 0, 8, 10, 0);
	expect_refused(sum_prog(map, 0, -1, 0), EINVAL, "for_each_map_elem");
	close(map);
}

/* The callback deletes what it is called for. */
static int purge_prog(int map)
{
	return kprobe_prog("purge", 0,
		LOAD_MAP(R1, map), LOAD_FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
		CALL(BPF_FUNC_for_each_map_elem), EXIT,
		LOAD(BPF_W, R3, R2, 0), STORE(BPF_W, R10, -4, R3), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_delete_elem), MOV_IMM(R0, 0), EXIT);
}

static void purge(void)
{
	int map = new_map(HASH, 4, 8, 200, 0), prog = purge_prog(map);
	__u64 v = 0;
	__u32 k;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (k = 0; k < 200; k++)
		expect_eq(xbpf_map_update(map, &k, &v, 0), 0);
	expect_eq(xbpf_run(prog, NULL, 1), 200);
	expect_refused(xbpf_map_next(map, NULL, &k), ENOENT, "");
	for (k = 0; k < 200; k++)
		expect_eq(xbpf_map_update(map, &k, &v, 0), 0);
	close(prog);
	close(map);
}

/* The callback updates the keys 1 and @other; it stops by itself after a thousand rounds. */
static int rewrite_prog(int map, int rounds, __u32 other)
{
	return kprobe_prog("rewrite", 0,
		LOAD_MAP(R1, map), LOAD_FUNC(R2, 5), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
		CALL(BPF_FUNC_for_each_map_elem), EXIT,
		STORE_IMM(BPF_W, R10, -4, other), STORE_IMM(BPF_DW, R10, -16, 7),
		LOAD_MAP(R1, map), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), MOV_REG(R3, R10),
		ALU64_IMM(BPF_ADD, R3, -16),
		MOV_IMM(R4, 0), CALL(BPF_FUNC_map_update_elem),
		STORE_IMM(BPF_W, R10, -4, 1),
		LOAD_MAP(R1, map), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), MOV_REG(R3, R10),
		ALU64_IMM(BPF_ADD, R3, -16),
		MOV_IMM(R4, 0), CALL(BPF_FUNC_map_update_elem),
		LOAD_VALUE(R1, rounds, 0), MOV_IMM(R2, 1), ATOMIC(BPF_DW, BPF_ADD | BPF_FETCH, R1, 0, R2),
		MOV_IMM(R0, 0), JUMP_IMM(BPF_JLT, R2, 1000, 1), MOV_IMM(R0, 1), EXIT);
}

/* Two elements, which fill the map; @first: key 1 is made first. */
static void rewrite_in(__u32 type, __u32 other, bool first)
{
	int map = new_map(type, 4, 8, 2, BPF_F_ZERO_SEED), rounds = xbpf_counters_new(1);
	int prog = rewrite_prog(map, rounds, other);
	__u64 v[64] = { 0 };
	__s64 visited = -1;
	__u32 one = 1;

	expect_eq(xbpf_map_update(map, first ? &one : &other, v, 0), 0);
	expect_eq(xbpf_map_update(map, first ? &other : &one, v, 0), 0);
	if (expect(prog >= 0, "%s", xbpf_words()))
		visited = xbpf_run(prog, NULL, 1);
	expect(visited >= 1 && visited <= 2 && xbpf_counter(rounds, 0) <= 2,
	       "key %u: %lld visited, %llu rounds",
	       other, (long long)visited, (unsigned long long)xbpf_counter(rounds, 0));
	close(prog);
	close(rounds);
	close(map);
}

/* Some pair of keys shares a bucket. */
static void rewrite(void)
{
	__u32 other;

	for (other = 2; other < 40; other++) {
		rewrite_in(HASH, other, other % 2);
		rewrite_in(HASH, other, !(other % 2));
		rewrite_in(BPF_MAP_TYPE_LRU_HASH, other, other % 2);
		rewrite_in(BPF_MAP_TYPE_PERCPU_HASH, other, other % 2);
	}
}

static volatile int stop;

static void *churn(void *arg)
{
	int map = *(int *)arg;
	unsigned int seed = 5;
	__u64 v = 1;
	__u32 k;

	while (!stop) {
		k = 100 + rand_r(&seed) % 100;
		if (rand_r(&seed) % 2)
			xbpf_map_update(map, &k, &v, 0);
		else
			xbpf_map_delete(map, &k);
	}
	return NULL;
}

/* Walks come to an end whatever others do. */
static void walk_changing(void)
{
	int map = new_map(HASH, 4, 8, 200, 0), prog = sum_prog(map, 0, -1, 0);
	uint64_t end = now_ns() + 500000000ull;
	pthread_t thread;
	unsigned int n = 0;
	__s64 ret;

	stop = 0;
	pthread_create(&thread, NULL, churn, &map);
	while (now_ns() < end) {
		ret = xbpf_run(prog, NULL, 5);
		n++;
		if (!expect(ret >= 0 && ret >> 16 <= 400, "%lld", ret))
			break;
	}
	stop = 1;
	pthread_join(thread, NULL);
	expect(n, "no walks");
	close(prog);
	close(map);
}

/* r0 = loop(di, body, &sum, flags) << 16 | sum of indices; the body stops at 20 */
static int loop_prog(__u32 flags, __u32 load)
{
	return kprobe_prog("loop", load,
		STORE_IMM(BPF_DW, R10, -8, 0),
		LOAD(BPF_DW, R1, R1, 112), LOAD_FUNC(R2, 11), MOV_REG(R3, R10),
		ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, flags),
		CALL(BPF_FUNC_loop),
		JUMP_IMM(BPF_JSGE, R0, 0, 1), EXIT,
		ALU64_IMM(BPF_LSH, R0, 16), LOAD(BPF_DW, R1, R10, -8), ALU64_REG(BPF_ADD, R0, R1), EXIT,
		/* (index, sum) */
		LOAD(BPF_DW, R3, R2, 0), ALU64_REG(BPF_ADD, R3, R1), STORE(BPF_DW, R2, 0, R3),
		MOV_IMM(R0, 0), JUMP_IMM(BPF_JNE, R1, 20, 1), MOV_IMM(R0, 1), EXIT);
}

static __s64 run_with(int prog, __u64 arg)
{
	__u64 regs[21] = { 0 };

	regs[14] = arg;
	return xbpf_run(prog, regs, 1);
}

static void loops_in(__u32 load)
{
	int prog = loop_prog(0, load), flags = loop_prog(1, load);

	if (!expect(prog >= 0 && flags >= 0, "%s", xbpf_words()))
		return;
	expect_eq(run_with(prog, 0), 0);
	expect_eq(run_with(prog, 1), 1 << 16);
	expect_eq(run_with(prog, 10), 10 << 16 | 45);
	expect_eq(run_with(prog, 1000), 21 << 16 | 210);
	expect_eq(run_with(prog, (1 << 23) + 1), (__u32)-E2BIG);
	expect_eq(run_with(flags, 10), (__u32)-EINVAL);
	close(flags);
	close(prog);
}

static void loops(void)
{
	loops_in(0);
	loops_in(XBPF_F_INTERP);
}

static const struct tap_test tests[] = {
	{ "for_each_map_elem visits each element, in both engines", each },
	{ "for_each_map_elem of an empty map, and of a map without keys", each_empty },
	{ "a callback deletes what it is called for", purge },
	{ "a callback that updates keys visits no more elements than there are", rewrite },
	{ "walks end while the map changes", walk_changing },
	{ "bpf_loop runs its body, stops when told, and has a limit", loops },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
