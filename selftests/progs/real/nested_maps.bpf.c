/* SPDX-License-Identifier: GPL-2.0 */
/* A map for each tenant, chosen at run time; inside it counters by key. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct counters {
	__u64 calls, bytes;
};

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct counters);
} tenant_a SEC(".maps"), tenant_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} tenants SEC(".maps") = { .values = { [0] = &tenant_a, [2] = &tenant_b } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 16);
	__type(key, __u32);
	__array(values, struct inner);
} by_uid SEC(".maps");

static __always_inline int charge(void *map, __u32 key, __u64 bytes)
{
	struct counters fresh = { .calls = 1, .bytes = bytes }, *c;

	c = bpf_map_lookup_elem(map, &key);
	if (!c)
		return bpf_map_update_elem(map, &key, &fresh, BPF_NOEXIST);
	__sync_fetch_and_add(&c->calls, 1);
	__sync_fetch_and_add(&c->bytes, bytes);
	return 0;
}

SEC("kprobe/vfs_write")
int BPF_KPROBE(wrote, void *file, const char *buf, __u64 count)
{
	__u32 uid = (__u32)bpf_get_current_uid_gid(), which = uid % 4,
		pid = bpf_get_current_pid_tgid() >> 32;
	void *map;

	map = bpf_map_lookup_elem(&by_uid, &uid);
	if (map && !charge(map, pid, count))
		return 0;
	map = bpf_map_lookup_elem(&tenants, &which);
	if (!map)
		return 0;
	if (charge(map, pid, count))
		charge(map, 0, count);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
