/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_verify [SEED [ROUNDS [SECONDS]]]: what the verifier accepts keeps to its memory, and its
 * registers keep to what the verifier claimed of them.
 *
 * Each round makes some programs about the edge of what is accepted, of one type, and a program
 * array over them. The accepted ones run in the interpreter's checked mode on several contexts,
 * packets and map contents. Every access, the helpers' too, is held against what was allocated and
 * (for programs that may not see old stack) what was written; every register against the states
 * walked at that instruction; records must be given back. A program whose loader may not see
 * addresses must do the same wherever its memory lies.
 *
 * ROUNDS 0: until SECONDS are over. Round N of a run with seed S is round 1 of a run with seed S +
 * N - 1.
 */
#include <time.h>

#include "core/disasm.h"
#include "core/insn.h"
#include "../../lib/space.h"
#include "../../tap.h"
#include "../gen.h"
#include "edge.h"
#include "observer.h"

#define PROGS_MAX	3
#define RUNS		4
#define PACKET_MAX	96

static struct {
	u64 generated, accepted, runs, insns, claimed, callbacks, globals, packets;
	bool violated;
} total;

static struct rt_map *maps[EDGE_MAPS];
static struct loaded progs[PROGS_MAX];
static struct claims claims[PROGS_MAX];
static bool claimed[PROGS_MAX];
static u32 prog_cnt;

static void fill_constants(void)
{
	u32 zero = 0;

	memcpy(rt_map_lookup(maps[EDGE_RO], &zero), "\1\2\3\4\5\6\7\10 constants", 16);
}

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

/* --- input -------------------------------------------------------------------------------- */

/* Something near what the programs compare with. */
static u64 operand(struct edge *e)
{
	const struct loaded *p = &progs[gen_random(&e->rng) % prog_cnt];
	u64 r = gen_random(&e->rng);
	s32 imm = p->code.insns[(r >> 8) % p->code.insn_cnt].imm;

	switch (r % 4) {
	case 0:
		return gen_operand(&e->rng);
	case 1:
		return r >> 40 & 0x7f;
	case 2:
		return (u64)(s64)imm + (r >> 40) % 3 - 1;
	default:
		return (u32)imm + (r >> 40) % 3 - 1;
	}
}

static void fill_value(struct edge *e, void *value, u32 size)
{
	u64 word;
	u32 i;

	for (i = 0; i < size; i += 8) {
		word = operand(e);
		memcpy((u8 *)value + i, &word, size - i < 8 ? size - i : 8);
	}
}

static void fill_maps(struct edge *e)
{
	u8 value[EDGE_VALUE];
	u32 zero = 0, i;
	u64 key;

	fill_value(e, rt_map_lookup(maps[EDGE_ARR_MAP], &zero), EDGE_ARR);
	for (i = 0; i < 3; i++) {
		fill_value(e, rt_map_lookup(maps[EDGE_PERCPU], &i), EDGE_VALUE);
		fill_value(e, rt_map_lookup(maps[EDGE_MANY], &i), EDGE_VALUE);
		fill_value(e, value, sizeof(value));
		key = gen_random(&e->rng) % 6;
		rt_map_update(maps[EDGE_HASH], &key, value, 0);
		rt_map_update(maps[EDGE_LRU], &key, value, 0);
	}
	fill_value(e, value, sizeof(value));
	if (gen_random(&e->rng) & 1)
		rt_map_push(maps[EDGE_QUEUE], value, 0);
}

/* --- runs ---------------------------------------------------------------------------------- */

/* What a program whose loader may not see addresses must not let them decide. */
struct result {
	u64 r0, insns;
	u8 arr[EDGE_ARR], many[3][EDGE_VALUE];
};

static void take(struct result *res, u64 r0, u64 insns)
{
	u32 i, zero = 0;

	res->r0 = r0;
	res->insns = insns;
	memcpy(res->arr, rt_map_lookup(maps[EDGE_ARR_MAP], &zero), EDGE_ARR);
	for (i = 0; i < ARRAY_SIZE(res->many); i++)
		memcpy(res->many[i], rt_map_lookup(maps[EDGE_MANY], &i), EDGE_VALUE);
}

static void violated(const char *what)
{
	u32 i;

	tap_diag("%s", what);
	for (i = 0; i < prog_cnt; i++)
		show(&progs[i], i);
	total.violated = true;
}

static void one_run(struct edge *e, bool strict, u64 addresses, struct result *res)
{
	static u64 regs[EDGE_CTX / 8];
	static struct observer w;
	struct xbpf_skb_ctx skb;
	u8 *packet = NULL;
	u32 len = 0, rights = SPACE_READ, i;
	void *ctx;
	bool stopped;
	u64 r0;

	w = (struct observer){
		.progs = progs, .claims = claims, .claimed = claimed, .prog_cnt = prog_cnt,
		.type = e->type, .strict = strict,
	};
	fill_maps(e);
	space_begin(addresses);
	if (e->type == BPF_PROG_TYPE_KPROBE) {
		for (i = 0; i < ARRAY_SIZE(regs); i++)
			regs[i] = operand(e);
		ctx = regs;
		w.ctx_size = sizeof(regs);
	} else {
		memset(&skb, 0, sizeof(skb));
		len = (u32)(gen_random(&e->rng) % (PACKET_MAX + 1));
		packet = malloc(len ? len : 1);	/* its own: ASan watches the end */
		fill_value(e, packet, len);
		skb.view.len = len;
		skb.data_len = len;
		rights = e->type == BPF_PROG_TYPE_SCHED_CLS ? SPACE_READ | SPACE_WRITE : SPACE_READ;
		w.data = space_put(packet, len, len ? rights : 0);
		w.data_end = w.data + len;
		skb.data = (const u8 *)(unsigned long)w.data;
		skb.data_end = (const u8 *)(unsigned long)w.data_end;
		ctx = &skb;
		w.ctx_size = sizeof(skb);
		rights = SPACE_READ | SPACE_WRITE;
		total.packets++;
	}
	w.ctx = space_put(ctx, w.ctx_size, rights);
	observer_begin(&w);
	r0 = xbpf_image_run_checked(progs[0].image, w.ctx, &w.check, &stopped);
	take(res, r0, w.insns);
	if (!observer_end(&w) || stopped)
		violated(w.why[0] ? w.why : "the run left its stack");
	total.runs++;
	total.insns += w.insns;
	space_end();
	free(packet);
}

/* Twice from the same state of the world, at other addresses. */
static void two_runs(struct edge *e)
{
	static struct result results[2];
	u64 rng = e->rng, addresses = gen_random(&rng);
	u32 i;

	memset(results, 0, sizeof(results));
	for (i = 0; i < 2 && !total.violated; i++) {
		e->rng = rng;
		rt_rewind();
		fill_constants();
		one_run(e, true, addresses + i, &results[i]);
	}
	if (!total.violated && memcmp(&results[0], &results[1], sizeof(results[0])))
		violated("what the program does depends on addresses that it may not see");
}

/* Accepted, and ready to run; with claims when it is also accepted while watched. */
static bool load_one(struct edge *e, u32 flags)
{
	struct loaded *p = &progs[prog_cnt], again;
	u32 i;

	total.generated++;
	if (load_insns_typed(p, e->insns, e->cnt, e->type, LOAD_INTERP | flags, e->protos,
			     e->proto_cnt, NULL)) {
		load_free(p);
		return false;
	}
	total.accepted++;
	for (i = 0; i < e->cnt; i++)
		total.callbacks += e->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		e->insns[i].src_reg == BPF_PSEUDO_FUNC;
	claims_begin(&claims[prog_cnt], e->cnt);
	total.globals += e->proto_cnt;
	claimed[prog_cnt] = !load_insns_typed(&again, e->insns, e->cnt, e->type, flags,
					      e->protos, e->proto_cnt, &claims[prog_cnt].observer) &&
			    claims[prog_cnt].whole;
	load_free(&again);
	total.claimed += claimed[prog_cnt];
	prog_cnt++;
	return true;
}

static void one_round(u64 seed)
{
	static const u32 types[] = { BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_KPROBE,
				     BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SOCKET_FILTER };
	static struct result result;
	static struct edge e;
	bool strict = seed & 1;
	u32 i, k;

	memset(&e, 0, sizeof(e));
	e.rng = seed * 0x2545f4914f6cdd1dULL + 1;
	e.type = types[seed / 2 % ARRAY_SIZE(types)];
	e.risk = seed / 8 % 4 * 5;
	e.callbacks = true;
	e.leaks = !strict;
	prog_cnt = 0;
	edge_maps(&e, maps);
	for (i = 0; i < PROGS_MAX; i++) {
		edge_program(&e);
		if (e.full)
			continue;
		if (seed / 32 % 4 == 0) {
			struct gen g = { .rng = e.rng, .cnt = e.cnt };

			memcpy(g.insns, e.insns, e.cnt * sizeof(*e.insns));
			gen_mutate(&g);
			memcpy(e.insns, g.insns, e.cnt * sizeof(*e.insns));
			e.rng = g.rng;
		}
		load_one(&e, LOAD_QUIET | (strict ? 0 : LOAD_MAY_LEAK));
	}
	for (i = 0; i < EDGE_SLOTS && prog_cnt; i++) {
		k = (u32)(gen_random(&e.rng) % (prog_cnt + 1));
		rt_slot_set(maps[EDGE_TABLE], i, k ? progs[k - 1].image : NULL);
	}
	/* each program comes first in turn */
	for (k = 0; k < prog_cnt && !total.violated; k++) {
		for (i = 0; i < RUNS && !total.violated; i++) {
			if (strict)
				two_runs(&e);
			else
				one_run(&e, false, gen_random(&e.rng), &result);
		}
		swap(progs[0], progs[prog_cnt - 1 - k]);
		swap(claims[0], claims[prog_cnt - 1 - k]);
		swap(claimed[0], claimed[prog_cnt - 1 - k]);
	}
	if (total.violated)
		tap_diag("seed %llu%s", (unsigned long long)seed, strict ? ", strict" : "");
	for (i = 0; i < prog_cnt; i++) {
		load_free(&progs[i]);
		claims_end(&claims[i]);
	}
	rt_reset();
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 rounds = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000, i;
	time_t until = argc > 3 ? time(NULL) + atol(argv[3]) : 0;

	tap_begin();
	for (i = 0; !total.violated && (rounds ? i < rounds : time(NULL) < until); i++)
		one_round(seed + i);
	tap_diag("%llu programs generated, %llu accepted (%llu "
		 "with claims), %llu runs of %llu instructions, %llu on packets; "
		 "%llu callbacks, %llu global functions",
		 (unsigned long long)total.generated, (unsigned long long)total.accepted,
		 (unsigned long long)total.claimed,
		 (unsigned long long)total.runs, (unsigned long long)total.insns,
		 (unsigned long long)total.packets,
		 (unsigned long long)total.callbacks, (unsigned long long)total.globals);
	tap_ok(!total.violated, "seeds %llu to %llu: no accepted program strays",
	       (unsigned long long)seed, (unsigned long long)(seed + i - 1));
	tap_ok(total.accepted * 5 >= total.generated, "one of five programs is accepted");
	return tap_done();
}
