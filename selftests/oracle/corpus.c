/* SPDX-License-Identifier: GPL-2.0 */
/* The programs of corpus_*.c. */
#include "core/helper.h"
#include "../tap.h"
#include "corpus.h"
#include "oracle.h"

static struct oracle_tally tallies[24];
static u32 tally_cnt;
static u64 programs;

/*
 * All that the rows name. Afresh for each type: a program array belongs to that of its first
 * program.
 */
static void world(void)
{
	u8 bytes[16];
	int ro, thaw, inner;
	u32 i;

	oracle_map("arr", BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0);
	oracle_map("four", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	oracle_map("hash", BPF_MAP_TYPE_HASH, 8, 16, 16, 0);
	oracle_map("tbl", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0);
	oracle_map("wo", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_WRONLY_PROG);
	ro = oracle_map("ro", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	thaw = oracle_map("thaw", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i + 1);
	oracle_map_set(ro, 0, bytes);
	oracle_map_set(thaw, 0, bytes);
	oracle_map_freeze(ro);
	oracle_map("rb", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	oracle_map("queue", BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0);
	oracle_map("stk", BPF_MAP_TYPE_STACK, 0, 8, 4, 0);
	oracle_map("lru", BPF_MAP_TYPE_LRU_HASH, 8, 8, 16, 0);
	oracle_map("pca", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0);
	oracle_map("pch", BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 16, 0);
	oracle_map("lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 16, BPF_F_NO_PREALLOC);
	oracle_map("st", BPF_MAP_TYPE_STACK_TRACE, 4, 64, 16, 0);
	oracle_map("groups", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 2, 0);
	inner = oracle_map("inner", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	oracle_map_of("arrays", BPF_MAP_TYPE_ARRAY_OF_MAPS, 2, inner);
}

static u32 type_of(char letter)
{
	switch (letter) {
	case 't':
		return BPF_PROG_TYPE_TRACEPOINT;
	case 'r':
		return BPF_PROG_TYPE_RAW_TRACEPOINT;
	case 's':
		return BPF_PROG_TYPE_SOCKET_FILTER;
	case 'c':
		return BPF_PROG_TYPE_SCHED_CLS;
	default:
		return BPF_PROG_TYPE_KPROBE;
	}
}

/* --- rows ------------------------------------------------------------------------------- */

static u32 alternatives(const char *place)
{
	u32 n = 1;

	for (; place && *place; place++)
		n += *place == '~';
	return n;
}

static const char *alternative(const char *place, u32 n, size_t *len)
{
	while (n--)
		place = strchr(place, '~') + 1;
	*len = strcspn(place, "~");
	return place;
}

/* The text with alternative @pick[i] in place i. */
static void fill(char *out, const struct corpus_row *row, const u32 *pick)
{
	const char *in = row->text, *end = out + CORPUS_TEXT - 1, *text;
	size_t len;
	u32 i;

	while (*in && out < end) {
		i = (u32)(in[1] - '1');
		if (*in != '%' || i >= CORPUS_PLACES) {
			*out++ = *in++;
			continue;
		}
		text = alternative(row->place[i] ? row->place[i] : "", pick[i], &len);
		if (len >= (size_t)(end - out))
			abort();
		memcpy(out, text, len);
		out += len;
		in += 2;
	}
	*out = '\0';
}

static void try_row(struct oracle_tally *tally, const struct corpus_row *row, char letter)
{
	char text[CORPUS_TEXT], name[160];
	u32 pick[CORPUS_PLACES] = { 0 }, i;
	struct oracle_prog p = {
		.name = name, .type = type_of(letter), .proprietary = letter == 'P',
	};

	for (;;) {
		fill(text, row, pick);
		snprintf(name, sizeof(name), "%s, %c %u.%u.%u.%u.%u", row->name, letter, pick[0],
			 pick[1], pick[2], pick[3], pick[4]);
		oracle_try_text(tally, &p, text);
		programs++;
		for (i = 0; i < CORPUS_PLACES; i++) {
			if (++pick[i] < alternatives(row->place[i]))
				break;
			pick[i] = 0;
		}
		if (i == CORPUS_PLACES)
			return;
	}
}

static void try_class(const struct corpus_class *class)
{
	struct oracle_tally *tally = &tallies[tally_cnt++];
	const char *letter;
	u32 i;

	tally->name = class->name;
	for (i = 0; i < class->cnt; i++)
		for (letter = class->rows[i].types; *letter; letter++) {
			world();
			try_row(tally, &class->rows[i], *letter);
			oracle_maps_drop();
		}
	oracle_report(tally);
}

/* --- helpers ------------------------------------------------------------------------------ */

/*
 * What a row of core/helper.c says, held against what upstream says: who may call it, and with
 * what.
 */

static const struct {
	u32 type;
	const char *name;
} by_type[] = {
	{ BPF_MAP_TYPE_HASH, "hash" }, { BPF_MAP_TYPE_ARRAY, "arr" }, { BPF_MAP_TYPE_PROG_ARRAY, "tbl" },
	{ BPF_MAP_TYPE_RINGBUF, "rb" }, { BPF_MAP_TYPE_QUEUE, "queue" }, { BPF_MAP_TYPE_STACK, "stk" },
	{ BPF_MAP_TYPE_PERCPU_HASH, "pch" }, { BPF_MAP_TYPE_PERCPU_ARRAY, "pca" },
	{ BPF_MAP_TYPE_STACK_TRACE, "st" }, { BPF_MAP_TYPE_CGROUP_ARRAY, "groups" },
};

/* Statements that put something right into the register, or NULL. */
static bool good_argument(char *out, size_t size, const struct xbpf_helper *h, u32 arg)
{
	u32 r = arg + 1, i;

	switch (h->arg[arg]) {
	case XBPF_ARG_NONE:
		out[0] = '\0';
		return true;
	case XBPF_ARG_CTX:
		snprintf(out, size, "r%u = r6; ", r);
		return true;
	case XBPF_ARG_MAP:
		for (i = 0; i < ARRAY_SIZE(by_type) && !(h->map_types & 1ull << by_type[i].type); i++)
			;
		if (i == ARRAY_SIZE(by_type))
			return false;
		snprintf(out, size, "r%u = map[%s] ll; ", r, by_type[i].name);
		return true;
	case XBPF_ARG_ANY:
	case XBPF_ARG_MAYBE:
	case XBPF_ARG_SCALAR:
		snprintf(out, size, "r%u = 0; ", r);
		return true;
	case XBPF_ARG_SIZE:
	case XBPF_ARG_SIZE_OR_ZERO:
	case XBPF_ARG_ALLOC_SIZE:
		snprintf(out, size, "r%u = 8; ", r);
		return true;
	case XBPF_ARG_MAP_KEY:
	case XBPF_ARG_MAP_VALUE:
	case XBPF_ARG_MAP_VALUE_UNINIT:
	case XBPF_ARG_MEM:
	case XBPF_ARG_MEM_OR_NULL:
	case XBPF_ARG_MEM_UNINIT:
		snprintf(out, size, "r%u = r10; r%u += -64; ", r, r);
		return true;
	case XBPF_ARG_CONST_STR:
		snprintf(out, size, "r%u = map[str][0]+0 ll; ", r);
		return true;
	}
	return false;
}

/* What a register is spoilt with: an expression, and what is added to it. */
static const struct {
	const char *value;
	s32 add;
} bad[] = {
	{ "5", 0 }, { "-1", 0 }, { "r6", 0 }, { "r6", 8 }, { "r7", 0 }, { "r10", -128 },
	{ "map[arr][0]+0 ll", 0 }, { "map[four] ll", 0 },
};

/* @spoilt: 0: none, else argument + 1 */
static bool helper_text(char *text, size_t size, const struct xbpf_helper *h, u32 spoilt, u32 how)
{
	char arg[120];
	size_t n;
	u32 i;

	n = (size_t)snprintf(text, size, "r6 = r1; r7 = 0; ");
	for (i = 0; i < 8; i++)
		n += (size_t)snprintf(text + n, size - n, "*(u64 *)(r10 - %u) = 0; ", 64 - 8 * i);
	for (i = 0; i < 5; i++) {
		if (!good_argument(arg, sizeof(arg), h, i))
			return false;
		if (spoilt == i + 1) {
			if (bad[how].add)
				snprintf(arg, sizeof(arg), "r%u = %s; r%u += %d; ", i + 1, bad[how].value, i + 1, bad[how].add);
			else
				snprintf(arg, sizeof(arg), "r%u = %s; ", i + 1, bad[how].value);
		}
		n += (size_t)snprintf(text + n, size - n, "%s", arg);
	}
	snprintf(text + n, size - n, "call %u; r0 = 0; exit", h->id);
	return true;
}

static void try_helper(struct oracle_tally *tally, const struct xbpf_helper *h)
{
	static const char letters[] = "kPtrsc";
	char text[1024], name[120];
	const char *letter;
	u32 arg, how;

	for (letter = letters; *letter; letter++) {
		struct oracle_prog p = { .name = name, .type = type_of(*letter), .proprietary = *letter == 'P' };

		if (!helper_text(text, sizeof(text), h, 0, 0))
			return;
		snprintf(name, sizeof(name), "%s, %c", h->name, *letter);
		oracle_try_text(tally, &p, text);
		programs++;
	}
	for (arg = 0; arg < 5 && h->arg[arg] != XBPF_ARG_NONE; arg++)
		for (how = 0; how < ARRAY_SIZE(bad); how++) {
			bool packet = h->prog_types != ~0ull && h->prog_types & 1ull << BPF_PROG_TYPE_SCHED_CLS;
			struct oracle_prog p = { .name = name,
						 .type = packet ? BPF_PROG_TYPE_SCHED_CLS :
								  BPF_PROG_TYPE_KPROBE };

			helper_text(text, sizeof(text), h, arg + 1, how);
			snprintf(name, sizeof(name), "%s, argument %u spoilt, %u", h->name, arg + 1, how);
			oracle_try_text(tally, &p, text);
			programs++;
		}
}

static void try_helpers(void)
{
	struct oracle_tally *tally = &tallies[tally_cnt++];
	const struct xbpf_helper *h;
	u8 hello[16] = "hello %d";
	int str;
	u32 i;

	tally->name = "each helper, each argument";
	for (i = 0; (h = xbpf_helper_at(i)); i++) {
		/* a tail call's table takes the type of the first */
		if (h->id == BPF_FUNC_tail_call)
			continue;
		world();
		str = oracle_map("str", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
		oracle_map_set(str, 0, hello);
		oracle_map_freeze(str);
		try_helper(tally, h);
		oracle_maps_drop();
	}
	oracle_report(tally);
}

void oracle_corpus(void)
{
	u32 i;

	for (i = 0; i < corpus_values_cnt; i++)
		try_class(&corpus_values[i]);
	for (i = 0; i < corpus_memory_cnt; i++)
		try_class(&corpus_memory[i]);
	try_helpers();
	tap_ok(programs >= 1500, "%llu programs of tables", (unsigned long long)programs);
}
