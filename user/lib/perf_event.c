/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs on perf events. The kernel makes the event, so that it judges the place and the caller
 * as it always does; what runs the program is a link of xbpf's.
 *
 * An event is known by the kernel's id for it, not by its descriptor: descriptors are copied,
 * passed on, and closed where nobody sees it. What is remembered of one is forgotten when another
 * event gets its descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include "kernel_call.h"
#include "libxbpf.h"
#include "perf_event.h"
#include "trace_event.h"
#include "transport.h"

struct event {
	struct event *next;
	int fd;			/* as it was opened */
	int pid;
	__u64 id;
	__u32 type;
	__u64 config;
	__u64 addr, offset;	/* of a kprobe: an address, or bytes into the function */
	char function[128];
	__u32 link;		/* id of its link, 0: none */
};

static struct event *events;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all that is here */

static int control(int fd, unsigned long request, void *arg)
{
	return (int)kernel_call(__NR_ioctl, fd, (long)request, (long)arg, 0, 0, 0);
}

/* The number that the kernel has for this kind of events; 0 when it has none of that kind. */
static __u32 type_of(const char *pmu)
{
	char path[96], text[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", pmu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return (__u32)strtoul(text, NULL, 10);
}

/* Under the lock. */
static struct event *find(int fd)
{
	struct event *e;
	__u64 id = 0;

	if (!events || control(fd, PERF_EVENT_IOC_ID, &id))
		return NULL;
	for (e = events; e && e->id != id; e = e->next)
		;
	return e;
}

static struct event *of_descriptor(int fd)
{
	struct event *e;

	for (e = events; e && e->fd != fd; e = e->next)
		;
	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (e) {
		e->fd = fd;
		e->next = events;
		events = e;
	}
	return e;
}

/* The kernel has read the same attr before, and found it good. */
static void describe(struct event *e, const struct perf_event_attr *attr)
{
	__u32 size = attr->size ? attr->size : PERF_ATTR_SIZE_VER0;
	struct perf_event_attr a = { 0 };
	const char *function;

	memcpy(&a, attr, size < sizeof(a) ? size : sizeof(a));
	e->type = a.type;
	e->config = a.config;
	e->function[0] = '\0';
	e->addr = e->offset = 0;
	e->link = 0;
	if (a.type < PERF_TYPE_MAX || a.type != type_of("kprobe"))
		return;
	function = (const char *)(unsigned long)a.kprobe_func;
	if (function) {
		snprintf(e->function, sizeof(e->function), "%s", function);
		e->offset = a.probe_offset;
	} else {
		e->addr = a.kprobe_addr;
	}
}

long perf_event_open(const long *arg)
{
	long fd = kernel_call(__NR_perf_event_open, arg[0], arg[1], arg[2], arg[3], arg[4], 0);
	int err = errno;
	struct event *e;

	if (fd < 0)
		return fd;
	pthread_mutex_lock(&lock);
	e = of_descriptor(fd);
	if (e) {
		e->pid = (int)arg[1];
		e->id = 0;
		control(fd, PERF_EVENT_IOC_ID, &e->id);
		describe(e, (const struct perf_event_attr *)arg[0]);
	}
	pthread_mutex_unlock(&lock);
	errno = err;
	return fd;
}

/* Who asks, for what is said when it cannot be. */
struct request {
	int cmd;		/* of bpf(2), or -1 */
	const char *call;	/* NULL: the name of cmd */
};

static const struct request by_link_create = { BPF_LINK_CREATE, NULL };
static const struct request by_set_bpf = { -1, "PERF_EVENT_IOC_SET_BPF" };

static int refuse_second(const struct request *by)
{
	return transport_refuse(by->cmd, by->call, EEXIST, "the perf event has a program already");
}

static int refuse_kind(const struct event *e, const struct request *by)
{
	static const char *const kinds[] = {
		[PERF_TYPE_HARDWARE] = "a hardware event",
		[PERF_TYPE_SOFTWARE] = "a software event or clock",
		[PERF_TYPE_HW_CACHE] = "a hardware event of a cache",
		[PERF_TYPE_RAW] = "a hardware event",
		[PERF_TYPE_BREAKPOINT] = "a breakpoint",
	};
	const char *kind = NULL;

	if (e->type < sizeof(kinds) / sizeof(*kinds))
		kind = kinds[e->type];
	else if (e->type == type_of("uprobe"))
		kind = "a uprobe";
	return transport_refuse(by->cmd, by->call, EOPNOTSUPP,
				"the perf event is %s; xbpf has kprobes and tracepoints",
				kind ? kind : "of a kind that it does not know");
}

/* The symbol without the name of its module. */
static const char *plain(const char *symbol)
{
	const char *colon = strchr(symbol, ':');

	return colon ? colon + 1 : symbol;
}

static int attach_probe(const struct event *e, int prog_fd, __u64 cookie)
{
	struct xbpf_link_create attr = {
		.type = e->config & 1 ? XBPF_LINK_KRETPROBE : XBPF_LINK_KPROBE,
		.prog_fd = prog_fd,
		.symbol = e->function[0] ? (unsigned long)plain(e->function) : 0,
		.addr = e->addr,
		.offset = e->offset,
		.cookie = cookie,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &attr, sizeof(attr));
}

static int attach_traced(const struct event *e, int prog_fd, __u64 cookie,
			 const struct request *by)
{
	struct xbpf_link_create attr = { .prog_fd = prog_fd, .cookie = cookie };
	struct trace_event event;

	if (trace_event_find(e->config, &event))
		return transport_refuse(by->cmd, by->call, EINVAL,
					"tracefs has no event of the id %llu; is it mounted at /sys/kernel/tracing?",
					(unsigned long long)e->config);
	switch (event.probe) {
	case 0:
		attr.type = XBPF_LINK_TRACEPOINT;
		attr.symbol = (unsigned long)event.name;
		break;
	case 'p':
	case 'r':
		attr.type = event.probe == 'r' ? XBPF_LINK_KRETPROBE : XBPF_LINK_KPROBE;
		attr.symbol = (unsigned long)plain(event.place);
		attr.offset = event.offset;
		break;
	default:
		return transport_refuse(by->cmd, by->call, EOPNOTSUPP, "%s is a uprobe; xbpf has none",
					event.name);
	}
	return xbpf_sys(XBPF_LINK_CREATE, &attr, sizeof(attr));
}

/* A link for what the event counts, of all processes. */
static int attach(const struct event *e, int prog_fd, __u64 cookie, const struct request *by)
{
	if (e->pid != -1)
		return transport_refuse(by->cmd, by->call, EOPNOTSUPP,
					"the perf event is for process %d alone; a program of xbpf sees all of them",
					e->pid);
	if (e->function[0] || e->addr)
		return attach_probe(e, prog_fd, cookie);
	if (e->type == PERF_TYPE_TRACEPOINT)
		return attach_traced(e, prog_fd, cookie, by);
	return refuse_kind(e, by);
}

static int fd_of_link(__u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_id = id;
	return xbpf_sys(BPF_LINK_GET_FD_BY_ID, &attr, sizeof(attr));
}

/* Is its link still there? Forgets it if not. Under the lock. */
static bool linked(struct event *e)
{
	int fd = e->link ? fd_of_link(e->link) : -1;

	if (fd < 0)
		e->link = 0;
	else
		close(fd);
	return fd >= 0;
}

/* @fd becomes the same as @to, and is closed by an exec if it was before. */
static int put_in_place(int to, int fd)
{
	int flags = fcntl(fd, F_GETFD);
	int ret = dup3(to, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);

	close(to);
	return ret < 0 ? -1 : 0;
}

/*
 * Puts an event that counts nothing in the place of one whose program a link runs: the probe or
 * record that the kernel made for it goes.
 */
static void still(struct event *e, int fd)
{
	struct perf_event_attr nothing = {
		.type = PERF_TYPE_SOFTWARE,
		.size = PERF_ATTR_SIZE_VER0,
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
		.exclude_kernel = 1,	/* whoever may open events at all may open this one */
	};
	long dummy = kernel_call(__NR_perf_event_open, (long)&nothing, 0, -1, -1,
				 PERF_FLAG_FD_CLOEXEC, 0);

	if (dummy < 0 || put_in_place((int)dummy, fd))
		control(fd, PERF_EVENT_IOC_DISABLE, NULL);
	else
		control(fd, PERF_EVENT_IOC_ID, &e->id);
}

int perf_event_link(int fd, int prog_fd, __u64 cookie)
{
	struct xbpf_link_info info;
	struct event *e;
	int ret, err;
	__u64 id;

	pthread_mutex_lock(&lock);
	e = find(fd);
	if (!e) {
		ret = control(fd, PERF_EVENT_IOC_ID, &id) ?
			transport_refuse(BPF_LINK_CREATE, NULL, EBADF, "fd %d is no perf event", fd) :
			transport_refuse(BPF_LINK_CREATE, NULL, EOPNOTSUPP,
					 "the perf event was opened where xbpf did not see it");
	} else if (linked(e)) {
		ret = refuse_second(&by_link_create);
	} else {
		ret = attach(e, prog_fd, cookie, &by_link_create);
		err = errno;
		if (ret >= 0 && !xbpf_link_info_get(ret, &info, NULL, 0))
			e->link = info.id;
		if (ret >= 0)
			still(e, fd);
		errno = err;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

static int set_bpf(int fd, int prog_fd)
{
	struct event *e = find(fd);
	int link;

	if (!e)
		return transport_refuse(-1, by_set_bpf.call, EOPNOTSUPP,
					"the perf event was opened where xbpf did not see it");
	if (linked(e))
		return refuse_second(&by_set_bpf);
	link = attach(e, prog_fd, 0, &by_set_bpf);
	return link < 0 ? -1 : put_in_place(link, fd);
}

bool perf_event_ioctl(int fd, unsigned long request, long arg, int *ret)
{
	bool is_link;

	/* the kernel would name programs of its own by ids that are xbpf's here */
	if (request == PERF_EVENT_IOC_QUERY_BPF) {
		*ret = transport_refuse(-1, "PERF_EVENT_IOC_QUERY_BPF", EOPNOTSUPP,
					"xbpf tells programs of events by BPF_TASK_FD_QUERY alone");
		return true;
	}
	if (request != PERF_EVENT_IOC_SET_BPF && request != PERF_EVENT_IOC_ENABLE &&
	    request != PERF_EVENT_IOC_DISABLE)
		return false;
	is_link = xbpf_fd_kind(fd) == XBPF_KIND_LINK;
	if (request == PERF_EVENT_IOC_SET_BPF) {
		pthread_mutex_lock(&lock);
		*ret = is_link ? refuse_second(&by_set_bpf) : set_bpf(fd, (int)arg);
		pthread_mutex_unlock(&lock);
	} else if (is_link) {
		*ret = 0;
	}
	return is_link || request == PERF_EVENT_IOC_SET_BPF;
}

int perf_event_link_of(int fd)
{
	struct event *e;
	int link;

	pthread_mutex_lock(&lock);
	e = find(fd);
	link = e && e->link ? fd_of_link(e->link) : -1;
	pthread_mutex_unlock(&lock);
	return link;
}
