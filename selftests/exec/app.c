/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program of libbpf's users: a skeleton, a shared libbpf, no word of xbpf. It attaches its
 * programs in each way that libbpf has, makes calls, and prints what was counted: the same
 * whichever BPF it runs on.
 *
 *	app		all of it
 *	app single	all but kprobe.multi, which not every kernel has
 *	app raw		makes a map by a system call of its own, without libc
 *	app wait	attaches all, says so, and waits to be killed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/perf_event.h>

#ifdef STATIC
#include <linux/bpf.h>
#else
#include <bpf/bpf.h>
#include "app.skel.h"
#endif

static int map_by_hand(void)
{
	struct {
		__u32 type, key_size, value_size, max_entries;
	} attr = { BPF_MAP_TYPE_ARRAY, 4, 4, 1 };
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"((long)__NR_bpf), "D"((long)BPF_MAP_CREATE), "S"(&attr), "d"(sizeof(attr))
			 : "rcx", "r11", "memory");
	printf("map: %s\n", ret < 0 ? strerror((int)-ret) : "made");
	return ret < 0;
}

#ifdef STATIC
int main(void)
{
	return map_by_hand();
}
#else

#define CALLS 10
#define FUNCTION "__x64_sys_sched_get_priority_max"

static struct app *app;

static void calls(void)
{
	int i;

	for (i = 0; i < CALLS; i++)
		syscall(SYS_sched_get_priority_max, 0x7177);
}

static void show(const char *when)
{
	printf("%s: raw %llu record %llu entry %llu return %llu many %llu cookies %llu %llu\n", when,
	       app->bss->raw, app->bss->record, app->bss->entry, app->bss->back, app->bss->many,
	       app->bss->cookies[0], app->bss->cookies[1]);
	memset(app->bss, 0, sizeof(*app->bss));
}

static struct bpf_link *attach_cookie(__u64 cookie)
{
	DECLARE_LIBBPF_OPTS(bpf_kprobe_opts, opts, .bpf_cookie = cookie);
	struct bpf_link *link = bpf_program__attach_kprobe_opts(app->progs.on_cookie, FUNCTION, &opts);

	if (!link)
		printf("cookie: %s\n", strerror(errno));
	return link;
}

static void cookies(void)
{
	struct bpf_link *a = attach_cookie(7);
	struct bpf_link *b = attach_cookie(8);

	calls();
	bpf_link__destroy(a);
	calls();
	bpf_link__destroy(b);
	calls();
	show("two links with cookies, one of them gone, both gone");
}

static void write_event(const char *text)
{
	int fd = open("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_APPEND);

	if (write(fd, text, strlen(text)) < 0)
		printf("kprobe_events: %s\n", strerror(errno));
	close(fd);
}

/* As it goes where perf has no kprobes, or the tool is old. */
static void by_kprobe_events(void)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .type = PERF_TYPE_TRACEPOINT };
	struct bpf_link *link;
	FILE *f;
	int fd;

	write_event("p:app/entry " FUNCTION "\n");
	f = fopen("/sys/kernel/tracing/events/app/entry/id", "r");
	if (!f || fscanf(f, "%llu", &attr.config) != 1)
		exit(2);
	fclose(f);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	link = bpf_program__attach_perf_event(app->progs.on_entry, fd);
	calls();
	bpf_link__destroy(link);
	calls();
	write_event("-:app/entry\n");
	show("by an event of kprobe_events");
}

/* As bcc does it, by hand: the descriptor is all that holds it. */
static void by_descriptor(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.config1 = (unsigned long)FUNCTION,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	FILE *f = fopen("/sys/bus/event_source/devices/kprobe/type", "r");
	int fd;

	if (!f || fscanf(f, "%u", &attr.type) != 1)
		exit(2);
	fclose(f);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(app->progs.on_entry)) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		printf("by descriptor: %s\n", strerror(errno));
	calls();
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	calls();
	close(fd);
	calls();
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(app->progs.on_entry));
	close(fd);
	calls();
	show("by an event's descriptor, disabled, closed, closed at once");
}

/* What a descriptor stands for, as bpftool asks. */
static void query(void)
{
	__u32 len = 64, prog = 0, type = 0;
	__u64 offset = 0, addr = 0;
	char name[64] = "";
	struct bpf_link *link = bpf_program__attach(app->progs.on_raw);
	int err = bpf_task_fd_query(getpid(), bpf_link__fd(link), 0, name, &len, &prog, &type, &offset,
				    &addr);

	printf("query of raw_tp: %d, type %u, %s, %u\n", err, type, name, prog != 0);
	bpf_link__destroy(link);
	len = sizeof(name);
	err = bpf_task_fd_query(getpid(), 0, 0, name, &len, &prog, &type, &offset, &addr);
	printf("query of something else: %d\n", err);
}

static void one_process(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	printf("a program on a clock of one process: %s\n",
	       ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(app->progs.on_entry)) ?
	       "refused" : "attached");
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "raw"))
		return map_by_hand();
	if (argc > 1 && !strcmp(argv[1], "nowhere")) {
		syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 128);
		puts(strerror(errno));
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "query")) {
		ioctl(0, PERF_EVENT_IOC_QUERY_BPF, NULL);
		puts(strerror(errno));
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	app = app__open();
	if (!app)
		return 2;
	bpf_program__set_autoload(app->progs.on_cookie, true);
	bpf_program__set_autoattach(app->progs.on_cookie, false);
	if (argc > 1 && !strcmp(argv[1], "single"))
		bpf_program__set_autoload(app->progs.on_many, false);
	if (app__load(app) || app__attach(app)) {
		printf("not attached: %s\n", strerror(errno));
		return 1;
	}
	/* as daemons do: what is open there is nobody's that this program knows */
	syscall(SYS_close_range, 500, ~0U, 0);
	calls();
	if (argc > 1 && !strcmp(argv[1], "wait")) {
		puts("ready");
		pause();
	}
	show("attached");
	app__detach(app);
	calls();
	show("detached");
	cookies();
	by_kprobe_events();
	by_descriptor();
	query();
	one_process();
	app__destroy(app);
	return 0;
}
#endif
