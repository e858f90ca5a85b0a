/* SPDX-License-Identifier: GPL-2.0 */
/* The assembler of the tests: text to instructions, labels and references to maps. */
#include <ctype.h>

#include "asm.h"

enum fixup_kind { FIXUP_OFF, FIXUP_IMM, FIXUP_CALL };

struct fixup {
	u32 insn;
	u32 line;
	enum fixup_kind kind;
	char label[64];
};

struct label {
	u32 insn;
	char name[64];
};

struct parser {
	struct asm_prog *prog;
	u32 line;
	const char *at;			/* in the statement, which has no blanks any more */
	const char *statement;
	u32 insn_room, ref_room;
	struct fixup *fixups;
	u32 fixup_cnt, fixup_room;
	struct label *labels;
	u32 label_cnt, label_room;
	bool failed;
};

static const char *const helper_names[] = {
#ifdef ___BPF_FUNC_MAPPER	/* since 6.1: the name may have arguments behind it */
#define X(name, number, ...) [number] = #name,
	___BPF_FUNC_MAPPER(X)
#else
#define X(name, ...) [BPF_FUNC_##name] = #name
	__BPF_FUNC_MAPPER(X)	/* has the commas */
#endif
#undef X
};

__attribute__((format(printf, 2, 3)))
static void fail(struct parser *p, const char *fmt, ...)
{
	char what[120];
	va_list ap;

	if (p->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(p->prog->error, sizeof(p->prog->error), "line %u: %s in \"%.40s\"", p->line, what,
		 p->statement);
	p->failed = true;
}

/* One more element; tests may die when memory is out. */
static void *grow(void *array, u32 cnt, u32 *room, size_t size)
{
	if (cnt < *room)
		return array;
	*room = *room ? *room * 2 : 16;
	array = realloc(array, *room * size);
	if (!array)
		abort();
	return array;
}

static struct bpf_insn *emit(struct parser *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	struct asm_prog *prog = p->prog;
	struct bpf_insn *insn;

	prog->insns = grow(prog->insns, prog->cnt, &p->insn_room, sizeof(*prog->insns));
	insn = &prog->insns[prog->cnt++];
	*insn = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm };
	return insn;
}

static bool eat(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(p->at, word, len))
		return false;
	p->at += len;
	return true;
}

static void need(struct parser *p, const char *word)
{
	if (!eat(p, word))
		fail(p, "expected '%s' before \"%.20s\"", word, p->at);
}

/* r0..r10 or w0..w10; -1: no register here */
static int eat_reg(struct parser *p, bool *narrow)
{
	char *end;
	unsigned long n;

	if ((p->at[0] != 'r' && p->at[0] != 'w') || !isdigit((unsigned char)p->at[1]))
		return -1;
	n = strtoul(p->at + 1, &end, 10);
	if (n > 15)
		return -1;
	if (narrow)
		*narrow = p->at[0] == 'w';
	p->at = end;
	return (int)n;
}

static u8 need_reg(struct parser *p, bool *narrow)
{
	int reg = eat_reg(p, narrow);

	if (reg < 0) {
		fail(p, "expected a register before \"%.20s\"", p->at);
		return 0;
	}
	return (u8)reg;
}

static u64 need_number(struct parser *p)
{
	const char *at = p->at;
	bool minus = false;
	char *end;
	u64 n;

	for (; *at == '-' || *at == '+'; at++)	/* "r6 + -1" */
		minus ^= *at == '-';
	if (!isdigit((unsigned char)*at)) {
		fail(p, "expected a number before \"%.20s\"", p->at);
		return 0;
	}
	errno = 0;
	n = strtoull(at, &end, 0);
	if (errno)
		fail(p, "number too big");
	p->at = end;
	return minus ? -n : n;
}

/* Any 32 bits, signed or not: they are sign-extended at run time. */
static s32 need_imm(struct parser *p)
{
	s64 n = (s64)need_number(p);

	if (n < INT32_MIN || n > (s64)UINT32_MAX)
		fail(p, "%lld does not fit into 32 bits: append 'll' to a load", (long long)n);
	return (s32)(u32)n;
}

static s16 need_off(struct parser *p)
{
	s64 n = (s64)need_number(p);

	if (n < INT16_MIN || n > INT16_MAX)
		fail(p, "offset %lld does not fit into 16 bits", (long long)n);
	return (s16)n;
}

static size_t word_len(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == '.')
		n++;
	return n;
}

static void need_word(struct parser *p, char *word, size_t room)
{
	size_t n = word_len(p->at);

	if (!n || n >= room) {
		fail(p, "expected a name before \"%.20s\"", p->at);
		word[0] = '\0';
		return;
	}
	memcpy(word, p->at, n);
	word[n] = '\0';
	p->at += n;
}

/* "pc+3" or a label, for the instruction that was emitted last. */
static void need_target(struct parser *p, enum fixup_kind kind)
{
	struct bpf_insn *insn = &p->prog->insns[p->prog->cnt - 1];
	struct fixup *f;

	if (!strncmp(p->at, "pc+", 3) || !strncmp(p->at, "pc-", 3)) {
		p->at += 2;
		if (kind == FIXUP_OFF)
			insn->off = need_off(p);
		else
			insn->imm = need_imm(p);
		if (kind == FIXUP_CALL)
			insn->src_reg = BPF_PSEUDO_CALL;
		return;
	}
	p->fixups = grow(p->fixups, p->fixup_cnt, &p->fixup_room, sizeof(*p->fixups));
	f = &p->fixups[p->fixup_cnt++];
	f->insn = p->prog->cnt - 1;
	f->line = p->line;
	f->kind = kind;
	need_word(p, f->label, sizeof(f->label));
}

/* "*(u32 *)(r1 +16)" with the star eaten; @sign: s8..s32 were used */
static u8 need_memory(struct parser *p, u8 *reg, s16 *off, bool *sign)
{
	static const struct { const char *name; u8 size; bool sign; } types[] = {
		{ "(u8*)", BPF_B, false }, { "(u16*)", BPF_H, false }, { "(u32*)", BPF_W, false },
		{ "(u64*)", BPF_DW, false }, { "(s8*)", BPF_B, true }, { "(s16*)", BPF_H, true },
		{ "(s32*)", BPF_W, true }, { "(s64*)", BPF_DW, true },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!eat(p, types[i].name))
			continue;
		*sign = types[i].sign;
		if (!strncmp(p->at, "skb[", 4))
			return types[i].size;
		need(p, "(");
		*reg = need_reg(p, NULL);
		*off = *p->at == ')' ? 0 : need_off(p);
		need(p, ")");
		return types[i].size;
	}
	fail(p, "expected a type such as (u32 *) before \"%.20s\"", p->at);
	return 0;
}

static void parse_packet(struct parser *p, u8 dst, u8 size)
{
	int src;

	if (dst)
		fail(p, "packet loads go to r0");
	need(p, "skb[");
	src = eat_reg(p, NULL);
	if (src < 0)
		emit(p, BPF_LD | BPF_ABS | size, 0, 0, 0, need_imm(p));
	else
		emit(p, BPF_LD | BPF_IND | size, 0, (u8)src, 0, *p->at == ']' ? 0 : need_imm(p));
	need(p, "]");
}

static void parse_load(struct parser *p, u8 dst)
{
	bool sign = false;
	u8 size, src = 0;
	s16 off = 0;

	size = need_memory(p, &src, &off, &sign);
	if (!strncmp(p->at, "skb[", 4))
		parse_packet(p, dst, size);
	else
		emit(p, BPF_LDX | (sign ? BPF_MEMSX : BPF_MEM) | size, dst, src, off, 0);
}

/* "atomic" is eaten: "64_fetch_add((u64*)(r10-8),r1)" */
static void parse_atomic_fetch(struct parser *p, u8 result)
{
	static const struct { const char *name; s32 imm; } ops[] = {
		{ "fetch_add", BPF_ADD | BPF_FETCH }, { "fetch_and", BPF_AND | BPF_FETCH },
		{ "fetch_or", BPF_OR | BPF_FETCH }, { "fetch_xor", BPF_XOR | BPF_FETCH },
		{ "xchg", BPF_XCHG }, { "cmpxchg", BPF_CMPXCHG },
	};
	u8 dst = 0, src, size, want = eat(p, "64_") ? BPF_DW : BPF_W;
	bool sign;
	s16 off = 0;
	s32 imm = 0;
	u32 i;

	if (want == BPF_W)
		need(p, "_");
	for (i = 0; i < ARRAY_SIZE(ops) && !imm; i++)
		if (eat(p, ops[i].name))
			imm = ops[i].imm;
	if (!imm)
		fail(p, "unknown atomic operation \"%.20s\"", p->at);
	need(p, "(");
	size = need_memory(p, &dst, &off, &sign);
	if (size != want)
		fail(p, "the name says another width than the type");
	need(p, ",");
	if (imm == BPF_CMPXCHG) {
		if (need_reg(p, NULL))
			fail(p, "cmpxchg compares with r0");
		need(p, ",");
	}
	src = need_reg(p, NULL);
	need(p, ")");
	if (result != (imm == BPF_CMPXCHG ? 0 : src))
		fail(p, "the result goes to r0 (cmpxchg) or to the operand");
	emit(p, BPF_STX | BPF_ATOMIC | size, dst, src, off, imm);
}

/* "map[" is eaten: "name]", "fd:5]", "idx:0]", each with "[0]+off" for a value */
static void parse_map(struct parser *p, u8 dst)
{
	struct asm_prog *prog = p->prog;
	bool idx = false;
	s32 fd = 0, off = 0;
	u8 src;

	if (eat(p, "fd:") || eat(p, "id:")) {
		fd = need_imm(p);
	} else if (eat(p, "idx:")) {
		idx = true;
		fd = need_imm(p);
	} else {
		struct asm_ref *ref;

		prog->refs = grow(prog->refs, prog->ref_cnt, &p->ref_room, sizeof(*prog->refs));
		ref = &prog->refs[prog->ref_cnt++];
		ref->insn = prog->cnt;
		need_word(p, ref->map, sizeof(ref->map));
	}
	need(p, "]");
	src = idx ? BPF_PSEUDO_MAP_IDX : BPF_PSEUDO_MAP_FD;
	if (eat(p, "[0]")) {
		src = idx ? BPF_PSEUDO_MAP_IDX_VALUE : BPF_PSEUDO_MAP_VALUE;
		if (*p->at == '+')
			off = need_imm(p);
	}
	eat(p, "ll");
	emit(p, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, fd);
	emit(p, 0, 0, 0, 0, off);
}

/* "func[" is eaten: "label] ll" */
static void parse_func(struct parser *p, u8 dst)
{
	emit(p, BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_FUNC, 0, 0);
	need_target(p, FIXUP_IMM);
	need(p, "]");
	eat(p, "ll");
	emit(p, 0, 0, 0, 0, 0);
}

static void parse_constant(struct parser *p, u8 alu, u8 dst)
{
	const char *start = p->at;
	u64 n = need_number(p);

	if (eat(p, "ll")) {
		emit(p, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (s32)(u32)n);
		emit(p, 0, 0, 0, 0, (s32)(u32)(n >> 32));
		return;
	}
	p->at = start;
	emit(p, alu | BPF_MOV | BPF_K, dst, 0, 0, need_imm(p));
}

static bool parse_swap(struct parser *p, u8 dst)
{
	static const struct { const char *name; u8 code; } kinds[] = {
		{ "bswap", BPF_ALU64 | BPF_END | BPF_TO_LE },
		{ "be", BPF_ALU | BPF_END | BPF_TO_BE },
		{ "le", BPF_ALU | BPF_END | BPF_TO_LE },
	};
	static const struct { const char *name; s32 bits; } widths[] = {
		{ "16", 16 }, { "32", 32 }, { "64", 64 },
	};
	u32 i, w;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!eat(p, kinds[i].name))
			continue;
		for (w = 0; w < ARRAY_SIZE(widths) && !eat(p, widths[w].name); w++)
			;
		if (w == ARRAY_SIZE(widths))
			fail(p, "a byte swap has 16, 32 or 64 bits");
		else if (need_reg(p, NULL) != dst)
			fail(p, "a byte swap works in place");
		else
			emit(p, kinds[i].code, dst, 0, 0, widths[w].bits);
		return true;
	}
	return false;
}

/* What stands behind "rN =" */
static void parse_assignment(struct parser *p, u8 dst, bool narrow)
{
	u8 alu = narrow ? BPF_ALU : BPF_ALU64;
	bool src_narrow;
	s16 off = 0;
	int src;

	if (eat(p, "*")) {
		parse_load(p, dst);
		return;
	}
	if (eat(p, "map[")) {
		parse_map(p, dst);
		return;
	}
	if (eat(p, "func[")) {
		parse_func(p, dst);
		return;
	}
	if (eat(p, "atomic")) {
		parse_atomic_fetch(p, dst);
		return;
	}
	if (parse_swap(p, dst))
		return;
	if (p->at[0] == '-' && (p->at[1] == 'r' || p->at[1] == 'w')) {
		p->at++;
		if (need_reg(p, NULL) != dst)
			fail(p, "a negation works in place");
		emit(p, alu | BPF_NEG, dst, 0, 0, 0);
		return;
	}
	if (eat(p, "(s8)"))
		off = 8;
	else if (eat(p, "(s16)"))
		off = 16;
	else if (eat(p, "(s32)"))
		off = 32;
	src = eat_reg(p, &src_narrow);
	if (src < 0) {
		parse_constant(p, alu, dst);
		return;
	}
	if (src_narrow != narrow)
		fail(p, "r and w registers mixed");
	emit(p, alu | BPF_MOV | BPF_X, dst, (u8)src, off, 0);
}

static void parse_alu(struct parser *p)
{
	static const struct { const char *name; u8 op; s16 off; } ops[] = {
		{ "s>>=", BPF_ARSH, 0 }, { "s/=", BPF_DIV, 1 }, { "s%=", BPF_MOD, 1 },
		{ "<<=", BPF_LSH, 0 }, { ">>=", BPF_RSH, 0 }, { "+=", BPF_ADD, 0 },
		{ "-=", BPF_SUB, 0 }, { "*=", BPF_MUL, 0 }, { "/=", BPF_DIV, 0 },
		{ "|=", BPF_OR, 0 }, { "&=", BPF_AND, 0 }, { "%=", BPF_MOD, 0 },
		{ "^=", BPF_XOR, 0 },
	};
	bool narrow = false, src_narrow;
	u8 dst = need_reg(p, &narrow);
	u8 alu = narrow ? BPF_ALU : BPF_ALU64;
	u32 i;
	int src;

	if (eat(p, "=")) {
		parse_assignment(p, dst, narrow);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!eat(p, ops[i].name))
			continue;
		src = eat_reg(p, &src_narrow);
		if (src < 0)
			emit(p, alu | ops[i].op | BPF_K, dst, 0, ops[i].off, need_imm(p));
		else if (src_narrow != narrow)
			fail(p, "r and w registers mixed");
		else
			emit(p, alu | ops[i].op | BPF_X, dst, (u8)src, ops[i].off, 0);
		return;
	}
	fail(p, "unknown operation \"%.20s\"", p->at);
}

static void parse_store(struct parser *p)
{
	bool sign, narrow;
	u8 size, dst = 0;
	s16 off = 0;
	int src;

	size = need_memory(p, &dst, &off, &sign);
	if (sign)
		fail(p, "stores have no sign");
	need(p, "=");
	src = eat_reg(p, &narrow);
	if (src < 0)
		emit(p, BPF_ST | BPF_MEM | size, dst, 0, off, need_imm(p));
	else
		emit(p, BPF_STX | BPF_MEM | size, dst, (u8)src, off, 0);
}

static void parse_lock(struct parser *p)
{
	static const struct { const char *name; s32 imm; } ops[] = {
		{ "+=", BPF_ADD }, { "&=", BPF_AND }, { "|=", BPF_OR }, { "^=", BPF_XOR },
	};
	u8 size, dst = 0;
	bool sign;
	s16 off = 0;
	u32 i;

	need(p, "*");
	size = need_memory(p, &dst, &off, &sign);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!eat(p, ops[i].name))
			continue;
		emit(p, BPF_STX | BPF_ATOMIC | size, dst, need_reg(p, NULL), off, ops[i].imm);
		return;
	}
	fail(p, "unknown atomic operation \"%.20s\"", p->at);
}

static void parse_if(struct parser *p)
{
	static const struct { const char *name; u8 op; } ops[] = {
		{ "s>=", BPF_JSGE }, { "s<=", BPF_JSLE }, { "s>", BPF_JSGT }, { "s<", BPF_JSLT },
		{ "==", BPF_JEQ }, { "!=", BPF_JNE }, { ">=", BPF_JGE }, { "<=", BPF_JLE },
		{ ">", BPF_JGT }, { "<", BPF_JLT }, { "&", BPF_JSET },
	};
	bool narrow = false, src_narrow;
	u8 dst = need_reg(p, &narrow);
	u8 jmp = narrow ? BPF_JMP32 : BPF_JMP;
	u32 i;
	int src;

	for (i = 0; i < ARRAY_SIZE(ops) && !eat(p, ops[i].name); i++)
		;
	if (i == ARRAY_SIZE(ops)) {
		fail(p, "unknown comparison \"%.20s\"", p->at);
		return;
	}
	src = eat_reg(p, &src_narrow);
	if (src < 0)
		emit(p, jmp | ops[i].op | BPF_K, dst, 0, 0, need_imm(p));
	else if (src_narrow != narrow)
		fail(p, "r and w registers mixed");
	else
		emit(p, jmp | ops[i].op | BPF_X, dst, (u8)src, 0, 0);
	need(p, "goto");
	if (!p->failed)
		need_target(p, FIXUP_OFF);
}

static void parse_call(struct parser *p)
{
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, 0);
	if (isdigit((unsigned char)*p->at)) {
		p->prog->insns[p->prog->cnt - 1].imm = need_imm(p);
		return;
	}
	need_target(p, FIXUP_CALL);
	if (eat(p, "#"))	/* "map_lookup_elem#1": the name says it all */
		need_number(p);
}

static void parse_raw(struct parser *p, const char *text)
{
	int code, dst, src, off;
	long long imm;

	if (sscanf(text, ".raw %i %i %i %i %lli", &code, &dst, &src, &off, &imm) != 5)
		fail(p, ".raw wants code dst src off imm");
	else
		emit(p, (u8)code, dst & 15, src & 15, (s16)off, (s32)imm);
	p->at = "";
}

/* @text: as written; the parser sees it without blanks. */
static void parse_statement(struct parser *p, const char *text)
{
	char dense[256];
	size_t n = 0;
	const char *c;

	for (c = text; *c && n < sizeof(dense) - 1; c++)
		if (!isspace((unsigned char)*c))
			dense[n++] = *c;
	dense[n] = '\0';
	p->statement = text;
	p->at = dense;

	if (!strncmp(text, ".raw", 4))
		parse_raw(p, text);
	else if (!strcmp(dense, "exit"))
		emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0), p->at = "";
	else if (!strncmp(text, "if ", 3))
		p->at += 2, parse_if(p);
	else if (!strncmp(text, "gotol ", 6))
		p->at += 5, emit(p, BPF_JMP32 | BPF_JA, 0, 0, 0, 0), need_target(p, FIXUP_IMM);
	else if (!strncmp(text, "goto ", 5))
		p->at += 4, emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0), need_target(p, FIXUP_OFF);
	else if (!strncmp(text, "call ", 5))
		p->at += 4, parse_call(p);
	else if (!strncmp(text, "lock ", 5))
		p->at += 4, parse_lock(p);
	else if (eat(p, "*"))
		parse_store(p);
	else
		parse_alu(p);
	if (!p->failed && *p->at)
		fail(p, "unexpected \"%.20s\"", p->at);
	p->statement = "";	/* dense goes out of scope with p->at */
	p->at = "";
}

static void add_label(struct parser *p, const char *name, size_t n)
{
	p->labels = grow(p->labels, p->label_cnt, &p->label_room, sizeof(*p->labels));
	p->labels[p->label_cnt].insn = p->prog->cnt;
	snprintf(p->labels[p->label_cnt++].name, sizeof(p->labels->name), "%.*s", (int)n, name);
}

/* "name:" in front of a statement; returns what is behind it. */
static char *parse_labels(struct parser *p, char *text)
{
	size_t n;

	for (;;) {
		while (isspace((unsigned char)*text))
			text++;
		n = word_len(text);
		if (!n || text[n] != ':')
			return text;
		add_label(p, text, n);
		text += n + 1;
	}
}

/* ".global " is eaten: "int name(...)" */
static void parse_proto(struct parser *p, const char *text, bool global)
{
	const char *end = strchr(text, '('), *name = end;
	struct asm_func *f;

	while (name && name > text && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		name--;
	if (!name || p->prog->func_cnt == ASM_FUNCS_MAX || strlen(text) >= sizeof(f->proto)) {
		fail(p, "no prototype, a long one, or one too many");
		return;
	}
	add_label(p, name, (size_t)(end - name));
	if (!p->prog->funcs)
		p->prog->funcs = calloc(ASM_FUNCS_MAX, sizeof(*f));
	if (!p->prog->funcs)
		abort();
	f = &p->prog->funcs[p->prog->func_cnt++];
	f->insn = p->prog->cnt;
	f->global = global;
	strcpy(f->proto, text);
}

static void parse_line(struct parser *p, char *line)
{
	char *comment = strstr(line, "//"), *next, *end;

	if (comment)
		*comment = '\0';
	for (; line && !p->failed; line = next) {
		next = strchr(line, ';');
		if (next)
			*next++ = '\0';
		p->statement = line;
		line = parse_labels(p, line);
		end = line + strlen(line);
		while (end > line && isspace((unsigned char)end[-1]))
			*--end = '\0';
		if (!strncmp(line, ".global ", 8) || !strncmp(line, ".static ", 8))
			parse_proto(p, line + 8, line[1] == 'g');
		else if (*line)
			parse_statement(p, line);
	}
}

static int helper_number(const char *name)
{
	u32 i;

	if (!strncmp(name, "bpf_", 4))
		name += 4;
	for (i = 0; i < ARRAY_SIZE(helper_names); i++)
		if (helper_names[i] && !strcmp(helper_names[i], name))
			return (int)i;
	return -1;
}

static void resolve(struct parser *p)
{
	u32 i, l;

	for (i = 0; i < p->fixup_cnt && !p->failed; i++) {
		struct fixup *f = &p->fixups[i];
		struct bpf_insn *insn = &p->prog->insns[f->insn];
		s64 distance;

		p->line = f->line;
		p->statement = f->label;
		for (l = 0; l < p->label_cnt && strcmp(p->labels[l].name, f->label); l++)
			;
		if (l == p->label_cnt) {
			if (f->kind == FIXUP_CALL && helper_number(f->label) >= 0)
				insn->imm = helper_number(f->label);
			else
				fail(p, "no such label%s", f->kind == FIXUP_CALL ? " or helper" : "");
			continue;
		}
		distance = (s64)p->labels[l].insn - f->insn - 1;
		switch (f->kind) {
		case FIXUP_OFF:
			if (distance < INT16_MIN || distance > INT16_MAX)
				fail(p, "the label is too far away: use gotol");
			insn->off = (s16)distance;
			break;
		case FIXUP_CALL:
			insn->src_reg = BPF_PSEUDO_CALL;
			fallthrough;
		case FIXUP_IMM:
			insn->imm = (s32)distance;
			break;
		}
	}
}

int asm_parse(struct asm_prog *prog, const char *text)
{
	struct parser p = { .prog = prog, .statement = "", .at = "" };
	char *copy = strdup(text), *line, *next;

	memset(prog, 0, sizeof(*prog));
	if (!copy)
		abort();
	for (line = copy; line && !p.failed; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		p.line++;
		parse_line(&p, line);
	}
	if (!p.failed)
		resolve(&p);
	free(copy);
	free(p.fixups);
	free(p.labels);
	return p.failed ? -1 : 0;
}

void asm_free(struct asm_prog *prog)
{
	free(prog->insns);
	free(prog->refs);
	free(prog->funcs);
	prog->insns = NULL;
	prog->refs = NULL;
	prog->funcs = NULL;
	prog->cnt = prog->ref_cnt = prog->func_cnt = 0;
}

int asm_bind(struct asm_prog *prog, int (*fd_of)(void *priv, const char *map), void *priv)
{
	u32 i;

	for (i = 0; i < prog->ref_cnt; i++) {
		int fd = fd_of(priv, prog->refs[i].map);

		if (fd < 0) {
			snprintf(prog->error, sizeof(prog->error), "no map is called \"%s\"",
				 prog->refs[i].map);
			return -1;
		}
		prog->insns[prog->refs[i].insn].imm = fd;
	}
	return 0;
}
