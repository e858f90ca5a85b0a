/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic: on scalars, which anything may be done with, and on pointers,
 * which may be moved about in what they point to.
 */
#include "core/verify/verifier_priv.h"

static bool is_64(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64;
}

static int refuse_pointer_op(struct xbpf_verifier *v, const struct bpf_insn *insn, u32 regno)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	if (!is_64(insn)) {
		xbpf_log(v->log, "R%u 32-bit pointer arithmetic prohibited\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is a pointer (%s) and 32-bit arithmetic would cut it off: use 64-bit types",
			regno, xbpf_reg_type_name(reg));
	}
	xbpf_log(v->log, "R%u pointer arithmetic with this operator prohibited\n", regno);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is a pointer (%s): only adding to it and subtracting from it are allowed",
		regno, xbpf_reg_type_name(reg));
}

/* --- moves ----------------------------------------------------------------------------------- */

static int move_reg(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct xbpf_reg *dst = &cur_regs(v)[insn->dst_reg], *src = &cur_regs(v)[insn->src_reg];
	bool fits;

	if (is_64(insn) && !insn->off) {
		xbpf_reg_share_id(v, src);
		*dst = *src;
		return 0;
	}
	if (reg_is_pointer(src) && v->code->may_leak) {
		xbpf_reg_unknown(dst);
		if (!is_64(insn))
			xbpf_scalar_zext(&dst->var, 4);
		return 0;
	}
	if (reg_is_pointer(src)) {
		xbpf_log(v->log, "R%u partial copy of pointer\n", insn->src_reg);
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is a pointer (%s): a part of it may not be copied; use 64-bit types",
			insn->src_reg, xbpf_reg_type_name(src));
	}
	if (insn->off) {
		xbpf_reg_derive(dst, &src->var, src->from);
		if (is_64(insn)) {
			xbpf_scalar_sext(&dst->var, insn->off / 8);
		} else {
			xbpf_scalar_zext(&dst->var, 4);
			xbpf_scalar_sext(&dst->var, insn->off / 8);
			xbpf_scalar_zext(&dst->var, 4);
		}
		return 0;
	}
	/* A copy of the lower half is the same number when there is no upper half. */
	fits = src->var.umax <= U32_MAX;
	if (fits)
		xbpf_reg_share_id(v, src);
	if (fits) {
		*dst = *src;
	} else {
		xbpf_reg_derive(dst, &src->var, src->from);
		xbpf_scalar_zext(&dst->var, 4);
	}
	return 0;
}

static int move(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	int err;

	if (BPF_SRC(insn->code) == BPF_X) {
		err = xbpf_reg_read(v, insn->src_reg);
		return err ? err : move_reg(v, insn);
	}
	xbpf_reg_const(&cur_regs(v)[insn->dst_reg],
		       is_64(insn) ? (u64)(s64)insn->imm : (u64)(u32)insn->imm);
	return 0;
}

/* --- pointers -------------------------------------------------------------------------------- */

static int check_pointer_kind(struct xbpf_verifier *v, u32 regno, const struct xbpf_reg *ptr)
{
	if (reg_may_be_null(ptr)) {
		xbpf_log(v->log,
			 "R%u pointer arithmetic on %s prohibited, null-check it first\n",
			 regno, xbpf_reg_type_name(ptr));
		return xbpf_verify_refuse(v, -EACCES,
			"R%u may be null: check the result of the call before doing arithmetic on it",
			regno);
	}
	if (ptr->type == REG_PACKET_END) {
		xbpf_log(v->log, "R%u pointer arithmetic on %s prohibited\n", regno, xbpf_reg_type_name(ptr));
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is the end of the packet: move the pointer that is compared with it instead", regno);
	}
	if (ptr->type == REG_FUNC) {
		xbpf_log(v->log, "R%u pointer arithmetic on %s prohibited\n", regno, xbpf_reg_type_name(ptr));
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is a function: it can only be given to a helper", regno);
	}
	if (ptr->type == REG_GONE) {
		xbpf_log(v->log, "R%u pointer arithmetic on %s prohibited\n", regno, xbpf_reg_type_name(ptr));
		return xbpf_verify_refuse(v, -EACCES,
			"R%u points to what is not the program's any more: get it anew", regno);
	}
	if (ptr->type == REG_MAP) {
		xbpf_log(v->log, "R%u pointer arithmetic on map_ptr prohibited\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"R%u points to a map itself: arithmetic on it is not allowed; look an element up",
			regno);
	}
	return 0;
}

static int check_offset(struct xbpf_verifier *v, const struct xbpf_reg *ptr,
			const struct xbpf_scalar *var)
{
	s64 val = var->smin;

	if (xbpf_scalar_is_const(var)) {
		if (val > -OFFSET_LIMIT && val < OFFSET_LIMIT)
			return 0;
		xbpf_log(v->log, "math between %s pointer and %lld is not allowed\n",
			 xbpf_reg_type_name(ptr), (long long)val);
		return xbpf_verify_refuse(v, -EINVAL,
			"%lld is too large an offset for a pointer (%s)", (long long)val,
			xbpf_reg_type_name(ptr));
	}
	if (val == S64_MIN) {
		xbpf_log(v->log,
			 "math between %s pointer and register with unbounded min value is not allowed\n",
			 xbpf_reg_type_name(ptr));
		return xbpf_verify_refuse(v, -EINVAL,
			"the number added to a pointer (%s) has no known lower bound: use an "
			"unsigned type, mask it with & or compare it first",
			xbpf_reg_type_name(ptr));
	}
	if (val <= -OFFSET_LIMIT || val >= OFFSET_LIMIT) {
		xbpf_log(v->log, "value %lld makes %s pointer be out of bounds\n",
			 (long long)val, xbpf_reg_type_name(ptr));
		return xbpf_verify_refuse(v, -EINVAL,
			"the number added to a pointer (%s) can be %lld, which is out of any bounds: compare it first",
			xbpf_reg_type_name(ptr), (long long)val);
	}
	return 0;
}

/* *dst = ptr op num; @ptr and @num are copies. */
static int pointer_add(struct xbpf_verifier *v, u32 regno, struct xbpf_reg *dst,
		       const struct xbpf_reg *ptr, const struct xbpf_scalar *num, u8 op)
{
	s64 off;
	int err;

	err = check_pointer_kind(v, regno, ptr);
	if (!err)
		err = check_offset(v, ptr, num);
	if (err)
		return err;
	*dst = *ptr;
	if (xbpf_scalar_is_const(num)) {
		off = (s64)ptr->off + (op == BPF_ADD ? num->smin : -num->smin);
		if (off <= -OFFSET_LIMIT || off >= OFFSET_LIMIT) {
			xbpf_log(v->log, "%s pointer offset %lld is not allowed\n",
				 xbpf_reg_type_name(ptr), (long long)off);
			return xbpf_verify_refuse(v, -EINVAL,
				"the pointer in R%u would have offset %lld, which is out of any bounds",
				regno, (long long)off);
		}
		dst->off = (s32)off;
		return 0;
	}
	xbpf_scalar_alu(&dst->var, num, op, true, false);
	/* another base, of which nothing is proved */
	if (reg_is_packet(dst)) {
		dst->id = ++v->last_id;
		dst->size = 0;
	}
	return check_offset(v, dst, &dst->var);
}

static int pointers_apart(struct xbpf_verifier *v, struct xbpf_reg *dst, const struct xbpf_reg *src)
{
	struct xbpf_scalar a, b;

	if (!xbpf_reg_same_object(v, dst, src)) {
		xbpf_reg_unknown(dst);
		return 0;
	}
	a = xbpf_reg_distance(dst);
	b = xbpf_reg_distance(src);
	xbpf_scalar_alu(&a, &b, BPF_SUB, true, false);
	xbpf_reg_scalar(dst, &a);
	return 0;
}

static int pointer_alu(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct xbpf_reg *dst = &cur_regs(v)[insn->dst_reg];
	struct xbpf_reg *src = BPF_SRC(insn->code) == BPF_X ? &cur_regs(v)[insn->src_reg] : NULL;
	bool dst_ptr = reg_is_pointer(dst), src_ptr = src && reg_is_pointer(src);
	u32 ptr_no = dst_ptr ? insn->dst_reg : insn->src_reg;
	struct xbpf_scalar num;
	u8 op = BPF_OP(insn->code);

	/* as upstream: a part of an address, or the distance of anything, is a number */
	if (op == BPF_SUB && !is_64(insn) && v->code->may_leak) {
		xbpf_reg_unknown(dst);
		xbpf_scalar_zext(&dst->var, 4);
		return 0;
	}
	if (!is_64(insn) || (op != BPF_ADD && op != BPF_SUB))
		return refuse_pointer_op(v, insn, ptr_no);
	if (dst_ptr && src_ptr) {
		if (op == BPF_SUB && xbpf_reg_may_relate(v, dst, src))
			return pointers_apart(v, dst, src);
		xbpf_log(v->log, "R%u pointer %s pointer prohibited\n", insn->dst_reg,
			 op == BPF_ADD ? "+=" : "-=");
		return xbpf_verify_refuse(v, -EACCES,
			"R%u and R%u are both pointers (%s, %s): only two pointers into the same "
			"object can be subtracted",
			insn->dst_reg, insn->src_reg, xbpf_reg_type_name(dst),
			xbpf_reg_type_name(src));
	}
	if (src_ptr && op == BPF_SUB) {
		xbpf_log(v->log, "R%u tried to subtract pointer from scalar\n", insn->dst_reg);
		return xbpf_verify_refuse(v, -EACCES,
			"R%u, a pointer (%s), cannot be subtracted from a number",
			insn->src_reg, xbpf_reg_type_name(src));
	}
	/* imm: then it is the pointer that is asked for, which was made from no number */
	xbpf_reg_mark_precise(v, dst_ptr && src ? src : dst);
	if (dst_ptr)
		num = src ? src->var : xbpf_scalar_const((u64)(s64)insn->imm);
	else
		num = dst->var;
	v->scratch[0] = dst_ptr ? *dst : *src;
	return pointer_add(v, ptr_no, dst, &v->scratch[0], &num, op);
}

/* --- scalars --------------------------------------------------------------------------------- */

static u64 swap_bytes(u64 v, u32 size)
{
	u64 out = 0;
	u32 i;

	for (i = 0; i < size; i++)
		out |= (v >> (i * 8) & 0xff) << ((size - 1 - i) * 8);
	return out;
}

/* The machine is little-endian: to "le" only cuts off, "be" and bswap turn round. */
static void byte_order(const struct bpf_insn *insn, struct xbpf_reg *dst)
{
	u32 size = insn->imm / 8;
	bool turns = is_64(insn) || BPF_SRC(insn->code) == BPF_TO_BE;

	if (!turns) {
		xbpf_reg_derive(dst, &dst->var, dst->from);
		xbpf_scalar_zext(&dst->var, size);
	} else if (xbpf_scalar_is_const(&dst->var)) {
		struct xbpf_scalar swapped = xbpf_scalar_const(swap_bytes(dst->var.umin, size));

		xbpf_reg_derive(dst, &swapped, dst->from);
	} else {
		struct xbpf_scalar any = xbpf_scalar_bytes(size);

		xbpf_reg_derive(dst, &any, dst->from);
	}
}

static int check_constant(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	s32 bits = is_64(insn) ? 64 : 32;

	switch (BPF_OP(insn->code)) {
	case BPF_DIV:
	case BPF_MOD:
		if (insn->imm)
			return 0;
		xbpf_log(v->log, "div by zero\n");
		return xbpf_verify_refuse(v, -EINVAL, "division by the constant 0");
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (insn->imm >= 0 && insn->imm < bits)
			return 0;
		xbpf_log(v->log, "invalid shift %d\n", insn->imm);
		return xbpf_verify_refuse(v, -EINVAL, "a shift by %d of a %d-bit number",
					  insn->imm, bits);
	}
	return 0;
}

/*
 * A constant added to a copy: what a comparison tells about one is known of the
 * other.  Compilers check "1 <= n && n <= 64" as n - 1 < 64.
 */
static bool stays_linked(const struct bpf_insn *insn, struct xbpf_reg *dst,
			 const struct xbpf_scalar *src)
{
	s64 off;

	if (!dst->id || dst->off >= OFF_SHIFTED || !is_64(insn) || !xbpf_scalar_is_const(src))
		return false;
	if (src->smin <= -OFFSET_LIMIT || src->smin >= OFFSET_LIMIT)
		return false;
	if (BPF_OP(insn->code) == BPF_ADD)
		off = dst->off + src->smin;
	else if (BPF_OP(insn->code) == BPF_SUB)
		off = dst->off - src->smin;
	else
		return false;
	if (off <= -OFFSET_LIMIT || off >= OFFSET_LIMIT)
		return false;
	dst->off = (s32)off;
	return true;
}

/*
 * "<<= 32" and ">>= 32" (or "s>>= 32") are how compilers for the old instruction
 * sets extend 32 bits: of a number that fits they change nothing, and its copies
 * stay copies.
 */
static bool shifts_back(const struct bpf_insn *insn, struct xbpf_reg *dst,
			const struct xbpf_scalar *src)
{
	u8 op = BPF_OP(insn->code);

	if (!dst->id || !is_64(insn) || src->umin != 32 || src->umax != 32)
		return false;
	if (op == BPF_LSH && !dst->off) {
		dst->off = OFF_SHIFTED;
		if (dst->var.umax <= U32_MAX)
			dst->off |= OFF_SHIFTED_ZEXT;
		if (dst->var.smin >= S32_MIN && dst->var.smax <= S32_MAX)
			dst->off |= OFF_SHIFTED_SEXT;
		return true;
	}
	if ((op == BPF_RSH && dst->off >= OFF_SHIFTED && dst->off & OFF_SHIFTED_ZEXT) ||
	    (op == BPF_ARSH && dst->off >= OFF_SHIFTED && dst->off & OFF_SHIFTED_SEXT)) {
		dst->off = 0;
		return true;
	}
	return false;
}

/*
 * With a constant, the result may be what any number would have given: "&= 4095" of 0 .. 4095 or of
 * 1 .. 9999.  Then nothing depends on the operand; but its moving from round to round may still end
 * a loop.  Not so for a copy, which tells of the number that it is a copy of; nor in a round of a
 * callback: what is not needed there may be any number after it (widen_reg()).
 */
static void forget_operand(struct xbpf_verifier *v, const struct bpf_insn *insn,
			   struct xbpf_reg *dst)
{
	struct xbpf_scalar any = xbpf_scalar_unknown(), imm = xbpf_scalar_const((u64)(s64)insn->imm);

	if (dst->id || BPF_SRC(insn->code) == BPF_X || xbpf_in_callback(v->cur))
		return;
	xbpf_scalar_alu(&any, &imm, BPF_OP(insn->code), is_64(insn), insn->off == 1);
	if (!xbpf_scalar_same(&any, &dst->var))
		return;
	xbpf_precision_mark(v, dst->from, PRECISION_COMPARED);
	dst->from = NULL;
}

static int scalar_alu(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct xbpf_reg *dst = &cur_regs(v)[insn->dst_reg];
	struct xbpf_scalar src;
	u8 op = BPF_OP(insn->code);
	bool same = BPF_SRC(insn->code) == BPF_X && insn->src_reg == insn->dst_reg;

	src = BPF_SRC(insn->code) == BPF_X ? cur_regs(v)[insn->src_reg].var :
					     xbpf_scalar_const((u64)(s64)insn->imm);
	if (same && (op == BPF_SUB || op == BPF_XOR)) {
		/* the usual way to write 0 */
		xbpf_reg_const(dst, 0);
		return 0;
	}
	if (!shifts_back(insn, dst, &src) && !stays_linked(insn, dst, &src)) {
		dst->id = 0;
		dst->off = 0;
	}
	if (BPF_SRC(insn->code) == BPF_X)
		dst->from = xbpf_precision_join(v, dst->from, cur_regs(v)[insn->src_reg].from);
	xbpf_scalar_alu(&dst->var, &src, op, is_64(insn), insn->off == 1);
	forget_operand(v, insn, dst);
	return 0;
}

int xbpf_verify_alu(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct xbpf_reg *regs = cur_regs(v), *dst = &regs[insn->dst_reg];
	struct xbpf_scalar value;
	u8 op = BPF_OP(insn->code);
	int err;

	err = xbpf_reg_write(v, insn->dst_reg);
	if (err)
		return err;
	if (op == BPF_MOV)
		return move(v, insn);
	err = xbpf_reg_read(v, insn->dst_reg);
	if (err)
		return err;
	if (op == BPF_END || op == BPF_NEG) {
		if (reg_is_pointer(dst) && !v->code->may_leak)
			return refuse_pointer_op(v, insn, insn->dst_reg);
		if (reg_is_pointer(dst))
			xbpf_reg_unknown(dst);
		if (op == BPF_END) {
			byte_order(insn, dst);
			return 0;
		}
		value = xbpf_scalar_const(0);
		xbpf_scalar_alu(&value, &dst->var, BPF_SUB, is_64(insn), false);
		xbpf_reg_derive(dst, &value, dst->from);
		return 0;
	}
	if (BPF_SRC(insn->code) == BPF_X)
		err = xbpf_reg_read(v, insn->src_reg);
	else
		err = check_constant(v, insn);
	if (err)
		return err;
	if (reg_is_pointer(dst) ||
	    (BPF_SRC(insn->code) == BPF_X && reg_is_pointer(&regs[insn->src_reg])))
		return pointer_alu(v, insn);
	return scalar_alu(v, insn);
}

int xbpf_verify_ld_imm64(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct xbpf_reg *dst = &cur_regs(v)[insn->dst_reg];
	int err = xbpf_reg_write(v, insn->dst_reg);

	if (err)
		return err;
	if (!insn->src_reg) {
		xbpf_reg_const(dst, (u64)(u32)insn[0].imm | (u64)(u32)insn[1].imm << 32);
		return 0;
	}
	xbpf_reg_none(dst);
	if (insn_is_func_addr(insn)) {
		if (v->funcs[v->walk_aux[v->pc].index].global) {
			xbpf_log(v->log, "callback function not static\n");
			return xbpf_verify_refuse(v, -EINVAL,
				"a callback is walked with what its helper gives it, which a "
				"global function is not: make it static");
		}
		dst->type = REG_FUNC;
		dst->map = (u16)v->walk_aux[v->pc].index;
		dst->var = xbpf_scalar_const(0);
		return 0;
	}
	dst->map = (u16)insn->imm;
	dst->var = xbpf_scalar_const(0);
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE) {
		dst->type = REG_VALUE;
		dst->off = insn[1].imm;
	} else {
		dst->type = REG_MAP;
	}
	return 0;
}
