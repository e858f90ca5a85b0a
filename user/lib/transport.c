/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way to the kernel: what libbpf means for bpf(2) goes to /dev/xbpf, or to the device of
 * another module (device.c).
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "device.h"
#include "errmsg.h"
#include "libxbpf.h"
#include "transport.h"

static transport_listener listener;
static pthread_once_t trace_once = PTHREAD_ONCE_INIT;
static FILE *trace_to;

/* The last command of this thread that failed, and what the module said about it. */
static _Thread_local struct {
	int cmd;
	char words[1024];
} refusal = { .cmd = -1 };

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

bool transport_serves(int cmd)
{
	switch (cmd) {
#define COMMAND(NAME, ...)	case BPF_##NAME:
#define OWN_COMMAND(NAME, ...)	case XBPF_##NAME:
#define DEVICE_COMMAND		OWN_COMMAND
#include "include/lists/commands.h"
		return true;
	}
	return false;
}

const char *transport_command(int cmd)
{
	switch (cmd) {
#define COMMAND(NAME, ...)	case BPF_##NAME: return #NAME;
#define OWN_COMMAND(NAME, ...)	case XBPF_##NAME: return "XBPF_" #NAME;
#define DEVICE_COMMAND		OWN_COMMAND
#include "include/lists/commands.h"
	/* those that xbpf has not, or that are made of others (emulate.c) */
	case BPF_PROG_ATTACH: return "PROG_ATTACH";
	case BPF_PROG_DETACH: return "PROG_DETACH";
	case BPF_PROG_QUERY: return "PROG_QUERY";
	case BPF_RAW_TRACEPOINT_OPEN: return "RAW_TRACEPOINT_OPEN";
	case BPF_TASK_FD_QUERY: return "TASK_FD_QUERY";
	case BPF_LINK_CREATE: return "LINK_CREATE";
	case BPF_ENABLE_STATS: return "ENABLE_STATS";
	case BPF_ITER_CREATE: return "ITER_CREATE";
	case BPF_CMD_TOKEN_CREATE: return "TOKEN_CREATE";
	}
	return "?";
}

void transport_listen(transport_listener fn)
{
	listener = fn;
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
				transport_command(cmd), size, xbpf_errmsg());
		if (listener)
			listener(transport_command(cmd), cmd, attr, size, -fd, xbpf_errmsg());
		errno = -fd;
		return -1;
	}
	/* 8 bits of command and 14 of size is what an ioctl number holds. */
	if (cmd < 0 || cmd > 0xff || size >= 1U << _IOC_SIZEBITS) {
		errno = size >= 1U << _IOC_SIZEBITS ? E2BIG : EINVAL;
		return -1;
	}
	ret = ioctl(fd, XBPF_IOC(cmd, size), attr);
	if (ret < 0 && (errno == EBADF || errno == ENOTTY)) {
		err = errno;
		/* or has the program closed a descriptor that it did not know? */
		fd = device_again();
		errno = err;
		if (fd >= 0)
			ret = ioctl(fd, XBPF_IOC(cmd, size), attr);
		else
			fd = device_fd();
	}
	err = errno;
	if (ret < 0)
		keep_refusal(fd, cmd, err);
	if (ret < 0 && listener)
		listener(transport_command(cmd), cmd, attr, size, err, refusal.words);
	if (trace_to)
		fprintf(trace_to, "xbpf: %d %s(%u bytes) = %d%s%s%s%s\n", cmd, transport_command(cmd), size, ret,
			ret < 0 ? " " : "", ret < 0 ? strerror(err) : "",
			ret < 0 && refusal.words[0] ? ": " : "", ret < 0 ? refusal.words : "");
	errno = err;
	return ret;
}

int transport_refuse(int cmd, const char *call, int err, const char *fmt, ...)
{
	char words[sizeof(refusal.words)];	/* the arguments may point into what is kept */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	memcpy(refusal.words, words, sizeof(words));
	refusal.cmd = cmd;
	if (!call)
		call = transport_command(cmd);
	pthread_once(&trace_once, trace_init);
	if (trace_to)
		fprintf(trace_to, "xbpf: %s = -1 %s: %s\n", call, strerror(err), words);
	if (listener)
		listener(call, TRANSPORT_OWN, NULL, 0, err, words);
	errno = err;
	return -1;
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

#ifndef XBPF_PRELOAD
/*
 * Who links with --wrap=syscall needs wrap.c, but libbpf.a, which asks for it, mostly stands behind
 * this library: so it comes with the transport.
 */
long __wrap_syscall(long number, ...);
__attribute__((used)) static long (*const wrapped)(long number, ...) = __wrap_syscall;
#endif
