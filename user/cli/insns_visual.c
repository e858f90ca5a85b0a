/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl prog dump xlated visual: control flow as DOT. A box is a block: instructions that run one
 * after the other; a frame is a function.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>
#include "core/disasm.h"
#include "insns.h"
#include "out.h"

#ifndef BPF_PSEUDO_FUNC
#define BPF_PSEUDO_FUNC 4
#endif

enum {
	BLOCK = 1,	/* an instruction that begins a block */
	FUNCTION = 2,	/* that begins a function, and so a block */
};

struct flow {
	const struct bpf_insn *insn;
	__u32 n;
	unsigned char *begins;	/* BLOCK | FUNCTION, of each instruction */
	const char *(*name)(const void *priv, __u32 at);
	const void *priv;
};

static bool is_jump(const struct bpf_insn *i)
{
	return (BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32) &&
	       BPF_OP(i->code) != BPF_CALL && BPF_OP(i->code) != BPF_EXIT;
}

static bool is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

/* Goes elsewhere in any case. */
static bool always(const struct bpf_insn *i)
{
	return is_exit(i) || (is_jump(i) && BPF_OP(i->code) == BPF_JA);
}

static __u32 length(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
}

/* Where it jumps (RFC 9669, 4.3: a 32-bit jump has its distance in imm). */
static long target(const struct flow *f, __u32 at)
{
	const struct bpf_insn *i = &f->insn[at];

	return (long)at + 1 + (i->code == (BPF_JMP32 | BPF_JA) ? i->imm : i->off);
}

/* The function that it calls or takes the address of; -1: none. */
static long callee(const struct flow *f, __u32 at)
{
	const struct bpf_insn *i = &f->insn[at];

	if ((i->code == (BPF_JMP | BPF_CALL) && i->src_reg == BPF_PSEUDO_CALL) ||
	    (length(i) == 2 && i->src_reg == BPF_PSEUDO_FUNC))
		return (long)at + 1 + i->imm;
	return -1;
}

static void begins(struct flow *f, long at, unsigned char what)
{
	if (at >= 0 && at < (long)f->n)
		f->begins[at] |= what;
}

static void find_blocks(struct flow *f)
{
	const struct bpf_insn *i;
	__u32 at;

	begins(f, 0, FUNCTION);
	for (at = 0; at < f->n; at += length(i)) {
		i = &f->insn[at];
		begins(f, callee(f, at), FUNCTION);
		if (is_jump(i))
			begins(f, target(f, at), BLOCK);
		if (is_jump(i) || is_exit(i))
			begins(f, (long)at + 1, BLOCK);
	}
}

/* In a label: each line ends at the left. */
static void label(const char *text)
{
	for (; *text; text++)
		out_text(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	out_text("\\l");
}

static void edge(const struct flow *f, __u32 from, long to, const char *style)
{
	if (to >= 0 && to < (long)f->n)
		out_text("\t\tb%u -> b%ld%s;\n", from, to, style);
}

/* From @first on; where the next one begins. */
static __u32 block(const struct flow *f, __u32 first)
{
	const struct bpf_insn *i;
	__u32 at = first, last;
	char text[256], line[280];

	out_text("\t\tb%u [label=\"", first);
	do {
		last = at;
		i = &f->insn[at];
		xbpf_disasm(text, sizeof(text), i, insns_map_name, NULL);
		snprintf(line, sizeof(line), "%u: %s", at, text);
		label(line);
		at += length(i);
	} while (at < f->n && !f->begins[at]);
	out_text("\"];\n");
	if (is_jump(i))
		edge(f, first, target(f, last), always(i) ? "" : " [label=\"yes\"]");
	if (!always(i))
		edge(f, first, at, is_jump(i) ? " [label=\"no\"]" : "");
	return at;
}

/* Between functions, where they are: all boxes have been drawn. */
static void calls(const struct flow *f)
{
	__u32 at, first = 0;

	for (at = 0; at < f->n; at += length(&f->insn[at])) {
		if (f->begins[at])
			first = at;
		edge(f, first, callee(f, at), " [style=dashed]");
	}
}

int insns_visual(const struct bpf_insn *insns, __u32 n,
		 const char *(*name)(const void *priv, __u32 at), const void *priv)
{
	struct flow f = { .insn = insns, .n = n, .name = name, .priv = priv };
	const char *function;
	__u32 at, functions = 0;

	f.begins = calloc((size_t)n + 1, 1);
	if (!f.begins)
		return out_error("out of memory");
	find_blocks(&f);
	out_text("digraph program {\n\tnode [shape=box, fontname=\"monospace\", fontsize=10];\n"
		 "\tedge [fontname=\"sans-serif\", fontsize=9];\n");
	for (at = 0; at < n;) {
		if (f.begins[at] & FUNCTION) {
			function = f.name(f.priv, at);
			out_text("%s\tsubgraph cluster_%u {\n\t\tlabel=\"%s\";\n", functions ? "\t}\n" : "",
				 functions, function ? function : "");
			functions++;
		}
		at = block(&f, at);
	}
	out_text("\t}\n");
	calls(&f);
	out_text("}\n");
	free(f.begins);
	return 0;
}
