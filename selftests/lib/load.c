/* SPDX-License-Identifier: GPL-2.0 */
/* Loads a program in user space: verifier, interpreter and JIT, without a kernel. */
#include <cpuid.h>

#include "core/insn.h"
#include "core/verify/verifier.h"
#include "jit/regs.h"
#include "load.h"

#define LOG_SIZE	(256u << 10)

void load_jit_env(struct xbpf_jit_env *jenv)
{
	u32 eax, ebx = 0, ecx = 0, edx;

	memset(jenv, 0, sizeof(*jenv));
	jenv->jump_rcx = (struct xbpf_jit_form){ .bytes = { 0xff, 0xe1 }, .len = 2, .rel_at = -1 };
	jenv->ret = (struct xbpf_jit_form){ .bytes = { 0xc3 }, .len = 1, .rel_at = -1 };
	if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		jenv->bmi2 = ebx >> 8 & 1;
	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		jenv->movbe = ecx >> 22 & 1;
}

int load_jit_compile(const struct xbpf_code *code, const struct xbpf_env *env,
		     const struct xbpf_jit_env *jenv, u64 addr, u8 *buf, u32 size,
		     struct xbpf_jit_out *out, struct xbpf_log *log)
{
	struct jit *j;
	u32 len;
	int err;

	memset(out, 0, sizeof(*out));
	j = xbpf_jit_measure(code, env, jenv, log, &len, &err);
	if (!j)
		return err;
	out->len = len;
	if (buf)
		err = xbpf_jit_write(j, addr, buf, size, out);
	xbpf_jit_end(j);
	return err;
}

/* What an entry trampoline depends on. */
struct trampoline {
	struct xbpf_jit_form jump_rcx, ret;
	u8 r1;
	u8 *code;
};

load_trampoline_fn load_trampoline(struct xbpf_jit_env *jenv)
{
	static struct trampoline trampolines[64];
	static u32 cnt;
	struct trampoline want;
	struct xbpf_log log;
	u32 i;

	memset(&want, 0, sizeof(want));
	want.jump_rcx = jenv->jump_rcx;
	want.ret = jenv->ret;
	want.r1 = (jenv->regs ? jenv->regs : &xbpf_jit_regs_usual)->of[BPF_REG_1];
	for (i = 0; i < cnt && memcmp(&trampolines[i], &want, offsetof(struct trampoline, code)); i++)
		;
	if (i == cnt) {
		if (cnt == ARRAY_SIZE(trampolines))
			abort();
		want.code = rt_exec_alloc(XBPF_TRAMPOLINE_LEN);
		xbpf_log_init(&log, 0, NULL, 0);
		if (xbpf_jit_trampoline(jenv, (u64)(unsigned long)want.code, want.code, &log)) {
			fprintf(stderr, "no entry trampoline: %s\n", log.reason);
			abort();
		}
		rt_exec_seal(want.code, XBPF_TRAMPOLINE_LEN);
		trampolines[cnt++] = want;
	}
	jenv->leave = (u64)(unsigned long)trampolines[i].code + XBPF_TRAMPOLINE_LEAVE;
	return (load_trampoline_fn)(unsigned long)trampolines[i].code;
}

static void *must_alloc(size_t size)
{
	void *p = port_zalloc(size);

	if (!p)
		abort();
	return p;
}

static int by_start(const void *a, const void *b)
{
	const struct xbpf_subprog *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static u32 subprog_at(const struct xbpf_code *code, u32 start)
{
	u32 i;

	for (i = 0; i < code->subprog_cnt && code->subprogs[i].start != start; i++)
		;
	return i;
}

/*
 * Facts that say nothing: every instruction is reachable, each subprogram may need 64 bytes of
 * stack.
 */
static int assume_verified(struct xbpf_code *code)
{
	u32 i, target;
	int err;

	code->insn_aux = must_alloc(code->insn_cnt * sizeof(*code->insn_aux));
	code->subprogs = must_alloc(XBPF_MAX_SUBPROGS * sizeof(*code->subprogs));
	code->subprog_cnt = 1;
	for (i = 0; i < code->insn_cnt; i++) {
		struct bpf_insn *insn = &code->insns[i];

		code->insn_aux[i].flags = XBPF_AUX_SEEN | XBPF_AUX_TARGET;
		if (i && code->insns[i - 1].code == (BPF_LD | BPF_IMM | BPF_DW) && !insn->code)
			code->insn_aux[i].flags = XBPF_AUX_SEEN | XBPF_AUX_HI;
		target = i + 1 + insn->imm;
		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL &&
		    subprog_at(code, target) == code->subprog_cnt)
			code->subprogs[code->subprog_cnt++].start = target;
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE)) {
			code->maps[code->map_cnt] = rt_env.map_get(NULL, insn->imm, false, &err);
			if (!code->maps[code->map_cnt])
				return err;
			insn->imm = (s32)code->map_cnt++;
		}
	}
	qsort(code->subprogs, code->subprog_cnt, sizeof(*code->subprogs), by_start);
	for (i = 0; i < code->subprog_cnt; i++) {
		code->subprogs[i].end = i + 1 < code->subprog_cnt ? code->subprogs[i + 1].start :
								     code->insn_cnt;
		code->subprogs[i].stack_depth = 64;
		code->subprogs[i].has_call = code->subprog_cnt > 1;
	}
	for (i = 0; i < code->insn_cnt; i++)
		if (code->insns[i].code == (BPF_JMP | BPF_CALL) && code->insns[i].src_reg)
			code->insn_aux[i].arg = subprog_at(code, i + 1 + code->insns[i].imm);
	return 0;
}

static int compile(struct loaded *p)
{
	struct xbpf_jit_env jenv;
	struct xbpf_jit_out measured = { 0 };
	int err;

	load_jit_env(&jenv);
	p->enter = load_trampoline(&jenv);
	err = load_jit_compile(&p->code, &rt_env, &jenv, 0, NULL, 0, &measured, &p->log);
	xbpf_jit_out_release(&measured);
	if (err)
		return err;
	p->jit_size = measured.len;
	p->jit_mem = rt_exec_alloc(p->jit_size);
	err = load_jit_compile(&p->code, &rt_env, &jenv, (u64)(unsigned long)p->jit_mem, p->jit_mem,
			       p->jit_size, &p->jit, &p->log);
	if (!err)
		rt_exec_seal(p->jit_mem, p->jit_size);
	return err;
}

static int load(struct loaded *p, u32 type, u32 flags)
{
	int err;

	p->code.type = type;
	p->code.gpl_compatible = true;
	p->code.may_leak = flags & LOAD_MAY_LEAK;
	p->code.insns = p->text.insns;
	p->code.insn_cnt = p->text.cnt;
	if (flags & LOAD_UNVERIFIED)
		err = assume_verified(&p->code);
	else
		err = xbpf_verify(&p->code, &rt_env, NULL, &p->log);
	if (!err && (flags & LOAD_INTERP))
		p->image = xbpf_image_build(&p->code, &rt_env, &p->log, &err);
	if (!err && (flags & LOAD_JIT))
		err = compile(p);
	xbpf_log_finish(&p->log, NULL);
	return err;
}

static void begin(struct loaded *p, u32 flags)
{
	memset(p, 0, sizeof(*p));
	if (flags & LOAD_QUIET) {
		xbpf_log_init(&p->log, 0, NULL, 0);
		return;
	}
	p->log_buf = must_alloc(LOG_SIZE);
	xbpf_log_init(&p->log, XBPF_LOG_STATES, p->log_buf, LOG_SIZE);
}

static int load_text(struct loaded *p, u32 type, u32 flags)
{
	if (p->text.func_cnt) {
		p->btf = must_alloc(sizeof(*p->btf));
		if (!btf_text_make(p->btf, &p->text))
			return xbpf_log_fail(&p->log, -EINVAL, "asm: %s", p->text.error);
		p->code.types = p->btf->types;
		p->code.funcs = p->btf->funcs;
		p->code.func_cnt = p->btf->func_cnt;
	}
	return load(p, type, flags);
}

int load_asm(struct loaded *p, const char *text, u32 type, u32 flags)
{
	begin(p, flags);
	if (asm_parse(&p->text, text) || asm_bind(&p->text, rt_map_fd_by_name, NULL))
		return xbpf_log_fail(&p->log, -EINVAL, "asm: %s", p->text.error);
	return load_text(p, type, flags);
}

int load_insns(struct loaded *p, const struct bpf_insn *insns, u32 cnt, u32 type, u32 flags)
{
	begin(p, flags);
	p->text.insns = must_alloc(cnt * sizeof(*insns));
	memcpy(p->text.insns, insns, cnt * sizeof(*insns));
	p->text.cnt = cnt;
	return load(p, type, flags);
}

int load_insns_typed(struct loaded *p, const struct bpf_insn *insns, u32 cnt, u32 type, u32 flags,
		     const struct asm_func *funcs, u32 func_cnt, struct xbpf_verify_observer *observer)
{
	begin(p, flags);
	p->code.observer = observer;
	p->text.insns = must_alloc(cnt * sizeof(*insns));
	memcpy(p->text.insns, insns, cnt * sizeof(*insns));
	p->text.cnt = cnt;
	if (func_cnt) {
		p->text.funcs = must_alloc(func_cnt * sizeof(*funcs));
		memcpy(p->text.funcs, funcs, func_cnt * sizeof(*funcs));
		p->text.func_cnt = func_cnt;
	}
	return load_text(p, type, flags);
}

void load_free(struct loaded *p)
{
	u32 i;

	for (i = 0; i < p->code.map_cnt; i++)
		rt_env.map_put(p->code.maps[i]);
	xbpf_image_free(p->image);
	xbpf_jit_out_release(&p->jit);
	rt_exec_free(p->jit_mem, p->jit_size);
	xbpf_code_release(&p->code);
	asm_free(&p->text);
	free(p->btf);
	free(p->log_buf);
	memset(p, 0, sizeof(*p));
}

u64 load_run_interp(const struct loaded *p, void *ctx)
{
	return xbpf_image_run(p->image, ctx);
}

u64 load_run_jit(const struct loaded *p, void *ctx)
{
	return p->enter(ctx, p->jit_mem);
}

const void *load_target(const struct loaded *p, u32 engine)
{
	return engine == LOAD_JIT ? (const void *)p->jit_mem : p->image;
}

u64 load_run(const struct loaded *p, u32 engine, void *ctx)
{
	return engine == LOAD_JIT ? load_run_jit(p, ctx) : load_run_interp(p, ctx);
}
