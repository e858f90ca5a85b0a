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
#include "out.h"
#include "transport.h"

#define NR_BPF_I386	357
#define X32_BIT		0x40000000

/*
 * --- the filter --------------------------------------------------------------------------------
 */

#define LOAD(field)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(verdict)		BPF_STMT(BPF_RET | BPF_K, verdict)

static int install(void)
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
		/* 14 */ RETURN(SECCOMP_RET_USER_NOTIF),
		/* 15: an ioctl */
		/* 15 */ LOAD(args[1]),
		/* 16 */ IF(PERF_EVENT_IOC_SET_BPF, 0, 1),
		/* 17 */ RETURN(SECCOMP_RET_USER_NOTIF),
		/* 18 */ RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

/*
 * --- the process that answers ------------------------------------------------------------------
 */

static int receive_fd(int socket)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

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
	return sendmsg(socket, &msg, 0) == 1 && read(socket, &byte, 1) == 1 ? 0 : -1;
}

static void process_name(unsigned int pid, char *name, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	snprintf(name, size, "?");
	f = fopen(path, "re");
	if (f && fgets(name, (int)size, f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
}

static void tell(int to, const struct seccomp_notif *call)
{
	char name[32], line[512], what[64];
	int n;

	process_name(call->pid, name, sizeof(name));
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
		tell(to, &call);
		answer = (struct seccomp_notif_resp){ .id = call.id, .error = -ENOSYS };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

/* Holds nothing of its maker's but what it is for: neither its output nor an fd of xbpf's. */
static void keep_only(int *fd, int *to)
{
	int nothing = open("/dev/null", O_RDWR);

	dup2(nothing, 0);
	dup2(nothing, 1);
	*fd = dup2(*fd, 3);
	*to = dup2(*to, 2);
	syscall(SYS_close_range, 4, ~0U, 0);
}

static void serve(int socket, const char *log, void (*end)(void))
{
	int to = 2, listener;

	setsid();	/* what the terminal sends is for the command */
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "xbpfctl-exec");
	if (log)
		to = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	keep_only(&socket, &to);
	listener = receive_fd(socket);
	if (listener >= 0 && write(socket, "", 1) == 1) {
		close(socket);
		answer_all(listener, to);
	}
	end();
	_exit(0);
}

int exec_watch_start(const char *log, void (*end)(void))
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
			serve(ends[1], log, end);
		_exit(pid < 0);
	}
	close(ends[1]);
	if (pid < 0 || waitpid(pid, &(int){ 0 }, 0) < 0) {
		close(ends[0]);
		return out_error("no process can be made: %s", strerror(errno));
	}
	return ends[0];
}

int exec_watch_begin(int socket)
{
	int listener = install(), err = 0;

	/* an exec within an exec: the filter of the outer one holds, and it has its listener */
	if (listener < 0 && errno != EBUSY)
		err = out_error("the filter that finds raw calls of bpf(2) cannot be set: %s; it takes "
				"CAP_SYS_ADMIN, or no_new_privs", strerror(errno));
	else if (listener >= 0 && send_fd(socket, listener))
		err = out_error("the process that answers raw calls of bpf(2) is gone");
	if (listener >= 0)
		close(listener);
	close(socket);
	return err;
}
