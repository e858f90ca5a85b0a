/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the text of a program to something that runs, in user space:
 * assemble, bind the maps of rt.h, verify, build an image and compile.
 */
#ifndef XBPF_SELFTESTS_LOAD_H
#define XBPF_SELFTESTS_LOAD_H

#include "core/code.h"
#include "core/interp.h"
#include "core/log.h"
#include "jit/jit.h"
#include "asm.h"
#include "btf_text.h"
#include "rt.h"

#define LOAD_INTERP	1u	/* build an image */
#define LOAD_JIT	2u	/* compile */
#define LOAD_UNVERIFIED	4u	/* in place of the verifier take everything as reachable (tests of
				 * engines only) */

/* How compiled code is entered: the entry trampoline that it was compiled for. */
typedef u64 (*load_trampoline_fn)(void *ctx, const void *image);

struct loaded {
	struct asm_prog text;
	struct btf_text *btf;	/* NULL: the text has no prototypes */
	struct xbpf_code code;
	struct xbpf_log log;
	char *log_buf;
	struct xbpf_image *image;
	struct xbpf_jit_out jit;
	load_trampoline_fn enter;	/* the way into jit_mem */
	u8 *jit_mem;
	u32 jit_size;
};

/* How this machine jumps and returns without mitigations. */
void load_jit_env(struct xbpf_jit_env *jenv);
/* Both passes: @buf NULL measures only. */
int load_jit_compile(const struct xbpf_code *code, const struct xbpf_env *env,
		     const struct xbpf_jit_env *jenv, u64 addr, u8 *buf, u32 size,
		     struct xbpf_jit_out *out, struct xbpf_log *log);
/*
 * The entry trampoline for what is compiled with @jenv, which gets its way out. One for each kind
 * is kept for good.
 */
load_trampoline_fn load_trampoline(struct xbpf_jit_env *jenv);

#define LOAD_QUIET	16u	/* no log but the reason: quicker */
#define LOAD_MAY_LEAK	8u	/* as loaded by who may see pointers and old stack */

/*
 * 0 or a negative errno with p->log.reason set.  load_free() either way.  @flags: LOAD_*;
 * The program
 * is GPL and has no prog_flags.
 */
int load_asm(struct loaded *p, const char *text, u32 type, u32 flags);
int load_insns(struct loaded *p, const struct bpf_insn *insns, u32 cnt, u32 type, u32 flags);
/* The same, with prototypes of functions, and observed while it is verified (both may be NULL). */
int load_insns_typed(struct loaded *p, const struct bpf_insn *insns, u32 cnt, u32 type, u32 flags,
		     const struct asm_func *funcs, u32 func_cnt, struct xbpf_verify_observer *observer);
void load_free(struct loaded *p);

u64 load_run_interp(const struct loaded *p, void *ctx);
u64 load_run_jit(const struct loaded *p, void *ctx);
/* What a slot of a program array holds, for LOAD_INTERP or LOAD_JIT. */
const void *load_target(const struct loaded *p, u32 engine);
u64 load_run(const struct loaded *p, u32 engine, void *ctx);

#endif
