/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a vector runs: the engine in this process, or the kernel's through
 * /dev/xbpf.
 */
#ifndef XBPF_SELFTESTS_VECTORS_BACKEND_H
#define XBPF_SELFTESTS_VECTORS_BACKEND_H

#include "../lib/vec.h"

enum engine { INTERP, JIT, CHECKED, ENGINES };	/* CHECKED: lib/checked.h */

struct outcome {
	bool ran;
	u64 result;
	u64 result_mask;	/* the bits of R0 that can be seen from here */
	char error[512];	/* when it did not run: why */
};

struct backend {
	const char *name;
	bool checks;		/* has CHECKED */
	/* Makes the maps and programs of the vector and runs main once. */
	void (*run)(const struct vec *vec, enum engine engine, struct outcome *out);
	/* After the run: the value of a key, false when there is none. */
	bool (*lookup)(const struct vec *vec, u32 map, u64 key, u8 *value);
	/* Takes everything down again. */
	void (*clean)(const struct vec *vec);
};

extern const struct backend backend_here;
extern const struct backend backend_dev;

#endif
