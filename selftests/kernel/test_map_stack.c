/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stack trace maps.
 */
#include "map.h"

#define STACKS	BPF_MAP_TYPE_STACK_TRACE
#define DEPTH	20

/* r0 = get_stackid(ctx, map, flags), stored at counters[0] too */
static int id_prog(int map, __u32 flags, int counters)
{
	return kprobe_prog("id", 0,
		MOV_IMM(R3, flags), LOAD_MAP(R2, map), CALL(BPF_FUNC_get_stackid),
		LOAD_VALUE(R1, counters, 0), STORE(BPF_DW, R1, 0, R0), EXIT);
}

static __u64 address(const char *symbol)
{
	char line[256], name[128];
	unsigned long long at = 0, found = 0;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %127s", &at, name) == 2 && !strcmp(name, symbol))
			found = at;
	if (f)
		fclose(f);
	return found;
}

static __s64 hit(int link, int counters)
{
	(void)link;
	xbpf_counters_reset(counters);
	event(1);
	return (__s64)xbpf_counter(counters, 0);
}

static void creation(void)
{
	int map;
	__u64 v[DEPTH] = { 0 };
	__u32 k = 0;

	expect_refused(xbpf_map_new(STACKS, "m", 8, 8, 1, 0), EINVAL, "key_size");
	expect_refused(xbpf_map_new(STACKS, "m", 4, 0, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(STACKS, "m", 4, 12, 1, 0), EINVAL, "value_size");
	expect_refused(xbpf_map_new(STACKS, "m", 4, 128 * 8, 1, 0), EINVAL, "127 frames");
	expect_refused(xbpf_map_new(STACKS, "m", 4, 32, 1, BPF_F_STACK_BUILD_ID), EINVAL, "build ids");
	expect_refused(xbpf_map_new(STACKS, "m", 4, 8, 1, BPF_F_NO_PREALLOC), EINVAL, "stack_trace");
	map = new_map(STACKS, 4, sizeof(v), 5, 0);
	expect_refused(xbpf_map_lookup(map, &k, v), ENOENT, "");
	expect_refused(xbpf_map_update(map, &k, v, 0), EINVAL, "bpf_get_stackid");
	expect_refused(xbpf_map_delete(map, &k), ENOENT, "");
	expect_refused(xbpf_map_next(map, NULL, &k), ENOENT, "");
	k = 8;
	expect_refused(xbpf_map_lookup(map, &k, v), ENOENT, "");
	expect_refused(xbpf_map_delete(map, &k), E2BIG, "up to 7");
	close(map);
}

/* The stack of a hit begins in the probed function and is the same at each. */
static void kernel_stack(void)
{
	int map = new_map(STACKS, 4, DEPTH * 8, 64, 0), counters = xbpf_counters_new(2);
	int prog = id_prog(map, 0, counters), link = xbpf_kprobe(prog, EVENT_SYMBOL), i;
	__u64 v[DEPTH], at = address(EVENT_SYMBOL);
	__u32 k, next;
	__s64 id;

	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	id = hit(link, counters);
	if (!expect(id >= 0 && id < 64, "id %lld", id))
		return;
	for (i = 0; i < 10; i++)
		expect_eq(hit(link, counters), id);
	k = id;
	expect_eq(xbpf_map_lookup(map, &k, v), 0);
	expect(v[0] >= at && v[0] < at + 16, "%llx is in %s, %llx", v[0], EVENT_SYMBOL, at);
	for (i = 0; i < DEPTH && v[i]; i++)
		expect(v[i] >> 47 == 0x1ffff, "entry %d: %llx", i, v[i]);
	expect(i >= 3 && i < DEPTH, "%d entries, then zeros", i);
	expect(!xbpf_map_next(map, NULL, &next) && next == id, "the only key");
	expect_eq(xbpf_map_next(map, &next, &k), -1);
	k = id;
	expect_eq(xbpf_map_delete(map, &k), 0);
	expect_refused(xbpf_map_lookup(map, &k, v), ENOENT, "");
	expect_eq(hit(link, counters), id);
	close(link);
	close(prog);
	close(counters);
	close(map);
}

static void skipped(void)
{
	int map = new_map(STACKS, 4, DEPTH * 8, 64, 0), counters = xbpf_counters_new(2);
	int prog = id_prog(map, 0, counters), deep = id_prog(map, 2, counters), link;
	__u64 all[DEPTH], rest[DEPTH];
	__u32 k;

	link = xbpf_kprobe(prog, EVENT_SYMBOL);
	k = hit(link, counters);
	expect_eq(xbpf_map_lookup(map, &k, all), 0);
	close(link);
	link = xbpf_kprobe(deep, EVENT_SYMBOL);
	k = hit(link, counters);
	expect_eq(xbpf_map_lookup(map, &k, rest), 0);
	expect(!memcmp(all + 2, rest, (DEPTH - 2) * 8), "two frames less");
	close(link);
	close(deep);
	close(prog);
	close(counters);
	close(map);
}

static void flags(void)
{
	int map = new_map(STACKS, 4, DEPTH * 8, 64, 0), counters = xbpf_counters_new(2);
	int bad = id_prog(map, 1 << 12, counters), all = id_prog(map, 255, counters);

	expect_eq(xbpf_run(bad, NULL, 1), (__u32)-EINVAL);
	expect_eq(xbpf_run(all, NULL, 1), (__u32)-EFAULT);	/* nothing is left */
	close(all);
	close(bad);
	close(counters);
	close(map);
}

/* One place for all: the second stack is refused, or takes it. */
static void collision(void)
{
	int map = new_map(STACKS, 4, DEPTH * 8, 1, 0), counters = xbpf_counters_new(2);
	int first = id_prog(map, 0, counters), second = id_prog(map, 1, counters);
	int reuse = id_prog(map, 1 | BPF_F_REUSE_STACKID, counters), link;
	__u64 v[DEPTH], w[DEPTH];
	__u32 k = 0;

	link = xbpf_kprobe(first, EVENT_SYMBOL);
	expect_eq(hit(link, counters), 0);
	close(link);
	expect_eq(xbpf_map_lookup(map, &k, v), 0);
	link = xbpf_kprobe(second, EVENT_SYMBOL);
	expect_eq(hit(link, counters), -EEXIST);
	close(link);
	expect(!xbpf_map_lookup(map, &k, w) && !memcmp(v, w, sizeof(v)), "unchanged");
	link = xbpf_kprobe(reuse, EVENT_SYMBOL);
	expect_eq(hit(link, counters), 0);
	close(link);
	expect(!xbpf_map_lookup(map, &k, w) && !memcmp(v + 1, w, sizeof(v) - 8), "replaced");
	close(reuse);
	close(second);
	close(first);
	close(counters);
	close(map);
}

static void user_stack(void)
{
	int map = new_map(STACKS, 4, DEPTH * 8, 64, 0), counters = xbpf_counters_new(2);
	int prog = id_prog(map, BPF_F_USER_STACK, counters), link = xbpf_kprobe(prog, EVENT_SYMBOL);
	__u64 v[DEPTH] = { 0 };
	__s64 id = hit(link, counters);
	__u32 k = id;

	if (expect(id >= 0, "id %lld", id)) {
		expect_eq(xbpf_map_lookup(map, &k, v), 0);
		expect(v[0] && v[0] >> 47 == 0, "%llx is of user space", v[0]);
	}
	close(link);
	close(prog);
	close(counters);
	close(map);
}

static void wrong_map(void)
{
	int hash = new_map(HASH, 4, 8, 1, 0), map = new_map(STACKS, 4, 8, 1, 0),
		counters = xbpf_counters_new(2);

	expect_refused(id_prog(hash, 0, counters), EINVAL, "get_stackid");
	expect_refused(lookup_prog(map), EINVAL, "map_lookup_elem");
	expect_refused(delete_prog(map), EINVAL, "map_delete_elem");
	close(counters);
	close(map);
	close(hash);
}

static const struct tap_test tests[] = {
	{ "stacks: sizes, flags and commands", creation },
	{ "stacks: one id for one way to a function, which it begins in", kernel_stack },
	{ "stacks: frames are skipped", skipped },
	{ "stacks: flags, and no stack at all", flags },
	{ "stacks: two for one place", collision },
	{ "stacks: of user space", user_stack },
	{ "stacks: helpers and maps that do not go together", wrong_map },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
