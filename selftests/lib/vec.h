/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vectors: programs with what they must do.  Text files; a line that begins with
 * "-- " is a directive, # starts a comment line, all else is assembly (asm.h).
 *
 *	-- vector NAME ...		begins one
 *	-- type kprobe|socket_filter	(kprobe)
 *	-- ctx OFFSET NUMBER...		8 bytes each, into the 168 bytes of pt_regs, else zero
 *	-- data HEX			Ethernet frame for a socket filter
 *	-- map NAME array|hash|prog_array KEY_SIZE VALUE_SIZE MAX_ENTRIES [rdonly]
 *	-- init MAP KEY NUMBER...	content before the run
 *	-- freeze MAP
 *	-- prog NAME			the assembly that follows; "main" is there from the start and is run
 *	-- slot MAP INDEX PROG		of a program array
 *	-- result NUMBER		R0; in the kernel only its low 32 bits are to be seen
 *	-- expect MAP KEY NUMBER...	content after the run; "none" in place of numbers: no such key
 *
 * Numbers of a value are 8 bytes each, of a smaller value that many; keys have at most 8 bytes.
 */
#ifndef XBPF_SELFTESTS_VEC_H
#define XBPF_SELFTESTS_VEC_H

#include "core/port.h"

#define VEC_MAPS	8
#define VEC_PROGS	40
#define VEC_SLOTS	64
#define VEC_CELLS	32
#define VEC_VALUE	256	/* bytes */
#define VEC_CTX		168	/* struct pt_regs */

struct vec_map {
	char name[16];
	u32 type, key_size, value_size, max_entries, flags;
	bool freeze;
};

struct vec_cell {
	u32 map;
	u64 key;
	u8 value[VEC_VALUE];
	u32 len;	/* 0: none */
};

struct vec_slot {
	u32 map, index, prog;
};

struct vec_prog {
	char name[32];
	char *text;
	size_t len;
};

struct vec {
	char name[128];
	u32 line;
	u32 type;
	struct vec_map maps[VEC_MAPS];
	u32 map_cnt;
	struct vec_prog progs[VEC_PROGS];	/* [0] is main */
	u32 prog_cnt;
	struct vec_slot slots[VEC_SLOTS];
	u32 slot_cnt;
	struct vec_cell inits[VEC_CELLS], expects[VEC_CELLS];
	u32 init_cnt, expect_cnt;
	u8 ctx[VEC_CTX];
	u8 data[VEC_VALUE];
	u32 data_len;
	u64 result;
};

/*
 * Calls fn for each vector of the file.  Returns their number, or -1 with a
 * message that names the line in error.
 */
int vec_parse(const char *path, void (*fn)(void *priv, const struct vec *vec), void *priv,
	      char *error, size_t error_size);

#endif
