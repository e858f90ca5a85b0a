/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks at devices and system calls hold the module, and let it go while packets flow and calls are
 * made.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <linux/seccomp.h>
#include "net.h"

static volatile int stop;

static void *flood(void *arg)
{
	(void)arg;
	while (!stop) {
		send_some(net.tx, 20);
		send_some(net.out, 20);
		drain(net.rx);
		drain(net.far_rx);
	}
	return NULL;
}

static int unload(void)
{
	xbpf_close();
	return (int)syscall(SYS_delete_module, "xbpf", O_NONBLOCK);
}

/* Held by @link, and free at once after the last close. */
static void held_by(int link)
{
	if (!expect(link >= 0, "%s", xbpf_words()))
		return;
	refused(unload(), EWOULDBLOCK);
	close(link);
	expect(unload() == 0, "still held after the last close: %s", strerror(errno));
	send_some(net.tx, 50);
	expect_eq(receive(net.rx, 50), 50);
	expect_eq(sh("modprobe xbpf"), 0);
}

static int link_of(__u32 type, int prog, int target)
{
	int link = net_attach_at(type, prog, target, 0);

	close(prog);
	send_some(net.tx, 50);
	expect_eq(receive(net.rx, 50), 50);
	return link;
}

static void ingress(void)
{
	held_by(link_of(XBPF_LINK_INGRESS, cls(RET(TC_ACT_OK)), net.near_if));
}

static void egress(void)
{
	held_by(link_of(XBPF_LINK_EGRESS, cls(RET(TC_ACT_OK)), net.near_if));
}

static void filter(void)
{
	held_by(link_of(XBPF_LINK_SYSCALL_FILTER, net_prog(XBPF_PROG_TYPE_SYSCALL_FILTER,
							   RET(SECCOMP_RET_ALLOW)), getpid()));
}

/* The program keeps nothing, the link nothing but a device that is gone. */
static void dead_link(void)
{
	int link;

	if (!expect(veth_new("ya", "yb", 0)))
		return;
	link = link_of(XBPF_LINK_INGRESS, cls(RET(TC_ACT_OK)), (int)if_nametoindex("ya"));
	expect_eq(sh("ip link del ya"), 0);
	held_by(link);
}

/* A link holds the module, and its last close lets it go, while packets flow and calls are made. */
static void under_traffic(__u32 type, __u32 prog_type, __s32 verdict)
{
	pthread_t t;
	int i, link;

	stop = 0;
	pthread_create(&t, NULL, flood, NULL);
	for (i = 0; i < 3; i++) {
		int prog = net_prog(prog_type, MOV_REG(R6, R1), RET(verdict));
		struct xbpf_link_info before, after;

		link = net_attach_at(type, prog, type == XBPF_LINK_SYSCALL_FILTER ? getpid() : net.near_if, 0);
		close(prog);
		if (!expect(link >= 0, "%s", xbpf_words()))
			break;
		before = net_info(link);
		do
			after = net_info(link);
		while (after.run_cnt < before.run_cnt + 3);
		refused(unload(), EWOULDBLOCK);
		close(link);
		expect(unload() == 0, "still held after the last close: %s", strerror(errno));
		expect_eq(sh("modprobe xbpf"), 0);
	}
	stop = 1;
	pthread_join(t, NULL);
}

static void tap_under_traffic(void)
{
	under_traffic(XBPF_LINK_TAP, BPF_PROG_TYPE_SOCKET_FILTER, 0);
}

static void ingress_under_traffic(void)
{
	under_traffic(XBPF_LINK_INGRESS, BPF_PROG_TYPE_SCHED_CLS, TC_ACT_OK);
}

static void egress_under_traffic(void)
{
	under_traffic(XBPF_LINK_EGRESS, BPF_PROG_TYPE_SCHED_CLS, TC_ACT_OK);
}

static void filter_under_calls(void)
{
	under_traffic(XBPF_LINK_SYSCALL_FILTER, XBPF_PROG_TYPE_SYSCALL_FILTER, SECCOMP_RET_ALLOW);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "an ingress link holds the module", ingress },
		{ "an egress link does", egress },
		{ "a syscall filter does", filter },
		{ "so does a link whose device is gone", dead_link },
		{ "a tap is taken off and the module unloaded while packets flow", tap_under_traffic },
		{ "an ingress link is", ingress_under_traffic },
		{ "an egress link is", egress_under_traffic },
		{ "a syscall filter is, while calls are made", filter_under_calls },
	};
	int ret;

	if (!net_up() || !net_warm()) {
		printf("Bail out! no veth pair between two namespaces\n");
		return 1;
	}
	while (!umount(XBPF_FS_PATH))
		;
	ret = tap_run(tests, tap_count(tests));
	net_down();
	xbpf_mount();
	return ret;
}
