/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the tests of packet hooks: a veth pair between two network namespaces, "xa" 10.9.0.1 here and
 * "xb" 10.9.0.2 there, and UDP over it.
 */
#ifndef XBPF_SELFTESTS_KERNEL_NET_H
#define XBPF_SELFTESTS_KERNEL_NET_H

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/pkt_cls.h>
#include "dev.h"
#include "../tap.h"

#define HERE	"10.9.0.1"
#define THERE	"10.9.0.2"
#define MAC_HERE  "02:00:00:00:00:01"
#define MAC_THERE "02:00:00:00:00:02"
#define PORT	5000

static struct {
	pid_t pid;	/* sleeps in the other namespace */
	int home, far;	/* the namespaces */
	int near_if;
	int tx, rx;	/* UDP: from there, to here */
	int out, far_rx;	/* from here, to there */
} net;

__attribute__((format(printf, 1, 2)))
static inline int sh(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static inline void in_far(void)
{
	setns(net.far, CLONE_NEWNET);
}

static inline void in_home(void)
{
	setns(net.home, CLONE_NEWNET);
}

static inline int udp_open(const char *addr, int port, const char *peer, int peer_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), size = 4 << 20;

	inet_pton(AF_INET, addr, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		return -1;
	if (peer) {
		inet_pton(AF_INET, peer, &a.sin_addr);
		a.sin_port = htons((unsigned short)peer_port);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
			return -1;
	}
	return fd;
}

/* Another process that lives in a network namespace of its own, until it is killed. */
static inline pid_t netns_new(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		xbpf_close();
		if (unshare(CLONE_NEWNET) || write(ready[1], "r", 1) != 1)
			_exit(1);
		while (pause())
			;
	}
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static inline void netns_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A pair, one end of which goes to the namespace of @pid when that is not 0. */
static inline bool veth_new(const char *a, const char *b, pid_t pid)
{
	/* the kernel names the other end; there is no other vethN here */
	if (sh("ip link add %s type veth && ip link set veth0 name %s", a, b))
		return false;
	return !pid || !sh("ip link set %s netns %d", b, pid);
}

static inline bool net_up(void)
{
	char path[64];

	sh("modprobe veth");
	net.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	net.pid = netns_new();
	snprintf(path, sizeof(path), "/proc/%d/ns/net", net.pid);
	net.far = open(path, O_RDONLY | O_CLOEXEC);
	sh("ip link set lo up");
	/* a flood must find room when the receiving side is not run for a while */
	sh("echo 100000 >/proc/sys/net/core/netdev_max_backlog");
	if (!veth_new("xa", "xb", 0))
		return false;
	sh("ip link set xa address " MAC_HERE "; ip link set xb address " MAC_THERE
	   "; ip link set xb netns %d", net.pid);
	sh("echo 1 >/proc/sys/net/ipv6/conf/xa/disable_ipv6");
	if (sh("ip addr add " HERE "/24 dev xa && ip link set xa up"))
		return false;
	net.near_if = (int)if_nametoindex("xa");
	/* for good: no packet waits for an address that a busy machine does not tell in time */
	sh("arp -s " THERE " " MAC_THERE);
	in_far();
	sh("echo 1 >/proc/sys/net/ipv6/conf/xb/disable_ipv6");
	sh("ip link set lo up; ip addr add " THERE "/24 dev xb && ip link set xb up; arp -s " HERE
	   " " MAC_HERE);
	net.tx = udp_open(THERE, 4000, HERE, PORT);
	net.far_rx = udp_open(THERE, PORT, NULL, 0);
	in_home();
	net.rx = udp_open(HERE, PORT, NULL, 0);
	net.out = udp_open(HERE, 4000, THERE, PORT);
	return net.tx >= 0 && net.far_rx >= 0 && net.rx >= 0 && net.out >= 0;
}

static inline void net_down(void)
{
	close(net.tx);
	close(net.rx);
	close(net.out);
	close(net.far_rx);
	sh("ip link del xa 2>/dev/null");
	netns_end(net.pid);
	close(net.far);
	close(net.home);
}

/* Waits up to ten seconds for what the expression says. */
#define become(cond)								\
	({									\
		uint64_t become_end_ = now_ns() + 10000000000ull;		\
										\
		while (!(cond) && now_ns() < become_end_)			\
			usleep(2000);						\
		expect(cond);							\
	})

/*
 * n datagrams, the first four bytes of which count up; waits while the socket has no room for more
 * on their way
 */
static inline int send_some(int fd, int n)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	char payload[32] = "0000payload";
	int i, sent = 0;
	ssize_t ret;

	for (i = 0; i < n; i++) {
		memcpy(payload, &i, 4);
		do
			ret = send(fd, payload, sizeof(payload), 0);
		while (ret < 0 && errno == EAGAIN && poll(&p, 1, 10000) == 1);
		sent += ret == sizeof(payload);
	}
	return sent;
}

/* Receives until @n came (ten seconds at most); how many did. The last one is in net_last. */
static char net_last[2048];

static inline int receive(int fd, int n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int got = 0;

	while (got < n && poll(&p, 1, 10000) == 1)
		while (recv(fd, net_last, sizeof(net_last), 0) > 0)
			got++;
	return got;
}

/* What lies in the queue now. */
static inline int drain(int fd)
{
	int got = 0;

	while (recv(fd, net_last, sizeof(net_last), 0) > 0)
		got++;
	return got;
}

/* Until a packet arrives each way: the devices are up. */
static inline bool net_warm(void)
{
	int i, here = 0, there = 0;

	for (i = 0; i < 500 && !(here && there); i++) {
		send_some(net.tx, 1);
		send_some(net.out, 1);
		usleep(20000);
		here += drain(net.rx);
		there += drain(net.far_rx);
	}
	usleep(20000);
	drain(net.rx);
	drain(net.far_rx);
	return here && there;
}

/* ---- programs and links ---- */

#define PACKET(size, off)	INSN(BPF_LD | BPF_ABS | (size), 0, 0, 0, off)
#define FIELD(name)		((__s16)offsetof(struct __sk_buff, name))

/* R6 = context; goes @skip further unless it is an IPv4 UDP packet to @port. Seven instructions. */
#define FOR_PORT(port, skip)							\
	MOV_REG(R6, R1), PACKET(BPF_H, 12), JUMP_IMM(BPF_JNE, R0, 0x0800, 4 + (skip)), \
	PACKET(BPF_B, 23), JUMP_IMM(BPF_JNE, R0, 17, 2 + (skip)), \
	PACKET(BPF_H, 36), JUMP_IMM(BPF_JNE, R0, port, skip)

#define COUNT_LEN 4	/* instructions of COUNT_UP */
#define RET(value)	MOV_IMM(R0, (__s32)(value)), EXIT

static int counters __attribute__((unused));

static inline int net_load(__u32 type, const struct bpf_insn *insns, __u32 n)
{
	int fd = xbpf_prog_load(type, "packet", insns, n, 0);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

#define net_prog(type, ...)							\
	({									\
		const struct bpf_insn net_insns_[] = { __VA_ARGS__ };		\
		net_load(type, net_insns_, ARRAY_SIZE(net_insns_));		\
	})
#define cls(...)	net_prog(BPF_PROG_TYPE_SCHED_CLS, __VA_ARGS__)
#define tap(...)	net_prog(BPF_PROG_TYPE_SOCKET_FILTER, __VA_ARGS__)

/* Counts our UDP packets in counter @which, and says @verdict to them and OK to all others. */
static inline int counting(__u32 which, int verdict)
{
	return cls(FOR_PORT(PORT, COUNT_LEN + 2), COUNT_UP(counters, which), RET(verdict), RET(TC_ACT_OK));
}

static inline int net_attach_at(__u32 type, int prog, int ifindex, int priority)
{
	struct xbpf_link_create c = {
		.type = type, .prog_fd = (__u32)prog, .target = (__u32)ifindex, .priority = priority,
	};

	return xbpf_sys(XBPF_LINK_CREATE, &c, sizeof(c));
}

static inline int net_attach(__u32 type, int prog)
{
	int link = net_attach_at(type, prog, net.near_if, 0);

	expect(link >= 0, "%s", xbpf_words());
	return link;
}

static inline struct xbpf_link_info net_info(int link)
{
	struct xbpf_link_info info;

	expect_eq(xbpf_link_info_get(link, &info), 0);
	return info;
}

static inline __u64 counted(__u32 which)
{
	return xbpf_counter(counters, which);
}

#endif
