/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libxbpf-exec.so: what `xbpfctl exec` has the dynamic linker load first. Its functions stand in
 * front of libc's: what a program means for the kernel's own BPF goes to xbpf, all else to the
 * kernel as it was.
 *
 * None of them is a cancellation point in libc, and none needs libc to do its work: a system call
 * is all.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "device.h"
#include "emulate.h"
#include "user/exec/exec.h"
#include "kernel_call.h"
#include "libxbpf.h"
#include "perf_event.h"
#include "transport.h"

#define EXPORT __attribute__((visibility("default")))

#define FIRST_FD 700	/* programs like the numbers below for themselves */

/* glibc's headers have other prototypes, or the names as macros */
EXPORT long syscall(long sysno, ...);
EXPORT int ioctl(int fd, unsigned long request, ...);

/*
 * --- what is said ------------------------------------------------------------------------------
 */

static void write_line(const char *line, size_t len)
{
	const char *path = getenv(EXEC_LOG);
	int fd = 2;

	if (path) {
		fd = (int)kernel_call(__NR_openat, AT_FDCWD, (long)path, O_WRONLY | O_APPEND | O_CLOEXEC, 0, 0,
				      0);
		if (fd < 0)
			return;
	}
	kernel_call(__NR_write, fd, (long)line, (long)len, 0, 0, 0);
	if (path)
		kernel_call(__NR_close, fd, 0, 0, 0, 0, 0);
}

/* What libbpf and bcc load to see what a kernel can do has no name, or one of libbpf's. */
static bool is_trial(const char *name)
{
	return !*name || !strncmp(name, "libbpf_", strlen("libbpf_"));
}

/*
 * Worth a line on the terminal? Refusals of what a program depends on; not errors that are answers,
 * nor trials.
 */
static bool matters(int cmd, const union bpf_attr *attr, unsigned int size)
{
	switch (cmd) {
	case TRANSPORT_OWN:
	case XBPF_LINK_CREATE:
		return true;
	case BPF_PROG_LOAD:
		return size >= offsetof(union bpf_attr, prog_name) + BPF_OBJ_NAME_LEN &&
			!is_trial(attr->prog_name);
	case BPF_MAP_CREATE:
		return size >= offsetof(union bpf_attr, map_name) + BPF_OBJ_NAME_LEN &&
			!is_trial(attr->map_name);
	default:
		return false;
	}
}

static void tell(const char *call, int cmd, const void *attr, unsigned int size, int err,
		 const char *words)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char last[1024];
	char line[1024];
	int n;

	/* EFAULT: it may point nowhere */
	if (!getenv(EXEC_LOG) && !matters(cmd, attr, err == EFAULT ? 0 : size))
		return;
	n = snprintf(line, sizeof(line), "xbpfctl exec: %s (%d): %s: %s%s%s\n",
		     program_invocation_short_name, (int)getpid(), call, words, *words ? ": " : "",
		     strerror(err));
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	pthread_mutex_lock(&lock);
	/* libbpf tries again, with a log; a loop over descriptors asks the same of each */
	if (getenv(EXEC_LOG) || strcmp(line, last))
		write_line(line, n);
	memcpy(last, line, n + 1);
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor))
static void begin(void)
{
	device_keep_above(FIRST_FD);
	transport_listen(tell);
}

/*
 * --- in front of libc --------------------------------------------------------------------------
 */

long syscall(long sysno, ...)
{
	long arg[6];
	va_list ap;
	int i;

	/* As libc's own does: six are read, whatever the call has. */
	va_start(ap, sysno);
	for (i = 0; i < 6; i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	return emulate_syscall(sysno, arg);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	if (perf_event_ioctl(fd, request, arg, &ret))
		return ret;
	return (int)kernel_call(__NR_ioctl, fd, (long)request, arg, 0, 0, 0);
}

EXPORT int setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	if (level == SOL_SOCKET && (optname == SO_ATTACH_BPF || optname == SO_ATTACH_REUSEPORT_EBPF))
		return transport_refuse(-1, "setsockopt(SO_ATTACH_BPF)", EOPNOTSUPP,
					"xbpf has no programs on sockets; `xbpfctl prog attach ... tap DEVICE` "
					"shows packets to one");
	return (int)kernel_call(__NR_setsockopt, fd, level, optname, (long)optval, optlen, 0);
}
