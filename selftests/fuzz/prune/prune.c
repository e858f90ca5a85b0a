/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_prune [SEED [PROGRAMS [SECONDS]]]: pruning leaves nothing out that matters.
 *
 * Each program that the verifier accepts, and in which some path ended since a finished checkpoint
 * covered it, is walked again with every path to its end. That walk must accept it, too, and all
 * that it saw (seen.h) the first one must have seen; what the first one found out for the engines
 * must hold in the second.
 *
 * PROGRAMS 0: until SECONDS are over.  Program N of a run with seed S is program 1 of a run with
 * seed S + N - 1.
 */
#include <time.h>

#include "core/disasm.h"
#include "../../tap.h"
#include "../gen.h"
#include "../../lib/btf_text.h"
#include "joins.h"
#include "seen.h"

#define LIMIT		1500u	/* instructions walked with pruning... */
#define LIMIT_WITHOUT	3000u	/* ... and without */

static struct {
	u64 made, accepted, pruned, paths, compared, too_long, infeasible;
	bool wrong;
} total;

struct sample {
	struct bpf_insn insns[JOINS_INSNS > EDGE_INSNS ? JOINS_INSNS : EDGE_INSNS];
	u32 cnt, type, flags;
	bool may_leak, typed;
	struct btf_text btf;
};

/* The end of one walk. */
struct outcome {
	int err;
	struct xbpf_code code;
	struct bpf_insn insns[sizeof(((struct sample *)0)->insns) / sizeof(struct bpf_insn)];
	struct xbpf_log log;
	struct seen seen;
};

static struct rt_map *maps[EDGE_MAPS];
static struct edge edge;
static struct joins joins;
static struct outcome with, without;

/* --- walks ----------------------------------------------------------------------------------- */

static void walk(const struct sample *p, struct outcome *o, bool unpruned, bool feasible_only)
{
	u32 i;

	seen_begin(&o->seen, p->cnt, unpruned, feasible_only, unpruned ? LIMIT_WITHOUT : LIMIT);
	memcpy(o->insns, p->insns, sizeof(p->insns[0]) * p->cnt);
	memset(&o->code, 0, sizeof(o->code));
	o->code.type = p->type;
	o->code.flags = p->flags;
	o->code.gpl_compatible = true;
	o->code.may_leak = p->may_leak;
	o->code.insns = o->insns;
	o->code.insn_cnt = p->cnt;
	o->code.probe = &o->seen.probe;
	if (p->typed) {
		o->code.types = p->btf.types;
		o->code.funcs = p->btf.funcs;
		o->code.func_cnt = p->btf.func_cnt;
	}
	xbpf_log_init(&o->log, 0, NULL, 0);
	o->err = xbpf_verify(&o->code, &rt_env, NULL, &o->log);
	xbpf_log_finish(&o->log, NULL);
	for (i = 0; i < o->code.map_cnt; i++)
		rt_env.map_put(o->code.maps[i]);
}

static void walk_end(struct outcome *o)
{
	xbpf_code_release(&o->code);
}

/* What an engine may rely on must be so in each walk. */
#define CLAIMS	(XBPF_AUX_CONST_INDEX | XBPF_AUX_INDEX_U32 | XBPF_AUX_INDEX_FITS)

static bool facts_within(const struct xbpf_code *less, const struct xbpf_code *more, char *why,
			 u32 size)
{
	const struct xbpf_insn_aux *a, *b;
	u32 i;

	for (i = 0; i < less->insn_cnt; i++) {
		a = &less->insn_aux[i];
		b = &more->insn_aux[i];
		if (!(a->flags & XBPF_AUX_SEEN))
			continue;
		if (!(b->flags & CLAIMS & ~a->flags) && (!b->map || b->map == a->map) &&
		    (!(b->flags & XBPF_AUX_CONST_INDEX) || b->arg == a->arg))
			continue;
		snprintf(why, size, "insn %u: facts %#x, map %u; not %#x, map %u", i, a->flags, a->map,
			 b->flags, b->map);
		return false;
	}
	for (i = 0; i < less->subprog_cnt; i++) {
		if (less->subprogs[i].stack_depth <= more->subprogs[i].stack_depth)
			continue;
		snprintf(why, size, "function %u: %u bytes of stack", i, less->subprogs[i].stack_depth);
		return false;
	}
	if (!(less->ctx_words & ~more->ctx_words) && !(less->ctx_written & ~more->ctx_written) &&
	    less->ctx_used <= more->ctx_used && less->packet_write <= more->packet_write)
		return true;
	snprintf(why, size, "accesses to the context or the packet");
	return false;
}

enum { NOTHING_PRUNED, SAME, TOO_LONG, DIFFERENT };

static int compare(const struct sample *p, bool feasible_only, char *why, u32 size)
{
	int result = NOTHING_PRUNED;

	walk(p, &with, false, feasible_only);
	if (!with.err && with.seen.probe.pruned) {
		walk(p, &without, true, feasible_only);
		if (without.seen.at_limit) {
			result = TOO_LONG;
		} else if (without.err) {
			snprintf(why, size, "it is refused: %.200s", without.log.reason);
			result = DIFFERENT;
		} else {
			result = seen_within(&without.seen, &with.seen, p->cnt, why, size) &&
				 facts_within(&without.code, &with.code, why, size) ? SAME : DIFFERENT;
		}
		walk_end(&without);
	}
	walk_end(&with);
	return result;
}

static void show(const struct sample *p)
{
	char text[128];
	u32 i;

	for (i = 0; i < p->cnt; i++) {
		xbpf_disasm(text, sizeof(text), &p->insns[i], NULL, NULL);
		tap_diag("%4u: %s", i, text);
		if (xbpf_opcode(p->insns[i].code)->klass == XBPF_INSN_LD_IMM64)
			i++;
	}
	tap_diag("type %u, flags %#x%s", p->type, p->flags, p->may_leak ? ", may leak" : "");
}

static void try(const struct sample *p, u64 seed)
{
	char why[300], again[300];
	int result = compare(p, false, why, sizeof(why));

	total.accepted += !with.err;
	if (result == NOTHING_PRUNED)
		return;
	total.pruned++;
	total.paths += with.seen.probe.pruned;
	if (result == TOO_LONG) {
		total.too_long++;
		return;
	}
	total.compared++;
	if (result == SAME)
		return;
	if (compare(p, true, again, sizeof(again)) != DIFFERENT) {
		total.infeasible++;
		return;
	}
	total.wrong = true;
	tap_diag("seed %llu: without pruning %s", (unsigned long long)seed, why);
	tap_diag("(infeasible paths left out: %s)", again);
	show(p);
}

/* --- programs -------------------------------------------------------------------------------- */

/* Instructions and prototypes, by whatever generator. */
static bool take(struct sample *p, struct bpf_insn *insns, u32 cnt, struct asm_func *funcs,
		 u32 func_cnt)
{
	struct asm_prog text = { .insns = insns, .cnt = cnt, .funcs = funcs, .func_cnt = func_cnt };

	memcpy(p->insns, insns, sizeof(*insns) * cnt);
	p->cnt = cnt;
	p->typed = func_cnt;
	return !func_cnt || btf_text_make(&p->btf, &text);
}

static bool make_edge(struct sample *p, u64 rng)
{
	static const u32 types[] = { BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_SCHED_CLS,
				     BPF_PROG_TYPE_SOCKET_FILTER };

	edge.rng = rng;
	edge.type = types[gen_random(&edge.rng) % ARRAY_SIZE(types)];
	edge.risk = gen_random(&edge.rng) % 3;
	edge.callbacks = true;
	edge_program(&edge);
	p->type = edge.type;
	return !edge.full && take(p, edge.insns, edge.cnt, edge.protos, edge.proto_cnt);
}

static bool make_joins(struct sample *p, u64 rng, u32 kind)
{
	memset(&joins, 0, sizeof(joins));
	joins.rng = rng;
	joins.fd = edge.fd;
	joins.type = gen_random(&joins.rng) % 3 ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_SCHED_CLS;
	joins.may_leak = p->may_leak;
	joins.risk = gen_random(&joins.rng) % 4 ? 0 : 3;
	joins.narrow = kind < 4;
	if (kind == 7)
		joins_graph(&joins);
	else
		joins_program(&joins);
	p->type = joins.type;
	return !joins.full && take(p, joins.insns, joins.cnt, joins.protos, joins.proto_cnt);
}

static void one(u64 seed)
{
	static struct sample p;
	u64 rng = seed * 0x2545f4914f6cdd1dULL + 1, r = gen_random(&rng);
	u32 kind = r % 10;

	p.may_leak = r >> 16 & 1;
	/* a checkpoint at each place where paths meet, or as programs have them */
	p.flags = r >> 17 & 1 ? BPF_F_TEST_STATE_FREQ : 0;
	if (kind < 8 ? !make_joins(&p, rng, kind) : !make_edge(&p, rng))
		return;
	total.made++;
	try(&p, seed);
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 programs = argc > 2 ? strtoull(argv[2], NULL, 0) : 1000, i;
	time_t until = argc > 3 ? time(NULL) + atol(argv[3]) : 0;

	tap_begin();
	edge_maps(&edge, maps);
	for (i = 0; !total.wrong && (programs ? i < programs : time(NULL) < until); i++)
		one(seed + i);
	rt_reset();
	tap_diag("%llu programs made, %llu accepted, in %llu of them %llu paths pruned; "
		 "%llu compared with every path walked, %llu too long for that; "
		 "%llu differed on infeasible paths only",
		 (unsigned long long)total.made, (unsigned long long)total.accepted,
		 (unsigned long long)total.pruned, (unsigned long long)total.paths,
		 (unsigned long long)total.compared, (unsigned long long)total.too_long,
		 (unsigned long long)total.infeasible);
	tap_ok(!total.wrong, "seeds %llu to %llu: pruning leaves nothing out",
	       (unsigned long long)seed, (unsigned long long)(seed + i - 1));
	tap_ok(total.compared * 5 >= total.made, "one of five programs is compared");
	return tap_done();
}
