/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of helpers and of functions of the program, and returning from them.
 */
#include "core/verify/verifier_priv.h"

struct call {
	const struct xbpf_helper *helper;
	const struct xbpf_map_info *map;	/* of the XBPF_ARG_MAP, once seen */
	u32 map_index;
	bool inner;			/* ... one of the maps in it */
	struct {
		u32 regno, min, max;
	} output;			/* memory that the helper fills; regno 0: none */
	u32 alloc_size;			/* of the XBPF_ARG_ALLOC_SIZE */
	u32 ref;			/* what is given back */
	u32 func;			/* the XBPF_ARG_CALLBACK */
};

/* --- may it be called at all? ---------------------------------------------------------------- */

static int refuse_unknown(struct xbpf_verifier *v, u32 id)
{
	const char *name = xbpf_helper_name(id);

	if (!name) {
		xbpf_log(v->log, "invalid func unknown#%u\n", id);
		return xbpf_verify_refuse(v, -EINVAL,
			"there is no helper of number %u (invalid func unknown#%u)", id, id);
	}
	xbpf_log(v->log, "unknown func bpf_%s#%u\n", name, id);
	return xbpf_verify_refuse(v, -EINVAL,
		"unknown func bpf_%s#%u: xbpf has no such helper (xbpfctl feature lists those it has)",
		name, id);
}

/*
 * No program may, xbpf having none; but what no path comes to is not asked for.  So a program can
 * name a function that not all kernels have, behind a test of a constant.
 */
static int refuse_kernel_func(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	xbpf_log(v->log, "calling kernel function is not allowed\n");
	if (!insn->imm)
		return xbpf_verify_refuse(v, -EINVAL,
			"a run may come to this call of a kernel function (kfunc) that the loader did not "
			"find: test with bpf_ksym_exists() first");
	return xbpf_verify_refuse(v, -EINVAL,
		"a run may come to this call of a kernel function (kfunc, BTF id %d), and xbpf supports "
		"none: use a helper, or decide by a constant (const volatile) not to come here",
		insn->imm);
}

static int check_callable(struct xbpf_verifier *v, const struct xbpf_helper *helper)
{
	if (!xbpf_helper_allowed(helper, v->code->type)) {
		xbpf_log(v->log, "program of this type cannot use helper bpf_%s#%u\n",
			 helper->name, helper->id);
		return xbpf_verify_refuse(v, -EINVAL,
			"program of type %s may not call bpf_%s#%u (unknown func bpf_%s#%u)",
			v->type->name, helper->name, helper->id, helper->name, helper->id);
	}
	if (helper->perfmon && v->type->load != XBPF_LOAD_PERFMON && !v->code->may_leak) {
		xbpf_log(v->log, "program of this type cannot use helper bpf_%s#%u\n",
			 helper->name, helper->id);
		return xbpf_verify_refuse(v, -EINVAL,
			"bpf_%s#%u in a program of type %s needs CAP_PERFMON: load it as root "
			"(unknown func bpf_%s#%u)",
			helper->name, helper->id, v->type->name, helper->name, helper->id);
	}
	if (helper->gpl_only && !v->code->gpl_compatible) {
		xbpf_log(v->log, "cannot call GPL-restricted function from non-GPL compatible program\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"cannot call GPL-restricted function from non-GPL compatible program: "
			"bpf_%s needs a licence such as \"GPL\"",
			helper->name);
	}
	if (helper->id == BPF_FUNC_tail_call && xbpf_in_callback(v->cur)) {
		xbpf_log(v->log, "tail_calls are not allowed in callbacks\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"bpf_tail_call is not possible in a callback, which has to return to its "
			"helper: leave the loop first");
	}
	return 0;
}

/* --- arguments ------------------------------------------------------------------------------- */

static int refuse_type(struct xbpf_verifier *v, const struct call *c, u32 regno,
		       const char *expected, const char *need)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	xbpf_log(v->log, "R%u type=%s expected=%s\n", regno, xbpf_reg_type_name(reg), expected);
	return xbpf_verify_refuse(v, -EACCES, "argument %u of bpf_%s must be %s, R%u is %s", regno,
				  c->helper->name, need, regno, xbpf_reg_type_name(reg));
}

static int check_ctx_arg(struct xbpf_verifier *v, const struct call *c, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	if (reg->type != REG_CTX)
		return refuse_type(v, c, regno, "ctx", "the context of the program");
	if (!reg->off && xbpf_scalar_is_const(&reg->var) && !reg->var.umin)
		return 0;
	xbpf_log(v->log, "dereference of modified ctx ptr R%u off=%d disallowed\n", regno,
		 reg->off);
	return xbpf_verify_refuse(v, -EACCES,
		"argument %u of bpf_%s must be the context itself, R%u points into it", regno,
		c->helper->name, regno);
}

static int check_map_arg(struct xbpf_verifier *v, struct call *c, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	if (reg->type != REG_MAP)
		return refuse_type(v, c, regno, "map_ptr", "a map");
	c->map = reg_map(v, reg);
	c->map_index = reg->map;
	c->inner = reg->inner;
	return 0;
}

/* Once all arguments are looked at, as upstream: is the map one for this helper? */
static int check_map_use(struct xbpf_verifier *v, const struct call *c)
{
	const struct xbpf_map_info *map = c->map;

	if (!map)
		return 0;
	if (map->type >= 64 || !(c->helper->map_types & 1ULL << map->type)) {
		xbpf_log(v->log, "cannot pass map_type %u into func bpf_%s#%u\n", map->type,
			 c->helper->name, c->helper->id);
		return xbpf_verify_refuse(v, -EINVAL,
			"bpf_%s does not work on map %s, which is of type %s", c->helper->name,
			map->name, xbpf_map_type_name(map->type));
	}
	if (map->flags & BPF_F_RDONLY_PROG &&
	    (c->helper->id == BPF_FUNC_map_update_elem ||
	     c->helper->id == BPF_FUNC_map_delete_elem ||
	     c->helper->id == BPF_FUNC_map_push_elem ||
	     c->helper->id == BPF_FUNC_map_pop_elem)) {
		xbpf_log(v->log, "write into map forbidden\n");
		return xbpf_verify_refuse(v, -EACCES,
			"map %s is read-only for programs (BPF_F_RDONLY_PROG)", map->name);
	}
	return 0;
}

static bool is_null(const struct xbpf_reg *reg)
{
	return reg_is_const(reg) && !reg->var.umin;
}

/* A pair of arguments: memory, and how much of it. */
static int check_sized(struct xbpf_verifier *v, struct call *c, u32 regno)
{
	const struct xbpf_reg *mem = &cur_regs(v)[regno], *len = &cur_regs(v)[regno + 1];
	u8 kind = c->helper->arg[regno - 1], size_kind = c->helper->arg[regno];
	bool write = kind == XBPF_ARG_MEM_UNINIT;
	int err;

	err = xbpf_reg_read(v, regno + 1);
	if (err)
		return err;
	if (len->type != REG_SCALAR)
		return refuse_type(v, c, regno + 1, "scalar", "a size");
	if (len->var.smin < 0) {
		xbpf_log(v->log, "R%u min value is negative, either use unsigned or 'var &= const'\n",
			 regno + 1);
		return xbpf_verify_refuse(v, -EACCES,
			"the size in R%u may be negative: use an unsigned type, or mask it with &",
			regno + 1);
	}
	if (len->var.umax >= OFFSET_LIMIT) {
		xbpf_log(v->log,
			 "R%u unbounded memory access, use 'var &= const' or 'if (var < const)'\n",
			 regno + 1);
		return xbpf_verify_refuse(v, -EACCES,
			"the size in R%u has no upper bound: compare it with the size of the buffer first",
			regno + 1);
	}
	if (!len->var.umin && size_kind == XBPF_ARG_SIZE) {
		xbpf_log(v->log, "R%u invalid zero-sized read\n", regno + 1);
		return xbpf_verify_refuse(v, -EACCES,
			"the size in R%u may be 0, bpf_%s needs at least 1 byte: check it first",
			regno + 1, c->helper->name);
	}
	if (kind == XBPF_ARG_MEM_OR_NULL && is_null(mem)) {
		if (!len->var.umax)
			return 0;
		return refuse_type(v, c, regno, "fp, map_value",
				   "memory, as the size may be more than 0");
	}
	err = xbpf_verify_range(v, regno, (u32)len->var.umin, (u32)len->var.umax, write);
	if (!err && write) {
		c->output.regno = regno;
		c->output.min = (u32)len->var.umin;
		c->output.max = (u32)len->var.umax;
	}
	return err;
}

static int check_map_memory(struct xbpf_verifier *v, const struct call *c, u32 regno, u8 kind)
{
	u32 size = kind == XBPF_ARG_MAP_KEY ? c->map->key_size : c->map->value_size;

	if (kind == XBPF_ARG_MAP_KEY && !size) {
		xbpf_log(v->log, "invalid map_ptr to access map->key\n");
		return xbpf_verify_refuse(v, -EACCES, "map %s has no keys: bpf_%s is not for maps of its type",
					  c->map->name, c->helper->name);
	}
	return xbpf_verify_range(v, regno, size, size, kind == XBPF_ARG_MAP_VALUE_UNINIT);
}

/* Whoever reads the string later finds it as it is now: nobody can write it any more. */
static int check_string(struct xbpf_verifier *v, const struct call *c, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];
	const struct xbpf_map_info *map;
	const char *text;
	u32 left;
	int err;

	if (reg->type != REG_VALUE)
		return refuse_type(v, c, regno, "map_value", "a constant string (static const char fmt[])");
	map = reg_map(v, reg);
	if (!xbpf_scalar_is_const(&reg->var)) {
		xbpf_log(v->log, "R%u is not a constant address'\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"argument %u of bpf_%s must be one string, known at load time", regno,
			c->helper->name);
	}
	text = (const char *)xbpf_verify_constant(v, reg);
	if (!text) {
		xbpf_log(v->log, "R%u does not point to a readonly map'\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"argument %u of bpf_%s must be a string that nobody can change: map %s "
			"must be an array of one entry, read-only for programs and frozen",
			regno, c->helper->name, map->name);
	}
	err = xbpf_verify_range(v, regno, 1, 1, false);
	if (err)
		return err;
	left = map->value_size - (u32)(reg->off + reg->var.smin);
	if (strnlen(text, left) < left)
		return 0;
	xbpf_log(v->log, "string is not zero-terminated\n");
	return xbpf_verify_refuse(v, -EINVAL,
				  "argument %u of bpf_%s is not terminated by a 0 within its map",
				  regno, c->helper->name);
}

static int check_alloc_size(struct xbpf_verifier *v, struct call *c, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	if (reg->type != REG_SCALAR)
		return refuse_type(v, c, regno, "scalar", "a size");
	if (!xbpf_scalar_is_const(&reg->var)) {
		xbpf_log(v->log, "R%u is not a known constant'\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"argument %u of bpf_%s must be a constant: reserve the most that you may need",
			regno, c->helper->name);
	}
	if (reg->var.umin >= OFFSET_LIMIT)
		return xbpf_verify_refuse(v, -EACCES, "argument %u of bpf_%s: %llu bytes are too many",
					  regno, c->helper->name, (unsigned long long)reg->var.umin);
	c->alloc_size = (u32)reg->var.umin;
	return 0;
}

static int check_ringbuf_mem(struct xbpf_verifier *v, struct call *c, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	if (reg->type != REG_MEM || !reg->ref)
		return refuse_type(v, c, regno, "ringbuf_mem",
				   "what bpf_ringbuf_reserve gave, after its null check");
	if (reg->off || !xbpf_scalar_is_const(&reg->var) || reg->var.umin) {
		xbpf_log(v->log,
			 "R%u must have zero offset when passed to release func or trusted arg to kfunc\n",
			 regno);
		return xbpf_verify_refuse(v, -EINVAL,
			"argument %u of bpf_%s must point to the begin of the record, R%u points into it",
			regno, c->helper->name, regno);
	}
	c->ref = reg->ref;
	return 0;
}

static int check_scalar_arg(struct xbpf_verifier *v, const struct call *c, u32 regno)
{
	/* as upstream: an address is a number to who may see it */
	if (cur_regs(v)[regno].type == REG_SCALAR || v->code->may_leak)
		return 0;
	return refuse_type(v, c, regno, "scalar", "a number");
}

static int check_arg(struct xbpf_verifier *v, struct call *c, u32 regno)
{
	u8 kind = c->helper->arg[regno - 1];
	int err;

	/* the size was checked together with its memory */
	if (kind == XBPF_ARG_SIZE || kind == XBPF_ARG_SIZE_OR_ZERO)
		return 0;
	/*
	 * as upstream: callers leave unset what is not asked for, and who may call it may print
	 * anything
	 */
	if (kind == XBPF_ARG_MAYBE)
		return 0;
	err = xbpf_reg_read(v, regno);
	if (err)
		return err;
	switch (kind) {
	case XBPF_ARG_ANY:
		return 0;
	case XBPF_ARG_SCALAR:
		return check_scalar_arg(v, c, regno);
	case XBPF_ARG_CTX:
		return check_ctx_arg(v, c, regno);
	case XBPF_ARG_MAP:
		return check_map_arg(v, c, regno);
	case XBPF_ARG_MAP_KEY:
	case XBPF_ARG_MAP_VALUE:
	case XBPF_ARG_MAP_VALUE_UNINIT:
		return check_map_memory(v, c, regno, kind);
	case XBPF_ARG_CONST_STR:
		return check_string(v, c, regno);
	case XBPF_ARG_CALLBACK:
		if (cur_regs(v)[regno].type != REG_FUNC)
			return refuse_type(v, c, regno, "func", "a function of the program");
		c->func = cur_regs(v)[regno].map;
		return 0;
	case XBPF_ARG_STACK_OR_NULL:
		if (cur_regs(v)[regno].type == REG_STACK || is_null(&cur_regs(v)[regno]))
			return 0;
		return refuse_type(v, c, regno, "fp", "a pointer to the stack, or NULL");
	case XBPF_ARG_ALLOC_SIZE:
		return check_alloc_size(v, c, regno);
	case XBPF_ARG_RINGBUF_MEM:
		return check_ringbuf_mem(v, c, regno);
	case XBPF_ARG_MEM:
	case XBPF_ARG_MEM_OR_NULL:
	case XBPF_ARG_MEM_UNINIT:
		return check_sized(v, c, regno);
	}
	return xbpf_verify_refuse(v, -EINVAL, "the prototype of bpf_%s is broken: please report it",
				  c->helper->name);
}

/* --- what a call is known by ----------------------------------------------------------------- */

static void record_map(struct xbpf_walk_aux *aux, const struct call *c)
{
	u16 map;

	if (!c->map)
		return;
	map = c->inner ? WALK_MAP_MANY : (u16)(c->map_index + 1);
	if (!aux->map)
		aux->map = map;
	else if (aux->map != map)
		aux->map = WALK_MAP_MANY;
}

static void record_index(struct xbpf_verifier *v, struct xbpf_walk_aux *aux)
{
	const struct xbpf_reg *reg = &cur_regs(v)[3];
	struct xbpf_scalar index = reg->type == REG_SCALAR ? reg->var : xbpf_scalar_unknown();

	if (index.umax > U32_MAX)
		aux->flags |= WALK_INDEX_WIDE;
	xbpf_scalar_zext(&index, 4);
	if (!xbpf_scalar_is_const(&index) ||
	    (aux->flags & WALK_INDEX && aux->index != (u32)index.umin))
		aux->flags |= WALK_INDEX_MANY;
	aux->index = max_t(u32, aux->flags & WALK_INDEX ? aux->index : 0, index.umax);
	aux->flags |= WALK_INDEX;
}

/* --- effects --------------------------------------------------------------------------------- */

static void clear_arguments(struct xbpf_verifier *v)
{
	u32 i;

	for (i = 0; i <= 5; i++)
		xbpf_reg_none(&cur_regs(v)[i]);
}

#define ERRNO_MAX 4095

static void bound_result(const struct call *c, struct xbpf_scalar *value)
{
	struct xbpf_scalar most = xbpf_scalar_const(c->output.max),
		least = xbpf_scalar_const((u64)-ERRNO_MAX);

	/* neither bound is empty: some number is always left */
	if (!xbpf_scalar_assume(value, &most, BPF_JSLE, true, true) ||
	    !xbpf_scalar_assume(value, &least, BPF_JSGE, true, true))
		*value = xbpf_scalar_unknown();
}

static int set_result(struct xbpf_verifier *v, const struct call *c)
{
	struct xbpf_reg *r0 = &cur_regs(v)[0];
	u32 ref;

	switch (c->helper->ret) {
	case XBPF_RET_SCALAR:
		xbpf_reg_unknown(r0);
		if (c->helper->size_bounds_result)
			bound_result(c, &r0->var);
		break;
	case XBPF_RET_MAP_VALUE_OR_NULL:
		r0->type = c->map->inner ? REG_MAP_OR_NULL : REG_VALUE_OR_NULL;
		r0->map = (u16)c->map_index;
		r0->inner = c->inner || c->map->inner;
		r0->id = ++v->last_id;
		r0->var = xbpf_scalar_const(0);
		break;
	case XBPF_RET_RINGBUF_MEM_OR_NULL:
		ref = xbpf_ref_acquire(v);
		if (!ref)
			return -E2BIG;
		r0->type = REG_MEM_OR_NULL;
		r0->id = ref;
		r0->ref = ref;
		r0->size = c->alloc_size;
		r0->var = xbpf_scalar_const(0);
		break;
	}
	return 0;
}

/* Sizes and constants decide about the verdict, the index of a tail call is a fact. */
static void mark_arguments(struct xbpf_verifier *v, const struct xbpf_helper *helper)
{
	u32 i;

	for (i = 1; i <= 5 && helper->arg[i - 1] != XBPF_ARG_NONE; i++)
		if ((helper->arg[i - 1] != XBPF_ARG_ANY && helper->arg[i - 1] != XBPF_ARG_MAYBE &&
		     helper->arg[i - 1] != XBPF_ARG_SCALAR) ||
		    helper->id == BPF_FUNC_tail_call)
			xbpf_reg_mark_precise(v, &cur_regs(v)[i]);
}

/* What it reads must not go while it does. */
static int check_no_packet(struct xbpf_verifier *v, const struct xbpf_helper *helper)
{
	u32 i;

	for (i = 1; i <= 5 && helper->arg[i - 1] != XBPF_ARG_NONE; i++) {
		if (!reg_is_packet(&cur_regs(v)[i]))
			continue;
		xbpf_log(v->log, "R%u type=%s expected=fp\n", i, xbpf_reg_type_name(&cur_regs(v)[i]));
		return xbpf_verify_refuse(v, -EACCES,
			"bpf_%s may move the packet that R%u points into: copy the bytes to the stack first",
			helper->name, i);
	}
	return 0;
}

static int check_depth(struct xbpf_verifier *v)
{
	if (v->cur->depth + 1 < XBPF_MAX_FRAMES)
		return 0;
	xbpf_log(v->log, "the call stack of %u frames is too deep\n", v->cur->depth + 2);
	return xbpf_verify_refuse(v, -E2BIG,
		"functions call each other more than %u deep", XBPF_MAX_FRAMES);
}

static int call_helper(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct call c = { .helper = xbpf_helper_find((u32)insn->imm) };
	struct xbpf_walk_aux *aux = &v->walk_aux[v->pc];
	u32 i;
	int err;

	if (!c.helper)
		return refuse_unknown(v, (u32)insn->imm);
	err = check_callable(v, c.helper);
	if (!err && c.helper->moves_packet)
		err = check_no_packet(v, c.helper);
	for (i = 1; !err && i <= 5 && c.helper->arg[i - 1] != XBPF_ARG_NONE; i++)
		err = check_arg(v, &c, i);
	if (!err)
		err = check_map_use(v, &c);
	if (err)
		return err;
	mark_arguments(v, c.helper);
	record_map(aux, &c);
	if (c.helper->id == BPF_FUNC_tail_call) {
		err = xbpf_ref_check_none(v, "a tail call");
		if (err)
			return err;
		record_index(v, aux);
		err = xbpf_verify_early_return(v, NULL);
		if (err)
			return err;
	}
	if (c.helper->callback) {
		err = check_depth(v);
		return err ? err : xbpf_callback_enter(v, c.helper->callback, c.func);
	}
	if (c.ref)
		xbpf_ref_release(v, c.ref);
	if (c.helper->moves_packet)
		xbpf_packet_moved(v, v->cur);
	clear_arguments(v);
	err = set_result(v, &c);
	return err ? err : STEP_NEXT;
}

static int call_subprog(struct xbpf_verifier *v)
{
	u32 callee = v->walk_aux[v->pc].index, i;
	struct xbpf_reg *from, *to;
	int err;

	err = check_depth(v);
	if (!err && v->funcs[callee].global)
		return xbpf_verify_call_global(v, callee);
	if (!err)
		err = xbpf_frame_open(v, v->cur, callee, v->pc);
	if (err)
		return err;
	from = v->cur->frame[v->cur->depth - 1]->regs;
	to = cur_regs(v);
	for (i = 1; i <= 5; i++)
		to[i] = from[i];
	for (i = 0; i <= 5; i++)
		xbpf_reg_none(&from[i]);
	v->pc = v->code->subprogs[callee].start;
	return STEP_JUMP;
}

int xbpf_verify_call(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	v->jumps++;
	if (insn_is_pseudo_call(insn))
		return call_subprog(v);
	return insn_is_helper_call(insn) ? call_helper(v, insn) : refuse_kernel_func(v, insn);
}

static int return_to_caller(struct xbpf_verifier *v)
{
	struct xbpf_reg *r0 = &cur_regs(v)[0];
	u32 callsite = cur_frame(v)->callsite;
	int err;

	/* a pointer to a caller's stack lives on; one to this frame does not */
	if (r0->type == REG_STACK && r0->frame == v->cur->depth) {
		xbpf_log(v->log, "cannot return stack pointer to the caller\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"the function returns a pointer to its own stack, which ends here: let the "
			"caller pass a buffer");
	}
	err = xbpf_callback_check_key(v, r0, (s32)v->cur->depth - 1);
	if (err)
		return err;
	v->cur->frame[v->cur->depth - 1]->regs[0] = *r0;
	xbpf_frame_close(v, v->cur);
	v->pc = callsite + 1;
	return STEP_JUMP;
}

int xbpf_verify_exit(struct xbpf_verifier *v)
{
	int err;

	v->jumps++;
	if (v->cur->depth)
		return cur_frame(v)->callback ? xbpf_callback_return(v) : return_to_caller(v);
	if (cur_frame(v)->subprog)
		return xbpf_global_exit(v, cur_frame(v)->subprog);
	err = xbpf_ref_check_none(v, "the end of the program");
	if (!err)
		err = xbpf_reg_read(v, 0);
	if (err)
		return err;
	if (cur_regs(v)[0].type != REG_SCALAR && !v->code->may_leak) {
		xbpf_log(v->log, "R0 leaks addr as return value\n");
		return xbpf_verify_refuse(v, -EACCES,
			"R0 is a pointer (%s) at the end of the program: return a number",
			xbpf_reg_type_name(&cur_regs(v)[0]));
	}
	return STEP_DONE;
}
