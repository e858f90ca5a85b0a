/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program's runs on both sides, and whether they come to the same: what it returns, the packet,
 * what it may write of its context, and what is in the maps afterwards.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <asm/ptrace.h>
#include <bpf/libbpf.h>
#include "core/helper.h"
#include "compare.h"
#include "libxbpf.h"

#define CONTEXTS	16	/* random ones that a program is run on */
#define PACKET_MAX	256	/* bytes of a random packet */
#define PACKET_ROOM	(128u << 10)
#define CTX_MAX		2048
#define ELEMENTS	1024	/* of a map that are compared */

/* How programs of a type are run. */
static const struct run_type {
	__u32 type;
	__u32 ctx_size;
	bool packet;
	bool upstream;		/* it can run them, too */
	bool timed;		/* ... and says how long that took */
	__u32 cleared;		/* bytes of the packet that it clears afterwards */
} types[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER, sizeof(struct __sk_buff), true, true, true, 14 },
	{ BPF_PROG_TYPE_SCHED_CLS, sizeof(struct __sk_buff), true, true, true, 0 },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT, XBPF_RAW_TRACEPOINT_ARGS * 8, false, true, false, 0 },
	{ BPF_PROG_TYPE_KPROBE, sizeof(struct pt_regs), false, false, false, 0 },
	{ BPF_PROG_TYPE_TRACEPOINT, CTX_MAX, false, false, false, 0 },
	{ XBPF_PROG_TYPE_SYSCALL_FILTER, sizeof(struct seccomp_data), false, false, false, 0 },
};

static const struct run_type *type_of(__u32 type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/* --- what the program calls ------------------------------------------------------------------ */

/* Two runs on the same context need not have the same result when these are called. */
static bool varies(__u32 helper)
{
	switch (helper) {
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_ktime_get_boot_ns:
	case BPF_FUNC_ktime_get_coarse_ns:
	case BPF_FUNC_ktime_get_tai_ns:
	case BPF_FUNC_jiffies64:
	case BPF_FUNC_get_prandom_u32:
	case BPF_FUNC_get_stackid:
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_func_ip:
	/* memory that others write, and a random address may hit */
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_user:
	case BPF_FUNC_probe_read_user_str:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_kernel_str:
		return true;
	default:
		return false;
	}
}

/* What they do outlasts the run, and hits others. */
static bool has_effects(__u32 helper)
{
	switch (helper) {
	case BPF_FUNC_send_signal:
	case BPF_FUNC_send_signal_thread:
	case BPF_FUNC_override_return:
	case BPF_FUNC_probe_write_user:
	case BPF_FUNC_clone_redirect:
		return true;
	default:
		return false;
	}
}

static bool is_call(const struct bpf_insn *insn, __u32 helper)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && (__u32)insn->imm == helper;
}

/* The number of the first such helper, 0: it calls none. */
static __u32 first_call(const struct twin *prog, bool (*is)(__u32 helper))
{
	__u32 i;

	for (i = 0; i < prog->insn_cnt; i++)
		if (is_call(&prog->insns[i], (__u32)prog->insns[i].imm) && is((__u32)prog->insns[i].imm))
			return (__u32)prog->insns[i].imm;
	return 0;
}

static bool tail_calls(const struct twin *prog)
{
	__u32 i;

	for (i = 0; i < prog->insn_cnt; i++)
		if (is_call(&prog->insns[i], BPF_FUNC_tail_call))
			return true;
	return false;
}

/* ... of it, or of those of the object that it may come to. */
static __u32 reached_call(const struct twin *prog, bool (*is)(__u32 helper))
{
	__u32 helper = first_call(prog, is);
	const struct twin *t;
	unsigned int i;

	for (i = 0; !helper && tail_calls(prog) && (t = twin_at(i)); i++)
		if (t->kind == TWIN_PROG && t->type == prog->type)
			helper = first_call(t, is);
	return helper;
}

static bool uses(const struct twin *prog, const struct twin *map)
{
	__u32 i;

	for (i = 0; i < prog->insn_cnt; i++)
		if (prog->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    (prog->insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		     prog->insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) &&
		    twin_of(prog->insns[i].imm) == map)
			return true;
	return false;
}

/* Maps of maps and tail calls: whatever there is. */
static bool reaches_all(const struct twin *prog)
{
	const struct twin *t;
	unsigned int i;

	for (i = 0; (t = twin_at(i)); i++)
		if (t->kind == TWIN_MAP && uses(prog, t) &&
		    (t->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || t->type == BPF_MAP_TYPE_HASH_OF_MAPS))
			return true;
	return tail_calls(prog);
}

/* Why two runs of it may come to different results, though both sides do what they should; "". */
static void may_differ(const struct twin *prog, char *why, size_t size)
{
	__u32 helper = reached_call(prog, varies);
	bool all = reaches_all(prog);
	const struct twin *t;
	unsigned int i;

	if (helper) {
		snprintf(why, size, "bpf_%s has another result at each run", xbpf_helper_name(helper));
		return;
	}
	for (i = 0; (t = twin_at(i)); i++) {
		if (t->kind == TWIN_MAP && t->apart && (all || uses(prog, t))) {
			snprintf(why, size, "what another program left in its maps differs");
			return;
		}
		if (t->kind == TWIN_PROG && (t->fd[0] < 0) != (t->fd[1] < 0) && tail_calls(prog)) {
			snprintf(why, size, "a program that it may tail-call is there on one side only");
			return;
		}
	}
}

/* --- input ----------------------------------------------------------------------------------- */

static __u64 random_state;

static __u64 random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static void put16(unsigned char *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* Ethernet, mostly IPv4 with TCP or UDP: what is all random goes no further than the first test. */
static size_t random_packet(unsigned char *p)
{
	static const unsigned short ports[] = { 22, 53, 80, 443 };
	static const unsigned char protocols[] = { 6, 6, 17, 17, 1 };
	size_t len = 14 + random64() % (PACKET_MAX - 13), i;
	unsigned int kind = random64() % 8;

	for (i = 0; i < len; i++)
		p[i] = random64();
	if (kind < 6 && len >= 54) {
		put16(p + 12, 0x0800);
		p[14] = 0x45;
		put16(p + 16, len - 14);
		put16(p + 20, 0);
		p[23] = protocols[random64() % sizeof(protocols)];
		put16(p + 34, random64() % 2 ? ports[random64() % 4] : 1024 + random64() % 60000);
		put16(p + 36, random64() % 2 ? ports[random64() % 4] : 1024 + random64() % 60000);
		if (p[23] == 6)
			p[46] = 0x50;
		else if (p[23] == 17)
			put16(p + 38, len - 34);
	} else if (kind == 6 && len >= 74) {
		put16(p + 12, 0x86dd);
		p[14] = 0x60;
		put16(p + 18, len - 54);
		p[20] = random64() % 2 ? 6 : 17;
	}
	return len;
}

/* Numbers as events have them: small ones among addresses. */
static void random_context(const struct run_type *type, unsigned char *ctx)
{
	struct __sk_buff skb = { 0 };
	__u64 word;
	__u32 at;

	if (type->packet) {	/* only these may be set */
		skb.mark = random64();
		skb.priority = random64() % 16;
		for (at = 0; at < 5; at++)
			skb.cb[at] = random64();
		memcpy(ctx, &skb, sizeof(skb));
		return;
	}
	for (at = 0; at < type->ctx_size; at += sizeof(word)) {
		word = random64() >> (random64() % 4 * 16);
		memcpy(ctx + at, &word, type->ctx_size - at < sizeof(word) ? type->ctx_size - at : sizeof(word));
	}
}

/* --- runs ------------------------------------------------------------------------------------ */

struct one_run {
	int err;		/* positive: it did not run */
	__u32 retval, ns, data_size;
	unsigned char *data;	/* PACKET_ROOM bytes */
	unsigned char ctx[CTX_MAX];
};

static struct one_run runs[SIDES];

static void run_on(int s, int fd, const struct run_type *type, const struct run_input *in,
		   __u32 repeat)
{
	struct one_run *r = &runs[s];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)fd;
	attr.test.repeat = repeat;
	attr.test.ctx_in = (unsigned long)in->ctx;
	attr.test.ctx_size_in = in->ctx_size;
	if (type->packet) {
		attr.test.data_in = (unsigned long)in->data;
		attr.test.data_size_in = in->data_size;
		attr.test.data_out = (unsigned long)r->data;
		attr.test.data_size_out = PACKET_ROOM;
		attr.test.ctx_out = (unsigned long)r->ctx;
		attr.test.ctx_size_out = sizeof(struct __sk_buff);
	}
	r->err = compare_sys(&compare_sides[s], BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ? errno : 0;
	r->retval = attr.test.retval;
	r->ns = attr.test.duration;
	r->data_size = attr.test.data_size_out;
}

static bool on_side(int s, const struct run_type *type)
{
	return !compare_sides[s].upstream || type->upstream;
}

static bool same_context(void)
{
	struct __sk_buff a, b;

	memcpy(&a, runs[0].ctx, sizeof(a));
	memcpy(&b, runs[1].ctx, sizeof(b));
	return a.mark == b.mark && a.priority == b.priority && !memcmp(a.cb, b.cb, sizeof(a.cb));
}

/* Upstream has no Ethernet header left of a packet that came without. */
static bool same_packet(const struct run_type *type)
{
	__u32 from = compare_sides[0].upstream ? type->cleared : 0, size = runs[0].data_size;

	return size <= from || !memcmp(runs[0].data + from, runs[1].data + from, size - from);
}

/* True: the two last runs came to the same; else @text says in what they differ. */
static bool same_run(const struct run_type *type, char *text, size_t size)
{
	const struct one_run *a = &runs[0], *b = &runs[1];

	if (a->err && a->err == b->err)
		return true;
	if (a->err || b->err)
		snprintf(text, size, "a run: %s; %s", a->err ? strerror(a->err) : "success",
			 b->err ? strerror(b->err) : "success");
	else if (a->retval != b->retval)
		snprintf(text, size, "it returns %u (0x%x); %u (0x%x)", a->retval, a->retval, b->retval,
			 b->retval);
	else if (type->packet && a->data_size != b->data_size)
		snprintf(text, size, "the packet has %u bytes afterwards; %u", a->data_size, b->data_size);
	else if (type->packet && !same_packet(type))
		snprintf(text, size, "the packet differs afterwards");
	else if (type->packet && !same_context())
		snprintf(text, size, "mark, priority or cb of the context differ afterwards");
	else
		return true;
	return false;
}

/* --- maps ------------------------------------------------------------------------------------ */

/* Bytes of what a lookup gives; 0: there is none to compare. */
static size_t value_room(const struct twin *map)
{
	size_t each = (map->value_size + 7) / 8 * 8;

	switch (map->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return map->value_size;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return each * (size_t)libbpf_num_possible_cpus();
	default:
		return 0;
	}
}

static int element(int s, int cmd, const struct twin *map, const void *key, void *to)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map->fd[s];
	attr.key = (unsigned long)key;
	attr.value = (unsigned long)to;	/* next_key has the same place */
	return compare_sys(&compare_sides[s], cmd, &attr, sizeof(attr));
}

/* Its keys on side @s, against the other's values; false: *n of them were the same so far. */
static bool same_elements(int s, const struct twin *map, size_t room, unsigned long *n)
{
	unsigned char *buf = calloc(1, 2 * room + 2 * (size_t)map->key_size);
	unsigned char *key, *next, *mine, *other, *had = NULL, *swap;
	bool same = true;

	*n = 0;
	if (!buf)
		return true;
	mine = buf;
	other = buf + room;
	key = buf + 2 * room;
	next = key + map->key_size;
	while (same && *n < map->max_entries && *n < ELEMENTS &&
	       !element(s, BPF_MAP_GET_NEXT_KEY, map, had, next)) {
		swap = key;
		key = next;
		next = swap;
		had = key;
		same = !element(s, BPF_MAP_LOOKUP_ELEM, map, key, mine) &&
		       !element(!s, BPF_MAP_LOOKUP_ELEM, map, key, other) && !memcmp(mine, other, room);
		*n += same;
	}
	free(buf);
	return same;
}

static bool same_map(const struct twin *map)
{
	size_t room = value_room(map);
	unsigned long there, back;

	if (!room || map->fd[0] < 0 || map->fd[1] < 0)
		return true;
	if (!same_elements(0, map, room, &there))
		return false;
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       (same_elements(1, map, room, &back) && there == back);
}

static bool is_lru(const struct twin *map)
{
	return map->type == BPF_MAP_TYPE_LRU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Those that were the same until now. */
static void compare_maps(const struct twin *prog, struct run_result *result)
{
	bool all = reaches_all(prog);
	struct bpf_map_info info;
	union bpf_attr attr;
	struct twin *t;
	unsigned int i;

	for (i = 0; (t = twin_at(i)); i++) {
		if (t->kind != TWIN_MAP || t->apart || (!all && !uses(prog, t)) || same_map(t))
			continue;
		t->apart = true;
		if (*result->differ)
			continue;
		memset(&info, 0, sizeof(info));
		memset(&attr, 0, sizeof(attr));
		attr.info.bpf_fd = (__u32)t->fd[1];
		attr.info.info = (unsigned long)&info;
		attr.info.info_len = sizeof(info);
		compare_sys(&compare_sides[1], BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
		snprintf(result->differ, sizeof(result->differ), "what it left in map '%s' differs",
			 info.name);
		if (!*result->why && is_lru(t))
			snprintf(result->why, sizeof(result->why), "the two evict other elements");
	}
}

/* --- a program ------------------------------------------------------------------------------- */

/* The context of run number @n, in @packet and @ctx if it is random. */
static struct run_input input_of(const struct run_type *type, const struct run_input *given,
				 unsigned char *packet, unsigned char *ctx)
{
	struct run_input in = *given;

	if (type->packet && !in.data) {
		in.data_size = random_packet(packet);
		in.data = packet;
	}
	if (!in.ctx) {
		random_context(type, ctx);
		in.ctx = ctx;
		in.ctx_size = type->ctx_size;
	}
	return in;
}

static void run_all(struct twin *prog, const struct run_type *type, const struct run_input *given,
		    struct run_result *result)
{
	bool both = on_side(0, type) && on_side(1, type);
	unsigned char packet[PACKET_MAX], ctx[CTX_MAX];
	int contexts = given->ctx && (given->data || !type->packet) ? 1 : CONTEXTS, i, s;
	struct run_input in;
	bool timed;

	random_state = given->seed * 2 + 1;
	for (i = 0; i < contexts; i++) {
		in = input_of(type, given, packet, ctx);
		for (s = 0; s < SIDES; s++)
			if (on_side(s, type))
				run_on(s, prog->fd[s], type, &in, 0);
		if (both && !*result->differ)
			same_run(type, result->differ, sizeof(result->differ));
	}
	for (s = 0; s < SIDES; s++) {
		if (!on_side(s, type))
			continue;
		result->retval[s] = runs[s].err ? -1LL : runs[s].retval;
		timed = !compare_sides[s].upstream || type->timed;
		/* as often as on the other side, for the maps */
		for (i = 0; !timed && !runs[s].err && i < (int)given->repeat; i++)
			run_on(s, prog->fd[s], type, &in, 0);
		if (timed)
			run_on(s, prog->fd[s], type, &in, given->repeat);
		if (!runs[s].err)
			result->ns[s] = timed ? runs[s].ns : -1LL;
		else if (!*result->differ)
			snprintf(result->differ, sizeof(result->differ), "%s: a run: %s", compare_sides[s].name,
				 strerror(runs[s].err));
	}
	if (both)
		compare_maps(prog, result);
	if (!*result->differ && runs[1].err)
		snprintf(result->why, sizeof(result->why), "not run: %s", strerror(runs[1].err));
}

bool compare_runs_on_both(const struct twin *prog)
{
	const struct run_type *type = type_of(prog->type);

	return type && on_side(0, type) && on_side(1, type);
}

void compare_run(struct twin *prog, const struct run_input *input, struct run_result *result)
{
	const struct run_type *type = type_of(prog->type);
	__u32 helper = reached_call(prog, has_effects);
	char varies_by[sizeof(result->why)] = "";
	int s;

	memset(result, 0, sizeof(*result));
	for (s = 0; s < SIDES; s++)
		result->ns[s] = result->retval[s] = -1;
	if (!type || prog->fd[0] < 0 || prog->fd[1] < 0)
		return;
	if (helper) {
		snprintf(result->why, sizeof(result->why), "not run: bpf_%s reaches others",
			 xbpf_helper_name(helper));
		return;
	}
	for (s = 0; s < SIDES; s++) {
		if (!runs[s].data)
			runs[s].data = malloc(PACKET_ROOM);
		if (!runs[s].data) {
			snprintf(result->why, sizeof(result->why), "not run: no memory");
			return;
		}
	}
	may_differ(prog, varies_by, sizeof(varies_by));	/* of what is so before it runs */
	run_all(prog, type, input, result);
	if (*result->differ && *varies_by)
		memcpy(result->why, varies_by, sizeof(result->why));
}
