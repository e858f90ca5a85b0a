/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every encoder form, with every register and the displacements and immediates
 * where forms change, against an outside disassembler (Capstone).
 */
#include <capstone/capstone.h>

#include "jit/x86.h"
#include "tap.h"

static const char *const r64[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};
static const char *const r32[] = {
	"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
	"r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d",
};
static const char *const r16[] = {
	"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
	"r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w",
};
static const char *const r8[] = {
	"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil",
	"r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b",
};
static const s32 disps[] = { 0, 1, -1, 127, 128, -128, -129, 0x12345678, S32_MIN };
static const s32 imms[] = { 0, 1, -1, 127, 128, -128, -129, 0x12345678, S32_MIN, S32_MAX };

#define each(i, array) for (u32 i = 0; i < ARRAY_SIZE(array); i++)
#define each_reg(r) for (u8 r = 0; r < 16; r++)

static csh handle;
static u8 buf[64];
static u32 forms;	/* compared so far */

static const char *reg(u32 size, u8 r)
{
	return size == 1 ? r8[r] : size == 2 ? r16[r] : size == 4 ? r32[r] : r64[r];
}

static const char *rw(bool w, u8 r)
{
	return reg(w ? 8 : 4, r);
}

static const char *ptr(u32 size)
{
	return size == 1 ? "byte ptr" : size == 2 ? "word ptr" :
	       size == 4 ? "dword ptr" : "qword ptr";
}

static struct emit start(void)
{
	struct emit e;

	memset(&e, 0, sizeof(e));
	memset(buf, 0, sizeof(buf));
	e.buf = buf;
	e.size = sizeof(buf);
	return e;
}

/* A number as Capstone prints it: decimal up to 9, else hexadecimal. */
static const char *num(s64 v)
{
	static char text[4][32];
	static u32 turn;
	char *t = text[turn++ % 4];
	u64 abs = v < 0 ? -(u64)v : (u64)v;

	snprintf(t, 32, abs > 9 ? "%s0x%llx" : "%s%llu", v < 0 ? "-" : "", (unsigned long long)abs);
	return t;
}

static const char *num_u(u64 v)
{
	static char text[32];

	snprintf(text, sizeof(text), v > 9 ? "0x%llx" : "%llu", (unsigned long long)v);
	return text;
}

/* An immediate that the instruction sees as 4 bytes without sign. */
static const char *num32(bool w, s32 v)
{
	return num(w || (v >= -128 && v < 0) ? v : (s64)(u32)v);
}

static const char *mem_text(struct x86_mem m)
{
	static char text[64];
	char index[16] = "", disp[32] = "";

	if (m.index != X86_NONE && m.scale)
		snprintf(index, sizeof(index), " + %s*%u", r64[m.index], 1u << m.scale);
	else if (m.index != X86_NONE)
		snprintf(index, sizeof(index), " + %s", r64[m.index]);
	if (m.disp)
		snprintf(disp, sizeof(disp), " %c %s", m.disp < 0 ? '-' : '+',
			 num(m.disp < 0 ? -(s64)m.disp : m.disp));
	snprintf(text, sizeof(text), "[%s%s%s]", r64[m.base], index, disp);
	return text;
}

/* The bytes so far are exactly this one instruction. */
__attribute__((format(printf, 2, 3)))
static void is(const struct emit *e, const char *fmt, ...)
{
	char want[160], got[208] = "(undecodable)";
	cs_insn *insn = NULL;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	n = cs_disasm(handle, buf, e->pos, 0, 0, &insn);
	if (n)
		snprintf(got, sizeof(got), "%s%s%s", insn[0].mnemonic, insn[0].op_str[0] ? " " : "",
			 insn[0].op_str);
	if (n != 1 || insn[0].size != e->pos || strcmp(got, want) || e->err) {
		char hex[3 * sizeof(buf) + 1] = "";

		for (u32 i = 0; i < e->pos; i++)
			snprintf(hex + 3 * i, 4, "%02x ", buf[i]);
		expect(!"wrong code", "want \"%s\", got \"%s\": %s", want, got, hex);
	}
	forms++;
	if (n)
		cs_free(insn, n);
}

#define check(call, ...) do { struct emit e = start(); call; is(&e, __VA_ARGS__); } while (0)

static void moves(void)
{
	each_reg(d) each_reg(s) for (u32 w = 0; w < 2; w++)
		check(x86_mov_rr(&e, w, d, s), "mov %s, %s", rw(w, d), rw(w, s));
	each_reg(d) {
		check(xbpf_x86_mov_ri(&e, d, 0), "xor %s, %s", r32[d], r32[d]);
		check(xbpf_x86_mov_ri(&e, d, 5), "mov %s, 5", r32[d]);
		check(xbpf_x86_mov_ri(&e, d, 0xffffffff), "mov %s, 0xffffffff", r32[d]);
		check(xbpf_x86_mov_ri(&e, d, -1), "mov %s, -1", r64[d]);
		check(xbpf_x86_mov_ri(&e, d, (u64)(s64)S32_MIN), "mov %s, -0x80000000", r64[d]);
		check(xbpf_x86_mov_ri(&e, d, 0xffffffff7fffffffULL), "movabs %s, 0xffffffff7fffffff", r64[d]);
		check(xbpf_x86_mov_ri(&e, d, 0x100000000ULL), "movabs %s, 0x100000000", r64[d]);
		check(xbpf_x86_mov_ri(&e, d, 0x1122334455667788ULL), "movabs %s, 0x1122334455667788",
		      r64[d]);
	}
}

static void extensions(void)
{
	each_reg(d) each_reg(s) {
		for (u32 size = 1; size <= 2; size++) {
			check(xbpf_x86_movx_rr(&e, true, size, true, d, s), "movsx %s, %s", r64[d], reg(size, s));
			check(xbpf_x86_movx_rr(&e, false, size, true, d, s), "movsx %s, %s", r32[d], reg(size, s));
			check(xbpf_x86_movx_rr(&e, false, size, false, d, s), "movzx %s, %s", r32[d], reg(size, s));
		}
		check(xbpf_x86_movx_rr(&e, true, 4, true, d, s), "movsxd %s, %s", r64[d], r32[s]);
		check(xbpf_x86_movx_rr(&e, false, 4, false, d, s), "mov %s, %s", r32[d], r32[s]);
	}
}

static void loads(void)
{
	each_reg(d) each_reg(b) each(i, disps) {
		struct x86_mem m = x86_at(b, disps[i]);
		const char *t = mem_text(m);

		check(xbpf_x86_load(&e, 1, false, d, m), "movzx %s, byte ptr %s", r32[d], t);
		check(xbpf_x86_load(&e, 2, false, d, m), "movzx %s, word ptr %s", r32[d], t);
		check(xbpf_x86_load(&e, 4, false, d, m), "mov %s, dword ptr %s", r32[d], t);
		check(xbpf_x86_load(&e, 8, false, d, m), "mov %s, qword ptr %s", r64[d], t);
		check(xbpf_x86_load(&e, 1, true, d, m), "movsx %s, byte ptr %s", r64[d], t);
		check(xbpf_x86_load(&e, 2, true, d, m), "movsx %s, word ptr %s", r64[d], t);
		check(xbpf_x86_load(&e, 4, true, d, m), "movsxd %s, dword ptr %s", r64[d], t);
		check(x86_lea(&e, d, m), "lea %s, %s", r64[d], t);
	}
}

static void indexed(void)
{
	each_reg(d) each_reg(b) each_reg(x) each(i, disps) {
		struct x86_mem m = x86_at_index8(b, x, disps[i]);

		if (x == X86_SP)
			continue;
		check(xbpf_x86_load(&e, 8, false, d, m), "mov %s, qword ptr %s", r64[d], mem_text(m));
		for (m.scale = 0; m.scale < 3; m.scale++) {
			check(x86_lea(&e, d, m), "lea %s, %s", r64[d], mem_text(m));
			check(x86_lea32(&e, d, m), "lea %s, %s", r32[d], mem_text(m));
		}
	}
}

/* The CPU's own memory: an absolute address behind gs. */
static void per_cpu(void)
{
	each_reg(d) each(i, disps) for (u32 w = 0; w < 2; w++) {
		u64 at = w ? (u64)(s64)disps[i] : (u32)disps[i];	/* as Capstone prints it */

		check(x86_load_gs(&e, w, d, disps[i]), "mov %s, %s gs:[%s]", rw(w, d), ptr(w ? 8 : 4), num_u(at));
		if (w)
			check(x86_add_gs(&e, d, disps[i]), "add %s, qword ptr gs:[%s]", r64[d], num_u(at));
	}
}

static void byte_order(void)
{
	each_reg(r) each_reg(b) each(i, disps) {
		struct x86_mem m = x86_at(b, disps[i]);

		for (u32 size = 2; size <= 8; size *= 2) {
			check(xbpf_x86_load_be(&e, size, r, m), "movbe %s, %s %s", reg(size, r), ptr(size), mem_text(m));
			check(xbpf_x86_store_be(&e, size, m, r), "movbe %s %s, %s", ptr(size),
			      mem_text(m), reg(size, r));
		}
	}
}

/* An address in the code, made even: the label's own, or the next. */
static void even_labels(void)
{
	each_reg(d) for (u32 gap = 0; gap < 2; gap++) for (u64 addr = 0x1000; addr < 0x1002; addr++) {
		u8 code[64];
		struct emit e;
		cs_insn *insn;
		u32 pass, len = 0;
		u64 label;
		char want[64];

		xbpf_emit_init(&e, 1);
		for (pass = 0; pass < 2; pass++) {
			xbpf_x86_lea_label_even(&e, d, 0);
			for (u32 i = 0; i < gap; i++)
				xbpf_x86_nop(&e);
			xbpf_emit_bind(&e, 0);
			if (!pass) {
				len = xbpf_emit_relax(&e);
				xbpf_emit_rewind(&e, 1, code, sizeof(code), addr);
			}
		}
		label = addr + len;
		snprintf(want, sizeof(want), "%s, [rip%s", r64[d],
			 (label + (label & 1)) - (addr + 7) ? " + " : "]");
		if (label + (label & 1) != addr + 7)
			snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s]",
				 num(label + (label & 1) - addr - 7));
		expect(!e.err && e.pos == len);
		if (expect(cs_disasm(handle, code, len, addr, 1, &insn) == 1)) {
			expect_str(insn->mnemonic, "lea");
			expect_str(insn->op_str, want);
			cs_free(insn, 1);
		}
		xbpf_emit_release(&e);
		forms++;
	}
}

static void stores(void)
{
	each_reg(s) each_reg(b) each(i, disps) {
		struct x86_mem m = x86_at(b, disps[i]);

		for (u32 size = 1; size <= 8; size *= 2)
			check(xbpf_x86_store(&e, size, m, s), "mov %s %s, %s", ptr(size), mem_text(m), reg(size, s));
	}
	each_reg(b) each(i, disps) each(k, imms) {
		struct x86_mem m = x86_at(b, disps[i]);
		s32 v = imms[k];

		check(xbpf_x86_store_i(&e, 1, m, v), "mov byte ptr %s, %s", mem_text(m), num((u8)v));
		check(xbpf_x86_store_i(&e, 2, m, v), "mov word ptr %s, %s", mem_text(m), num((u16)v));
		check(xbpf_x86_store_i(&e, 4, m, v), "mov dword ptr %s, %s", mem_text(m), num((u32)v));
		check(xbpf_x86_store_i(&e, 8, m, v), "mov qword ptr %s, %s", mem_text(m), num(v));
	}
}

static const struct { enum x86_alu op; const char *name; } alus[] = {
	{ X86_ADD, "add" }, { X86_OR, "or" }, { X86_AND, "and" }, { X86_SUB, "sub" },
	{ X86_XOR, "xor" }, { X86_CMP, "cmp" },
};

/* Capstone prints masks without sign. */
static const char *alu_imm(enum x86_alu op, bool w, s32 v)
{
	if (op == X86_AND || op == X86_OR || op == X86_XOR)
		return num(w ? v : (s64)(u32)v);
	return num32(w, v);
}

static bool same_number(const char *a, const char *b, bool w)
{
	u64 x = strtoull(a, NULL, 0), y = strtoull(b, NULL, 0);

	return w ? x == y : (u32)x == (u32)y;
}

/* "op reg, imm", the immediate compared as a number: its sign is a matter of taste. */
static void is_imm(const struct emit *e, const char *name, const char *dst, bool w, s32 imm)
{
	char head[64];
	cs_insn *insn = NULL;
	size_t n = cs_disasm(handle, buf, e->pos, 0, 0, &insn);
	char got[200] = "";

	snprintf(head, sizeof(head), "%s %s, ", name, dst);
	if (n)
		snprintf(got, sizeof(got), "%s %s", insn[0].mnemonic, insn[0].op_str);
	expect(n == 1 && insn[0].size == e->pos && !strncmp(got, head, strlen(head)) &&
	       same_number(got + strlen(head), alu_imm(X86_ADD, w, imm), w),
	       "want %s%s, got %s", head, num(imm), got);
	forms++;
	if (n)
		cs_free(insn, n);
}

#define check_imm(call, ...) do { struct emit e = start(); call; is_imm(&e, \
				  __VA_ARGS__); } while (0)

static void arithmetic(void)
{
	for (u32 w = 0; w < 2; w++) each_reg(d) {
		each(o, alus) {
			each_reg(s)
				check(x86_alu_rr(&e, alus[o].op, w, d, s), "%s %s, %s", alus[o].name, rw(w, d), rw(w, s));
			each(k, imms)
				check_imm(xbpf_x86_alu_ri(&e, alus[o].op, w, d, imms[k]), alus[o].name, rw(w, d), w,
					  imms[k]);
			each_reg(b) each(i, disps)
				check(x86_alu_rm(&e, alus[o].op, w, d, x86_at(b, disps[i])), "%s %s, %s %s",
				      alus[o].name, rw(w, d), ptr(w ? 8 : 4), mem_text(x86_at(b, disps[i])));
		}
		each_reg(s) {
			check(x86_test_rr(&e, w, d, s), "test %s, %s", rw(w, d), rw(w, s));
			check(x86_imul_rr(&e, w, d, s), "imul %s, %s", rw(w, d), rw(w, s));
			each(k, imms) {
				char head[32];

				snprintf(head, sizeof(head), "%s, %s", rw(w, d), rw(w, s));
				check_imm(xbpf_x86_imul_rri(&e, w, d, s, imms[k]), "imul", head, w, imms[k]);
			}
		}
		each(k, imms)	/* a mask without sign takes the 32-bit form */
			check_imm(xbpf_x86_test_ri(&e, w, d, imms[k]), "test",
				  rw(w && imms[k] < 0, d), w && imms[k] < 0, imms[k]);
		check(x86_inc(&e, w, d), "inc %s", rw(w, d));
		check(x86_dec(&e, w, d), "dec %s", rw(w, d));
		check(x86_neg(&e, w, d), "neg %s", rw(w, d));
		check(x86_div(&e, w, d), "div %s", rw(w, d));
		check(x86_idiv(&e, w, d), "idiv %s", rw(w, d));
		check(x86_bswap(&e, w, d), "bswap %s", rw(w, d));
	}
	check(xbpf_x86_sign_to_dx(&e, false), "cdq");
	check(xbpf_x86_sign_to_dx(&e, true), "cqo");
	each_reg(d)
		check(xbpf_x86_swap16(&e, d), "rol %s, 8", r16[d]);
}

static void shifts(void)
{
	static const struct { enum x86_shift op; const char *name; } ops[] = {
		{ X86_SHL, "shl" }, { X86_SHR, "shr" }, { X86_SAR, "sar" },
	};

	for (u32 w = 0; w < 2; w++) each(o, ops) each_reg(d) {
		check(xbpf_x86_shift_ri(&e, ops[o].op, w, d, 0), "%s %s, 0", ops[o].name, rw(w, d));
		check(xbpf_x86_shift_ri(&e, ops[o].op, w, d, 1), "%s %s, 1", ops[o].name, rw(w, d));
		check(xbpf_x86_shift_ri(&e, ops[o].op, w, d, 31), "%s %s, 0x1f", ops[o].name, rw(w, d));
		check(x86_shift_cl(&e, ops[o].op, w, d), "%s %s, cl", ops[o].name, rw(w, d));
		each_reg(s) each_reg(c)
			check(xbpf_x86_shiftx(&e, ops[o].op, w, d, s, c), "%sx %s, %s, %s", ops[o].name,
			      rw(w, d), rw(w, s), rw(w, c));
	}
}

static void stack(void)
{
	each_reg(r) {
		check(x86_push(&e, r), "push %s", r64[r]);
		check(x86_pop(&e, r), "pop %s", r64[r]);
	}
	check(x86_leave(&e), "leave");
	check(xbpf_x86_nop(&e), "nop");
}

static void atomics(void)
{
	for (u32 w = 0; w < 2; w++) each_reg(s) each_reg(b) each(i, disps) {
		struct x86_mem m = x86_at(b, disps[i]);
		const char *p = ptr(w ? 8 : 4), *r = rw(w, s), *t = mem_text(m);

		check(x86_lock_alu(&e, X86_ADD, w, m, s), "lock add %s %s, %s", p, t, r);
		check(x86_lock_alu(&e, X86_OR, w, m, s), "lock or %s %s, %s", p, t, r);
		check(x86_lock_alu(&e, X86_AND, w, m, s), "lock and %s %s, %s", p, t, r);
		check(x86_lock_alu(&e, X86_XOR, w, m, s), "lock xor %s %s, %s", p, t, r);
		check(x86_lock_xadd(&e, w, m, s), "lock xadd %s %s, %s", p, t, r);
		check(x86_lock_cmpxchg(&e, w, m, s), "lock cmpxchg %s %s, %s", p, t, r);
		check(x86_xchg(&e, w, m, s), "xchg %s %s, %s", p, t, r);
	}
}

static void endbr(void)
{
	struct emit e = start();

	xbpf_x86_endbr64(&e);	/* younger than Capstone 4: the bytes of the manual */
	expect_eq(e.pos, 4);
	expect(!memcmp(buf, "\xf3\x0f\x1e\xfa", 4));
}

static const char *const jcc_names[16] = {
	[X86_CC_S] = "js", [X86_CC_NS] = "jns",
	[X86_CC_B] = "jb", [X86_CC_AE] = "jae", [X86_CC_E] = "je", [X86_CC_NE] = "jne",
	[X86_CC_BE] = "jbe", [X86_CC_A] = "ja", [X86_CC_L] = "jl", [X86_CC_GE] = "jge",
	[X86_CC_LE] = "jle", [X86_CC_G] = "jg",
};

/* cc: a condition, 16 jmp, 17 call */
static void emit_jump(struct emit *e, u32 cc, u32 label)
{
	if (cc < 16)
		xbpf_x86_jcc(e, cc, label);
	else if (cc == 16)
		xbpf_x86_jmp(e, label);
	else
		xbpf_x86_call(e, label);
}

/* A jump, @gap bytes, its target. */
static u32 forward(struct emit *e, u32 cc, u32 gap, u8 *code, u32 size)
{
	u32 len = 0, i, pass;

	xbpf_emit_init(e, 1);
	for (pass = 0; pass < 2; pass++) {
		emit_jump(e, cc, 0);
		for (i = 0; i < gap; i++)
			emit_u8(e, 0x90);
		xbpf_emit_bind(e, 0);
		if (!pass) {
			len = xbpf_emit_relax(e);
			xbpf_emit_rewind(e, 1, code, size, 0);
		}
	}
	return len;
}

static void jumps(void)
{
	static u8 code[512];

	for (u32 cc = 0; cc < 18; cc++) for (u32 gap = 126; gap < 130; gap++) {
		const char *name = cc == 17 ? "call" : cc == 16 ? "jmp" : jcc_names[cc];
		bool is_short = gap < 128 && cc != 17;
		struct emit e;
		cs_insn *insn;
		char want[64];
		u32 len;

		if (!name)
			continue;
		len = forward(&e, cc, gap, code, sizeof(code));
		snprintf(want, sizeof(want), "0x%x", len);
		expect(!e.err && e.pos == len, "%s over %u: error %d", name, gap, e.err);
		if (expect(cs_disasm(handle, code, len, 0, 1, &insn) == 1)) {
			expect_str(insn->mnemonic, name);
			expect_str(insn->op_str, want);
			expect_eq(insn->size, is_short ? 2 : cc < 16 ? 6 : 5);
			cs_free(insn, 1);
		}
		xbpf_emit_release(&e);
		forms++;
	}
}

static void calls_out(void)
{
	struct emit e = start();
	cs_insn *insn;

	e.addr = 0x1000;
	xbpf_x86_call_to(&e, 0x123456);
	xbpf_x86_jmp_to(&e, 0x123456);
	if (expect(cs_disasm(handle, buf, e.pos, 0x1000, 0, &insn) == 2)) {
		expect_str(insn[0].mnemonic, "call");
		expect_str(insn[0].op_str, "0x123456");
		expect_str(insn[1].mnemonic, "jmp");
		expect_str(insn[1].op_str, "0x123456");
		cs_free(insn, 2);
	}
}

static const struct tap_test tests[] = {
	{ "encodes moves between registers and of constants", moves },
	{ "encodes sign and zero extension of registers", extensions },
	{ "encodes loads and lea with every base and displacement", loads },
	{ "encodes loads with an index", indexed },
	{ "encodes loads of per-CPU memory", per_cpu },
	{ "encodes loads and stores in the other byte order", byte_order },
	{ "encodes even addresses of labels", even_labels },
	{ "encodes stores of registers and constants", stores },
	{ "encodes arithmetic", arithmetic },
	{ "encodes shifts, by constant, by cl and by BMI2", shifts },
	{ "encodes push, pop, leave", stack },
	{ "encodes atomic operations", atomics },
	{ "encodes endbr64", endbr },
	{ "encodes short and long jumps and calls at their limits", jumps },
	{ "encodes a call to an address", calls_out },
};

int main(void)
{
	int failed;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle))
		return 1;
	failed = tap_run(tests, tap_count(tests));
	tap_diag("%u encodings compared", forms);
	cs_close(&handle);
	return failed;
}
