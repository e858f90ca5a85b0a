/* SPDX-License-Identifier: GPL-2.0 */
/* The disassembler: the kernel's texts, and back through the assembler. */
#include "core/disasm.h"
#include "core/insn.h"
#include "../lib/asm.h"
#include "../tap.h"

#define I(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }

static const struct { struct bpf_insn insn[2]; const char *text; } texts[] = {
	{ { I(0xbf, 1, 10, 0, 0) }, "r1 = r10" },
	{ { I(0x07, 1, 0, 0, -8) }, "r1 += -8" },
	{ { I(0xa4, 0, 0, 0, 1) }, "w0 ^= 1" },
	{ { I(0x7b, 10, 1, -8, 0) }, "*(u64 *)(r10 -8) = r1" },
	{ { I(0x6a, 10, 0, -2, 7) }, "*(u16 *)(r10 -2) = 7" },
	{ { I(0x61, 1, 1, 16, 0) }, "r1 = *(u32 *)(r1 +16)" },
	{ { I(0x71, 3, 2, 0, 0) }, "r3 = *(u8 *)(r2 +0)" },
	{ { I(0x81, 3, 2, 0, 0) }, "r3 = *(s32 *)(r2 +0)" },
	{ { I(0x25, 1, 0, 3, 5) }, "if r1 > 0x5 goto pc+3" },
	{ { I(0x15, 1, 0, -3, -1) }, "if r1 == 0xffffffff goto pc-3" },
	{ { I(0x6e, 1, 2, 3, 0) }, "if w1 s> w2 goto pc+3" },
	{ { I(0x45, 1, 0, 3, 8) }, "if r1 & 0x8 goto pc+3" },
	{ { I(0xd5, 1, 0, 3, 8) }, "if r1 s<= 0x8 goto pc+3" },
	{ { I(0x05, 0, 0, 3, 0) }, "goto pc+3" },
	{ { I(0x06, 0, 0, 0, -70000) }, "gotol pc-70000" },
	{ { I(0x85, 0, 0, 0, 1) }, "call bpf_map_lookup_elem#1" },
	{ { I(0x85, 0, 0, 0, 99999) }, "call unknown#99999" },
	{ { I(0x85, 0, 1, 0, 5) }, "call pc+5" },
	{ { I(0x95, 0, 0, 0, 0) }, "exit" },
	{ { I(0x87, 2, 0, 0, 0) }, "r2 = -r2" },
	{ { I(0x84, 2, 0, 0, 0) }, "w2 = -w2" },
	{ { I(0xdc, 2, 0, 0, 16) }, "r2 = be16 r2" },
	{ { I(0xd4, 2, 0, 0, 64) }, "r2 = le64 r2" },
	{ { I(0xd7, 2, 0, 0, 32) }, "r2 = bswap32 r2" },
	{ { I(0xbf, 2, 3, 8, 0) }, "r2 = (s8)r3" },
	{ { I(0xbc, 2, 3, 16, 0) }, "w2 = (s16)w3" },
	{ { I(0x3f, 2, 3, 0, 0) }, "r2 /= r3" },
	{ { I(0x3f, 2, 3, 1, 0) }, "r2 s/= r3" },
	{ { I(0x94, 2, 0, 1, -7) }, "w2 s%= -7" },
	{ { I(0xc7, 2, 0, 0, 7) }, "r2 s>>= 7" },
	{ { I(0xdb, 10, 1, -8, 0x00) }, "lock *(u64 *)(r10 -8) += r1" },
	{ { I(0xc3, 2, 1, 4, 0xa0) }, "lock *(u32 *)(r2 +4) ^= r1" },
	{ { I(0xdb, 10, 1, -8, 0x01) }, "r1 = atomic64_fetch_add((u64 *)(r10 -8), r1)" },
	{ { I(0xc3, 10, 1, -8, 0x41) }, "r1 = atomic_fetch_or((u32 *)(r10 -8), r1)" },
	{ { I(0xdb, 10, 1, -8, 0xe1) }, "r1 = atomic64_xchg((u64 *)(r10 -8), r1)" },
	{ { I(0xc3, 10, 1, -8, 0xf1) }, "r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1)" },
	{ { I(0x18, 1, 0, 0, 0x55667788), I(0, 0, 0, 0, 0x11223344) }, "r1 = 0x1122334455667788" },
	{ { I(0x18, 1, 1, 0, 7), I(0, 0, 0, 0, 0) }, "r1 = map[fd:7]" },
	{ { I(0x18, 1, 2, 0, 7), I(0, 0, 0, 0, 8) }, "r1 = map[fd:7][0]+8" },
	{ { I(0x28, 0, 0, 0, 12) }, "r0 = *(u16 *)skb[12]" },
	{ { I(0x50, 0, 6, 0, 14) }, "r0 = *(u8 *)skb[r6 + 14]" },
	{ { I(0xff, 0, 0, 0, 0) }, "BUG_ff" },
};

static void kernel_texts(void)
{
	char got[128];
	u32 i;
	int n;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		n = xbpf_disasm(got, sizeof(got), texts[i].insn, NULL, NULL);
		expect_str(got, texts[i].text);
		expect_eq(n, strlen(texts[i].text));
	}
}

static int name_by_id(void *priv, const struct bpf_insn *insn, char *buf, size_t size)
{
	expect(priv == texts);
	return snprintf(buf, size, "map[id:%d]", insn->imm * 10);
}

static void map_names(void)
{
	struct bpf_insn insn[2] = { I(0x18, 1, 1, 0, 7), I(0, 0, 0, 0, 0) };
	char got[64];

	xbpf_disasm(got, sizeof(got), insn, name_by_id, (void *)texts);
	expect_str(got, "r1 = map[id:70]");
	insn[0].src_reg = 0;	/* no map: nobody is asked */
	xbpf_disasm(got, sizeof(got), insn, name_by_id, NULL);
	expect_str(got, "r1 = 0x7");
}

static void short_buffer(void)
{
	struct bpf_insn insn = I(0x7b, 10, 1, -8, 0);
	char got[32];
	size_t size;

	for (size = 1; size < 24; size++) {
		memset(got, 'x', sizeof(got));
		expect_eq(xbpf_disasm(got, size, &insn, NULL, NULL), 21);
		expect(!strncmp(got, "*(u64 *)(r10 -8) = r1", size - 1));
		expect_eq(got[size < 22 ? size - 1 : 21], 0);
		expect_eq(got[size < 22 ? size : 22], 'x');
	}
	expect_eq(xbpf_disasm(NULL, 0, &insn, NULL, NULL), 21);
}

/* Every well-formed instruction with these fields comes back as it was. */
static void round_trip(void)
{
	static const s32 imms[] = { 0, 1, -1, 5, 16, 32, 64, 0x40, 0x41, 0x50, 0x51, 0xa0,
				    0xa1, 0xe1, 0xf1, INT32_MAX, INT32_MIN };
	static const s16 offs[] = { 0, 1, 8, 16, 32, -8, INT16_MAX, INT16_MIN };
	char text[128], source[160];
	u32 code, d, s, o, i, tried = 0;

	for (code = 0; code < 256; code++)
	for (d = 0; d <= 10; d += 5)
	for (s = 0; s <= 10; s++)
	for (o = 0; o < ARRAY_SIZE(offs); o++)
	for (i = 0; i < ARRAY_SIZE(imms); i++) {
		struct bpf_insn insn[2] = { I((u8)code, d, s, offs[o], imms[i]), I(0, 0, 0, 0, 0) };
		bool wide = xbpf_opcode((u8)code)->klass == XBPF_INSN_LD_IMM64;
		struct asm_prog prog;

		/* these have no text that the assembler knows */
		if (xbpf_insn_check(insn, 2) || (wide && (s == BPF_PSEUDO_FUNC || s == BPF_PSEUDO_BTF_ID)))
			continue;
		if (xbpf_opcode((u8)code)->klass == XBPF_INSN_CALL &&
		    (s == BPF_PSEUDO_KFUNC_CALL || (!s && (imms[i] < 1 || imms[i] > 100))))
			continue;
		if (wide && !s)
			insn[1].imm = imms[i] ^ 0x1234;
		xbpf_disasm(text, sizeof(text), insn, NULL, NULL);
		snprintf(source, sizeof(source), "%s%s", text, wide ? " ll" : "");
		if (!expect(!asm_parse(&prog, source), "%s: %s", source, prog.error) ||
		    !expect(prog.cnt == (wide ? 2 : 1)) ||
		    !expect(!memcmp(prog.insns, insn, prog.cnt * sizeof(insn[0])), "%s", source)) {
			asm_free(&prog);
			return;
		}
		asm_free(&prog);
		tried++;
	}
	expect(tried > 10000, "only %u", tried);
}

static const struct tap_test tests[] = {
	{ "instructions print as the kernel prints them", kernel_texts },
	{ "maps print as the caller names them", map_names },
	{ "a short buffer cuts, and the length is the whole one", short_buffer },
	{ "every instruction comes back through the assembler", round_trip },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
