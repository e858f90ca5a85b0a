/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a map says of itself, read through the pointer to it, at the offsets that the running
 * kernel's BTF gives.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

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

/* The field that the first argument names. */
SEC("kprobe/vfs_read")
int field(struct pt_regs *ctx)
{
	struct bpf_map *map = (struct bpf_map *)&rows;

	switch (PT_REGS_PARM1(ctx)) {
	case 0:
		return map->map_type;
	case 1:
		return map->key_size;
	case 2:
		return map->value_size;
	case 3:
		return map->max_entries;
	case 4:
		return map->map_flags;
	case 5:
		return map->id;
	}
	return -1;
}

SEC("kprobe/vfs_read")
int entries_inside(struct pt_regs *ctx)
{
	__u32 zero = 0;
	struct bpf_map *map = bpf_map_lookup_elem(&outer, &zero);

	return map ? map->max_entries : 0;
}

char LICENSE[] SEC("license") = "GPL";
