/* SPDX-License-Identifier: GPL-2.0 */
/* Tail calls: what is known of each, and which strategy makes it. */
#include <linux/xbpf.h>
#include "jit/tail_call.h"

/* Their numbers, from 1 on, are those of XBPF_F_TAIL() in the UAPI. */
static const struct {
	const char *name;
	const struct jit_tail_strategy *strategy;
} strategies[] = {
#define ROW(name) { #name, &xbpf_jit_tail_##name },
	XBPF_TAIL_STRATEGIES(ROW)
#undef ROW
};

/* What the ABI has room for: the number, the name, and all names with blanks between them. */
_Static_assert(ARRAY_SIZE(strategies) <= XBPF_F_TAIL_MASK >> XBPF_F_TAIL_SHIFT,
	       "too many strategies");
#define FITS(name) \
	_Static_assert(sizeof(#name) <= sizeof(((struct xbpf_info *)NULL)->tail), #name " is too long");
XBPF_TAIL_STRATEGIES(FITS)
#undef FITS
#define WITH_BLANK(name) #name " "
_Static_assert(sizeof(XBPF_TAIL_STRATEGIES(WITH_BLANK)) - 1 <=
	       sizeof(((struct xbpf_info *)NULL)->tails), "too many names of strategies");
#undef WITH_BLANK

/*
 * Instructions between the one that sets R2 or R3 and the call, in which nobody else may look at
 * it.
 */
#define LOOK_AHEAD	8u

const char *xbpf_jit_tail_name(u32 tail)
{
	return tail && tail <= ARRAY_SIZE(strategies) ? strategies[tail - 1].name : NULL;
}

static const struct jit_tail_strategy *strategy(const struct jit *j)
{
	return strategies[j->jenv->tail ? j->jenv->tail - 1 : 0].strategy;
}

static struct jit_tail_call describe(const struct jit *j, u32 at)
{
	const struct xbpf_insn_aux *insn_aux = &j->code->insn_aux[at];
	const struct xbpf_map_info *map =
		insn_aux->map && insn_aux->map <= j->code->map_cnt ? j->code->maps[insn_aux->map - 1] : NULL;

	return (struct jit_tail_call){
		.map = map,
		.index_known = map && insn_aux->flags & XBPF_AUX_CONST_INDEX,
		.index_is_u32 = insn_aux->flags & XBPF_AUX_INDEX_U32,
		.index_fits = map && insn_aux->flags & XBPF_AUX_INDEX_FITS,
		.index = insn_aux->arg,
	};
}

void xbpf_jit_tail_call(struct jit *j)
{
	const struct jit_tail_call call = describe(j, j->at);

	/* the target returns through the common frame, whose epilogue it has */
	if (!j->frame.common) {
		xbpf_jit_fail(j, -EINVAL, "tail call in a subprogram that is not marked to make any");
		return;
	}
	if (call.index_known && call.index >= call.map->max_entries)
		xbpf_jit_tail_never(j, call.map);
	else
		strategy(j)->emit(j, &call);
}

static bool is_tail_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm == BPF_FUNC_tail_call;
}

/* Sets a register to a constant and does nothing else. */
static bool sets_constant(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) || insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) ||
	       insn->code == (BPF_ALU | BPF_MOV | BPF_K);
}

/* A jump, a call, or what may end the program. */
static bool leaves_line(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class == BPF_JMP || class == BPF_JMP32 || (class == BPF_LD && !sets_constant(insn));
}

bool xbpf_jit_tail_unused(const struct jit *j)
{
	const struct bpf_insn *insns = j->code->insns;
	const struct xbpf_insn_aux *insn_aux = j->code->insn_aux;
	u32 end = min_t(u32, j->code->subprogs[j->sub].end, j->at + LOOK_AHEAD);
	u8 reg = insns[j->at].dst_reg;
	struct jit_tail_call call;
	u32 i;

	if ((reg != BPF_REG_2 && reg != BPF_REG_3) || !sets_constant(&insns[j->at]) ||
	    !strategy(j)->knows_all)
		return false;
	for (i = j->at + 1; i < end; i++) {
		if (insn_aux[i].flags & XBPF_AUX_HI)
			continue;
		if (!(insn_aux[i].flags & XBPF_AUX_SEEN) || insn_aux[i].flags & XBPF_AUX_TARGET)
			return false;
		if (is_tail_call(&insns[i])) {
			call = describe(j, i);
			return call.index_known && strategy(j)->knows_all(j, &call);
		}
		if (leaves_line(&insns[i]) || insns[i].dst_reg == reg || insns[i].src_reg == reg)
			return false;
	}
	return false;
}

