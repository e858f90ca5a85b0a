/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes by connection: sockets by CO-RE, addresses of both families. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define AF_INET		2
#define AF_INET6	10

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
} __attribute__((preserve_access_index));

struct sock_common {
	unsigned short skc_family;
	unsigned short skc_num;
	__be16 skc_dport;
	__be32 skc_rcv_saddr, skc_daddr;
	struct in6_addr skc_v6_rcv_saddr, skc_v6_daddr;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

struct connection {
	__u8 from[16], to[16];
	__u16 family, local, remote, pad;
	__u32 pid;
	char comm[16];
};

struct traffic {
	__u64 sent, received;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10000);
	__type(key, struct connection);
	__type(value, struct traffic);
} connections SEC(".maps");

const volatile int only_pid = -1;

static int record(struct sock *sk, __s64 bytes, _Bool receiving)
{
	struct connection c = {};
	struct traffic *t, fresh = {};
	__u16 family;

	c.pid = bpf_get_current_pid_tgid() >> 32;
	if (only_pid != -1 && only_pid != (int)c.pid)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family == AF_INET) {
		BPF_CORE_READ_INTO((__be32 *)c.from, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)c.to, sk, __sk_common.skc_daddr);
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&c.from, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&c.to, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	} else {
		return 0;
	}
	c.family = family;
	c.local = BPF_CORE_READ(sk, __sk_common.skc_num);
	c.remote = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	bpf_get_current_comm(c.comm, sizeof(c.comm));
	t = bpf_map_lookup_elem(&connections, &c);
	if (t) {
		__sync_fetch_and_add(receiving ? &t->received : &t->sent, bytes);
		return 0;
	}
	if (receiving)
		fresh.received = bytes;
	else
		fresh.sent = bytes;
	bpf_map_update_elem(&connections, &c, &fresh, BPF_NOEXIST);
	return 0;
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(sends, struct sock *sk, void *msg, __u64 size)
{
	return record(sk, size, 0);
}

SEC("kprobe/tcp_cleanup_rbuf")
int BPF_KPROBE(receives, struct sock *sk, int copied)
{
	if (copied <= 0)
		return 0;
	return record(sk, copied, 1);
}

char LICENSE[] SEC("license") = "GPL";
