/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random programs about the edge of what the verifier accepts: each statement is one that people
 * write (look up, check, use; reserve, fill, submit; bound, index), and now and then lacks a check
 * or goes one byte too far.
 *
 * Between statements r0 to r5 and r7 are numbers, r6 is a number or the context of a packet
 * program, r8 points to the value of "arr", r9 is the context (in functions, a number).
 */
#ifndef XBPF_SELFTESTS_FUZZ_EDGE_H
#define XBPF_SELFTESTS_FUZZ_EDGE_H

#include "../../lib/asm.h"
#include "../../lib/rt.h"

#define EDGE_INSNS	600
#define EDGE_ARR	64u	/* bytes of arr's value */
#define EDGE_VALUE	24u	/* of a hash's or array's element */
#define EDGE_CTX	168u	/* bytes of a kprobe's context */
#define EDGE_SLOTS	4u	/* of the program array */

enum edge_map {
	EDGE_ARR_MAP, EDGE_HASH, EDGE_LRU, EDGE_PERCPU, EDGE_MANY, EDGE_QUEUE, EDGE_STACK,
	EDGE_RING, EDGE_TABLE, EDGE_RO, EDGE_TRIE, EDGE_MAPS
};

struct edge {
	u64 rng;
	int fd[EDGE_MAPS];
	u32 type;		/* kprobe, classifier, socket filter */
	u32 risk;		/* percent of statements that may go wrong */
	bool callbacks;		/* the engine has them */
	bool leaks;		/* the loader may see addresses */

	struct bpf_insn insns[EDGE_INSNS];
	u32 cnt;

	u32 statements;		/* still to be spent */
	u32 depth;		/* of blocks */
	bool function;		/* in one: no context, no further calls */
	bool full;		/* no room: the program is thrown away */
	u32 written;		/* 8-byte slots of the stack that are written for sure, a bit each */
	u32 calls[16], call_cnt;	/* of functions, to be aimed */
	u32 funcs[16], func_kind[16], func_cnt;	/* addresses of functions, likewise */
	bool func_global[16];
	struct asm_func protos[ASM_FUNCS_MAX];	/* of the global ones */
	u32 proto_cnt;
};

/* An empty world, and the maps that programs name in it. */
void edge_maps(struct edge *e, struct rt_map *maps[EDGE_MAPS]);
void edge_program(struct edge *e);

#endif
