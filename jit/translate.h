/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of one compilation, and a translation function per class of
 * instructions.  They run once to measure and once to write, so they must not
 * depend on anything but the program; errors are sticky in the cursor.
 */
#ifndef XBPF_JIT_TRANSLATE_H
#define XBPF_JIT_TRANSLATE_H

#include "jit.h"
#include "regs.h"

/* Of the subprogram at hand. */
struct jit_frame {
	bool common;		/* has the prologue that all programs share */
	u8 saved[5];		/* registers pushed behind rbp, in this order */
	u8 saved_cnt;
	s32 fp;			/* R10 is rbp + fp */
	u32 alloc;		/* bytes below the saved registers */
	u32 exit;		/* label of the epilogue */
	bool exit_bound;
};

struct jit {
	const struct xbpf_code *code;
	const struct xbpf_env *env;
	const struct xbpf_jit_env *jenv;
	const u8 *reg;		/* machine register of R0 - R9 */
	struct xbpf_log *log;
	struct emit e;
	u32 sub;		/* the subprogram at hand */
	struct jit_frame frame;
	u32 at;			/* the instruction at hand */
	u32 landing;		/* offset of the landing pad */
};

/* Labels 0 .. insn_cnt - 1 are the instructions, then come the subprograms' entries. */
static inline u32 jit_sub_label(const struct jit *j, u32 sub)
{
	return j->code->insn_cnt + sub;
}

static inline u32 jit_label_cnt(const struct jit *j)
{
	return j->code->insn_cnt + j->code->subprog_cnt;
}

static inline const struct xbpf_fact *jit_fact(const struct jit *j)
{
	return &j->code->facts[j->at];
}

/* Fails the compilation with a reason; the number of the instruction is put in front. */
__printf(3, 4) void xbpf_jit_fail(struct jit *j, int err, const char *fmt, ...);

/* The machine register that holds R@bpf; R10 is computed into @tmp. */
u8 xbpf_jit_reg(struct jit *j, u8 bpf, u8 tmp);

/* The operand [R@bpf + off]. */
struct x86_mem xbpf_jit_mem(const struct jit *j, u8 bpf, s32 off);

/* The map that the fact of this instruction names, or NULL. */
const struct xbpf_map_info *xbpf_jit_map(const struct jit *j);

/* frame.c */
void xbpf_jit_enter(struct jit *j, u32 sub);
void xbpf_jit_exit(struct jit *j);
/* Back to how the frame was at the landing pad. */
void xbpf_jit_drop_stack(struct jit *j);

void xbpf_jit_alu(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_div(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_shift(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_load(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_store(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_ld_imm64(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_atomic(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_branch(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_ja(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_call(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_tail_call(struct jit *j);

/* site.c: a branch in the form that the kernel wants */
void xbpf_jit_emit_site(struct jit *j, const struct xbpf_jit_site *site, const char *what);

#endif
