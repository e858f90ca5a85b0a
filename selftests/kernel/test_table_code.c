/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module tells of code that follows tables: patched jumps of programs (XBPF_PROG_TAIL),
 * what slots lead to and the code of trees (XBPF_TABLE_INFO).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>
#include "dev.h"
#include "../tap.h"

#define DI 112
#define SLOTS 40u
#define BAD_POINTER 8	/* nobody's memory */

static int constant(__s32 value, __u32 flags)
{
	int fd = kprobe_prog("constant", flags, MOV_IMM(R0, value), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Two jumps that follow slots 3 and 5, and one to the tree. */
static int caller(int table)
{
	int fd = kprobe_prog("caller", 0, MOV_REG(R6, R1), MOV_IMM(R3, 3), TAIL_CALL(table),
			     MOV_REG(R1, R6), MOV_IMM(R3, 5), TAIL_CALL(table), MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

static int dispatcher(int table)
{
	int fd = kprobe_prog("dispatcher", XBPF_F_TAIL(XBPF_TAIL_TREE), LOAD(BPF_DW, R3, R1, DI),
			     TAIL_CALL(table), MOV_IMM(R0, 1000), EXIT);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Asks for @room sites; how many there are. */
static __u32 sites(int prog, struct xbpf_prog_site *to, __u32 room)
{
	struct xbpf_prog_tail tail = {
		.prog_fd = (__u32)prog,
		.site_list = (uintptr_t)to,
		.site_cnt = room,
		.site_size = sizeof(*to),
	};

	expect_eq(xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail)), 0);
	expect_eq(tail.site_list, (uintptr_t)to);
	expect_eq(tail.site_cnt, tail.sites);
	expect_eq(tail.site_size, sizeof(struct xbpf_prog_site));
	return tail.site_cnt;
}

static struct xbpf_table_info ask(int table)
{
	return (struct xbpf_table_info){
		.map_fd = (__u32)table, .slot_size = sizeof(struct xbpf_table_slot),
	};
}

static int table_info(struct xbpf_table_info *info)
{
	return xbpf_sys(XBPF_TABLE_INFO, info, sizeof(*info));
}

/* The image, and where it stands. */
static __u64 image(int prog, unsigned char *code, __u32 room)
{
	__u64 at = 0;
	struct bpf_prog_info info = {
		.jited_prog_insns = (uintptr_t)code, .jited_prog_len = room,
		.jited_ksyms = (uintptr_t)&at, .nr_jited_ksyms = 1,
	};
	union bpf_attr attr = { .info = { .bpf_fd = (__u32)prog, .info_len = sizeof(info),
					  .info = (uintptr_t)&info } };

	expect_eq(xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return at;
}

static void count_slots(int table, bool on)
{
	struct xbpf_stats stats = { .kind = XBPF_STATS_MAP, .fd = (__u32)table, .flags = XBPF_STATS_SET,
				    .on = on ? XBPF_STATS_RUNS : 0 };

	expect_eq(xbpf_sys(XBPF_STATS, &stats, sizeof(stats)), 0);
}

/* Where the code at a site jumps to; 0: it is a nop. */
static __u64 jumps_to(int prog, const struct xbpf_prog_site *site)
{
	unsigned char code[1024] = { 0 };
	__u64 at = image(prog, code, sizeof(code));
	__s32 rel;

	if (code[site->offset] == 0x0f)
		return 0;
	expect_eq(code[site->offset], 0xe9);
	memcpy(&rel, code + site->offset + 1, sizeof(rel));
	return at + site->offset + 5 + rel;
}

static void slot_sites(void)
{
	int table = xbpf_table_new("table", SLOTS), target = constant(7, 0), prog = caller(table);
	struct xbpf_prog_site site[3];
	unsigned char code[8];
	__u32 i;

	for (i = 0; i < 5; i++) {
		/* empty, filled, counted, not counted, empty */
		if (i == 1)
			xbpf_slot_set(table, 5, target);
		if (i == 2 || i == 3)
			count_slots(table, i == 2);
		if (i == 4)
			xbpf_slot_clear(table, 5);
		memset(site, 0xa5, sizeof(site));
		expect_eq(sites(prog, site, 3), 2);
		expect(site[0].offset && site[0].offset < site[1].offset, "offsets %u, %u", site[0].offset,
		       site[1].offset);
		expect_eq(site[0].index, 3);
		expect_eq(site[1].index, 5);
		expect_eq(site[0].map_id, xbpf_map_id(table));
		expect_eq(site[0].prog_id, 0);
		expect_eq(site[0].target, 0);
		expect_eq(site[0].reserved, 0);
		expect_eq(site[0].flags, 0);
		expect_eq(site[1].prog_id, i == 0 || i == 4 ? 0 : xbpf_prog_id(target));
		expect_eq(site[1].flags, i == 2 ? XBPF_SITE_COUNTED : 0);
		expect_eq(site[1].target == image(target, code, sizeof(code)), i == 1 || i == 3);
		expect_eq(site[1].target, jumps_to(prog, &site[1]));
		expect_eq(jumps_to(prog, &site[0]), 0);
		expect_eq(site[2].offset, 0xa5a5a5a5);
	}
	close(prog);
	close(target);
	close(table);
}

static void site_room(void)
{
	int table = xbpf_table_new("table", SLOTS), prog = caller(table), alone = constant(1, 0);
	struct xbpf_prog_tail tail = { .prog_fd = (__u32)prog, .site_list = BAD_POINTER, .site_cnt = 2,
				       .site_size = sizeof(struct xbpf_prog_site) };
	struct xbpf_prog_site site[2];

	memset(site, 0xa5, sizeof(site));
	expect_eq(sites(prog, site, 1), 2);
	expect_eq(site[0].index, 3);
	expect_eq(site[1].index, 0xa5a5a5a5);
	expect_eq(sites(prog, NULL, 2), 2);
	expect_eq(sites(prog, site, 0), 2);
	expect_eq(sites(alone, site, 2), 0);
	expect_refused(xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail)), EFAULT, "");
	tail.site_size = 24;
	tail.site_cnt = 2;
	expect_refused(xbpf_sys(XBPF_PROG_TAIL, &tail, sizeof(tail)), EINVAL,
		       "a site has 32 bytes, not 24");
	close(alone);
	close(prog);
	close(table);
}

/* A program of long ago has shorter structs; one of later has longer ones. */
static void sizes(void)
{
	int table = xbpf_table_new("table", SLOTS), prog = caller(table);
	const unsigned int old_tail = offsetof(struct xbpf_prog_tail, site_list),
		old_info = offsetof(struct xbpf_table_info, tree_code);
	struct { struct xbpf_prog_tail tail; __u64 more; } t = { .tail.prog_fd = (__u32)prog };
	struct { struct xbpf_table_info info; __u64 more; } i = { .info.map_fd = (__u32)table };

	t.tail.site_size = 0xa5;
	expect_eq(xbpf_sys(XBPF_PROG_TAIL, &t, old_tail), 0);
	expect_eq(t.tail.sites, 2);
	expect_eq(t.tail.site_size, 0xa5);
	t.tail.site_size = 0;
	expect_eq(xbpf_sys(XBPF_PROG_TAIL, &t, sizeof(t)), 0);
	expect_eq(t.tail.site_cnt, 2);
	t.more = 1;
	t.tail.site_cnt = 0;
	expect_refused(xbpf_sys(XBPF_PROG_TAIL, &t, sizeof(t)), EINVAL, "");
	i.info.slot_size = 0xa5;
	expect_eq(xbpf_sys(XBPF_TABLE_INFO, &i, old_info), 0);
	expect_eq(i.info.sites, 2);
	expect_eq(i.info.slot_size, 0xa5);
	i.info.slot_size = 0;
	expect_eq(xbpf_sys(XBPF_TABLE_INFO, &i, sizeof(i)), 0);
	expect_eq(i.info.slot_cnt, SLOTS);
	i.more = 1;
	i.info.slot_cnt = 0;
	expect_refused(xbpf_sys(XBPF_TABLE_INFO, &i, sizeof(i)), EINVAL, "");
	close(prog);
	close(table);
}

static void slots(void)
{
	int table = xbpf_table_new("table", SLOTS), array = xbpf_counters_new(1), prog = constant(1, 0);
	struct xbpf_table_slot slot[SLOTS];
	struct xbpf_table_info info = ask(table);
	unsigned char code[8];
	__u32 i;

	for (i = 0; i < 4; i++)		/* more than are copied at a time lie between them */
		xbpf_slot_set(table, 13 * i, prog);
	memset(slot, 0xa5, sizeof(slot));
	info.slots = (uintptr_t)slot;
	info.slot_cnt = SLOTS - 1;
	expect_eq(table_info(&info), 0);
	expect_eq(info.slot_cnt, SLOTS);
	expect_eq(info.filled, 4);
	for (i = 0; i < SLOTS - 1; i++) {
		expect_eq(slot[i].prog_id, i % 13 ? 0 : xbpf_prog_id(prog));
		expect_eq(slot[i].target, i % 13 ? 0 : image(prog, code, sizeof(code)));
		expect_eq(slot[i].flags, 0);
	}
	expect_eq(slot[SLOTS - 1].prog_id, 0xa5a5a5a5);
	count_slots(table, true);
	info = ask(table);
	info.slots = (uintptr_t)slot;
	info.slot_first = 39;
	info.slot_cnt = SLOTS;
	expect_eq(table_info(&info), 0);
	expect_eq(info.slot_cnt, 1);
	expect_eq(info.slot_first, 39);
	expect_eq(slot[0].flags, XBPF_SLOT_COUNTED);
	expect_eq(slot[0].prog_id, xbpf_prog_id(prog));
	expect(slot[0].target && slot[0].target != image(prog, code, sizeof(code)), "not by its counter");
	expect_eq(slot[1].target, 0);
	info.slot_first = ~0u;
	expect_eq(table_info(&info), 0);
	expect_eq(info.slot_cnt, 0);
	info = ask(table);
	info.slots = BAD_POINTER;
	info.slot_cnt = 1;
	expect_refused(table_info(&info), EFAULT, "");
	info.slot_size = 8;
	info.slot_cnt = 1;
	expect_refused(table_info(&info), EINVAL, "a slot has 16 bytes, not 8");
	info = ask(array);
	expect_refused(table_info(&info), EINVAL, "not a program array");
	close(prog);
	close(array);
	close(table);
}

static void write_only(void)
{
	int table = xbpf_map_new(BPF_MAP_TYPE_PROG_ARRAY, "table", 4, 4, 4, BPF_F_WRONLY);
	struct xbpf_table_info info = ask(table);
	struct xbpf_table_slot slot[4];

	expect(table >= 0, "%s", xbpf_words());
	expect_eq(table_info(&info), 0);
	info.slots = (uintptr_t)slot;
	expect_refused(table_info(&info), EPERM, "write-only");
	close(table);
}

/* Waits for a tree of @n programs. */
static bool tree_of(int table, __u32 n)
{
	uint64_t end = now_ns() + 20000000000ull;
	struct xbpf_table_info info;

	do {
		info = ask(table);
		if (table_info(&info))
			return false;
		if (info.targets == n && !info.tree_pending)
			return true;
		usleep(5000);
	} while (now_ns() < end);
	return false;
}

static void tree(void)
{
	int table = xbpf_table_new("table", SLOTS), progs[3], prog, i;
	struct xbpf_table_info info = ask(table);
	unsigned char code[512];
	struct xbpf_prog_site site;
	__u32 len;

	memset(code, 0xa5, sizeof(code));
	info.tree_code = (uintptr_t)code;
	info.tree_len = sizeof(code);
	expect_eq(table_info(&info), 0);
	expect(!info.tree_len && !info.tree_addr && code[0] == 0xa5, "a tree that nobody needs");
	for (i = 0; i < 3; i++) {
		progs[i] = constant(i, 0);
		xbpf_slot_set(table, i, progs[i]);
	}
	prog = dispatcher(table);
	expect(tree_of(table, 3), "no tree");
	info = ask(table);
	expect_eq(table_info(&info), 0);
	len = info.tree_len;
	expect(len > 3 * 12 && len < sizeof(code), "%u bytes", len);
	expect_eq(sites(prog, &site, 1), 1);
	expect_eq(site.flags, XBPF_SITE_TREE);
	expect_eq(site.index, 0);
	expect_eq(site.prog_id, 0);
	expect_eq(site.target, info.tree_addr);
	expect_eq(jumps_to(prog, &site), info.tree_addr);
	info.tree_code = (uintptr_t)code;
	info.tree_len = sizeof(code);
	expect_eq(table_info(&info), 0);
	expect_eq(info.tree_len, len);
	expect_eq(info.targets, 3);
	expect(code[0] == 0x81 && code[1] == 0xf9, "it begins with %02x %02x, no cmp ecx", code[0],
	       code[1]);
	expect_eq(code[len], 0xa5);
	memset(code, 0xa5, sizeof(code));
	info.tree_len = 2;
	expect_eq(table_info(&info), 0);
	expect_eq(info.tree_len, len);
	expect_eq(code[1], 0xf9);
	expect_eq(code[2], 0xa5);
	info.tree_code = BAD_POINTER;
	expect_refused(table_info(&info), EFAULT, "");
	close(prog);
	expect(tree_of(table, 0), "a tree that nobody jumps to any more");
	for (i = 0; i < 3; i++)
		close(progs[i]);
	close(table);
}

/* ---- a tree that is replaced while it is read ---- */

static int live_table, live_progs[2];
static volatile bool stop;

static void *replace(void *unused)
{
	__u32 n;

	(void)unused;
	for (n = 0; !stop; n++) {
		xbpf_slot_set(live_table, n % SLOTS, live_progs[n / SLOTS % 2]);
		if (n % SLOTS == SLOTS - 1)
			usleep(30000);	/* behind which a tree is made */
	}
	return NULL;
}

/* Comparisons are as many as programs, and the code ends with the jump: it is one tree, whole. */
static void whole(void)
{
	const __u64 end = now_ns() + 3000000000ull;
	unsigned char code[512];
	__u32 of[3] = { 0 }, n, i;
	pthread_t thread;
	int prog;

	live_table = xbpf_table_new("table", SLOTS);
	live_progs[0] = constant(0, 0);
	live_progs[1] = constant(1, 0);
	xbpf_slot_set(live_table, 0, live_progs[0]);
	prog = dispatcher(live_table);
	expect(tree_of(live_table, 1), "no tree");
	stop = false;
	expect_eq(pthread_create(&thread, NULL, replace, NULL), 0);
	while (now_ns() < end) {
		struct xbpf_table_info info = ask(live_table);

		info.tree_code = (uintptr_t)code;
		info.tree_len = sizeof(code);
		expect_eq(table_info(&info), 0);
		for (n = 0, i = 0; i + 12 <= info.tree_len && code[i] == 0x81; i += 12)
			n++;
		expect(n == info.targets && n && n < 3, "%u comparisons for %u programs", n, info.targets);
		of[n < 3 ? n : 0]++;
	}
	stop = true;
	pthread_join(thread, NULL);
	tap_diag("trees of one and of two programs: %u, %u", of[1], of[2]);
	close(prog);
	close(live_progs[0]);
	close(live_progs[1]);
	close(live_table);
}

static const struct tap_test tests[] = {
	{ "patched jumps: where they are, and what they follow", slot_sites },
	{ "room for fewer, for none, and a bad pointer", site_room },
	{ "structs of old and of later sizes", sizes },
	{ "what slots lead to", slots },
	{ "a write-only table shows no slots", write_only },
	{ "the code of a tree", tree },
	{ "a tree that is replaced meanwhile is whole", whole },
};

int main(void)
{
	xbpf_open();
	return tap_run(tests, tap_count(tests));
}
