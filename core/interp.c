/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From verified code to an image of the interpreter: everything that is known
 * before the run is resolved here.
 */
#include "core/helper.h"
#include "core/insn.h"
#include "core/interp_ops.h"

struct build {
	const struct xbpf_code *code;
	const struct xbpf_env *env;
	struct xbpf_log *log;
	struct xbpf_image *image;
	u32 pc;
};

static int refuse(const struct build *b, const char *what)
{
	return xbpf_log_fail(b->log, -EOPNOTSUPP,
			     "the interpreter does not know %s (instruction %u)", what, b->pc);
}

/* The verifier promised otherwise. */
static int broken(const struct build *b, const char *what)
{
	return xbpf_log_fail(b->log, -EFAULT, "bug in xbpf: %s (instruction %u); please report it",
			     what, b->pc);
}

/* The first code of a group of four, by the instruction's width and source. */
static u16 pick(u16 first, u8 code)
{
	bool narrow = BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_JMP32;

	return first + (narrow ? 2 : 0) + (BPF_SRC(code) == BPF_X ? 1 : 0);
}

static int build_move(const struct build *b, const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;

	if (BPF_SRC(insn->code) == BPF_K) {
		op->op = XBPF_OP_SET;
		if (!wide)
			op->imm = (u32)insn->imm;
		return 0;
	}
	switch (insn->off) {
	case 0:
		op->op = wide ? XBPF_OP_MOV64 : XBPF_OP_MOV32;
		break;
	case 8:
		op->op = wide ? XBPF_OP_SX8_64 : XBPF_OP_SX8_32;
		break;
	case 16:
		op->op = wide ? XBPF_OP_SX16_64 : XBPF_OP_SX16_32;
		break;
	case 32:
		op->op = XBPF_OP_SX32_64;
		break;
	default:
		return refuse(b, "this sign extension");
	}
	return 0;
}

/* x86-64 is the only machine: little endian. */
static void build_swap(const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	bool swap = BPF_CLASS(insn->code) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE;

	switch (insn->imm) {
	case 16:
		op->op = swap ? XBPF_OP_SWAP16 : XBPF_OP_ZX16;
		break;
	case 32:
		op->op = swap ? XBPF_OP_SWAP32 : XBPF_OP_ZX32;
		break;
	default:
		op->op = swap ? XBPF_OP_SWAP64 : XBPF_OP_NOP;
		break;
	}
}

static int build_alu(const struct build *b, const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	static const u16 binary[16] = {
#define X(name, ...) [BPF_##name >> 4] = XBPF_OP_##name##64K,
		XBPF_INTERP_BINARY(X)
#undef X
	};
	u16 first = binary[BPF_OP(insn->code) >> 4];

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		return build_move(b, insn, op);
	case BPF_NEG:
		op->op = BPF_CLASS(insn->code) == BPF_ALU64 ? XBPF_OP_NEG64 : XBPF_OP_NEG32;
		return 0;
	case BPF_END:
		build_swap(insn, op);
		return 0;
	case BPF_DIV:
		if (insn->off)
			first = XBPF_OP_SDIV64K;
		break;
	case BPF_MOD:
		if (insn->off)
			first = XBPF_OP_SMOD64K;
		break;
	}
	op->op = pick(first, insn->code);
	return 0;
}

/* From B to DW: 0 to 3 */
static u16 size_step(const struct bpf_insn *insn)
{
	return fls64(xbpf_opcode(insn->code)->size) - 1;
}

static void build_memory(const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	u16 first;

	op->off = insn->off;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		first = BPF_MODE(insn->code) == BPF_MEMSX ? XBPF_OP_LDS8 : XBPF_OP_LD8;
		break;
	case BPF_ST:
		first = XBPF_OP_STK8;
		break;
	default:
		first = XBPF_OP_STX8;
		break;
	}
	op->op = first + size_step(insn);
}

static int build_atomic(const struct build *b, const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	u16 first;

	switch (insn->imm) {
#define X(name, operation, ...)			\
	case operation:				\
		first = XBPF_OP_LOCK_##name##32;	\
		break;
	XBPF_INTERP_ATOMIC(X)
#undef X
	default:
		return refuse(b, "this atomic operation");
	}
	op->op = first + (BPF_SIZE(insn->code) == BPF_DW);
	op->off = insn->off;
	return 0;
}

static int build_ld_imm64(const struct build *b, const struct bpf_insn *insn,
			  struct xbpf_insn_op *op)
{
	u64 imm = (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
	const struct xbpf_map_info *map = NULL;

	/* In verified code the imm of a map load is an index into code->maps. */
	if (insn->src_reg && insn->src_reg != BPF_PSEUDO_FUNC && insn->src_reg != BPF_PSEUDO_BTF_ID) {
		if ((u32)insn->imm >= b->code->map_cnt)
			return broken(b, "a map load is not resolved");
		map = b->code->maps[insn->imm];
	}
	switch (insn->src_reg) {
	case 0:
		break;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		imm = map->addr;
		break;
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		if (!map->values)
			return broken(b, "the map has no direct values");
		imm = map->values + (u32)insn[1].imm;
		break;
	case BPF_PSEUDO_FUNC:
		if (b->code->insn_aux[b->pc].arg >= b->code->subprog_cnt)
			return broken(b, "the address of a function is not resolved");
		imm = (unsigned long)&b->image->callbacks[b->code->insn_aux[b->pc].arg] | 1;
		break;
	default:
		return refuse(b, "addresses of kernel variables (BPF_PSEUDO_BTF_ID)");
	}
	op->op = XBPF_OP_SET2;
	op->imm = imm;
	return 0;
}

/* Which subprogram an instruction lies in. */
static const struct xbpf_subprog *subprog_of(const struct build *b)
{
	u32 lo = 0, hi = b->code->subprog_cnt;

	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (b->code->subprogs[mid].start <= b->pc)
			lo = mid;
		else
			hi = mid;
	}
	return &b->code->subprogs[lo];
}

static bool calls_back(const struct bpf_insn *insn)
{
	const struct xbpf_helper *helper = xbpf_helper_find((u32)insn->imm);

	return helper && helper->callback;
}

static int build_call(const struct build *b, const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	const struct xbpf_insn_aux *insn_aux = &b->code->insn_aux[b->pc];
	const struct xbpf_subprog *in = subprog_of(b);
	const struct xbpf_map_info *map = NULL;
	const char *name;
	xbpf_helper_fn fn;

	if (insn->src_reg == BPF_PSEUDO_CALL) {
		if (insn_aux->arg >= b->code->subprog_cnt)
			return broken(b, "a call has no subprogram");
		op->op = XBPF_OP_SUBPROG;
		op->imm = (s64)b->code->subprogs[insn_aux->arg].start - b->pc;
		op->off = in->stack_depth;
		return 0;
	}
	if (insn->src_reg)
		return refuse(b, "calls of kernel functions (kfuncs)");
	if (insn->imm == BPF_FUNC_tail_call) {
		op->op = XBPF_OP_TAIL_CALL;
		return 0;
	}
	if (insn_aux->map)
		map = b->code->maps[insn_aux->map - 1];
	fn = b->env->helper(insn->imm, map);
	if (!fn) {
		name = xbpf_helper_name(insn->imm);
		return xbpf_log_fail(b->log, -EOPNOTSUPP,
				     "bpf_%s#%d is not there on this kernel (instruction %u)",
				     name ? name : "unknown", insn->imm, b->pc);
	}
	op->op = calls_back(insn) ? XBPF_OP_CALL_BACK : XBPF_OP_CALL;
	op->off = in->stack_depth;
	op->imm = (unsigned long)fn;
	return 0;
}

static void build_jump(const struct bpf_insn *insn, struct xbpf_insn_op *op)
{
	static const u16 cond[16] = {
#define X(name, ...) [BPF_##name >> 4] = XBPF_OP_##name##64K,
		XBPF_INTERP_COND(X)
#undef X
	};

	if (BPF_OP(insn->code) == BPF_JA) {
		op->op = XBPF_OP_JA;
		op->off = 1 + (BPF_CLASS(insn->code) == BPF_JMP32 ? insn->imm : insn->off);
		return;
	}
	op->op = pick(cond[BPF_OP(insn->code) >> 4], insn->code);
	op->off = 1 + insn->off;
}

static int build_op(const struct build *b, struct xbpf_insn_op *op)
{
	const struct bpf_insn *insn = &b->code->insns[b->pc];

	op->dst = insn->dst_reg;
	op->src = insn->src_reg;
	op->imm = (s64)insn->imm;
	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		return build_alu(b, insn, op);
	case XBPF_INSN_LOAD:
	case XBPF_INSN_STORE:
		build_memory(insn, op);
		return 0;
	case XBPF_INSN_ATOMIC:
		return build_atomic(b, insn, op);
	case XBPF_INSN_LD_IMM64:
		return build_ld_imm64(b, insn, op);
	case XBPF_INSN_LD_PKT:
		op->op = BPF_MODE(insn->code) == BPF_IND ? XBPF_OP_PACKET_IND : XBPF_OP_PACKET;
		op->off = insn->imm;
		op->imm = xbpf_opcode(insn->code)->size;
		return b->env->helper(XBPF_FUNC_PACKET_LOAD, NULL) ? 0 :
			refuse(b, "BPF_LD_ABS and BPF_LD_IND here");
	case XBPF_INSN_JUMP:
	case XBPF_INSN_JA:
		build_jump(insn, op);
		return 0;
	case XBPF_INSN_CALL:
		return build_call(b, insn, op);
	case XBPF_INSN_EXIT:
		op->op = XBPF_OP_EXIT;
		return 0;
	default:
		return refuse(b, "this opcode");
	}
}

static int build_callbacks(const struct build *b)
{
	const struct xbpf_code *code = b->code;
	bool any = false;
	u32 i;

	for (i = 0; i < code->insn_cnt && !any; i++)
		any = code->insn_aux[i].flags & XBPF_AUX_SEEN && !(code->insn_aux[i].flags & XBPF_AUX_HI) &&
		      xbpf_opcode(code->insns[i].code)->klass == XBPF_INSN_LD_IMM64 &&
		      code->insns[i].src_reg == BPF_PSEUDO_FUNC;
	if (!any)
		return 0;
	b->image->callbacks = port_zalloc(sizeof(b->image->callbacks[0]) * code->subprog_cnt);
	if (!b->image->callbacks)
		return xbpf_log_fail(b->log, -ENOMEM, "no memory for the addresses of %u functions",
				     code->subprog_cnt);
	for (i = 0; i < code->subprog_cnt; i++) {
		b->image->callbacks[i].image = b->image;
		b->image->callbacks[i].op = &b->image->ops[code->subprogs[i].start];
	}
	return 0;
}

struct xbpf_image *xbpf_image_build(const struct xbpf_code *code, const struct xbpf_env *env,
				    struct xbpf_log *log, int *err)
{
	struct build b = { .code = code, .env = env, .log = log };
	struct xbpf_image *image;

	image = port_zalloc(sizeof(*image) + (size_t)code->insn_cnt * sizeof(image->ops[0]));
	if (!image) {
		*err = xbpf_log_fail(log, -ENOMEM, "no memory for the interpreter's image of %u instructions",
				     code->insn_cnt);
		return NULL;
	}
	b.image = image;
	image->cnt = code->insn_cnt;
	image->env = env;
	*err = build_callbacks(&b);
	if (*err) {
		xbpf_image_free(image);
		return NULL;
	}
	image->packet_load = env->helper(XBPF_FUNC_PACKET_LOAD, NULL);
	for (b.pc = 0; b.pc < code->insn_cnt; b.pc++) {
		const struct xbpf_insn_aux *insn_aux = &code->insn_aux[b.pc];

		port_resched();
		/* Second halves and what is never reached stay XBPF_OP_NEVER. */
		if (!(insn_aux->flags & XBPF_AUX_SEEN) || (insn_aux->flags & XBPF_AUX_HI))
			continue;
		*err = build_op(&b, &image->ops[b.pc]);
		if (*err) {
			xbpf_image_free(image);
			return NULL;
		}
	}
	*err = 0;
	return image;
}

void xbpf_image_free(struct xbpf_image *image)
{
	if (image)
		port_free(image->callbacks);
	port_free(image);
}
