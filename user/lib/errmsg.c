/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words for errors.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "errmsg.h"
#include "libxbpf.h"

static _Thread_local char text[2048];

const char *xbpf_errmsg(void)
{
	return text;
}

const char *xbpf_version(void)
{
	return XBPF_VERSION;
}

int errmsg_set(int err, const char *fmt, ...)
{
	char words[sizeof(text)];	/* the arguments may point into text */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	memcpy(text, words, sizeof(text));
	return err;
}

const char *errmsg_errno(int err)
{
	switch (err < 0 ? -err : err) {
	case EPERM:
	case EACCES:
		return "permission denied: run as root (xbpf asks for CAP_BPF and CAP_PERFMON, or "
			"CAP_SYS_ADMIN, in the initial user namespace)";
	case ENOMEM:
		return "out of memory: the kernel, or this control group's limit, has none left for it";
	case EMFILE:
		return "too many open files: raise the limit (ulimit -n)";
	default:
		return strerror(err < 0 ? -err : err);
	}
}
