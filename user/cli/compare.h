/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl compare: the programs of an object on two sides, and what became of them.
 *
 * compare.c reads the command line and goes through the files, compare_load.c gives an object to
 * both sides, compare_run.c runs its programs there, compare_show.c prints.
 */
#ifndef XBPF_CLI_COMPARE_H
#define XBPF_CLI_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include "args.h"

struct bpf_object;
struct bpf_program;

#define SIDES 2

/* One that takes programs: a subsystem, which module, and how it is told to make code. */
struct side {
	char name[32];		/* "upstream", "xbpf", "interp", "tail=slot" */
	int (*sys)(int cmd, void *attr, unsigned int size);	/* xbpf_sys()'s convention */
	const char *module;	/* for xbpf_use(); NULL: no other than that which is used */
	__u32 flags;		/* of each load */
	bool upstream;		/* the kernel's own BPF */
};

extern struct side compare_sides[SIDES];

/* xbpf_sys()'s convention */
int compare_sys(const struct side *side, int cmd, void *attr, unsigned int size);

struct verdict {
	int err;		/* 0: accepted, else a negative errno */
	bool tried;		/* false: something that it needs was refused */
	long long insns, states, peak_states, states_per_insn;	/* walked; -1: unknown */
	long long ns;		/* of the load */
	char words[320];	/* why it was refused */
};

/* --- compare_load.c: an object on both sides ------------------------------------------------- */

enum { LOG_BYTES = 256 << 10 };
/* Programs whose loads are to be doubled have it as their log buffer, at this level. */
extern char compare_log[LOG_BYTES];
#define COMPARE_LOG_LEVEL 4	/* statistics, and why it was refused */

/* From here on what libbpf does is done on both sides. */
void twins_begin(void);
/* Frees what the sides have, and forgets. libbpf speaks to the device again. */
void twins_end(void);

/* What the sides have for one of libbpf's fds. */
struct twin {
	enum { TWIN_MAP, TWIN_BTF, TWIN_PROG } kind;
	dev_t dev;		/* of libbpf's fd, which is a file with nothing in it */
	ino_t ino;
	int fd[SIDES];		/* -1: it was refused */
	char words[SIDES][200];	/* of maps and BTF: why */
	/* maps */
	__u32 type, key_size, value_size, max_entries;
	bool apart;		/* what is in it differs, for a reason that was told */
	/* programs */
	struct verdict verdict[SIDES];
	struct bpf_insn *insns;
	__u32 insn_cnt;
};

struct twin *twin_of(int fd);		/* NULL: none */
struct twin *twin_at(unsigned int i);	/* NULL: there are no more */

/* --- compare_run.c: runs --------------------------------------------------------------------- */

struct run_input {
	const void *data, *ctx;	/* NULL: random ones */
	size_t data_size, ctx_size;
	__u32 repeat;		/* for the time of a run */
	__u64 seed;
};

struct run_result {
	long long ns[SIDES];	/* of a run; -1: unknown */
	long long retval[SIDES];	/* of the last run; -1: none */
	char differ[200];	/* what is not alike; "" */
	char why[200];		/* the known reason for that; or, if nothing differs, why it did not run; "" */
};

/* Can both run it? One that only one side can leaves the maps of that one changed. */
bool compare_runs_on_both(const struct twin *prog);
void compare_run(struct twin *prog, const struct run_input *input, struct run_result *result);

/* --- compare_show.c: rows --------------------------------------------------------------------- */

enum outcome { AGREE, KNOWN, DIFFER };

struct row {
	char *file, *prog, *reason;
	char type[32];
	enum outcome outcome;
	struct row_side {
		bool accepted;
		char *words;	/* why not, or "" */
		long long insns, states, peak_states, states_per_insn, us;
		long long xlated, jited, ns, retval;	/* -1: unknown, in all */
	} side[SIDES];
	unsigned int order;
};

struct view;

/* The options' texts as columns, order, filters; NULL: said. */
struct view *view_new(void);
int view_columns(struct view *v, const char *list);
int view_sort(struct view *v, const char *list);
int view_filter(struct view *v, const char *text);
void view_free(struct view *v);

/* By the names alone: is there to be a row for it? */
bool view_wants(const struct view *v, const char *file, const char *prog);
/* ... by what is in it? */
bool view_takes(const struct view *v, const struct row *row);

/* @rows are sorted. */
void view_show(const struct view *v, struct row *rows, unsigned int cnt, unsigned int files,
	       bool csv);

#endif
