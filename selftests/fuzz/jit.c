/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_jit [SEED [ROUNDS [SECONDS]]]: the JIT must do what the interpreter does.
 *
 * Each round makes one to four random programs that the verifier accepts and a program array over
 * them.  They are interpreted, then compiled in several ways: as usual, without BMI2 and MOVBE,
 * with constants blinded, under permuted register maps, with tail calls made in any of the
 * strategies there are.  Every way runs the first program on the same contexts from the same state
 * of the world.  After each run R0, the contents of all maps and the number of runs of each program
 * (each counts itself: so tail calls are counted too) must be the interpreter's.
 *
 * ROUNDS 0: until SECONDS are over.  Round N of a run with seed S is round 1 of a run with seed S +
 * N - 1.
 */
#include <time.h>

#include "core/disasm.h"
#include "core/insn.h"
#include "jit/regs.h"
#include "../lib/load.h"
#include "../tap.h"
#include "gen.h"

#define PROGS_MAX	4
#define RUNS		24

/* What was compiled of one program in one way. */
struct compiled {
	struct xbpf_jit_out out;
	load_trampoline_fn enter;
	u8 *mem;
	u32 size;
};

struct round {
	u64 seed, rng;
	u32 prog_cnt;
	struct loaded progs[PROGS_MAX];
	struct compiled code[PROGS_MAX];	/* of the way at hand */
	u32 slots[GEN_SLOTS];			/* program + 1, 0: empty */
	u64 ctx[RUNS][GEN_CTX / 8];
};

/* The world after a run. */
struct result {
	u64 r0;
	u8 out[GEN_OUT_SIZE];
	u64 hash_sum;
	u32 hash_cnt;
};

static struct rt_map *out_map, *hash_map, *table_map;
static u64 programs, images, runs, chained;
static bool seen[256];		/* opcodes that some program had */

/* --- making the programs ------------------------------------------------------- */

static bool make_program(struct round *r, struct gen *g, u32 number)
{
	struct loaded *p = &r->progs[r->prog_cnt];
	u32 i;

	gen_program(g, number);
	if (load_insns(p, g->insns, g->cnt, BPF_PROG_TYPE_KPROBE, LOAD_INTERP)) {
		load_free(p);
		return false;
	}
	for (i = 0; i < p->code.insn_cnt; i++)
		if (p->code.insn_aux[i].flags & XBPF_AUX_SEEN)
			seen[p->code.insns[i].code] = true;
	r->prog_cnt++;
	programs++;
	return true;
}

static void make_round(struct round *r)
{
	static struct gen g;
	u32 i, k;

	memset(&g, 0, sizeof(g));
	g.rng = r->rng = r->seed * 0x2545f4914f6cdd1dULL + 1;
	rt_reset();
	out_map = rt_map_new("out", BPF_MAP_TYPE_ARRAY, 4, GEN_OUT_SIZE, 1, 0);
	hash_map = rt_map_new("h", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	table_map = rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, GEN_SLOTS, 0);
	g.fd_out = rt_map_fd(out_map);
	g.fd_hash = rt_map_fd(hash_map);
	g.fd_table = rt_map_fd(table_map);
	for (i = 0; i < 1 + (r->seed >> 1) % PROGS_MAX; i++)
		make_program(r, &g, i);
	for (i = 0; i < GEN_SLOTS; i++)
		r->slots[i] = r->prog_cnt ? (u32)(gen_random(&r->rng) % (r->prog_cnt + 1)) : 0;
	for (i = 0; i < RUNS; i++)
		for (k = 0; k < GEN_CTX / 8; k++)
			r->ctx[i][k] = gen_operand(&r->rng);
}

static void show(const struct round *r)
{
	char text[128];
	u32 i, k;

	for (k = 0; k < r->prog_cnt; k++) {
		const struct loaded *p = &r->progs[k];

		tap_diag("program %u:", k);
		for (i = 0; i < p->code.insn_cnt; i++) {
			if (p->code.insn_aux[i].flags & XBPF_AUX_HI)
				continue;
			xbpf_disasm(text, sizeof(text), &p->code.insns[i], NULL, NULL);
			tap_diag("%4u: %s", i, text);
		}
	}
}

/* --- ways to compile -------------------------------------------------------------- */

enum { USUAL, PLAIN_CPU, BLIND, PERMUTED, PERMUTED_BLIND, WAYS };

static const char *const way_names[WAYS] = {
	"as usual", "without BMI2 and MOVBE", "with blinded constants", "with permuted registers",
	"with permuted registers and blinded constants",
};

static void shuffle(u8 *of, u32 n, u64 *rng)
{
	while (n > 1) {
		u32 other = (u32)(gen_random(rng) % n--);
		u8 was = of[n];

		of[n] = of[other];
		of[other] = was;
	}
}

static void way_env(struct xbpf_jit_env *jenv, struct xbpf_jit_regs *regs, u32 way, u64 *rng)
{
	u32 tails = 0;

	load_jit_env(jenv);
	while (xbpf_jit_tail_name(tails + 1))
		tails++;
	if (way != USUAL)
		jenv->tail = (u8)(1 + gen_random(rng) % tails);
	if (way == PLAIN_CPU)
		jenv->bmi2 = jenv->movbe = false;
	if (way == BLIND || way == PERMUTED_BLIND) {
		jenv->blind = true;
		jenv->seed = gen_random(rng);
	}
	if (way != PERMUTED && way != PERMUTED_BLIND)
		return;
	*regs = xbpf_jit_regs_usual;
	do {
		shuffle(regs->of, 6, rng);
		shuffle(regs->of + 6, 4, rng);
	} while (!xbpf_jit_regs_valid(regs));
	jenv->regs = regs;
}

static bool compile(struct loaded *p, struct compiled *c, struct xbpf_jit_env *jenv)
{
	int err;

	c->enter = load_trampoline(jenv);
	err = load_jit_compile(&p->code, &rt_env, jenv, 0, NULL, 0, &c->out, &p->log);
	xbpf_jit_out_release(&c->out);
	if (err)
		return false;
	c->size = c->out.len;
	c->mem = rt_exec_alloc(c->size);
	if (load_jit_compile(&p->code, &rt_env, jenv, (u64)(unsigned long)c->mem, c->mem, c->size, &c->out,
			     &p->log))
		return false;
	rt_exec_seal(c->mem, c->size);
	images++;
	return true;
}

static void drop(struct round *r)
{
	u32 i;

	for (i = 0; i < r->prog_cnt; i++) {
		xbpf_jit_out_release(&r->code[i].out);
		rt_exec_free(r->code[i].mem, r->code[i].size);
		r->code[i].mem = NULL;
	}
}

/* --- running ------------------------------------------------------------------------ */

static void sum_element(void *priv, const void *key, const void *value)
{
	struct result *res = priv;
	u64 k, v, mix;

	memcpy(&k, key, 8);
	memcpy(&v, value, 8);
	mix = k * 0x9e3779b97f4a7c15ULL ^ v;
	res->hash_sum += gen_random(&mix);	/* whatever the order */
	res->hash_cnt++;
}

static void take(struct result *res)
{
	u32 zero = 0;

	memcpy(res->out, rt_map_lookup(out_map, &zero), sizeof(res->out));
	res->hash_sum = 0;
	res->hash_cnt = 0;
	rt_map_each(hash_map, sum_element, res);
}

static void run_all(struct round *r, bool jit, struct result results[RUNS])
{
	u64 ctx[GEN_CTX / 8];
	u32 i;

	rt_rewind();
	for (i = 0; i < GEN_SLOTS; i++) {
		u32 n = r->slots[i];

		if (!n)
			rt_slot_set(table_map, i, NULL);
		else if (jit)
			rt_slot_set(table_map, i, r->code[n - 1].mem);
		else
			rt_slot_set(table_map, i, r->progs[n - 1].image);
	}
	for (i = 0; i < RUNS; i++) {
		memcpy(ctx, r->ctx[i], sizeof(ctx));
		if (jit)
			results[i].r0 = r->code[0].enter(ctx, r->code[0].mem);
		else
			results[i].r0 = load_run_interp(&r->progs[0], ctx);
		take(&results[i]);
	}
}

static void count_hops(const struct result results[RUNS])
{
	u64 n, all = 0;
	u32 i;

	for (i = 0; i < PROGS_MAX; i++) {
		memcpy(&n, results[RUNS - 1].out + 8 * i, 8);
		all += n;
	}
	if (all > RUNS)
		chained += all - RUNS;
}

static bool same(const struct round *r, u32 way, const struct result *a, const struct result *b)
{
	u32 run, i;
	u64 x, y;

	for (run = 0; run < RUNS; run++) {
		if (memcmp(&a[run], &b[run], sizeof(*a)))
			break;
	}
	if (run == RUNS)
		return true;
	tap_diag("seed %llu, run %u, compiled %s: the engines differ", (unsigned long long)r->seed,
		 run, way_names[way]);
	tap_diag("interpreter: R0 0x%llx, %u hash elements; JIT: R0 0x%llx, %u",
		 (unsigned long long)a[run].r0,
		 a[run].hash_cnt, (unsigned long long)b[run].r0, b[run].hash_cnt);
	for (i = 0; i < GEN_OUT_SIZE; i += 8) {
		memcpy(&x, a[run].out + i, 8);
		memcpy(&y, b[run].out + i, 8);
		if (x != y)
			tap_diag("out[%u]: 0x%llx and 0x%llx", i, (unsigned long long)x, (unsigned long long)y);
	}
	show(r);
	return false;
}

static bool compare_way(struct round *r, u32 way, const struct result *want)
{
	static struct result got[RUNS];
	struct xbpf_jit_regs regs;
	struct xbpf_jit_env jenv;
	bool ok = true;
	u32 i;

	memset(got, 0, sizeof(got));
	way_env(&jenv, &regs, way, &r->rng);
	for (i = 0; i < r->prog_cnt && ok; i++) {
		ok = compile(&r->progs[i], &r->code[i], &jenv);
		if (!ok)
			tap_diag("seed %llu: %s", (unsigned long long)r->seed, r->progs[i].log.reason);
	}
	if (ok) {
		run_all(r, true, got);
		runs += RUNS;
		ok = same(r, way, want, got);
	}
	drop(r);
	return ok;
}

static bool one_round(u64 seed)
{
	static struct result want[RUNS];
	static struct round r;
	bool ok = true;
	u32 way, i;

	memset(&r, 0, sizeof(r));
	memset(want, 0, sizeof(want));
	r.seed = seed;
	make_round(&r);
	if (r.prog_cnt) {
		run_all(&r, false, want);
		count_hops(want);
		for (way = 0; way < WAYS && ok; way++)
			ok = compare_way(&r, way, want);
	}
	for (i = 0; i < r.prog_cnt; i++)
		load_free(&r.progs[i]);
	rt_reset();
	return ok;
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 rounds = argc > 2 ? strtoull(argv[2], NULL, 0) : 300;
	u64 seconds = argc > 3 ? strtoull(argv[3], NULL, 0) : 60, i;
	time_t end = time(NULL) + (time_t)seconds;
	bool ok = true;
	u32 code, kinds = 0;

	tap_begin();
	for (i = 0; ok && (rounds ? i < rounds : time(NULL) < end); i++)
		ok = one_round(seed + i);
	for (code = 0; code < 256; code++)
		kinds += seen[code];
	tap_diag("%llu rounds, %llu programs of %u opcodes, %llu images, %llu runs compared; "
		 "the interpreter made %llu tail calls",
		 (unsigned long long)i, (unsigned long long)programs, kinds, (unsigned long long)images,
		 (unsigned long long)runs, (unsigned long long)chained);
	tap_ok(ok, "seeds %llu to %llu: the JIT does what the interpreter does", (unsigned long long)seed,
	       (unsigned long long)(seed + i - 1));
	tap_ok(runs && chained, "programs ran and called each other");
	return tap_done();
}
