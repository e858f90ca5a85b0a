/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_calls [SEED [COUNT]]: what goes through a function that does not name it.
 *
 * Programs of a fixed outline and random bodies: functions pass on arguments that they do not name,
 * make tail calls whose index came from far, and are called back, also with a tail call in what is
 * called, which no run comes to.  The JIT must do what the interpreter does, on several machines
 * and maps of registers, and a callback must keep C's registers (rt_callback() looks).
 */
#include <stdarg.h>

#include "jit/regs.h"
#include "../lib/load.h"
#include "../tap.h"

#define TARGETS	4
#define RUNS	6

struct text {
	char str[16384];
	size_t len;
};

static u64 rng;

/* splitmix64 */
static u64 draw(void)
{
	u64 z = rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static u32 below(u32 n)
{
	return (u32)(draw() >> 33) % n;
}

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->str + t->len, sizeof(t->str) - t->len, fmt, ap);
	va_end(ap);
}

/* --- making a program ------------------------------------------------------------------------- */

/* A few operations on the registers of @set; divisions and shifts want machine registers. */
static void arithmetic(struct text *t, const u8 *set, u32 n)
{
	static const char *const ops[] = {
		"+=", "-=", "*=", "/=", "%=", "s/=", "s%=", "|=", "&=", "^=", "<<=", ">>=", "s>>="
	};
	static const s32 imms[] = { 1, 3, 5, 7, 10, 1000, -1, -3, 0x7fffffff, 16, 255 };
	u32 count = n ? below(7) : 0;

	while (count--) {
		const char *op = ops[below(ARRAY_SIZE(ops))];
		char width = below(3) ? 'r' : 'w';
		u8 a = set[below(n)], b = set[below(n)];

		if (!below(8))
			put(t, "%c%u = %c%u; ", width, a, width, b);
		else if (below(2))
			put(t, "%c%u %s %c%u; ", width, a, op, width, b);
		else if (op[0] == '<' || strstr(op, ">>"))
			put(t, "%c%u %s %u; ", width, a, op, 1 + below(31));
		else
			put(t, "%c%u %s %d; ", width, a, op, imms[below(ARRAY_SIZE(imms))]);
	}
}

static u32 some_of(u8 *set, u8 first, u8 last)
{
	u32 n = 0;

	for (; first <= last; first++)
		if (below(2))
			set[n++] = first;
	return n;
}

/* f0 calls f1 calls f2, with five numbers as arguments, of which each names some. */
static void functions_of_numbers(struct text *t)
{
	u32 f, i, n;
	bool saves;
	u8 set[5];

	for (f = 0; f < 3; f++) {
		put(t, "f%u: ", f);
		saves = below(2);
		if (saves)
			put(t, "r6 = r1; r%u = r2; ", 7 + below(3));
		n = some_of(set, 1, 5);
		arithmetic(t, set, n);
		if (f < 2) {
			put(t, "call f%u; %s", f + 1, saves ? "r0 ^= r6; " : "");
		} else {
			put(t, "r0 = 1; ");
			for (i = 0; i < n; i++)
				put(t, "r0 ^= r%u; r0 *= 31; ", set[i]);
		}
		put(t, "exit; ");
	}
}

/* t0 makes a tail call, or t1 does, which it calls: context, table, index and two numbers. */
static void functions_with_tail_call(struct text *t)
{
	bool deep = below(3);
	u32 f, n;
	u8 set[2];

	for (f = 0; f <= deep; f++) {
		n = some_of(set, 4, 5);
		put(t, "t%u: %s", f, below(4) ? "" : "r3 &= 3; ");
		arithmetic(t, set, n);
		if (f < deep)
			put(t, "call t1; r0 += 5; exit; ");
		else
			put(t, "call tail_call; r0 = %u; exit; ", 1000 + f);
	}
}

static void callback(struct text *t)
{
	static const u8 set[] = { 1, 3, 4 };

	put(t, "cb: r3 = *(u64 *)(r2 + 0); r4 = *(u64 *)(r2 - 8); ");
	arithmetic(t, set, ARRAY_SIZE(set));
	if (below(2))
		put(t, "r6 = r2; r2 = 3; r5 = 4; call f%u; *(u64 *)(r6 + 0) = r0; ", below(3));
	else
		put(t, "*(u64 *)(r2 + 0) = r3; ");
	if (below(2))
		put(t, "r1 = 0; r2 = 0; r3 = 7; r4 = 8; r5 = 9; call u0; ");
	put(t, "r0 = %s; exit; ", below(3) ? "0" : "1");
	/* no run comes to this tail call */
	put(t, "u0: r0 = r3; if r1 == 0 goto uo; call tail_call; r0 = 1; uo: exit; ");
}

static void make(struct text *t)
{
	static const char *const index[] = { "r3 &= 7", "w3 = w3", "r3 = 2", "r3 = r3" };
	bool calls_back = below(2);

	t->len = 0;
	put(t, "r6 = r1; r7 = *(u64 *)(r6 + 0); r8 = *(u64 *)(r6 + 8); "
	    "*(u64 *)(r10 - 8) = r7; *(u64 *)(r10 - 16) = r8; r9 = 0; ");
	if (calls_back)
		put(t, "r1 = %u; r2 = func[cb] ll; r3 = r10; r3 += -8; r4 = 0; call loop; r9 = r0; ",
		    1 + below(4));
	put(t, "r1 = r7; r2 = r8; r3 = *(u64 *)(r6 + 16); r4 = *(u64 *)(r6 + 24); "
	    "r5 = *(u64 *)(r6 + 32); call f0; r9 ^= r0; ");
	put(t, "r1 = r6; r2 = map[t] ll; r3 = *(u64 *)(r6 + 40); %s; r4 = r7; r5 = r8; call t0; "
	    "r9 *= 3; r9 ^= r0; r0 = *(u64 *)(r10 - 8); r0 ^= r9; exit; ",
	    index[below(ARRAY_SIZE(index))]);
	functions_of_numbers(t);
	functions_with_tail_call(t);
	if (calls_back)
		callback(t);
}

/* --- running it ------------------------------------------------------------------------------- */

/* A kind of machine, and a map of registers. */
static void machine(struct xbpf_jit_env *jenv, struct xbpf_jit_regs *regs)
{
	u32 i, k;

	load_jit_env(jenv);
	*regs = xbpf_jit_regs_usual;
	if (below(2)) {
		do {
			for (i = 0; i < 6; i++) {
				k = below(6);
				swap(regs->of[i], regs->of[k]);
			}
		} while (!xbpf_jit_regs_valid(regs));
		for (i = 6; i < JIT_REGS; i++) {
			k = 6 + below(4);
			swap(regs->of[i], regs->of[k]);
		}
		jenv->regs = regs;
	}
	jenv->blind = !below(3);
	jenv->seed = draw();
	jenv->bmi2 = jenv->bmi2 && below(2);
	jenv->endbr = below(2);
	jenv->tail = below(4) ? 0 : 1 + below(5);
}

static bool compile(struct loaded *p, struct xbpf_jit_env *jenv)
{
	struct xbpf_jit_out measured = { 0 };
	int err;

	p->enter = load_trampoline(jenv);
	err = load_jit_compile(&p->code, &rt_env, jenv, 0, NULL, 0, &measured, &p->log);
	xbpf_jit_out_release(&measured);
	if (err)
		return false;
	p->jit_size = measured.len;
	p->jit_mem = rt_exec_alloc(p->jit_size);
	err = load_jit_compile(&p->code, &rt_env, jenv, (u64)(unsigned long)p->jit_mem, p->jit_mem,
			       p->jit_size, &p->jit, &p->log);
	if (!err)
		rt_exec_seal(p->jit_mem, p->jit_size);
	return !err;
}

static u64 run(struct loaded *p, struct loaded *target, u32 engine, u64 *ctx)
{
	u32 i;

	for (i = 0; i < TARGETS; i++)
		rt_slot_set(rt_map_by_name("t"), i * 2, load_target(&target[i], engine));
	return load_run(p, engine, ctx);
}

/* The same in both engines? */
static bool agree(struct loaded *p, struct loaded *target)
{
	u64 ctx[21], want, got;
	u32 i, k;

	for (k = 0; k < RUNS; k++) {
		for (i = 0; i < ARRAY_SIZE(ctx); i++)
			ctx[i] = below(3) ? draw() : below(12);
		ctx[5] = below(10);	/* the index */
		want = run(p, target, LOAD_INTERP, ctx);
		got = run(p, target, LOAD_JIT, ctx);
		if (want != got) {
			tap_diag("0x%llx, compiled 0x%llx", (unsigned long long)want, (unsigned long long)got);
			return false;
		}
	}
	return true;
}

static bool load(struct loaded *p, const char *text, struct xbpf_jit_env *jenv)
{
	return !load_asm(p, text, BPF_PROG_TYPE_KPROBE, LOAD_INTERP | LOAD_QUIET) && compile(p, jenv);
}

/* 1: both engines agree; 0: they do not; -1: not accepted */
static int round_of(u64 seed, struct text *t)
{
	struct loaded p = { 0 }, target[TARGETS] = { 0 };
	struct xbpf_jit_regs regs;
	struct xbpf_jit_env jenv;
	char text[64];
	int ret = -1;
	u32 i;

	rng = seed * 0x2545f4914f6cdd1dULL;
	rt_reset();
	rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2 * TARGETS, 0);
	make(t);
	machine(&jenv, &regs);
	for (i = 0; i < TARGETS; i++) {
		snprintf(text, sizeof(text), "r0 = *(u64 *)(r1 + 48); r0 *= %u; exit", 3 + i);
		if (!load(&target[i], text, &jenv))
			abort();
	}
	if (load(&p, t->str, &jenv))
		ret = agree(&p, target);
	for (i = 0; i < TARGETS; i++)
		load_free(&target[i]);
	load_free(&p);
	return ret;
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 count = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000;
	u64 i, accepted = 0, differ = 0;
	static struct text text;
	int ret;

	tap_begin();
	for (i = 0; i < count && differ < 3; i++) {
		ret = round_of(seed + i, &text);
		accepted += ret >= 0;
		if (!ret) {
			differ++;
			tap_diag("seed %llu: %s", (unsigned long long)(seed + i), text.str);
		}
	}
	tap_ok(!differ, "%llu programs of functions from seed %llu on: both engines agree",
	       (unsigned long long)accepted, (unsigned long long)seed);
	tap_ok(accepted * 2 > i, "half of the programs are accepted: %llu of %llu",
	       (unsigned long long)accepted, (unsigned long long)i);
	return tap_done();
}
