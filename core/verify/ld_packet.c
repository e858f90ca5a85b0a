/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LD_ABS and LD_IND: the loads of classic BPF from a packet.
 */
#include "core/verify/verifier_priv.h"

static int check_packet_ctx(struct xbpf_verifier *v)
{
	const struct xbpf_reg *r6 = &cur_regs(v)[6];
	int err;

	if (!v->type->packet_load) {
		xbpf_log(v->log, "BPF_LD_[ABS|IND] instructions not allowed for this program type\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"LD_ABS and LD_IND are not for programs of type %s, which see no packet",
			v->type->name);
	}
	err = xbpf_reg_read(v, 6);
	if (err)
		return err;
	if (r6->type != REG_CTX) {
		xbpf_log(v->log, "at the time of BPF_LD_ABS|IND R6 != pointer to skb\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"LD_ABS and LD_IND take the context from R6, which is %s here: start with r6 = r1",
			xbpf_reg_type_name(r6));
	}
	if (!r6->off && xbpf_scalar_is_const(&r6->var) && !r6->var.umin)
		return 0;
	xbpf_log(v->log, "dereference of modified ctx ptr R6 off=%d disallowed\n", r6->off);
	return xbpf_verify_refuse(v, -EACCES,
		"LD_ABS and LD_IND take the context itself from R6, which points into it");
}

/* The bytes may not be there; then the function returns 0 at once. */
int xbpf_verify_ld_packet(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct xbpf_scalar value = xbpf_scalar_bytes(xbpf_opcode(insn->code)->size);
	struct xbpf_scalar zero = xbpf_scalar_const(0);
	int err = check_packet_ctx(v);
	u32 i;

	if (!err && BPF_MODE(insn->code) == BPF_IND) {
		err = xbpf_reg_read(v, insn->src_reg);
		/* as upstream: an address is a number to who may see it */
		if (!err && cur_regs(v)[insn->src_reg].type != REG_SCALAR && !v->code->may_leak) {
			xbpf_log(v->log, "R%u pointer arithmetic prohibited\n", insn->src_reg);
			err = xbpf_verify_refuse(v, -EACCES,
				"the offset of LD_IND in R%u is a pointer (%s): it must be a number",
				insn->src_reg, xbpf_reg_type_name(&cur_regs(v)[insn->src_reg]));
		}
	}
	if (!err)
		err = xbpf_ref_check_none(v, "LD_ABS or LD_IND, which may end the program");
	if (!err)
		err = xbpf_verify_early_return(v, &zero);
	if (err)
		return err;
	for (i = 1; i <= 5; i++)
		xbpf_reg_none(&cur_regs(v)[i]);
	xbpf_reg_scalar(&cur_regs(v)[0], &value);
	return STEP_NEXT;
}
