/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random programs whose paths meet: ways that leave other numbers, pointers and bytes behind come
 * together, some instructions pass, and what they left is used.
 *
 * Between statements r6 to r8 and six slots of the stack hold something, of which the generator
 * knows about what.  r9 is the context; in a function that got one, a pointer to the caller's
 * slots.
 */
#ifndef XBPF_SELFTESTS_PRUNE_JOINS_H
#define XBPF_SELFTESTS_PRUNE_JOINS_H

#include "../verify/edge.h"

#define JOINS_INSNS	500u
#define JOINS_SLOTS	6u
#define JOINS_CALLS	8u

enum joins_kind { MIXED, NUMBER, VALUE, OR_NULL, PACKET };

struct joins_cell {
	u8 kind;	/* MIXED: not the same on all ways */
	bool constant;
	u32 most;	/* of a number; bytes of a value that may be used, or of a packet */
};

struct joins {
	u64 rng;
	const int *fd;		/* of enum edge_map */
	u32 type;		/* kprobe or classifier */
	/*
	 * The loader may see pointers.  What was never written is a number to it, and covers a pointer;
	 * that a part of this may not be read is seen on some ways only then, which is not unsafe.
	 */
	bool may_leak;
	u32 risk;		/* percent of statements that lack something */
	bool narrow;		/* few registers and slots, and statements that tell states apart */

	struct bpf_insn insns[JOINS_INSNS];
	u32 cnt;
	bool full;		/* no room: the program is thrown away */

	struct joins_cell reg[11], slot[JOINS_SLOTS];
	u32 statements, depth;
	bool in_loop;
	u32 function;		/* 0: the main one; else what the one is called with */
	struct {
		u32 at, kind, same_as;
		s32 marks;	/* offset of the slot in which the callback leaves that it ran; 0: none */
	} calls[JOINS_CALLS];
	u32 call_cnt;
	struct asm_func protos[JOINS_CALLS];	/* of global functions */
	u32 proto_cnt;
};

void joins_program(struct joins *j);
/* Small blocks that jump anywhere, backwards too. */
void joins_graph(struct joins *j);

#endif
