/* SPDX-License-Identifier: GPL-2.0 */
/* Programs of the vectors, and random ones. */
#include "../fuzz/gen.h"
#include "../lib/vec.h"
#include "../tap.h"
#include "oracle.h"

/* --- vectors --------------------------------------------------------------------- */

static struct oracle_tally vectors = { .name = "vectors" };

static void try_vector(void *unused, const struct vec *vec)
{
	char name[200];
	int maps[VEC_MAPS];
	u32 i;

	(void)unused;
	for (i = 0; i < vec->map_cnt; i++) {
		const struct vec_map *m = &vec->maps[i];

		maps[i] = oracle_map(m->name, m->type, m->key_size, m->value_size, m->max_entries, m->flags);
	}
	/* the content of frozen maps counts for the verdict */
	for (i = 0; i < vec->init_cnt; i++)
		oracle_map_set(maps[vec->inits[i].map], vec->inits[i].key, vec->inits[i].value);
	for (i = 0; i < vec->map_cnt; i++)
		if (vec->maps[i].freeze)
			oracle_map_freeze(maps[i]);
	for (i = 0; i < vec->prog_cnt; i++) {
		struct oracle_prog p = { .name = name, .type = vec->type };

		snprintf(name, sizeof(name), "%s, %s", vec->name, vec->progs[i].name);
		oracle_try_text(&vectors, &p, vec->progs[i].text);
	}
	oracle_maps_drop();
}

void oracle_vectors(char **paths, u32 cnt)
{
	char error[300];
	u32 i;

	for (i = 0; i < cnt; i++)
		if (vec_parse(paths[i], try_vector, NULL, error, sizeof(error)) < 0)
			tap_ok(false, "%s", error);
	oracle_report(&vectors);
	tap_ok(!vectors.only_upstream && !vectors.both_refuse, "vectors: xbpf accepts every one");
}

/* --- random ones ------------------------------------------------------------------ */

/* Says the same, or something else that is as random, without what -mcpu=v4 brought. */
static void lower(struct gen *g)
{
	u32 i;

	for (i = 0; i < g->cnt; i++) {
		struct bpf_insn *insn = &g->insns[i];
		u8 cls = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++;
		} else if (cls == BPF_LDX && BPF_MODE(insn->code) == BPF_MEMSX) {
			insn->code = (u8)(BPF_LDX | BPF_MEM | BPF_SIZE(insn->code));
		} else if (insn->code == (BPF_ALU64 | BPF_END)) {
			insn->code = BPF_ALU | BPF_END | BPF_TO_BE;
		} else if ((cls == BPF_ALU || cls == BPF_ALU64) &&
			   (op == BPF_MOV || op == BPF_DIV || op == BPF_MOD)) {
			insn->off = 0;
		} else if (insn->code == (BPF_JMP32 | BPF_JA)) {
			insn->code = BPF_JMP | BPF_JA;
			insn->off = (s16)insn->imm;
			insn->imm = 0;
		}
	}
}

enum { GOOD, DAMAGED, RISKY, RISKY_DAMAGED, KINDS };

static struct oracle_tally kinds[KINDS] = {
	[GOOD] = { .name = "random" },
	[DAMAGED] = { .name = "random, damaged" },
	[RISKY] = { .name = "random, near the bounds" },
	[RISKY_DAMAGED] = { .name = "random, near the bounds, damaged" },
};

static void try_random(struct gen *g, u64 seed)
{
	u32 kind = seed % KINDS;
	char name[40];
	struct oracle_prog p = { .name = name, .type = BPF_PROG_TYPE_KPROBE,
				 .insns = g->insns };

	g->rng = seed * 0x2545f4914f6cdd1dULL + 1;
	g->risky = kind >= RISKY;
	gen_program(g, seed % 8);
	if (kind == DAMAGED || kind == RISKY_DAMAGED)
		gen_mutate(g);
	if (seed / KINDS % 2)
		lower(g);
	p.cnt = g->cnt;
	snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
	oracle_try(&kinds[kind], &p);
}

void oracle_random(u64 seed, u32 count)
{
	static struct gen g;
	u32 i;

	g.fd_out = oracle_map("out", BPF_MAP_TYPE_ARRAY, 4, GEN_OUT_SIZE, 1, 0);
	g.fd_hash = oracle_map("h", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	g.fd_table = oracle_map("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, GEN_SLOTS, 0);
	for (i = 0; i < count; i++)
		try_random(&g, seed + i);
	oracle_maps_drop();
	for (i = 0; i < KINDS; i++)
		oracle_report(&kinds[i]);
}
