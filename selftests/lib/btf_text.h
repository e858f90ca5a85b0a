/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF for programs of text: a FUNC for each function, made from its .global or .static line.
 * Functions without one, the main function too, are "static int f(void *)".
 *
 * A prototype is "RESULT name(PARAMETER, ...)". A parameter is a type of the list in btf_text.c,
 * with a * for each pointer, and before it perhaps words that become its declaration tags:
 * __arg_ctx is "arg:ctx".
 */
#ifndef XBPF_SELFTESTS_BTF_TEXT_H
#define XBPF_SELFTESTS_BTF_TEXT_H

#include "core/code.h"
#include "asm.h"

#define BTF_TEXT_FUNCS	64u

struct btf_text {
	u8 blob[8192];		/* header, types, strings: what BPF_BTF_LOAD takes */
	u32 size;
	u32 func_cnt;
	struct bpf_func_info info[BTF_TEXT_FUNCS];
	/* the same for the engine, without a kernel between */
	struct xbpf_func funcs[BTF_TEXT_FUNCS];
	struct xbpf_types types;
	u32 off[512];
};

/* false, with prog->error. */
bool btf_text_make(struct btf_text *out, struct asm_prog *prog);

#endif
