/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A system call that nothing stands in front of: neither --wrap=syscall nor the library of
 * xbpfctl exec, both of which send libc's syscall() elsewhere.
 */
#ifndef XBPF_LIB_KERNEL_CALL_H
#define XBPF_LIB_KERNEL_CALL_H

#include <errno.h>

/* As libc's syscall(): six arguments go, whatever the call has; -1 and errno. */
static inline long kernel_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (ret < 0 && ret >= -4095) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

#endif
