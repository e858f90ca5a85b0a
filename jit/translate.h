/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of one compilation, and a translation function per class of
 * instructions.  They run once to measure and once to write, so they must not
 * depend on anything but the program; errors are sticky in the cursor.
 */
#ifndef XBPF_JIT_TRANSLATE_H
#define XBPF_JIT_TRANSLATE_H

#include "jit/jit.h"
#include "jit/regs.h"

/* Of the subprogram at hand. */
struct jit_frame {
	bool common;		/* has the frame that all programs share, and its exit */
	u8 saved[5];		/* registers pushed behind rbp, in this order */
	u8 saved_cnt;
	s32 fp;			/* R10 is rbp + fp */
	u32 alloc;		/* bytes below the saved registers */
	u32 exit;		/* label of the epilogue */
	bool exit_bound;
	u32 fault;		/* label of "return 0", for packet loads that fail */
	bool fault_bound;
	u32 unused;		/* machine registers of R2 - R5 that hold nothing, as bits */
};

struct jit {
	const struct xbpf_code *code;
	const struct xbpf_env *env;
	const struct xbpf_jit_env *jenv;
	const u8 *reg;		/* machine register of R0 - R9 */
	struct xbpf_log *log;
	struct emit e;
	u32 len;		/* of the code, once it is measured */
	u32 sub;		/* the subprogram at hand */
	struct jit_frame frame;
	u32 at;			/* the instruction at hand */
	bool callback[XBPF_MAX_SUBPROGS];	/* subprograms whose address is taken: C calls them */
	u64 keys;		/* how many keys have been drawn (blind.c) */
	struct xbpf_jit_poke *pokes;	/* NULL while measuring */
	u32 poke_cnt, poke_max;
	u32 poke_pad;		/* bytes in front of the next poke site */
};

/*
 * Labels 0 .. insn_cnt - 1 are the instructions, then come the subprograms' entries, then those
 * that C calls.
 */
static inline u32 jit_sub_label(const struct jit *j, u32 sub)
{
	return j->code->insn_cnt + sub;
}

static inline u32 jit_callback_label(const struct jit *j, u32 sub)
{
	return j->code->insn_cnt + j->code->subprog_cnt + sub;
}

static inline u32 jit_label_cnt(const struct jit *j)
{
	return j->code->insn_cnt + 2 * j->code->subprog_cnt;
}

static inline const struct xbpf_insn_aux *jit_aux(const struct jit *j)
{
	return &j->code->insn_aux[j->at];
}

/* Fails the compilation with a reason; the number of the instruction is put in front. */
__printf(3, 4) void xbpf_jit_fail(struct jit *j, int err, const char *fmt, ...);

/* The machine register that holds R@bpf; R10 is computed into @tmp. */
u8 xbpf_jit_reg(struct jit *j, u8 bpf, u8 tmp);

/* The operand [R@bpf + off]. */
struct x86_mem xbpf_jit_mem(const struct jit *j, u8 bpf, s32 off);

/* The map that the fact of this instruction names, or NULL. */
const struct xbpf_map_info *xbpf_jit_map(const struct jit *j);

/* The subprogram that starts at @insn, or 0: the main program cannot be called. */
u32 xbpf_jit_sub_at(const struct jit *j, s64 insn);

/* call.c: what C passed as arguments to where BPF has them */
void xbpf_jit_args_from_c(struct jit *j);
void xbpf_jit_args_to_c(struct jit *j);

/* frame.c */
void xbpf_jit_find_callbacks(struct jit *j);
void xbpf_jit_enter(struct jit *j, u32 sub);
void xbpf_jit_exit(struct jit *j);
/*
 * The common frame, from return address to saved registers, and back: rsp may be anywhere below
 * them.
 */
void xbpf_jit_push_frame(struct jit *j);
void xbpf_jit_pop_frame(struct jit *j);

/*
 * blind.c: constants that the program chose.  As they are or, with jenv->blind, made of two numbers
 * that nobody could know before.  alu, test, imul and store use r11 then, mov of a 64-bit constant
 * r10.
 */
void xbpf_jit_mov_ri(struct jit *j, u8 dst, u64 value);
void xbpf_jit_alu_ri(struct jit *j, enum x86_alu op, bool w, u8 dst, s32 imm);
void xbpf_jit_test_ri(struct jit *j, bool w, u8 reg, s32 imm);
void xbpf_jit_imul_ri(struct jit *j, bool w, u8 dst, s32 imm);
void xbpf_jit_store_i(struct jit *j, u32 size, struct x86_mem mem, s32 imm);

/* fuse.c: two or three instructions in one go.  How many it took; 0: none. */
u32 xbpf_jit_fuse(struct jit *j, u32 end);

/* inline.c: true when the helper's work is done here, without a call. */
bool xbpf_jit_inline(struct jit *j, u32 id);
/* ... and of the comparison of its result with 0 that follows. */
bool xbpf_jit_inline_tested(struct jit *j, const struct bpf_insn *call,
			    const struct bpf_insn *test);
/* Is this ld_imm64 only for a call that inline.c does without it? */
bool xbpf_jit_inline_saves(const struct jit *j);

void xbpf_jit_packet(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_alu(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_div(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_shift(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_load(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_store(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_ld_imm64(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_atomic(struct jit *j, const struct bpf_insn *insn);
enum jit_branch { JIT_BRANCH_BOTH, JIT_BRANCH_ALWAYS, JIT_BRANCH_NEVER };
enum jit_branch xbpf_jit_branch_kind(const struct jit *j, u32 at);
void xbpf_jit_branch(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_ja(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_call(struct jit *j, const struct bpf_insn *insn);
void xbpf_jit_tail_call(struct jit *j);
/*
 * Does the instruction at hand set R2 or R3 for nothing but a tail call that does not look at it?
 */
bool xbpf_jit_tail_unused(const struct jit *j);

/* form.c: a branch in the form that the kernel wants */
void xbpf_jit_emit_form(struct jit *j, const struct xbpf_jit_form *form, const char *what);

#endif
