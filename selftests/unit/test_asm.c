/* SPDX-License-Identifier: GPL-2.0 */
/* The test assembler itself: labels, maps, complaints. */
#include "../lib/asm.h"
#include "../tap.h"

static void labels(void)
{
	struct asm_prog p;

	expect(!asm_parse(&p, "start: r0 = 1; if r0 == 1 goto out // comment\n"
			      "  call f; goto start\nout: exit\nf: exit"), "%s", p.error);
	expect_eq(p.cnt, 6);
	expect_eq(p.insns[1].off, 2);
	expect_eq(p.insns[2].imm, 2);
	expect_eq(p.insns[2].src_reg, BPF_PSEUDO_CALL);
	expect_eq(p.insns[3].off, -4);
	asm_free(&p);
}

static void helpers(void)
{
	struct asm_prog p;

	expect(!asm_parse(&p,
			  "call map_lookup_elem; call bpf_tail_call; call 14; call bpf_ktime_get_ns#5"),
	       "%s", p.error);
	expect_eq(p.insns[0].imm, BPF_FUNC_map_lookup_elem);
	expect_eq(p.insns[1].imm, BPF_FUNC_tail_call);
	expect_eq(p.insns[2].imm, 14);
	expect_eq(p.insns[3].imm, BPF_FUNC_ktime_get_ns);
	asm_free(&p);
}

static int fd_of(void *priv, const char *name)
{
	(void)priv;
	return strcmp(name, "known") ? -1 : 33;
}

static void maps(void)
{
	struct asm_prog p;

	expect(!asm_parse(&p, "r1 = map[known] ll; r2 = map[known][0]+16 ll; r3 = map[fd:5] ll"),
	       "%s", p.error);
	expect(!asm_bind(&p, fd_of, NULL), "%s", p.error);
	expect_eq(p.cnt, 6);
	expect_eq(p.insns[0].imm, 33);
	expect_eq(p.insns[0].src_reg, BPF_PSEUDO_MAP_FD);
	expect_eq(p.insns[2].imm, 33);
	expect_eq(p.insns[2].src_reg, BPF_PSEUDO_MAP_VALUE);
	expect_eq(p.insns[3].imm, 16);
	expect_eq(p.insns[4].imm, 5);
	asm_free(&p);
	expect(!asm_parse(&p, "r1 = map[stranger] ll"));
	expect(asm_bind(&p, fd_of, NULL));
	expect(strstr(p.error, "stranger"));
	asm_free(&p);
}

static void raw(void)
{
	struct asm_prog p;

	expect(!asm_parse(&p, ".raw 0xff 15 14 -1 -2147483648"), "%s", p.error);
	expect_eq(p.insns[0].code, 0xff);
	expect_eq(p.insns[0].dst_reg, 15);
	expect_eq(p.insns[0].src_reg, 14);
	expect_eq(p.insns[0].off, -1);
	expect_eq(p.insns[0].imm, INT32_MIN);
	asm_free(&p);
}

static void complaints(void)
{
	static const struct { const char *text, *words; } bad[] = {
		{ "r0 = 1\nr0 = 2\nr0 ?= 3", "line 3" },
		{ "r0 = 0x123456789", "append 'll'" },
		{ "goto nowhere", "no such label" },
		{ "call nothing", "no such label or helper" },
		{ "r0 += w1", "r and w registers mixed" },
		{ "if r1 == w2 goto pc+1", "r and w registers mixed" },
		{ "r0 = *(u24 *)(r1 +0)", "expected a type" },
		{ "r0 = *(u32 *)(r1 +40000)", "16 bits" },
		{ "r1 = be16 r2", "in place" },
		{ "r1 = -r2", "in place" },
		{ "r1 = be8 r1", "16, 32 or 64" },
		{ "r2 = atomic64_fetch_add((u64 *)(r10 -8), r1)", "operand" },
		{ "r1 = atomic_fetch_add((u64 *)(r10 -8), r1)", "another width" },
		{ "exit exit", "expected a register" },
		{ "r0 = 1 2x", "unexpected" },
		{ "r16 = 1", "expected a register" },
		{ "*(s8 *)(r1 +0) = 1", "no sign" },
		{ "r1 = map[a b", "expected" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct asm_prog p;

		expect(asm_parse(&p, bad[i].text), "accepted: %s", bad[i].text);
		expect(strstr(p.error, bad[i].words), "%s: %s", bad[i].text, p.error);
		asm_free(&p);
	}
}

static const struct tap_test tests[] = {
	{ "labels resolve both ways", labels },
	{ "helpers go by name and by number", helpers },
	{ "maps are bound by name", maps },
	{ "raw instructions", raw },
	{ "bad text is refused with its line and words", complaints },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
