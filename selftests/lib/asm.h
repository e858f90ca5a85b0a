/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A text assembler for tests.  One statement per line or between semicolons, in
 * the disassembler's syntax, with labels; // starts a comment:
 *
 *	r0 = 7; w1 += w2; r1 s>>= 3; r2 = -r2; r3 = be16 r3; r4 = (s8)r5
 *	r1 = *(u32 *)(r1 + 16)		*(u64 *)(r10 - 8) = r1		*(u8 *)(r10 -1) = 5
 *	lock *(u64 *)(r10 - 8) += r1	r1 = atomic64_fetch_add((u64 *)(r10 -8), r1)
 *	r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1)	r1 = atomic64_xchg((u64 *)(r10 -8), r1)
 *	if r1 s> 5 goto out	if w1 & w2 goto pc+3	goto out	gotol out
 *	r1 = 0x1122334455667788 ll	r1 = map[name] ll	r1 = map[name][0]+8 ll	r1 = map[fd:5] ll
 *	r1 = func[label] ll
 *	call map_lookup_elem	call 12		call function_label	call pc+2	exit
 *	r0 = *(u16 *)skb[12]	r0 = *(u8 *)skb[r6 + 14]
 *	out:
 *	.global int label(struct s16 *, u64)	a label, of a function with this prototype in BTF
 *						(btf_text.h); .static too
 *	.raw 0x8d 1 2 3 4		any code, dst, src, off, imm
 */
#ifndef XBPF_SELFTESTS_ASM_H
#define XBPF_SELFTESTS_ASM_H

#include "core/port.h"

struct asm_ref {		/* this ld_imm64 wants the fd of that map in its imm */
	u32 insn;
	char map[16];
};

struct asm_func {
	u32 insn;
	bool global;
	char proto[160];	/* "int name(struct s16 *, u64)" */
};

#define ASM_FUNCS_MAX 16u

struct asm_prog {
	struct bpf_insn *insns;
	u32 cnt;
	struct asm_ref *refs;
	u32 ref_cnt;
	struct asm_func *funcs;		/* those with a prototype */
	u32 func_cnt;
	char error[200];	/* "line 3: ..." */
};

/* 0, or -1 with prog->error; asm_free() either way. */
int asm_parse(struct asm_prog *prog, const char *text);
void asm_free(struct asm_prog *prog);

/* Puts fd_of(name) into the map loads; -1 with prog->error when it gives less than 0. */
int asm_bind(struct asm_prog *prog, int (*fd_of)(void *priv, const char *map), void *priv);

#endif
