/* SPDX-License-Identifier: GPL-2.0 */
/* BTF from prototypes in text, for tests of global functions. */
#include <ctype.h>
#include <linux/btf.h>

#include "btf_text.h"

enum kind {
	INT = 1, PTR = 2, ARRAY = 3, STRUCT = 4, UNION = 5, ENUM = 6, FWD = 7, TYPEDEF = 8,
	CONST = 10, FUNC = 12, FUNC_PROTO = 13, FLOAT = 16, DECL_TAG = 17,
};

/* Types by name; @of: the name of another, before it in the list. */
static const struct base {
	const char *name;
	u32 kind, size;
	const char *of;
} bases[] = {
	{ "int", INT, 4, NULL }, { "char", INT, 1, NULL }, { "u8", INT, 1, NULL },
	{ "u16", INT, 2, NULL }, { "u32", INT, 4, NULL }, { "u64", INT, 8, NULL },
	{ "s64", INT, 8, NULL }, { "u128", INT, 16, NULL }, { "enum e", ENUM, 4, NULL },
	{ "double", FLOAT, 8, NULL },
	{ "struct s4", STRUCT, 4, NULL }, { "struct s16", STRUCT, 16, NULL },
	{ "struct s64", STRUCT, 64, NULL },
	{ "struct s24", STRUCT, 24, NULL }, { "struct s56", STRUCT, 56, NULL },
	{ "struct s512", STRUCT, 512, NULL },
	{ "struct huge", STRUCT, 1u << 30, NULL }, { "struct empty", STRUCT, 0, NULL },
	{ "union u", UNION, 16, NULL },
	{ "struct fwd", FWD, 0, NULL }, { "struct bpf_dynptr", FWD, 0, NULL },
	{ "struct pt_regs", STRUCT, 168, NULL }, { "struct __sk_buff", STRUCT, 192, NULL },
	{ "struct sk_buff", STRUCT, 8, NULL },
	{ "struct bpf_raw_tracepoint_args", STRUCT, 0, NULL }, { "struct seccomp_data", STRUCT, 64, NULL },
	{ "bpf_user_pt_regs_t", TYPEDEF, 0, "struct pt_regs" },
	{ "t16", TYPEDEF, 0, "struct s16" }, { "tt16", TYPEDEF, 0, "t16" },
	{ "const s16", CONST, 0, "struct s16" },
	{ "number", TYPEDEF, 0, "u64" }, { "nothing", TYPEDEF, 0, "void" },
	{ "u32[4]", ARRAY, 4, "u32" }, { "u32[4][4]", ARRAY, 4, "u32[4]" },
	{ "pointers", ARRAY, 2, "pointer" },
};

struct maker {
	struct btf_text *out;
	struct asm_prog *prog;
	u8 types[5000];
	char strings[3000];
	u32 types_len, strings_len, cnt;
	u32 params;		/* in proto[] */
	u32 proto[8], ret;
	char name[64];
	struct { u32 param; char text[32]; } tags[16];
	u32 tag_cnt;
};

static void fail(struct maker *m, const char *what, const char *text)
{
	if (!m->prog->error[0])
		snprintf(m->prog->error, sizeof(m->prog->error), "%s: \"%.100s\"", what, text);
}

static u32 string(struct maker *m, const char *text)
{
	u32 at = m->strings_len;

	if (!*text)
		return 0;
	if (at + strlen(text) + 1 > sizeof(m->strings))
		abort();
	strcpy(m->strings + at, text);
	m->strings_len += strlen(text) + 1;
	return at;
}

static void words(struct maker *m, const u32 *w, u32 n)
{
	if (m->types_len + n * 4 > sizeof(m->types))
		abort();
	memcpy(m->types + m->types_len, w, n * 4);
	m->types_len += n * 4;
}

/* A type; what trails it comes after. Returns its id. */
static u32 type(struct maker *m, const char *name, u32 kind, u32 vlen, u32 size_or_type)
{
	u32 w[3] = { string(m, name), kind << 24 | vlen, size_or_type };

	if (m->cnt == ARRAY_SIZE(m->out->off))
		abort();
	m->out->off[m->cnt] = m->types_len;
	words(m, w, 3);
	return ++m->cnt;
}

/* Types have the ids of their places in the list, void is 0, "pointer" is behind them. */
static u32 find(const char *name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bases) && strcmp(bases[i].name, name); i++)
		;
	if (i < ARRAY_SIZE(bases))
		return i + 1;
	return !strcmp(name, "void") ? 0 : !strcmp(name, "pointer") ? ARRAY_SIZE(bases) + 1 : U32_MAX;
}

static void make_bases(struct maker *m)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		const struct base *b = &bases[i];
		const char *space = strchr(b->name, ' '), *name = space ? space + 1 : b->name;

		switch (b->kind) {
		case INT:
			type(m, name, INT, 0, b->size);
			words(m, &(u32){ b->size * 8 | (name[0] != 'u') << 24 }, 1);
			break;
		case ENUM:
			type(m, name, ENUM, 1, 4);
			words(m, (u32[2]){ string(m, "e_one"), 1 }, 2);
			break;
		case TYPEDEF:
			type(m, name, TYPEDEF, 0, find(b->of));
			break;
		case CONST:
			type(m, "", CONST, 0, find(b->of));
			break;
		case ARRAY:
			type(m, "", ARRAY, 0, 0);
			words(m, (u32[3]){ find(b->of), 1, b->size }, 3);
			break;
		default:
			type(m, name, b->kind, 0, b->size);
		}
	}
	type(m, "", PTR, 0, 0);
}

/* "struct s16 *": NULL-terminated, of which the tags are cut off. */
static u32 parse_type(struct maker *m, char *text, u32 param)
{
	char name[64];
	size_t n = 0;
	u32 id, stars = 0;

	for (;;) {
		while (isspace((unsigned char)*text))
			text++;
		if (strncmp(text, "__arg_", 6))
			break;
		n = strcspn(text, " ");
		if (m->tag_cnt == ARRAY_SIZE(m->tags))
			abort();
		m->tags[m->tag_cnt].param = param;
		snprintf(m->tags[m->tag_cnt++].text, sizeof(m->tags[0].text), "arg:%.*s", (int)n - 6, text + 6);
		text += n;
	}
	for (n = 0; *text; text++) {
		if (*text == '*')
			stars++;
		else if (n + 1 < sizeof(name))
			name[n++] = *text;
	}
	while (n && name[n - 1] == ' ')
		n--;
	name[n] = '\0';
	id = find(name);
	if (id == U32_MAX) {
		fail(m, "no such type", name);
		return 0;
	}
	while (stars--)
		id = type(m, "", PTR, 0, id);
	return id;
}

static void parse(struct maker *m, const char *proto)
{
	char text[160], *open, *name, *at, *next;

	snprintf(text, sizeof(text), "%s", proto);
	m->params = m->tag_cnt = 0;
	open = strchr(text, '(');
	for (name = open; name > text && (isalnum((unsigned char)name[-1]) || name[-1] == '_');)
		name--;
	*open = '\0';
	snprintf(m->name, sizeof(m->name), "%.63s", name);
	*name = '\0';
	m->ret = parse_type(m, text, 0);
	at = open + 1;
	at[strcspn(at, ")")] = '\0';
	for (; at && *at && m->params < ARRAY_SIZE(m->proto); at = next) {
		next = strchr(at, ',');
		if (next)
			*next++ = '\0';
		m->proto[m->params] = parse_type(m, at, m->params);
		m->params++;
	}
}

static u32 make_func(struct maker *m, const char *proto, bool global)
{
	u32 i, id;

	parse(m, proto);
	id = type(m, "", FUNC_PROTO, m->params, m->ret);
	for (i = 0; i < m->params; i++) {
		char name[2] = { (char)('a' + i) };

		words(m, (u32[2]){ string(m, name), m->proto[i] }, 2);
	}
	id = type(m, m->name, FUNC, global, id);
	for (i = 0; i < m->tag_cnt; i++) {
		type(m, m->tags[i].text, DECL_TAG, 0, id);
		words(m, &m->tags[i].param, 1);
	}
	return id;
}

static void add_func(struct maker *m, u32 insn)
{
	struct btf_text *out = m->out;
	char text[64];
	bool global = false;
	const char *proto = text;
	u32 i;

	if (out->func_cnt == BTF_TEXT_FUNCS)
		return fail(m, "too many functions", "");
	snprintf(text, sizeof(text), "int f%u(void *)", insn);
	for (i = 0; i < m->prog->func_cnt; i++) {
		if (m->prog->funcs[i].insn != insn)
			continue;
		proto = m->prog->funcs[i].proto;
		global = m->prog->funcs[i].global;
	}
	out->info[out->func_cnt].insn_off = insn;
	out->info[out->func_cnt].type_id = make_func(m, proto, global);
	out->funcs[out->func_cnt] = (struct xbpf_func){
		.insn = insn, .type = out->info[out->func_cnt].type_id, .global = global,
	};
	out->func_cnt++;
}

static bool begins(const struct asm_prog *prog, u32 at)
{
	u32 i;

	for (i = 0; i < prog->cnt; i++) {
		const struct bpf_insn *insn = &prog->insns[i];

		if (((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
		     (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == 4)) &&
		    i + 1 + insn->imm == at)
			return true;
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	return !at;
}

bool btf_text_make(struct btf_text *out, struct asm_prog *prog)
{
	struct maker m = { .out = out, .prog = prog, .strings_len = 1 };
	struct btf_header head = { .magic = 0xeb9f, .version = 1, .hdr_len = sizeof(head) };
	u32 i;

	memset(out, 0, sizeof(*out));
	make_bases(&m);
	for (i = 0; i < prog->cnt && !prog->error[0]; i++)
		if (begins(prog, i))
			add_func(&m, i);
	head.type_len = head.str_off = m.types_len;
	head.str_len = m.strings_len;
	out->size = sizeof(head) + m.types_len + m.strings_len;
	if (out->size > sizeof(out->blob))
		abort();
	memcpy(out->blob, &head, sizeof(head));
	memcpy(out->blob + sizeof(head), m.types, m.types_len);
	memcpy(out->blob + sizeof(head) + m.types_len, m.strings, m.strings_len);
	out->types = (struct xbpf_types){
		.base = out->blob + sizeof(head), .off = out->off, .cnt = m.cnt,
		.strings = (char *)out->blob + sizeof(head) + m.types_len,
	};
	for (i = 0; i < out->func_cnt; i++)
		out->funcs[i].name = out->types.strings +
			((const struct btf_type *)(out->types.base + out->off[out->funcs[i].type - 1]))->name_off;
	return !prog->error[0];
}
