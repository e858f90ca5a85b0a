/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Global functions: those of which BTF says so are checked once, apart from their callers, for any
 * arguments that fit their prototype.  A call of one checks that its arguments do, and goes on
 * behind it with what the prototype promises.
 *
 * As in upstream 6.12 only those are checked that a call on some path that was walked goes to; no
 * run comes to the others.
 *
 * What a caller cannot see of such a function, it has to be told: what it does, by itself or by
 * whatever it calls (struct xbpf_func_aux).  That is read off the instructions before the walk,
 * whether they can be reached or not.
 */
#include "core/verify/verifier_priv.h"

/* --- what functions do ----------------------------------------------------------------------- */

static void record_insn(struct xbpf_verifier *v, struct xbpf_func_aux *func, u32 pc)
{
	const struct bpf_insn *insn = &v->code->insns[pc];
	const struct xbpf_opcode *op = xbpf_opcode(insn->code);
	const struct xbpf_helper *helper;

	if (insn_is_pseudo_call(insn) || insn_is_func_addr(insn)) {
		u32 callee = v->walk_aux[pc].index;

		func->uses[callee / 64] |= 1ULL << callee % 64;
		return;
	}
	if (op->klass == XBPF_INSN_ATOMIC)
		func->atomic_size = max_t(u8, func->atomic_size, op->size);
	if (op->klass == XBPF_INSN_LD_PKT)
		func->early_return = true;
	if (!insn_is_helper_call(insn))
		return;
	helper = xbpf_helper_find((u32)insn->imm);
	/* where a tail call leads to, anything may be done to the packet */
	if (insn->imm == BPF_FUNC_tail_call) {
		func->tail_calls = true;
		func->early_return = true;
		func->moves_packet = true;
	}
	if (helper && helper->moves_packet)
		func->moves_packet = true;
}

/* true: something was new to @func. */
static bool add_effects(struct xbpf_func_aux *func, const struct xbpf_func_aux *callee)
{
	struct xbpf_func_aux old = *func;

	func->tail_calls |= callee->tail_calls;
	func->moves_packet |= callee->moves_packet;
	func->atomic_size = max_t(u8, func->atomic_size, callee->atomic_size);
	return old.tail_calls != func->tail_calls || old.moves_packet != func->moves_packet ||
	       old.atomic_size != func->atomic_size;
}

int xbpf_verify_effects(struct xbpf_verifier *v)
{
	struct xbpf_code *code = v->code;
	u32 i, callee, pc;
	bool more = true;

	for (i = 0; i < code->subprog_cnt; i++)
		for (pc = code->subprogs[i].start; pc < code->subprogs[i].end; pc++)
			if (!(code->insn_aux[pc].flags & XBPF_AUX_HI))
				record_insn(v, &v->funcs[i], pc);
	/*
	 * what can be new to a function is little, and callees mostly stand behind their callers:
	 * the rounds are few
	 */
	while (more) {
		more = false;
		for (i = code->subprog_cnt; i--;)
			for (callee = 0; callee < code->subprog_cnt; callee++)
				if (v->funcs[i].uses[callee / 64] >> callee % 64 & 1)
					more |= add_effects(&v->funcs[i], &v->funcs[callee]);
		port_resched();
	}
	return 0;
}

/* --- calls ----------------------------------------------------------------------------------- */

static const char *name_of(const struct xbpf_verifier *v, u32 func)
{
	return v->code->subprogs[func].name ? v->code->subprogs[func].name : "?";
}

static int read_proto(struct xbpf_verifier *v, u32 func)
{
	struct xbpf_func_aux *aux = &v->funcs[func];
	char why[160];
	int err;

	if (aux->proto_known)
		return 0;
	err = xbpf_proto_read(&v->code->types, aux->info->type, v->type, &aux->proto, why, sizeof(why));
	if (err) {
		xbpf_log(v->log, "Global function %s() %s\n", name_of(v, func), why);
		return xbpf_verify_refuse(v, err, "the global function %s() %s; or make it static",
					  name_of(v, func), why);
	}
	/* as upstream: whoever is called instead returns a number, and so does who ends early */
	if (aux->proto.is_void && aux->early_return) {
		xbpf_log(v->log, "tail_call and LD_ABS are only allowed in functions that return 'int'.\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"the global function %s() returns nothing: tail calls, LD_ABS and LD_IND "
			"are only for functions that return int",
			name_of(v, func));
	}
	aux->proto_known = true;
	return 0;
}

static bool is_null(const struct xbpf_reg *reg)
{
	return reg_is_const(reg) && !reg->var.umin;
}

/*
 * A pointer to memory is nothing but that in the function: the bytes may be read and written at any
 * time while it runs. So it must not be able to take them away, and what it asks of their place
 * must be so.
 */
static int check_mem_kind(struct xbpf_verifier *v, u32 func, u32 regno)
{
	const struct xbpf_func_aux *aux = &v->funcs[func];
	const struct xbpf_reg *reg = &cur_regs(v)[regno];
	struct xbpf_scalar at;

	if (reg->type != REG_STACK && reg->type != REG_VALUE && reg->type != REG_MEM &&
	    reg->type != REG_KEY &&
	    !reg_is_packet(reg)) {
		xbpf_log(v->log, "R%u type=%s expected=fp, pkt, map_key, map_value, mem\n", regno,
			 xbpf_reg_type_name(reg));
		return xbpf_verify_refuse(v, -EINVAL,
					  "argument %u of %s() must point to %u bytes of memory, R%u is %s",
					  regno, name_of(v, func),
					  aux->proto.param[regno - 1].size, regno,
					  xbpf_reg_type_name(reg));
	}
	if (reg_is_packet(reg) && aux->moves_packet)
		return xbpf_verify_refuse(v, -EINVAL,
			"%s(), or what it calls, may move the packet that R%u points into: copy "
			"the bytes to the stack first",
			name_of(v, func), regno);
	if (!aux->atomic_size)
		return 0;
	at = xbpf_reg_distance(reg);
	if (!reg_is_packet(reg) && !((at.bits.value | at.bits.mask) & (aux->atomic_size - 1)))
		return 0;
	return xbpf_verify_refuse(v, -EINVAL,
		"%s(), or what it calls, has atomic operations on %u bytes: the memory that R%u "
		"points to must be aligned to that",
		name_of(v, func), aux->atomic_size, regno);
}

static int check_mem(struct xbpf_verifier *v, u32 func, u32 regno)
{
	const struct xbpf_param *param = &v->funcs[func].proto.param[regno - 1];
	struct xbpf_reg *reg = &cur_regs(v)[regno];
	u8 type = reg->type;
	int err;

	if (is_null(reg))
		xbpf_reg_mark_precise(v, reg);
	if (!param->or_null && (is_null(reg) || reg_may_be_null(reg))) {
		xbpf_log(v->log, "arg#%u is expected to be non-NULL\n", regno - 1);
		return xbpf_verify_refuse(v, -EINVAL,
					  "argument %u of %s() may not be NULL: check R%u before the call",
					  regno, name_of(v, func), regno);
	}
	if (is_null(reg))
		return 0;
	/* null or not: what counts is what it is when it is not */
	if (type == REG_VALUE_OR_NULL)
		reg->type = REG_VALUE;
	if (type == REG_MEM_OR_NULL)
		reg->type = REG_MEM;
	err = check_mem_kind(v, func, regno);
	if (!err)
		err = xbpf_verify_range(v, regno, param->size, param->size, false);
	if (!err)
		err = xbpf_verify_range(v, regno, param->size, param->size, true);
	reg->type = type;
	/* as upstream: a caller breaks a promise, whatever it is */
	return err == -EACCES ? -EINVAL : err;
}

static int check_argument(struct xbpf_verifier *v, u32 func, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	switch (v->funcs[func].proto.param[regno - 1].kind) {
	case XBPF_PARAM_NUMBER:
		if (reg->type == REG_SCALAR)
			return 0;
		xbpf_log(v->log, "R%u is not a scalar\n", regno);
		return xbpf_verify_refuse(v, -EINVAL,
					  "argument %u of %s() is a number by its prototype, R%u is %s",
					  regno, name_of(v, func), regno,
					  reg->type == REG_NONE ? "not written" :
								  xbpf_reg_type_name(reg));
	case XBPF_PARAM_CTX:
		if (reg->type == REG_CTX && !reg->off && xbpf_scalar_is_const(&reg->var) && !reg->var.umin)
			return 0;
		xbpf_log(v->log, "arg#%u expects pointer to ctx\n", regno - 1);
		return xbpf_verify_refuse(v, -EINVAL,
					  "argument %u of %s() is the context by its prototype, R%u is %s",
					  regno, name_of(v, func), regno,
					  reg->type == REG_CTX ? "a pointer into it" :
								 xbpf_reg_type_name(reg));
	}
	return check_mem(v, func, regno);
}

int xbpf_verify_call_global(struct xbpf_verifier *v, u32 func)
{
	struct xbpf_func_aux *aux = &v->funcs[func];
	struct xbpf_reg *regs = cur_regs(v);
	int err = read_proto(v, func);
	u32 i;

	for (i = 1; !err && i <= aux->proto.cnt; i++)
		err = check_argument(v, func, i);
	if (!err && aux->tail_calls && xbpf_in_callback(v->cur)) {
		xbpf_log(v->log, "tail_calls are not allowed in callbacks\n");
		err = xbpf_verify_refuse(v, -EINVAL,
			"%s(), or what it calls, may make tail calls, which is not possible in a "
			"callback: leave the loop first",
			name_of(v, func));
	}
	if (err)
		return err;
	aux->called = true;
	if (aux->moves_packet)
		xbpf_packet_moved(v, v->cur);
	for (i = 0; i <= 5; i++)
		xbpf_reg_none(&regs[i]);
	if (!aux->proto.is_void)
		xbpf_reg_unknown(&regs[0]);
	return STEP_NEXT;
}

/* --- the function on its own ----------------------------------------------------------------- */

u32 xbpf_global_next(const struct xbpf_verifier *v)
{
	u32 i;

	for (i = 1; i < v->code->subprog_cnt; i++)
		if (v->funcs[i].called && !v->funcs[i].walked)
			return i;
	return 0;
}

void xbpf_global_begin(struct xbpf_verifier *v, u32 func)
{
	struct xbpf_func_aux *aux = &v->funcs[func];
	struct xbpf_reg *reg;
	u32 i;

	aux->walked = true;
	for (i = 0; i < aux->proto.cnt; i++) {
		const struct xbpf_param *param = &aux->proto.param[i];

		reg = &cur_regs(v)[i + 1];
		if (param->kind == XBPF_PARAM_NUMBER) {
			xbpf_reg_unknown(reg);
			continue;
		}
		reg->type = param->kind == XBPF_PARAM_CTX ? REG_CTX : param->or_null ? REG_MEM_OR_NULL : REG_MEM;
		reg->var = xbpf_scalar_const(0);
		if (param->kind == XBPF_PARAM_CTX)
			continue;
		/* each its own object, for all that is known here; without ref: nothing to be given back */
		reg->id = ++v->last_id;
		reg->size = param->size;
	}
	xbpf_log(v->log, "Validating %s() func#%u...\n", name_of(v, func), func);
}

int xbpf_global_exit(struct xbpf_verifier *v, u32 func)
{
	const struct xbpf_reg *r0 = &cur_regs(v)[0];
	int err = xbpf_ref_check_none(v, "the end of the function");

	if (err || v->funcs[func].proto.is_void)
		return err ? err : STEP_DONE;
	err = xbpf_reg_read(v, 0);
	if (err)
		return err;
	if (r0->type == REG_SCALAR)
		return STEP_DONE;
	xbpf_log(v->log, "At subprogram exit the register R0 is not a scalar value (%s)\n",
		 xbpf_reg_type_name(r0));
	return xbpf_verify_refuse(v, -EINVAL,
				  "the global function %s() returns a pointer (%s): it must be a number",
				  name_of(v, func), xbpf_reg_type_name(r0));
}
