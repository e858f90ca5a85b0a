/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every operation on every pair of registers, in the JIT and in the interpreter:
 * all registers and the memory must come out alike.  With and without BMI2, and
 * under permuted register maps, and with constants blinded.
 */
#include "jit_rig.h"
#include "tap.h"

#define REGS		10
#define MEM		(REGS * 8)	/* where in the context the memory operand is */
#define CTX		(MEM + 32)
#define STACK		96

struct machine {
	u64 mem[CTX / 8];
};

static const u64 values[] = {
	0, 1, 2, 7, 0x7f, 0x80, 0xff, 31, 32, 63, 64, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
	0xffffffff, 0x100000000ULL, 0x7fffffffffffffffULL, 0x8000000000000000ULL,
	0xffffffff80000000ULL, 0xffffffffffffffffULL, 0xfffffffffffffff9ULL, 0x123456789abcdef0ULL,
};

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct bpf_insn insn(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	return (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm };
}

/*
 * All registers from the context, the operation, all registers back into it.  A
 * register named @base holds the address of the memory operand.
 */
static u32 wrap(struct bpf_insn *out, const struct bpf_insn *op, u32 op_cnt, int base)
{
	u32 n = 0, r;

	out[n++] = insn(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -STACK, 0);
	for (r = 0; r < REGS; r++)
		if (r != 1 && (int)r != base)
			out[n++] = insn(BPF_LDX | BPF_MEM | BPF_DW, r, 1, 8 * r, 0);
	if (base >= 0 && base != 1)
		out[n++] = insn(BPF_ALU64 | BPF_MOV | BPF_X, base, 1, 0, 0);
	if (base >= 0)
		out[n++] = insn(BPF_ALU64 | BPF_ADD | BPF_K, base, 0, 0, MEM);
	if (base != 1)
		out[n++] = insn(BPF_LDX | BPF_MEM | BPF_DW, 1, 1, 8, 0);
	memcpy(out + n, op, op_cnt * sizeof(*op));
	n += op_cnt;
	for (r = 0; r < REGS; r++)
		out[n++] = insn(BPF_STX | BPF_MEM | BPF_DW, 10, r, -8 * (s16)(r + 1), 0);
	out[n++] = insn(BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -STACK, 0);
	for (r = 0; r < REGS; r++) {
		out[n++] = insn(BPF_LDX | BPF_MEM | BPF_DW, 0, 10, -8 * (s16)(r + 1), 0);
		out[n++] = insn(BPF_STX | BPF_MEM | BPF_DW, 1, 0, 8 * r, 0);
	}
	out[n++] = insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return n;
}

static const struct xbpf_jit_regs permuted[] = {
	/* R0..R5, R6..R9 rotated, reversed, mixed */
	{ { X86_DI, X86_SI, X86_DX, X86_CX, X86_R8, X86_AX, X86_R13, X86_R14, X86_R15, X86_BX } },
	{ { X86_R8, X86_DX, X86_CX, X86_SI, X86_DI, X86_AX, X86_R15, X86_R14, X86_R13, X86_BX } },
	{ { X86_CX, X86_AX, X86_DI, X86_R8, X86_DX, X86_SI, X86_R14, X86_BX, X86_R15, X86_R13 } },
	{ { X86_DX, X86_R8, X86_AX, X86_DI, X86_SI, X86_CX, X86_BX, X86_R15, X86_R13, X86_R14 } },
};

struct code {
	load_trampoline_fn enter;
	const void *mem;
};

static u8 *code_mem;
#define CODE_MEM 65536

/* Compiles for each environment, side by side. */
static u32 compile_all(struct loaded *p, struct code entry[16])
{
	u32 at = 0, n = 0, m, way;

	rt_exec_free(code_mem, CODE_MEM);
	code_mem = rt_exec_alloc(CODE_MEM);
	/* ways: without and with BMI2, with it and constants blinded */
	for (m = 0; m <= ARRAY_SIZE(permuted); m++) for (way = 0; way < 3; way++) {
		struct xbpf_jit_env jenv = rig_env();
		struct xbpf_jit_out out;
		u8 *mem = code_mem + at;
		load_trampoline_fn trampoline;
		u32 len;

		if (way == 1 && !jenv.bmi2)
			continue;
		jenv.bmi2 = jenv.bmi2 && way;
		jenv.blind = way == 2;
		jenv.seed = m * 0x123456789ULL;
		jenv.regs = m ? &permuted[m - 1] : NULL;
		trampoline = load_trampoline(&jenv);
		if (load_jit_compile(&p->code, &rt_env, &jenv, 0, NULL, 0, &out, &p->log))
			return 0;
		len = out.len;
		xbpf_jit_out_release(&out);
		if (at + len > CODE_MEM ||
		    load_jit_compile(&p->code, &rt_env, &jenv, (u64)(unsigned long)mem, mem, len, &out,
				     &p->log))
			return 0;
		xbpf_jit_out_release(&out);
		entry[n].mem = mem;
		entry[n++].enter = trampoline;
		at += (len + 15) & ~15u;
	}
	rt_exec_seal(code_mem, CODE_MEM);
	return n;
}

static u32 programs, runs;

static void fill(struct machine *m, u8 dst, u8 src, u32 round)
{
	for (u32 i = 0; i < CTX / 8; i++)
		m->mem[i] = round ? rnd() : values[rnd() % ARRAY_SIZE(values)];
	if (round < 6) {	/* meet the edges on both sides */
		m->mem[dst] = values[rnd() % ARRAY_SIZE(values)];
		m->mem[src] = values[rnd() % ARRAY_SIZE(values)];
	}
	if (round == 1) {
		m->mem[dst] = 1ULL << 63;
		m->mem[src] = ~0ULL;
	}
	if (round == 2) {
		m->mem[dst] = 0xdeadbeef80000000ULL;
		m->mem[src] = 0x12345678ffffffffULL;
	}
	if (round == 3)
		m->mem[src] = 0;
	if (round == 4)		/* equal, for compare-and-exchange */
		m->mem[MEM / 8] = m->mem[0];
}

/* false: said why */
static bool same(const char *what, const struct bpf_insn *op, u32 op_cnt, int base, u32 rounds)
{
	struct bpf_insn text[64];
	struct code entry[16];
	struct loaded p;
	bool good = false;
	u32 n, i, round;
	int err = load_insns(&p, text, wrap(text, op, op_cnt, base), BPF_PROG_TYPE_KPROBE,
			     LOAD_UNVERIFIED);

	p.code.subprogs[0].stack_depth = STACK;
	if (!err)
		p.image = xbpf_image_build(&p.code, &rt_env, &p.log, &err);
	n = err ? 0 : compile_all(&p, entry);
	if (!n) {
		tap_diag("%s: %s", what, p.log.reason);
		goto out;
	}
	programs++;
	for (round = 0; round < rounds; round++) {
		struct machine start, want, got;

		fill(&start, op->dst_reg, op->src_reg, round);
		want = start;
		xbpf_image_run(p.image, &want);
		if (base >= 0)	/* an address */
			want.mem[base] -= (u64)(unsigned long)&want;
		for (i = 0; i < n; i++) {
			got = start;
			entry[i].enter(&got, entry[i].mem);
			if (base >= 0)
				got.mem[base] -= (u64)(unsigned long)&got;
			runs++;
			if (memcmp(&want, &got, sizeof(want))) {
				u32 k = 0;

				while (want.mem[k] == got.mem[k])
					k++;
				tap_diag("%s r%u r%u off %d imm %d, environment %u: dst 0x%llx src "
					 "0x%llx: word %u is 0x%llx, not 0x%llx",
					 what, op->dst_reg, op->src_reg, op->off, op->imm, i,
					 start.mem[op->dst_reg], start.mem[op->src_reg], k, got.mem[k],
					 want.mem[k]);
				goto out;
			}
		}
	}
	good = true;
out:
	load_free(&p);
	return good;
}

static const struct alu {
	const char *name;
	u8 op;
	s16 off;
	bool only64;
} alus[] = {
	{ "add", BPF_ADD, 0, false }, { "sub", BPF_SUB, 0, false }, { "mul", BPF_MUL, 0, false },
	{ "or", BPF_OR, 0, false }, { "and", BPF_AND, 0, false }, { "xor", BPF_XOR, 0, false },
	{ "lsh", BPF_LSH, 0, false }, { "rsh", BPF_RSH, 0, false }, { "arsh", BPF_ARSH, 0, false },
	{ "div", BPF_DIV, 0, false }, { "mod", BPF_MOD, 0, false },
	{ "sdiv", BPF_DIV, 1, false }, { "smod", BPF_MOD, 1, false },
	{ "mov", BPF_MOV, 0, false }, { "movsx8", BPF_MOV, 8, false },
	{ "movsx16", BPF_MOV, 16, false }, { "movsx32", BPF_MOV, 32, true },
};

static void alu_pairs(void)
{
	for (u32 a = 0; a < ARRAY_SIZE(alus); a++) for (u32 w = 0; w < 2; w++)
		for (u8 dst = 0; dst < REGS; dst++) for (u8 src = 0; src < REGS; src++) {
			struct bpf_insn op = insn((w ? BPF_ALU64 : BPF_ALU) | alus[a].op | BPF_X, dst, src,
						  alus[a].off, 0);

			if (alus[a].only64 && !w)
				continue;
			if (!expect(same(alus[a].name, &op, 1, -1, 12)))
				return;
		}
}

static void alu_constants(void)
{
	static const s32 imms[] = {
		1, 2, 3, 7, 8, 16, 31, 127, 128, 255, 4096, 65535, 1 << 30, S32_MAX, -1, -2, -8, -128,
		-129, -1000000, S32_MIN,
	};

	for (u32 a = 0; a < ARRAY_SIZE(alus); a++) for (u32 w = 0; w < 2; w++)
		for (u8 dst = 0; dst < REGS; dst++) for (u32 i = 0; i < ARRAY_SIZE(imms); i++) {
			bool shift = alus[a].op == BPF_LSH || alus[a].op == BPF_RSH || alus[a].op == BPF_ARSH;
			struct bpf_insn op = insn((w ? BPF_ALU64 : BPF_ALU) | alus[a].op | BPF_K, dst, 0,
						  alus[a].off, imms[i]);

			if (alus[a].op == BPF_MOV && alus[a].off)
				continue;
			if (shift && (imms[i] < 0 || imms[i] > (w ? 63 : 31)))
				continue;
			if (!expect(same(alus[a].name, &op, 1, -1, 8)))
				return;
		}
}

static void unary(void)
{
	for (u8 dst = 0; dst < REGS; dst++) {
		struct bpf_insn ops[12];
		u32 n = 0;

		ops[n++] = insn(BPF_ALU64 | BPF_NEG, dst, 0, 0, 0);
		ops[n++] = insn(BPF_ALU | BPF_NEG, dst, 0, 0, 0);
		for (s32 bits = 16; bits <= 64; bits *= 2) {
			ops[n++] = insn(BPF_ALU | BPF_END | BPF_TO_LE, dst, 0, 0, bits);
			ops[n++] = insn(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits);
			ops[n++] = insn(BPF_ALU64 | BPF_END, dst, 0, 0, bits);
		}
		for (u32 i = 0; i < n; i++)
			if (!expect(same("unary", &ops[i], 1, -1, 12)))
				return;
	}
}

static void atomics(void)
{
	static const s32 ops[] = {
		BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_AND | BPF_FETCH,
		BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG,
	};

	for (u32 o = 0; o < ARRAY_SIZE(ops); o++) for (u32 w = 0; w < 2; w++)
		for (u8 base = 0; base < REGS; base++) for (u8 src = 0; src < REGS; src++) {
			struct bpf_insn op = insn(BPF_STX | BPF_ATOMIC | (w ? BPF_DW : BPF_W), base, src, 0,
						  ops[o]);

			/* an address as operand or as what is compared differs from engine to engine */
			if (src == base || (ops[o] == BPF_CMPXCHG && !base))
				continue;
			if (!expect(same("atomic", &op, 1, base, 8)))
				return;
		}
}

static void loads_and_stores(void)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	for (u32 s = 0; s < 4; s++) for (u8 base = 0; base < REGS; base++)
		for (u8 reg = 0; reg < REGS; reg++) {
			struct bpf_insn ops[] = {
				insn(BPF_STX | BPF_MEM | sizes[s], base, reg, 5, 0),
				insn(BPF_ST | BPF_MEM | sizes[s], base, 0, 13, -0x12345678),
				insn(BPF_LDX | BPF_MEM | sizes[s], reg, base, 3, 0),
				insn(BPF_LDX | BPF_MEMSX | sizes[s], reg, base, 6, 0),
			};
			u32 n = s == 3 ? 3 : 4;

			if (reg == base)
				continue;
			for (u32 i = 0; i < n; i++)
				if (!expect(same("memory", &ops[i], 1, base, 4)))
					return;
		}
}

static void jumps(void)
{
	static const u8 conds[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT,
		BPF_JSLE, BPF_JSET,
	};
	static const s32 imms[] = { 0, 1, -1, 127, 128, S32_MIN, S32_MAX };

	for (u32 c = 0; c < ARRAY_SIZE(conds); c++) for (u32 w = 0; w < 2; w++)
		for (u8 dst = 0; dst < REGS; dst++) for (u8 src = 0; src < REGS + ARRAY_SIZE(imms); src++) {
			u8 k = BPF_CLASS(w ? BPF_JMP : BPF_JMP32) | conds[c];
			struct bpf_insn ops[2];

			if (src < REGS)
				ops[0] = insn(k | BPF_X, dst, src, 1, 0);
			else
				ops[0] = insn(k | BPF_K, dst, 0, 1, imms[src - REGS]);
			ops[1] = insn(BPF_ALU64 | BPF_XOR | BPF_K, (dst + 1) % REGS, 0, 0, -1);
			if (!expect(same("jump", ops, 2, -1, 10)))
				return;
		}
}

/* R0 = a mixture of R1 - R5, so that an argument in a wrong place shows. */
static u64 mix(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return r1 + 3 * r2 + 5 * r3 + 7 * r4 + 11 * r5;
}

static void calls(void)
{
	/* the helper may leave anything in R1 - R5: set them alike again */
	struct bpf_insn ops[] = {
		insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns),
		insn(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1),
		insn(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 2),
		insn(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 3),
		insn(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 4),
		insn(BPF_ALU64 | BPF_MOV | BPF_K, 5, 0, 0, 5),
	};

	rt_helper_set(BPF_FUNC_ktime_get_ns, mix);
	expect(same("call", ops, ARRAY_SIZE(ops), -1, 50));
	rt_helpers_restore();
}

static u64 run_call(const char *text, const struct xbpf_jit_regs *regs)
{
	static u64 ctx[21] = { 1, 2, 3 };
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p, q;
	u64 ret;

	rt_reset();
	rt_slot_set(rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0), 0, NULL);
	jenv.regs = regs;
	rig_must(&p, text, 16, &jenv);
	rig_must(&q, "r0 = *(u64 *)(r1 + 8)\n exit", 64, &jenv);
	rt_slot_set(rt_map_by_name("t"), 1, load_target(&q, LOAD_JIT));
	ret = load_run_jit(&p, ctx);
	load_free(&q);
	load_free(&p);
	return ret;
}

static void permuted_calls(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(permuted); i++) {
		expect(xbpf_jit_regs_valid(&permuted[i]), "map %u", i);
		expect_eq(run_call("r1 = 1\n r2 = 2\n r3 = 3\n r4 = 4\n r5 = 5\n r6 = 6\n"
				   " call sub\n r0 += r6\n exit\n"
				   "sub: r6 = r1\n r6 += r2\n r6 += r3\n r6 += r4\n r6 += r5\n r0 = r6\n exit",
				   &permuted[i]), 21);
		/* empty slot, then one that reads the context through R1 */
		expect_eq(run_call("r6 = r1\n r2 = map[t] ll\n r3 = 0\n call tail_call\n"
				   "r1 = r6\n r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 99\n exit",
				   &permuted[i]), 2);
		/* from a subprogram, which returns what the target returns */
		expect_eq(run_call("call sub\n r0 += 10\n exit\n"
				   "sub: r2 = map[t] ll\n r3 = 1\n call tail_call\n r0 = 99\n exit",
				   &permuted[i]), 12);
	}
}

static const struct tap_test tests[] = {
	{ "arithmetic on every pair of registers", alu_pairs },
	{ "arithmetic with constants on every register", alu_constants },
	{ "negation and byte swaps on every register", unary },
	{ "atomic operations on every pair of registers", atomics },
	{ "loads and stores on every pair of registers", loads_and_stores },
	{ "jumps on every condition, width and pair of registers", jumps },
	{ "helper calls", calls },
	{ "subprograms and tail calls under permuted register maps", permuted_calls },
};

int main(void)
{
	int failed;

	seed = 0x9e3779b97f4a7c15ULL;
	rt_reset();
	failed = tap_run(tests, tap_count(tests));
	tap_diag("%u programs, %u runs compared", programs, runs);
	rt_exec_free(code_mem, CODE_MEM);
	return failed;
}
