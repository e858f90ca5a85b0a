/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A static program, one of another architecture, one that the dynamic linker runs securely, and
 * most programs in Go make system calls without libc, or without the library of xbpfctl exec. A
 * seccomp filter sees bpf(2) all the same, and hands it to a process that says what happened and
 * has it fail. To serve it there would take a copy of everything that its pointers lead to.
 *
 * Reads of BTF pass: the library makes them itself, for the kernel's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include "exec_watch.h"
#include "kernel_call.h"
#include "out.h"
#include "transport.h"

#define NR_BPF_I386	357
/* No command: the kernel says EINVAL or EPERM, the filter of another xbpfctl exec ENOSYS. */
#define ASK		0x7862706f
#define X32_BIT		0x40000000

/*
 * --- the filter --------------------------------------------------------------------------------
 */

#define LOAD(field)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(verdict)		BPF_STMT(BPF_RET | BPF_K, verdict)

/* @flags of SECCOMP_SET_MODE_FILTER; @verdict on what is found */
static int install(unsigned long flags, __u32 verdict)
{
	struct sock_filter code[] = {
		/*  0 */ LOAD(arch),
		/*  1 */ IF(AUDIT_ARCH_X86_64, 2, 0),
		/*  2 */ LOAD(nr),
		/*  3 */ IF(NR_BPF_I386, 10, 9),
		/*  4 */ LOAD(nr),
		/*  5 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~X32_BIT),
		/*  6 */ IF(__NR_bpf, 2, 0),
		/*  7 */ IF(__NR_ioctl, 0, 5),
		/*  8 */ BPF_STMT(BPF_JMP | BPF_JA, 6),
		/*  9 */ LOAD(args[0]),
		/* 10 */ IF(BPF_BTF_GET_NEXT_ID, 2, 0),
		/* 11 */ IF(BPF_BTF_GET_FD_BY_ID, 1, 0),
		/* 12 */ IF(BPF_OBJ_GET_INFO_BY_FD, 0, 1),
		/* 13 */ RETURN(SECCOMP_RET_ALLOW),
		/* 14 */ RETURN(verdict),
		/* 15: an ioctl */
		/* 15 */ LOAD(args[1]),
		/* 16 */ IF(PERF_EVENT_IOC_SET_BPF, 0, 1),
		/* 17 */ RETURN(verdict),
		/* 18 */ RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/*
 * --- the process that answers ------------------------------------------------------------------
 */

/* false: the other side is gone. *fd: -1 if there is none. */
static bool receive_fd(int socket, int *fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	*fd = -1;
	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1)
		return false;
	if (CMSG_FIRSTHDR(&msg))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(*fd));
	return true;
}

/* -1: none */
static int send_fd(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (fd < 0)
		msg.msg_controllen = 0;
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == 1 && read(socket, &byte, 1) == 1 ? 0 : -1;
}

/* What another process calls itself, for a terminal; "?" if it has ended since. */
static void process_name(int listener, const struct seccomp_notif *call, char *name, size_t size)
{
	char path[64], *c;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", call->pid);
	snprintf(name, size, "?");
	f = fopen(path, "re");
	if (f && fgets(name, (int)size, f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	for (c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id))
		snprintf(name, size, "?");
}

static void tell(int listener, int to, const struct seccomp_notif *call)
{
	char name[32], line[512], what[64];
	int n;

	process_name(listener, call, name, sizeof(name));
	if (call->data.arch == AUDIT_ARCH_X86_64 && (call->data.nr & ~X32_BIT) == __NR_ioctl)
		snprintf(what, sizeof(what), "PERF_EVENT_IOC_SET_BPF");
	else
		snprintf(what, sizeof(what), "bpf(2) %s", transport_command((int)call->data.args[0]));
	n = snprintf(line, sizeof(line),
		     "xbpfctl exec: %s (%u): %s: a system call that does not come by libc's syscall() or is of a "
		     "static, 32-bit or setuid program, or of one in Go: xbpf cannot serve it, and the "
		     "kernel's own BPF is not asked: %s\n", name, call->pid, what, strerror(ENOSYS));
	if (n > 0)
		(void)!write(to, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

static void answer_all(int listener, int to)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	struct seccomp_notif_resp answer;
	struct seccomp_notif call;

	for (;;) {
		if (poll(&ready, 1, -1) < 0 && errno != EINTR)
			return;
		if (!(ready.revents & POLLIN)) {
			if (ready.revents)	/* nobody is left under the filter */
				return;
			continue;
		}
		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			continue;	/* it was killed meanwhile */
		if ((__u32)call.data.args[0] != ASK)
			tell(listener, to, &call);
		answer = (struct seccomp_notif_resp){ .id = call.id, .error = -ENOSYS };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

/* Holds nothing of its maker's but what it is for: neither its output nor an fd of xbpf's. */
static void keep_only(int *fd, int *to, int *hold)
{
	int nothing = open("/dev/null", O_RDWR);
	/* out of the way first: any of them may have one of the numbers that they are to get */
	int high_fd = fcntl(*fd, F_DUPFD, 10), high_to = fcntl(*to, F_DUPFD, 10);
	int high_hold = fcntl(*hold, F_DUPFD, 10);

	dup2(nothing, 0);
	dup2(nothing, 1);
	*to = dup2(high_to < 0 ? nothing : high_to, 2);
	*fd = dup2(high_fd, 3);
	*hold = dup2(high_hold, 4);
	syscall(SYS_close_range, 5, ~0U, 0);
}

static void serve(int socket, const char *log, int hold, void (*end)(void))
{
	static const int ignored[] = { SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	int to = 2, listener;
	size_t i;

	setsid();	/* what the terminal sends is for the command */
	/* and what is sent to all of a service, too: it ends behind the last of them */
	for (i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "xbpfctl-exec");
	if (log)
		to = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (chdir("/"))
		_exit(1);
	keep_only(&socket, &to, &hold);
	if (receive_fd(socket, &listener)) {
		if (write(socket, "", 1) == 1 && listener < 0)
			_exit(0);	/* nobody tells when the command ends: what is mounted stays */
		close(socket);
		answer_all(listener, to);
	}
	close(hold);
	end();
	_exit(0);
}

int exec_watch_start(const char *log, int hold, void (*end)(void))
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return out_error("no socket can be made: %s", strerror(errno));
	fflush(NULL);
	/* its child is nobody's, so that the command has no child that it does not know */
	pid = fork();
	if (!pid) {
		pid = fork();
		if (!pid)
			serve(ends[1], log, hold, end);
		_exit(pid < 0);
	}
	close(ends[1]);
	/* ECHILD: who started it ignores SIGCHLD */
	if (pid < 0 || (waitpid(pid, &(int){ 0 }, 0) < 0 && errno != ECHILD)) {
		close(ends[0]);
		return out_error("no process can be made: %s", strerror(errno));
	}
	return ends[0];
}

/* There is one listener for all of a process's filters: is it that of another xbpfctl exec? */
static bool is_within_exec(void)
{
	return kernel_call(__NR_bpf, ASK, 0, 0, 0, 0, 0) < 0 && errno == ENOSYS;
}

int exec_watch_begin(int socket)
{
	int listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_USER_NOTIF);
	int err = listener < 0 ? -1 : 0;
	bool busy = err && errno == EBUSY;

	/* That of an outer xbpfctl exec finds all, and has who answers. */
	if (busy && is_within_exec()) {
		err = 0;
	} else if (busy) {
		err = install(0, SECCOMP_RET_ERRNO | ENOSYS);
		if (!err)
			out_warn("another program listens to this one's system calls, as managers of containers do: "
				 "calls of bpf(2) that the library does not see fail with ENOSYS without a word");
	}
	if (err)
		out_failed("the filter that finds raw calls of bpf(2) cannot be set: %s; it takes "
			   "CAP_SYS_ADMIN, or no_new_privs", strerror(errno));
	else if (send_fd(socket, listener))
		err = out_error("the process that answers raw calls of bpf(2) is gone");
	if (listener >= 0)
		close(listener);
	close(socket);
	return err;
}
