/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links to network devices, on traffic between two namespaces: verdicts, writes, and devices that
 * go away.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include "net.h"

/* ---- ingress and egress ---- */

static void ingress_counts(void)
{
	int prog = counting(0, TC_ACT_OK), link = net_attach(XBPF_LINK_INGRESS, prog);

	expect_eq(send_some(net.tx, 100), 100);
	expect_eq(receive(net.rx, 100), 100);
	expect_eq(counted(0), 100);
	expect(net_info(link).run_cnt >= 100, "%llu runs", (unsigned long long)net_info(link).run_cnt);
	expect_eq(net_info(link).denied, 0);
	/* the other direction is not seen */
	expect_eq(send_some(net.out, 10), 10);
	expect_eq(receive(net.far_rx, 10), 10);
	expect_eq(counted(0), 100);
	close(link);
	close(prog);
}

static void egress_counts(void)
{
	int prog = counting(0, TC_ACT_OK), link = net_attach(XBPF_LINK_EGRESS, prog);

	expect_eq(send_some(net.out, 100), 100);
	expect_eq(receive(net.far_rx, 100), 100);
	expect_eq(counted(0), 100);
	expect_eq(send_some(net.tx, 10), 10);
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(counted(0), 100);
	close(link);
	close(prog);
}

static void describes_itself(void)
{
	int prog = counting(0, TC_ACT_OK), link = net_attach_at(XBPF_LINK_EGRESS, prog, net.near_if, -7);
	struct xbpf_link_info info = net_info(link);

	expect_eq(info.link_type, XBPF_LINK_EGRESS);
	expect_eq(info.target, net.near_if);
	expect_eq(info.priority, -7);
	expect_eq(info.attached, 1);
	expect_str(info.name, "xa");
	expect_eq(info.prog_id, xbpf_prog_id(prog));
	expect_eq(xbpf_link_detach(link), 0);
	info = net_info(link);
	expect_eq(info.attached, 0);
	expect_eq(info.prog_id, 0);
	close(link);
	close(prog);
}

static void ends(int type, int tx, int rx)
{
	int prog = counting(0, TC_ACT_OK), link = net_attach((__u32)type, prog);

	send_some(tx, 5);
	expect_eq(receive(rx, 5), 5);
	close(link);
	send_some(tx, 5);
	expect_eq(receive(rx, 5), 5);
	expect_eq(counted(0), 5);
	close(prog);
}

static void closing_ends(void)
{
	ends(XBPF_LINK_INGRESS, net.tx, net.rx);
	xbpf_counters_reset(counters);
	ends(XBPF_LINK_EGRESS, net.out, net.far_rx);
}

/* Of datagrams to two ports those to one are dropped, by @verdict. */
static void drops(__u32 type, int tx, int rx, int verdict)
{
	int prog = counting(0, verdict), link = net_attach(type, prog);

	xbpf_counters_reset(counters);
	send_some(tx, 20);
	become(net_info(link).denied == 20);
	expect_eq(counted(0), 20);
	close(link);
	/* one behind the others: had they been let through, they would be in front of it */
	send_some(tx, 1);
	expect_eq(receive(rx, 1), 1);
	close(prog);
}

static void shot(void)
{
	drops(XBPF_LINK_INGRESS, net.tx, net.rx, TC_ACT_SHOT);
	drops(XBPF_LINK_EGRESS, net.out, net.far_rx, TC_ACT_SHOT);
}

static void stolen(void)
{
	drops(XBPF_LINK_INGRESS, net.tx, net.rx, TC_ACT_STOLEN);
	drops(XBPF_LINK_EGRESS, net.out, net.far_rx, TC_ACT_QUEUED);
	drops(XBPF_LINK_INGRESS, net.tx, net.rx, TC_ACT_TRAP);
	drops(XBPF_LINK_INGRESS, net.tx, net.rx, TC_ACT_REDIRECT);
}

static void goes_on(void)
{
	static const int verdicts[] = { TC_ACT_UNSPEC, TC_ACT_OK, TC_ACT_RECLASSIFY, TC_ACT_PIPE,
					TC_ACT_REPEAT, 100, -5 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		int prog = counting(0, verdicts[i]), link = net_attach(XBPF_LINK_INGRESS, prog);

		send_some(net.tx, 3);
		expect_eq(receive(net.rx, 3), 3);
		expect_eq(net_info(link).denied, 0);
		close(link);
		close(prog);
	}
	expect_eq(counted(0), 3 * ARRAY_SIZE(verdicts));
}

/* By the number in the datagram: every other one passes. */
static void every_other(void)
{
	int prog = cls(FOR_PORT(PORT, 4), PACKET(BPF_B, 42), ALU64_IMM(BPF_AND, R0, 1),
		       JUMP_IMM(BPF_JEQ, R0, 0, 1), MOV_IMM(R0, TC_ACT_SHOT), EXIT);
	int link = net_attach(XBPF_LINK_INGRESS, prog);

	/*
	 * what is not ours falls through to exit with what was read: a protocol's number; only UDP
	 * to us may go on
	 */
	send_some(net.tx, 100);
	expect_eq(receive(net.rx, 50), 50);
	expect_eq(net_info(link).denied >= 50, 1);
	close(link);
	close(prog);
}

static void order(void)
{
	/* the first marks, the second counts what is marked; attached the other way round */
	int mark = cls(FOR_PORT(PORT, 1), STORE_IMM(BPF_W, R6, FIELD(mark), 42), RET(TC_ACT_UNSPEC));
	int count = cls(MOV_REG(R6, R1), LOAD(BPF_W, R0, R1, FIELD(mark)),
			JUMP_IMM(BPF_JNE, R0, 42, COUNT_LEN),
			COUNT_UP(counters, 0), RET(TC_ACT_OK));
	int second = net_attach_at(XBPF_LINK_INGRESS, count, net.near_if, 10);
	int first = net_attach_at(XBPF_LINK_INGRESS, mark, net.near_if, -10);

	expect(first >= 0 && second >= 0, "%s", xbpf_words());
	send_some(net.tx, 10);
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(counted(0), 10);
	close(first);
	first = net_attach_at(XBPF_LINK_INGRESS, mark, net.near_if, 20);
	send_some(net.tx, 10);
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(counted(0), 10);
	close(first);
	close(second);
	close(mark);
	close(count);
}

/* What the first wrote to cb the second reads. */
static void notes_between(void)
{
	int write = cls(FOR_PORT(PORT, 1), STORE_IMM(BPF_W, R6, FIELD(cb[2]), 1234), RET(TC_ACT_UNSPEC));
	int read = cls(LOAD(BPF_W, R0, R1, FIELD(cb[2])), JUMP_IMM(BPF_JNE, R0, 1234, COUNT_LEN),
		       COUNT_UP(counters, 0), RET(TC_ACT_OK));
	int a = net_attach_at(XBPF_LINK_EGRESS, write, net.near_if, 1),
		b = net_attach_at(XBPF_LINK_EGRESS, read, net.near_if, 2);

	send_some(net.out, 10);
	expect_eq(receive(net.far_rx, 10), 10);
	expect_eq(counted(0), 10);
	close(a);
	close(b);
	close(write);
	close(read);
}

/*
 * What no program reached so far is not filled, and not written back; the first one that does comes
 * behind a tail call of one that is attached already. (The first test: later ones find it all
 * filled.)
 */
static void reached_late(void)
{
	int table = xbpf_table_new("late", 1), late;
	int entry = cls(FOR_PORT(PORT, 5), MOV_REG(R1, R6), MOV_IMM(R3, 0), TAIL_CALL(table),
			RET(TC_ACT_OK));
	int marked = cls(LOAD(BPF_W, R0, R1, FIELD(mark)), JUMP_IMM(BPF_JNE, R0, 77, COUNT_LEN),
			 COUNT_UP(counters, 1), RET(TC_ACT_OK));
	int first = net_attach_at(XBPF_LINK_INGRESS, entry, net.near_if, 1);
	int second = net_attach_at(XBPF_LINK_INGRESS, marked, net.near_if, 2);

	send_some(net.tx, 5);
	expect_eq(receive(net.rx, 5), 5);
	late = cls(LOAD(BPF_W, R0, R1, FIELD(wire_len)), JUMP_IMM(BPF_JNE, R0, 42 + 32, 9 + COUNT_LEN),
		   LOAD(BPF_W, R0, R1, FIELD(ifindex)), JUMP_IMM(BPF_JNE, R0, net.near_if, 7 + COUNT_LEN),
		   LOAD(BPF_W, R0, R1, FIELD(vlan_present)), JUMP_IMM(BPF_JNE, R0, 0, 5 + COUNT_LEN),
		   LOAD(BPF_W, R0, R1, FIELD(pkt_type)), JUMP_IMM(BPF_JNE, R0, 0, 3 + COUNT_LEN),
		   LOAD(BPF_W, R0, R1, FIELD(tc_index)), STORE_IMM(BPF_W, R1, FIELD(mark), 77), MOV_IMM(R0, 0),
		   COUNT_UP(counters, 0), RET(TC_ACT_OK));
	expect_eq(xbpf_slot_set(table, 0, late), 0);
	send_some(net.tx, 10);
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(counted(0), 10);
	expect_eq(counted(1), 10);
	close(first);
	close(second);
	close(late);
	close(entry);
	close(marked);
	close(table);
}

/* ---- writing ---- */

#define STORE_AT(off, n, flags)							\
	MOV_REG(R1, R6), MOV_IMM(R2, off), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, n), \
	MOV_IMM(R5, flags), CALL(BPF_FUNC_skb_store_bytes)

static void writes_payload(__u32 type, int tx, int rx)
{
	int prog = cls(FOR_PORT(PORT, 8), STORE_IMM(BPF_W, R10, -8, 0x44434241),
		       STORE_AT(46, 4, BPF_F_RECOMPUTE_CSUM), RET(TC_ACT_OK));
	int link = net_attach(type, prog);

	send_some(tx, 3);
	expect_eq(receive(rx, 3), 3);
	expect(!memcmp(net_last + 4, "ABCDoad", 7), "payload \"%.7s\"", net_last + 4);
	close(link);
	close(prog);
}

static void payload(void)
{
	writes_payload(XBPF_LINK_INGRESS, net.tx, net.rx);
	writes_payload(XBPF_LINK_EGRESS, net.out, net.far_rx);
}

/* To another port, with the sum mended; a packet socket's copy must stay as it was. */
static void port_changed(void)
{
	int rx = udp_open(HERE, 5001, NULL, 0);
	int prog = cls(FOR_PORT(PORT, 14), MOV_REG(R1, R6), MOV_IMM(R2, 40),
		       MOV_IMM(R3, htons(PORT)), MOV_IMM(R4, htons(5001)),
		       MOV_IMM(R5, 2), CALL(BPF_FUNC_l4_csum_replace), STORE_IMM(BPF_H, R10, -8, htons(5001)),
		       STORE_AT(36, 2, 0), RET(TC_ACT_OK));
	int link = net_attach(XBPF_LINK_INGRESS, prog);
	char bytes[64];
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0003)), n = 0;
	struct pollfd p = { .fd = raw, .events = POLLIN };

	send_some(net.tx, 10);
	expect_eq(receive(rx, 10), 10);
	expect_eq(drain(net.rx), 0);
	while (n < 10 && poll(&p, 1, 10000) == 1)
		if (recv(raw, bytes, sizeof(bytes), 0) >= 42 && bytes[23] == 17 && bytes[36] == PORT >> 8 &&
		    (unsigned char)bytes[37] == (PORT & 255))
			n++;
	expect_eq(n, 10);
	close(raw);
	close(rx);
	close(link);
	close(prog);
}

/*
 * R2: the packet, if it is UDP to our port and has 50 bytes; else goes @skip further. R6 = context.
 * Twelve instructions.
 */
#define DIRECT(skip)								\
	MOV_REG(R6, R1), LOAD(BPF_W, R2, R1, FIELD(data)), LOAD(BPF_W, R3, R1, FIELD(data_end)), \
		MOV_REG(R4, R2), \
	ALU64_IMM(BPF_ADD, R4, 50), JUMP_REG(BPF_JGT, R4, R3, 6 + (skip)), LOAD(BPF_H, R0, R2, 12), \
	JUMP_IMM(BPF_JNE, R0, htons(0x0800), 4 + (skip)), LOAD(BPF_B, R0, R2, 23), \
	JUMP_IMM(BPF_JNE, R0, 17, 2 + (skip)), \
	LOAD(BPF_H, R0, R2, 36), JUMP_IMM(BPF_JNE, R0, htons(PORT), skip)

/*
 * @writes puts "ABCD" into our packets; a packet socket that saw them before has them as they were.
 */
static void writes_directly(int prog)
{
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0003)), n = 0, bad = 0;
	int link = net_attach(XBPF_LINK_INGRESS, prog);
	struct pollfd p = { .fd = raw, .events = POLLIN };
	char bytes[128];

	send_some(net.tx, 10);
	expect_eq(receive(net.rx, 10), 10);
	expect(!memcmp(net_last + 4, "ABCDoad", 7), "payload \"%.7s\"", net_last + 4);
	while (n < 10 && poll(&p, 1, 10000) == 1)
		if (recv(raw, bytes, sizeof(bytes), 0) >= 57 && bytes[23] == 17 && bytes[36] == PORT >> 8) {
			n++;
			bad += memcmp(bytes + 46, "payload", 7) != 0;
		}
	expect_eq(n, 10);
	expect_eq(bad, 0);
	close(raw);
	close(link);
}

static void direct_write(void)
{
	int prog = cls(DIRECT(1), STORE_IMM(BPF_W, R2, 46, 0x44434241), RET(TC_ACT_OK));

	writes_directly(prog);
	close(prog);
}

static void direct_write_behind_tail_call(void)
{
	int table = xbpf_table_new("writers", 1),
		writer = cls(DIRECT(1), STORE_IMM(BPF_W, R2, 46, 0x44434241), RET(TC_ACT_OK));
	int entry = cls(MOV_IMM(R3, 0), TAIL_CALL(table), RET(TC_ACT_SHOT));

	expect_eq(xbpf_slot_set(table, 0, writer), 0);
	writes_directly(entry);
	close(entry);
	close(writer);
	close(table);
}

/* Bytes of fragments that lie in pages are behind data_end until they are pulled. */
static void direct_read(void)
{
	int prog = cls(DIRECT(8 + COUNT_LEN), MOV_REG(R1, R6), MOV_IMM(R2, 60),
		       CALL(BPF_FUNC_skb_pull_data),
		       LOAD(BPF_W, R2, R6, FIELD(data)), LOAD(BPF_W, R3, R6, FIELD(data_end)), MOV_REG(R4, R2),
		       ALU64_IMM(BPF_ADD, R4, 60), JUMP_REG(BPF_JGT, R4, R3, COUNT_LEN),
		       COUNT_UP(counters, 0), RET(TC_ACT_OK));
	int link = net_attach(XBPF_LINK_EGRESS, prog);

	send_some(net.out, 10);
	expect_eq(receive(net.far_rx, 10), 10);
	expect_eq(counted(0), 10);
	close(link);
	close(prog);
}

/* Large datagrams come in fragments, the bytes of which lie in pages. */
static void large(void)
{
	int prog = cls(MOV_REG(R6, R1), PACKET(BPF_H, 12), JUMP_IMM(BPF_JNE, R0, 0x0800, 8),
		       LOAD(BPF_W, R2, R6, FIELD(len)), MOV_REG(R1, R6), CALL(BPF_FUNC_skb_pull_data),
		       JUMP_IMM(BPF_JNE, R0, 0, 4), COUNT_UP(counters, 0), RET(TC_ACT_OK));
	int in = net_attach(XBPF_LINK_INGRESS, prog), out = net_attach(XBPF_LINK_EGRESS, prog);
	static char big[20000], got[20000];
	struct pollfd p = { .fd = net.rx, .events = POLLIN };
	ssize_t n;

	memset(big, 'b', sizeof(big));
	expect_eq(send(net.tx, big, sizeof(big), 0), sizeof(big));
	expect_eq(poll(&p, 1, 10000), 1);
	n = recv(net.rx, got, sizeof(got), 0);
	expect_eq(n, sizeof(big));
	expect(!memcmp(big, got, sizeof(big)), "other bytes");
	expect(counted(0) >= 1, "no run");
	close(in);
	close(out);
	close(prog);
}

/* ---- under traffic ---- */

#define FLOOD 4000

/* Half of them in another thread while the caller changes things. */
static void *flood(void *arg)
{
	int i;

	for (i = 0; i < FLOOD / 50; i++) {
		send_some(net.tx, 50);
		sched_yield();
	}
	*(volatile int *)arg = 1;
	return NULL;
}

/*
 * A table by protocol: UDP's slot has one of two programs all the time; each packet is counted by
 * one of them.
 */
static void slots_replaced(void)
{
	int table = xbpf_table_new("by_protocol", 256);
	int entry = cls(FOR_PORT(PORT, 5 + COUNT_LEN), MOV_REG(R1, R6), MOV_IMM(R3, 17),
			TAIL_CALL(table), COUNT_UP(counters, 2),
			RET(TC_ACT_OK));
	int one = counting(0, TC_ACT_OK), two = counting(1, TC_ACT_OK), link, i = 0;
	volatile int done = 0;
	pthread_t t;

	expect_eq(xbpf_slot_set(table, 17, one), 0);
	link = net_attach(XBPF_LINK_INGRESS, entry);
	pthread_create(&t, NULL, flood, (void *)&done);
	while (!done)
		expect_eq(xbpf_slot_set(table, 17, i++ % 2 ? one : two), 0);
	pthread_join(t, NULL);
	expect_eq(receive(net.rx, FLOOD), FLOOD);
	expect_eq(counted(0) + counted(1), FLOOD);
	expect_eq(counted(2), 0);
	expect_eq(net_info(link).miss_cnt, 0);
	tap_diag("%d replacements, %llu and %llu packets", i, (unsigned long long)counted(0),
		 (unsigned long long)counted(1));
	close(link);
	close(entry);
	close(one);
	close(two);
	close(table);
}

static int update(int link, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link;
	attr.link_update.new_prog_fd = (__u32)prog;
	return xbpf_sys(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

static void updated(void)
{
	int one = counting(0, TC_ACT_OK), two = counting(1, TC_ACT_OK),
		link = net_attach(XBPF_LINK_INGRESS, one), i = 0;
	volatile int done = 0;
	pthread_t t;

	pthread_create(&t, NULL, flood, (void *)&done);
	while (!done)
		expect_eq(update(link, i++ % 2 ? one : two), 0);
	pthread_join(t, NULL);
	expect_eq(receive(net.rx, FLOOD), FLOOD);
	expect_eq(counted(0) + counted(1), FLOOD);
	close(link);
	close(one);
	close(two);
}

static void comes_and_goes(void)
{
	static const __u32 types[] = { XBPF_LINK_INGRESS, XBPF_LINK_EGRESS, XBPF_LINK_TAP };
	int prog = counting(0, TC_ACT_OK), eye = tap(RET(0)), i = 0, link;
	volatile int done = 0;
	pthread_t t;

	pthread_create(&t, NULL, flood, (void *)&done);
	for (; !done || i < 30; i++) {
		link = net_attach(types[i % 3], i % 3 == 2 ? eye : prog);
		if (i % 2)
			expect_eq(xbpf_link_detach(link), 0);
		close(link);
	}
	pthread_join(t, NULL);
	expect_eq(receive(net.rx, FLOOD), FLOOD);
	close(prog);
	close(eye);
}

/* ---- taps ---- */

static void tap_both_ways(void)
{
	int prog = tap(FOR_PORT(PORT, COUNT_LEN), COUNT_UP(counters, 0), RET(0));
	int link = net_attach(XBPF_LINK_TAP, prog);

	send_some(net.tx, 10);
	send_some(net.out, 7);
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(receive(net.far_rx, 7), 7);
	become(counted(0) == 17);
	expect_eq(net_info(link).link_type, XBPF_LINK_TAP);
	expect_str(net_info(link).name, "xa");
	close(link);
	send_some(net.tx, 3);
	expect_eq(receive(net.rx, 3), 3);
	expect_eq(counted(0), 17);
	close(prog);
}

/* Direction, length, protocol and device, as the fields say. */
static void tap_fields(void)
{
	int prog = tap(FOR_PORT(PORT, 8 + COUNT_LEN), LOAD(BPF_W, R0, R6, FIELD(len)),
		       JUMP_IMM(BPF_JNE, R0, 42 + 32, 6 + COUNT_LEN),
		       LOAD(BPF_W, R0, R6, FIELD(protocol)), JUMP_IMM(BPF_JNE, R0, htons(0x0800), 4 + COUNT_LEN),
		       LOAD(BPF_W, R0, R6, FIELD(ifindex)), JUMP_IMM(BPF_JNE, R0, net.near_if, 2 + COUNT_LEN),
		       LOAD(BPF_W, R0, R6, FIELD(pkt_type)), JUMP_IMM(BPF_JNE, R0, 4, COUNT_LEN),
		       COUNT_UP(counters, 0), RET(-1));
	int link = net_attach(XBPF_LINK_TAP, prog);

	send_some(net.tx, 10);		/* PACKET_HOST */
	send_some(net.out, 7);		/* PACKET_OUTGOING: 4 */
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(receive(net.far_rx, 7), 7);
	become(counted(0) == 7);
	close(link);
	close(prog);
}

static void tap_beside_drop(void)
{
	int prog = tap(FOR_PORT(PORT, COUNT_LEN), COUNT_UP(counters, 1), RET(0)),
		drop = counting(0, TC_ACT_SHOT);
	int eye = net_attach(XBPF_LINK_TAP, prog), link = net_attach(XBPF_LINK_INGRESS, drop);

	send_some(net.tx, 10);
	become(net_info(link).denied == 10);
	/* a tap sees what ingress drops afterwards */
	become(counted(1) == 10);
	close(eye);
	close(link);
	close(prog);
	close(drop);
}

static void on_loopback(void)
{
	int lo = (int)if_nametoindex("lo"), rx = udp_open("127.0.0.1", PORT, NULL, 0),
		tx = udp_open("127.0.0.1", 4001, "127.0.0.1", PORT);
	int prog = counting(0, TC_ACT_OK), eye = tap(FOR_PORT(PORT, COUNT_LEN),
						     COUNT_UP(counters, 1), RET(0));
	int in = net_attach_at(XBPF_LINK_INGRESS, prog, lo, 0),
		out = net_attach_at(XBPF_LINK_EGRESS, prog, lo, 0);
	int both = net_attach_at(XBPF_LINK_TAP, eye, lo, 0);

	expect(in >= 0 && out >= 0 && both >= 0, "%s", xbpf_words());
	send_some(tx, 10);
	expect_eq(receive(rx, 10), 10);
	expect_eq(counted(0), 20);
	become(counted(1) == 20);
	close(in);
	close(out);
	close(both);
	close(rx);
	close(tx);
	close(prog);
	close(eye);
}

/* ---- devices that go away ---- */

static void dead(int link)
{
	int prog = counting(0, TC_ACT_OK);

	become(net_info(link).attached == 0);
	expect(net_info(link).prog_id != 0, "the program went, too");
	refused(update(link, prog), ENODEV);
	expect(xbpf_said("gone"), "%s", xbpf_words());
	close(prog);
}

static void device_deleted(void)
{
	int prog = counting(0, TC_ACT_OK), eye = tap(RET(0)), l[3], index;

	if (!expect(veth_new("ya", "yb", 0)))
		return;
	sh("ip link set ya up; ip link set yb up");
	index = (int)if_nametoindex("ya");
	l[0] = net_attach_at(XBPF_LINK_INGRESS, prog, index, 0);
	l[1] = net_attach_at(XBPF_LINK_EGRESS, prog, index, 0);
	l[2] = net_attach_at(XBPF_LINK_TAP, eye, index, 0);
	expect(l[0] >= 0 && l[1] >= 0 && l[2] >= 0, "%s", xbpf_words());
	expect_eq(sh("ip link del ya"), 0);
	dead(l[0]);
	dead(l[1]);
	expect_eq(net_info(l[2]).attached, 0);
	expect_str(net_info(l[2]).name, "ya");
	refused(net_attach_at(XBPF_LINK_INGRESS, prog, index, 0), ENODEV);
	expect_eq(xbpf_link_detach(l[0]), 0);
	close(l[0]);
	close(l[1]);
	close(l[2]);
	close(prog);
	close(eye);
}

static void device_moved(void)
{
	int prog = counting(0, TC_ACT_OK), link;

	if (!expect(veth_new("ya", "yb", 0)))
		return;
	link = net_attach_at(XBPF_LINK_INGRESS, prog, (int)if_nametoindex("ya"), 0);
	expect_eq(sh("ip link set ya netns %d", net.pid), 0);
	dead(link);
	close(link);
	close(prog);
	sh("ip link del yb");
}

static void namespace_ended(void)
{
	int prog = counting(0, TC_ACT_OK), eye = tap(RET(0)),
		home = open("/proc/self/ns/net", O_RDONLY), ns, in, both;
	pid_t pid = netns_new();
	char path[64];

	if (!expect(veth_new("ya", "yb", pid)))
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	ns = open(path, O_RDONLY);
	setns(ns, CLONE_NEWNET);
	in = net_attach_at(XBPF_LINK_INGRESS, prog, (int)if_nametoindex("yb"), 0);
	both = net_attach_at(XBPF_LINK_TAP, eye, (int)if_nametoindex("lo"), 0);
	setns(home, CLONE_NEWNET);
	expect(in >= 0 && both >= 0, "%s", xbpf_words());
	close(ns);
	netns_end(pid);
	dead(in);
	become(net_info(both).attached == 0);
	close(in);
	close(both);
	close(home);
	close(prog);
	close(eye);
}

static void device_renamed(void)
{
	int prog = counting(0, TC_ACT_OK), link;

	if (!expect(veth_new("ya", "yb", 0)))
		return;
	link = net_attach_at(XBPF_LINK_EGRESS, prog, (int)if_nametoindex("ya"), 0);
	expect_eq(sh("ip link set ya name yc"), 0);
	expect_str(net_info(link).name, "yc");
	expect_eq(net_info(link).attached, 1);
	close(link);
	close(prog);
	sh("ip link del yc");
}

static void other_namespace(void)
{
	int prog = counting(0, TC_ACT_OK), link, index;

	in_far();
	index = (int)if_nametoindex("xb");
	link = net_attach_at(XBPF_LINK_EGRESS, prog, index, 0);
	in_home();
	expect(link >= 0, "%s", xbpf_words());
	send_some(net.tx, 10);
	expect_eq(receive(net.rx, 10), 10);
	expect_eq(counted(0), 10);
	close(link);
	close(prog);
}

static void bad_links(void)
{
	int prog = counting(0, TC_ACT_OK), eye = tap(RET(0));

	refused(net_attach_at(XBPF_LINK_INGRESS, prog, 0, 0), EINVAL);
	refused(net_attach_at(XBPF_LINK_INGRESS, prog, 99999, 0), ENODEV);
	expect(xbpf_said("99999"), "%s", xbpf_words());
	refused(net_attach_at(XBPF_LINK_INGRESS, eye, net.near_if, 0), EINVAL);
	refused(net_attach_at(XBPF_LINK_TAP, prog, net.near_if, 0), EINVAL);
	refused(net_attach_at(XBPF_LINK_TAP, eye, net.near_if, 1), EINVAL);
	expect(xbpf_said("priority"), "%s", xbpf_words());
	close(prog);
	close(eye);
}

static const struct tap_test tests[] = {
	{ "a program loaded later, behind a tail call, sees and writes what none did before",
	  reached_late },
	{ "ingress sees what comes in", ingress_counts },
	{ "egress sees what goes out", egress_counts },
	{ "a link says what it is attached to", describes_itself },
	{ "closing the link ends it", closing_ends },
	{ "TC_ACT_SHOT drops, at both sides", shot },
	{ "STOLEN, QUEUED, TRAP, REDIRECT drop, too", stolen },
	{ "all other verdicts let the packet go on", goes_on },
	{ "a verdict by the payload", every_other },
	{ "the smallest priority runs first, and its mark is seen", order },
	{ "cb goes from one program to the next", notes_between },
	{ "writes reach the receiver, at both sides", payload },
	{ "port and checksum rewritten; a packet socket's copy is not", port_changed },
	{ "direct writes reach the receiver alone", direct_write },
	{ "so do those of a program behind a tail call", direct_write_behind_tail_call },
	{ "direct reads, again after a pull", direct_read },
	{ "fragments of large datagrams, pulled", large },
	{ "slots replaced while packets flow: none lost, none counted twice", slots_replaced },
	{ "program replaced in place while packets flow", updated },
	{ "links come and go while packets flow", comes_and_goes },
	{ "a tap sees both directions", tap_both_ways },
	{ "a tap's fields: length, protocol, device, direction", tap_fields },
	{ "a tap sees what ingress drops", tap_beside_drop },
	{ "loopback", on_loopback },
	{ "device deleted: the links are dead and say so", device_deleted },
	{ "device moved to another namespace", device_moved },
	{ "namespace gone with its devices", namespace_ended },
	{ "device renamed", device_renamed },
	{ "a device of another namespace, while the caller is in it", other_namespace },
	{ "no such device, wrong programs, priority where there is none", bad_links },
};

int main(void)
{
	unsigned int i;
	int ret;

	counters = xbpf_counters_new(8);
	if (!net_up() || !net_warm()) {
		printf("Bail out! no veth pair between two namespaces\n");
		return 1;
	}
	tap_plan(tap_count(tests));
	for (i = 0; i < tap_count(tests); i++) {
		tap_state.bad = false;
		xbpf_counters_reset(counters);
		drain(net.rx);
		drain(net.far_rx);
		tests[i].run();
		tap_ok(!tap_state.bad, "%s", tests[i].name);
	}
	ret = tap_done();
	net_down();
	close(counters);
	return ret;
}
