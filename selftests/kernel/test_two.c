/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two modules in one kernel, xbpf and xbpf2 (make NAME=xbpf2): the same events at the same place,
 * both changing code that runs, each with objects of its own, and gone in either order.
 * Loads and unloads both; leaves xbpf loaded and xbpffs mounted.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

#define EVENTS	5000u
#define ROUNDS	500u	/* events between two looks at the hits */
#define ROUNDS_MAX 200u

/* What of each module the test has. */
static struct side {
	const char *name;
	int device, table, counters, prog[2], entry, link;
	pid_t changer;
} sides[2] = { { .name = "xbpf" }, { .name = "xbpf2" } };

enum { ALL, FIRST, SECOND, FELL, COUNTERS };

static bool loaded(const struct side *s)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", s->name);
	return !access(path, F_OK);
}

static int unload(const struct side *s)
{
	return (int)syscall(SYS_delete_module, s->name, O_NONBLOCK);
}

/* The second module lies in the folder of the tests, once for each kernel. */
static bool load(const struct side *s)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;
	char command[64];

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	if (s == &sides[0])
		snprintf(command, sizeof(command), "modprobe xbpf");
	else
		snprintf(command, sizeof(command), "insmod two/%u.%u.ko", major, minor);
	return loaded(s) || !system(command);
}

static bool load_both(void)
{
	return expect(load(&sides[0]) && load(&sides[1]), "no two modules");
}

/* Commands go to that one from here on. */
static bool use(struct side *s)
{
	char path[64];

	if (!s->device) {
		snprintf(path, sizeof(path), "/dev/%s", s->name);
		s->device = open(path, O_RDWR | O_CLOEXEC);
		if (!expect(s->device >= 0, "%s: %s", path, strerror(errno)))
			return false;
	}
	xbpf_device = s->device;
	return true;
}

static void leave(struct side *s)
{
	const int fds[] = { s->link, s->entry, s->prog[0], s->prog[1], s->table, s->counters, s->device };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] > 0)
			close(fds[i]);
	*s = (struct side){ .name = s->name };
	xbpf_device = -1;
}

static unsigned long long hits(const struct side *s)
{
	unsigned long long value = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/patch_hits", s->name);
	f = fopen(path, "r");
	expect(f && fscanf(f, "%llu", &value) == 1, "%s", path);
	if (f)
		fclose(f);
	return value;
}

static int counting(int counters, __u32 which)
{
	return kprobe_prog("counting", 0, COUNT_UP(counters, which), MOV_IMM(R0, 0), EXIT);
}

/* A program that counts and goes on by slot 0, at the event. */
static bool enter(struct side *s)
{
	if (!use(s))
		return false;
	s->counters = xbpf_counters_new(COUNTERS);
	s->table = xbpf_table_new("slots", 1);
	s->prog[0] = counting(s->counters, FIRST);
	s->prog[1] = counting(s->counters, SECOND);
	s->entry = kprobe_prog("entry", XBPF_F_TAIL(XBPF_TAIL_DIRECT), MOV_REG(R6, R1),
			       COUNT_UP(s->counters, ALL), MOV_REG(R1, R6), MOV_IMM(R3, 0),
			       TAIL_CALL(s->table), COUNT_UP(s->counters, FELL), MOV_IMM(R0, 0), EXIT);
	s->link = xbpf_kprobe(s->entry, EVENT_SYMBOL);
	return expect(s->link >= 0, "%s: %s", s->name, xbpf_words());
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* A process that fills and empties the slot until it is killed, on the other CPU. */
static void change(struct side *s)
{
	unsigned int n;

	s->changer = fork();
	if (s->changer)
		return;
	pin_to(0);
	for (n = 0; use(s); n++)
		if (n % 3 == 2 ? xbpf_slot_clear(s->table, 0) : xbpf_slot_set(s->table, 0, s->prog[n % 3]))
			break;
	_exit(1);
}

static bool end_change(struct side *s)
{
	int status;

	kill(s->changer, SIGKILL);
	return waitpid(s->changer, &status, 0) == s->changer && WIFSIGNALED(status);
}

static void all_counted(struct side *s, __u64 events)
{
	__u64 sum = 0;
	__u32 i;

	if (!use(s))
		return;
	for (i = FIRST; i < COUNTERS; i++)
		sum += xbpf_counter(s->counters, i);
	expect(xbpf_counter(s->counters, ALL) == events, "%s: %llu of %llu", s->name,
	       (unsigned long long)xbpf_counter(s->counters, ALL), (unsigned long long)events);
	expect_eq(sum, events);
}

/* ---- tests ---- */

static void same_events(void)
{
	unsigned int i;

	if (!load_both() || !enter(&sides[0]) || !enter(&sides[1]))
		return;
	for (i = 0; i < EVENTS; i++)
		event(1);
	all_counted(&sides[0], EVENTS);
	all_counted(&sides[1], EVENTS);
	leave(&sides[1]);
	leave(&sides[0]);
}

static void both_change(void)
{
	unsigned long long before[2] = { hits(&sides[0]), hits(&sides[1]) };
	unsigned int i, n = 0, round;

	if (!load_both() || !enter(&sides[0]) || !enter(&sides[1]))
		return;
	change(&sides[0]);
	change(&sides[1]);
	pin_to(1);
	for (round = 0; round < ROUNDS_MAX; round++) {
		for (i = 0; i < ROUNDS; i++, n++)
			event(1);
		if (n >= EVENTS && hits(&sides[0]) > before[0] + 10 && hits(&sides[1]) > before[1] + 10)
			break;
	}
	expect(end_change(&sides[0]) && end_change(&sides[1]), "a slot could not be changed");
	tap_diag("%u events, breakpoints hit: %llu of xbpf, %llu of xbpf2", n, hits(&sides[0]) - before[0],
		 hits(&sides[1]) - before[1]);
	for (i = 0; i < 2; i++) {
		expect(hits(&sides[i]) > before[i], "no breakpoint of %s was hit", sides[i].name);
		all_counted(&sides[i], n);
		leave(&sides[i]);
	}
}

/* An fd of one means nothing to the other. */
static void apart(void)
{
	if (!load_both() || !enter(&sides[0]) || !enter(&sides[1]))
		return;
	use(&sides[1]);
	expect_refused(xbpf_slot_set(sides[1].table, 0, sides[0].prog[0]), EBADF, "is no program of xbpf");
	expect_refused(xbpf_slot_set(sides[0].table, 0, sides[1].prog[0]), EINVAL, "is not a map of xbpf");
	expect_refused(xbpf_link_detach(sides[0].link), EBADF, "is no link of xbpf");
	expect(counting(sides[0].counters, ALL) < 0 && xbpf_said("is no map of xbpf"), "%s", xbpf_words());
	leave(&sides[0]);
	leave(&sides[1]);
}

/* The other one goes on. */
static void goes(struct side *first, struct side *second)
{
	unsigned int i;

	if (!load_both() || !enter(first) || !enter(second))
		return;
	refused(unload(first), EWOULDBLOCK);
	leave(first);
	expect(!unload(first) && !loaded(first), "%s: %s", first->name, strerror(errno));
	for (i = 0; i < 100; i++)
		event(1);
	all_counted(second, 100);
	expect(load(first) && enter(first), "%s does not come back", first->name);
	event(1);
	all_counted(first, 1);
	all_counted(second, 101);
	leave(first);
	leave(second);
	expect(!unload(first) && !unload(second), "%s", strerror(errno));
}

static void first_goes(void)
{
	goes(&sides[0], &sides[1]);
}

static void second_goes(void)
{
	goes(&sides[1], &sides[0]);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "both see each event at the same place", same_events },
		{ "both change code that runs, and no event is lost", both_change },
		{ "objects of one are none of the other's", apart },
		{ "xbpf goes, and xbpf2 goes on", first_goes },
		{ "xbpf2 goes, and xbpf goes on", second_goes },
	};
	int ret;

	xbpf_close();
	while (!umount(XBPF_FS_PATH))
		;
	ret = tap_run(tests, tap_count(tests));
	if (loaded(&sides[1]) && unload(&sides[1]))
		printf("Bail out! xbpf2 cannot be unloaded\n");
	load(&sides[0]);
	return mount(XBPF_FS_TYPE, XBPF_FS_PATH, XBPF_FS_TYPE, 0, NULL) ? 1 : ret;
}
