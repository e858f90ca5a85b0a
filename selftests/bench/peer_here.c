/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine in this process: its machine code runs natively, with branches as the host's kernel
 * makes them, so that the comparison with the kernel's JIT is one of code and not of mitigations.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/load.h"
#include "peers.h"

#define TEXT_AREA	(4u << 20)

/*
 * Code lies side by side, as in the kernel: a page of its own for each program would fight for the
 * same cache lines.
 */
static u8 *text_area;
static u32 text_used;

struct here {
	struct loaded *progs;
	u8 **at;			/* where each one's code starts */
	u32 prog_cnt;
	const struct bench_peer *peer;
	load_trampoline_fn enter;		/* NULL: interpreter */
	u32 code;
	u64 load_ns;
};

static u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000ULL + (u64)t.tv_nsec;
}

static void die(const char *what, const char *text)
{
	fprintf(stderr, "bench: %s\n%s\n", what, text);
	exit(1);
}

/* Does a line of /sys/devices/system/cpu/vulnerabilities say so? */
static bool host_says(const char *file, const char *word)
{
	char path[128], line[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/vulnerabilities/%s", file);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return strstr(line, word);
}

/*
 * The thunks of arch/x86/lib/retpoline.S by what they do: a return that is called (retpoline, for
 * jmp *rcx), and a return behind a call that fills the predictor (srso_return_thunk).
 */
static const u8 retpoline_head[] = {
	0xe8, 7, 0, 0, 0,		/* call 1f */
	0xf3, 0x90,			/* 0: pause */
	0x0f, 0xae, 0xe8,		/* lfence */
	0xeb, 0xf9,			/* jmp 0b */
	0x48, 0x89, 0x0c, 0x24,		/* 1: mov rcx, [rsp] */
};
static const u8 safe_ret[] = {
	0xe8, 1, 0, 0, 0,		/* call 1f */
	0xcc,
	0x48, 0x8d, 0x64, 0x24, 0x08,	/* 1: lea rsp, [rsp + 8] */
	0xc3, 0xcc,
};

static struct xbpf_jit_form jump_to(const u8 *thunk)
{
	return (struct xbpf_jit_form){ .bytes = { 0xe9 }, .len = 5, .rel_at = 1,
				       .target = (u64)(unsigned long)thunk };
}

static struct xbpf_jit_env host_env(void)
{
	bool safe = host_says("spec_rstack_overflow", "Safe RET");
	struct xbpf_jit_env env;
	u8 *thunk, *safe_return = NULL;
	struct xbpf_log log;

	load_jit_env(&env);
	text_used = XBPF_TRAMPOLINE_LEN;
	if (safe) {
		safe_return = text_area + text_used;
		memcpy(safe_return, safe_ret, sizeof(safe_ret));
		env.ret = jump_to(safe_return);
		text_used += 64;
	}
	if (host_says("spectre_v2", "Retpolines")) {
		thunk = text_area + text_used;
		memcpy(thunk, retpoline_head, sizeof(retpoline_head));
		thunk += sizeof(retpoline_head);
		if (safe) {
			s32 rel = (s32)(safe_return - (thunk + 5));

			*thunk = 0xe9;
			memcpy(thunk + 1, &rel, 4);
		} else {
			*thunk = 0xc3;
		}
		env.jump_rcx = jump_to(text_area + text_used);
		text_used += 64;
	} else if (host_says("spectre_v2", "LFENCE")) {
		env.jump_rcx = (struct xbpf_jit_form){ .bytes = { 0x0f, 0xae, 0xe8, 0xff, 0xe1 },
						       .len = 5,
						       .rel_at = -1 };
	}
	env.leave = (u64)(unsigned long)text_area + XBPF_TRAMPOLINE_LEAVE;
	xbpf_log_init(&log, 0, NULL, 0);
	if (xbpf_jit_trampoline(&env, (u64)(unsigned long)text_area, text_area, &log))
		die("no entry trampoline", log.reason);
	return env;
}

bool bench_here_available(const struct bench_peer *peer, const char **why)
{
	(void)peer, (void)why;
	return true;
}

static void compile(struct loaded *p, const struct xbpf_jit_env *env, struct here *h)
{
	u8 *at = text_area + text_used;
	int err;

	err = load_jit_compile(&p->code, &rt_env, env, 0, NULL, 0, &p->jit, &p->log);
	p->jit_size = p->jit.len;
	xbpf_jit_out_release(&p->jit);
	if (!err && text_used + p->jit_size > TEXT_AREA)
		die("the text area is too small", "");
	if (!err)
		err = load_jit_compile(&p->code, &rt_env, env, (u64)(unsigned long)at, at,
				       p->jit_size, &p->jit, &p->log);
	if (err)
		die("the JIT refuses a program", p->log.reason);
	p->jit_mem = NULL;	/* not its own */
	h->code += p->jit_size;
	text_used += (p->jit_size + 63) & ~63u;
}

/* The number of a strategy for tail calls. */
static u8 tail_number(const char *name)
{
	u8 i;

	for (i = 1; name && xbpf_jit_tail_name(i); i++)
		if (!strcmp(xbpf_jit_tail_name(i), name))
			return i;
	return 0;
}

static void jump_at(u8 *site, const u8 *to)
{
	s32 rel = (s32)(to - (site + 5));

	*site = 0xe9;
	memcpy(site + 1, &rel, sizeof(rel));
}

static int ascending(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* What module/table/tree.c does for a table: the code that jumps to each of its targets. */
static const u8 *make_tree(const struct here *h, const struct bench_case *c,
			   const struct xbpf_jit_env *env)
{
	u8 *at = text_area + text_used;
	u64 *targets = calloc(c->slot_cnt + 1, sizeof(*targets));
	struct xbpf_log log;
	u32 i, len;

	for (i = 0; i < c->slot_cnt; i++)
		targets[i] = (u64)(unsigned long)h->at[c->slots[i].prog];
	qsort(targets, c->slot_cnt, sizeof(*targets), ascending);
	xbpf_log_init(&log, 0, NULL, 0);
	if (xbpf_jit_tree(targets, c->slot_cnt, env, (u64)(unsigned long)at, NULL, 0, &len, &log) ||
	    text_used + len > TEXT_AREA ||
	    xbpf_jit_tree(targets, c->slot_cnt, env, (u64)(unsigned long)at, at, len, &len, &log))
		die("no tree", log.reason);
	text_used += (len + 63) & ~63u;
	free(targets);
	return at;
}

/* Each site becomes a jump, as the module makes it when a slot is written. */
static void patch_pokes(struct here *h, const struct bench_case *c, const struct xbpf_jit_env *env)
{
	const struct xbpf_jit_poke *site;
	const u8 *tree = NULL;
	u32 i, k, s;

	for (i = 0; i < h->prog_cnt; i++) {
		for (k = 0; k < h->progs[i].jit.poke_cnt; k++) {
			site = &h->progs[i].jit.pokes[k];
			if (site->any && !tree)
				tree = make_tree(h, c, env);
			for (s = 0; !site->any && s < c->slot_cnt && c->slots[s].index != site->index; s++)
				;
			if (site->any)
				jump_at(h->at[i] + site->off, tree);
			else if (s < c->slot_cnt)
				jump_at(h->at[i] + site->off, h->at[c->slots[s].prog]);
		}
	}
}

static void make_maps(const struct bench_case *c)
{
	struct rt_map *map;
	u32 i, k;

	rt_reset();
	for (i = 0; i < c->map_cnt; i++) {
		const struct bench_map *m = &c->maps[i];

		map = rt_map_new(m->name, m->type, m->key_size, m->value_size, m->max_entries, 0);
		for (k = 0; m->values && k < m->max_entries; k++)
			rt_map_update(map, &k, (u8 *)m->values + (size_t)m->value_size * k, BPF_ANY);
	}
}

static void here_free(void *loaded)
{
	struct here *h = loaded;
	u32 i;

	for (i = 0; i < h->prog_cnt; i++)
		load_free(&h->progs[i]);
	free(h->progs);
	free(h->at);
	free(h);
	rt_reset();
	if (text_area)
		rt_exec_free(text_area, TEXT_AREA);
	text_area = NULL;
}

static void *here_load(const struct bench_peer *peer, const struct bench_case *c, const char **why)
{
	bool native = peer->ops == &bench_native_ops;
	struct here *h = calloc(1, sizeof(*h));
	struct xbpf_jit_env env;
	u32 i;

	(void)why;
	h->peer = peer;
	h->progs = calloc(c->prog_cnt, sizeof(*h->progs));
	h->at = calloc(c->prog_cnt, sizeof(*h->at));
	if (native)
		text_area = rt_exec_alloc(TEXT_AREA);
	if (native)
		env = host_env();
	env.tail = tail_number(peer->tail);
	env.pokes = true;
	make_maps(c);
	h->load_ns = clock_ns();
	for (i = 0; i < c->prog_cnt; i++) {
		h->at[i] = text_area + text_used;
		if (load_asm(&h->progs[i], c->text[i], c->type, native ? 0 : LOAD_INTERP))
			die(h->progs[i].log.reason, c->text[i]);
		h->prog_cnt++;
		if (!native)
			continue;
		compile(&h->progs[i], &env, h);
	}
	h->load_ns = clock_ns() - h->load_ns;
	if (native)
		h->enter = (load_trampoline_fn)(unsigned long)text_area;
	for (i = 0; i < c->slot_cnt; i++) {
		u32 prog = c->slots[i].prog;

		rt_slot_set(rt_map_by_name(c->maps[0].name), c->slots[i].index,
			    native ? (const void *)h->at[prog] : h->progs[prog].image);
	}
	if (native) {
		patch_pokes(h, c, &env);
		rt_exec_seal(text_area, TEXT_AREA);
	}
	return h;
}

static u64 here_run(void *loaded, u32 repeat)
{
	struct here *h = loaded;
	struct xbpf_skb_ctx skb;
	u64 start;
	u32 i;

	memset(&skb, 0, sizeof(skb));
	skb.view.len = BENCH_PACKET;
	skb.data = bench_packet;
	skb.data_end = bench_packet + BENCH_PACKET;
	skb.data_len = BENCH_PACKET;
	start = clock_ns();
	if (h->enter) {
		for (i = 0; i < repeat; i++)
			h->enter(&skb, h->at[0]);
	} else {
		for (i = 0; i < repeat; i++)
			load_run_interp(&h->progs[0], &skb);
	}
	return clock_ns() - start;
}

static u32 here_code_size(void *loaded)
{
	return ((struct here *)loaded)->code;
}

static u64 here_load_time(void *loaded)
{
	return ((struct here *)loaded)->load_ns;
}

const struct bench_peer_ops bench_native_ops = {
	.load = here_load,
	.run = here_run,
	.code_size = here_code_size,
	.load_time = here_load_time,
	.free = here_free,
};

const struct bench_peer_ops bench_interp_ops = {
	.load = here_load,
	.run = here_run,
	.load_time = here_load_time,
	.free = here_free,
};
