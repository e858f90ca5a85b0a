/* SPDX-License-Identifier: GPL-2.0 */
/* Machine code, disassembled, with labels where jumps go to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <capstone/capstone.h>
#include "code.h"
#include "out.h"

/* One instruction; what this capstone does not know is a byte. */
struct insn {
	__u32 at, n;
	bool jump;		/* and not a call */
	bool direct;		/* a jump or call to ... */
	__u64 target;		/* ... this address */
	char mnemonic[32], operands[192];
};

struct listing {
	const struct code *code;
	csh capstone;
	bool *start;		/* [code->len] of an instruction? */
	__u32 *label;		/* [code->len] at starts: its number, 0: none */
};

static bool inside(const struct code *c, const struct insn *insn)
{
	return insn->direct && insn->target >= c->base && insn->target - c->base < c->len;
}

static void decode(const struct listing *l, __u32 at, struct insn *insn)
{
	const struct code *c = l->code;
	cs_insn *found;
	char *end;

	memset(insn, 0, sizeof(*insn));
	insn->at = at;
	if (cs_disasm(l->capstone, c->bytes + at, c->len - at, c->base + at, 1, &found) != 1) {
		insn->n = 1;
		snprintf(insn->mnemonic, sizeof(insn->mnemonic), ".byte");
		snprintf(insn->operands, sizeof(insn->operands), "0x%02x", c->bytes[at]);
		return;
	}
	insn->n = found->size;
	snprintf(insn->mnemonic, sizeof(insn->mnemonic), "%s", found->mnemonic);
	snprintf(insn->operands, sizeof(insn->operands), "%s", found->op_str);
	cs_free(found, 1);
	insn->jump = insn->mnemonic[0] == 'j';
	if ((insn->jump || !strncmp(insn->mnemonic, "call", 4)) && !strncmp(insn->operands, "0x", 2)) {
		insn->target = strtoull(insn->operands, &end, 16);
		insn->direct = !*end;
	}
}

/* Where the instruction begins that has this byte: a jump may skip the prefixes of one. */
static __u32 start_of(const struct listing *l, __u32 at)
{
	while (!l->start[at])
		at--;
	return at;
}

/* Finds the instructions first, and numbers those that jumps go to. */
static void find_labels(const struct listing *l)
{
	const struct code *c = l->code;
	struct insn insn;
	__u32 at, n = 0;

	for (at = 0; at < c->len; at += insn.n) {
		l->start[at] = true;
		decode(l, at, &insn);
	}
	for (at = 0; at < c->len; at += insn.n) {
		decode(l, at, &insn);
		if (insn.jump && inside(c, &insn))
			l->label[start_of(l, insn.target - c->base)] = 1;
	}
	for (at = 0; at < c->len; at++)
		if (l->label[at])
			l->label[at] = ++n;
}

static void show_opcodes(const struct code *c, const struct insn *insn)
{
	__u32 i;

	if (!c->opcodes)
		return;
	out_bytes("opcodes", NULL, c->bytes + insn->at, insn->n);
	out_text("       ");
	for (i = 0; i < insn->n; i++)
		out_text(" %02x", c->bytes[insn->at + i]);
	out_text("\n");
}

static void show_label(const struct listing *l, __u32 at)
{
	char label[16];

	if (!l->label[at])
		return;
	snprintf(label, sizeof(label), "L%u", l->label[at]);
	out_str("label", "%s:\n", label);
}

/* The operands: @plain has offsets where @labelled has labels. */
static void targets(const struct listing *l, const struct insn *insn, char *plain, char *labelled,
		    size_t size)
{
	const struct code *c = l->code;
	__u64 to = insn->target - c->base;
	char name[160];
	__u32 start;

	snprintf(plain, size, "%s", insn->operands);
	snprintf(labelled, size, "%s", insn->operands);
	if (inside(c, insn)) {
		snprintf(plain, size, "0x%llx", to);
		snprintf(labelled, size, "0x%llx", to);
		start = start_of(l, to);
		if (l->label[start] && to == start)
			snprintf(labelled, size, "L%u", l->label[start]);
		else if (l->label[start])
			snprintf(labelled, size, "L%u+0x%llx", l->label[start], to - start);
	} else if (insn->direct && c->base && c->name &&
		   c->name(c->priv, insn->at, insn->target, name, sizeof(name))) {
		snprintf(plain, size, "0x%llx <%s>", insn->target, name);
		snprintf(labelled, size, "%s", plain);
	}
}

static void show(const struct listing *l, const struct insn *insn)
{
	const struct code *c = l->code;
	char plain[256], labelled[256], operation[300], pc[16];

	targets(l, insn, plain, labelled, sizeof(plain));
	snprintf(operation, sizeof(operation), "%s%s%s", insn->mnemonic, *plain ? " " : "", plain);
	snprintf(pc, sizeof(pc), "0x%x", insn->at);
	out_open(NULL, '{');
	show_label(l, insn->at);
	if (c->before)
		c->before(c->priv, insn->at, insn->n);
	out_str("pc", NULL, pc);
	out_str("operation", NULL, operation);
	out_text("%4x: %s%s%s", insn->at, insn->mnemonic, *labelled ? " " : "", labelled);
	if (c->behind)
		c->behind(c->priv, insn->at, insn->direct && !inside(c, insn) ? insn->target : 0);
	out_text("\n");
	show_opcodes(c, insn);
	out_close();
}

int code_out(const struct code *code)
{
	struct listing l = { .code = code };
	struct insn insn;
	int err = 0;
	__u32 at;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &l.capstone) != CS_ERR_OK)
		return out_error("capstone does not disassemble x86-64 here");
	cs_option(l.capstone, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	l.start = calloc(code->len + 1, sizeof(*l.start));
	l.label = calloc(code->len + 1, sizeof(*l.label));
	if (!l.start || !l.label) {
		err = out_error("out of memory");
		goto out;
	}
	find_labels(&l);
	for (at = 0; at < code->len; at += insn.n) {
		decode(&l, at, &insn);
		show(&l, &insn);
	}
out:
	free(l.start);
	free(l.label);
	cs_close(&l.capstone);
	return err;
}
