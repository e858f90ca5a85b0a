/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device and the rules that hold for every command: who may, sizes, tails, flags,
 * pointers, and the words of the last error.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include "dev.h"
#include "../tap.h"

#define BAD_POINTER 16ull	/* in the first page: never mapped */

static const struct bpf_insn zero[] = { MOV_IMM(R0, 0), EXIT };

static int next_id(unsigned int size, const void *attr)
{
	char copy[8192];

	memcpy(copy, attr, size);
	return xbpf_sys(BPF_PROG_GET_NEXT_ID, copy, size);
}

static void device_mode(void)
{
	struct stat st;

	if (expect_eq(stat(XBPF_DEVICE, &st), 0)) {
		expect(S_ISCHR(st.st_mode));
		expect_eq(st.st_mode & 07777, 0600);
		expect_eq(st.st_uid, 0);
	}
}

static void unknown_command(void)
{
	static const int commands[] = { 64, 100, 0x7f, 0x8f, 0xff };
	union bpf_attr attr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		memset(&attr, 0, sizeof(attr));
		refused(xbpf_sys(commands[i], &attr, sizeof(attr)), EINVAL);
	}
}

/* upstream commands that xbpf does not serve are unknown too, not half there */
static void unserved_command(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	refused(xbpf_sys(BPF_PROG_ATTACH, &attr, sizeof(attr)), EINVAL);
	refused(xbpf_sys(BPF_ENABLE_STATS, &attr, sizeof(attr)), EINVAL);
	refused(xbpf_sys(BPF_ITER_CREATE, &attr, sizeof(attr)), EINVAL);
}

static void foreign_ioctl(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	refused(ioctl(xbpf_open(), _IOC(_IOC_READ | _IOC_WRITE, 0xEC, BPF_PROG_GET_NEXT_ID,
					sizeof(attr)), &attr), ENOTTY);
	refused(ioctl(xbpf_open(), _IOC(_IOC_READ, 0xEB, BPF_PROG_GET_NEXT_ID, sizeof(attr)),
		      &attr), ENOTTY);
	refused(ioctl(xbpf_open(), _IOC(_IOC_NONE, 0xEB, BPF_PROG_GET_NEXT_ID, 0), 0), ENOTTY);
}

static void long_attr_zero_tail(void)
{
	static const char attr[8192];

	refused(next_id(sizeof(attr), attr), ENOENT);	/* the command itself ran: there is no program */
	refused(next_id(sizeof(union bpf_attr), attr), ENOENT);
	refused(next_id(513, attr), ENOENT);
}

static void long_attr_tail(void)
{
	char attr[8192] = { 0 };

	attr[sizeof(attr) - 1] = 1;
	refused(next_id(sizeof(attr), attr), E2BIG);
	attr[sizeof(attr) - 1] = 0;
	attr[1024] = 1;
	refused(next_id(sizeof(attr), attr), E2BIG);
}

static void unused_member(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	((char *)&attr)[100] = 1;
	refused(next_id(sizeof(attr), &attr), EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	((char *)&attr)[sizeof(attr) - 1] = 1;
	refused(xbpf_sys(BPF_MAP_CREATE, &attr, sizeof(attr)), EINVAL);
}

static void short_attr(void)
{
	struct { __u32 type, key, value, max; } small = { BPF_MAP_TYPE_ARRAY, 4, 8, 1 };
	char none[1] = { 0 };
	int fd;

	fd = xbpf_sys(BPF_MAP_CREATE, &small, sizeof(small));
	expect(fd >= 0, "a map from the first 16 bytes: %s", strerror(errno));
	close(fd);
	expect_eq(xbpf_sys(BPF_MAP_CREATE, &small, 8), -1);	/* no value size, no entries */
	expect_eq(xbpf_sys(BPF_MAP_CREATE, none, 0), -1);
}

/* an answer that does not fit in the attr given is left out, not written behind it */
static void short_answer(void)
{
	struct { __u32 start, guard[7]; } attr;
	int fd = kprobe_prog("one", 0, MOV_IMM(R0, 0), EXIT);
	__u32 i;

	memset(&attr, 0xa5, sizeof(attr));
	attr.start = 0;
	expect_eq(xbpf_sys(BPF_PROG_GET_NEXT_ID, &attr, 4), 0);
	for (i = 0; i < ARRAY_SIZE(attr.guard); i++)
		expect_eq(attr.guard[i], 0xa5a5a5a5);
	close(fd);
}

static void bad_attr_pointer(void)
{
	refused(xbpf_sys(BPF_PROG_GET_NEXT_ID, (void *)BAD_POINTER, sizeof(union bpf_attr)), EFAULT);
	refused(xbpf_sys(BPF_PROG_LOAD, (void *)BAD_POINTER, sizeof(union bpf_attr)), EFAULT);
	refused(xbpf_sys(BPF_PROG_LOAD, (void *)-4096ll, sizeof(union bpf_attr)), EFAULT);
	refused(xbpf_sys(XBPF_GET_INFO, (void *)BAD_POINTER, sizeof(struct xbpf_info)), EFAULT);
}

static void bad_program_pointers(void)
{
	union bpf_attr attr;

	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "p", (void *)BAD_POINTER, 2, 0);
	refused(xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr)), EFAULT);
	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "p", zero, ARRAY_SIZE(zero), 0);
	attr.license = BAD_POINTER;
	refused(xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr)), EFAULT);
	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, "p", zero, ARRAY_SIZE(zero), 0);
	attr.log_level = 1;
	attr.log_buf = BAD_POINTER;
	attr.log_size = 4096;
	refused(xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr)), EFAULT);
}

static void bad_map_pointers(void)
{
	int fd = xbpf_map_new(BPF_MAP_TYPE_HASH, "h", 4, 8, 4, 0);
	__u64 value = 1;
	__u32 key = 1;

	refused(xbpf_map_update(fd, (void *)BAD_POINTER, &value, 0), EFAULT);
	refused(xbpf_map_update(fd, &key, (void *)BAD_POINTER, 0), EFAULT);
	expect_eq(xbpf_map_update(fd, &key, &value, 0), 0);
	refused(xbpf_map_lookup(fd, &key, (void *)BAD_POINTER), EFAULT);
	refused(xbpf_map_delete(fd, (void *)BAD_POINTER), EFAULT);
	refused(xbpf_map_next(fd, NULL, (void *)BAD_POINTER), EFAULT);
	close(fd);
}

static void bad_link_pointer(void)
{
	int fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT);

	refused(xbpf_kprobe(fd, (void *)BAD_POINTER), EFAULT);
	close(fd);
}

static void unknown_flags(void)
{
	struct xbpf_link_create link = { .type = XBPF_LINK_KPROBE, .symbol = (uintptr_t)EVENT_SYMBOL };
	int prog = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), map = xbpf_map_new(BPF_MAP_TYPE_ARRAY,
		"a", 4, 8, 1, 0);
	union bpf_attr attr;
	__u64 value = 0;
	__u32 key = 0;

	refused(xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 1u << 30), EINVAL);
	refused(xbpf_prog_load(BPF_PROG_TYPE_KPROBE, "p", zero, 2, 1u << 20), EINVAL);
	refused(xbpf_map_update(map, &key, &value, 1u << 8), EINVAL);
	refused(xbpf_map_update(map, &key, &value, 1ull << 40), EINVAL);
	link.prog_fd = prog;
	link.flags = 1;
	refused(xbpf_sys(XBPF_LINK_CREATE, &link, sizeof(link)), EINVAL);
	link.flags = 0;
	link.reserved = 1;
	refused(xbpf_sys(XBPF_LINK_CREATE, &link, sizeof(link)), EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.map_id = xbpf_map_id(map);
	attr.open_flags = 1u << 15;
	refused(xbpf_sys(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr)), EINVAL);
	close(prog);
	close(map);
}

static void unknown_types(void)
{
	struct xbpf_link_create link = { .type = 0x1fff, .symbol = (uintptr_t)EVENT_SYMBOL };

	refused(xbpf_map_new(0, "m", 4, 8, 1, 0), EINVAL);
	refused(xbpf_map_new(200, "m", 4, 8, 1, 0), EINVAL);
	refused(xbpf_prog_load(0, "p", zero, 2, 0), EINVAL);
	refused(xbpf_prog_load(0x1fff, "p", zero, 2, 0), EINVAL);
	link.prog_fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT);
	refused(xbpf_sys(XBPF_LINK_CREATE, &link, sizeof(link)), EINVAL);
	close(link.prog_fd);
}

static void bad_fds(void)
{
	int null = open("/dev/null", O_RDONLY), map = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 0);
	struct bpf_prog_info info;
	__u32 key = 0;
	__u64 value;

	refused(xbpf_map_lookup(-1, &key, &value), EBADF);
	refused(xbpf_map_lookup(999, &key, &value), EBADF);
	expect_eq(xbpf_map_lookup(null, &key, &value), -1);
	refused(xbpf_prog_info(-1, &info), EBADF);
	expect_eq(xbpf_prog_info(null, &info), -1);
	expect_eq(xbpf_prog_info(xbpf_open(), &info), -1);
	refused((int)xbpf_run(-1, NULL, 1), EBADF);
	expect_eq(xbpf_run(map, NULL, 1), -1);
	refused(xbpf_kprobe(map, EVENT_SYMBOL), EBADF);
	refused(xbpf_kprobe(-1, EVENT_SYMBOL), EBADF);
	refused(xbpf_link_detach(-1), EBADF);
	expect_eq(xbpf_link_detach(map), -1);
	close(null);
	close(map);
}

static void unknown_ids(void)
{
	refused(xbpf_fd_by_id(BPF_PROG_GET_FD_BY_ID, 0x7ffffff0), ENOENT);
	refused(xbpf_fd_by_id(BPF_MAP_GET_FD_BY_ID, 0x7ffffff0), ENOENT);
	refused(xbpf_fd_by_id(BPF_BTF_GET_FD_BY_ID, 0x7ffffff0), ENOENT);
	refused(xbpf_fd_by_id(BPF_LINK_GET_FD_BY_ID, 0x7ffffff0), ENOENT);
	expect_eq(xbpf_next_id(BPF_PROG_GET_NEXT_ID, 0x7fffffff), 0);
}

static void fds_are_private(void)
{
	int fds[3] = {
		kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 0), -1,
	};
	unsigned int i;

	fds[2] = xbpf_kprobe(fds[0], EVENT_SYMBOL);
	for (i = 0; i < 3; i++) {
		expect(fcntl(fds[i], F_GETFD) == FD_CLOEXEC, "fd %u is open across exec", i);
		close(fds[i]);
	}
}

static void fdinfo(void)
{
	int fd = kprobe_prog("shown", 0, MOV_IMM(R0, 0), EXIT);
	char path[64], text[2048] = "", want[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (expect(f != NULL)) {
		expect(fread(text, 1, sizeof(text) - 1, f) > 0);
		fclose(f);
	}
	snprintf(want, sizeof(want), "prog_id:\t%u\n", xbpf_prog_id(fd));
	expect(strstr(text, want) != NULL, "fdinfo: %s", text);
	close(fd);
}

/* ---- who may ---- */

/* Runs @test in a child and fails with it; the child's expectations print by themselves. */
static void in_child(void (*test)(void))
{
	pid_t pid;
	int status;

	xbpf_open();	/* the child inherits it */
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test();
		fflush(stdout);
		_exit(tap_state.bad);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "in the child");
}

static void as_nobody(void)
{
	union bpf_attr attr;

	if (!expect_eq(setgid(65534), 0) || !expect_eq(setuid(65534), 0))
		return;
	refused(open(XBPF_DEVICE, O_RDWR), EACCES);
	refused(kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), EPERM);
	refused(xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 0), EPERM);
	memset(&attr, 0, sizeof(attr));
	refused(xbpf_sys(BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)), EPERM);
	refused(xbpf_fd_by_id(BPF_PROG_GET_FD_BY_ID, 1), EPERM);
	refused(xbpf_pinned("/sys/fs/xbpf/x"), EPERM);
}

static void nobody(void)
{
	in_child(as_nobody);
}

static int keep_caps(__u64 caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (__u32)caps, (__u32)caps, 0 }, { (__u32)(caps >> 32), (__u32)(caps >> 32), 0 },
	};

	return (int)syscall(SYS_capset, &header, data);
}

static void as_cap_bpf(void)
{
	/* what only CAP_PERFMON may see */
	const struct bpf_insn pointer[] = { MOV_REG(R0, R10), EXIT };
	const struct bpf_insn old_stack[] = { LOAD(BPF_DW, R0, R10, -8), EXIT };
	int fd;

	if (!expect_eq(keep_caps(1ull << CAP_BPF), 0))
		return;
	fd = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 0);
	expect(fd >= 0, "a map with CAP_BPF: %s", strerror(errno));
	fd = xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "f", zero, 2, 0);
	expect(fd >= 0, "a socket filter with CAP_BPF: %s", strerror(errno));
	refused(xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "f", pointer, 2, 0), EACCES);
	refused(xbpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "f", old_stack, 2, 0), EACCES);
	refused(kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), EPERM);
}

static void cap_bpf(void)
{
	in_child(as_cap_bpf);
}

static void as_cap_perfmon(void)
{
	int fd, link;

	if (!expect_eq(keep_caps(1ull << CAP_BPF | 1ull << CAP_PERFMON), 0))
		return;
	fd = kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT);
	expect(fd >= 0, "a kprobe program with CAP_BPF and CAP_PERFMON: %s", strerror(errno));
	link = xbpf_kprobe(fd, EVENT_SYMBOL);
	expect(link >= 0, "a link with CAP_BPF and CAP_PERFMON: %s", strerror(errno));
}

static void cap_perfmon(void)
{
	in_child(as_cap_perfmon);
}

static void as_cap_other(void)
{
	if (!expect_eq(keep_caps(~0ull >> (63 - CAP_LAST_CAP) & ~(1ull << CAP_SYS_ADMIN) & ~(1ull <<
				 CAP_BPF)), 0))
		return;
	refused(xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 0), EPERM);
}

static void cap_other(void)
{
	in_child(as_cap_other);
}

static void as_userns_root(void)
{
	if (!expect(unshare(CLONE_NEWUSER) == 0, "unshare: %s", strerror(errno)))
		return;
	refused(xbpf_map_new(BPF_MAP_TYPE_ARRAY, "a", 4, 8, 1, 0), EPERM);
	refused(kprobe_prog("p", 0, MOV_IMM(R0, 0), EXIT), EPERM);
}

static void userns(void)
{
	in_child(as_userns_root);
}

/* ---- words ---- */

static void error_words(void)
{
	char text[256];
	struct xbpf_get_error get = { .buf = (uintptr_t)text, .size = sizeof(text) };

	refused(kprobe_prog("bad", 0, MOV_REG(R0, R3), EXIT), EACCES);
	expect_eq(xbpf_sys(XBPF_GET_ERROR, &get, sizeof(get)), 0);
	expect_eq(get.err, EACCES);
	expect_eq(get.cmd, BPF_PROG_LOAD);
	expect_eq(get.len, strlen(text) + 1);
	expect(strstr(text, "R3") != NULL, "words: %s", text);
	expect(strchr(text, '\n') == NULL);
	/* reading does not clear it */
	expect_eq(xbpf_sys(XBPF_GET_ERROR, &get, sizeof(get)), 0);
	expect_eq(get.err, EACCES);
}

static void error_words_cut(void)
{
	char text[16], whole[512];
	struct xbpf_get_error get = { .buf = (uintptr_t)text, .size = 8 };

	refused(kprobe_prog("bad", 0, MOV_REG(R0, R3), EXIT), EACCES);
	memset(text, 'x', sizeof(text));
	expect_eq(xbpf_sys(XBPF_GET_ERROR, &get, sizeof(get)), 0);
	strcpy(whole, xbpf_words());
	expect_eq(get.len, strlen(whole) + 1);
	expect_eq(text[7], 0);
	expect_eq(text[8], 'x');
	expect(!strncmp(text, whole, 7));
}

static void error_words_cleared(void)
{
	int fd;

	refused(kprobe_prog("bad", 0, MOV_REG(R0, R3), EXIT), EACCES);
	expect(xbpf_words()[0] != '\0');
	fd = kprobe_prog("good", 0, MOV_IMM(R0, 0), EXIT);
	expect_str(xbpf_words(), "");
	close(fd);
}

/* Whatever makes an fd says so when none is free, and leaves nothing. */
static void no_free_fd(void)
{
	int map = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "left", 4, 8, 1, 0);
	int prog = kprobe_prog("left", 0, MOV_IMM(R0, 0), EXIT), link;
	__u32 map_id = xbpf_map_id(map), prog_id = xbpf_prog_id(prog);
	struct rlimit old, none;

	expect_eq(xbpf_mount(), 0);
	expect_eq(xbpf_pin(map, XBPF_FS_PATH "/no_fd"), 0);
	expect_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	expect_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	expect_refused(xbpf_map_new(BPF_MAP_TYPE_ARRAY, "no_fd", 4, 8, 1, 0), EMFILE, "for the map");
	expect_refused(kprobe_prog("no_fd", 0, MOV_IMM(R0, 0), EXIT), EMFILE, "for the program");
	link = xbpf_kprobe(prog, "do_send_sig_info");
	expect_refused(link, EMFILE, "for the link");
	expect_refused(xbpf_fd_by_id(BPF_MAP_GET_FD_BY_ID, map_id), EMFILE, "for the map");
	expect_refused(xbpf_fd_by_id(BPF_PROG_GET_FD_BY_ID, prog_id), EMFILE, "for the program");
	expect_refused(xbpf_pinned(XBPF_FS_PATH "/no_fd"), EMFILE, "for the map");
	expect_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	expect_eq(xbpf_next_id(BPF_LINK_GET_NEXT_ID, 0), 0);
	expect_eq(xbpf_next_id(BPF_MAP_GET_NEXT_ID, map_id), 0);
	expect_eq(xbpf_next_id(BPF_PROG_GET_NEXT_ID, prog_id), 0);
	unlink(XBPF_FS_PATH "/no_fd");
	close(prog);
	close(map);
}

static void *other_thread(void *seen)
{
	strcpy(seen, xbpf_words());
	kprobe_prog("bad", 0, MOV_REG(R0, R4), EXIT);
	return NULL;
}

static void error_words_of_thread(void)
{
	char seen[1024] = "none";
	pthread_t thread;

	refused(kprobe_prog("bad", 0, MOV_REG(R0, R3), EXIT), EACCES);
	pthread_create(&thread, NULL, other_thread, seen);
	pthread_join(thread, NULL);
	expect_str(seen, "");
	expect(xbpf_said("R3"), "words: %s", xbpf_words());
}

static void device_facts(void)
{
	struct xbpf_info info;

	expect_eq(xbpf_device_info(&info), 0);
	expect(info.version[0] >= '0' && info.version[0] <= '9', "version %s", info.version);
	expect_eq(info.tail_calls_max, 33);
	expect_eq(info.processed_max, 1000000);
	expect(info.insns_max >= 4096);
	expect(info.text_size >= 1 << 20);
	expect(info.text_used <= info.text_size);
	expect(info.text_largest <= info.text_size - info.text_used);
	expect_eq(info.jit, 1);
	expect(info.jump_form[0] && info.ret_form[0], "forms '%s' '%s'", info.jump_form, info.ret_form);
	expect(info.prog_types & 1ull << BPF_PROG_TYPE_KPROBE);
	expect(info.prog_types & 1ull << BPF_PROG_TYPE_SOCKET_FILTER);
	expect(info.map_types & 1ull << BPF_MAP_TYPE_PROG_ARRAY);
	expect(info.map_types & 1ull << BPF_MAP_TYPE_HASH);
	expect(info.helpers[0] & 1ull << BPF_FUNC_tail_call);
	expect(!(info.helpers[0] & 1));
	expect(info.helpers[BPF_FUNC_probe_read_kernel / 64] & 1ull << BPF_FUNC_probe_read_kernel % 64);
}

/* every command from many threads at once, good and bad, while objects come and go */
static void *hammer(void *arg)
{
	int i, fd;

	for (i = 0; i < 60; i++) {
		fd = kprobe_prog("h", i & 1 ? XBPF_F_INTERP : 0, MOV_IMM(R0, 7), EXIT);
		if (fd < 0 || xbpf_run(fd, NULL, 1) != 7)
			*(int *)arg = 1;
		if (kprobe_prog("b", 0, MOV_REG(R0, R5), EXIT) != -1 || !xbpf_said("R5"))
			*(int *)arg = 2;
		xbpf_next_id(BPF_PROG_GET_NEXT_ID, 0);
		close(fd);
	}
	return NULL;
}

static void many_threads(void)
{
	pthread_t threads[4];
	int bad[4] = { 0 };
	unsigned int i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, hammer, &bad[i]);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		expect_eq(bad[i], 0);
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "the device belongs to root alone", device_mode },
		{ "unknown commands are EINVAL", unknown_command },
		{ "stock commands that are not served are EINVAL", unserved_command },
		{ "other ioctls are ENOTTY", foreign_ioctl },
		{ "a longer attr is taken when its tail is zero", long_attr_zero_tail },
		{ "a tail that is not zero is E2BIG", long_attr_tail },
		{ "a member that the command does not use must be zero", unused_member },
		{ "a shorter attr counts as zero behind its end", short_attr },
		{ "an answer does not go beyond the attr given", short_answer },
		{ "an attr that cannot be read is EFAULT", bad_attr_pointer },
		{ "bad pointers in PROG_LOAD are EFAULT", bad_program_pointers },
		{ "bad pointers in map commands are EFAULT", bad_map_pointers },
		{ "a bad symbol pointer is EFAULT", bad_link_pointer },
		{ "unknown flags are EINVAL", unknown_flags },
		{ "unknown types are EINVAL", unknown_types },
		{ "fds of nothing, and of something else, are refused", bad_fds },
		{ "unknown ids are ENOENT", unknown_ids },
		{ "object fds close on exec", fds_are_private },
		{ "fdinfo of a program names its id", fdinfo },
		{ "nobody may neither open nor use an inherited device", nobody },
		{ "CAP_BPF alone loads no tracing program", cap_bpf },
		{ "CAP_BPF and CAP_PERFMON suffice for a kprobe", cap_perfmon },
		{ "all capabilities but SYS_ADMIN and BPF do not suffice", cap_other },
		{ "root of another user namespace may nothing", userns },
		{ "a failure has words, its errno and its command", error_words },
		{ "the words are cut to the buffer", error_words_cut },
		{ "the next command clears the words", error_words_cleared },
		{ "each thread has its own words", error_words_of_thread },
		{ "no free fd is said, and leaves nothing", no_free_fd },
		{ "the device says what it can", device_facts },
		{ "four threads load, run, fail and list at once", many_threads },
	};

	return tap_run(tests, tap_count(tests));
}
