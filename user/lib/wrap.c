/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What --wrap=syscall and --wrap=ioctl lead to: the system calls of a program that is linked with
 * libxbpf and a static libbpf.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "emulate.h"
#include "kernel_call.h"
#include "libxbpf.h"
#include "linkage.h"
#include "perf_event.h"
#include "transport.h"

long __wrap_syscall(long number, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int (*diverted)(int cmd, void *attr, unsigned int size);

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

void transport_divert(int (*fn)(int cmd, void *attr, unsigned int size))
{
	diverted = fn;
}

int transport_upstream(int cmd, void *attr, unsigned int size)
{
	return (int)kernel_call(__NR_bpf, cmd, (long)attr, size, 0, 0, 0);
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
	if (number == __NR_bpf && diverted)
		return diverted((int)arg[0], (void *)arg[1], (unsigned int)arg[2]);
	return emulate_syscall(number, arg);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
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
