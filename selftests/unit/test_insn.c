/* SPDX-License-Identifier: GPL-2.0 */
/* The opcode table and xbpf_insn_check(). */
#include "core/insn.h"
#include "../tap.h"

/* RFC 9669 once more, by rule instead of by row. */
static bool is_opcode(u32 code)
{
	u32 cls = code & 7, op = code & 0xf0, src = code & 8, size = code & 0x18, mode = code & 0xe0;

	switch (cls) {
	case BPF_ALU:
	case BPF_ALU64:
		if (op > 0xd0)
			return false;
		if (op == BPF_NEG)
			return !src;
		if (op == BPF_END)
			return cls == BPF_ALU || !src;
		return true;
	case BPF_JMP:
	case BPF_JMP32:
		if (op == 0x00)
			return !src;
		if (op == 0x80 || op == 0x90)
			return !src && cls == BPF_JMP;
		return op <= 0xd0;
	case BPF_LD:
		if (mode == 0x00)
			return size == BPF_DW;
		return (mode == 0x20 || mode == 0x40) && size != BPF_DW;
	case BPF_LDX:
		return mode == 0x60 || (mode == 0x80 && size != BPF_DW);
	case BPF_ST:
		return mode == 0x60;
	default:
		return mode == 0x60 || (mode == 0xc0 && (size == BPF_W || size == BPF_DW));
	}
}

static void every_opcode(void)
{
	u32 code, n = 0;

	for (code = 0; code < 256; code++) {
		bool known = xbpf_opcode((u8)code)->klass != XBPF_INSN_BAD;

		expect(known == is_opcode(code), "opcode 0x%02x", code);
		expect(xbpf_opcode((u8)code)->name != NULL);
		n += known;
	}
	expect_eq(n, 125);
}

static void access_sizes(void)
{
	static const u8 bytes[4] = { [BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1,
				     [BPF_DW >> 3] = 8 };
	u32 code;

	for (code = 0; code < 256; code++) {
		const struct xbpf_opcode *op = xbpf_opcode((u8)code);

		switch (op->klass) {
		case XBPF_INSN_LOAD:
		case XBPF_INSN_STORE:
		case XBPF_INSN_ATOMIC:
		case XBPF_INSN_LD_PKT:
			expect(op->size == bytes[(code >> 3) & 3], "opcode 0x%02x", code);
			break;
		default:
			expect(op->size == 0, "opcode 0x%02x", code);
		}
	}
}

/* A well-formed instruction of this opcode. */
static struct bpf_insn sample(u8 code)
{
	const struct xbpf_opcode *op = xbpf_opcode(code);
	struct bpf_insn insn = { .code = code };

	if (op->klass == XBPF_INSN_ALU && BPF_OP(code) == BPF_END)
		insn.imm = 32;
	else if (op->uses & XBPF_USES_IMM)
		insn.imm = 1;
	if (op->klass == XBPF_INSN_ATOMIC)
		insn.imm = BPF_ADD;
	return insn;
}

/* What a row does not list must be 0. */
static void reserved_fields(void)
{
	u32 code;

	for (code = 0; code < 256; code++) {
		const struct xbpf_opcode *op = xbpf_opcode((u8)code);
		struct bpf_insn insn[2] = { sample((u8)code) }, bad;

		if (op->klass == XBPF_INSN_BAD)
			continue;
		expect(!xbpf_insn_check(insn, 2), "opcode 0x%02x: %s", code, xbpf_insn_check(insn, 2));
		if (op->klass == XBPF_INSN_LD_IMM64 || op->klass == XBPF_INSN_CALL)
			continue;	/* their own tests */
		bad = insn[0];
		bad.off = 7;
		if (!(op->uses & XBPF_USES_OFF))
			expect(xbpf_insn_check(&bad, 1), "opcode 0x%02x takes an offset", code);
		bad = insn[0];
		bad.src_reg = 3;
		if (!(op->uses & XBPF_USES_SRC))
			expect(xbpf_insn_check(&bad, 1), "opcode 0x%02x takes a source", code);
		bad = insn[0];
		bad.dst_reg = 3;
		if (!(op->uses & XBPF_USES_DST) && !(op->uses & XBPF_WRITES_DST))
			expect(xbpf_insn_check(&bad, 1), "opcode 0x%02x takes a destination", code);
		bad = insn[0];
		bad.imm = 5;
		if (!(op->uses & XBPF_USES_IMM))
			expect(xbpf_insn_check(&bad, 1), "opcode 0x%02x takes a constant", code);
	}
}

static void registers(void)
{
	u32 code;

	for (code = 0; code < 256; code++) {
		const struct xbpf_opcode *op = xbpf_opcode((u8)code);
		struct bpf_insn insn[2] = { sample((u8)code) };

		if (op->klass == XBPF_INSN_BAD)
			continue;
		insn[0].dst_reg = 11;
		expect(xbpf_insn_check(insn, 2), "opcode 0x%02x takes R11", code);
		insn[0].dst_reg = 10;
		if (op->uses & XBPF_WRITES_DST)
			expect_str(xbpf_insn_check(insn, 2), "frame pointer is read only");
		insn[0].dst_reg = 0;
		insn[0].src_reg = 11;
		expect(xbpf_insn_check(insn, 2), "opcode 0x%02x takes R11 as source", code);
	}
}

static const struct { struct bpf_insn insn[2]; u32 left; const char *words; } cases[] = {
#define I(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
	{ { I(0x00, 0, 0, 0, 0) }, 1, "unknown opcode 0" },
	{ { I(0xff, 0, 0, 0, 0) }, 1, "unknown opcode" },
	{ { I(0x8d, 0, 1, 0, 0) }, 1, "unknown opcode" },	/* callx */
	{ { I(0xb7, 1, 0, 8, 5) }, 1, "BPF_MOV uses reserved fields" },
	{ { I(0xbf, 1, 2, 0, 5) }, 1, "BPF_MOV uses reserved fields" },
	{ { I(0xbf, 1, 2, 7, 0) }, 1, "BPF_MOV uses reserved fields" },
	{ { I(0xbf, 1, 2, 8, 0) }, 1, NULL },
	{ { I(0xbf, 1, 2, 16, 0) }, 1, NULL },
	{ { I(0xbf, 1, 2, 32, 0) }, 1, NULL },
	{ { I(0xbc, 1, 2, 8, 0) }, 1, NULL },
	{ { I(0xbc, 1, 2, 16, 0) }, 1, NULL },
	{ { I(0xbc, 1, 2, 32, 0) }, 1, "BPF_MOV uses reserved fields" },
	{ { I(0x07, 1, 2, 0, 5) }, 1, "BPF_ALU uses reserved fields" },
	{ { I(0x0f, 1, 2, 1, 0) }, 1, "BPF_ALU uses reserved fields" },
	{ { I(0x37, 1, 0, 0, 0) }, 1, "div by zero" },
	{ { I(0x97, 1, 0, 1, 0) }, 1, "div by zero" },
	{ { I(0x37, 1, 0, 1, -1) }, 1, NULL },
	{ { I(0x3f, 1, 2, 1, 0) }, 1, NULL },
	{ { I(0x3f, 1, 2, 2, 0) }, 1, "BPF_ALU uses reserved fields" },
	{ { I(0x9c, 1, 2, 1, 0) }, 1, NULL },
	{ { I(0x67, 1, 0, 0, 63) }, 1, NULL },
	{ { I(0x67, 1, 0, 0, 64) }, 1, "invalid shift" },
	{ { I(0x64, 1, 0, 0, 31) }, 1, NULL },
	{ { I(0x64, 1, 0, 0, 32) }, 1, "invalid shift" },
	{ { I(0xc7, 1, 0, 0, -1) }, 1, "invalid shift" },
	{ { I(0x87, 1, 0, 0, 1) }, 1, "BPF_NEG uses reserved fields" },
	{ { I(0x87, 1, 1, 0, 0) }, 1, "BPF_NEG uses reserved fields" },
	{ { I(0xd4, 1, 0, 0, 16) }, 1, NULL },
	{ { I(0xdc, 1, 0, 0, 64) }, 1, NULL },
	{ { I(0xd7, 1, 0, 0, 32) }, 1, NULL },
	{ { I(0xd4, 1, 0, 0, 8) }, 1, "BPF_END uses reserved fields" },
	{ { I(0xd7, 1, 1, 0, 32) }, 1, "BPF_END uses reserved fields" },
	{ { I(0xdf, 1, 0, 0, 32) }, 1, "unknown opcode" },
	{ { I(0x61, 1, 2, 4, 1) }, 1, "BPF_LDX uses reserved fields" },
	{ { I(0x62, 1, 2, 4, 1) }, 1, "BPF_ST uses reserved fields" },
	{ { I(0x63, 1, 2, 4, 1) }, 1, "BPF_STX uses reserved fields" },
	{ { I(0x99, 1, 2, 0, 0) }, 1, "unknown opcode" },	/* 8-byte sign-extending load */
	{ { I(0xdb, 10, 1, -8, 0x00) }, 1, NULL },
	{ { I(0xdb, 10, 1, -8, 0x01) }, 1, NULL },
	{ { I(0xdb, 10, 1, -8, 0xe1) }, 1, NULL },
	{ { I(0xdb, 10, 1, -8, 0xf1) }, 1, NULL },
	{ { I(0xdb, 10, 1, -8, 0xe0) }, 1, "invalid atomic operation" },
	{ { I(0xdb, 10, 1, -8, 0x10) }, 1, "invalid atomic operation" },
	{ { I(0xdb, 10, 1, -8, 0x100) }, 1, "invalid atomic operation" },
	{ { I(0xdb, 10, 10, -8, 0x01) }, 1, "frame pointer is read only" },
	{ { I(0xd3, 10, 1, -8, 0) }, 1, "unknown opcode" },	/* 1 byte */
	{ { I(0x05, 0, 0, 5, 0) }, 1, NULL },
	{ { I(0x05, 0, 0, 5, 1) }, 1, "BPF_JA uses reserved fields" },
	{ { I(0x05, 1, 0, 5, 0) }, 1, "BPF_JA uses reserved fields" },
	{ { I(0x06, 0, 0, 0, 9) }, 1, NULL },
	{ { I(0x06, 0, 0, 1, 9) }, 1, "BPF_JA uses reserved fields" },
	{ { I(0x15, 1, 1, 5, 0) }, 1, "BPF_JMP/JMP32 uses reserved fields" },
	{ { I(0x1d, 1, 1, 5, 1) }, 1, "BPF_JMP/JMP32 uses reserved fields" },
	{ { I(0x85, 0, 0, 0, 1) }, 1, NULL },
	{ { I(0x85, 0, 1, 0, 1) }, 1, NULL },
	{ { I(0x85, 0, 2, 0, 1) }, 1, NULL },
	{ { I(0x85, 0, 2, 3, 1) }, 1, NULL },
	{ { I(0x85, 1, 2, 0, 1) }, 1, "BPF_CALL uses reserved fields" },
	{ { I(0x85, 0, 1, 1, 1) }, 1, "BPF_CALL uses reserved fields" },
	{ { I(0x85, 0, 3, 0, 1) }, 1, "BPF_CALL uses reserved fields" },
	{ { I(0x85, 1, 0, 0, 1) }, 1, "BPF_CALL uses reserved fields" },
	{ { I(0x85, 0, 0, 1, 1) }, 1, "BPF_CALL uses reserved fields" },
	{ { I(0x86, 0, 0, 0, 1) }, 1, "unknown opcode" },
	{ { I(0x95, 0, 0, 0, 0) }, 1, NULL },
	{ { I(0x95, 0, 0, 0, 1) }, 1, "BPF_EXIT uses reserved fields" },
	{ { I(0x96, 0, 0, 0, 0) }, 1, "unknown opcode" },
	{ { I(0x20, 0, 0, 0, 14) }, 1, NULL },
	{ { I(0x20, 1, 0, 0, 14) }, 1, "BPF_LD_[ABS|IND] uses reserved fields" },
	{ { I(0x20, 0, 1, 0, 14) }, 1, "BPF_LD_[ABS|IND] uses reserved fields" },
	{ { I(0x40, 0, 1, 0, 14) }, 1, NULL },
	{ { I(0x40, 0, 1, 2, 14) }, 1, "BPF_LD_[ABS|IND] uses reserved fields" },
	{ { I(0x38, 0, 0, 0, 14) }, 1, "unknown opcode" },
	{ { I(0x18, 1, 0, 0, 5), I(0, 0, 0, 0, -1) }, 2, NULL },
	{ { I(0x18, 1, 0, 0, 5), I(0, 0, 0, 0, -1) }, 1, "second half is missing" },
	{ { I(0x18, 1, 0, 1, 5), I(0, 0, 0, 0, 0) }, 2, "BPF_LD_IMM64 uses reserved fields" },
	{ { I(0x18, 1, 0, 0, 5), I(0x18, 0, 0, 0, 0) }, 2, "invalid bpf_ld_imm64 insn" },
	{ { I(0x18, 1, 0, 0, 5), I(0, 1, 0, 0, 0) }, 2, "invalid bpf_ld_imm64 insn" },
	{ { I(0x18, 1, 0, 0, 5), I(0, 0, 1, 0, 0) }, 2, "invalid bpf_ld_imm64 insn" },
	{ { I(0x18, 1, 0, 0, 5), I(0, 0, 0, 1, 0) }, 2, "invalid bpf_ld_imm64 insn" },
	{ { I(0x18, 1, 1, 0, 5), I(0, 0, 0, 0, 0) }, 2, NULL },
	{ { I(0x18, 1, 1, 0, 5), I(0, 0, 0, 0, 1) }, 2, "upper half must be 0" },
	{ { I(0x18, 1, 2, 0, 5), I(0, 0, 0, 0, 8) }, 2, NULL },
	{ { I(0x18, 1, 5, 0, 5), I(0, 0, 0, 0, 1) }, 2, "upper half must be 0" },
	{ { I(0x18, 1, 6, 0, 5), I(0, 0, 0, 0, 8) }, 2, NULL },
	{ { I(0x18, 1, 7, 0, 5), I(0, 0, 0, 0, 0) }, 2, "unknown src_reg" },
#undef I
};

static void one_by_one(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = xbpf_insn_check(cases[i].insn, cases[i].left);

		if (!cases[i].words)
			expect(!got, "case %u: %s", i, got);
		else
			expect(got && strstr(got, cases[i].words), "case %u: \"%s\", not \"%s\"", i,
			       got ? got : "accepted", cases[i].words);
	}
}

static const struct tap_test tests[] = {
	{ "the table holds the opcodes of RFC 9669", every_opcode },
	{ "memory accesses have their sizes", access_sizes },
	{ "reserved fields are refused in every opcode", reserved_fields },
	{ "registers beyond R10, and writes to R10, are refused", registers },
	{ "each complaint has its words", one_by_one },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
