/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues and stacks.
 */
#include <pthread.h>
#include "map.h"

#define QUEUE	BPF_MAP_TYPE_QUEUE
#define STACK	BPF_MAP_TYPE_STACK

static int put(int fd, __u64 v, __u64 flags)
{
	return xbpf_map_update(fd, NULL, &v, flags);
}

/* What comes next, or -1. */
static __s64 take(int fd)
{
	__u64 v = 4711;

	return xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, NULL, &v, 0) ? -1 : (__s64)v;
}

static __s64 peek(int fd)
{
	__u64 v = 4711;

	return xbpf_map_lookup(fd, NULL, &v) ? -1 : (__s64)v;
}

static void creation(void)
{
	expect_refused(xbpf_map_new(QUEUE, "m", 4, 8, 1, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(QUEUE, "m", 0, 0, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(STACK, "m", 0, 8, 0, 0), EINVAL, "max_entries");
	expect_refused(xbpf_map_new(STACK, "m", 0, 0x7fffffff, 1, 0), E2BIG, "value_size");
	expect_refused(xbpf_map_new(QUEUE, "m", 0, 4096, 0xffffffff, 0), E2BIG, "limit");
	expect_refused(xbpf_map_new(STACK, "m", 0, 8, 1, BPF_F_NO_PREALLOC), EINVAL, "stack");
}

static void orders(void)
{
	int queue = new_map(QUEUE, 0, 8, 3, 0), stack = new_map(STACK, 0, 8, 3, 0), i, round;

	for (round = 0; round < 5; round++) {	/* round and round the ring */
		expect_eq(peek(queue), -1);
		expect_eq(errno, ENOENT);
		expect_eq(take(stack), -1);
		expect_eq(errno, ENOENT);
		for (i = 1; i <= 3; i++) {
			expect_eq(put(queue, i, BPF_ANY), 0);
			expect_eq(put(stack, i, BPF_ANY), 0);
		}
		expect_eq(peek(queue), 1);
		expect_eq(peek(stack), 3);
		expect_eq(take(queue), 1);
		expect_eq(take(stack), 3);
		expect_eq(put(queue, 4, BPF_ANY), 0);
		expect_eq(put(stack, 4, BPF_ANY), 0);
		expect_eq(take(queue), 2);
		expect_eq(take(queue), 3);
		expect_eq(take(queue), 4);
		expect_eq(take(stack), 4);
		expect_eq(take(stack), 2);
		expect_eq(take(stack), 1);
		put(queue, 9, BPF_ANY);		/* another place for the next round */
		take(queue);
	}
	close(stack);
	close(queue);
}

static void full(void)
{
	int queue = new_map(QUEUE, 0, 8, 2, 0), stack = new_map(STACK, 0, 8, 2, 0), i;

	for (i = 1; i <= 2; i++) {
		expect_eq(put(queue, i, BPF_ANY), 0);
		expect_eq(put(stack, i, BPF_ANY), 0);
	}
	expect_refused(put(queue, 3, BPF_ANY), E2BIG, "full: 2");
	expect_refused(put(stack, 3, BPF_ANY), E2BIG, "full: 2");
	expect_refused(put(stack, 3, BPF_NOEXIST), EINVAL, "BPF_EXIST");
	expect_eq(put(queue, 3, BPF_EXIST), 0);		/* the oldest goes */
	expect_eq(put(stack, 3, BPF_EXIST), 0);
	expect_eq(take(queue), 2);
	expect_eq(take(queue), 3);
	expect_eq(take(stack), 3);
	expect_eq(take(stack), 2);
	close(stack);
	close(queue);
}

static void other_commands(void)
{
	int queue = new_map(QUEUE, 0, 8, 2, 0);
	__u64 v = 0;
	__u32 k = 0;

	expect_refused(xbpf_map_lookup(queue, &k, &v), EINVAL, "no keys");
	expect_refused(xbpf_map_delete(queue, NULL), EINVAL, "no keys");
	expect_refused(xbpf_map_next(queue, NULL, &k), EINVAL, "");
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, queue, NULL, &v, BPF_F_LOCK),
		       EINVAL, "BPF_F_LOCK");
	expect_eq(map_freeze(queue), 0);
	expect_refused(put(queue, 1, BPF_ANY), EPERM, "frozen");
	expect_refused(take(queue), EPERM, "frozen");
	close(queue);
	queue = new_map(QUEUE, 0, 8, 2, BPF_F_RDONLY);
	expect_refused(put(queue, 1, BPF_ANY), EPERM, "read-only");
	expect_refused(take(queue), EPERM, "read-only");
	close(queue);
	queue = new_map(QUEUE, 0, 8, 2, BPF_F_WRONLY);
	expect_eq(put(queue, 1, BPF_ANY), 0);
	expect_refused(peek(queue), EPERM, "write-only");
	expect_refused(take(queue), EPERM, "write-only");
	close(queue);
}

/* push(map, di, flags): r0 = its result negated */
static int push_prog(int map, __u32 flags, __u32 load)
{
	return kprobe_prog("push", load,
		LOAD(BPF_DW, R2, R1, 112), STORE(BPF_DW, R10, -8, R2),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8), MOV_IMM(R3, flags),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_push_elem),
		ALU64_IMM(BPF_NEG, R0, 0), EXIT);
}

/* r0 = what was got, or 1000 + its error */
static int get_prog(int map, __u32 helper, __u32 load)
{
	return kprobe_prog("get", load,
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8),
		LOAD_MAP(R1, map), CALL(helper),
		JUMP_IMM(BPF_JEQ, R0, 0, 3),
		ALU64_IMM(BPF_NEG, R0, 0), ALU64_IMM(BPF_ADD, R0, 1000), EXIT,
		LOAD(BPF_DW, R0, R10, -8), EXIT);
}

static __s64 run_with(int prog, __u64 arg)
{
	__u64 regs[21] = { 0 };

	regs[14] = arg;
	return xbpf_run(prog, regs, 1);
}

static void programs_on(__u32 type, __u32 load)
{
	int map = new_map(type, 0, 8, 3, 0), push = push_prog(map, BPF_ANY, load),
		force = push_prog(map, BPF_EXIST, load);
	int pop = get_prog(map, BPF_FUNC_map_pop_elem, load),
		look = get_prog(map, BPF_FUNC_map_peek_elem, load), i;

	if (!expect(push >= 0 && force >= 0 && pop >= 0 && look >= 0, "%s", xbpf_words()))
		return;
	expect_eq(run_with(pop, 0), 1000 + ENOENT);
	expect_eq(run_with(look, 0), 1000 + ENOENT);
	for (i = 1; i <= 3; i++)
		expect_eq(run_with(push, i), 0);
	expect_eq(run_with(push, 4), E2BIG);
	expect_eq(run_with(force, 4), 0);
	expect_eq(run_with(look, 0), type == QUEUE ? 2 : 4);
	for (i = 2; i <= 4; i++)
		expect_eq(run_with(pop, 0), type == QUEUE ? i : 6 - i);
	expect_eq(run_with(pop, 0), 1000 + ENOENT);
	close(look);
	close(pop);
	close(force);
	close(push);
	push = push_prog(map, BPF_NOEXIST, load);
	expect_eq(run_with(push, 1), EINVAL);
	close(push);
	expect_refused(lookup_prog(map), EACCES, "map_lookup_elem");	/* as upstream: there is no key */
	close(map);
	map = new_map(HASH, 4, 8, 3, 0);
	expect_refused(push_prog(map, 0, load), EINVAL, "map_push_elem");
	close(map);
}

static void programs(void)
{
	programs_on(QUEUE, 0);
	programs_on(QUEUE, XBPF_F_INTERP);
	programs_on(STACK, 0);
}

struct worker {
	pthread_t thread;
	int map, prog;
	bool taker;
	__u64 sum, n;
};

static volatile int stop;

static void *work(void *arg)
{
	struct worker *w = arg;
	__u64 i = 0;
	__s64 v;

	while (!stop || w->taker) {
		if (!w->taker) {
			i++;
			if (run_with(w->prog, i))
				continue;
			w->sum += i;
			w->n++;
			continue;
		}
		v = take(w->map);
		if (v >= 0) {
			w->sum += v;
			w->n++;
		} else if (stop) {
			break;
		}
	}
	return NULL;
}

/* Programs put, user space takes: each value comes out once. */
static void threads(void)
{
	int map = new_map(QUEUE, 0, 8, 64, 0), prog = push_prog(map, BPF_ANY, 0), i;
	struct worker w[4] = { { .map = map, .prog = prog } };

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	stop = 0;
	for (i = 0; i < 4; i++) {
		w[i] = w[0];
		w[i].sum = w[i].n = 0;
		w[i].taker = i & 1;
	}
	for (i = 0; i < 4; i++)
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	usleep(700000);
	stop = 1;
	pthread_join(w[0].thread, NULL);
	pthread_join(w[2].thread, NULL);
	pthread_join(w[1].thread, NULL);
	pthread_join(w[3].thread, NULL);
	while (peek(map) >= 0) {		/* left when both takers had gone */
		w[1].sum += take(map);
		w[1].n++;
	}
	expect(w[0].n + w[2].n > 100, "%llu values", w[0].n + w[2].n);
	expect_eq(w[0].n + w[2].n, w[1].n + w[3].n);
	expect_eq(w[0].sum + w[2].sum, w[1].sum + w[3].sum);
	close(prog);
	close(map);
}

static const struct tap_test tests[] = {
	{ "queue, stack: sizes and flags that they cannot have", creation },
	{ "a queue gives the oldest, a stack the newest", orders },
	{ "a full one refuses, or gives up its oldest", full },
	{ "commands with keys, modes, freezing", other_commands },
	{ "programs push, pop and peek, in both engines", programs },
	{ "each value that programs put comes out once", threads },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
