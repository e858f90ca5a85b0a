/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured: one row each, and the programs of a row.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define STREAM		4096	/* indices in an index stream, a power of two */
#define HOPS_MAX	33

/* --- building a case ----------------------------------------------------------------------- */

static void *must(void *p)
{
	if (!p) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	return p;
}

/* The text of a program, written piece by piece. */
static char *text_buf;
static size_t text_len, text_room;

__printf(1, 2) static void say(const char *fmt, ...)
{
	va_list args;
	int n;

	for (;;) {
		va_start(args, fmt);
		n = vsnprintf(text_buf + text_len, text_room - text_len, fmt, args);
		va_end(args);
		if (text_len + (size_t)n < text_room)
			break;
		text_room = text_room ? 2 * text_room : 4096;
		text_buf = must(realloc(text_buf, text_room));
	}
	text_len += (size_t)n;
}

static u32 add_prog(struct bench_case *c)
{
	c->text = must(realloc(c->text, (c->prog_cnt + 1) * sizeof(*c->text)));
	c->text[c->prog_cnt] = must(strdup(text_buf));
	text_len = 0;
	return c->prog_cnt++;
}

static struct bench_map *add_map(struct bench_case *c, const char *name, u32 type, u32 key_size,
				 u32 value_size, u32 max_entries)
{
	struct bench_map *m = &c->maps[c->map_cnt++];

	memset(m, 0, sizeof(*m));
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->type = type;
	m->key_size = key_size;
	m->value_size = value_size;
	m->max_entries = max_entries;
	return m;
}

static void add_slot(struct bench_case *c, u32 index, u32 prog)
{
	c->slots = must(realloc(c->slots, (c->slot_cnt + 1) * sizeof(*c->slots)));
	c->slots[c->slot_cnt++] = (struct bench_slot){ index, prog };
}

void bench_case_free(struct bench_case *c)
{
	u32 i;

	for (i = 0; i < c->prog_cnt; i++)
		free(c->text[i]);
	for (i = 0; i < c->map_cnt; i++)
		free(c->maps[i].values);
	free(c->text);
	free(c->slots);
	memset(c, 0, sizeof(*c));
}

static void build_empty(struct bench_case *c, u32 arg, u32 arg2)
{
	(void)arg, (void)arg2;
	say("r0 = 0; exit");
	add_prog(c);
}

/*
 * --- chains: program i tail-calls program i + 1 ------------------------------------------------
 */

static void build_chain_const(struct bench_case *c, u32 hops, u32 unused)
{
	u32 i;

	(void)unused;
	add_map(c, "jmp", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, HOPS_MAX + 1);
	for (i = 0; i <= hops; i++) {
		if (i < hops)
			say("r2 = map[jmp] ll; r3 = %u; call tail_call\n", i + 1);
		say("r0 = %u; exit\n", i);
		add_slot(c, i, add_prog(c));
	}
}

/* The same with the index from memory. */
static void build_chain_loaded(struct bench_case *c, u32 hops, u32 unused)
{
	u32 *next = must(calloc(HOPS_MAX + 1, sizeof(*next))), i;

	(void)unused;
	add_map(c, "jmp", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, HOPS_MAX + 1);
	add_map(c, "next", BPF_MAP_TYPE_ARRAY, 4, 4 * (HOPS_MAX + 1), 1)->values = next;
	for (i = 0; i <= hops; i++) {
		next[i] = i + 1;
		if (i < hops)
			say("r3 = map[next][0]+%u ll; r3 = *(u32 *)(r3 + 0); r2 = map[jmp] ll; call tail_call\n", 4 * i);
		say("r0 = %u; exit\n", i);
		add_slot(c, i, add_prog(c));
	}
}

/*
 * --- dispatch: every handler takes the next index from a stream --------------------------------
 */

enum stream { STREAM_HOT, STREAM_UNIFORM, STREAM_ZIPF };

static u32 random_next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (u32)(*state >> 32);
}

/* Zipf with exponent 1: slot k with weight 1 / (k + 1). */
static u32 zipf(u64 *random, u32 slots)
{
	double total = 0, at;
	u32 k;

	for (k = 0; k < slots; k++)
		total += 1.0 / (k + 1);
	at = total * random_next(random) / 4294967296.0;
	for (k = 0; k + 1 < slots; k++) {
		at -= 1.0 / (k + 1);
		if (at < 0)
			break;
	}
	return k;
}

static void build_dispatch(struct bench_case *c, u32 slots, u32 kind)
{
	u32 *stream = must(calloc(STREAM, sizeof(*stream))), i;
	u64 random = 0x2545f4914f6cdd1dULL;

	add_map(c, "jmp", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, slots);
	add_map(c, "stream", BPF_MAP_TYPE_ARRAY, 4, 4 * STREAM, 1)->values = stream;
	add_map(c, "at", BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	for (i = 0; i < STREAM; i++) {
		if (kind == STREAM_UNIFORM)
			stream[i] = random_next(&random) % slots;
		else if (kind == STREAM_ZIPF)
			stream[i] = zipf(&random, slots);
		else	/* nine of ten to one slot */
			stream[i] = random_next(&random) % 10 ? slots / 2 : random_next(&random) % slots;
	}
	for (i = 0; i < slots; i++) {
		say("r6 = map[at][0] ll; r7 = *(u32 *)(r6 + 0); r8 = r7; r7 += 1; *(u32 *)(r6 + 0) = r7\n"
		    "r8 &= %u; r8 <<= 2; r9 = map[stream][0] ll; r9 += r8; r3 = *(u32 *)(r9 + 0)\n"
		    "r2 = map[jmp] ll; call tail_call\n"
		    "r0 = %u; exit\n", STREAM - 1, i);
		add_slot(c, i, add_prog(c));
	}
}

static void build_failed(struct bench_case *c, u32 calls, u32 unused)
{
	u32 i;

	(void)unused;
	add_map(c, "jmp", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8);
	add_map(c, "next", BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	say("r6 = r1; r7 = map[next][0] ll\n");
	for (i = 0; i < calls; i++)
		say("r1 = r6; r2 = map[jmp] ll; r3 = *(u32 *)(r7 + 0); call tail_call\n");
	say("r0 = 0; exit\n");
	add_prog(c);
}

/*
 * --- code without tail calls --------------------------------------------------------------------
 */

/* Rounds of a mixing function on three words, as hash functions of tables do. */
static void build_hash(struct bench_case *c, u32 rounds, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = *(u32 *)(r1 + 0); r7 = 0x9e3779b9; r8 = r6; r8 ^= r7\n");
	for (i = 0; i < rounds; i++)
		say("w6 -= w8; w0 = w8; w0 <<= 4; w2 = w8; w2 >>= 28; w0 |= w2; w6 ^= w0; w8 += w7\n"
		    "w7 -= w6; w0 = w6; w0 <<= 6; w2 = w6; w2 >>= 26; w0 |= w2; w7 ^= w0; w6 += w8\n"
		    "r8 *= %u; r8 ^= r7\n", 2 * i + 3);
	say("r0 = r6; r0 ^= r7; r0 ^= r8; exit\n");
	add_prog(c);
}

static void build_div(struct bench_case *c, u32 rounds, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = *(u32 *)(r1 + 0); r7 = 0xfedcba9876543210 ll; r6 += 7; r0 = 0\n");
	for (i = 0; i < rounds; i++)
		say("r8 = r7; r8 /= r6; r0 += r8; r8 = r7; r8 %%= r6; r0 ^= r8; w8 = w7; w8 /= %u; "
		    "r0 += r8; r7 += r0\n",
		    i + 3);
	say("exit\n");
	add_prog(c);
}

static void build_swap(struct bench_case *c, u32 rounds, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = *(u32 *)(r1 + 0); r0 = 0; r7 = r6\n");
	for (i = 0; i < rounds; i++)
		say("r7 = be64 r7; r0 += r7; r8 = r0; r8 = be32 r8; r7 ^= r8; r9 = r7; r9 = be16 r9; r0 += r9\n");
	say("exit\n");
	add_prog(c);
}

static void build_copy(struct bench_case *c, u32 bytes, u32 unused)
{
	u32 i;

	(void)unused;
	add_map(c, "buf", BPF_MAP_TYPE_ARRAY, 4, 2 * bytes, 1);
	say("r6 = map[buf][0] ll; r7 = r6; r7 += %u; r0 = 0\n", bytes);
	for (i = 0; i < bytes; i += 8)
		say("r1 = *(u64 *)(r6 + %u); *(u64 *)(r7 + %u) = r1\n", i, i);
	say("exit\n");
	add_prog(c);
}

/* Ethernet, IPv4, UDP by direct access; the packet is made by the peers. */
static void build_parse(struct bench_case *c, u32 unused, u32 unused2)
{
	(void)unused, (void)unused2;
	c->type = BPF_PROG_TYPE_SCHED_CLS;
	say("r6 = *(u32 *)(r1 + 76); r7 = *(u32 *)(r1 + 80); r0 = 0\n"
	    "r2 = r6; r2 += 14; if r2 > r7 goto out\n"
	    "r3 = *(u16 *)(r6 + 12); r3 = be16 r3; if r3 != 0x800 goto out\n"
	    "r2 = r6; r2 += 34; if r2 > r7 goto out\n"
	    "r4 = *(u8 *)(r6 + 14); r4 &= 15; r4 <<= 2; if r4 < 20 goto out\n"
	    "r5 = *(u8 *)(r6 + 23); if r5 != 17 goto out\n"
	    "r8 = r6; r8 += 14; r8 += r4; r2 = r8; r2 += 8; if r2 > r7 goto out\n"
	    "r9 = *(u16 *)(r8 + 2); r9 = be16 r9; r0 = *(u32 *)(r6 + 26); r0 = be32 r0; r0 += r9\n"
	    "r3 = *(u32 *)(r6 + 30); r3 = be32 r3; r0 ^= r3\n"
	    "out: exit\n");
	add_prog(c);
}

static void build_load_abs(struct bench_case *c, u32 rounds, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = r1; r7 = 0\n");
	for (i = 0; i < rounds; i++)
		say("r0 = *(u16 *)skb[%u]; r7 += r0; r0 = *(u32 *)skb[%u]; r7 ^= r0; "
		    "r0 = *(u8 *)skb[%u]; r7 += r0\n",
		    i % 8, 8 + i % 8, 20 + i % 4);
	say("r0 = r7; exit\n");
	add_prog(c);
}

static void build_lookup(struct bench_case *c, u32 type, u32 rounds)
{
	struct bench_map *m = add_map(c, "m", type, 4, 8, 64);
	u32 i;

	if (type == BPF_MAP_TYPE_HASH)
		m->filled = 64;
	say("r6 = 0\n");
	for (i = 0; i < rounds; i++)
		say("*(u32 *)(r10 - 4) = %u; r1 = map[m] ll; r2 = r10; r2 += -4; call map_lookup_elem\n"
		    "if r0 == 0 goto n%u; r1 = *(u64 *)(r0 + 0); r6 += r1; n%u:\n", i, i, i);
	say("r0 = r6; exit\n");
	add_prog(c);
}

static void build_helper(struct bench_case *c, u32 rounds, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = 0\n");
	for (i = 0; i < rounds; i++)
		say("call get_smp_processor_id; r6 += r0\n");
	say("r0 = r6; exit\n");
	add_prog(c);
}

static void build_subprog(struct bench_case *c, u32 calls, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = *(u32 *)(r1 + 0)\n");
	for (i = 0; i < calls; i++)
		say("r1 = r6; r2 = %u; call f; r6 += r0\n", i);
	say("r0 = r6; exit\n"
	    "f: r0 = r1; r0 += r2; r0 *= 3; *(u64 *)(r10 - 8) = r0; if r2 == 999 goto g\nexit\n"
	    "g: r0 ^= r1; exit\n");
	add_prog(c);
}

/* A long program of the usual mix, for the time that loading takes. */
static void build_long(struct bench_case *c, u32 insns, u32 unused)
{
	u32 i;

	(void)unused;
	say("r6 = *(u32 *)(r1 + 0); r7 = 0; r8 = 1; r9 = 2\n");
	for (i = 0; i + 12 < insns; i += 8)
		say("r7 += r6; w8 ^= w7; *(u64 *)(r10 - 8) = r7; r9 = *(u64 *)(r10 - 8); r9 &= 255\n"
		    "if r9 > 200 goto l%u; r7 += %u; r6 -= r9; l%u:\n", i, i, i);
	say("r0 = r7; exit\n");
	add_prog(c);
}

/* Slot 1 is written; @sites programs jump to it with a constant index. */
static void build_update(struct bench_case *c, u32 slots, u32 sites)
{
	u32 i;

	add_map(c, "jmp", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, slots);
	say("r0 = 0; exit\n");
	add_prog(c);
	say("r0 = 1; exit\n");
	add_prog(c);
	for (i = 2; i < slots; i++)
		add_slot(c, i, i & 1);
	add_slot(c, 1, 1);
	for (i = 0; i < sites; i++) {
		say("r2 = map[jmp] ll; r3 = 1; call tail_call; r0 = 2; exit\n");
		add_prog(c);
	}
}

/*
 * --- the rows ------------------------------------------------------------------------------------
 */

const struct bench_row bench_empty = { .group = "base", .name = "empty program",
				       .unit = "run", .units = 1,
				       .build = build_empty };

static const u32 chains[] = { 1, 8, 16, 33 };
static const u32 tables[] = { 2, 8, 64, 512 };
static const char *const streams[] = { "hot", "uniform", "Zipf" };

static const struct bench_row code_rows[] = {
	{ "failed", "empty slot, run-time index", "call", 32, BENCH_TAIL, build_failed, 32, 0 },
	{ "code", "hash rounds", "round", 64, 0, build_hash, 64, 0 },
	{ "code", "division and modulo", "round", 32, 0, build_div, 32, 0 },
	{ "code", "byte swaps", "round", 64, 0, build_swap, 64, 0 },
	{ "code", "memory copy", "8 bytes", 64, 0, build_copy, 512, 0 },
	{ "code", "packet parse, direct access", "packet", 1, 0, build_parse, 0, 0 },
	{ "code", "packet parse, LD_ABS", "3 loads", 16, 0, build_load_abs, 16, 0 },
	{ "code", "subprogram calls", "call", 32, 0, build_subprog, 32, 0 },
	{ "code", "map lookup, array", "lookup", 16, BENCH_KERNEL, build_lookup, BPF_MAP_TYPE_ARRAY, 16 },
	{ "code", "map lookup, per-CPU array", "lookup", 16, BENCH_KERNEL, build_lookup,
	  BPF_MAP_TYPE_PERCPU_ARRAY, 16 },
	{ "code", "map lookup, hash", "lookup", 16, BENCH_KERNEL, build_lookup, BPF_MAP_TYPE_HASH, 16 },
	{ "code", "get_smp_processor_id", "call", 32, BENCH_KERNEL, build_helper, 32, 0 },
};

static const u32 lengths[] = { 100, 1000, 4000 };
static const u32 updates[][2] = { { 8, 0 }, { 64, 0 }, { 512, 0 }, { 64, 1 },
				  { 64, 8 }, { 64, 64 } };

const struct bench_row *bench_row(u32 i)
{
	static struct bench_row row;

	memset(&row, 0, sizeof(row));
	if (i < 2 * ARRAY_SIZE(chains)) {
		bool loaded = i >= ARRAY_SIZE(chains);

		row.arg = chains[i % ARRAY_SIZE(chains)];
		row.units = row.arg;
		row.group = "hop";
		row.flags = BENCH_TAIL;
		row.unit = "hop";
		row.build = loaded ? build_chain_loaded : build_chain_const;
		snprintf(row.name, sizeof(row.name), "%s index, chain of %u",
			 loaded ? "run-time" : "constant", row.arg);
		return &row;
	}
	i -= 2 * ARRAY_SIZE(chains);
	if (i < ARRAY_SIZE(tables) * ARRAY_SIZE(streams)) {
		row.arg = tables[i / ARRAY_SIZE(streams)];
		row.arg2 = i % ARRAY_SIZE(streams);
		row.units = HOPS_MAX;
		row.group = "dispatch";
		row.flags = BENCH_TAIL;
		row.unit = "hop";
		row.build = build_dispatch;
		snprintf(row.name, sizeof(row.name), "%u slots, %s", row.arg, streams[row.arg2]);
		return &row;
	}
	i -= ARRAY_SIZE(tables) * ARRAY_SIZE(streams);
	if (i < ARRAY_SIZE(code_rows)) {
		row = code_rows[i];
		return &row;
	}
	i -= ARRAY_SIZE(code_rows);
	if (i < ARRAY_SIZE(lengths)) {
		row.arg = lengths[i];
		row.units = 1;
		row.group = "load";
		row.unit = "program";
		row.flags = BENCH_KERNEL;
		row.build = build_long;
		snprintf(row.name, sizeof(row.name), "%u instructions", row.arg);
		return &row;
	}
	i -= ARRAY_SIZE(lengths);
	if (i < ARRAY_SIZE(updates)) {
		row.arg = updates[i][0];
		row.arg2 = updates[i][1];
		row.units = 1;
		row.group = "update";
		row.unit = "update";
		row.flags = BENCH_KERNEL | BENCH_TAIL;
		row.build = build_update;
		snprintf(row.name, sizeof(row.name), "%u slots, %u constant sites", row.arg, row.arg2);
		return &row;
	}
	return NULL;
}
