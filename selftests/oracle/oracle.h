/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stock kernel's verifier as an oracle: each program goes to bpf(2) and to
 * /dev/xbpf, over the same maps, and the two verdicts are held against each other.
 *
 * What only upstream accepts is a limit of ours. What only xbpf accepts is a hole, unless
 * the reason that upstream gives is known (user/cli/reasons.c, explain.c) and the program, run in
 * checked mode, keeps to its memory.
 *
 * A program names its maps by the placeholders that oracle_map() returns: on each
 * side they become the fds of that side's maps.
 */
#ifndef XBPF_SELFTESTS_ORACLE_H
#define XBPF_SELFTESTS_ORACLE_H

#include "core/port.h"
#include "../lib/btf_text.h"

struct oracle_prog {
	const char *name;
	u32 type, flags;
	bool proprietary;
	const struct bpf_insn *insns;
	u32 cnt;
	const struct btf_text *btf;	/* NULL: none */
	const struct asm_func *funcs;	/* ... what it is made of */
	u32 func_cnt;
};

/* One family of inputs, with what came of it. */
struct oracle_tally {
	const char *name;
	u32 both_accept, both_refuse, only_upstream, only_xbpf;
	u32 unexplained;	/* of only_xbpf */
	u32 rules;		/* of only_upstream: refused by rule */
	u32 errnos;		/* of both_refuse: with different ones */
	u32 errnos_odd;		/* ... and no reason for it */
	u32 too_long;		/* upstream lost patience: not compared */
	u32 not_tried;		/* there is no such program */
};

/*
 * Maps on both sides; at most 24, until oracle_maps_drop(). What a side does not have is missing
 * there, and the programs that name it are refused.
 */
int oracle_map(const char *name, u32 type, u32 key_size, u32 value_size, u32 max_entries,
	       u32 flags);
int oracle_map_of(const char *name, u32 type, u32 max_entries, int inner);
void oracle_map_set(int map, u64 key, const void *value);
void oracle_map_freeze(int map);
int oracle_map_named(void *unused, const char *name);	/* for asm_bind(); -1: none */
void oracle_maps_drop(void);

extern bool oracle_verbose;	/* print every program on which the two differ */

void oracle_try(struct oracle_tally *t, const struct oracle_prog *p);
/* Assembles it first. */
void oracle_try_text(struct oracle_tally *t, struct oracle_prog *p, const char *text);

/* The families: each adds its tallies' lines to the TAP output. */
void oracle_vectors(char **paths, u32 cnt);
void oracle_table(void);
void oracle_corpus(void);
void oracle_random(u64 seed, u32 count);

/* The test that nothing is unexplained; the tally becomes a line of the table. */
void oracle_report(const struct oracle_tally *t);
void oracle_times_print(void);

/* --- reasons --- */

/* Why the program that upstream refuses for this reason may be accepted, or NULL. */
const char *oracle_explain(const char *reason, const struct oracle_prog *p);

/*
 * Runs a program in checked mode, over maps like those of now, at addresses near those that the
 * kernel gave to such objects in a test run: does it stay in its memory?
 */
bool oracle_witness(const struct oracle_prog *prog);
extern u64 oracle_witness_ns;	/* spent in it */

/*
 * The i-th of the maps, for the witness; its placeholder is ORACLE_FIRST_MAP + i. NULL: there are
 * no more.
 */
#define ORACLE_FIRST_MAP 5000
const struct oracle_map_def *oracle_map_def(u32 i);

struct oracle_map_def {
	char name[16];
	u32 type, key_size, value_size, max_entries, flags;
	int inner;		/* of a map of maps: placeholder */
	bool frozen;
	bool set;		/* element 0 of an array */
	u8 value[256];
};

/* Reasons that differ in numbers only are one. */
void oracle_reason_add(bool xbpf_accepts, const char *reason, const char *why, const char *example);
/* true: it is known why they differ. */
bool oracle_errno_add(int upstream, const char *upstream_reason, int xbpf, const char *reason,
		      const char *example);
void oracle_reasons_print(void);

#endif
