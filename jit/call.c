/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of helpers and of subprograms.
 */
#include "jit/translate.h"
#include "core/helper.h"

static void take_result(struct jit *j)
{
	if (j->reg[BPF_REG_0] != X86_AX)
		x86_mov_rr(&j->e, true, j->reg[BPF_REG_0], X86_AX);
}

static void call_helper(struct jit *j, u32 id)
{
	const char *name = xbpf_helper_name(id);
	xbpf_helper_fn fn = j->env->helper(id, xbpf_jit_map(j));

	if (!name)
		name = "unknown";
	if (fn && xbpf_jit_inline(j, id))
		return;
	if (!fn) {
		xbpf_jit_fail(j, -EINVAL, "helper %s#%u is not offered by this kernel", name, id);
		return;
	}
	xbpf_jit_args_to_c(j);
	xbpf_x86_call_to(&j->e, (u64)(unsigned long)fn);
	if (j->e.err == -ERANGE)
		xbpf_jit_fail(j, -ERANGE,
			      "helper %s#%u is more than 2 GiB away from the code: out of reach of a call",
			      name, id);
	take_result(j);
}

static void call_sub(struct jit *j, s32 imm)
{
	const struct xbpf_code *code = j->code;
	u32 sub = xbpf_jit_sub_at(j, (s64)j->at + 1 + imm);

	if (!sub) {
		xbpf_jit_fail(j, -EINVAL, "call of what is no subprogram");
		return;
	}
	xbpf_x86_call(&j->e, jit_sub_label(j, sub));
	take_result(j);
	/* its own r12 went with the frame: the exit of the last program tells what is left */
	if (code->subprogs[sub].has_tail_call)
		x86_mov_rr(&j->e, false, JIT_BUDGET, JIT_BUDGET_OUT);
}

void xbpf_jit_call(struct jit *j, const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_CALL)
		call_sub(j, insn->imm);
	else if (insn->src_reg)
		xbpf_jit_fail(j, -EOPNOTSUPP, "calls of kernel functions (kfuncs) are not supported");
	else if (insn->imm == BPF_FUNC_tail_call)
		xbpf_jit_tail_call(j);
	else
		call_helper(j, insn->imm);
}
