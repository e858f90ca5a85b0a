/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way to the kernel: what libbpf means for bpf(2) goes to /dev/xbpf, or to the device of
 * another module (device.c).
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "device.h"
#include "errmsg.h"
#include "libxbpf.h"
#include "linkage.h"
#include "transport.h"

static pthread_once_t trace_once = PTHREAD_ONCE_INIT;
static FILE *trace_to;

/* The last command of this thread that failed, and what the module said about it. */
static _Thread_local struct {
	int cmd;
	char words[1024];
} refusal = { .cmd = -1 };

/*
 * A program that only uses libbpf asks nothing here that could fail, so it does not start. First of
 * the executable's constructors: the program's own may use libbpf.
 */
__attribute__((constructor(101)))
static void refuse_shared_libbpf(void)
{
	char name[256];

	if (!linkage_shared(name, sizeof(name)))
		return;
	fprintf(stderr,
		"%s: xbpf: libbpf is a shared library here (%s): its calls would go to the "
		"kernel's own BPF, not to "
		XBPF_DEVICE "; link with libbpf.a: `pkg-config --libs xbpf` says how, and leave -lbpf out\n",
		program_invocation_name, name);
	_exit(127);	/* as when the loader refuses a program */
}

static void trace_init(void)
{
	const char *trace = getenv("XBPF_TRACE");

	if (trace && *trace && strcmp(trace, "0"))
		trace_to = stderr;
}

void xbpf_trace(FILE *to)
{
	pthread_once(&trace_once, trace_init);
	trace_to = to;
}

static const char *command_name(int cmd)
{
	switch (cmd) {
#define COMMAND(NAME, ...)	case BPF_##NAME: return #NAME;
#define OWN_COMMAND(NAME, ...)	case XBPF_##NAME: return "XBPF_" #NAME;
#define DEVICE_COMMAND		OWN_COMMAND
#include "include/lists/commands.h"
	}
	return "?";
}

/* Asked at once: the thread's next command makes the module forget. */
static void keep_refusal(int fd, int cmd, int err)
{
	struct xbpf_get_error ask = {
		.buf = (unsigned long)refusal.words,
		.size = sizeof(refusal.words),
	};

	refusal.cmd = cmd;
	refusal.words[0] = '\0';
	if (ioctl(fd, XBPF_IOC(XBPF_GET_ERROR, sizeof(ask)), &ask) || !ask.len ||
	    ask.cmd != (unsigned int)cmd || ask.err != err)
		refusal.words[0] = '\0';
}

int xbpf_sys(int cmd, void *attr, unsigned int size)
{
	int fd = device_fd(), ret, err;

	pthread_once(&trace_once, trace_init);
	if (fd < 0) {
		if (trace_to)
			fprintf(trace_to, "xbpf: %d %s(%u bytes) = -1: %s\n", cmd,
				command_name(cmd), size, xbpf_errmsg());
		errno = -fd;
		return -1;
	}
	/* 8 bits of command and 14 of size is what an ioctl number holds. */
	if (cmd < 0 || cmd > 0xff || size >= 1U << _IOC_SIZEBITS) {
		errno = size >= 1U << _IOC_SIZEBITS ? E2BIG : EINVAL;
		return -1;
	}
	ret = ioctl(fd, XBPF_IOC(cmd, size), attr);
	err = errno;
	if (ret < 0)
		keep_refusal(fd, cmd, err);
	if (trace_to)
		fprintf(trace_to, "xbpf: %d %s(%u bytes) = %d%s%s%s%s\n", cmd, command_name(cmd), size, ret,
			ret < 0 ? " " : "", ret < 0 ? strerror(err) : "",
			ret < 0 && refusal.words[0] ? ": " : "", ret < 0 ? refusal.words : "");
	errno = err;
	return ret;
}

const char *xbpf_refusal(int cmd)
{
	return refusal.cmd == cmd ? refusal.words : "";
}

int xbpf_info_get(struct xbpf_info *info)
{
	int err;

	memset(info, 0, sizeof(*info));
	err = xbpf_device();
	if (err)
		return err;
	if (!xbpf_sys(XBPF_GET_INFO, info, sizeof(*info)))
		return 0;
	err = -errno;
	return errmsg_set(err, "%s: the module does not say what it can do: %s", device_used()->path,
			  errmsg_errno(err));
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static int (*diverted)(int cmd, void *attr, unsigned int size);

void transport_divert(int (*fn)(int cmd, void *attr, unsigned int size))
{
	diverted = fn;
}

int transport_upstream(int cmd, void *attr, unsigned int size)
{
	return (int)__real_syscall(__NR_bpf, (long)cmd, attr, (unsigned long)size);
}

long __wrap_syscall(long number, ...)
{
	long arg[6];
	va_list ap;
	int i;

	/* As libc's syscall() does: six are read, whatever the call has. */
	va_start(ap, number);
	for (i = 0; i < 6; i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	if (number == __NR_bpf)
		return (diverted ? diverted : xbpf_sys)((int)arg[0], (void *)arg[1], (unsigned int)arg[2]);
	return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
