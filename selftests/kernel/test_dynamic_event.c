/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that user space makes and names.  The name decides nothing: an event in the group of
 * system calls is what it was made as, a probe with a record of its own.
 */
#include <fcntl.h>
#include <unistd.h>
#include "dev.h"
#include "../tap.h"

#define EVENTS "/sys/kernel/tracing/kprobe_events"

static int counters;

static bool tracefs_line(const char *line)
{
	int fd = open(EVENTS, O_WRONLY | O_APPEND);
	bool ok = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	if (!ok)
		tap_diag("%s: %s: %s", EVENTS, line, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The record of a kprobe event: 8 bytes that no program reads, then the address of the probe. */
static int reads_at(__s16 at)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_DW, R6, R1, at),
		LOAD_VALUE(R1, counters, 8), STORE(BPF_DW, R1, 0, R6),
		COUNT_UP(counters, 0),
		MOV_IMM(R0, 0), EXIT,
	};

	return xbpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "record", insns, ARRAY_SIZE(insns), 0);
}

static void linked(const char *group, const char *name)
{
	char line[160], symbol[80];
	struct xbpf_link_info info;
	int inside, beyond, link, i;

	snprintf(line, sizeof(line), "p:%s/%s __x64_sys_sched_get_priority_max\n", group, name);
	snprintf(symbol, sizeof(symbol), "%s/%s", group, name);
	if (!expect(tracefs_line(line), "%s", symbol))
		return;
	counters = xbpf_counters_new(2);
	inside = reads_at(8);
	beyond = reads_at(2000);
	if (expect(inside >= 0 && beyond >= 0, "%s", xbpf_words())) {
		/* the kernel lists no fields of such an event, so the record at hand decides */
		link = xbpf_link_at(XBPF_LINK_TRACEPOINT, beyond, symbol, 0, 0);
		if (link >= 0) {
			for (i = 0; i < 20; i++)
				event(0);
			expect_eq(xbpf_counter(counters, 0), 0);
			expect_eq(xbpf_link_info_get(link, &info), 0);
			expect(info.miss_cnt >= 20, "%llu missed", (unsigned long long)info.miss_cnt);
			close(link);
		} else {
			expect_eq(errno, EACCES);
		}
		link = xbpf_link_at(XBPF_LINK_TRACEPOINT, inside, symbol, 0, 0);
		if (expect(link >= 0, "%s: %s", symbol, xbpf_words())) {
			for (i = 0; i < 20; i++)
				event(0);
			expect(xbpf_counter(counters, 0) >= 20, "%llu events",
			       (unsigned long long)xbpf_counter(counters, 0));
			expect(xbpf_counter(counters, 1) >> 47 == 0x1ffff, "no address of the kernel: %llx",
			       (unsigned long long)xbpf_counter(counters, 1));
			close(link);
		}
	}
	close(inside);
	close(beyond);
	close(counters);
	/* the perf events of the link are freed a little later than its fd */
	snprintf(line, sizeof(line), "-:%s/%s\n", group, name);
	for (i = 0; i < 100 && !tracefs_line(line); i++)
		usleep(50000);
	expect(i < 100, "%s cannot be removed", symbol);
}

static void group_of_its_own(void)
{
	linked("xbpf_test", "own");
}

static void group_of_system_calls(void)
{
	linked("syscalls", "xyz");
}

static void name_of_a_system_call(void)
{
	linked("syscalls", "sys_enter_xyz");
	linked("syscalls", "sys_exit_xyz");
}

static const struct tap_test tests[] = {
	{ "an event of a probe, in a group of its own", group_of_its_own },
	{ "in the group of system calls", group_of_system_calls },
	{ "named like the events of a system call", name_of_a_system_call },
};

int main(void)
{
	if (xbpf_open() < 0) {
		printf("Bail out! no /dev/xbpf\n");
		return 1;
	}
	return tap_run(tests, tap_count(tests));
}
