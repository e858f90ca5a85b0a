/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verifier leaves for the engines, what it says in its log, and that it
 * survives every failing allocation.
 */
#include "verdict.h"
#include "core/prog_type.h"

int port_alloc_budget = -1;

static struct asm_prog prog;
static struct xbpf_code code;
static struct xbpf_log log_;

static void begin_type(u32 type, const char *text)
{
	struct verdict c = { .name = "facts", .text = text, .type = type };

	verdict_world();
	memset(&prog, 0, sizeof(prog));
	expect_eq(verdict_verify(&c, &prog, &code, &log_, XBPF_LOG_STATES), 0);
}

static void begin(const char *text)
{
	begin_type(BPF_PROG_TYPE_KPROBE, text);
}

static void end(void)
{
	verdict_drop(&prog, &code);
}

static bool flag(u32 pc, u16 f)
{
	return code.insn_aux[pc].flags & f;
}

static void seen(void)
{
	begin("r0 = 0; if r0 == 0 goto out; r0 = 1; out: exit");
	expect(flag(0, XBPF_AUX_SEEN) && flag(1, XBPF_AUX_SEEN) && flag(3, XBPF_AUX_SEEN));
	expect(!flag(2, XBPF_AUX_SEEN));
	expect(flag(3, XBPF_AUX_TARGET) && !flag(2, XBPF_AUX_TARGET));
	end();
}

static void maps(void)
{
	begin("r1 = map[four] ll; r1 = map[arr][0]+8 ll; r1 = map[four] ll; r2 = 5 ll; r0 = 0; exit");
	expect_eq(code.map_cnt, 2);
	expect_eq(code.insn_aux[0].map, 1);
	expect_eq(code.insn_aux[2].map, 2);
	expect_eq(code.insn_aux[4].map, 1);
	expect_eq(code.insn_aux[6].map, 0);
	expect_eq(code.insns[0].imm, 0);
	expect_eq(code.insns[2].imm, 1);
	expect_eq(code.insns[3].imm, 8);
	expect(flag(1, XBPF_AUX_HI) && flag(7, XBPF_AUX_HI) && !flag(8, XBPF_AUX_HI));
	expect_eq(rt_map_refs(rt_map_by_name("four")), 1);
	end();
	expect_eq(rt_map_refs(rt_map_by_name("four")), 0);
	expect_eq(rt_map_refs(rt_map_by_name("arr")), 0);
}

static void refused_maps(void)
{
	struct verdict c = { .name = "refused",
			     .text = "r1 = map[four] ll; r1 = map[arr] ll; r0 = r9; exit" };

	verdict_world();
	memset(&prog, 0, sizeof(prog));
	expect_eq(verdict_verify(&c, &prog, &code, &log_, 0), -EACCES);
	expect_eq(code.map_cnt, 2);
	end();
	expect_eq(rt_map_refs(rt_map_by_name("four")), 0);
}

static void call_map(void)
{
	begin(LOOKUP_FOUR RETURN_0);
	expect_eq(code.insn_aux[5].map, 1);
	end();
	begin("r6 = *(u64 *)(r1 + 0); *(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; "
	      "r1 = map[hash] ll; if r6 == 0 goto l;"
	      "r1 = map[four] ll; l: call map_lookup_elem; " RETURN_0);
	expect_eq(code.insn_aux[9].map, 0);
	end();
}

static void tail_calls(void)
{
	begin("r2 = map[tbl] ll; r3 = 3; call tail_call; " RETURN_0);
	expect(flag(3, XBPF_AUX_CONST_INDEX));
	expect_eq(code.insn_aux[3].arg, 3);
	expect_eq(code.insn_aux[3].map, 1);
	expect(code.subprogs[0].has_tail_call && !code.subprogs[0].has_call);
	end();
	begin("r3 = 0x100000003 ll; r2 = map[tbl] ll; call tail_call; " RETURN_0);
	expect(flag(4, XBPF_AUX_CONST_INDEX));
	expect_eq(code.insn_aux[4].arg, 3);
	end();
	begin("r3 = *(u64 *)(r1 + 0); r2 = map[tbl] ll; call tail_call; " RETURN_0);
	expect(!flag(3, XBPF_AUX_CONST_INDEX));
	expect_eq(code.insn_aux[3].map, 1);
	end();
	/* two paths, far enough apart that states are compared in between */
	begin("r6 = *(u64 *)(r1 + 0); r7 = *(u64 *)(r1 + 8); if r7 == 1 goto pc+0; "
	      "if r7 == 2 goto pc+0; r5 = 0; r5 = 0; r5 = 0; r5 = 0; r5 = 0;"
	      "r3 = 1; if r6 == 0 goto l; r3 = 2; l: r5 = 0; r2 = map[tbl] ll; call tail_call; " RETURN_0);
	expect(!flag(15, XBPF_AUX_CONST_INDEX));
	end();
	begin("r6 = *(u64 *)(r1 + 0); r2 = map[tbl] ll; if r6 == 0 goto l; r2 = map[tbl2] ll; "
	      "l: r3 = 1; call tail_call; " RETURN_0);
	expect_eq(code.insn_aux[7].map, 0);
	expect(flag(7, XBPF_AUX_CONST_INDEX));
	end();
}

static void subprogs(void)
{
	begin("*(u64 *)(r10 - 24) = 0; call g; call f; exit; f: *(u8 *)(r10 - 9) = 0; r0 = 0; "
	      "exit; g: r0 = 0; exit");
	expect_eq(code.subprog_cnt, 3);
	expect_eq(code.subprogs[0].start, 0);
	expect_eq(code.subprogs[0].end, 4);
	expect_eq(code.subprogs[1].start, 4);
	expect_eq(code.subprogs[2].start, 7);
	expect_eq(code.subprogs[2].end, 9);
	expect_eq(code.insn_aux[1].arg, 2);
	expect_eq(code.insn_aux[2].arg, 1);
	expect_eq(code.subprogs[0].stack_depth, 24);
	expect_eq(code.subprogs[1].stack_depth, 16);
	expect_eq(code.subprogs[2].stack_depth, 0);
	expect(code.subprogs[0].has_call && !code.subprogs[1].has_call);
	end();
}

static void depth_by_callee(void)
{
	begin("r1 = r10; r1 += -40; call f; exit; f: *(u64 *)(r1 + 0) = 0; r0 = 0; exit");
	expect_eq(code.subprogs[0].stack_depth, 40);
	expect_eq(code.subprogs[1].stack_depth, 0);
	end();
}

/* The upper half of R2 after the 32-bit operation at 0 (and what follows). */
static bool upper_unused(const char *text)
{
	bool unused;

	begin(text);
	unused = flag(0, XBPF_AUX_NO_ZEXT);
	end();
	return unused;
}

static void upper_halves(void)
{
	expect(upper_unused("w2 = 5; w0 = w2; exit"), "moved by 32 bits");
	expect(upper_unused("w2 = 5; if w2 == 5 goto pc+0; r0 = 0; exit"), "compared by 32 bits");
	expect(upper_unused("w2 = 5; *(u32 *)(r10 - 8) = r2; r0 = 0; exit"), "half of it stored");
	expect(upper_unused("w2 = 5; r2 = 7 ll; r0 = r2; exit"), "written again");
	expect(upper_unused("w2 = 5; r2 += 1; r2 *= 3; w0 = w2; exit"),
	       "64-bit sums of which the lower half is used");
	expect(upper_unused("w2 = 5; call get_prandom_u32; exit"), "lost by a call");
	expect(!upper_unused("w2 = 5; r0 = r2; exit"), "moved");
	expect(!upper_unused("w2 = 5; if r2 == 5 goto pc+0; r0 = 0; exit"), "compared");
	expect(!upper_unused("w2 = 5; r3 = 5; if r3 == r2 goto pc+0; r0 = 0; exit"),
	       "compared, on the right");
	expect(!upper_unused("w2 = 5; *(u64 *)(r10 - 8) = r2; r0 = 0; exit"), "stored");
	expect(!upper_unused("w2 = 5; r2 >>= 1; w0 = w2; exit"), "shifted down");
	expect(!upper_unused("w2 = 5; r2 /= 3; w0 = w2; exit"), "divided");
	expect(!upper_unused("w2 = 5; r2 = bswap64 r2; w0 = w2; exit"), "turned round");
	expect(!upper_unused("w0 = 5; exit"), "returned");
	expect(!upper_unused("w2 = 8; r3 = r10; r3 += -8; *(u64 *)(r10 - 16) = 0; r3 -= r2; "
			     "r0 = *(u64 *)(r3 + 0); exit"), "subtracted from a pointer");
	expect(!upper_unused("w1 = 5; call f; exit; f: r0 = r1; exit"), "an argument");
	expect(upper_unused("w1 = 5; call f; exit; f: w0 = w1; exit"), "an argument of 32 bits");
	expect(!upper_unused("w1 = 8; *(u64 *)(r10 - 8) = 0; r2 = r1; r1 = r10; r1 += -8; r3 = 0; "
			     "call probe_read_kernel; exit"), "an argument of a helper");
#define PRINT "*(u64 *)(r10 - 8) = 0x64; r1 = r10; r1 += -8; r2 = 3; call trace_printk; exit"
	expect(!upper_unused("w3 = 5; r4 = 0; r5 = 0; " PRINT), "printed");
	expect(!upper_unused("w4 = 5; r3 = 0; " PRINT), "printed as the second");
	expect(!upper_unused("w5 = 5; " PRINT), "printed as the third, with none before");
	expect(!upper_unused("w3 = 5; call f; exit; f: " PRINT), "printed in a function");
#undef PRINT
	expect(!upper_unused("w2 = 5; r0 = *(u64 *)(r1 + 0); if r0 == 0 goto out; r0 = r2; "
			     "out: exit"), "on one path");
	expect(!upper_unused("w2 = 5; r3 = 1; l: r3 += r2; if r3 < 9 goto l; r0 = 0; exit"), "in a loop");
	expect(!upper_unused("r2 = 5; w0 = w2; exit"), "no 32-bit operation");
}

static void missing_helper(void)
{
	struct verdict c = { .name = "missing", .text = "call ktime_get_ns; exit" };

	verdict_world();
	rt_helper_set(5, NULL);
	memset(&prog, 0, sizeof(prog));
	expect_eq(verdict_verify(&c, &prog, &code, &log_, 0), -EINVAL);
	expect(strstr(log_.reason, "this kernel cannot offer bpf_ktime_get_ns#5") != NULL,
	       "%s", log_.reason);
	end();
}

/* --- words ----------------------------------------------------------------------------------- */

static const struct xbpf_line lines[] = {
	{ .insn = 0, .line = 40, .file = "/home/me/src/sig.bpf.c",
	  .text = "	struct ev *e = bpf_map_lookup_elem(&m, &k);" },
	{ .insn = 6, .line = 41, .file = "/home/me/src/sig.bpf.c", .text = "	return e->n;" },
};

static void source_lines(void)
{
	struct verdict c = { .name = "lines", .text = LOOKUP_FOUR "r0 = *(u64 *)(r0 + 0); exit" };

	verdict_world();
	expect(!asm_parse(&prog, c.text) && !asm_bind(&prog, rt_map_fd_by_name, NULL));
	memset(&code, 0, sizeof(code));
	code.type = BPF_PROG_TYPE_KPROBE;
	code.insns = prog.insns;
	code.insn_cnt = prog.cnt;
	code.lines = lines;
	code.line_cnt = 2;
	xbpf_log_init(&log_, XBPF_LOG_STATES, verdict_log, sizeof(verdict_log));
	expect_eq(xbpf_verify(&code, &rt_env, NULL, &log_), -EACCES);
	xbpf_log_finish(&log_, NULL);
	expect_str(log_.reason,
		   "R0 may be null: check the result of bpf_map_lookup_elem before using it, sig.bpf.c:41");
	expect(strstr(verdict_log, "; return e->n; @ sig.bpf.c:41\n"
		      "6: (79) r0 = *(u64 *)(r0 +0)\n") != NULL, "%s", verdict_log);
	expect(strstr(verdict_log, "sig.bpf.c:41\n") != NULL);
	end();
}

static void vocabulary(void)
{
	begin("r2 = *(u64 *)(r1 + 0); r3 = r10; *(u64 *)(r10 - 8) = r2; if r2 > 5 goto l; r2 += 1; "
	      "l: r0 = 0; exit");
	expect(strstr(verdict_log, "0: R1=ctx(off=0,imm=0) R10=fp0\n") != NULL, "%s", verdict_log);
	expect(strstr(verdict_log, "1: (bf) r3 = r10                      ; R3=fp0\n") != NULL,
	       "%s", verdict_log);
	expect(strstr(verdict_log, "\nfrom 3 to 5:") != NULL, "%s", verdict_log);
	expect(strstr(verdict_log, "fp-8=scalar(id=1,umin=6") != NULL, "%s", verdict_log);
	expect(strstr(verdict_log, "processed 9 insns (limit 1000000) max_states_per_insn 1") !=
	       NULL, "%s", verdict_log);
	end();
}

static void levels(void)
{
	struct verdict c = { .name = "levels", .text =
			     "r2 = *(u64 *)(r1 + 0); if r2 == 0 goto l; r2 = 9; l: r0 = 0; exit" };
	size_t len[3];
	u32 i;

	for (i = 0; i < 3; i++) {
		verdict_world();
		memset(&prog, 0, sizeof(prog));
		memset(verdict_log, 0, 64);
		expect_eq(verdict_verify(&c, &prog, &code, &log_, i == 0 ? XBPF_LOG_STATS : i), 0);
		len[i] = strlen(verdict_log);
		if (!i)
			expect(!strncmp(verdict_log, "processed 7 insns", 17), "%s", verdict_log);
		end();
	}
	expect(len[0] < len[1] && len[1] < len[2]);
}

static void tiny_buffer(void)
{
	struct xbpf_log whole;
	u32 size, len, whole_len;
	static char text[1 << 16], copy[1 << 16];
	u64 need;

	begin("r2 = 5; r0 = 0; exit");
	end();
	for (size = 1; size < 400; size += 7) {
		struct verdict c = { .name = "tiny", .text = "r2 = 5; r0 = r9; exit" };

		verdict_world();
		memset(&code, 0, sizeof(code));
		expect(!asm_parse(&prog, c.text));
		code.type = BPF_PROG_TYPE_KPROBE;
		code.insns = prog.insns;
		code.insn_cnt = prog.cnt;
		xbpf_log_init(&whole, XBPF_LOG_STATES, text, sizeof(text));
		expect_eq(xbpf_verify(&code, &rt_env, NULL, &whole), -EACCES);
		xbpf_log_finish(&whole, &whole_len);
		xbpf_code_release(&code);
		xbpf_log_init(&log_, XBPF_LOG_STATES, copy, size);
		expect_eq(xbpf_verify(&code, &rt_env, NULL, &log_), -EACCES);
		need = xbpf_log_finish(&log_, &len);
		expect_eq(need, whole_len);
		expect(len <= size && !copy[len - 1]);
		expect(!strcmp(copy, text + (whole_len > size ? whole_len - size : 0)), "%u: %s", size, copy);
		end();
	}
}

/* --- failing allocations ---------------------------------------------------------------------- */

static const char *const thirsty =
	"r6 = *(u64 *)(r1 + 0); *(u64 *)(r10 - 64) = r6; r7 = 0; l: r1 = r7; call f; r7 += 1; "
	"if r7 < 12 goto l;"
	"r2 = r10; r2 += -4; *(u32 *)(r10 - 4) = 0; r1 = map[four] ll; call map_lookup_elem; "
	"if r0 == 0 goto out; r0 = *(u64 *)(r0 + 0);"
	"if r6 & 1 goto a; r8 = 1; a: if r6 & 2 goto b; r8 = 2; b: if r6 & 4 goto out; r8 = 3;"
	"out: r0 = 0; exit; f: *(u64 *)(r10 - 40) = r1; r0 = r1; exit";

static void no_memory(void)
{
	struct verdict c = { .name = "thirsty", .text = thirsty };
	u32 n, failures = 0, done_without = 0;
	bool failed = true;
	int err = 0;

	for (n = 0; failed && n < 100000; n++) {
		verdict_world();
		memset(&prog, 0, sizeof(prog));
		memset(&code, 0, sizeof(code));
		expect(!asm_parse(&prog, c.text) && !asm_bind(&prog, rt_map_fd_by_name, NULL));
		code.type = BPF_PROG_TYPE_KPROBE;
		code.insns = prog.insns;
		code.insn_cnt = prog.cnt;
		xbpf_log_init(&log_, XBPF_LOG_STATES, verdict_log, sizeof(verdict_log));
		port_alloc_budget = (int)n;
		err = xbpf_verify(&code, &rt_env, NULL, &log_);
		failed = port_alloc_budget < 0;
		port_alloc_budget = -1;
		if (err == -ENOMEM) {
			failures++;
			expect(strstr(log_.reason, "out of memory") != NULL, "%u: %s", n, log_.reason);
		} else {
			done_without += failed;
			expect_eq(err, 0);
		}
		end();
		if (!expect_eq(rt_map_refs(rt_map_by_name("four")), 0))
			break;
	}
	expect_eq(err, 0);
	expect(failures > 20 && done_without > 3, "only %u and %u allocations", failures, done_without);
	tap_diag("%u allocations failed, one at a time, %u more were not needed", failures, done_without);
}

static void reach(u32 type, u32 bytes, const char *text)
{
	begin_type(type, text);
	expect_eq(code.ctx_used, bytes);
	end();
}

/* What an attach point must offer. */
static void ctx_used(void)
{
	reach(BPF_PROG_TYPE_TRACEPOINT, 0, "r0 = 0; exit");
	reach(BPF_PROG_TYPE_TRACEPOINT, 25,
	      "r0 = *(u32 *)(r1 + 20); r0 = *(u8 *)(r1 + 24); r0 = *(u64 *)(r1 + 8); exit");
	reach(BPF_PROG_TYPE_TRACEPOINT, 12,
	      "r0 = *(u32 *)(r1 + 8); r2 = 0; if r2 == 0 goto out; r0 = *(u32 *)(r1 + 400); out: exit");
	reach(BPF_PROG_TYPE_RAW_TRACEPOINT, 24, "r1 += 8; r0 = *(u64 *)(r1 + 8); exit");
}

static void words(u32 type, u64 reached, u64 written, const char *text)
{
	begin_type(type, text);
	expect_eq(code.ctx_words, reached);
	expect_eq(code.ctx_written, written);
	end();
}

#define WORD(n)	(1ULL << (n))

/*
 * What a hook must fill, and what it must write back: by words of 4 bytes, wherever they lie at run
 * time.
 */
static void ctx_words(void)
{
	words(BPF_PROG_TYPE_SCHED_CLS, 0, 0, "r0 = 0; exit");
	words(BPF_PROG_TYPE_SCHED_CLS, WORD(2) | WORD(4), 0,
	      "r0 = *(u32 *)(r1 + 8); r0 = *(u8 *)(r1 + 17); exit");
	words(BPF_PROG_TYPE_SCHED_CLS, WORD(2) | WORD(8), WORD(2),
	      "r0 = *(u32 *)(r1 + 32); *(u32 *)(r1 + 8) = r0; r0 = 0; exit");
	/* cb by 8 bytes; packet pointers by the place that the program names */
	words(BPF_PROG_TYPE_SCHED_CLS, WORD(12) | WORD(13), WORD(12) | WORD(13),
	      "r0 = 7; *(u64 *)(r1 + 48) = r0; exit");
	words(BPF_PROG_TYPE_SCHED_CLS, WORD(19) | WORD(20), 0,
	      "r2 = *(u32 *)(r1 + 76); r3 = *(u32 *)(r1 + 80); r0 = 0; exit");
	/* moved pointers, and ways that are never gone */
	words(BPF_PROG_TYPE_SCHED_CLS, WORD(3), 0,
	      "r1 += 8; r0 = *(u32 *)(r1 + 4); r2 = 0; if r2 == 0 goto out; "
	      "r0 = *(u32 *)(r1 + 8); out: exit");
	/* of larger contexts only the first 64 are told apart */
	words(BPF_PROG_TYPE_TRACEPOINT, WORD(63), 0,
	      "r0 = *(u32 *)(r1 + 252); r0 = *(u64 *)(r1 + 256); exit");
	words(XBPF_PROG_TYPE_SYSCALL_FILTER, WORD(4) | WORD(5), 0, "r0 = *(u64 *)(r1 + 16); r0 = 0; exit");
}

static void type_bits(void)
{
	const struct xbpf_prog_type_info *t;
	u64 all = 0, bit;
	u32 i;

	for (i = 0; (t = xbpf_prog_type_at(i)); i++) {
		bit = xbpf_prog_type_bit(t->type);
		expect(bit && !(all & bit));
		all |= bit;
		expect(xbpf_prog_type_find(t->type) == t);
		expect(t->load != XBPF_LOAD_NOBODY);
	}
	expect(all >> 63);
	/* each place has one type: upstream's from the bottom, ours from the top, none in between */
	for (i = 0; i < XBPF_PROG_TYPE_BITS; i++)
		expect_eq(xbpf_prog_type_place(xbpf_prog_type_at_place(i)), i);
	expect_eq(xbpf_prog_type_bit(0x1001), 1ull << 62);
	expect_eq(xbpf_prog_type_bit(48), 0);
	expect_eq(xbpf_prog_type_bit(63), 0);
	expect_eq(xbpf_prog_type_bit(0x1010), 0);
	expect_eq(xbpf_prog_type_bit(~0u), 0);
	expect(!xbpf_prog_type_find(63) && !xbpf_prog_type_find(0x1001));
}

static const struct tap_test tests[] = {
	{ "what is reached and what is jumped to", seen },
	{ "maps by index, each held once", maps },
	{ "maps of a refused program are handed over", refused_maps },
	{ "the map of a helper call", call_map },
	{ "table and index of tail calls", tail_calls },
	{ "functions and their stacks", subprogs },
	{ "a callee's access counts for the frame it goes to", depth_by_callee },
	{ "upper halves that nobody reads", upper_halves },
	{ "a helper that the kernel cannot offer", missing_helper },
	{ "reason and log name the source line", source_lines },
	{ "the log speaks as the kernel's", vocabulary },
	{ "how much of the context is reached", ctx_used },
	{ "which words of the context are reached and written", ctx_words },
	{ "a bit for each program type", type_bits },
	{ "log levels", levels },
	{ "a buffer of any size keeps the end of the log", tiny_buffer },
	{ "every allocation may fail", no_memory },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
