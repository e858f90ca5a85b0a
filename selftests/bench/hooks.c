/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an event costs on a hook: a system call that fires it, with a program there and without. The
 * stock kernel's own BPF has the same program on the same hook; the difference is all that an event
 * takes, the way to the program included.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/perf_event.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "../kernel/dev.h"
#include "../lib/asm.h"
#include "bench.h"

#define EVENTS	500
#define PIECES	7

#define TCX_INGRESS	46	/* BPF_TCX_INGRESS, Linux 6.6 */

struct hook {
	const char *name;
	u32 prog_type;
	void (*fire)(void);
	int (*stock)(int prog);		/* an fd that holds it, or -1 */
	void (*stock_end)(void);	/* what closing the fd does not undo; may be NULL */
	int (*ours)(int prog);
};

static void die(const char *what)
{
	fprintf(stderr, "bench: hooks: %s: %s (%s)\n", what, strerror(errno),
		xbpf_device >= 0 ? xbpf_words() : "");
	exit(1);
}

/* --- events --------------------------------------------------------------------------------- */

static void fire_getppid(void)
{
	syscall(SYS_getppid);
}

static void fire_rename(void)
{
	prctl(PR_SET_NAME, "bench");
}

static int sender = -1, receiver = -1;

static void fire_packet(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9099),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char buf[64] = "";

	if (sender < 0) {
		sender = socket(AF_INET, SOCK_DGRAM, 0);
		receiver = socket(AF_INET, SOCK_DGRAM, 0);
		if (bind(receiver, (struct sockaddr *)&to, sizeof(to)) ||
		    connect(sender, (struct sockaddr *)&to, sizeof(to)))
			die("UDP");
	}
	if (send(sender, buf, sizeof(buf), 0) != sizeof(buf) || recv(receiver, buf, sizeof(buf),
	    0) != sizeof(buf))
		die("UDP");
}

/* --- the stock kernel's hooks ---------------------------------------------------------------- */

static int upstream_sys(int cmd, void *attr, unsigned int size)
{
	return (int)syscall(__NR_bpf, cmd, attr, size);
}

static long read_number(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = -1;
		fclose(f);
	}
	return n;
}

static int perf_attach(struct perf_event_attr *attr, int prog)
{
	int fd;

	attr->size = sizeof(*attr);
	attr->sample_period = 1;
	attr->wakeup_events = 1;
	fd = (int)syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		die("a perf event");
	return fd;
}

static int stock_probe(int prog, bool ret)
{
	struct perf_event_attr attr = { 0 };

	attr.type = (u32)read_number("/sys/bus/event_source/devices/kprobe/type");
	attr.config = ret;
	attr.config1 = (uintptr_t)"__x64_sys_getppid";
	return perf_attach(&attr, prog);
}

static int stock_kprobe(int prog)
{
	return stock_probe(prog, false);
}

static int stock_kretprobe(int prog)
{
	return stock_probe(prog, true);
}

static int stock_tracepoint(int prog)
{
	struct perf_event_attr attr = { 0 };
	long id;

	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	id = read_number("/sys/kernel/tracing/events/task/task_rename/id");
	if (id < 0)
		die("tracefs");
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = (u64)id;
	return perf_attach(&attr, prog);
}

static int stock_raw_tp(int prog)
{
	union bpf_attr attr = { 0 };

	attr.raw_tracepoint.name = (uintptr_t)"task_rename";
	attr.raw_tracepoint.prog_fd = (u32)prog;
	return upstream_sys(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

static int stock_tap(int prog)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex("lo") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("a packet socket");
	return fd;
}

/* --- before 6.6: a classifier of tc, by rtnetlink --- */

struct tc_request {
	struct nlmsghdr n;
	struct tcmsg t;
	char attrs[256];
};

static void tc_attr(struct tc_request *r, u16 type, const void *data, size_t size)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->n.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (u16)RTA_LENGTH(size);
	memcpy(RTA_DATA(a), data, size);
	r->n.nlmsg_len = NLMSG_ALIGN(r->n.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static void tc_begin(struct tc_request *r, u16 type, u16 flags, u32 parent)
{
	memset(r, 0, sizeof(*r));
	r->n.nlmsg_len = NLMSG_LENGTH(sizeof(r->t));
	r->n.nlmsg_type = type;
	r->n.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	r->t.tcm_ifindex = (int)if_nametoindex("lo");
	r->t.tcm_parent = parent;
}

static int tc_do(const struct tc_request *r)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = -1;
	char answer[1024];
	struct nlmsghdr *n = (struct nlmsghdr *)answer;

	if (fd >= 0 && send(fd, r, r->n.nlmsg_len, 0) > 0 && recv(fd, answer, sizeof(answer), 0) > 0 &&
	    n->nlmsg_type == NLMSG_ERROR)
		err = ((struct nlmsgerr *)NLMSG_DATA(n))->error;
	close(fd);
	errno = err < -1 ? -err : EIO;
	return err ? -1 : 0;
}

static int clsact(u16 type, u16 flags)
{
	struct tc_request r;

	tc_begin(&r, type, flags, TC_H_CLSACT);
	r.t.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	tc_attr(&r, TCA_KIND, "clsact", sizeof("clsact"));
	return tc_do(&r);
}

static int cls_bpf(int prog)
{
	struct tc_request r;
	struct rtattr *options;
	u32 flags = TCA_BPF_FLAG_ACT_DIRECT;

	if (system("modprobe sch_ingress && modprobe cls_bpf") ||
	    clsact(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL))
		return -1;
	tc_begin(&r, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS));
	r.t.tcm_info = TC_H_MAKE(1u << 16, htons(ETH_P_ALL));
	tc_attr(&r, TCA_KIND, "bpf", sizeof("bpf"));
	options = (struct rtattr *)((char *)&r + NLMSG_ALIGN(r.n.nlmsg_len));
	tc_attr(&r, TCA_OPTIONS, "", 0);
	tc_attr(&r, TCA_BPF_FD, &prog, sizeof(prog));
	tc_attr(&r, TCA_BPF_NAME, "bench", sizeof("bench"));
	tc_attr(&r, TCA_BPF_FLAGS, &flags, sizeof(flags));
	options->rta_len = (u16)((char *)&r + r.n.nlmsg_len - (char *)options);
	return tc_do(&r);
}

static bool classified;		/* by cls_bpf */

static int stock_ingress(int prog)
{
	union bpf_attr attr = { 0 };
	int fd;

	attr.link_create.prog_fd = (u32)prog;
	attr.link_create.target_ifindex = if_nametoindex("lo");
	attr.link_create.attach_type = TCX_INGRESS;
	fd = upstream_sys(BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd >= 0)
		return fd;
	fprintf(stderr, "bench: hooks: no tcx here: ingress is measured beside cls_bpf\n");
	classified = !cls_bpf(prog);
	return classified ? dup(prog) : -1;
}

static void stock_ingress_end(void)
{
	if (classified && clsact(RTM_DELQDISC, 0))
		die("taking clsact away");
	classified = false;
}

/*
 * --- ours ---------------------------------------------------------------------------------------
 */

static int link_create(struct xbpf_link_create *attr)
{
	return xbpf_sys(XBPF_LINK_CREATE, attr, sizeof(*attr));
}

static int ours_at(u32 type, const char *symbol, u32 target, int prog)
{
	struct xbpf_link_create attr = { .type = type, .prog_fd = (u32)prog,
					 .symbol = (uintptr_t)symbol, .target = target };

	return link_create(&attr);
}

static int ours_kprobe(int prog)
{
	return ours_at(XBPF_LINK_KPROBE, "__x64_sys_getppid", 0, prog);
}

static int ours_kretprobe(int prog)
{
	return ours_at(XBPF_LINK_KRETPROBE, "__x64_sys_getppid", 0, prog);
}

static int ours_tracepoint(int prog)
{
	return ours_at(XBPF_LINK_TRACEPOINT, "task/task_rename", 0, prog);
}

static int ours_raw_tp(int prog)
{
	return ours_at(XBPF_LINK_RAW_TRACEPOINT, "task_rename", 0, prog);
}

static int ours_tap(int prog)
{
	return ours_at(XBPF_LINK_TAP, NULL, if_nametoindex("lo"), prog);
}

static int ours_ingress(int prog)
{
	return ours_at(XBPF_LINK_INGRESS, NULL, if_nametoindex("lo"), prog);
}

/*
 * --- measuring
 * ------------------------------------------------------------------------------------
 */

static const struct hook hooks[] = {
	{ "kprobe", BPF_PROG_TYPE_KPROBE, fire_getppid, stock_kprobe, NULL, ours_kprobe },
	{ "kretprobe", BPF_PROG_TYPE_KPROBE, fire_getppid, stock_kretprobe, NULL, ours_kretprobe },
	{ "raw tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, fire_rename, stock_raw_tp, NULL, ours_raw_tp },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, fire_rename, stock_tracepoint, NULL, ours_tracepoint },
	{ "tap", BPF_PROG_TYPE_SOCKET_FILTER, fire_packet, stock_tap, NULL, ours_tap },
	{ "ingress", BPF_PROG_TYPE_SCHED_CLS, fire_packet, stock_ingress, stock_ingress_end,
	  ours_ingress },
};

/* ns of EVENTS events, undisturbed. */
static u64 time_of(void (*fire)(void))
{
	u64 best = ~0ULL, start;
	u32 i, n;

	for (n = 0; n < 50; n++)
		fire();
	for (i = 0; i < PIECES; i++) {
		start = now_ns();
		for (n = 0; n < EVENTS; n++)
			fire();
		best = min_t(u64, best, now_ns() - start);
	}
	return best;
}

static int counter_map;

static int counter_fd(void *unused, const char *name)
{
	(void)unused, (void)name;
	return counter_map;
}

/* Counts. */
static int counter(int (*sys)(int cmd, void *attr, unsigned int size), u32 type)
{
	const char *ok = type == XBPF_PROG_TYPE_SYSCALL_FILTER ? "0x7fff0000" : "0";
	union bpf_attr attr = { 0 };
	struct asm_prog p;
	char text[200];
	int fd;

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	counter_map = sys(BPF_MAP_CREATE, &attr, sizeof(attr));
	snprintf(text, sizeof(text),
		 "r1 = map[n][0] ll; r2 = *(u64 *)(r1 + 0); r2 += 1; *(u64 *)(r1 + 0) = r2; "
		 "r0 = %s; exit", ok);
	if (counter_map < 0 || asm_parse(&p, text) || asm_bind(&p, counter_fd, NULL))
		die("a program");
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)p.insns;
	attr.insn_cnt = p.cnt;
	attr.license = (uintptr_t)"GPL";
	fd = sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		die("loading a program");
	asm_free(&p);
	return fd;
}

/* The program ran once for each event: else the time means nothing. */
static bool counted(int (*sys)(int cmd, void *attr, unsigned int size))
{
	union bpf_attr attr = { 0 };
	u64 n = 0;
	u32 zero = 0;

	attr.map_fd = (u32)counter_map;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)&n;
	return !sys(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) && n >= PIECES * EVENTS;
}

static void give_cost(const char *where, const char *hook, const char *peer, double cost,
		      void (*give)(const struct bench_result *result))
{
	struct bench_result r = { .value = cost };

	snprintf(r.where, sizeof(r.where), "%s", where);
	snprintf(r.group, sizeof(r.group), "hook");
	snprintf(r.row, sizeof(r.row), "%s", hook);
	snprintf(r.unit, sizeof(r.unit), "event");
	snprintf(r.peer, sizeof(r.peer), "%s", peer);
	give(&r);
}

static void measure_hook(const char *where, const struct hook *h, bool stock,
			 void (*give)(const struct bench_result *result))
{
	int (*sys)(int cmd, void *attr, unsigned int size) = stock ? upstream_sys : xbpf_sys;
	u64 bare = time_of(h->fire), with;
	int prog = counter(sys, h->prog_type), fd = stock ? h->stock(prog) : h->ours(prog);

	if (fd < 0) {
		fprintf(stderr, "bench: hooks: %s has no %s: %s\n",
			stock ? "the stock kernel" : "xbpf", h->name, strerror(errno));
	} else {
		with = time_of(h->fire);
		if (!counted(sys))
			die(h->name);
		give_cost(where, h->name, stock ? "stock" : "xbpf", ((double)with - (double)bare) / EVENTS, give);
		close(fd);
		if (stock && h->stock_end)
			h->stock_end();
	}
	close(prog);
	close(counter_map);
}

/* seccomp cannot be taken off: a child has it. The result comes through a pipe. */
static void measure_filter(const char *where, bool stock,
			   void (*give)(const struct bench_result *result))
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(code), code };
	int to[2], prog = stock ? -1 : counter(xbpf_sys, XBPF_PROG_TYPE_SYSCALL_FILTER), link = -1, status;
	u64 bare, with[2];
	pid_t pid;

	if (pipe(to))
		die("pipe");
	bare = time_of(fire_getppid);
	pid = fork();
	if (!pid) {
		if (stock) {
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
				_exit(1);
		} else {
			raise(SIGSTOP);		/* the parent attaches */
		}
		with[0] = time_of(fire_getppid);
		if (write(to[1], with, sizeof(with[0])) != sizeof(with[0]))
			_exit(1);
		_exit(0);
	}
	if (!stock) {
		waitpid(pid, &status, WUNTRACED);
		link = ours_at(XBPF_LINK_SYSCALL_FILTER, NULL, (u32)pid, prog);
		kill(pid, SIGCONT);
	}
	if (read(to[0], with, sizeof(with[0])) != sizeof(with[0]))
		die("the child with a filter");
	waitpid(pid, &status, 0);
	if (stock || link >= 0)
		give_cost(where, "syscall filter", stock ? "stock" : "xbpf",
			  ((double)with[0] - (double)bare) / EVENTS, give);
	else
		fprintf(stderr, "bench: hooks: xbpf has no syscall filter: %s\n", xbpf_words());
	close(to[0]);
	close(to[1]);
	if (!stock) {
		close(link);
		close(prog);
		close(counter_map);
	}
}

void bench_hooks(const char *where, void (*give)(const struct bench_result *result))
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		measure_hook(where, &hooks[i], true, give);
		measure_hook(where, &hooks[i], false, give);
	}
	measure_filter(where, true, give);
	measure_filter(where, false, give);
}
