/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps used by many threads at once: whole values, whole walks, no lost counts, no leaked programs.
 */
#include <pthread.h>
#include "dev.h"
#include "../tap.h"

#define HASH	BPF_MAP_TYPE_HASH

static int new_hash(__u32 value, __u32 max)
{
	int fd = xbpf_map_new(HASH, "m", 4, value, max, 0);

	expect(fd >= 0, "map: %s: %s", strerror(errno), xbpf_words());
	return fd;
}

static volatile int stop;

struct worker {
	pthread_t thread;
	int fd;
	unsigned int seed;
	unsigned long done, bad;
};

static void run_workers(struct worker *w, int n, void *(*fn)(void *), int ms)
{
	int i;

	stop = 0;
	for (i = 0; i < n; i++) {
		w[i].seed = i + 1;
		if (pthread_create(&w[i].thread, NULL, fn, &w[i]))
			expect(false, "thread %d", i);
	}
	usleep(ms * 1000);
	stop = 1;
	for (i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		expect(w[i].done, "thread %d did nothing", i);
		expect_eq(w[i].bad, 0);
	}
}

#define WIDE 32

/*
 * Even threads replace the value by one of equal words, odd ones look whether they ever see a
 * mixture.
 */
static void *wide_values(void *arg)
{
	struct worker *w = arg;
	__u64 value[WIDE];
	__u32 k = 1;
	int i;

	while (!stop) {
		if (w->seed & 1) {
			for (i = 0; i < WIDE; i++)
				value[i] = w->done * 16 + w->seed;
			w->bad += !!xbpf_map_update(w->fd, &k, value, BPF_ANY);
		} else if (xbpf_map_lookup(w->fd, &k, value)) {
			w->bad++;
		} else {
			for (i = 1; i < WIDE; i++)
				w->bad += value[i] != value[0];
		}
		w->done++;
	}
	return NULL;
}

static void whole_values(void)
{
	int fd = new_hash(WIDE * 8, 1), i;
	struct worker w[4] = { 0 };
	__u64 value[WIDE] = { 0 };
	__u32 k = 1;

	xbpf_map_update(fd, &k, value, 0);
	for (i = 0; i < 4; i++)
		w[i].fd = fd;
	run_workers(w, 4, wide_values, 1000);
	close(fd);
}

/* Each thread owns a range of keys of a full map, and finds what it put, whatever the others do. */
static void *own_keys(void *arg)
{
	struct worker *w = arg;
	__u32 base = w->seed * 1000, k;
	__u64 v;

	while (!stop) {
		for (k = base; k < base + 16; k++) {
			v = k;
			w->bad += xbpf_map_update(w->fd, &k, &v, BPF_NOEXIST) != 0;
		}
		for (k = base; k < base + 16; k++) {
			v = 0;
			w->bad += xbpf_map_lookup(w->fd, &k, &v) || v != k;
			w->bad += xbpf_map_delete(w->fd, &k) != 0;
			w->bad += !xbpf_map_lookup(w->fd, &k, &v);
		}
		w->done++;
	}
	return NULL;
}

static void each_its_keys(void)
{
	int fd = new_hash(8, 64), i;
	struct worker w[4] = { 0 };
	__u32 k;

	for (i = 0; i < 4; i++)
		w[i].fd = fd;
	run_workers(w, 4, own_keys, 1000);
	expect(xbpf_map_next(fd, NULL, &k) == -1 && errno == ENOENT, "empty at the end");
	close(fd);
}

/* Thread 1 walks; keys below 16 stay, and each walk must show all of them and come to an end. */
static void *walk_or_churn(void *arg)
{
	struct worker *w = arg;
	__u32 k, next, seen, steps;
	bool first;

	while (!stop) {
		if (w->seed != 1) {
			k = 16 + rand_r(&w->seed) % 48;
			if (rand_r(&w->seed) & 1)
				xbpf_map_update(w->fd, &k, &k, BPF_ANY);
			else
				xbpf_map_delete(w->fd, &k);
			w->seed |= 2;
			w->done++;
			continue;
		}
		seen = 0;
		first = true;
		for (steps = 0; steps < 100000 && !stop; steps++) {
			if (xbpf_map_next(w->fd, first ? NULL : &k, &next))
				break;
			first = false;
			k = next;
			if (k < 16)
				seen |= 1u << k;
			w->bad += k >= 64;
		}
		if (!stop)
			w->bad += seen != 0xffff || steps == 100000;
		w->done++;
	}
	return NULL;
}

static void walk(void)
{
	int fd = new_hash(4, 64), i;
	struct worker w[3] = { 0 };
	__u32 k;

	for (k = 0; k < 16; k++)
		xbpf_map_update(fd, &k, &k, 0);
	for (i = 0; i < 3; i++)
		w[i].fd = fd;
	run_workers(w, 3, walk_or_churn, 1000);
	close(fd);
}

/* Programs count with update and an atomic add while user space reads: nothing is lost. */
static void *count_runs(void *arg)
{
	struct worker *w = arg;

	while (!stop) {
		w->bad += xbpf_run(w->fd, NULL, 50) < 0;
		w->done += 50;
	}
	return NULL;
}

static void count(void)
{
	int fd = new_hash(8, 4), prog, i;
	struct worker w[3] = { 0 };
	__u64 v = 0, sum = 0;
	__u32 k = 7;

	prog = kprobe_prog("count", 0,
		STORE_IMM(BPF_W, R10, -4, 7),
		STORE_IMM(BPF_DW, R10, -16, 0),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -16),
		MOV_IMM(R4, BPF_NOEXIST),
		LOAD_MAP(R1, fd), CALL(BPF_FUNC_map_update_elem),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, fd), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, R0, 0, 2),
		MOV_IMM(R1, 1),
		ATOMIC(BPF_DW, BPF_ADD, R0, 0, R1),
		MOV_IMM(R0, 0), EXIT);
	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 3; i++)
		w[i].fd = prog;
	run_workers(w, 3, count_runs, 1000);
	for (i = 0; i < 3; i++)
		sum += w[i].done;
	expect(!xbpf_map_lookup(fd, &k, &v) && v == sum, "%llu of %llu", v, sum);
	close(prog);
	close(fd);
}

/*
 * Both keys are replaced all the time, and never away: a program that looks without a lock finds
 * them.  Two keys of a map for two share a bucket every other time (the seed is random), hence
 * several maps.
 */
static void *replace_keys(void *arg)
{
	struct worker *w = arg;
	__u32 k;

	while (!stop) {
		k = w->done++ & 1;
		w->bad += xbpf_map_update(w->fd, &k, &k, BPF_EXIST) != 0;
	}
	return NULL;
}

/* Looks for both keys, and counts in misses[0] what it does not find. */
static int find_prog(int map, int misses)
{
	return kprobe_prog("find", 0,
		MOV_IMM(R7, 0),
		STORE(BPF_W, R10, -4, R7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 10),
		STORE_IMM(BPF_W, R10, -8, 0),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -8),
		LOAD_MAP(R1, misses), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, R0, 0, 2),
		MOV_IMM(R1, 1),
		ATOMIC(BPF_DW, BPF_ADD, R0, 0, R1),
		MOV_IMM(R0, 0),
		ALU64_IMM(BPF_ADD, R7, 1),
		JUMP_IMM(BPF_JLT, R7, 2, -19),
		MOV_IMM(R0, 0), EXIT);
}

static void found_in(int misses)
{
	int fd = new_hash(4, 2), prog = find_prog(fd, misses);
	struct worker w = { .fd = fd };
	uint64_t end;
	__u32 k;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (k = 0; k < 2; k++)
		xbpf_map_update(fd, &k, &k, 0);
	stop = 0;
	pthread_create(&w.thread, NULL, replace_keys, &w);
	end = now_ns() + 200000000;
	while (now_ns() < end)
		expect_eq(xbpf_run(prog, NULL, 1000), 0);
	stop = 1;
	pthread_join(w.thread, NULL);
	expect(w.done && !w.bad, "%lu updates, %lu failed", w.done, w.bad);
	close(prog);
	close(fd);
}

static void always_found(void)
{
	int misses = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "misses", 4, 8, 1, 0), i;
	__u32 k = 0;
	__u64 v = 1;

	for (i = 0; i < 8; i++)
		found_in(misses);
	expect(!xbpf_map_lookup(misses, &k, &v) && !v, "%llu misses", v);
	close(misses);
}

/*
 * A program that updates a map, run by whoever compares memory: so also by a command on the same
 * map, which compares keys below its bucket's lock.  There, and below its own update, it must not
 * run.  (A probe on the lock itself proves nothing: 6.1 crashes at one of its own on
 * _raw_spin_lock.)
 */
static void *update_one_key(void *arg)
{
	struct worker *w = arg;
	__u32 k = 7, value[2] = { 0 };

	while (!stop) {
		w->bad += xbpf_map_update(w->fd, &k, value, BPF_ANY) != 0;
		w->bad += xbpf_map_lookup(w->fd, &k, value) != 0;
		w->done++;
	}
	return NULL;
}

static void below_lock(void)
{
	int fd = new_hash(8, 4), prog, link, i;
	struct xbpf_link_info info = { 0 };
	struct worker w[2] = { 0 };

	prog = kprobe_prog("compare", 0,
		STORE_IMM(BPF_W, R10, -4, 7),
		STORE_IMM(BPF_DW, R10, -16, 1),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -16),
		MOV_IMM(R4, BPF_ANY),
		LOAD_MAP(R1, fd), CALL(BPF_FUNC_map_update_elem),
		MOV_IMM(R0, 0), EXIT);
	link = xbpf_kprobe(prog, "memcmp");
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 2; i++)
		w[i].fd = fd;
	run_workers(w, 2, update_one_key, 700);
	expect_eq(xbpf_link_detach(link), 0);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect(info.run_cnt && info.missed > w[0].done + w[1].done,
	       "%llu runs, %llu missed, %lu commands", info.run_cnt,
	       info.missed, w[0].done + w[1].done);
	close(link);
	close(prog);
	close(fd);
}

/*
 * close() of the table races with updates of it by another thread: whatever wins, no program may
 * stay in it.
 */
static int racing_table;

static void *race_update(void *arg)
{
	struct worker *w = arg;
	int table;

	while (!stop) {
		table = __atomic_load_n(&racing_table, __ATOMIC_ACQUIRE);
		if (table >= 0)
			xbpf_slot_set(table, rand_r(&w->seed) % 4, w->fd);
		w->done++;
	}
	return NULL;
}

static void close_table(void)
{
	int prog = kprobe_prog("nothing", 0, MOV_IMM(R0, 0), EXIT), user, table, i;
	struct worker w[2] = { 0 };
	__u32 id = xbpf_prog_id(prog);

	racing_table = -1;
	stop = 0;
	for (i = 0; i < 2; i++) {
		w[i].fd = prog;
		w[i].seed = i + 1;
		pthread_create(&w[i].thread, NULL, race_update, &w[i]);
	}
	for (i = 0; i < 300; i++) {
		table = xbpf_table_new("racing", 4);
		user = kprobe_prog("user", 0, MOV_IMM(R3, 1), TAIL_CALL(table), MOV_IMM(R0, 4), EXIT);
		if (!expect(table >= 0 && user >= 0, "%s", xbpf_words()))
			break;
		__atomic_store_n(&racing_table, table, __ATOMIC_RELEASE);
		usleep(200);
		close(table);
		__atomic_store_n(&racing_table, -1, __ATOMIC_RELEASE);
		expect_eq(xbpf_run(user, NULL, 1) & ~4, 0);
		close(user);
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	close(prog);
	expect(xbpf_id_dies(BPF_PROG_GET_NEXT_ID, id), "a table kept the program");
}

/* Maps are made and freed while others look them up by id. */
static void *race_ids(void *arg)
{
	struct worker *w = arg;
	struct bpf_map_info i;
	__u32 id;
	int fd;

	while (!stop) {
		if (w->seed & 1) {
			fd = xbpf_map_new(HASH, "m", 4, 8, 10, 0);
			w->bad += fd < 0;
			close(fd);
		} else {
			for (id = 0; (id = xbpf_next_id(BPF_MAP_GET_NEXT_ID, id));) {
				fd = xbpf_fd_by_id(BPF_MAP_GET_FD_BY_ID, id);
				memset(&i, 0, sizeof(i));
				if (fd >= 0 && (xbpf_map_info(fd, &i) || i.id != id))
					w->bad++;
				if (fd >= 0)
					close(fd);
			}
		}
		w->done++;
	}
	return NULL;
}

static void ids(void)
{
	struct worker w[4] = { 0 };

	run_workers(w, 4, race_ids, 1000);
}

static const struct tap_test tests[] = {
	{ "nobody reads a half replaced value", whole_values },
	{ "each finds its own keys in a full map", each_its_keys },
	{ "walks end and show what stays", walk },
	{ "programs count without loss", count },
	{ "a key that is replaced all the time is always found", always_found },
	{ "a program below a bucket's lock does not run", below_lock },
	{ "closing a table races with filling it", close_table },
	{ "ids of maps that come and go", ids },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
