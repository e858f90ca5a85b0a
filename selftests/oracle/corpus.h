/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs by tables: a row is a text with places %1 to %5, each with its alternatives (separated
 * by ~); the product of all is a family of programs that says a rule from both sides, in each
 * width, operator and register.
 */
#ifndef XBPF_SELFTESTS_ORACLE_CORPUS_H
#define XBPF_SELFTESTS_ORACLE_CORPUS_H

#include "core/port.h"

#define CORPUS_PLACES	5
#define CORPUS_TEXT	4096

struct corpus_row {
	const char *name;
	/*
	 * each letter once: kprobe, tracepoint, raw tracepoint, socket filter, classifier;
	 * P: a kprobe without the GPL
	 */
	const char *types;
	const char *text;
	const char *place[CORPUS_PLACES];
};

struct corpus_class {
	const char *name;
	const struct corpus_row *rows;
	u32 cnt;
};

extern const struct corpus_class corpus_values[], corpus_memory[];
extern const u32 corpus_values_cnt, corpus_memory_cnt;

#define ROWS(name_, array) { .name = name_, .rows = array, .cnt = ARRAY_SIZE(array) }

/* Beginnings that many rows share. */
#define ARR	"r6 = map[arr][0]+0 ll; r1 = *(u64 *)(r1 + 112); "
#define END	"r0 = 0; exit"
/* r1 as a byte offset into the 64 bytes of arr */
#define USE	"r6 += r1; r0 = *(u8 *)(r6 + 0); " END
#define LOOKUP	"*(u64 *)(r10 - 8) = 0; r2 = r10; r2 += -8; r1 = map[hash] ll; " \
	"call map_lookup_elem; "

#define COMPARISONS	"==~!=~>~>=~<~<=~s>~s>=~s<~s<=~&"
#define SIZES		"u8~u16~u32~u64"

#endif
