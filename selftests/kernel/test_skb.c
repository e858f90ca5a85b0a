/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packet programs and their helpers, on packets that the test makes: no traffic, no device.
 */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include "dev.h"
#include "../tap.h"

/* Ethernet, IPv4, UDP from 10.9.0.1:4096 to 10.9.0.2:5000, eight bytes of payload. */
static const __u8 udp_packet[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
	0x45, 0, 0, 36, 0x12, 0x34, 0, 0, 64, 17, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2,
	0x10, 0, 0x13, 0x88, 0, 16, 0, 0,
	'p', 'a', 'y', 'l', 'o', 'a', 'd', '!',
};

#define IP_AT		14
#define IP_SUM_AT	24
#define UDP_AT		34
#define UDP_SUM_AT	40
#define DATA_AT		42

static __u8 packet[sizeof(udp_packet)], out[512];
static struct __sk_buff ctx_out;
static __u32 out_size;

static __u32 add_up(const __u8 *p, unsigned int n, __u32 sum)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		sum += (__u32)p[i] << (i % 2 ? 0 : 8);
	return sum;
}

static __u16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/* 0 when what stands in the packet is right */
static __u16 ip_sum(const __u8 *p)
{
	return fold(add_up(p + IP_AT, 20, 0));
}

static __u16 udp_sum(const __u8 *p)
{
	return fold(add_up(p + UDP_AT, 16, add_up(p + IP_AT + 12, 8, 17 + 16)));
}

static void put16(__u8 *p, __u16 v)
{
	p[0] = (__u8)(v >> 8);
	p[1] = (__u8)v;
}

/* A fresh copy with right checksums. */
static void packet_make(void)
{
	memcpy(packet, udp_packet, sizeof(packet));
	put16(packet + IP_SUM_AT, ip_sum(packet));
	put16(packet + UDP_SUM_AT, udp_sum(packet));
}

static __s64 run_ctx(int prog, const struct __sk_buff *in)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(out, 0, sizeof(out));
	attr.test.prog_fd = (__u32)prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = sizeof(out);
	attr.test.ctx_in = (uintptr_t)in;
	attr.test.ctx_size_in = in ? sizeof(*in) : 0;
	attr.test.ctx_out = (uintptr_t)&ctx_out;
	attr.test.ctx_size_out = sizeof(ctx_out);
	if (xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return -1;
	out_size = attr.test.data_size_out;
	return (__s32)attr.test.retval;
}

static int load(__u32 type, const struct bpf_insn *insns, __u32 n)
{
	int fd = xbpf_prog_load(type, "packet", insns, n, 0);

	expect(fd >= 0, "%s", xbpf_words());
	return fd;
}

/* Loads it, runs it on a fresh packet, and gives its result. */
#define run_as(type, in, ...)							\
	({									\
		const struct bpf_insn run_insns_[] = { __VA_ARGS__ };		\
		int run_prog_ = load(type, run_insns_, ARRAY_SIZE(run_insns_));	\
		__s64 run_ret_;							\
										\
		packet_make();							\
		run_ret_ = run_ctx(run_prog_, in);				\
		close(run_prog_);						\
		run_ret_;							\
	})
#define cls(...)	run_as(BPF_PROG_TYPE_SCHED_CLS, NULL, __VA_ARGS__)
#define tap(...)	run_as(BPF_PROG_TYPE_SOCKET_FILTER, NULL, __VA_ARGS__)

#define PACKET(size, off)	INSN(BPF_LD | BPF_ABS | (size), 0, 0, 0, off)
#define PACKET_IND(size, r, off) INSN(BPF_LD | BPF_IND | (size), 0, r, 0, off)
#define FIELD(name)		((__s16)offsetof(struct __sk_buff, name))
#define NET(off)		(-0x100000 + (off))	/* SKF_NET_OFF */
#define LINK(off)		(-0x200000 + (off))	/* SKF_LL_OFF */

/* R0 = helper(ctx, off, stack - 8, n, r5): R6 is the context */
#define ON_STACK(off, n, r5, helper)						\
	MOV_REG(R1, R6), MOV_IMM(R2, off), MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, n), \
	MOV_IMM(R5, r5), CALL(helper)

/* ---- reading ---- */

static void absolute(void)
{
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_H, 12), EXIT), 0x0800);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_B, 23), EXIT), 17);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_W, 30), EXIT), 0x0a090002);
	/* a tap's test run begins behind the Ethernet header, as upstream */
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_B, 9), EXIT), 17);
}

static void indirect(void)
{
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R7, 30), PACKET_IND(BPF_H, R7, 6), EXIT), 5000);
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R7, -4), PACKET_IND(BPF_B, R7, 27), EXIT), 17);
}

static void beyond_the_end(void)
{
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_W, 46), EXIT), 0x6f616421);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_W, 47), MOV_IMM(R0, 7), EXIT), 0);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_B, 50), MOV_IMM(R0, 7), EXIT), 0);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_B, 0x7fffffff), MOV_IMM(R0, 7), EXIT), 0);
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_B, 36), MOV_IMM(R0, 7), EXIT), 0);
}

static void header_offsets(void)
{
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_B, NET(9)), EXIT), 17);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_H, LINK(12)), EXIT), 0x0800);
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_B, NET(9)), EXIT), 17);
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_H, LINK(12)), EXIT), 0x0800);
	/* ancillary data of classic BPF, and beyond either end */
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_W, -0x1000), MOV_IMM(R0, 7), EXIT), 0);
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_W, -4), MOV_IMM(R0, 7), EXIT), 0);
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_W, LINK(47)), MOV_IMM(R0, 7), EXIT), 0);
	expect_eq(tap(MOV_REG(R6, R1), PACKET(BPF_W, (__s32)0x80000000), MOV_IMM(R0, 7), EXIT), 0);
}

static void load_bytes(void)
{
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(30, 4, 0, BPF_FUNC_skb_load_bytes),
		      LOAD(BPF_W, R0, R10, -8), EXIT),
		  0x0200090a);
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(47, 4, 0, BPF_FUNC_skb_load_bytes), EXIT), -EFAULT);
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(47, 4, 0, BPF_FUNC_skb_load_bytes),
		      LOAD(BPF_W, R0, R10, -8), EXIT), 0);
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(-1, 4, 0, BPF_FUNC_skb_load_bytes), EXIT), -EFAULT);
	expect_eq(tap(MOV_REG(R6, R1), ON_STACK(16, 4, 0, BPF_FUNC_skb_load_bytes),
		      LOAD(BPF_W, R0, R10, -8), EXIT),
		  0x0200090a);
}

static void load_relative(void)
{
	expect_eq(tap(MOV_REG(R6, R1), ON_STACK(12, 2, BPF_HDR_START_MAC,
						BPF_FUNC_skb_load_bytes_relative),
		      LOAD(BPF_H, R0, R10, -8), EXIT), 0x0008);
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(9, 1, BPF_HDR_START_NET, BPF_FUNC_skb_load_bytes_relative),
		      LOAD(BPF_B, R0, R10, -8), EXIT), 17);
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(33, 4, BPF_HDR_START_NET,
						BPF_FUNC_skb_load_bytes_relative), EXIT),
		  -EFAULT);
	expect_eq(cls(MOV_REG(R6, R1), ON_STACK(9, 1, 2, BPF_FUNC_skb_load_bytes_relative), EXIT),
		  -EINVAL);
}

static void fields(void)
{
	const struct __sk_buff in = { .mark = 0xaabbccdd, .priority = 5, .cb = { 1, 2, 3, 4, 5 },
				      .gso_segs = 9 };

	expect_eq(cls(LOAD(BPF_W, R0, R1, FIELD(len)), EXIT), sizeof(packet));
	expect_eq(tap(LOAD(BPF_W, R0, R1, FIELD(len)), EXIT), sizeof(packet) - 14);
	expect_eq(cls(LOAD(BPF_W, R0, R1, FIELD(protocol)), EXIT), htons(0x0800));
	expect_eq(cls(LOAD(BPF_W, R0, R1, FIELD(wire_len)), EXIT), sizeof(packet));
	expect_eq(cls(LOAD(BPF_W, R0, R1, FIELD(vlan_present)), EXIT), 0);
	expect_eq(run_as(BPF_PROG_TYPE_SCHED_CLS, &in, LOAD(BPF_W, R0, R1, FIELD(mark)), EXIT),
		  (__s32)0xaabbccdd);
	expect_eq(run_as(BPF_PROG_TYPE_SCHED_CLS, &in, LOAD(BPF_W, R0, R1, FIELD(cb[4])), EXIT), 5);
	expect_eq(run_as(BPF_PROG_TYPE_SOCKET_FILTER, &in, LOAD(BPF_W, R0, R1, FIELD(gso_segs)), EXIT), 9);
}

static void writable_fields(void)
{
	expect_eq(cls(STORE_IMM(BPF_W, R1, FIELD(mark), 77), STORE_IMM(BPF_W, R1, FIELD(priority), 6),
		      STORE_IMM(BPF_W, R1, FIELD(tc_index), 3), STORE_IMM(BPF_W, R1, FIELD(cb[1]), 8),
		      LOAD(BPF_W, R0, R1, FIELD(mark)), EXIT), 77);
	expect_eq(ctx_out.mark, 77);
	expect_eq(ctx_out.priority, 6);
	expect_eq(ctx_out.tc_index, 3);
	expect_eq(ctx_out.cb[1], 8);
}

static void unwritable_fields(void)
{
	static const __s16 at[] = { FIELD(len), FIELD(protocol), FIELD(ifindex), FIELD(hash),
				    FIELD(data), FIELD(wire_len) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		const struct bpf_insn insns[] = { STORE_IMM(BPF_W, R1, at[i], 1), MOV_IMM(R0, 0), EXIT };

		refused(xbpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "w", insns, 3, 0), EACCES);
	}
}

/* ---- writing ---- */

static void store_bytes(void)
{
	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0x44434241),
		      ON_STACK(DATA_AT, 4, 0, BPF_FUNC_skb_store_bytes), EXIT), 0);
	expect_eq(out_size, sizeof(packet));
	expect(!memcmp(out + DATA_AT, "ABCDoad!", 8), "payload %.8s", out + DATA_AT);
	expect(!memcmp(out, packet, DATA_AT), "the headers changed");
	/* and the program sees it */
	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0x44434241),
		      ON_STACK(DATA_AT, 4, 0, BPF_FUNC_skb_store_bytes), PACKET(BPF_W, DATA_AT),
		      EXIT), 0x41424344);
}

static void store_beyond(void)
{
	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0),
		      ON_STACK(47, 4, 0, BPF_FUNC_skb_store_bytes), EXIT),
		  -EFAULT);
	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0),
		      ON_STACK(-2, 4, 0, BPF_FUNC_skb_store_bytes), EXIT),
		  -EFAULT);
	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0),
		      ON_STACK(0, 4, 8, BPF_FUNC_skb_store_bytes), EXIT),
		  -EINVAL);
	expect(!memcmp(out, packet, sizeof(packet)), "the packet changed");
}

/* 10.9.0.1 becomes 10.9.0.200, with both checksums mended */
#define REPLACE(at, from, to, flags, helper)					\
	MOV_REG(R1, R6), MOV_IMM(R2, at), MOV_IMM(R3, from), MOV_IMM(R4, to), \
		MOV_IMM(R5, flags), CALL(helper)

static void checksums_by_field(void)
{
	const __s32 from = 0x0100090a, to = (__s32)0xc800090a;

	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_W, R10, -8, to),
		      REPLACE(IP_SUM_AT, from, to, 4, BPF_FUNC_l3_csum_replace),
		      JUMP_IMM(BPF_JNE, R0, 0, 13),
		      REPLACE(UDP_SUM_AT, from, to, 4 | BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0,
			      BPF_FUNC_l4_csum_replace),
		      ON_STACK(26, 4, 0, BPF_FUNC_skb_store_bytes), EXIT), 0);
	expect_eq(out[29], 200);
	expect_eq(ip_sum(out), 0);
	expect_eq(udp_sum(out), 0);
	/* of 16 bits: the destination port */
	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_H, R10, -8, htons(5001)),
		      REPLACE(UDP_SUM_AT, htons(5000), htons(5001), 2, BPF_FUNC_l4_csum_replace),
		      ON_STACK(36, 2, 0, BPF_FUNC_skb_store_bytes), EXIT), 0);
	expect_eq(udp_sum(out), 0);
	expect(memcmp(out, packet, sizeof(packet)), "nothing changed");
}

/*
 * A UDP packet without a checksum gets none, unless it must; a sum that comes out as 0 is written
 * as 0xffff.
 */
static void checksum_none(void)
{
	const struct bpf_insn keep[] = { MOV_REG(R6, R1), REPLACE(UDP_SUM_AT, 1, 2,
					 2 | BPF_F_MARK_MANGLED_0, BPF_FUNC_l4_csum_replace),
					 EXIT };
	const struct bpf_insn force[] = { MOV_REG(R6, R1), REPLACE(UDP_SUM_AT, 0, 0,
					  2 | BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE,
								   BPF_FUNC_l4_csum_replace), EXIT };
	int k = load(BPF_PROG_TYPE_SCHED_CLS, keep, ARRAY_SIZE(keep)),
		f = load(BPF_PROG_TYPE_SCHED_CLS, force, ARRAY_SIZE(force));

	packet_make();
	put16(packet + UDP_SUM_AT, 0);
	expect_eq(run_ctx(k, NULL), 0);
	expect_eq(out[UDP_SUM_AT] | out[UDP_SUM_AT + 1], 0);
	expect_eq(run_ctx(f, NULL), 0);
	expect(out[UDP_SUM_AT] | out[UDP_SUM_AT + 1], "no checksum");
	close(k);
	close(f);
}

static void checksums_by_difference(void)
{
	const __s32 from = 0x0100090a, to = (__s32)0xc800090a;

	expect_eq(cls(MOV_REG(R6, R1), STORE_IMM(BPF_W, R10, -8, to), STORE_IMM(BPF_W, R10, -16, from),
		      MOV_REG(R1, R10), ALU64_IMM(BPF_ADD, R1, -16), MOV_IMM(R2, 4), MOV_REG(R3, R10),
		      ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 4), MOV_IMM(R5, 0), CALL(BPF_FUNC_csum_diff),
		      MOV_REG(R1, R6), MOV_IMM(R2, IP_SUM_AT), MOV_IMM(R3, 0), MOV_REG(R4, R0), MOV_IMM(R5, 0),
		      CALL(BPF_FUNC_l3_csum_replace), JUMP_IMM(BPF_JNE, R0, 0, 7),
		      ON_STACK(26, 4, 0, BPF_FUNC_skb_store_bytes), EXIT), 0);
	expect_eq(out[29], 200);
	expect_eq(ip_sum(out), 0);
}

static void checksum_bad(void)
{
	expect_eq(cls(MOV_REG(R6, R1), REPLACE(IP_SUM_AT + 1, 0, 0, 2, BPF_FUNC_l3_csum_replace),
		      EXIT), -EFAULT);
	expect_eq(cls(MOV_REG(R6, R1), REPLACE(50, 0, 0, 2, BPF_FUNC_l3_csum_replace), EXIT), -EFAULT);
	expect_eq(cls(MOV_REG(R6, R1), REPLACE(IP_SUM_AT, 0, 0, 3, BPF_FUNC_l3_csum_replace), EXIT),
		  -EINVAL);
	expect_eq(cls(MOV_REG(R6, R1), REPLACE(IP_SUM_AT, 1, 0, 0, BPF_FUNC_l3_csum_replace), EXIT),
		  -EINVAL);
	expect_eq(cls(MOV_REG(R6, R1), REPLACE(IP_SUM_AT, 0, 0, 0x12, BPF_FUNC_l3_csum_replace),
		      EXIT), -EINVAL);
	expect_eq(cls(MOV_REG(R6, R1), REPLACE(UDP_SUM_AT, 0, 0, 0x102, BPF_FUNC_l4_csum_replace),
		      EXIT), -EINVAL);
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R1, 0), MOV_IMM(R2, 0), MOV_REG(R3, R10),
		      ALU64_IMM(BPF_ADD, R3, -8),
		      STORE_IMM(BPF_DW, R10, -8, 0), MOV_IMM(R4, 6), MOV_IMM(R5, 0),
		      CALL(BPF_FUNC_csum_diff), EXIT), -EINVAL);
	expect(!memcmp(out, packet, sizeof(packet)), "the packet changed");
}

static void diff_values(void)
{
	/* one side alone: the sum, and its complement */
	expect_eq(cls(MOV_IMM(R1, 0), MOV_IMM(R2, 0), STORE_IMM(BPF_W, R10, -8, 0x01020304),
		      MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -8), MOV_IMM(R4, 4), MOV_IMM(R5, 0),
		      CALL(BPF_FUNC_csum_diff), EXIT), 0x01020304);
	expect_eq(cls(STORE_IMM(BPF_W, R10, -8, 0x01020304), MOV_REG(R1, R10),
		      ALU64_IMM(BPF_ADD, R1, -8), MOV_IMM(R2, 4),
		      MOV_IMM(R3, 0), MOV_IMM(R4, 0), MOV_IMM(R5, 0), CALL(BPF_FUNC_csum_diff),
		      EXIT), (__s32)~0x01020304);
}

static void pull(void)
{
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R2, 0), CALL(BPF_FUNC_skb_pull_data), EXIT), 0);
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R2, sizeof(packet)), CALL(BPF_FUNC_skb_pull_data),
		      EXIT), 0);
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R2, sizeof(packet) + 1),
		      CALL(BPF_FUNC_skb_pull_data), EXIT), -ENOMEM);
}

static void change_type(void)
{
	expect_eq(cls(MOV_REG(R6, R1), MOV_IMM(R2, 2), CALL(BPF_FUNC_skb_change_type),
		      LOAD(BPF_W, R0, R6, FIELD(pkt_type)), EXIT), 2);
	expect_eq(cls(MOV_IMM(R2, 4), CALL(BPF_FUNC_skb_change_type), EXIT), -EINVAL);
}

static void hash(void)
{
	expect(cls(CALL(BPF_FUNC_get_hash_recalc), EXIT) != 0, "no hash");
	expect_eq(cls(MOV_REG(R6, R1), CALL(BPF_FUNC_get_hash_recalc), MOV_REG(R7, R0),
		      LOAD(BPF_W, R0, R6, FIELD(hash)), ALU64_REG(BPF_XOR, R0, R7), EXIT), 0);
	expect_eq(cls(MOV_REG(R6, R1), CALL(BPF_FUNC_get_hash_recalc), MOV_REG(R1, R6),
		      CALL(BPF_FUNC_set_hash_invalid), LOAD(BPF_W, R0, R6, FIELD(hash)), EXIT), 0);
}

static void csum_update(void)
{
	/* no device has summed this packet */
	expect_eq(cls(MOV_IMM(R2, 1), CALL(BPF_FUNC_csum_update), EXIT), -EOPNOTSUPP);
}

/* ---- who may ---- */

static void refused_helpers(void)
{
	static const struct { __u32 type; __s32 helper; const char *name; } bad[] = {
		{ BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_redirect, "redirect" },
		{ BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_clone_redirect, "clone_redirect" },
		{ BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_skb_store_bytes, "skb_store_bytes" },
		{ BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_skb_pull_data, "skb_pull_data" },
		{ BPF_PROG_TYPE_KPROBE, BPF_FUNC_skb_store_bytes, "skb_store_bytes" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct bpf_insn insns[] = { MOV_IMM(R2, 0), MOV_IMM(R3, 0), MOV_IMM(R4, 0), MOV_IMM(R5, 0),
						  CALL(bad[i].helper), MOV_IMM(R0, 0), EXIT };

		refused(xbpf_prog_load(bad[i].type, "h", insns, ARRAY_SIZE(insns), 0), EINVAL);
		expect(xbpf_said(bad[i].name), "%s: %s", bad[i].name, xbpf_words());
	}
}

static void bad_runs(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(R0, 0), EXIT };
	const struct __sk_buff len = { .len = 5 };
	int prog = load(BPF_PROG_TYPE_SCHED_CLS, insns, 2);
	union bpf_attr attr;

	packet_make();
	refused((int)run_ctx(prog, &len), EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = 13;
	refused(xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), EINVAL);
	attr.test.data_size_in = sizeof(packet);
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = 20;
	refused(xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), ENOSPC);
	close(prog);
}

static void tail_calls(void)
{
	int table = xbpf_table_new("by_protocol", 256);
	const struct bpf_insn write[] = { MOV_REG(R6, R1), STORE_IMM(BPF_DW, R10, -8, 0x44434241),
					  ON_STACK(DATA_AT, 4, 0, BPF_FUNC_skb_store_bytes), MOV_IMM(R0, TC_ACT_SHOT), EXIT };
	int udp = load(BPF_PROG_TYPE_SCHED_CLS, write, ARRAY_SIZE(write));

	expect_eq(xbpf_slot_set(table, 17, udp), 0);
	expect_eq(cls(MOV_REG(R6, R1), PACKET(BPF_B, 23), MOV_REG(R3, R0), MOV_REG(R1, R6),
		      TAIL_CALL(table), MOV_IMM(R0, TC_ACT_PIPE), EXIT), TC_ACT_SHOT);
	expect(!memcmp(out + DATA_AT, "ABCDoad!", 8), "payload %.8s", out + DATA_AT);
	close(udp);
	close(table);
}

static const struct tap_test tests[] = {
	{ "LD_ABS", absolute },
	{ "LD_IND", indirect },
	{ "LD_ABS beyond the end ends the program with 0", beyond_the_end },
	{ "LD_ABS from the network and the link header", header_offsets },
	{ "skb_load_bytes", load_bytes },
	{ "skb_load_bytes_relative", load_relative },
	{ "fields of the context", fields },
	{ "fields that a classifier may write", writable_fields },
	{ "fields that it may not", unwritable_fields },
	{ "skb_store_bytes", store_bytes },
	{ "skb_store_bytes beyond the end, with bad flags", store_beyond },
	{ "l3_csum_replace, l4_csum_replace", checksums_by_field },
	{ "l4_csum_replace where there is no checksum", checksum_none },
	{ "csum_diff with l3_csum_replace", checksums_by_difference },
	{ "bad offsets, sizes and flags of checksums", checksum_bad },
	{ "csum_diff of one side", diff_values },
	{ "skb_pull_data", pull },
	{ "skb_change_type", change_type },
	{ "get_hash_recalc, set_hash_invalid", hash },
	{ "csum_update without a sum", csum_update },
	{ "helpers that are not for this type are refused by name", refused_helpers },
	{ "bad packets and contexts", bad_runs },
	{ "a tail call by protocol to a program that writes", tail_calls },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
