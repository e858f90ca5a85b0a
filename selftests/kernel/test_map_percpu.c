/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-CPU arrays and hash maps: a value for each CPU, all of them at once for user space.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include "map.h"

#define PARRAY	BPF_MAP_TYPE_PERCPU_ARRAY
#define PHASH	BPF_MAP_TYPE_PERCPU_HASH
#define CPUS	64

static int cpus;	/* possible ones */

/* "0-3,5": as the kernel lists them */
static int count_cpus(void)
{
	int from, to, n = 0;
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");

	while (f && fscanf(f, "%d", &from) == 1) {
		to = from;
		if (fscanf(f, "-%d", &to) < 0)
			to = from;
		n += to - from + 1;
		if (fgetc(f) != ',')
			break;
	}
	if (f)
		fclose(f);
	return n;
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void any_cpu(void)
{
	cpu_set_t set;
	int i;

	CPU_ZERO(&set);
	for (i = 0; i < cpus; i++)
		CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* All CPUs' values of a key are written, read back, and padded. */
static void all_values(__u32 type)
{
	int fd = new_map(type, 4, 12, 3, 0), i;
	char in[CPUS][16], out[CPUS + 1][16];
	__u32 k = 1;

	memset(in, 0xee, sizeof(in));
	memset(out, 0x55, sizeof(out));
	for (i = 0; i < cpus; i++)
		memset(in[i], 'a' + i, 12);
	expect_eq(xbpf_map_update(fd, &k, in, BPF_ANY), 0);
	expect_eq(xbpf_map_lookup(fd, &k, out), 0);
	for (i = 0; i < cpus; i++) {
		expect(!memcmp(in[i], out[i], 12), "CPU %d", i);
		expect(!memcmp(out[i] + 12, "\0\0\0\0", 4),
		       "padding of CPU %d: what was written there is not kept", i);
	}
	expect(out[cpus][0] == 0x55, "nothing behind the last CPU");
	close(fd);
}

static void array_values(void)
{
	all_values(PARRAY);
}

static void hash_values(void)
{
	all_values(PHASH);
	all_values(BPF_MAP_TYPE_LRU_PERCPU_HASH);
}

static void array_errors(void)
{
	int fd = new_map(PARRAY, 4, 8, 3, 0);
	__u64 v[CPUS] = { 0 };
	__u32 i = 3, next;

	expect_refused(xbpf_map_lookup(fd, &i, v), ENOENT, "");
	expect_refused(xbpf_map_update(fd, &i, v, 0), E2BIG, "index 3");
	i = 2;
	expect_eq(xbpf_map_lookup(fd, &i, v), 0);
	expect_eq(v[0], 0);
	expect_refused(xbpf_map_update(fd, &i, v, BPF_NOEXIST), EEXIST, "NOEXIST");
	expect_refused(xbpf_map_delete(fd, &i), EINVAL, "deleted");
	/* BPF_F_CPU of later kernels */
	expect_refused(xbpf_map_update(fd, &i, v, 8), EINVAL, "flags 0x8");
	expect(!xbpf_map_next(fd, NULL, &next) && !next, "keys as in an array");
	close(fd);
}

static void creation(void)
{
	expect_refused(xbpf_map_new(PARRAY, "m", 8, 8, 1, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(PARRAY, "m", 4, 0, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(PARRAY, "m", 4, 32769, 1, 0), E2BIG, "32768");
	expect_refused(xbpf_map_new(PHASH, "m", 4, 32769, 1, 0), E2BIG, "32768");
	expect_refused(xbpf_map_new(PARRAY, "m", 4, 8, 1, BPF_F_MMAPABLE), EINVAL, "percpu_array");
	expect_refused(xbpf_map_new(PARRAY, "m", 4, 8, 1, BPF_F_NUMA_NODE), EINVAL, "percpu_array");
	expect_refused(xbpf_map_new(PHASH, "m", 4, 8, 1, BPF_F_NUMA_NODE), EINVAL, "percpu_hash");
	expect_refused(xbpf_map_new(PARRAY, "m", 4, 8, 0xffffffff, 0), E2BIG, "limit");
	close(new_map(PARRAY, 4, 32768, 1, 0));
	close(new_map(PHASH, 4, 32768, 1, BPF_F_NO_PREALLOC));
}

/* More than the per-CPU allocator gives at once. */
static void large_array(void)
{
	enum { N = 10000 };
	int fd = new_map(PARRAY, 4, 24, N, 0), i;
	__u64 v[CPUS][3];
	__u32 k;

	for (k = 0; k < N; k += 13) {
		for (i = 0; i < cpus; i++)
			v[i][0] = v[i][1] = v[i][2] = k * 100 + i;
		if (!expect_eq(xbpf_map_update(fd, &k, v, BPF_ANY), 0))
			break;
	}
	for (k = 0; k < N; k++) {
		expect_eq(xbpf_map_lookup(fd, &k, v), 0);
		for (i = 0; i < cpus; i++)
			if (!expect(v[i][2] == (k % 13 ? 0 : k * 100 + i), "element %u of CPU %d: %llu", k, i, v[i][2]))
				goto out;
	}
out:
	close(fd);
}

/* value of key 7 of this CPU += 1; r0 = what it is then */
static int count_prog(int map, __u32 flags)
{
	return kprobe_prog("count", flags,
		STORE_IMM(BPF_W, R10, -4, 7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, -1), EXIT,
		LOAD(BPF_DW, R1, R0, 0), ALU64_IMM(BPF_ADD, R1, 1), STORE(BPF_DW, R0, 0, R1),
		MOV_REG(R0, R1), EXIT);
}

static void program_counts_on(int map, __u32 flags)
{
	int prog = count_prog(map, flags), i, n;
	__u64 v[CPUS] = { 0 };
	__u32 k = 7;

	if (!expect(prog >= 0, "%s", xbpf_words()))
		return;
	expect_eq(xbpf_map_update(map, &k, v, BPF_ANY), 0);
	for (i = 0; i < cpus; i++) {
		on_cpu(i);
		for (n = 1; n <= 3 + i; n++)
			expect_eq(xbpf_run(prog, NULL, 1), n);
	}
	any_cpu();
	expect_eq(xbpf_map_lookup(map, &k, v), 0);
	for (i = 0; i < cpus; i++)
		expect_eq(v[i], 3 + i);
	close(prog);
}

static void program_counts(void)
{
	static const __u32 types[] = { PARRAY, PHASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };
	unsigned int i;
	int map;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		map = new_map(types[i], 4, 8, 8, 0);
		program_counts_on(map, 0);
		program_counts_on(map, XBPF_F_INTERP);
		close(map);
	}
	map = new_map(PARRAY, 4, 8, 20000, 0);
	program_counts_on(map, 0);
	close(map);
}

/*
 * A program's insert: its CPU's value, zeros for the others. Its update of what exists: its CPU's
 * alone.
 */
static void program_updates(void)
{
	int map = new_map(PHASH, 4, 8, 4, 0), prog = update_prog(map, BPF_ANY), i, cpu;
	__u64 v[CPUS], junk[CPUS];
	__u32 k = 7;

	memset(junk, 0xff, sizeof(junk));
	for (k = 0; k < 4; k++)			/* what was in the elements must not come back */
		expect_eq(xbpf_map_update(map, &k, junk, BPF_ANY), 0);
	for (k = 0; k < 4; k++)
		expect_eq(xbpf_map_delete(map, &k), 0);
	k = 7;
	for (cpu = 0; cpu < cpus && cpu < 2; cpu++) {
		on_cpu(cpu);
		expect_eq(xbpf_run(prog, NULL, 1), 0);
		expect_eq(xbpf_map_lookup(map, &k, v), 0);
		for (i = 0; i < cpus; i++)
			expect_eq(v[i], i <= cpu ? 99 : 0);
	}
	any_cpu();
	close(prog);
	expect_eq(run_and_close(update_prog(map, BPF_NOEXIST)), EEXIST);
	expect_eq(run_and_close(delete_prog(map)), 0);
	expect_eq(run_and_close(update_prog(map, BPF_EXIST)), ENOENT);
	close(map);
}

static void array_program_updates(void)
{
	int map = new_map(PARRAY, 4, 8, 8, 0), small = new_map(PARRAY, 4, 8, 7, 0), i;
	__u64 v[CPUS];
	__u32 k = 7;

	on_cpu(0);
	expect_eq(run_and_close(update_prog(map, BPF_ANY)), 0);
	expect_eq(xbpf_map_lookup(map, &k, v), 0);
	for (i = 0; i < cpus; i++)
		expect_eq(v[i], i ? 0 : 99);
	expect_eq(run_and_close(lookup_prog(map)), 99);
	any_cpu();
	expect_eq(run_and_close(update_prog(map, BPF_NOEXIST)), EEXIST);
	expect_eq(run_and_close(update_prog(map, 4)), EINVAL);
	expect_eq(run_and_close(delete_prog(map)), EINVAL);
	expect_eq(run_and_close(update_prog(small, BPF_ANY)), E2BIG);
	expect_eq(run_and_close(lookup_prog(small)), 0xffffffff);
	close(small);
	close(map);
}

/* r0 = value of key 7 of the CPU in arg, -1 when there is none */
static int other_cpu_prog(int map)
{
	return kprobe_prog("other", 0,
		LOAD(BPF_DW, R3, R1, 112),		/* di */
		STORE_IMM(BPF_W, R10, -4, 7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_lookup_percpu_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, -1), EXIT,
		LOAD(BPF_DW, R0, R0, 0), EXIT);
}

static void other_cpus(void)
{
	static const __u32 types[] = { PARRAY, PHASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };
	__u64 v[CPUS], regs[21] = { 0 };
	unsigned int t;
	__u32 k = 7;
	int i;

	for (i = 0; i < CPUS; i++)
		v[i] = 1000 + i;
	for (t = 0; t < ARRAY_SIZE(types); t++) {
		int map = new_map(types[t], 4, 8, 8, 0), prog = other_cpu_prog(map);

		if (!expect(prog >= 0, "%s", xbpf_words()))
			continue;
		expect_eq(xbpf_map_update(map, &k, v, BPF_ANY), 0);
		for (i = 0; i < cpus; i++) {
			regs[14] = i;
			expect_eq(xbpf_run(prog, regs, 1), 1000 + i);
		}
		regs[14] = 0xffffffff;
		expect_eq(xbpf_run(prog, regs, 1), 0xffffffff);
		regs[14] = 8000;
		expect_eq(xbpf_run(prog, regs, 1), 0xffffffff);
		close(prog);
		close(map);
	}
}

static void not_for_others(void)
{
	int map = new_map(HASH, 4, 8, 8, 0);

	expect_refused(other_cpu_prog(map), EINVAL, "map_lookup_percpu_elem");
	close(map);
	map = new_map(PARRAY, 4, 8, 1, 0);
	expect_refused(kprobe_prog("direct", 0, LOAD_VALUE(R1, map, 0), MOV_IMM(R0, 0), EXIT), EINVAL, "");
	close(map);
}

#define EVENTS	2000

static void *make_events(void *arg)
{
	int i;

	on_cpu((int)(long)arg);
	for (i = 0; i < EVENTS; i++)
		event(1);
	return NULL;
}

/* Counting without atomics loses nothing: each CPU has its own. */
static void count_events(__u32 type)
{
	int map = new_map(type, 4, 8, 8, 0), prog = count_prog(map, 0), link, i;
	__u64 v[CPUS] = { 0 }, sum = 0;
	struct xbpf_link_info info;
	pthread_t thread[2];
	__u32 k = 7;

	expect_eq(xbpf_map_update(map, &k, v, BPF_ANY), 0);
	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	for (i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, make_events, (void *)(long)(i % cpus));
	for (i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	expect_eq(xbpf_link_info_get(link, &info), 0);
	expect_eq(xbpf_map_lookup(map, &k, v), 0);
	for (i = 0; i < cpus; i++)
		sum += v[i];
	expect_eq(sum, info.run_cnt);
	expect_eq(info.run_cnt + info.missed, 2 * EVENTS);
	expect(v[0] && (cpus == 1 || v[1]), "both CPUs: %llu and %llu", v[0], v[1]);
	close(link);
	close(prog);
	close(map);
}

static void events(void)
{
	count_events(PARRAY);
	count_events(PHASH);
}

static void take(void)
{
	int map = new_map(PHASH, 4, 8, 2, 0), i;
	__u64 v[CPUS], back[CPUS];
	__u32 k = 5;

	for (i = 0; i < CPUS; i++)
		v[i] = i * 3;
	expect_eq(xbpf_map_update(map, &k, v, BPF_ANY), 0);
	expect_eq(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, &k, back, 0), 0);
	expect(!memcmp(v, back, cpus * 8), "all CPUs' values");
	expect_refused(xbpf_map_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, &k, back, 0), ENOENT, "");
	close(map);
}

static const struct tap_test tests[] = {
	{ "per-CPU maps are not made with sizes and flags that they cannot have", creation },
	{ "per-CPU array: user space writes and reads a value for each CPU", array_values },
	{ "per-CPU hash: user space writes and reads a value for each CPU", hash_values },
	{ "per-CPU array: errors", array_errors },
	{ "per-CPU array: more than the per-CPU allocator gives at once", large_array },
	{ "programs count in their CPU's value, in both engines", program_counts },
	{ "per-CPU hash: a program inserts and updates its CPU's value alone", program_updates },
	{ "per-CPU array: a program updates its CPU's value alone", array_program_updates },
	{ "map_lookup_percpu_elem reads another CPU's value", other_cpus },
	{ "what other maps, and direct access, do not get", not_for_others },
	{ "events on two CPUs are counted without loss and without atomics", events },
	{ "per-CPU hash: lookup and delete in one", take },
};

int main(void)
{
	cpus = count_cpus();
	if (cpus < 1 || cpus > CPUS) {
		printf("Bail out! %d possible CPUs\n", cpus);
		return 1;
	}
	return tap_run(tests, tap_count(tests));
}
