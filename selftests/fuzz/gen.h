/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random programs that the verifier should accept, for holding engines against
 * each other.
 *
 * The maps they name by fd: "out", one array value of GEN_OUT_SIZE bytes; "h", a hash
 * of 8-byte keys and values; "t", a program array. Each run of program n adds one to the
 * n-th word of out.
 */
#ifndef XBPF_SELFTESTS_FUZZ_GEN_H
#define XBPF_SELFTESTS_FUZZ_GEN_H

#include "core/port.h"

#define GEN_INSNS	2048
#define GEN_OUT_SIZE	256u
#define GEN_OUT_WORDS	64u	/* bytes of run counters, then room for loads and stores */
#define GEN_SLOTS	8u
#define GEN_CTX		168u

struct gen {
	u64 rng;
	int fd_out, fd_hash, fd_table;
	bool risky;		/* with accesses whose bounds may or may not suffice */

	struct bpf_insn insns[GEN_INSNS];
	u32 cnt;

	/* where the generator stands */
	u32 number;		/* of the program */
	bool has_ctx;		/* r9 is the context; else a scalar like the others */
	u32 stack;		/* initialised bytes of the stack */
	u32 locked;		/* registers that statements leave alone */
	u32 depth;		/* of blocks */
	u32 branches;		/* still to be spent */
	bool in_loop;
	bool in_subprog;
	u32 calls[16];		/* pseudo calls to be aimed at a subprogram */
	u32 call_cnt;
};

u64 gen_random(u64 *rng);
/* 64 bits that hurt: edges, small numbers, noise. */
u64 gen_operand(u64 *rng);

/* Writes program @number into g->insns. */
void gen_program(struct gen *g, u32 number);

/*
 * Changes a few fields of it: most such programs are refused. Those that are not
 * must be as safe as the others.
 */
void gen_mutate(struct gen *g);

#endif
