/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same thing hundreds of times over must not take kernel memory: what slab, vmalloc and per-CPU
 * areas hold is compared before and after. Caches and pools that fill come to an end, a leak shows
 * in each round.
 */
#include "dev.h"
#include "../tap.h"

#define ROUNDS 6
#define BYTES_PER_TIME 64	/* less cannot be told from noise */
#define NOISE (128ll << 10)

struct deed {
	const char *name;
	int times;
	void (*once)(void);
};

static long long kernel_bytes(void)
{
	static const char *const names[] = { "SUnreclaim:", "VmallocUsed:", "Percpu:" };
	long long sum = 0, kib;
	char line[128], name[64];
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned int i;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lld", name, &kib) == 2)
			for (i = 0; i < ARRAY_SIZE(names); i++)
				sum += strcmp(name, names[i]) ? 0 : kib * 1024;
	if (f)
		fclose(f);
	return sum;
}

/* Everything that was closed is freed. */
static void settle(void)
{
	static const int lists[] = { BPF_LINK_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID,
				     BPF_MAP_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID };
	struct xbpf_info info = { 0 };
	unsigned int i, tries;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (tries = 0; xbpf_next_id(lists[i], 0) && tries < 500; tries++)
			usleep(10000);
	for (tries = 0; !xbpf_device_info(&info) && info.text_images && tries < 500; tries++)
		usleep(10000);
	usleep(200000);	/* two grace periods, and the worker */
}

static void repeat(const struct deed *deed, int times)
{
	while (times--)
		deed->once();
	settle();
}

static void judge(const struct deed *deed)
{
	long long before, grown = 0, limit = NOISE + (long long)BYTES_PER_TIME * deed->times;
	int round;

	repeat(deed, deed->times / 2);	/* the first caches fill */
	for (round = 0; round < ROUNDS; round++) {
		before = kernel_bytes();
		repeat(deed, deed->times);
		grown = kernel_bytes() - before;
		if (grown <= limit)
			break;
		tap_diag("round %d: %lld bytes more, %lld each time", round + 1, grown, grown / deed->times);
	}
	tap_ok(round < ROUNDS, "%d times: %s", deed->times, deed->name);
}

/* ---- deeds ---- */

static void load(__u32 flags)
{
	int map = xbpf_counters_new(4), fd = kprobe_prog("leak", flags, COUNT_UP(map, 1),
							 MOV_IMM(R0, 0), EXIT);

	close(map);
	close(fd);
}

static void load_jited(void)
{
	load(0);
}

static void load_interpreted(void)
{
	load(XBPF_F_INTERP);
}

static void refused_by_verifier(void)
{
	int map = xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 4, 8, 4, 0);
	const struct bpf_insn insns[] = {
		LOAD(BPF_DW, R6, R1, 0), JUMP_IMM(BPF_JEQ, R6, 0, 1), MOV_IMM(R6, 1),	/* two paths */
		STORE_IMM(BPF_W, R10, -4, 1), MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4), LOAD_MAP(R1, map),
		CALL(BPF_FUNC_map_lookup_elem), LOAD(BPF_DW, R0, R0, 0), EXIT,
	};
	char log[512];
	union bpf_attr attr;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "bad", insns, ARRAY_SIZE(insns), 0);
	attr.log_level = 2;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	close(map);
}

static void refused_by_table(void)
{
	int table = xbpf_table_new("t", 2), interp = kprobe_prog("i", XBPF_F_INTERP, MOV_IMM(R0, 0), EXIT);

	xbpf_slot_set(table, 0, interp);
	kprobe_prog("d", 0, MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
	close(table);
	close(interp);
}

static void refused_by_log(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };
	union bpf_attr attr;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "bad", insns, 2, 0);
	attr.log_level = 1;
	attr.log_buf = 16;
	attr.log_size = 4096;
	xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void maps(void)
{
	int hash = xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 4, 8, 64, 0),
		array = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 64, 0);
	int table = xbpf_table_new("t", 64);
	__u32 key = 1;
	__u64 value = 1;

	xbpf_map_update(hash, &key, &value, 0);
	xbpf_map_delete(hash, &key);
	xbpf_map_update(array, &key, &value, 0);
	xbpf_map_lookup(array, &key, &value);
	close(hash);
	close(array);
	close(table);
}

static void refused_maps(void)
{
	xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 0, 8, 64, 0);
	xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 8, 8, 64, 0);
	xbpf_map_new(BPF_MAP_TYPE_ARRAY, "bad name", 4, 8, 64, 0);
	xbpf_map_new(BPF_MAP_TYPE_PROG_ARRAY, "t", 4, 4, ~0u, 0);
}

static void cycle(void)
{
	int table = xbpf_table_new("t", 2);
	int fd = kprobe_prog("self", 0, MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);

	xbpf_slot_set(table, 0, fd);
	xbpf_slot_set(table, 1, fd);
	xbpf_slot_set(table, 1, fd);
	close(fd);
	close(table);
}

/* Switched on and off, and left on. */
static void stats(void)
{
	int table = xbpf_table_new("t", 2);
	int fd = kprobe_prog("self", 0, MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
	struct xbpf_stats s = { .kind = XBPF_STATS_MAP, .fd = (__u32)table, .flags = XBPF_STATS_SET,
				.on = XBPF_STATS_RUNS };

	xbpf_sys(XBPF_STATS, &s, sizeof(s));
	xbpf_slot_set(table, 0, fd);
	xbpf_slot_set(table, 1, fd);
	s = (struct xbpf_stats){ .kind = XBPF_STATS_PROG, .fd = (__u32)fd, .flags = XBPF_STATS_SET,
				 .on = XBPF_STATS_RUNS };
	xbpf_sys(XBPF_STATS, &s, sizeof(s));
	xbpf_run(fd, NULL, 1);
	s.on = 0;
	xbpf_sys(XBPF_STATS, &s, sizeof(s));
	s.on = XBPF_STATS_RUNS;
	xbpf_sys(XBPF_STATS, &s, sizeof(s));
	close(fd);
	close(table);
}

static void links(void)
{
	int fd = kprobe_prog("l", 0, MOV_IMM(R0, 0), EXIT);
	int link = xbpf_kprobe(fd, EVENT_SYMBOL);

	event(1);
	close(fd);
	close(link);
}

static void refused_links(void)
{
	int fd = kprobe_prog("l", 0, MOV_IMM(R0, 0), EXIT);

	xbpf_kprobe(fd, "no_such_function_here");
	xbpf_link_at(XBPF_LINK_KPROBE, fd, EVENT_SYMBOL, 0, 1);
	xbpf_link_at(XBPF_LINK_KRETPROBE, fd, "no_such_function_here", 0, 0);
	close(fd);
}

static void pins(void)
{
	int fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), again;

	xbpf_pin(fd, XBPF_FS_PATH "/leak");
	xbpf_pin(fd, XBPF_FS_PATH "/leak");		/* EEXIST */
	xbpf_pin(fd, "/tmp/leak");			/* not here */
	close(fd);
	again = xbpf_pinned(XBPF_FS_PATH "/leak");
	close(again);
	unlink(XBPF_FS_PATH "/leak");
}

static void runs(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = kprobe_prog("r", XBPF_F_INTERP, MOV_IMM(R0, 0), EXIT);
	xbpf_run(fd, NULL, 1);
	xbpf_run(fd, (void *)16, 1);			/* EFAULT */
}

static void devices(void)
{
	const struct bpf_insn bad[] = { MOV_REG(R0, R3), EXIT };
	union bpf_attr attr;
	int fd = open(XBPF_DEVICE, O_RDWR | O_CLOEXEC);

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "bad", bad, 2, 0);
	ioctl(fd, XBPF_IOC(BPF_PROG_LOAD, sizeof(attr)), &attr);	/* leaves its words with the fd */
	close(fd);
}

int main(void)
{
	static const struct deed deeds[] = {
		{ "a program and its map, JITed", 300, load_jited },
		{ "a program and its map, interpreted", 500, load_interpreted },
		{ "a program that the verifier refuses", 500, refused_by_verifier },
		{ "a program that its table refuses", 300, refused_by_table },
		{ "a program whose log cannot be written", 500, refused_by_log },
		{ "a hash, an array and a table", 500, maps },
		{ "maps that are refused", 500, refused_maps },
		{ "a program in the table that it calls", 300, cycle },
		{ "counters", 60, stats },
		{ "a link", 60, links },
		{ "links that are refused", 100, refused_links },
		{ "a pin", 300, pins },
		{ "devices opened, with an error in them", 500, devices },
		{ "test runs, good and bad", 1000, runs },
	};
	unsigned int i;

	xbpf_mount();
	tap_plan(tap_count(deeds));
	for (i = 0; i < tap_count(deeds); i++)
		judge(&deeds[i]);
	return tap_done();
}
