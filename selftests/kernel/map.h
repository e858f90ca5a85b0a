/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of maps share.
 */
#ifndef XBPF_SELFTESTS_KERNEL_MAP_H
#define XBPF_SELFTESTS_KERNEL_MAP_H

#include "dev.h"
#include "../tap.h"

#define HASH	BPF_MAP_TYPE_HASH
#define ARRAY	BPF_MAP_TYPE_ARRAY
#define TABLE	BPF_MAP_TYPE_PROG_ARRAY

static inline int new_map(__u32 type, __u32 key, __u32 value, __u32 max, __u32 flags)
{
	int fd = xbpf_map_new(type, "m", key, value, max, flags);

	expect(fd >= 0, "map: %s: %s", strerror(errno), xbpf_words());
	return fd;
}

static inline int map_freeze(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return xbpf_sys(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

static inline int by_id(__u32 id, __u32 open_flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_id = id;
	attr.open_flags = open_flags;
	return xbpf_sys(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
}

/* ---- from programs ---- */

/* r0 = value of key 7 of the map, or -1 */
static inline int lookup_prog(int map)
{
	return kprobe_prog("look", 0,
		STORE_IMM(BPF_W, R10, -4, 7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, R0, 0, 2),
		MOV_IMM(R0, -1), EXIT,
		LOAD(BPF_DW, R0, R0, 0), EXIT);
}

/* r0 = result of update(map, 7, 99, flags), 0..255 as errno */
static inline int update_prog(int map, __u32 flags)
{
	return kprobe_prog("upd", 0,
		STORE_IMM(BPF_W, R10, -4, 7),
		STORE_IMM(BPF_DW, R10, -16, 99),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		MOV_REG(R3, R10), ALU64_IMM(BPF_ADD, R3, -16),
		MOV_IMM(R4, flags),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_update_elem),
		ALU64_IMM(BPF_NEG, R0, 0), EXIT);
}

static inline int delete_prog(int map)
{
	return kprobe_prog("del", 0,
		STORE_IMM(BPF_W, R10, -4, 7),
		MOV_REG(R2, R10), ALU64_IMM(BPF_ADD, R2, -4),
		LOAD_MAP(R1, map), CALL(BPF_FUNC_map_delete_elem),
		ALU64_IMM(BPF_NEG, R0, 0), EXIT);
}

static inline __s64 run_and_close(int prog)
{
	__s64 ret;

	if (!expect(prog >= 0, "load: %s: %s", strerror(errno), xbpf_words()))
		return -2;
	ret = xbpf_run(prog, NULL, 1);
	close(prog);
	return ret;
}

#endif
