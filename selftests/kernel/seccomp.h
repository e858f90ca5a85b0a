/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the tests of system-call filters: programs, links, and a process that waits to be filtered.
 */
#ifndef XBPF_SELFTESTS_KERNEL_SECCOMP_H
#define XBPF_SELFTESTS_KERNEL_SECCOMP_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <linux/seccomp.h>
#include "dev.h"
#include "../tap.h"

#define DIR_MADE "/tmp/made"
#define NR	0	/* struct seccomp_data */
#define ARCH	4
#define IP	8
#define ARG(n)	(16 + 8 * (n))

#define ORIG_AX	(15 * 8)	/* struct user_regs_struct; <sys/reg.h> takes the names of our registers */

#define RET(value) MOV_IMM(R0, (__s32)(value)), EXIT

static inline int filter_load(const struct bpf_insn *insns, __u32 n, __u32 flags)
{
	int fd = xbpf_prog_load(XBPF_PROG_TYPE_SYSCALL_FILTER, "filter", insns, n, flags);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

#define filter(...)								\
	({									\
		const struct bpf_insn filter_insns_[] = { __VA_ARGS__ };	\
		filter_load(filter_insns_, ARRAY_SIZE(filter_insns_), 0);	\
	})

/* @verdict for the call @nr, SECCOMP_RET_ALLOW for all others */
#define ON(nr, verdict)	\
	LOAD(BPF_W, R2, R1, NR), JUMP_IMM(BPF_JNE, R2, nr, 2), RET(verdict), RET(SECCOMP_RET_ALLOW)

static inline int attach_limited(int prog, pid_t pid, __u32 count)
{
	struct xbpf_link_create c = {
		.type = XBPF_LINK_SYSCALL_FILTER, .prog_fd = (__u32)prog, .target = (__u32)pid, .count = count,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static inline int attach(int prog, pid_t pid)
{
	int link = attach_limited(prog, pid, 0);

	expect(link >= 0, "%s", xbpf_words());
	return link;
}

static inline struct xbpf_link_info info_of(int link)
{
	struct xbpf_link_info info;

	expect_eq(xbpf_link_info_get(link, &info), 0);
	return info;
}

/*
 * The tasks of a link come to @n: exits are seen when they happen, which is after wait() in a
 * thread's case.
 */
static inline bool tasks_become(int link, __u32 n)
{
	uint64_t end = now_ns() + 10000000000ull;

	while (info_of(link).tasks != n) {
		if (now_ns() > end)
			return false;
		usleep(2000);
	}
	return true;
}

/* ---- a process that waits until it is told to go on ---- */

struct child {
	pid_t pid;
	int go;		/* write end */
};

static inline struct child child_start(int (*run)(void))
{
	struct child c;
	int pipes[2];
	char byte;

	if (pipe(pipes))
		exit(1);
	c.pid = fork();
	if (!c.pid) {
		close(pipes[1]);
		xbpf_close();
		while (read(pipes[0], &byte, 1) < 0)
			;
		_exit(run());
	}
	close(pipes[0]);
	c.go = pipes[1];
	return c;
}

/* What wait() says of it. */
static inline int child_end(struct child *c)
{
	int status = -1;

	close(c->go);
	waitpid(c->pid, &status, 0);
	return status;
}

/* Runs it under a filter; the wait status. */
static inline int under(int prog, int (*run)(void))
{
	struct child c = child_start(run);
	int link = attach(prog, c.pid), status = child_end(&c);

	close(link);
	close(prog);
	return status;
}

#define ENDED(code)	((code) << 8)
/* a core dump or not is not ours to say */
#define SIGNAL_OF(status) ((status) & 0x7f)

static inline bool made(void)
{
	return !rmdir(DIR_MADE);
}

/* errno, or 0 */
static inline int try_mkdir(void)
{
	return syscall(SYS_mkdir, DIR_MADE, 0700) ? errno : 0;
}

static inline void *thread_mkdir(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)try_mkdir();
}

static inline int mkdir_in_thread(void)
{
	pthread_t t;
	void *ret = NULL;

	if (pthread_create(&t, NULL, thread_mkdir, NULL))
		return 101;
	pthread_join(t, &ret);
	return (int)(intptr_t)ret;
}

/* A line of the kernel log that came since @fd was opened, with both parts. */
static inline bool log_has(int fd, const char *one, const char *two)
{
	char line[4096];
	ssize_t n;

	while ((n = read(fd, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		line[n < 0 ? 0 : n] = '\0';
		if (strstr(line, one) && strstr(line, two))
			return true;
	}
	return false;
}

static inline int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	lseek(fd, 0, SEEK_END);
	return fd;
}

#endif
