/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of a command, read from left to right.
 */
#ifndef XBPF_CLI_ARGS_H
#define XBPF_CLI_ARGS_H

#include <stdbool.h>
#include <linux/types.h>

struct args {
	int n;
	char **word;
};

/* The next word, or an error that says what is missing ("a path to pin the program at"). */
const char *args_next(struct args *args, const char *what);
/* Takes the next word if it is this one. */
bool args_take(struct args *args, const char *word);
/* Nothing may be left. */
int args_end(struct args *args);

/* @text as a number of at most @max; errors name it @what. */
int args_number(const char *text, const char *what, __u64 max, __u64 *value);

/* @text as a time: "500ms", "60s", "5m", "2h"; in milliseconds, at least 1. */
int args_time(const char *text, const char *what, __u32 *ms);

/* A keyword of a command and what comes behind it. */
struct keyword {
	const char *word;
	const char *what;	/* of its argument, for errors; NULL: it has none */
	int (*take)(const char *arg, void *to);	/* NULL: see below */
	void *to;		/* without take: const char ** for the argument, or bool * when there is none */
	int (*parse)(struct args *args, void *to);	/* instead: takes what it needs, may come again */
};

/* All words that are left, in any order, each once; ends with a row without word. */
int args_keywords(struct args *args, const struct keyword *table);

struct verb {
	const char *name;
	int (*run)(struct args *args);
	const char *usage;	/* what stands behind the name */
	bool opens_device;	/* itself, after it has looked at files; else main does it before */
	const char *letters;	/* options that mean something else to it than to the tool */
	bool alone;		/* not in a batch: it goes on for long, or becomes another command */
	bool runs_command;	/* what stands behind it is for another command, options too */
};

struct noun {
	const char *name;
	const char *about;
	const struct verb *verbs;	/* ends with a row without name; the first is the default */
};

extern const struct noun prog_noun, map_noun, link_noun, seccomp_noun, stats_noun,
	feature_noun;

#endif
