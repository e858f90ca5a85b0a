/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions as text.  What is no instruction prints as "BUG_xx": a log must
 * be able to show it.
 */
#include "core/disasm.h"
#include "core/helper.h"
#include "core/insn.h"

/* Counts on when the buffer is full, like snprintf. */
struct text {
	char *buf;
	size_t size;
	int len;
};

__printf(2, 3) static void put(struct text *t, const char *fmt, ...)
{
	size_t at = min_t(size_t, t->len, t->size);
	va_list ap;

	va_start(ap, fmt);
	t->len += vsnprintf(t->buf + at, t->size - at, fmt, ap);
	va_end(ap);
}

static const char *memory_type(const struct bpf_insn *insn)
{
	bool sign = BPF_CLASS(insn->code) == BPF_LDX && BPF_MODE(insn->code) == BPF_MEMSX;

	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return sign ? "s8" : "u8";
	case BPF_H:
		return sign ? "s16" : "u16";
	case BPF_W:
		return sign ? "s32" : "u32";
	default:
		return "u64";
	}
}

static const char *alu_sign(const struct bpf_insn *insn)
{
	if (insn->off == 1 && BPF_OP(insn->code) == BPF_DIV)
		return "s/=";
	if (insn->off == 1 && BPF_OP(insn->code) == BPF_MOD)
		return "s%=";
	return xbpf_opcode(insn->code)->sign;
}

static void put_alu(struct text *t, const struct bpf_insn *insn)
{
	char file = BPF_CLASS(insn->code) == BPF_ALU64 ? 'r' : 'w';
	const char *swap;

	switch (BPF_OP(insn->code)) {
	case BPF_NEG:
		put(t, "%c%d = -%c%d", file, insn->dst_reg, file, insn->dst_reg);
		return;
	case BPF_END:
		swap = file == 'r' ? "bswap" : BPF_SRC(insn->code) == BPF_TO_BE ? "be" : "le";
		put(t, "r%d = %s%d r%d", insn->dst_reg, swap, insn->imm, insn->dst_reg);
		return;
	}
	put(t, "%c%d %s ", file, insn->dst_reg, alu_sign(insn));
	if (BPF_OP(insn->code) == BPF_MOV && insn->off)
		put(t, "(s%d)", insn->off);
	if (BPF_SRC(insn->code) == BPF_X)
		put(t, "%c%d", file, insn->src_reg);
	else
		put(t, "%d", insn->imm);
}

static void put_atomic(struct text *t, const struct bpf_insn *insn)
{
	static const struct { s32 imm; const char *sign, *name; } ops[] = {
		{ BPF_ADD, "+=", "fetch_add" }, { BPF_AND, "&=", "fetch_and" },
		{ BPF_OR, "|=", "fetch_or" }, { BPF_XOR, "^=", "fetch_xor" },
	};
	const char *type = memory_type(insn);
	const char *width = BPF_SIZE(insn->code) == BPF_DW ? "64" : "";
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (insn->imm == ops[i].imm)
			put(t, "lock *(%s *)(r%d %+d) %s r%d", type, insn->dst_reg, insn->off,
			    ops[i].sign, insn->src_reg);
		else if (insn->imm == (ops[i].imm | BPF_FETCH))
			put(t, "r%d = atomic%s_%s((%s *)(r%d %+d), r%d)", insn->src_reg, width,
			    ops[i].name, type, insn->dst_reg, insn->off, insn->src_reg);
		else
			continue;
		return;
	}
	if (insn->imm == BPF_XCHG)
		put(t, "r%d = atomic%s_xchg((%s *)(r%d %+d), r%d)", insn->src_reg, width, type,
		    insn->dst_reg, insn->off, insn->src_reg);
	else if (insn->imm == BPF_CMPXCHG)
		put(t, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", width, type,
		    insn->dst_reg, insn->off, insn->src_reg);
	else
		put(t, "BUG_%02x", insn->code);
}

static void put_ld_imm64(struct text *t, const struct bpf_insn *insn,
			 int (*map_name)(void *priv, const struct bpf_insn *insn, char *buf, size_t size),
			 void *priv)
{
	u64 imm = (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
	char name[64];
	int n;

	put(t, "r%d = ", insn->dst_reg);
	switch (insn->src_reg) {
	case 0:
		put(t, "0x%llx", (unsigned long long)imm);
		return;
	case BPF_PSEUDO_FUNC:
		put(t, "subprog[%+d]", insn->imm);
		return;
	case BPF_PSEUDO_BTF_ID:
		put(t, "btf[id:%d]", insn->imm);
		return;
	}
	if (map_name) {
		n = map_name(priv, insn, name, sizeof(name));
		if (n > 0 && (size_t)n < sizeof(name)) {
			put(t, "%s", name);
			return;
		}
	}
	switch (insn->src_reg) {
	case BPF_PSEUDO_MAP_FD:
		put(t, "map[fd:%d]", insn->imm);
		break;
	case BPF_PSEUDO_MAP_VALUE:
		put(t, "map[fd:%d][0]+%u", insn->imm, (u32)insn[1].imm);
		break;
	case BPF_PSEUDO_MAP_IDX:
		put(t, "map[idx:%d]", insn->imm);
		break;
	case BPF_PSEUDO_MAP_IDX_VALUE:
		put(t, "map[idx:%d][0]+%u", insn->imm, (u32)insn[1].imm);
		break;
	default:
		put(t, "BUG_%02x", insn->code);
		break;
	}
}

static void put_jump(struct text *t, const struct bpf_insn *insn)
{
	char file = BPF_CLASS(insn->code) == BPF_JMP ? 'r' : 'w';

	put(t, "if %c%d %s ", file, insn->dst_reg, xbpf_opcode(insn->code)->sign);
	if (BPF_SRC(insn->code) == BPF_X)
		put(t, "%c%d", file, insn->src_reg);
	else
		put(t, "0x%x", (u32)insn->imm);
	put(t, " goto pc%+d", insn->off);
}

static void put_call(struct text *t, const struct bpf_insn *insn)
{
	const char *name;

	if (insn->src_reg == BPF_PSEUDO_CALL) {
		put(t, "call pc%+d", insn->imm);
	} else if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		put(t, "call kernel-function#%d", insn->imm);
	} else {
		name = xbpf_helper_name(insn->imm);
		if (name)
			put(t, "call bpf_%s#%d", name, insn->imm);
		else
			put(t, "call unknown#%d", insn->imm);
	}
}

static void put_packet(struct text *t, const struct bpf_insn *insn)
{
	if (BPF_MODE(insn->code) == BPF_ABS)
		put(t, "r0 = *(%s *)skb[%d]", memory_type(insn), insn->imm);
	else
		put(t, "r0 = *(%s *)skb[r%d + %d]", memory_type(insn), insn->src_reg, insn->imm);
}

int xbpf_disasm(char *buf, size_t size, const struct bpf_insn *insn,
		int (*map_name)(void *priv, const struct bpf_insn *insn, char *buf, size_t size),
		void *priv)
{
	struct text t = { .buf = buf, .size = size };

	if (size)
		buf[0] = '\0';
	switch (xbpf_opcode(insn->code)->klass) {
	case XBPF_INSN_ALU:
		put_alu(&t, insn);
		break;
	case XBPF_INSN_LOAD:
		put(&t, "r%d = *(%s *)(r%d %+d)", insn->dst_reg, memory_type(insn), insn->src_reg,
		    insn->off);
		break;
	case XBPF_INSN_STORE:
		put(&t, "*(%s *)(r%d %+d) = ", memory_type(insn), insn->dst_reg, insn->off);
		if (BPF_CLASS(insn->code) == BPF_ST)
			put(&t, "%d", insn->imm);
		else
			put(&t, "r%d", insn->src_reg);
		break;
	case XBPF_INSN_ATOMIC:
		put_atomic(&t, insn);
		break;
	case XBPF_INSN_LD_IMM64:
		put_ld_imm64(&t, insn, map_name, priv);
		break;
	case XBPF_INSN_LD_PKT:
		put_packet(&t, insn);
		break;
	case XBPF_INSN_JUMP:
		put_jump(&t, insn);
		break;
	case XBPF_INSN_JA:
		if (BPF_CLASS(insn->code) == BPF_JMP)
			put(&t, "goto pc%+d", insn->off);
		else
			put(&t, "gotol pc%+d", insn->imm);
		break;
	case XBPF_INSN_CALL:
		put_call(&t, insn);
		break;
	case XBPF_INSN_EXIT:
		put(&t, "exit");
		break;
	default:
		put(&t, "BUG_%02x", insn->code);
		break;
	}
	return t.len;
}
