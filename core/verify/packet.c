/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets: pointers into them, which are proved by comparing them with the end,
 * and the legacy loads.
 *
 * A packet pointer is base + off.  The base is the first byte of the packet plus
 * a variable part, the same for all pointers of one id.  What a comparison proves
 * is how many bytes from the base on are there, which holds for all of them.
 */
#include "core/verify/verifier_priv.h"

/* No packet is longer; a sum below it cannot run over the end of the address space. */
#define PACKET_MAX	0xffff

/* --- access ---------------------------------------------------------------------------------- */

int xbpf_packet_access(struct xbpf_verifier *v, u32 regno, s32 off, u32 size, bool write)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];
	s64 at = (s64)reg->off + off;

	if (write && !v->type->packet_write) {
		xbpf_log(v->log, "cannot write into packet\n");
		return xbpf_verify_refuse(v, -EACCES, "a program of type %s may not write to the packet",
					  v->type->name);
	}
	if (reg->var.smin < 0) {
		xbpf_log(v->log,
			 "R%u min value is negative, either use unsigned index or do a if (index >=0) check.\n",
			 regno);
		return xbpf_verify_refuse(v, -EACCES,
			"the index in R%u may be negative: use an unsigned type or check that it is at least 0",
			regno);
	}
	if (at < 0 || at + size > reg->size) {
		xbpf_log(v->log, "invalid access to packet, off=%lld size=%u, R%u(id=%u,off=%d,r=%u)\n",
			 (long long)at, size, regno, reg->id, reg->off, reg->size);
		return xbpf_verify_refuse(v, -EACCES,
			"the access through R%u reaches bytes %lld to %lld of the packet, %u are "
			"known to be there: compare with data_end first, and again after any "
			"helper that changes the packet",
			regno, (long long)at, (long long)at + size - 1, reg->size);
	}
	/* what is proved is near; no byte at all needs no proof */
	if (!xbpf_reg_is_near(reg)) {
		xbpf_log(v->log, "R%u unbounded memory access\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"the index in R%u has no bound: compare it with the length of the packet first", regno);
	}
	if (write)
		v->code->packet_write = true;
	return 0;
}

static void gone(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	(void)v;
	(void)arg;
	if (!reg_is_packet(reg) && reg->type != REG_PACKET_END)
		return;
	xbpf_reg_gone(reg);
}

/* A helper, or another program, may have put the bytes elsewhere. */
void xbpf_packet_moved(struct xbpf_verifier *v, struct xbpf_state *st)
{
	xbpf_reg_each(v, st, gone, NULL);
}

/* --- proof ----------------------------------------------------------------------------------- */

struct proof {
	u8 type;
	u32 id;
	u32 size;
};

static void prove_one(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	const struct proof *proof = arg;

	(void)v;
	if (reg->type == proof->type && reg->id == proof->id)
		reg->size = max_t(u32, reg->size, proof->size);
}

/* In @st the byte before @ptr is in the packet; @open: the one that it points to is, too. */
static void prove(struct xbpf_verifier *v, struct xbpf_state *st, const struct xbpf_reg *ptr,
		  bool open)
{
	struct proof proof = { .type = ptr->type, .id = ptr->id };
	s64 size = (s64)ptr->off + open;

	if (ptr->off < 0 || ptr->var.umax > PACKET_MAX || ptr->var.umax + (u64)size > PACKET_MAX)
		return;
	proof.size = (u32)size;
	xbpf_reg_each(v, st, prove_one, &proof);
}

/* Where the bytes that @ptr can reach end. */
static bool is_end_of(const struct xbpf_reg *end, const struct xbpf_reg *ptr)
{
	if (ptr->type == REG_PACKET)
		return end->type == REG_PACKET_END;
	return ptr->type == REG_PACKET_META && end->type == REG_PACKET && !end->off && !end->id &&
	       xbpf_scalar_is_const(&end->var) && !end->var.umin;
}

/*
 * Programs compare with the end before they know anything of a length: of 32 bits
 * that cannot wrap, and nothing is proved (see prove()).  More can.
 */
static bool may_wrap(const struct xbpf_reg *ptr)
{
	return ptr->var.smin <= -OFFSET_LIMIT || ptr->var.smax > U32_MAX;
}

int xbpf_packet_compare(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	/* a OP b with a and b exchanged */
	static const u8 mirror[16] = {
		[BPF_JGT >> 4] = BPF_JLT, [BPF_JGE >> 4] = BPF_JLE,
		[BPF_JLT >> 4] = BPF_JGT, [BPF_JLE >> 4] = BPF_JGE,
	};
	struct xbpf_reg *ptr = &v->scratch[0];
	u8 op = BPF_OP(insn->code);
	u32 regno = insn->dst_reg;
	struct xbpf_state *other;
	int err;

	if (!mirror[op >> 4])
		return 0;
	*ptr = cur_regs(v)[insn->dst_reg];
	if (!is_end_of(&cur_regs(v)[insn->src_reg], ptr)) {
		*ptr = cur_regs(v)[insn->src_reg];
		if (!is_end_of(&cur_regs(v)[insn->dst_reg], ptr))
			return 0;
		op = mirror[op >> 4];
		regno = insn->src_reg;
	}
	if (!v->code->may_leak && may_wrap(ptr))
		return xbpf_reg_refuse_far(v, regno);
	err = xbpf_state_push(v, (u32)insn_target(insn, v->pc), &other);
	if (err)
		return err;
	switch (op) {
	case BPF_JGT:
		prove(v, v->cur, ptr, false);
		break;
	case BPF_JGE:
		prove(v, v->cur, ptr, true);
		break;
	case BPF_JLT:
		prove(v, other, ptr, true);
		break;
	case BPF_JLE:
		prove(v, other, ptr, false);
		break;
	}
	return 1;
}
