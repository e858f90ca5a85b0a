/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program on its way through the engine: loaded, verified, then compiled or
 * interpreted.
 *
 * Interface.  The loader (module/prog/prog.c or a test) fills the part "in", the
 * verifier the part "out"; both engines read it only.
 */
#ifndef XBPF_CORE_CODE_H
#define XBPF_CORE_CODE_H

#include "core/port.h"
#include "core/map.h"
#include "core/proto.h"

#define XBPF_MAX_INSNS		1000000u
#define XBPF_MAX_MAPS		64u	/* per program */
#define XBPF_MAX_SUBPROGS	256u
#define XBPF_MAX_FRAMES		8u
#define XBPF_STACK_SIZE		512u	/* bytes, over a chain of calls */
/* ... of them what the callers of a function hold that tail-calls */
#define XBPF_TAIL_CALLER_STACK	256u

/* What the verifier found out about one instruction. */
struct xbpf_insn_aux {
	u16 flags;		/* XBPF_AUX_* */
	u16 map;		/* index into maps + 1: the map of a ld_imm64, or the only map a
				 * call can get; 0: none or not constant */
	u32 arg;		/* with CONST_INDEX: the slot; pseudo call: index of the subprogram */
};

#define XBPF_AUX_SEEN		1u	/* reachable; code for others is never run */
#define XBPF_AUX_HI		2u	/* the second half of a ld_imm64 */
#define XBPF_AUX_CONST_INDEX	4u	/* a tail call whose index is always arg */
#define XBPF_AUX_NO_ZEXT	8u	/* the upper half of dst is not looked at after this 32-bit write */
#define XBPF_AUX_TARGET	16u	/* some jump goes here */
/* a tail call whose index has 32 bits at most: R3's upper half is 0 */
#define XBPF_AUX_INDEX_U32	32u
/* ... is always below the max_entries of the only map, whole 64 bits */
#define XBPF_AUX_INDEX_FITS	64u

struct xbpf_subprog {
	u32 start;		/* first instruction */
	u32 end;		/* behind the last */
	u32 stack_depth;	/* bytes used below R10, a multiple of 8 */
	bool has_tail_call;	/* ... itself */
	bool has_call;		/* calls subprograms */
	const char *name;	/* from BTF, or NULL; lives as long as the BTF */
};

/* Source lines, sorted by insn; strings live as long as the BTF. */
struct xbpf_line {
	u32 insn;
	u32 line;
	u32 column;
	const char *file;
	const char *text;
};

/* Functions by BTF (func_info), sorted by insn. */
struct xbpf_func {
	u32 insn;
	const char *name;
	u32 type;		/* the FUNC in code->types */
	bool global;		/* checked on its own, by its prototype (core/verify/global.c) */
};

struct xbpf_verify_observer;
struct xbpf_walk_probe;

struct xbpf_code {
	/* in */
	u32 type;		/* enum bpf_prog_type, or enum xbpf_prog_type */
	u32 flags;		/* prog_flags */
	bool gpl_compatible;
	bool may_leak;		/* whoever loads it may see kernel pointers and old stack (CAP_PERFMON, as upstream
				 * allow_ptr_leaks and allow_uninit_stack); false: the stricter rules */
	u32 insn_cnt;
	struct bpf_insn *insns;	/* owned by the loader; the verifier writes to it: a map fd in a
				 * ld_imm64 becomes the index into maps, ctx accesses their run-time
				 * offset and size */
	const struct xbpf_line *lines;
	u32 line_cnt;
	const struct xbpf_func *funcs;
	u32 func_cnt;
	struct xbpf_types types;	/* of the program's BTF; with func_cnt only */
	struct xbpf_verify_observer *observer;	/* NULL, or told of every state (verifier.h) */
	struct xbpf_walk_probe *probe;	/* NULL, or of a test in user space (core/verify/observe.h) */

	/* out */
	struct xbpf_insn_aux *insn_aux;	/* one per instruction */
	struct xbpf_subprog *subprogs;	/* [0] is the main program; sorted by start */
	u32 subprog_cnt;
	struct xbpf_map_info *maps[XBPF_MAX_MAPS];	/* one reference each, put by the loader */
	u32 map_cnt;			/* valid after a failed verification too */
	u32 processed;			/* instructions the verifier walked */
	u32 compared;			/* pairs of states that it held against each other for that */
	bool packet_write;		/* some instruction writes to the packet directly */
	u32 ctx_used;			/* bytes of the context that some access reaches, as user space
					 * counts them; what an attach point must offer at least */
	u64 ctx_words;			/* bit n: some access reaches the 4 bytes at 4n of it; for the first 64 only */
	u64 ctx_written;		/* likewise: some store does */
};

#endif
