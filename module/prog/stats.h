/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted of a program while its counters are on, and nothing while they are off.
 *
 * Runs (a link's, a test run) of a compiled program are counted by a stub in front of it, which
 * prog->entry leads to; those of an interpreted one, and the time of both, in C.  Tail calls are
 * counted by the slots that they take (table/count.c): a program has a list of those slots.
 */
#ifndef XBPF_MODULE_STATS_H
#define XBPF_MODULE_STATS_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct xbpf_cmd;
struct xbpf_prog;
struct xbpf_stub;

/* Since the program's counters were first switched on. */
struct xbpf_prog_counts {
	u64 run;		/* by links and test runs */
	u64 time_ns;		/* of these, with the tail calls that they made */
	u64 missed;		/* hits of its links that did not run it */
};

/* Under stats_lock of prog/stats.c, but for what says otherwise. */
struct xbpf_prog_stats {
	u32 on;			/* XBPF_STATS_RUNS, _TIME; read without the lock */
	/* NULL: they were never on; else until the program is freed: published before on is set */
	struct xbpf_prog_counts __percpu *counts;
	struct xbpf_prog_counts base;	/* when they were last switched on */
	struct xbpf_stub *stub;	/* prog->entry; NULL: off, or interpreted */
	struct list_head slots;	/* struct xbpf_tail_count, while on: slots that hold the program */
	u64 tailed;		/* what was counted by slots that do not hold it any more */
};

/* A slot that a program is in. */
struct xbpf_tail_count {
	struct list_head of_prog;	/* empty: it is in no list */
	u64 __percpu *taken;		/* of the slot, constant */
	u64 began;			/* what that was when the program's share began */
};

/* Since the counters were last switched on. */
struct xbpf_prog_sums {
	struct xbpf_prog_counts direct;
	u64 tailed;		/* tail calls that came to the program */
};

u64 xbpf_count_sum(const u64 __percpu *counter);

void xbpf_prog_stats_init(struct xbpf_prog *prog);
/* Nobody can run the program any more, and no slot holds it. */
void xbpf_prog_stats_free(struct xbpf_prog *prog);

/*
 * Counters of links' and test runs; switching on what was off begins at 0.  0, -ENOMEM or -ENOSPC,
 * then nothing has changed.  May sleep.  Slots are another matter: xbpf_stats_cmd().
 */
int xbpf_prog_stats_set(struct xbpf_prog *prog, u32 on);

/* What the counters of a program that is off show, for when it could not be switched on. */
struct xbpf_prog_kept {
	struct xbpf_prog_counts base;
	u64 tailed;
};

struct xbpf_prog_kept xbpf_prog_stats_keep(struct xbpf_prog *prog);
/* It was switched on since, and off again. */
void xbpf_prog_stats_restore(struct xbpf_prog *prog, const struct xbpf_prog_kept *kept);

struct xbpf_prog_sums xbpf_prog_stats_read(struct xbpf_prog *prog);

/*
 * The slot's calls were @old's until here, and are @now's from here on, if its counters are on.
 * @now may be NULL, or both the same.  @old NULL: @now's began when slot->began says.
 */
void xbpf_prog_tail_move(struct xbpf_prog *old, struct xbpf_prog *now,
			 struct xbpf_tail_count *slot);

/* @err of counters, with words. */
long xbpf_stats_fail(struct xbpf_cmd *cmd, long err);

/* What programs and tables made from now on have: XBPF_STATS_RUNS, _TIME. */
u32 xbpf_stats_default(void);
void xbpf_stats_set_default(u32 on);

#endif
