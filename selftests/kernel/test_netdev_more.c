/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to network devices, on what is more than a small packet on a device that stays: segments
 * that the sender leaves to the device (GSO), and devices that go while packets flow.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <netinet/tcp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "net.h"

/* ---- large segments ---- */

#define BULK	200000
#define OUT	0x7000	/* a jump to the last two instructions */

enum { SEGMENTS, LAST_BYTE, STORED, PULLED };

/* Jumps with the offset OUT get their real one. */
static int load_out(__u32 type, struct bpf_insn *insns, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (BPF_CLASS(insns[i].code) == BPF_JMP && insns[i].off == OUT)
			insns[i].off = (__s16)(n - 2 - i - 1);
	return net_load(type, insns, (__u32)n);
}

/*
 * TCP over IPv4 in at least two segments: counts it; its last byte is an 'a'. R7: where that one
 * is.
 */
#define FIND_LAST(counter)							\
	MOV_REG(R6, R1), PACKET(BPF_H, 12), JUMP_IMM(BPF_JNE, R0, 0x0800, OUT), \
	PACKET(BPF_B, 23), JUMP_IMM(BPF_JNE, R0, IPPROTO_TCP, OUT),		\
	LOAD(BPF_W, R0, R6, FIELD(gso_segs)), JUMP_IMM(BPF_JLT, R0, 2, OUT),	\
	LOAD(BPF_W, R0, R6, FIELD(gso_size)), JUMP_IMM(BPF_JEQ, R0, 0, OUT),	\
	COUNT_UP(counters, (counter) + SEGMENTS),				\
	LOAD(BPF_W, R7, R6, FIELD(len)), ALU64_IMM(BPF_SUB, R7, 1),		\
	MOV_REG(R1, R6), MOV_REG(R2, R7), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 1), \
	CALL(BPF_FUNC_skb_load_bytes), JUMP_IMM(BPF_JNE, R0, 0, OUT),		\
	LOAD(BPF_B, R0, R10, -8), JUMP_IMM(BPF_JNE, R0, 'a', OUT),		\
	COUNT_UP(counters, (counter) + LAST_BYTE)

/* ... makes a 'b' of it, and has all of the bytes made linear. */
static int changing(__u32 counter)
{
	struct bpf_insn insns[] = {
		FIND_LAST(counter),
		STORE_IMM(BPF_B, R10, -8, 'b'), MOV_REG(R1, R6), MOV_REG(R2, R7), MOV_REG(R3, R10),
		ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 1), MOV_IMM(R5, 0), CALL(BPF_FUNC_skb_store_bytes),
		JUMP_IMM(BPF_JNE, R0, 0, OUT), COUNT_UP(counters, counter + STORED),
		MOV_REG(R1, R6), LOAD(BPF_W, R2, R6, FIELD(len)), CALL(BPF_FUNC_skb_pull_data),
		JUMP_IMM(BPF_JNE, R0, 0, OUT),
		/*
		 * the bytes of pages are within reach of a packet pointer now; two segments have
		 * more than a thousand
		 */
		LOAD(BPF_W, R2, R6, FIELD(data)), LOAD(BPF_W, R3, R6, FIELD(data_end)), MOV_REG(R4, R2),
		ALU64_IMM(BPF_ADD, R4, 1000), JUMP_REG(BPF_JGT, R4, R3, OUT),
		LOAD(BPF_B, R0, R2, 999), JUMP_IMM(BPF_JNE, R0, 'a', OUT), COUNT_UP(counters, counter + PULLED),
		RET(TC_ACT_OK),
	};

	return load_out(BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
}

static int looking(__u32 counter)
{
	struct bpf_insn insns[] = { FIND_LAST(counter), RET(0) };

	return load_out(BPF_PROG_TYPE_SOCKET_FILTER, insns, ARRAY_SIZE(insns));
}

static void connected(int fds[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = 4 << 20, on = 1, i;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	inet_pton(AF_INET, HERE, &a.sin_addr);
	expect(!bind(server, (struct sockaddr *)&a, sizeof(a)) && !listen(server, 1));
	in_far();
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	in_home();
	expect(!connect(fds[1], (struct sockaddr *)&a, sizeof(a)), "%s", strerror(errno));
	fds[0] = accept(server, NULL, NULL);
	for (i = 0; i < 2; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
		setsockopt(fds[i], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	}
	close(server);
}

/* BULK times 'a' from one to the other; how many came as 'b', or -1 when other bytes came. */
/*
 * How many bytes were changed on their way.  *again: segments that TCP sent more than once, as it
 * does when a busy machine answers late; of their copies one arrives.
 */
static int bulk(int from, int to, __u32 *again)
{
	static char bytes[BULK];
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	struct pollfd p = { .fd = to, .events = POLLIN };
	int got = 0, changed = 0, i;
	ssize_t n;

	memset(bytes, 'a', sizeof(bytes));
	if (!expect_eq(send(from, bytes, sizeof(bytes), 0), BULK))
		return -1;
	while (got < BULK && poll(&p, 1, 20000) == 1) {
		n = recv(to, bytes, sizeof(bytes), 0);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++) {
			changed += bytes[i] == 'b';
			if (bytes[i] != 'a' && bytes[i] != 'b')
				return -1;
		}
		got += (int)n;
	}
	expect_eq(got, BULK);
	expect_eq(getsockopt(from, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	*again = info.tcpi_total_retrans;
	return changed;
}

static void all_changed(__u32 counter, int changed, __u32 again)
{
	__u64 n = counted(counter + SEGMENTS);

	tap_diag("%llu packets of several segments, %u segments sent again", (unsigned long long)n, again);
	expect(n > 0, "no packet of several segments: is GSO off?");
	expect_eq(counted(counter + LAST_BYTE), n);
	expect_eq(counted(counter + STORED), n);
	expect_eq(counted(counter + PULLED), n);
	expect((__u64)changed <= n && (__u64)changed + again >= n, "%d bytes were changed", changed);
}

static void segments(void)
{
	int in = changing(0), out = changing(8), links[2], fds[2], changed;
	__u32 again;

	links[0] = net_attach(XBPF_LINK_INGRESS, in);
	links[1] = net_attach(XBPF_LINK_EGRESS, out);
	connected(fds);
	changed = bulk(fds[1], fds[0], &again);
	all_changed(0, changed, again);
	changed = bulk(fds[0], fds[1], &again);
	all_changed(8, changed, again);
	expect_eq(net_info(links[0]).miss_cnt, 0);
	close(links[0]);
	close(links[1]);
	close(in);
	close(out);
	close(fds[0]);
	close(fds[1]);
}

static void tapped_segments(void)
{
	int eye = looking(0), link = net_attach(XBPF_LINK_TAP, eye), fds[2];
	__u32 again;
	__u64 n;

	connected(fds);
	expect_eq(bulk(fds[1], fds[0], &again), 0);
	n = counted(SEGMENTS);
	expect(n > 0, "no packet of several segments came in");
	expect_eq(bulk(fds[0], fds[1], &again), 0);
	expect(counted(SEGMENTS) > n, "no packet of several segments went out");
	expect_eq(counted(LAST_BYTE), counted(SEGMENTS));
	close(link);
	close(eye);
	close(fds[0]);
	close(fds[1]);
}

/* ---- devices that go while packets flow ---- */

static volatile bool stop;

/*
 * Frames out of a device, and so into its peer, until it is gone; what the kernel says of it does
 * not matter.
 */
static void *frames(void *arg)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = *(int *)arg,
				  .sll_halen = ETH_ALEN };
	/* local experimental ethertype */
	char frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	while (!stop)
		if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			sched_yield();
	close(fd);
	return NULL;
}

/* The device "ya" is deleted, or goes to the other namespace. */
static void goes_under_traffic(bool moves)
{
	int prog = cls(COUNT_UP(counters, 0), RET(TC_ACT_OK)),
		eye = tap(COUNT_UP(counters, 1), RET(0)), round, i;
	static const __u32 types[] = { XBPF_LINK_INGRESS, XBPF_LINK_EGRESS, XBPF_LINK_TAP };

	for (round = 0; round < 4; round++) {
		int index[2], links[ARRAY_SIZE(types)];
		pthread_t threads[2];
		__u64 before[2];

		if (!expect(veth_new("ya", "yb", 0)))
			break;
		sh("ip link set ya up; ip link set yb up");
		index[0] = (int)if_nametoindex("ya");
		index[1] = (int)if_nametoindex("yb");
		for (i = 0; i < (int)ARRAY_SIZE(types); i++) {
			links[i] = net_attach_at(types[i], types[i] == XBPF_LINK_TAP ? eye : prog, index[0], 0);
			expect(links[i] >= 0, "%s", xbpf_words());
		}
		stop = false;
		for (i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, frames, &index[i]);
		for (i = 0; i < (int)ARRAY_SIZE(types); i++)
			become(net_info(links[i]).run_cnt >= 20);
		expect_eq(moves ? sh("ip link set ya netns %d", net.pid) : sh("ip link del ya"), 0);
		for (i = 0; i < (int)ARRAY_SIZE(types); i++) {
			become(!net_info(links[i]).attached);
			expect(net_info(links[i]).prog_id != 0, "the program went, too");
		}
		/* frames may still be sent where the device is now; they are nobody's */
		before[0] = counted(0);
		before[1] = counted(1);
		usleep(1000);
		expect_eq(counted(0), before[0]);
		expect_eq(counted(1), before[1]);
		stop = true;
		for (i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		for (i = 0; i < (int)ARRAY_SIZE(types); i++)
			close(links[i]);
		sh("ip link del yb 2>/dev/null");
	}
	close(prog);
	close(eye);
}

static void deleted(void)
{
	goes_under_traffic(false);
}

static void moved(void)
{
	goes_under_traffic(true);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "packets of several segments are read, written and pulled at ingress and egress", segments },
		{ "a tap reads them to the last byte", tapped_segments },
		{ "a device is deleted while packets flow: its links are dead", deleted },
		{ "a device moves to another namespace while packets flow", moved },
	};
	unsigned int i;
	int ret;

	counters = xbpf_counters_new(16);
	if (!net_up() || !net_warm()) {
		printf("Bail out! no veth pair between two namespaces\n");
		return 1;
	}
	tap_plan(tap_count(tests));
	for (i = 0; i < tap_count(tests); i++) {
		tap_state.bad = false;
		xbpf_counters_reset(counters);
		tests[i].run();
		tap_ok(!tap_state.bad, "%s", tests[i].name);
	}
	ret = tap_done();
	net_down();
	close(counters);
	return ret;
}
