/* SPDX-License-Identifier: GPL-2.0 */
/* What the vectors cannot say about the interpreter: refusals, limits, its checked mode. */
#include <pthread.h>

#include "core/interp_check.h"
#include "../lib/load.h"
#include "../tap.h"

#define KPROBE	BPF_PROG_TYPE_KPROBE

static u64 regs_in[21];

static void refused(const char *text, const char *words)
{
	struct loaded p;
	int err = load_asm(&p, text, KPROBE, LOAD_INTERP | LOAD_UNVERIFIED);

	expect(err == -EOPNOTSUPP, "%d for: %s", err, text);
	expect(!p.image);
	expect(strstr(p.log.reason, words), "\"%s\" has no \"%s\"", p.log.reason, words);
	load_free(&p);
}

static void refusals(void)
{
	rt_reset();
	rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	refused("r0 = 1; .raw 0x85 0 2 0 5; exit", "kfunc");
	refused("r0 = 1; .raw 0xff 0 0 0 0; exit", "opcode");
	rt_helper_set(BPF_FUNC_ktime_get_ns, NULL);
	refused("call ktime_get_ns; exit", "bpf_ktime_get_ns#5");
	refused("call 99999; exit", "#99999");
	rt_reset();
}

/* The instruction is named by its place. */
static void refusal_place(void)
{
	refused("r0 = 1; r1 = 5 ll; .raw 0x85 0 2 0 5; exit", "instruction 3");
}

static void never_reached(void)
{
	struct xbpf_image *image;
	struct loaded p;
	int err;

	expect(!load_asm(&p, "r0 = 5; r0 += 1; exit", KPROBE, LOAD_UNVERIFIED));
	p.code.insn_aux[1].flags = 0;
	image = xbpf_image_build(&p.code, &rt_env, &p.log, &err);
	if (expect(image && !err))
		expect_eq(xbpf_image_run(image, regs_in), 0);
	xbpf_image_free(image);
	load_free(&p);
}

/* What is not reached is not looked at either. */
static void never_built(void)
{
	struct xbpf_image *image;
	struct loaded p;
	int err;

	expect(!load_asm(&p, "r0 = 5; exit; r0 = *(u32 *)skb[0]; call 99999; exit", KPROBE,
			 LOAD_UNVERIFIED));
	p.code.insn_aux[2].flags = p.code.insn_aux[3].flags = p.code.insn_aux[4].flags = 0;
	image = xbpf_image_build(&p.code, &rt_env, &p.log, &err);
	if (expect(image && !err, "%s", p.log.reason))
		expect_eq(xbpf_image_run(image, regs_in), 5);
	xbpf_image_free(image);
	load_free(&p);
}

/* --- the C stack ------------------------------------------------------------ */

static u64 lowest, highest, hops;

static u64 record_stack(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	u64 here = (u64)(unsigned long)__builtin_frame_address(0);

	(void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	if (!hops++)
		lowest = highest = here;
	lowest = min_t(u64, lowest, here);
	highest = max_t(u64, highest, here);
	return 0;
}

static const char chain[] =
	"r6 = r1; call ktime_get_ns; r1 = r6; *(u64 *)(r10 - 512) = 1; r2 = map[t] ll; r3 = 0;"
	"call tail_call; r0 = 42; exit";

static void constant_stack(void)
{
	struct loaded p;
	u64 inner;

	rt_reset();
	rt_helper_set(BPF_FUNC_ktime_get_ns, record_stack);
	rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	expect(!load_asm(&p, chain, KPROBE, LOAD_INTERP), "%s", p.log.reason);
	rt_slot_set(rt_map_by_name("t"), 0, p.image);
	hops = 0;
	expect_eq(load_run_interp(&p, regs_in), 42);
	expect_eq(hops, 34);
	expect_eq(highest - lowest, 0);
	load_free(&p);

	/* eight frames need no more than one */
	inner = lowest;
	expect(!load_asm(&p, "call a; exit\na: call b; exit\nb: call c; exit\nc: call d; exit\n"
			 "d: call e; exit\ne: call f; exit\nf: call g; exit\ng: call ktime_get_ns; exit",
			 KPROBE, LOAD_INTERP), "%s", p.log.reason);
	hops = 0;
	load_run_interp(&p, regs_in);
	expect_eq(hops, 1);
	expect_eq(lowest - inner, 0);
	load_free(&p);
	rt_reset();
}

/* The budget belongs to a run, not to a program. */
static void budget_per_run(void)
{
	struct loaded p;
	u32 i;

	rt_reset();
	rt_helper_set(BPF_FUNC_ktime_get_ns, record_stack);
	rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	expect(!load_asm(&p, chain, KPROBE, LOAD_INTERP), "%s", p.log.reason);
	rt_slot_set(rt_map_by_name("t"), 0, p.image);
	for (i = 0; i < 3; i++) {
		hops = 0;
		expect_eq(load_run_interp(&p, regs_in), 42);
		expect_eq(hops, 34);
	}
	load_free(&p);
	rt_reset();
}

/* --- atomics ---------------------------------------------------------------- */

#define ROUNDS 20000

static void *run_many(void *arg)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++)
		load_run_interp(arg, regs_in);
	return NULL;
}

static void atomics_are_atomic(void)
{
	static const char text[] =
		"r6 = map[n][0]+0 ll; r1 = 1; lock *(u64 *)(r6 + 0) += r1; lock *(u32 *)(r6 + 8) += r1\n"
		"r2 = 1; r2 = atomic64_fetch_add((u64 *)(r6 + 16), r2); r2 = 1\n"
		"r2 = atomic_fetch_add((u32 *)(r6 + 24), r2); r0 = 0; exit";
	struct loaded p;
	pthread_t other;
	u64 *n;
	u32 i;

	rt_reset();
	n = (u64 *)(unsigned long)rt_map_info(rt_map_new("n", BPF_MAP_TYPE_ARRAY, 4, 32, 1, 0))->values;
	expect(!load_asm(&p, text, KPROBE, LOAD_INTERP), "%s", p.log.reason);
	expect(!pthread_create(&other, NULL, run_many, &p));
	run_many(&p);
	pthread_join(other, NULL);
	for (i = 0; i < 4; i++)
		expect_eq(n[i], 2 * ROUNDS);
	load_free(&p);
	rt_reset();
}

/* Only gotol reaches over 40,000 instructions. In both engines. */
static void far_jump(void)
{
	static const char head[] = "r2 = *(u64 *)(r1 + 0); r0 = 0; if r2 != 0 goto near; "
		"gotol far\nnear: ";
	static const char step[] = "r0 += 1\n", tail[] = "far: r0 += 7; exit";
	const u32 steps = 40000;
	char *text = malloc(sizeof(head) + steps * (sizeof(step) - 1) + sizeof(tail)), *at;
	struct loaded p;
	u32 i;

	at = stpcpy(text, head);
	for (i = 0; i < steps; i++)
		at = stpcpy(at, step);
	stpcpy(at, tail);
	if (expect(!load_asm(&p, text, KPROBE, LOAD_INTERP | LOAD_JIT), "%s", p.log.reason)) {
		regs_in[0] = 0;
		expect_eq(load_run_interp(&p, regs_in), 7);
		expect_eq(load_run_jit(&p, regs_in), 7);
		regs_in[0] = 1;
		expect_eq(load_run_interp(&p, regs_in), steps + 7);
		expect_eq(load_run_jit(&p, regs_in), steps + 7);
		regs_in[0] = 0;
	}
	load_free(&p);
	free(text);
}

/* --- checked mode ------------------------------------------------------------- */

struct watch {
	u32 frames, depth, max_depth;
	u64 insns;
	u64 stack_lo, stack_hi;
	u64 refuse_at;		/* stop at the access to this address */
	u32 accesses, writes;
	u64 last_addr;
};

static void on_frame(void *priv, u64 top, u32 depth)
{
	struct watch *w = priv;

	if (depth) {
		w->frames++;
		w->depth++;
		w->max_depth = max_t(u32, w->max_depth, w->depth);
		if (w->depth == 1) {
			w->stack_hi = top;
			w->stack_lo = top - depth;
		}
	} else {
		w->depth--;
	}
}

static bool on_insn(void *priv, const struct xbpf_image *image, u32 pc, const u64 *regs)
{
	struct watch *w = priv;

	(void)image, (void)pc, (void)regs;
	return ++w->insns < 1000;
}

static void *on_access(void *priv, u64 addr, u32 size, bool write)
{
	struct watch *w = priv;

	(void)size;
	w->accesses++;
	w->writes += write;
	w->last_addr = addr;
	return addr == w->refuse_at ? NULL : (void *)(unsigned long)addr;
}

static u64 watched(struct watch *w, const char *text, bool *stopped)
{
	const struct xbpf_interp_check check = {
		.priv = w, .frame = on_frame, .insn = on_insn, .access = on_access,
		.address = rt_address, .map = rt_map_host,
	};
	struct loaded p;
	u64 r0 = 0;

	if (expect(!load_asm(&p, text, KPROBE, LOAD_INTERP | LOAD_UNVERIFIED), "%s", p.log.reason))
		r0 = xbpf_image_run_checked(p.image, (u64)(unsigned long)regs_in, &check, stopped);
	load_free(&p);
	return r0;
}

static void checked_follows(void)
{
	struct watch w = { 0 };
	bool stopped;

	rt_reset();
	expect_eq(watched(&w, "r1 = 4; *(u64 *)(r10 - 8) = r1; call f; r1 = *(u64 *)(r10 - 8); "
			  "r0 += r1; exit\n"
			  "f: *(u32 *)(r10 - 4) = 1; r0 = 38; exit", &stopped), 42);
	expect(!stopped);
	expect_eq(w.frames, 2);
	expect_eq(w.max_depth, 2);
	expect_eq(w.depth, 1);
	expect_eq(w.insns, 9);
	expect_eq(w.accesses, 3);
	expect_eq(w.writes, 2);
	expect_eq(w.stack_hi - w.last_addr, 8);
}

static void checked_stops(void)
{
	struct watch w = { .refuse_at = (u64)(unsigned long)regs_in };
	bool stopped;

	watched(&w, "r0 = *(u64 *)(r1 + 0); exit", &stopped);
	expect(stopped);
	memset(&w, 0, sizeof(w));
	watched(&w, "again: goto again; exit", &stopped);	/* by the instruction hook */
	expect(stopped);
	expect_eq(w.insns, 1000);
	memset(&w, 0, sizeof(w));
	watched(&w, "f: call f; exit", &stopped);	/* more frames than there are */
	expect(stopped);
	expect(w.max_depth >= 8);
}

/* Both builds of the run loop are one source: the same answers. */
static void checked_agrees(void)
{
	static const char text[] =
		"r6 = *(u64 *)(r1 + 0); r0 = 1; r7 = 0\n"
		"again: r0 *= 31; r0 ^= r6; w0 += 7; r0 = bswap32 r0; r7 += 1; if r7 != 20 goto again; exit";
	struct watch w = { 0 };
	struct loaded p;
	bool stopped;
	u64 want;

	regs_in[0] = 0x123456789abcdef0ULL;
	expect(!load_asm(&p, text, KPROBE, LOAD_INTERP), "%s", p.log.reason);
	want = load_run_interp(&p, regs_in);
	load_free(&p);
	expect_eq(watched(&w, text, &stopped), want);
	expect(!stopped);
	regs_in[0] = 0;
}

static const struct tap_test tests[] = {
	{ "what the interpreter cannot do is refused by name", refusals },
	{ "a refusal names the instruction", refusal_place },
	{ "an instruction that the verifier never saw ends the run with 0", never_reached },
	{ "what is never reached is not resolved", never_built },
	{ "tail calls and subprograms need no more C stack", constant_stack },
	{ "each run has its own 33 tail calls", budget_per_run },
	{ "atomic operations lose nothing between two threads", atomics_are_atomic },
	{ "gotol reaches beyond 16 bits", far_jump },
	{ "checked mode reports frames, instructions and accesses", checked_follows },
	{ "checked mode stops at a refused access, a hang, a frame too many", checked_stops },
	{ "checked mode computes what the plain one does", checked_agrees },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
