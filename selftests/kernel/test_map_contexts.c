/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps of all types written by programs in whatever context their probes fire in - inside the
 * allocator, under locks, in interrupts - while user space works on the same maps. Nothing may
 * hang, and no element may get lost.
 */
#include <pthread.h>
#include "map.h"

#define ENTRIES	64
#define KEYS	128	/* more than there is room for */

enum { PLAIN, PERCPU, LRU, LRU_PERCPU, LPM, QUEUE, STACK, RING, STACKS, MAPS };

static int map[MAPS];

static void make_maps(void)
{
	map[PLAIN] = new_map(HASH, 8, 8, ENTRIES, 0);
	map[PERCPU] = new_map(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, ENTRIES, 0);
	map[LRU] = new_map(BPF_MAP_TYPE_LRU_HASH, 8, 8, ENTRIES, 0);
	map[LRU_PERCPU] = new_map(BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, 8, ENTRIES, 0);
	map[LPM] = new_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, ENTRIES, BPF_F_NO_PREALLOC);
	map[QUEUE] = new_map(BPF_MAP_TYPE_QUEUE, 0, 8, ENTRIES, 0);
	map[STACK] = new_map(BPF_MAP_TYPE_STACK, 0, 8, ENTRIES, 0);
	map[RING] = new_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	map[STACKS] = new_map(BPF_MAP_TYPE_STACK_TRACE, 4, 80, ENTRIES, 0);
}

static void close_maps(void)
{
	int i;

	for (i = 0; i < MAPS; i++)
		close(map[i]);
}

/* A random key at R10 - 8: for the trie a length of up to 31 bits and data; a value at R10 - 16. */
#define RANDOM_KEY \
	CALL(BPF_FUNC_get_prandom_u32), STORE(BPF_DW, R10, -16, R0), MOV_REG(R7, R0), \
	ALU64_IMM(BPF_AND, R0, 3), STORE(BPF_W, R10, -8, R0), \
	ALU64_IMM(BPF_RSH, R7, 8), ALU64_IMM(BPF_AND, R7, 31), STORE(BPF_W, R10, -4, R7)
#define UPDATE(m) \
	MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8), MOV_REG(R3, R10), \
		ALU64_IMM(BPF_ADD, R3, -16), MOV_IMM(R4, 0), \
	LOAD_MAP(R1, map[m]), CALL(BPF_FUNC_map_update_elem)
#define REMOVE(m) \
	MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8), LOAD_MAP(R1, map[m]), CALL(BPF_FUNC_map_delete_elem)
#define LOOKUP(m) \
	MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8), LOAD_MAP(R1, map[m]), CALL(BPF_FUNC_map_lookup_elem)
#define PUSH(m) \
	MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -16), MOV_IMM(R3, BPF_EXIST), LOAD_MAP(R1, map[m]), \
	CALL(BPF_FUNC_map_push_elem)

static int writer(void)
{
	return kprobe_prog("writer", 0,
		MOV_REG(R6, R1), RANDOM_KEY,
		UPDATE(PLAIN), UPDATE(PERCPU), UPDATE(LRU), UPDATE(LRU_PERCPU), UPDATE(LPM),
		PUSH(QUEUE), PUSH(STACK),
		RANDOM_KEY,
		REMOVE(PLAIN), REMOVE(PERCPU), REMOVE(LPM),
		RANDOM_KEY,
		LOOKUP(LRU), LOOKUP(LRU_PERCPU), LOOKUP(LPM),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -16), MOV_IMM(R3, 16), MOV_IMM(R4, 0),
		LOAD_MAP(R1, map[RING]), CALL(BPF_FUNC_ringbuf_output),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -24), LOAD_MAP(R1, map[QUEUE]),
		CALL(BPF_FUNC_map_pop_elem),
		MOV_REG(R1, R6), MOV_IMM(R3, BPF_F_REUSE_STACKID), LOAD_MAP(R2, map[STACKS]),
		CALL(BPF_FUNC_get_stackid),
		MOV_IMM(R0, 0), EXIT);
}

struct key {
	__u32 bits;
	__u32 n;
};

static volatile int stop;

/* The same, by commands, and maps that come and go. */
static void *user(void *arg)
{
	unsigned int seed = (unsigned int)(long)arg;
	__u64 v[64] = { 0 };
	unsigned long done = 0;
	struct key k, next;
	int i, fd;

	while (!stop) {
		k = (struct key){ rand_r(&seed) % 4, rand_r(&seed) % 32 };
		for (i = PLAIN; i <= LPM; i++) {
			xbpf_map_update(map[i], &k, v, BPF_ANY);
			xbpf_map_lookup(map[i], &k, v);
			xbpf_map_next(map[i], rand_r(&seed) % 2 ? &k : NULL, &next);
			if (rand_r(&seed) % 2)
				xbpf_map_delete(map[i], &k);
		}
		xbpf_map_update(map[STACK], NULL, v, BPF_EXIST);
		xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map[STACK], NULL, v, 0);
		xbpf_map_lookup(map[QUEUE], NULL, v);
		if (!xbpf_map_next(map[STACKS], NULL, &i))
			xbpf_map_delete(map[STACKS], &i);
		fd = xbpf_map_new(HASH, "h", 4, 8, 16, 0);
		if (fd >= 0)
			close(fd);
		done++;
	}
	return (void *)done;
}

/* Empties a map by its keys, and finds room for exactly @room new ones. */
static void nothing_lost(int fd, bool evicts, const char *what)
{
	struct key k, next;
	__u64 v[64] = { 0 };
	unsigned int n = 0;
	__u32 i;

	while (!xbpf_map_next(fd, NULL, &k) && n++ < 1000)
		xbpf_map_delete(fd, &k);
	expect(n <= ENTRIES, "%s had %u elements", what, n);
	for (i = 0; i < KEYS; i++) {
		k = (struct key){ 32, i };
		if (xbpf_map_update(fd, &k, v, BPF_ANY))
			break;
	}
	expect(i == (evicts ? KEYS : ENTRIES), "%s took %u new keys", what, i);
	for (n = 0; n < 1000 && !xbpf_map_next(fd, n ? &k : NULL, &next); n++)
		k = next;
	expect(n == ENTRIES, "%s holds %u", what, n);
}

static void storm(void)
{
	static const char *const symbols[] = {
		"kmem_cache_alloc", "kmem_cache_free", "__kmalloc", "kfree",
		"_raw_spin_lock_irqsave", "_raw_spin_lock_irq",
		"hrtimer_interrupt", "try_to_wake_up", "update_process_times", "__x64_sys_ioctl",
		"fput", "__alloc_pages",
		"__call_rcu_common", "call_rcu", "tick_sched_timer", "irq_exit_rcu",
	};
	int link[ARRAY_SIZE(symbols)], prog, attached = 0;
	struct xbpf_link_info info;
	__u64 ran = 0, missed = 0;
	pthread_t thread[2];
	unsigned int i;
	void *done;

	make_maps();
	prog = writer();
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		link[i] = xbpf_kprobe(prog, symbols[i]);
		attached += link[i] >= 0;	/* not every kernel has each */
	}
	expect(attached >= 8, "%d probes", attached);
	stop = 0;
	for (i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, user, (void *)(long)(i + 1));
	sleep(2);
	stop = 1;
	for (i = 0; i < 2; i++) {
		pthread_join(thread[i], &done);
		expect(done, "thread %u did nothing", i);
	}
	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (link[i] < 0)
			continue;
		if (!xbpf_link_info_get(link[i], &info)) {
			ran += info.run_cnt;
			missed += info.missed;
		}
		close(link[i]);
	}
	close(prog);
	expect(ran > 1000, "%llu runs", ran);
	tap_diag("%llu runs, %llu missed", ran, missed);
	nothing_lost(map[PLAIN], false, "hash");
	nothing_lost(map[PERCPU], false, "per-CPU hash");
	nothing_lost(map[LRU], true, "LRU hash");
	nothing_lost(map[LRU_PERCPU], true, "per-CPU LRU hash");
	nothing_lost(map[LPM], false, "trie");
	close_maps();
}

/* Every type, made and freed; kept by a program, freed with it. */
static void comings_and_goings(void)
{
	__u32 ids[MAPS];
	int round, i, prog;

	for (round = 0; round < 30; round++) {
		make_maps();
		prog = writer();
		for (i = 0; i < MAPS; i++)
			ids[i] = xbpf_map_id(map[i]);
		expect_eq(xbpf_run(prog, NULL, 10), 0);
		close_maps();
		expect_eq(xbpf_run(prog, NULL, 10), 0);
		close(prog);
	}
	for (i = 0; i < MAPS; i++)
		expect(xbpf_id_dies(BPF_MAP_GET_NEXT_ID, ids[i]), "map %d is freed", i);
}

static const struct tap_test tests[] = {
	{ "maps of all types under probes in all contexts, and under commands: nothing hangs or "
	  "gets lost", storm },
	{ "maps of all types come and go, with and without programs", comings_and_goings },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
