/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verifier: stages in order, and the walk over all paths.
 *
 * Programs come from a privileged user: bounds are proved for what the CPU
 * architecturally does, not for what it does speculatively.
 */
#include "core/verify/observe.h"
#include "core/verify/verifier.h"
#include "core/verify/verifier_priv.h"

/* --- stages ---------------------------------------------------------------------------------- */

static int check_size(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;

	v->type = xbpf_prog_type_find(code->type);
	if (!v->type)
		return xbpf_log_fail(v->log, -EINVAL,
			"xbpf has no program type %u (xbpfctl feature lists those it has)",
			code->type);
	if (!code->insn_cnt || !code->insns)
		return xbpf_log_fail(v->log, -EINVAL, "the program has no instructions");
	if (code->insn_cnt > XBPF_MAX_INSNS)
		return xbpf_log_fail(v->log, -E2BIG,
			"the program has %u instructions, the limit is %u: split it with tail calls",
			code->insn_cnt, XBPF_MAX_INSNS);
	code->insn_aux = port_zalloc(sizeof(*code->insn_aux) * code->insn_cnt);
	v->walk_aux = port_zalloc(sizeof(*v->walk_aux) * code->insn_cnt);
	if (!code->insn_aux || !v->walk_aux)
		return xbpf_verify_no_memory(v);
	return 0;
}

static int check_insns(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	const char *why;
	u32 pc;

	for (pc = 0; pc < code->insn_cnt; pc += insn_len(&code->insns[pc])) {
		const struct bpf_insn *insn = &code->insns[pc];

		if (xbpf_opcode(insn->code)->uses & XBPF_WRITES_DST && insn->dst_reg == REG_FP) {
			v->pc = pc;
			return xbpf_reg_write(v, REG_FP);
		}
		why = xbpf_insn_check(insn, code->insn_cnt - pc);
		if (why) {
			xbpf_log(v->log, "%u: (%02x) %s\n", pc, insn->code, why);
			return xbpf_verify_refuse_at(v, pc, -EINVAL,
				"instruction %u (opcode %02x) is malformed: %s", pc, insn->code,
				why);
		}
	}
	return 0;
}

/* --- the walk -------------------------------------------------------------------------------- */

/* At the begin of the main function (0), or of a global one. */
static int start(struct xbpf_verifier *v, u32 func)
{
	struct xbpf_reg *r1;
	int err;

	v->cur = xbpf_state_new(v);
	if (!v->cur)
		return -ENOMEM;
	err = xbpf_frame_open(v, v->cur, func, U32_MAX);
	if (err)
		return err;
	v->pc = v->code->subprogs[func].start;
	if (func) {
		xbpf_global_begin(v, func);
		return 0;
	}
	r1 = &cur_regs(v)[1];
	r1->type = REG_CTX;
	r1->var = xbpf_scalar_const(0);
	return 0;
}

/* One instruction; the result is an enum xbpf_step or an error. */
static int step(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		return xbpf_verify_alu(v, insn);
	case XBPF_INSN_LOAD:
		return xbpf_verify_load(v, insn);
	case XBPF_INSN_STORE:
		return xbpf_verify_store(v, insn);
	case XBPF_INSN_ATOMIC:
		return xbpf_verify_atomic(v, insn);
	case XBPF_INSN_LD_IMM64:
		return xbpf_verify_ld_imm64(v, insn);
	case XBPF_INSN_LD_PKT:
		return xbpf_verify_ld_packet(v, insn);
	case XBPF_INSN_JUMP:
		return xbpf_verify_jump(v, insn);
	case XBPF_INSN_JA:
		v->jumps++;
		v->pc = (u32)insn_target(insn, v->pc);
		return STEP_JUMP;
	case XBPF_INSN_CALL:
		return xbpf_verify_call(v, insn);
	case XBPF_INSN_EXIT:
		return xbpf_verify_exit(v);
	}
	return xbpf_verify_refuse(v, -EINVAL, "opcode %02x is not supported", insn->code);
}

static int count_insn(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;

	if (code->processed == XBPF_MAX_PROCESSED) {
		xbpf_log(v->log, "BPF program is too large. Processed %u insn\n", code->processed);
		return xbpf_verify_refuse_long(v, code->processed, "instructions were walked");
	}
	code->processed++;
	v->insns++;
	return code->processed & 0xff ? 0 : xbpf_verify_go_on(v);
}

/* The next path that waits; false: all are walked. */
static bool next_path(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->pending;

	xbpf_state_path_end(v);
	xbpf_state_free(v, v->cur);
	v->cur = st;
	if (!st)
		return false;
	v->pending = st->next;
	v->pending_cnt--;
	v->pc = st->pc;
	/* at level 1 only the path that fails is of interest */
	if (!(v->log->level & XBPF_LOG_MORE))
		xbpf_log_rewind(v->log, st->log_pos);
	if (v->log->level & (XBPF_LOG_STATES | XBPF_LOG_MORE)) {
		xbpf_log(v->log, "\nfrom %u to %u:", st->from, st->pc);
		xbpf_verify_log_state(v, st->depth);
	}
	return true;
}

static int visit(struct xbpf_verifier *v)
{
	int covered;

	if (!(v->walk_aux[v->pc].flags & WALK_PRUNE))
		return 0;
	v->walk_aux[v->pc].visits++;
	covered = xbpf_state_visit(v);
	if (covered > 0 && v->log->level & (XBPF_LOG_STATES | XBPF_LOG_MORE))
		xbpf_log(v->log, "%u: safe\n", v->pc);
	return covered;
}

static void observe(struct xbpf_verifier *v)
{
	const struct xbpf_reg *regs = cur_regs(v);
	u32 i;

	for (i = 0; i < REG_COUNT; i++) {
		u8 *kind = &v->observed[i].kind;

		v->observed[i].value = regs[i].var;
		if (regs[i].type == REG_NONE || !(v->walk_aux[v->pc].live & BIT_OF(i)))
			*kind = XBPF_OBSERVED_NOTHING;
		else if (regs[i].type == REG_SCALAR)
			*kind = XBPF_OBSERVED_NUMBER;
		else if (reg_may_be_null(&regs[i]) || !xbpf_reg_is_near(&regs[i]))
			*kind = XBPF_OBSERVED_OR_NULL;
		else
			*kind = XBPF_OBSERVED_POINTER;
	}
	v->code->observer->state(v->code->observer, v->pc, v->cur->depth, v->observed);
}

/* BPF_F_TEST_REG_INVARIANTS: on both ways of a branch, and behind whatever makes numbers. */
static int check_invariants(struct xbpf_verifier *v)
{
	const struct xbpf_reg *regs = cur_regs(v);
	const struct xbpf_scalar *n;
	u32 i;

	for (i = 0; i < REG_COUNT; i++) {
		n = &regs[i].var;
		if (regs[i].type != REG_SCALAR || xbpf_scalar_is_sound(n))
			continue;
		xbpf_log(v->log,
			 "REG INVARIANTS VIOLATION (R%u): u64=[0x%llx, 0x%llx] s64=[0x%llx, 0x%llx] "
			 "u32=[0x%x, 0x%x] s32=[0x%x, 0x%x] var_off=(0x%llx, 0x%llx)\n", i,
			 (unsigned long long)n->umin, (unsigned long long)n->umax,
			 (unsigned long long)n->smin, (unsigned long long)n->smax, n->umin32, n->umax32,
			 (u32)n->smin32, (u32)n->smax32, (unsigned long long)n->bits.value,
			 (unsigned long long)n->bits.mask);
		return xbpf_verify_refuse(v, -EFAULT,
			"bug in xbpf: what is known of the number in R%u contradicts itself; please report it",
			i);
	}
	return 0;
}

static int walk_insn(struct xbpf_verifier *v)
{
	const struct bpf_insn *insn = &v->code->insns[v->pc];
	bool loud = v->log->level & (XBPF_LOG_STATES | XBPF_LOG_MORE);
	u32 depth = v->cur->depth;
	int step_kind;

	v->code->insn_aux[v->pc].flags |= XBPF_AUX_SEEN;
	if (v->code->observer)
		observe(v);
	if (v->code->flags & XBPF_TEST_REG_INVARIANTS && check_invariants(v))
		return -EFAULT;
	if (loud)
		xbpf_verify_log_insn(v, v->log->level & XBPF_LOG_MORE);
	step_kind = probe_before(v, insn);
	if (step_kind)
		return step_kind;
	step_kind = step(v, insn);
	probe_after(v, step_kind);
	if (loud && step_kind >= 0 && v->cur->depth == depth)
		xbpf_verify_log_after(v, insn);
	if (step_kind == STEP_NEXT)
		v->pc += insn_len(insn);
	return step_kind;
}

static int walk_paths(struct xbpf_verifier *v, u32 func)
{
	int err;

	err = start(v, func);
	if (err)
		return err;
	if (v->log->level & (XBPF_LOG_STATES | XBPF_LOG_MORE)) {
		xbpf_log(v->log, "%u:", v->pc);
		xbpf_verify_log_state(v, 0);
	}
	do {
		for (;;) {
			err = visit(v);
			if (err > 0)
				break;
			if (!err)
				err = count_insn(v);
			if (!err)
				err = walk_insn(v);
			if (err < 0)
				return err;
			if (err == STEP_DONE)
				break;
		}
	} while (next_path(v));
	return 0;
}

static int explore(struct xbpf_verifier *v)
{
	u32 func = 0;
	int err;

	/* the main function, then what it calls, and those call */
	do {
		err = walk_paths(v, func);
		xbpf_state_release_all(v);
		func = xbpf_global_next(v);
	} while (!err && func);
	return err;
}

/* Each stage may rely on all before it. */
static int (*const stages[])(struct xbpf_verifier *v) = {
	check_size,
	check_insns,
	xbpf_verify_maps,
	xbpf_verify_subprogs,
	xbpf_verify_effects,
	xbpf_verify_graph,
	xbpf_verify_stack_chain,	/* recursion; the depths follow */
	xbpf_verify_live,
	explore,
	xbpf_verify_stack_chain,
	xbpf_verify_insn_aux,
	xbpf_verify_ctx_rewrite,
	xbpf_verify_field_rewrite,
};

int xbpf_verify(struct xbpf_code *code, const struct xbpf_env *env, void *priv,
		struct xbpf_log *log)
{
	struct xbpf_verifier *v;
	int err = 0;
	u32 i;

	code->insn_aux = NULL;
	code->subprogs = NULL;
	code->subprog_cnt = 0;
	code->map_cnt = 0;
	code->processed = 0;
	code->compared = 0;
	code->ctx_used = 0;
	code->ctx_words = 0;
	code->ctx_written = 0;
	code->packet_write = false;
	v = port_zalloc(sizeof(*v));
	if (!v)
		return xbpf_log_fail(log, -ENOMEM, "out of memory while checking the program");
	v->code = code;
	v->env = env;
	v->priv = priv;
	v->log = log;
	for (i = 0; !err && i < ARRAY_SIZE(stages); i++) {
		err = stages[i](v);
		if (!err)
			err = xbpf_verify_go_on(v);
	}
	xbpf_verify_log_stats(v);
	xbpf_verify_free_spare(v);
	port_free(v->calls);
	port_free(v->funcs);
	port_free(v->walk_aux);
	port_free(v);
	return err;
}

void xbpf_code_release(struct xbpf_code *code)
{
	port_free(code->insn_aux);
	port_free(code->subprogs);
	code->insn_aux = NULL;
	code->subprogs = NULL;
	code->subprog_cnt = 0;
}
