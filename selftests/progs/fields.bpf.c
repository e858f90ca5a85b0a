/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a map says of itself, read through the pointer to it, at the offsets that the running
 * kernel's BTF gives.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 key_size, value_size, max_entries, map_flags, id;
} __attribute__((preserve_access_index));

struct row {
	char bytes[24];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 77);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct row);
} rows SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
} one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &one } };

/* A program each: one load for several fields would need arithmetic on the pointer. */
#define FIELD(name)							\
	SEC("kprobe/vfs_read")						\
	int get_##name(struct pt_regs *ctx)				\
	{								\
		return ((struct bpf_map *)&rows)->name;			\
	}

FIELD(map_type)
FIELD(key_size)
FIELD(value_size)
FIELD(max_entries)
FIELD(map_flags)
FIELD(id)

SEC("kprobe/vfs_read")
int entries_inside(struct pt_regs *ctx)
{
	__u32 zero = 0;
	struct bpf_map *map = bpf_map_lookup_elem(&outer, &zero);

	return map ? map->max_entries : 0;
}

char LICENSE[] SEC("license") = "GPL";
