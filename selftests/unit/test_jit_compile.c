/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a compilation promises: lengths, offsets, refusals with a reason.
 */
#include "jit_rig.h"
#include "tap.h"

static u64 ctx[21];

static const char sample[] =
	"r6 = r1\n r7 = 0x1122334455667788 ll\n"
	"again: call ktime_get_ns\n r0 &= 7\n if r0 > 3 goto again\n"
	"r1 = r6\n call sub\n if w0 != 5 goto out\n r0 = 6\n"
	"out: exit\n"
	"sub: *(u64 *)(r10 - 8) = r1\n r0 = 5\n exit";

static u64 zero(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	(void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	return 0;
}

static void lengths_agree(void)
{
	static const u64 addrs[] = { 0, 0x1000, 0x12345678 };
	struct xbpf_jit_env jenv = rig_env();
	struct xbpf_jit_out out;
	struct loaded p;

	rt_reset();
	expect_eq(rig_parse(&p, sample, 8), 0);
	expect_eq(rig_compile(&p, &jenv), 0);
	for (u32 i = 0; i < ARRAY_SIZE(addrs); i++) {
		expect_eq(load_jit_compile(&p.code, &rt_env, &jenv, addrs[i], NULL, 0, &out, &p.log), 0);
		expect_eq(out.len, p.jit_size);
		xbpf_jit_out_release(&out);
	}
	load_free(&p);
}

static void wrong_size(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct xbpf_jit_out out;
	struct loaded p;
	u8 *buf;
	u32 size;

	rt_reset();
	expect_eq(rig_parse(&p, sample, 8), 0);
	expect_eq(rig_compile(&p, &jenv), 0);
	for (size = 0; size < p.jit_size + 3; size++) {
		int want = size == p.jit_size ? 0 : -EFAULT;

		buf = malloc(size + 1);	/* ASan sees a byte too much */
		xbpf_log_init(&p.log, 0, NULL, 0);
		expect_eq(load_jit_compile(&p.code, &rt_env, &jenv, (u64)(unsigned long)p.jit_mem, buf,
					   size, &out, &p.log), want);
		expect(!want == !p.log.reason[0], "%u: %s", size, p.log.reason);
		xbpf_jit_out_release(&out);
		free(buf);
	}
	load_free(&p);
}

static void offsets(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;
	u32 i, sub;

	rt_reset();
	expect_eq(rig_parse(&p, sample, 8), 0);
	expect_eq(rig_compile(&p, &jenv), 0);
	expect_eq(p.jit.insn_off[0], 0);
	expect_eq(p.jit.insn_off[p.code.insn_cnt], p.jit.len);
	for (i = 0; i < p.code.insn_cnt; i++)
		expect(p.jit.insn_off[i] <= p.jit.insn_off[i + 1], "insn %u", i);
	expect_eq(p.jit.insn_off[2], p.jit.insn_off[3]);	/* the second half of ld_imm64 */
	sub = p.code.subprogs[1].start;
	expect_eq(p.jit_mem[p.jit.insn_off[sub]], 0x55);	/* push rbp */
	load_free(&p);
}

/* A fresh log, so that the reason is that of this compilation. */
static int refused(struct loaded *p, const struct xbpf_jit_env *jenv, u64 addr, const char *word)
{
	struct xbpf_jit_out out;
	u8 *buf = NULL;
	u32 size = 0;
	int err;

	xbpf_log_init(&p->log, 0, NULL, 0);
	err = load_jit_compile(&p->code, &rt_env, jenv, 0, NULL, 0, &out, &p->log);
	if (!err) {
		size = out.len;
		buf = malloc(size);
		xbpf_jit_out_release(&out);
		err = load_jit_compile(&p->code, &rt_env, jenv, addr, buf, size, &out, &p->log);
		xbpf_jit_out_release(&out);
		free(buf);
	}
	expect(!err || strstr(p->log.reason, word), "\"%s\" is not in \"%s\"", word, p->log.reason);
	return err;
}

static void out_of_reach(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	rt_reset();
	expect_eq(rig_parse(&p, "call ktime_get_ns\n exit", 0), 0);
	expect_eq(refused(&p, &jenv, 0x1000, "ktime_get_ns#5 is more than 2 GiB away"), -ERANGE);
	load_free(&p);

	expect_eq(rig_parse(&p, "r0 = 0\n exit", 0), 0);
	expect_eq(refused(&p, &jenv, 0x1000, "common way out is more than 2 GiB away"), -ERANGE);
	jenv.leave = 0x2000;
	expect_eq(refused(&p, &jenv, 0x1000, ""), 0);
	load_free(&p);

	/* the return of a function of its own frame */
	expect_eq(rig_parse(&p, "call sub\n exit\n sub: r0 = 0\n exit", 0), 0);
	jenv.ret = (struct xbpf_jit_form){ .bytes = { 0xe9 }, .len = 5, .rel_at = 1,
					   .target = 1ULL << 40 };
	expect_eq(refused(&p, &jenv, 0x1000, "return thunk is more than 2 GiB away"), -ERANGE);
	load_free(&p);
}

static void refusals(void)
{
	static const struct { const char *text, *word; int err; } cases[] = {
		{ ".raw 0x18 1 4 0 7\n .raw 0 0 0 0 0\n exit", "no subprogram", -EINVAL },
		{ ".raw 0x85 0 2 0 7\n exit", "kfunc", -EOPNOTSUPP },
		{ "call 9999\n exit", "#9999 is not offered", -EINVAL },
		{ ".raw 0x8d 0 0 0 0\n exit", "opcode 0x8d", -EOPNOTSUPP },
		{ ".raw 0xdb 1 2 0 0x77\n exit", "atomic operation 0x77", -EOPNOTSUPP },
		{ ".raw 0x05 0 0 5 0\n exit", "jump out of the subprogram", -EINVAL },
		{ ".raw 0x15 1 0 -3 0\n exit", "jump out of the subprogram", -EINVAL },
		{ ".raw 0x18 1 3 0 0\n .raw 0 0 0 0 0\n exit", "ld_imm64 of kind 3", -EOPNOTSUPP },
	};
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		rt_reset();
		if (expect_eq(rig_parse(&p, cases[i].text, 0), 0))
			expect_eq(refused(&p, &jenv, 0, cases[i].word), cases[i].err);
		else
			tap_diag("%s", p.log.reason);
		load_free(&p);
	}
}

static void unverified(void)
{
	struct xbpf_jit_env jenv = rig_env(), unread = jenv;
	struct xbpf_subprog sub;
	struct loaded p;

	rt_reset();
	expect_eq(rig_parse(&p, "r0 = 0\n exit", 0), 0);
	unread.ret.len = 0;
	expect_eq(refused(&p, &unread, 0, "not known"), -EINVAL);
	sub = p.code.subprogs[0];
	p.code.subprogs[0].end = 1;
	expect_eq(refused(&p, &jenv, 0, "not been verified"), -EINVAL);
	p.code.subprogs[0].end = 3;
	expect_eq(refused(&p, &jenv, 0, "not been verified"), -EINVAL);
	p.code.subprogs[0] = sub;
	p.code.subprog_cnt = 0;
	expect_eq(refused(&p, &jenv, 0, "not been verified"), -EINVAL);
	load_free(&p);
}

/*
 * What the verifier never saw is not reached: a branch to it is none, a branch over it is a jump.
 */
static void unseen_code(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;
	u32 entry;

	for (entry = 4; entry < 8; entry++) {
		rt_reset();
		expect_eq(rig_parse(&p, "r0 = 7\n r1 = 0\n .raw 0x15 1 0 0 0\n exit\n"
				    "r0 = 5\n r0 = 0x1122334455667788 ll\n exit\n r0 = 9\n exit", 0), 0);
		p.code.insns[2].off = (s16)(entry - 3);
		for (u32 i = 4; i < 8; i++)
			p.code.insn_aux[i].flags &= ~XBPF_AUX_SEEN;
		expect_eq(rig_compile(&p, &jenv), 0);
		expect_eq(load_run_jit(&p, ctx), 7);
		load_free(&p);
	}
	rt_reset();
	expect_eq(rig_parse(&p, "r0 = 7\n r1 = 0\n .raw 0x15 1 0 2 5\n r0 = 3\n exit\n r0 += 1\n"
			    " exit", 0), 0);
	p.code.insn_aux[3].flags &= ~XBPF_AUX_SEEN;
	p.code.insn_aux[4].flags &= ~XBPF_AUX_SEEN;
	expect_eq(rig_compile(&p, &jenv), 0);
	expect_eq(load_run_jit(&p, ctx), 8);
	expect_eq(p.jit.insn_off[4], p.jit.insn_off[5]);
	load_free(&p);
}

/* Run into, it ends the run with 0. */
static void unseen_next(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	rt_reset();
	expect_eq(rig_parse(&p, "r0 = 7\n r0 += 1\n r0 += 1\n exit", 0), 0);
	p.code.insn_aux[1].flags &= ~XBPF_AUX_SEEN;
	expect_eq(rig_compile(&p, &jenv), 0);
	expect_eq(load_run_jit(&p, ctx), 0);
	load_free(&p);
}

/* Unseen to the end, and no exit before it. */
static void unseen_end(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	rt_reset();
	expect_eq(rig_parse(&p, "r0 = 4\n r0 = 5\n exit", 0), 0);
	p.code.insn_aux[1].flags = p.code.insn_aux[2].flags = 0;
	expect_eq(rig_compile(&p, &jenv), 0);
	expect_eq(load_run_jit(&p, ctx), 0);
	load_free(&p);
}

/* Jumps at the border of their short form, forth and back, nested. */
static void far_and_near(void)
{
	struct xbpf_jit_env jenv = rig_env();
	char text[8192];
	struct loaded p;
	u32 gap, n, i;

	for (gap = 16; gap < 40; gap++) {
		n = snprintf(text, sizeof(text), "r1 = 0\n r0 = 0\n head: r1 += 1\n if r1 > 3 goto out\n"
			     "if r1 == 2 goto odd\n");
		for (i = 0; i < gap; i++)
			n += snprintf(text + n, sizeof(text) - n, "r0 += 1000\n");
		n += snprintf(text + n, sizeof(text) - n, "odd: r0 += 1\n");
		snprintf(text + n, sizeof(text) - n, "goto head\n out: exit");
		rt_reset();
		expect_eq(rig_parse(&p, text, 0), 0);
		expect_eq(rig_compile(&p, &jenv), 0);
		expect_eq(load_run_jit(&p, ctx), 2 * 1000 * gap + 3);
		load_free(&p);
	}
}

static void large_program(void)
{
	u32 cnt = 1000000, i;
	struct bpf_insn *insns = calloc(cnt, sizeof(*insns));
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	rt_reset();
	insns[0] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K };
	for (i = 1; i < cnt - 1; i++)	/* r0 += 1, each third behind a jump to the one after it */
		insns[i] = i % 3 ? (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K, .imm = 1 }
				 : (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K, .off = 1, .imm = 1 };
	insns[cnt - 1].code = BPF_JMP | BPF_EXIT;
	if (expect_eq(load_insns(&p, insns, cnt, BPF_PROG_TYPE_KPROBE, LOAD_UNVERIFIED), 0) &&
	    expect_eq(rig_compile(&p, &jenv), 0))
		expect_eq(load_run_jit(&p, ctx), (cnt - 2) - (cnt - 2) / 3);
	load_free(&p);
	free(insns);
}

static void bad_register_maps(void)
{
	struct xbpf_jit_regs regs = xbpf_jit_regs_usual;
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	expect(xbpf_jit_regs_valid(&regs));
	regs.of[2] = regs.of[3];
	expect(!xbpf_jit_regs_valid(&regs), "one register twice");
	regs = xbpf_jit_regs_usual;
	swap(regs.of[1], regs.of[4]);
	expect(!xbpf_jit_regs_valid(&regs), "the context in rcx");
	rt_reset();
	expect_eq(rig_parse(&p, "r0 = 0\n exit", 0), 0);
	jenv.regs = &regs;
	expect_eq(refused(&p, &jenv, 0, "register map"), -EINVAL);
	load_free(&p);
}

/* Helper taken away: the name is said. */
static void missing_helper(void)
{
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;

	rt_reset();
	rt_helper_set(BPF_FUNC_ktime_get_ns, zero);
	expect_eq(rig_parse(&p, "call ktime_get_ns\n exit", 0), 0);
	expect_eq(rig_compile(&p, &jenv), 0);
	expect_eq(load_run_jit(&p, ctx), 0);
	load_free(&p);
	rt_helper_set(BPF_FUNC_ktime_get_ns, NULL);
	expect_eq(rig_parse(&p, "call ktime_get_ns\n exit", 0), 0);
	expect_eq(refused(&p, &jenv, 0, "ktime_get_ns#5 is not offered"), -EINVAL);
	load_free(&p);
	rt_helpers_restore();
}

static const struct tap_test tests[] = {
	{ "lengths do not depend on the address", lengths_agree },
	{ "a buffer of another size than measured is refused and not overrun", wrong_size },
	{ "offsets of instructions", offsets },
	{ "a helper or thunk out of reach is refused by name", out_of_reach },
	{ "what cannot be compiled is refused by name", refusals },
	{ "what was not verified is refused", unverified },
	{ "a branch that the verifier decided is none", unseen_code },
	{ "unseen code that is run into ends the run with 0", unseen_next },
	{ "unseen code up to the end of a program", unseen_end },
	{ "jumps around the border of their short form", far_and_near },
	{ "a program of 1,000,000 instructions", large_program },
	{ "bad register maps are refused", bad_register_maps },
	{ "a helper that is not there is refused by name", missing_helper },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
