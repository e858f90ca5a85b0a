/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diff [SEED] [COUNT]: both engines must do the same with random programs.
 *
 * Each round makes one to four programs and a program array over them, verifies
 * them, and runs the first on several contexts: interpreted, JITed, and interpreted in
 * checked mode, each from the same state of the world. R0 and all map contents are compared
 * after every run; the programs count their runs, so tail calls are compared too.
 *
 * In every other round the programs are damaged a little, or have accesses whose bounds may
 * not suffice: most are refused then, and those that are not must be as safe. A read of
 * uninitialised stack or a leaked address shows as a difference between the engines: checked runs
 * have addresses of their own.
 *
 * Round N of a run with seed S is round 1 of a run with seed S + N - 1.
 *
 * Built from diff.c, gen.c, lib/ and the engine.
 */
#include "core/disasm.h"
#include "core/insn.h"
#include "../lib/checked.h"
#include "../tap.h"
#include "gen.h"

#define PROGS_MAX	4
#define RUNS		8

struct round {
	u64 seed;
	u32 prog_cnt;
	struct loaded progs[PROGS_MAX];
	u32 slots[GEN_SLOTS];		/* program + 1, 0: empty */
	u64 ctx[RUNS][GEN_CTX / 8];
};

/* The world after a run. */
struct result {
	u64 r0;
	u8 out[GEN_OUT_SIZE];
	u64 hash_sum;
	u32 hash_cnt;
};

static struct {
	u64 programs, refused, runs;
	u64 damaged, damaged_accepted;
	bool seen[256];			/* opcodes that some accepted program had */
	bool differed, strayed;
} total;

static struct rt_map *out_map, *hash_map, *table_map;

static void show(const struct loaded *p, u32 n)
{
	char text[128];
	u32 i;

	tap_diag("program %u:", n);
	for (i = 0; i < p->text.cnt; i++) {
		xbpf_disasm(text, sizeof(text), &p->text.insns[i], NULL, NULL);
		tap_diag("%4u: %s", i, text);
		if (xbpf_opcode(p->text.insns[i].code)->klass == XBPF_INSN_LD_IMM64)
			i++;
	}
}

/* --- one round ---------------------------------------------------------------- */

static bool load_one(struct round *r, struct gen *g, struct loaded *p)
{
	bool good, damage = r->seed & 1;

	/* either by a few changes or by accesses on the edge */
	if (damage && !g->risky)
		gen_mutate(g);
	good = !load_insns(p, g->insns, g->cnt, BPF_PROG_TYPE_KPROBE, LOAD_INTERP | LOAD_JIT);
	if (damage) {
		total.damaged++;
		total.damaged_accepted += good;
	} else {
		total.programs++;
		/* a number of them is forgiven: main() counts */
		if (!good && !total.refused++)
			tap_diag("seed %llu, program %u refused: %s", (unsigned long long)r->seed, g->number,
				 p->log.reason);
	}
	return good;
}

/* The constants that the programs compare with: what is interesting lies beside them. */
static u32 limits_of(const struct round *r, s64 *limits, u32 room)
{
	u32 i, k, n = 0;

	for (i = 0; i < r->prog_cnt; i++) {
		const struct xbpf_code *code = &r->progs[i].code;

		for (k = 0; k < code->insn_cnt && n < room; k++)
			if (xbpf_opcode(code->insns[k].code)->klass == XBPF_INSN_JUMP &&
			    BPF_SRC(code->insns[k].code) == BPF_K)
				limits[n++] = code->insns[k].imm;
	}
	return n;
}

static void make_contexts(struct round *r, struct gen *g)
{
	s64 limits[64];
	u32 i, k, n = limits_of(r, limits, ARRAY_SIZE(limits));

	for (i = 0; i < RUNS; i++) {
		for (k = 0; k < GEN_CTX / 8; k++) {
			u64 pick = gen_random(&g->rng);

			r->ctx[i][k] = n && pick & 1 ? (u64)(limits[(pick >> 8) % n] + (s64)(pick >> 40) % 3 - 1) :
				       gen_operand(&g->rng);
		}
	}
}

static bool load_round(struct round *r)
{
	static struct gen g;
	u32 i, k;

	memset(&g, 0, sizeof(g));
	g.rng = r->seed * 0x2545f4914f6cdd1dULL + 1;
	rt_reset();
	out_map = rt_map_new("out", BPF_MAP_TYPE_ARRAY, 4, GEN_OUT_SIZE, 1, 0);
	hash_map = rt_map_new("h", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	table_map = rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, GEN_SLOTS, 0);
	g.fd_out = rt_map_fd(out_map);
	g.fd_hash = rt_map_fd(hash_map);
	g.fd_table = rt_map_fd(table_map);

	g.risky = r->seed % 4 == 3;
	r->prog_cnt = 0;
	for (i = 0; i < 1 + (r->seed >> 1) % PROGS_MAX; i++) {
		struct loaded *p = &r->progs[r->prog_cnt];

		gen_program(&g, i);
		if (!load_one(r, &g, p)) {
			load_free(p);
			continue;
		}
		for (k = 0; k < p->code.insn_cnt; k++)
			if (p->code.insn_aux[k].flags & XBPF_AUX_SEEN)
				total.seen[p->code.insns[k].code] = true;
		r->prog_cnt++;
	}
	for (i = 0; i < GEN_SLOTS; i++)
		r->slots[i] = r->prog_cnt ? (u32)(gen_random(&g.rng) % (r->prog_cnt + 1)) : 0;
	make_contexts(r, &g);
	return r->prog_cnt != 0;
}

static void set_slots(struct round *r, u32 engine)
{
	u32 i;

	for (i = 0; i < GEN_SLOTS; i++)
		rt_slot_set(table_map, i,
			    r->slots[i] ? load_target(&r->progs[r->slots[i] - 1], engine) : NULL);
}

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

/* --- checked mode --------------------------------------------------------------- */

static u64 run_checked(struct round *r, u64 *ctx, u32 run)
{
	struct checked c = {
		.progs = r->progs, .prog_cnt = r->prog_cnt, .seed = r->seed * RUNS + run,
		.insns_max = 10000000,
	};
	u64 r0 = checked_run(&c, ctx, GEN_CTX);

	if (c.why[0] && !total.strayed) {
		u32 k;

		total.strayed = true;
		tap_diag("seed %llu: %s", (unsigned long long)r->seed, c.why);
		for (k = 0; k < r->prog_cnt; k++)
			show(&r->progs[k], k);
	}
	return r0;
}

/* --- comparing --------------------------------------------------------------------- */

/* Checked first: what strays there would crash the others. */
enum { CHECKED, INTERP, JIT, WAYS };

static void run_way(struct round *r, u32 way, struct result results[RUNS])
{
	u64 ctx[GEN_CTX / 8];
	u32 i;

	rt_rewind();
	set_slots(r, way == JIT ? LOAD_JIT : LOAD_INTERP);
	for (i = 0; i < RUNS; i++) {
		memcpy(ctx, r->ctx[i], sizeof(ctx));
		if (way == CHECKED)
			results[i].r0 = run_checked(r, ctx, i);
		else
			results[i].r0 = load_run(&r->progs[0], way == JIT ? LOAD_JIT : LOAD_INTERP, ctx);
		take(&results[i]);
		total.runs++;
	}
}

static bool same(const struct round *r, u32 run, const struct result *a, const struct result *b)
{
	u32 i, k;

	if (!memcmp(a, b, sizeof(*a)))
		return true;
	tap_diag("seed %llu, run %u: the engines differ", (unsigned long long)r->seed, run);
	tap_diag("R0 0x%llx and 0x%llx, hash elements %u and %u", (unsigned long long)a->r0,
		 (unsigned long long)b->r0, a->hash_cnt, b->hash_cnt);
	for (i = 0; i < GEN_OUT_SIZE; i += 8) {
		u64 x, y;

		memcpy(&x, a->out + i, 8);
		memcpy(&y, b->out + i, 8);
		if (x != y)
			tap_diag("out[%u]: 0x%llx and 0x%llx", i, (unsigned long long)x,
				 (unsigned long long)y);
	}
	for (k = 0; k < r->prog_cnt; k++)
		show(&r->progs[k], k);
	return false;
}

static void one_round(u64 seed)
{
	static struct result results[WAYS][RUNS];
	static struct round r;
	u32 i;

	memset(&r, 0, sizeof(r));
	memset(results, 0, sizeof(results));
	r.seed = seed;
	if (load_round(&r)) {
		for (i = 0; i < WAYS && !total.strayed; i++)
			run_way(&r, i, results[i]);
		for (i = 0; i < RUNS && !total.differed && !total.strayed; i++)
			total.differed = !same(&r, i, &results[INTERP][i], &results[JIT][i]) ||
					 !same(&r, i, &results[INTERP][i], &results[CHECKED][i]);
	}
	for (i = 0; i < r.prog_cnt; i++)
		load_free(&r.progs[i]);
	rt_reset();
}

/* All that the engines know: packet loads they refuse. */
static u32 opcodes_missing(void)
{
	u32 code, missing = 0;

	for (code = 0; code < 256; code++) {
		u8 klass = xbpf_opcode((u8)code)->klass;

		if (klass == XBPF_INSN_BAD || klass == XBPF_INSN_LD_PKT || total.seen[code])
			continue;
		tap_diag("no accepted program had %s (0x%02x)", xbpf_opcode((u8)code)->name, code);
		missing++;
	}
	return missing;
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 count = argc > 2 ? strtoull(argv[2], NULL, 0) : 2000, i;

	tap_begin();
	for (i = 0; i < count && !total.differed && !total.strayed; i++)
		one_round(seed + i);
	tap_diag("%llu programs, %llu refused by the verifier; %llu damaged ones, %llu accepted; "
		 "%llu runs",
		 (unsigned long long)total.programs, (unsigned long long)total.refused,
		 (unsigned long long)total.damaged, (unsigned long long)total.damaged_accepted,
		 (unsigned long long)total.runs);
	tap_ok(!total.differed, "seeds %llu to %llu: interpreter and JIT do the same",
	       (unsigned long long)seed, (unsigned long long)(seed + count - 1));
	tap_ok(!total.strayed, "no accepted program leaves its memory or runs unseen code");
	tap_ok(total.refused * 10 <= total.programs, "the verifier accepts nine of ten");
	if (count >= 1000)
		tap_ok(!opcodes_missing(), "every opcode occurs");
	return tap_done();
}
