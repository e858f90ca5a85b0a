/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: a program at an attach point.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "errmsg.h"
#include "libxbpf.h"
#include "pattern.h"
#include "target.h"
#include "tracepoint.h"

static const char *missing(enum xbpf_link_type type)
{
	switch (type) {
	case XBPF_LINK_RAW_TRACEPOINT:
	case XBPF_LINK_TRACEPOINT:
		return "no such tracepoint in this kernel; /sys/kernel/tracing/available_events lists them";
	case XBPF_LINK_KPROBE:
	case XBPF_LINK_KRETPROBE:
	case XBPF_LINK_KPROBE_MULTI:
	case XBPF_LINK_KRETPROBE_MULTI:
		return "no such function in this kernel; /proc/kallsyms lists them";
	default:
		return "there is no such thing to attach to";
	}
}

static int explain(const struct xbpf_attach *at, int err)
{
	const char *words = xbpf_refusal(XBPF_LINK_CREATE);
	char where[192];

	target_describe(at, where, sizeof(where));
	if (*words)	/* they begin with the place where it matters */
		return errmsg_set(err, "%s%s%s", strstr(words, where) ? "" : where,
				  strstr(words, where) ? "" : ": ", words);
	switch (err) {
	case -ENOENT:
		return errmsg_set(err, "%s: %s", where, missing(at->type));
	case -EINVAL:
		return errmsg_set(err,
				  "%s: cannot be attached to (blacklisted, not at the start of an "
				  "instruction, or the program is of another type)", where);
	case -EBADF:
		return errmsg_set(err, "%s: this is no program of xbpf's", where);
	default:
		return errmsg_set(err, "%s: not attached: %s", where, errmsg_errno(err));
	}
}

static bool is_multi(enum xbpf_link_type type)
{
	return type == XBPF_LINK_KPROBE_MULTI || type == XBPF_LINK_KRETPROBE_MULTI;
}

int xbpf_link_create(int prog_fd, const struct xbpf_attach *at)
{
	struct xbpf_link_create attr = {
		.type = at->type,
		.prog_fd = prog_fd,
		.symbol = (unsigned long)at->symbol,
		.addr = at->addr,
		.offset = at->offset,
		.cookie = at->cookie,
		.target = at->target,
		.priority = at->priority,
		.expire_ms = at->expire_ms,
	};
	__u64 *addrs = NULL;
	long n;
	int fd, err;

	err = xbpf_device();
	if (err)
		return err;
	if (is_multi(at->type) && at->symbol) {
		n = functions_find(at->symbol, at->type == XBPF_LINK_KRETPROBE_MULTI, &addrs);
		if (n < 0)
			return n;
		attr.symbol = 0;
		attr.addr = (unsigned long)addrs;
		attr.count = n;
	}
	if (at->type == XBPF_LINK_RAW_TRACEPOINT && at->symbol) {
		/* what BTF does not know the module may know: it has the words */
		err = tracepoint_args(at->symbol, attr.arg_size, XBPF_RAW_TRACEPOINT_ARGS);
		if (err < 0 && err != -ENOENT && err != -ENODATA)
			return err;
	}
	fd = xbpf_sys(XBPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		fd = explain(at, -errno);
	free(addrs);
	return fd;
}

int xbpf_link_update(int fd, int prog_fd, int old_fd)
{
	union bpf_attr attr;
	int err = xbpf_device();

	if (err)
		return err;
	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = fd;
	attr.link_update.new_prog_fd = prog_fd;
	if (old_fd >= 0) {
		attr.link_update.old_prog_fd = old_fd;
		attr.link_update.flags = BPF_F_REPLACE;
	}
	if (!xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr)))
		return 0;
	err = -errno;
	return errmsg_set(err, "the link's program cannot be replaced: %s",
			  *xbpf_refusal(BPF_LINK_UPDATE) ? xbpf_refusal(BPF_LINK_UPDATE) : errmsg_errno(err));
}

int xbpf_link_detach(int fd)
{
	int err = xbpf_device();

	if (err || !bpf_link_detach(fd))
		return err;
	err = -errno;
	return errmsg_set(err, "the link cannot be detached: %s",
			  *xbpf_refusal(BPF_LINK_DETACH) ? xbpf_refusal(BPF_LINK_DETACH) : errmsg_errno(err));
}
