/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module goes when nothing of it is in use, and not before: fds, pins and links hold it.
 * Loads and unloads it many times; leaves it loaded and xbpffs mounted.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "dev.h"
#include "../tap.h"

static int unload(void)
{
	xbpf_close();
	return (int)syscall(SYS_delete_module, "xbpf", O_NONBLOCK);
}

static bool load(const char *params)
{
	char command[128];

	snprintf(command, sizeof(command), "modprobe xbpf %s", params);
	return system(command) == 0;
}

static bool loaded(void)
{
	return access("/sys/module/xbpf", F_OK) == 0;
}

/* Held, for as long as @fd is open, and free at once after that. */
static void held_by(int fd)
{
	if (!expect(fd >= 0, "%s", strerror(errno)))
		return;
	refused(unload(), EWOULDBLOCK);
	close(fd);
	expect(unload() == 0, "still held after the last close: %s", strerror(errno));
	expect(!loaded());
	expect(load(""));
}

static int prog(void)
{
	return kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT);
}

static void device(void)
{
	held_by(open(XBPF_DEVICE, O_RDWR));
}

static void map(void)
{
	held_by(xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 4, 8, 100, 0));
}

static void program(void)
{
	held_by(prog());
}

static void attached(void)
{
	int p = prog(), link = xbpf_kprobe(p, EVENT_SYMBOL);

	close(p);
	event(1);
	held_by(link);
	event(1);
}

static void mapping(void)
{
	int fd = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 100, BPF_F_MMAPABLE);
	void *area = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (!expect(area != MAP_FAILED, "mmap: %s", strerror(errno)))
		return;
	close(fd);
	refused(unload(), EWOULDBLOCK);
	*(volatile int *)area = 1;
	munmap(area, 4096);
	expect_eq(unload(), 0);
	expect(load(""));
}

static void mounted(void)
{
	expect_eq(xbpf_mount(), 0);
	refused(unload(), EWOULDBLOCK);
	expect_eq(umount(XBPF_FS_PATH), 0);
	expect_eq(unload(), 0);
	expect(load(""));
}

static void pins(void)
{
	int p = prog(), m = xbpf_counters_new(1), link = xbpf_kprobe(p, EVENT_SYMBOL);

	expect_eq(xbpf_mount(), 0);
	expect_eq(xbpf_pin(p, XBPF_FS_PATH "/p"), 0);
	expect_eq(xbpf_pin(m, XBPF_FS_PATH "/m"), 0);
	expect_eq(xbpf_pin(link, XBPF_FS_PATH "/l"), 0);
	close(p);
	close(m);
	close(link);
	refused(unload(), EWOULDBLOCK);
	/* the pins go with the mount, and with them the objects */
	expect_eq(umount(XBPF_FS_PATH), 0);
	expect(unload() == 0, "%s", strerror(errno));
	event(1);
	expect(load(""));
	expect_eq(xbpf_next_id(BPF_PROG_GET_NEXT_ID, 0), 0);
	expect_eq(xbpf_next_id(BPF_MAP_GET_NEXT_ID, 0), 0);
	expect_eq(xbpf_next_id(BPF_LINK_GET_NEXT_ID, 0), 0);
}

/*
 * Everything at once, in a process that is killed; then the module at once, while frees are under
 * way.
 */
static void litter(void)
{
	int counters = xbpf_counters_new(1), table = xbpf_table_new("t", 2), i, p, link;

	for (i = 0; i < 20; i++) {
		p = kprobe_prog("litter", i & 1 ? XBPF_F_INTERP : 0, COUNT_UP(counters, 0), MOV_IMM(R0, 0), EXIT);
		link = xbpf_kprobe(p, EVENT_SYMBOL);
		if (p < 0 || link < 0)
			_exit(1);
		xbpf_slot_set(table, i & 1, p);
		xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 4, 8, 1000, 0);
	}
	p = kprobe_prog("self", 0, MOV_IMM(R3, 0), TAIL_CALL(table), MOV_IMM(R0, 0), EXIT);
	xbpf_slot_set(table, 0, p);
	for (i = 0; i < 100; i++)
		event(1);
	raise(SIGKILL);
}

static void reload_loop(void)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 12; i++) {
		fflush(stdout);
		xbpf_close();
		pid = fork();
		if (pid == 0)
			litter();
		waitpid(pid, &status, 0);
		expect(WIFSIGNALED(status), "round %d: litter ended with %d", i, WEXITSTATUS(status));
		if (!expect(unload() == 0, "round %d: %s", i, strerror(errno)) ||
		    !expect(load(""), "round %d", i))
			return;
	}
}

static void interpreter_only(void)
{
	struct bpf_prog_info told = { 0 };
	struct xbpf_info info;
	int fd, table;

	expect_eq(unload(), 0);
	expect(load("jit=0"));
	expect_eq(xbpf_device_info(&info), 0);
	expect_eq(info.jit, 0);
	fd = kprobe_prog("p", 0, MOV_IMM(R0, 9), EXIT);
	expect(fd >= 0, "%s", xbpf_words());
	expect_eq(xbpf_prog_info(fd, &told), 0);
	expect_eq(told.jited_prog_len, 0);
	expect_eq(xbpf_run(fd, NULL, 1), 9);
	/* all are interpreted: the flag makes no difference */
	table = xbpf_table_new("t", 2);
	expect_eq(xbpf_slot_set(table, 0, fd), 0);
	close(fd);
	fd = kprobe_prog("p", XBPF_F_INTERP, MOV_IMM(R0, 9), EXIT);
	expect_eq(xbpf_slot_set(table, 1, fd), 0);
	close(fd);
	close(table);
	expect_eq(unload(), 0);
	expect(load(""));
	expect_eq(xbpf_device_info(&info), 0);
	expect_eq(info.jit, 1);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "an open device holds the module", device },
		{ "a map's fd holds the module", map },
		{ "a program's fd holds the module", program },
		{ "a link's fd holds the module", attached },
		{ "memory mapped from a map holds the module", mapping },
		{ "a mounted xbpffs holds the module", mounted },
		{ "pins hold the module and go with the mount", pins },
		{ "twelve times littered, killed, unloaded at once, loaded", reload_loop },
		{ "jit=0 interprets all programs", interpreter_only },
	};
	int ret;

	xbpf_close();
	while (!umount(XBPF_FS_PATH))
		;
	ret = tap_run(tests, tap_count(tests));
	xbpf_mount();
	return ret;
}
