/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of the JIT: compiles with the branch forms, CPU features, register
 * map and aux data that a test wants, without the verifier.
 */
#ifndef XBPF_SELFTESTS_UNIT_JIT_RIG_H
#define XBPF_SELFTESTS_UNIT_JIT_RIG_H

#include "jit/jit.h"
#include "jit/regs.h"
#include "lib/load.h"

/* Assembles; everything counts as reachable, each subprogram has @depth bytes of stack. */
static inline int rig_parse(struct loaded *p, const char *text, u32 depth)
{
	int err = load_asm(p, text, BPF_PROG_TYPE_KPROBE, LOAD_UNVERIFIED);
	struct xbpf_code *code = &p->code;
	u32 i, k;

	for (i = 0; !err && i < code->subprog_cnt; i++) {
		struct xbpf_subprog *s = &code->subprogs[i];

		s->stack_depth = depth;
		s->has_tail_call = false;
		for (k = s->start; k < s->end; k++)
			if (code->insns[k].code == (BPF_JMP | BPF_CALL) && !code->insns[k].src_reg &&
			    code->insns[k].imm == BPF_FUNC_tail_call)
				s->has_tail_call = true;
	}
	return err;
}

/* Measures, allocates, writes. */
static inline int rig_compile(struct loaded *p, const struct xbpf_jit_env *wanted)
{
	struct xbpf_jit_env jenv = *wanted;
	int err;

	p->enter = load_trampoline(&jenv);
	err = load_jit_compile(&p->code, &rt_env, &jenv, 0, NULL, 0, &p->jit, &p->log);
	xbpf_jit_out_release(&p->jit);
	if (err)
		return err;
	p->jit_size = p->jit.len;
	p->jit_mem = rt_exec_alloc(p->jit_size);
	err = load_jit_compile(&p->code, &rt_env, &jenv, (u64)(unsigned long)p->jit_mem, p->jit_mem,
			       p->jit_size, &p->jit, &p->log);
	if (!err)
		rt_exec_seal(p->jit_mem, p->jit_size);
	return err;
}

/* Both; a failure is said and ends the test program. */
static inline void rig_must(struct loaded *p, const char *text, u32 depth,
			    const struct xbpf_jit_env *jenv)
{
	int err = rig_parse(p, text, depth);

	if (!err)
		err = rig_compile(p, jenv);
	if (err) {
		printf("Bail out! compiling failed: %d %s\n", err, p->log.reason);
		exit(1);
	}
}

static inline struct xbpf_jit_env rig_env(void)
{
	struct xbpf_jit_env jenv;

	load_jit_env(&jenv);
	load_trampoline(&jenv);
	return jenv;
}

/* The first call of helper @id. */
static inline u32 rig_find_call(const struct loaded *p, s32 id)
{
	u32 i;

	for (i = 0; i < p->code.insn_cnt; i++)
		if (p->code.insns[i].code == (BPF_JMP | BPF_CALL) && !p->code.insns[i].src_reg &&
		    p->code.insns[i].imm == id)
			break;
	return i;
}

#endif
