/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands of bpf(2) that are not one command of the device: attaching, kernel BTF, and who runs
 * what.
 *
 * The kernel's BTF has ids of the kernel's own bpf(2), which are numbered as those of xbpf are. A
 * program sees one space of ids: xbpf's, and above them the kernel's, moved up by KERNEL_BTF. BTF
 * that others have loaded into the kernel is not seen.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "emulate.h"
#include "errmsg.h"
#include "kernel_call.h"
#include "kind.h"
#include "libxbpf.h"
#include "perf_event.h"
#include "tracepoint.h"
#include "transport.h"

#define KERNEL_BTF (1U << 30)

#ifndef ENOTSUPP
#define ENOTSUPP 524	/* the kernel's, which bpftool looks for */
#endif

static int kernel_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return (int)kernel_call(__NR_bpf, cmd, (long)attr, size, 0, 0, 0);
}

/* The part of attr that its caller has; the rest is 0. */
static void take(union bpf_attr *to, const void *attr, unsigned int size)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, attr, size < sizeof(*to) ? size : sizeof(*to));
}

static void give(const union bpf_attr *from, void *attr, unsigned int size)
{
	memcpy(attr, from, size < sizeof(*from) ? size : sizeof(*from));
}

/*
 * --- kernel BTF --------------------------------------------------------------------------------
 */

/* Is it the kernel's, not of somebody's program? */
static bool is_of_kernel(int fd)
{
	struct bpf_btf_info info = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	return !kernel_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info)) && info.kernel_btf;
}

static int kernel_btf_fd(__u32 id)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf_id = id;
	fd = kernel_bpf(BPF_BTF_GET_FD_BY_ID, &attr, sizeof(attr.btf_id));
	if (fd >= 0 && !is_of_kernel(fd)) {
		close(fd);
		errno = ENOENT;
		fd = -1;
	}
	return fd;
}

static int kernel_btf_next(__u32 from, __u32 *next)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = from;
	while (!kernel_bpf(BPF_BTF_GET_NEXT_ID, &attr, offsetof(union bpf_attr, open_flags))) {
		fd = kernel_btf_fd(attr.next_id);
		if (fd >= 0) {
			*next = attr.next_id;
			close(fd);
			return 0;
		}
		attr.start_id = attr.next_id;
	}
	return -1;
}

static int btf_next_id(void *attr, unsigned int size)
{
	union bpf_attr a;
	__u32 next;
	int ret;

	take(&a, attr, size);
	if (a.start_id < KERNEL_BTF) {
		ret = xbpf_sys(BPF_BTF_GET_NEXT_ID, attr, size);
		if (!ret || errno != ENOENT)
			return ret;
	}
	if (kernel_btf_next(a.start_id < KERNEL_BTF ? 0 : a.start_id - KERNEL_BTF, &next))
		return -1;
	a.next_id = next + KERNEL_BTF;
	give(&a, attr, size);
	return 0;
}

static int btf_fd_by_id(void *attr, unsigned int size)
{
	union bpf_attr a;

	take(&a, attr, size);
	return a.btf_id < KERNEL_BTF ? xbpf_sys(BPF_BTF_GET_FD_BY_ID, attr, size) :
		kernel_btf_fd(a.btf_id - KERNEL_BTF);
}

static int object_info(void *attr, unsigned int size)
{
	union bpf_attr a;
	int ret;

	take(&a, attr, size);
	if (!kind_is_kernel_btf(a.info.bpf_fd) || !is_of_kernel(a.info.bpf_fd))
		return xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, attr, size);
	ret = kernel_bpf(BPF_OBJ_GET_INFO_BY_FD, attr, size);
	if (!ret && a.info.info_len >= offsetof(struct bpf_btf_info, name))
		((struct bpf_btf_info *)(unsigned long)a.info.info)->id += KERNEL_BTF;
	return ret;
}

/*
 * --- attaching ---------------------------------------------------------------------------------
 */

static int raw_tracepoint(void *attr, unsigned int size)
{
	struct xbpf_link_create create = { .type = XBPF_LINK_RAW_TRACEPOINT };
	/* Linux 6.10 added the cookie */
	struct {
		__aligned_u64 name;
		__u32 prog_fd;
		__u32 pad;
		__aligned_u64 cookie;
	} a = { 0 };
	char name[128];
	int err;

	memcpy(&a, attr, size < sizeof(a) ? size : sizeof(a));
	if (!a.name)
		return transport_refuse(BPF_RAW_TRACEPOINT_OPEN, NULL, EINVAL,
					"a program that names its place itself (fentry, fexit, tp_btf, lsm); xbpf has "
					"no such programs");
	snprintf(name, sizeof(name), "%s", (const char *)(unsigned long)a.name);
	create.symbol = (unsigned long)name;
	create.prog_fd = a.prog_fd;
	create.cookie = a.cookie;
	/* what BTF does not know the module may know: it has the words */
	err = tracepoint_args(name, create.arg_size, XBPF_RAW_TRACEPOINT_ARGS);
	if (err < 0 && err != -ENOENT && err != -ENODATA)
		return transport_refuse(BPF_RAW_TRACEPOINT_OPEN, NULL, -err, "%s", xbpf_errmsg());
	return xbpf_sys(XBPF_LINK_CREATE, &create, sizeof(create));
}

static int kprobe_multi(const union bpf_attr *a)
{
	struct xbpf_link_create create = {
		.type = a->link_create.kprobe_multi.flags & BPF_F_KPROBE_MULTI_RETURN ?
			XBPF_LINK_KRETPROBE_MULTI : XBPF_LINK_KPROBE_MULTI,
		.prog_fd = a->link_create.prog_fd,
		.symbols = a->link_create.kprobe_multi.syms,
		.addr = a->link_create.kprobe_multi.addrs,
		.cookies = a->link_create.kprobe_multi.cookies,
		.count = a->link_create.kprobe_multi.cnt,
	};

	if (a->link_create.kprobe_multi.flags & ~BPF_F_KPROBE_MULTI_RETURN)
		return transport_refuse(BPF_LINK_CREATE, NULL, EINVAL, "kprobe.multi: flags %#x are unknown",
					a->link_create.kprobe_multi.flags);
	return xbpf_sys(XBPF_LINK_CREATE, &create, sizeof(create));
}

static int link_create(const void *attr, unsigned int size)
{
	union bpf_attr a;

	take(&a, attr, size);
	/* libbpf asks so whether there are links of perf events */
	if ((int)a.link_create.target_fd == -1 && a.link_create.attach_type == BPF_PERF_EVENT) {
		errno = EBADF;
		return -1;
	}
	switch (a.link_create.attach_type) {
	case BPF_PERF_EVENT:
		if (a.link_create.flags)
			return transport_refuse(BPF_LINK_CREATE, NULL, EINVAL, "flags %#x are unknown",
						a.link_create.flags);
		return perf_event_link(a.link_create.target_fd, a.link_create.prog_fd,
				       a.link_create.perf_event.bpf_cookie);
	case BPF_TRACE_KPROBE_MULTI:
		return kprobe_multi(&a);
	default:
		return transport_refuse(BPF_LINK_CREATE, NULL, EINVAL,
					"attach type %u of <linux/bpf.h> is none of xbpf's: kprobe, kretprobe, "
					"tracepoint, raw_tracepoint, kprobe.multi; the network by `xbpfctl prog attach`",
					a.link_create.attach_type);
	}
}

/*
 * --- who runs what -----------------------------------------------------------------------------
 */

/* Another process's descriptor as one of ours; or -1. */
static int fd_of_process(int pid, int fd)
{
	int process = (int)kernel_call(__NR_pidfd_open, pid, 0, 0, 0, 0, 0), copy;

	if (process < 0)
		return -1;
	copy = (int)kernel_call(__NR_pidfd_getfd, process, fd, 0, 0, 0, 0);
	close(process);
	return copy;
}

/* The link that @fd is, or whose program the perf event @fd has; closes @fd. */
static int as_link(int fd)
{
	int link;

	if (fd < 0 || xbpf_fd_kind(fd) == XBPF_KIND_LINK)
		return fd;
	link = perf_event_link_of(fd);
	close(fd);
	return link;
}

static bool describe_link(const struct xbpf_link_info *info, union bpf_attr *a)
{
	a->task_fd_query.prog_id = info->prog_id;
	a->task_fd_query.probe_offset = 0;
	a->task_fd_query.probe_addr = 0;
	switch (info->link_type) {
	case XBPF_LINK_RAW_TRACEPOINT:
		a->task_fd_query.fd_type = BPF_FD_TYPE_RAW_TRACEPOINT;
		return true;
	case XBPF_LINK_TRACEPOINT:
		a->task_fd_query.fd_type = BPF_FD_TYPE_TRACEPOINT;
		return true;
	case XBPF_LINK_KPROBE:
	case XBPF_LINK_KRETPROBE:
		a->task_fd_query.fd_type = info->link_type == XBPF_LINK_KPROBE ?
			BPF_FD_TYPE_KPROBE : BPF_FD_TYPE_KRETPROBE;
		a->task_fd_query.probe_offset = info->offset;
		a->task_fd_query.probe_addr = info->name[0] ? 0 : info->addr;
		return true;
	default:
		return false;
	}
}

static int task_fd_query(void *attr, unsigned int size)
{
	struct xbpf_link_info info;
	union bpf_attr a;
	const char *name;
	size_t len, room;
	int link;

	take(&a, attr, size);
	link = (int)a.task_fd_query.pid == getpid() ? dup((int)a.task_fd_query.fd) :
		fd_of_process((int)a.task_fd_query.pid, (int)a.task_fd_query.fd);
	if (link < 0)
		return -1;
	link = as_link(link);
	if (link < 0 || xbpf_link_info_get(link, &info, NULL, 0) || !describe_link(&info, &a)) {
		if (link >= 0)
			close(link);
		errno = ENOTSUPP;
		return -1;
	}
	close(link);
	/* libbpf's callers know tracepoints by name alone */
	name = info.link_type == XBPF_LINK_TRACEPOINT && strchr(info.name, '/') ?
		strchr(info.name, '/') + 1 : info.name;
	len = strlen(name);
	room = a.task_fd_query.buf ? a.task_fd_query.buf_len : 0;
	if (room)
		snprintf((char *)(unsigned long)a.task_fd_query.buf, room, "%s", name);
	a.task_fd_query.buf_len = len;
	give(&a, attr, size);
	if (!room || len < room)
		return 0;
	errno = ENOSPC;
	return -1;
}

/* What can be asked for is at cgroups, sockets and the like, where xbpf has no programs. */
static int prog_query(void *attr, unsigned int size)
{
	union bpf_attr a;

	take(&a, attr, size);
	a.query.attach_flags = 0;
	a.query.prog_cnt = 0;
	give(&a, attr, size);
	return 0;
}

int emulate_bpf(int cmd, void *attr, unsigned int size)
{
	/* bits of a newer libbpf, which an older kernel does not know either */
	if (cmd & ~0xff) {
		errno = EINVAL;
		return -1;
	}
	if (!attr || size < sizeof(__u32))
		return xbpf_sys(cmd, attr, size);
	switch (cmd) {
	case BPF_BTF_GET_NEXT_ID:
		return btf_next_id(attr, size);
	case BPF_BTF_GET_FD_BY_ID:
		return btf_fd_by_id(attr, size);
	case BPF_OBJ_GET_INFO_BY_FD:
		return object_info(attr, size);
	case BPF_RAW_TRACEPOINT_OPEN:
		return raw_tracepoint(attr, size);
	case BPF_LINK_CREATE:
		return link_create(attr, size);
	case BPF_TASK_FD_QUERY:
		return task_fd_query(attr, size);
	case BPF_PROG_QUERY:
		return prog_query(attr, size);
	case BPF_CMD_TOKEN_CREATE:	/* libbpf does without */
		errno = EINVAL;
		return -1;
	default:
		if (!transport_serves(cmd))
			return transport_refuse(cmd, NULL, EINVAL, "xbpf has no such command");
		return xbpf_sys(cmd, attr, size);
	}
}

long emulate_syscall(long number, const long *arg)
{
	switch (number) {
	case __NR_bpf:
		return emulate_bpf((int)arg[0], (void *)arg[1], (unsigned int)arg[2]);
	case __NR_perf_event_open:
		return perf_event_open(arg);
	default:
		return kernel_call(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	}
}
