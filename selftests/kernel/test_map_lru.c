/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LRU hash maps: never full; what was not used lately goes first.
 */
#include <pthread.h>
#include "map.h"

#define LRU	BPF_MAP_TYPE_LRU_HASH

static unsigned int keys_in(int fd)
{
	unsigned int n = 0;
	__u32 k, next;

	while (n < 100000 && !xbpf_map_next(fd, n ? &k : NULL, &next)) {
		k = next;
		n++;
	}
	return n;
}

static void never_full(void)
{
	int fd = new_map(LRU, 4, 8, 50, 0);
	__u64 v = 5;
	__u32 k;

	for (k = 0; k < 500; k++) {
		v = k * 2;
		expect_eq(xbpf_map_update(fd, &k, &v, BPF_ANY), 0);
		v = 0;
		expect(!xbpf_map_lookup(fd, &k, &v) && v == k * 2, "key %u is there", k);
	}
	expect_eq(keys_in(fd), 50);
	close(fd);
}

static void one_entry(void)
{
	int fd = new_map(LRU, 4, 8, 1, BPF_F_NO_COMMON_LRU);
	__u64 v = 5;
	__u32 k;

	for (k = 0; k < 20; k++)
		expect_eq(xbpf_map_update(fd, &k, &v, BPF_NOEXIST), 0);
	expect_eq(keys_in(fd), 1);
	expect(!xbpf_map_lookup(fd, &(__u32){ 19 }, &v), "the last one");
	close(fd);
}

static void flags(void)
{
	int fd = new_map(LRU, 4, 8, 2, 0);
	__u64 v = 5;
	__u32 k = 1;

	expect_refused(xbpf_map_update(fd, &k, &v, BPF_EXIST), ENOENT, "BPF_EXIST");
	expect_eq(xbpf_map_update(fd, &k, &v, BPF_NOEXIST), 0);
	expect_refused(xbpf_map_update(fd, &k, &v, BPF_NOEXIST), EEXIST, "BPF_NOEXIST");
	expect_eq(xbpf_map_update(fd, &k, &v, BPF_EXIST), 0);
	expect_eq(xbpf_map_delete(fd, &k), 0);
	expect_refused(xbpf_map_delete(fd, &k), ENOENT, "");
	expect_refused(xbpf_map_new(LRU, "m", 4, 8, 2, BPF_F_NO_PREALLOC), EINVAL, "lru_hash");
	expect_refused(xbpf_map_new(HASH, "m", 4, 8, 2, BPF_F_NO_COMMON_LRU), EINVAL, "hash");
	close(fd);
}

/* What programs look up stays while others come and go; a lookup from user space does not count. */
static void used_stays(void)
{
	int fd = new_map(LRU, 4, 8, 64, 0), prog = lookup_prog(fd);
	__u64 v = 77;
	__u32 k = 7, other;

	expect_eq(xbpf_map_update(fd, &k, &v, BPF_ANY), 0);
	for (other = 1000; other < 1500; other++) {
		if (other % 16 == 0)
			expect_eq(xbpf_run(prog, NULL, 1), 77);
		expect_eq(xbpf_map_update(fd, &other, &v, BPF_ANY), 0);
	}
	expect_eq(xbpf_run(prog, NULL, 1), 77);
	for (other = 2000; other < 2200; other++) {
		xbpf_map_lookup(fd, &k, &v);
		expect_eq(xbpf_map_update(fd, &other, &v, BPF_ANY), 0);
	}
	expect_eq(xbpf_run(prog, NULL, 1), 0xffffffff);
	close(prog);
	close(fd);
}

/* update(map, random key, 99), then look it up; r0 = 0: as it should be, 1000: it is gone */
static int churn_prog(int map)
{
	return kprobe_prog("churn", 0,
		CALL(BPF_FUNC_get_prandom_u32), STORE(BPF_W, R10, -4, R0),
		STORE_IMM(BPF_DW, R10, -16, 99),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -16),
		MOV_IMM(R4, 0),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_update_elem),
		MOV_REG(R6, R0),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, 1000), EXIT,
		LOAD(BPF_DW, R0, R0, 0), ALU64_IMM(BPF_SUB, R0, 99), ALU64_REG(BPF_ADD, R0, R6), EXIT);
}

struct churn {
	pthread_t thread;
	int map, prog;
	bool user, percpu;
	unsigned long done, bad;
};

static void *churn(void *arg)
{
	struct churn *c = arg;
	uint64_t end = now_ns() + 700000000ull;
	__u32 k = 1;
	__u64 v = 99;

	while (now_ns() < end) {
		if (c->user) {
			k = k * 1103515245 + 12345;
			c->bad += !!xbpf_map_update(c->map, &k, &v, BPF_ANY);
		} else {
			/* 1000: on a slow machine the others may have filled the map since */
			__s64 ret = xbpf_run(c->prog, NULL, 20);

			/*
			 * -99: they did so between lookup and load, and the element is another CPU's new key, for which
			 * the values of all other CPUs are 0
			 */
			c->bad += ret != 0 && ret != 1000 && !(c->percpu && ret == (__u32)-99);
		}
		c->done++;
	}
	return NULL;
}

/* Two threads run programs, two write from user space, all with keys that are new. */
static void threads(__u32 type)
{
	int map = new_map(type, 4, 8, 256, 0), prog = churn_prog(map), i;
	struct churn c[4] = { 0 };

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 4; i++) {
		c[i].map = map;
		c[i].prog = prog;
		c[i].percpu = type != LRU;
		c[i].user = type == LRU && i >= 2;	/* a per-CPU value from user space is larger */
		pthread_create(&c[i].thread, NULL, churn, &c[i]);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(c[i].thread, NULL);
		expect(c[i].done, "thread %d did nothing", i);
		expect_eq(c[i].bad, 0);
	}
	expect_eq(keys_in(map), 256);
	close(prog);
	close(map);
}

static void churn_lru(void)
{
	threads(LRU);
}

static void churn_percpu_lru(void)
{
	threads(BPF_MAP_TYPE_LRU_PERCPU_HASH);
}

static const struct tap_test tests[] = {
	{ "LRU: a full map takes new keys and keeps its size", never_full },
	{ "LRU: one entry", one_entry },
	{ "LRU: flags of updates and of creation", flags },
	{ "LRU: what programs use stays, what they do not use goes", used_stays },
	{ "LRU: new keys from programs and user space on all CPUs", churn_lru },
	{ "per-CPU LRU: new keys on all CPUs", churn_percpu_lru },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
