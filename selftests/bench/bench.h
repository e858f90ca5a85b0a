/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Benchmarks: the same programs in the stock kernel's BPF and in ours, in one run.
 *
 * A case is maps, programs and filled slots; rows.c lists them. A peer is something that runs
 * cases: the stock kernel, xbpf in a kernel, or the engine in this process. measure.c takes the
 * times, report.c prints what they say.
 */
#ifndef XBPF_SELFTESTS_BENCH_H
#define XBPF_SELFTESTS_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/bpf.h>

#include "core/port.h"

#define BENCH_MAPS	4
#define BENCH_PEERS	16	/* at most */
#define BENCH_ONLY	16	/* likewise */
#define BENCH_PACKET	128	/* bytes of packet that programs run on */

struct bench_map {
	char name[16];
	u32 type, key_size, value_size, max_entries;
	void *values;		/* array: initial contents of all values, or NULL; malloc()ed */
	u32 filled;		/* hash: keys 0 ... filled - 1 exist, with zeroes */
};

struct bench_slot {
	u32 index, prog;
};

struct bench_case {
	u32 type;		/* of all programs */
	struct bench_map maps[BENCH_MAPS];
	u32 map_cnt;
	char **text;		/* programs in asm.h's syntax; [0] is the one that runs */
	u32 prog_cnt;
	struct bench_slot *slots;	/* of maps[0], when there are any */
	u32 slot_cnt;
};

/* What a row needs of a peer. */
#define BENCH_KERNEL	1u	/* the kernel's maps and helpers: nothing that this process could imitate */
#define BENCH_TAIL	2u	/* makes tail calls: peers that differ in how are of interest */

struct bench_row {
	const char *group;	/* rows of a group are read together */
	char name[48];
	const char *unit;	/* "hop": what there are @units of in one run */
	u32 units;
	u32 flags;		/* BENCH_* */
	void (*build)(struct bench_case *c, u32 arg, u32 arg2);
	u32 arg, arg2;
};

/* Rows by number, until NULL. Kept in memory of its own that the next call overwrites. */
const struct bench_row *bench_row(u32 i);
/* The program that does nothing: what every run costs. */
extern const struct bench_row bench_empty;

void bench_case_free(struct bench_case *c);

/* One way to run programs. What cannot happen ends the process with words. */
struct bench_peer;
struct bench_peer_ops {
	/* Loads a case, which must stay; NULL when this peer cannot run it, with the reason in *why. */
	void *(*load)(const struct bench_peer *peer, const struct bench_case *c, const char **why);
	/* ns for @repeat runs of program 0 */
	u64 (*run)(void *loaded, u32 repeat);
	/*
	 * ns for writing slot @index of maps[0] @repeat times, the first two programs by turns;
	 * NULL: cannot
	 */
	u64 (*update)(void *loaded, u32 index, u32 repeat);
	u32 (*code_size)(void *loaded);		/* bytes of machine code of all programs */
	u64 (*load_time)(void *loaded);		/* ns that loading them took */
	void (*free)(void *loaded);
};

struct bench_peer {
	const char *name;		/* "upstream", "xbpf", "xbpf/slot", ... */
	const struct bench_peer_ops *ops;
	/* false: not here; *why has a reason */
	bool (*available)(const struct bench_peer *peer, const char **why);
	bool in_kernel;
	const char *tail;		/* how tail calls are made; NULL: as xbpf does by itself */
	u32 flags;			/* prog_flags of each load */
};

/* peers.c; the first is the stock kernel; ends with name NULL */
extern const struct bench_peer bench_peers[];

/* One measured number. */
struct bench_result {
	char where[16];		/* "host", "6.1", ... */
	char group[16], row[48], unit[12], peer[20];
	double value;		/* ns per unit (under --icount: instructions), bytes, ns */
};

/* measure.c */
struct bench_options {
	const char *where;
	const char *only[BENCH_ONLY];	/* rows with one of these in "group row"; none: all */
	u32 only_cnt;
	const char *peers;	/* names with commas between them; NULL: all */
	bool icount;		/* the clock counts instructions: no repetition needed */
};
void bench_measure(const struct bench_options *options,
		   void (*give)(const struct bench_result *result));

/* hooks.c: what an event costs; in a guest, where probes can do no harm */
void bench_hooks(const char *where, void (*give)(const struct bench_result *result));

/* report.c: all results of all places */
void bench_report_add(const struct bench_result *result);
void bench_report_table(FILE *to);
void bench_report_json(FILE *to);
void bench_report_svg(FILE *to);

#endif
