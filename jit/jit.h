/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The x86-64 back end.
 *
 * Interface.  Writes position-dependent code for address @addr into a buffer;
 * where the buffer stands does not matter.  No side effects, no locks; may
 * sleep (allocates).
 *
 * An image begins with the landing pad of the program, where tail calls jump to: endbr64?; lea
 * rsp,[rbp-40-depth]; body; subprograms behind it.  C enters it through the entry trampoline, which
 * is written once for all images: it builds the frame, and takes it down when a program exits.
 */
#ifndef XBPF_JIT_JIT_H
#define XBPF_JIT_JIT_H

#include "core/code.h"
#include "core/env.h"
#include "core/log.h"
#include "jit/trampoline.h"

struct xbpf_jit_regs;

/*
 * The form that the kernel gave to one branch: bytes to emit, and
 * where in them a rel32 to @target must be put.
 */
struct xbpf_jit_form {
	u8 bytes[16];
	u8 len;
	s8 rel_at;		/* offset of the rel32, -1: none */
	u64 target;		/* absolute */
};

/*
 * Reads a site back from the template that the kernel patched: @bytes as they
 * stand at @addr, at most @len of them.  Padding behind the branch is left out, but
 * for the one int3 that stops straight-line speculation.  -EINVAL when it is none of the forms we
 * know: then nothing may be JITed.
 */
int xbpf_jit_form_read(struct xbpf_jit_form *form, const u8 *bytes, u32 len, u64 addr);

/*
 * Where the kernel keeps what inlined helpers read: addresses for %gs, offsets in struct
 * task_struct.
 * 0: not known, the helper is called.
 */
struct xbpf_jit_percpu {
	s32 this_cpu_off;	/* what turns a per-CPU address into this CPU's */
	s32 cpu_number;
	s32 current_task;
	u32 task_pid, task_tgid;	/* both 4 bytes */
};

struct xbpf_jit_env {
	struct xbpf_jit_form jump_rcx;	/* jmp *rcx */
	struct xbpf_jit_form ret;
	u64 leave;			/* where the entry trampoline's way out stands: its address + XBPF_TRAMPOLINE_LEAVE */
	bool endbr;			/* ENDBR64 at landing pads, and where C calls back */
	bool bmi2, movbe;		/* CPU features that may be used */
	bool blind;			/* no constant of the program's stands in the code (blind.c) */
	u64 seed;			/* with blind: of the keys. The measuring and the writing call must give the same */
	struct xbpf_jit_percpu percpu;	/* all 0: no call is replaced by reading per-CPU memory */
	u8 tail;			/* how tail calls are made: a number of xbpf_jit_tail_name(), 0: as 1 */
	bool pokes;			/* whoever publishes the code patches its poke sites; else it has none */
	bool gs_counts;			/* struct xbpf_tail_counts is per CPU, reached through gs */
	const struct xbpf_jit_regs *regs; /* NULL: the usual registers; others are for tests (regs.h) */
};

/* The strategies for tail calls by number, from 1 on, as in XBPF_F_TAIL(); NULL behind the last. */
const char *xbpf_jit_tail_name(u32 tail);

/*
 * Five bytes of code that lie in one aligned 8.  They hold a nop.  As long as slot @index of @map
 * has a program they must be a jmp rel32 to its landing pad; with @any they may be one to a tree of
 * that table (below).
 */
struct xbpf_jit_poke {
	u32 off;
	u32 index;
	const struct xbpf_map_info *map;
	bool any;
};

struct xbpf_jit_out {
	u32 len;		/* bytes of code */
	u32 *insn_off;		/* [insn_cnt + 1] offsets of each instruction's code, that of a
				 * subprogram's first one with the prologue; [insn_cnt] is len.
				 * Freed with xbpf_jit_out_release() */
	struct xbpf_jit_poke *pokes;	/* [poke_cnt], by offset; NULL after measuring; freed likewise */
	u32 poke_cnt;
};

/*
 * A compilation.  xbpf_jit_measure() finds the length, which does not depend on where the code will
 * stand; NULL with *err and a reason: -EOPNOTSUPP for what the JIT cannot do, -ENOMEM, -EINTR.
 * xbpf_jit_write() writes the code for address @addr, a multiple of 8, into the @size bytes of
 * @buf, once: -EFAULT when it comes out in another length (never expected; refused), -ERANGE (a
 * helper out of reach of rel32), -ENOMEM.  What was given to measure must stay until
 * xbpf_jit_end().
 */
struct jit;
struct jit *xbpf_jit_measure(const struct xbpf_code *code, const struct xbpf_env *env,
			     const struct xbpf_jit_env *jenv, struct xbpf_log *log, u32 *len, int *err);
int xbpf_jit_write(struct jit *j, u64 addr, u8 *buf, u32 size, struct xbpf_jit_out *out);
void xbpf_jit_end(struct jit *j);
void xbpf_jit_out_release(struct xbpf_jit_out *out);

/*
 * The entry trampoline, for all images compiled with @jenv (it reads branch forms and register
 * map): code for @addr into @buf.  At its start stands
 *	u64 enter(void *ctx, const void *image);
 * which runs a program, and at XBPF_TRAMPOLINE_LEAVE what programs end with (jenv->leave).
 */
int xbpf_jit_trampoline(const struct xbpf_jit_env *jenv, u64 addr, u8 buf[XBPF_TRAMPOLINE_LEN],
		  struct xbpf_log *log);

/*
 * Code that jumps to what is in rcx: directly when that is one of @targets (landing addresses,
 * ascending, all within the 4 GiB that @addr lies in), else as the kernel makes indirect jumps.
 * @buf NULL measures, else @size must be what that gave in *@len.
 */
int xbpf_jit_tree(const u64 *targets, u32 cnt, const struct xbpf_jit_env *jenv, u64 addr, u8 *buf,
		  u32 size, u32 *len, struct xbpf_log *log);

/*
 * Code for @addr that adds one to @counter, of this CPU where jenv->gs_counts says so, and jumps to
 * @target, a landing pad: what a call of that program may jump to instead.  -ERANGE: too far away.
 */
#define XBPF_COUNTER_LEN	32	/* at most */
int xbpf_jit_counter(u64 counter, u64 target, const struct xbpf_jit_env *jenv, u64 addr,
		     u8 buf[XBPF_COUNTER_LEN], u32 *len);

#endif
