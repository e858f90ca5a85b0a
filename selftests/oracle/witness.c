/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second opinion on a program that only xbpf accepts: it runs in the checked
 * interpreter, here in user space, on contexts and map contents that lie about the
 * constants it compares with. What strays is a hole, whatever upstream says.
 */
#include "core/interp_check.h"
#include "../fuzz/gen.h"
#include "../lib/load.h"
#include "../tap.h"
#include "oracle.h"

#define RUNS		300u
#define INSNS_MAX	(34u * 1000000u)
#define CTX_SIZE	256u	/* of any type */

struct watch {
	const struct loaded *p;
	u64 ctx, lo, hi;	/* the main program's stack, and its functions' */
	u64 data, data_end;	/* the packet */
	u32 frames;
	u64 insns;
	bool strayed;
};

static void on_frame(void *priv, u64 top, u32 depth)
{
	struct watch *w = priv;

	if (depth && !w->frames++) {
		w->hi = top;
		w->lo = top - depth;
	} else if (!depth) {
		w->frames--;
	}
}

static bool on_insn(void *priv, const struct xbpf_image *image, u32 pc, const u64 *regs)
{
	struct watch *w = priv;

	(void)image;
	(void)regs;
	if (pc < w->p->code.insn_cnt && w->p->code.insn_aux[pc].flags & XBPF_AUX_SEEN &&
	    ++w->insns < INSNS_MAX)
		return true;
	tap_diag("instruction %u runs, but was never seen, or there is no end", pc);
	w->strayed = true;
	return false;
}

static bool on_access(void *priv, u64 addr, u32 size, bool write)
{
	struct watch *w = priv;

	if ((addr >= w->lo && addr + size <= w->hi) || rt_owns(addr, size) ||
	    (addr >= w->data && addr + size <= w->data_end) ||
	    (!write && addr >= w->ctx && addr + size <= w->ctx + CTX_SIZE))
		return true;
	tap_diag("%s of %u bytes at 0x%llx: nobody's", write ? "write" : "read", size,
		 (unsigned long long)addr);
	w->strayed = true;
	return false;
}

/* A constant of the program or its neighbour, or any number. */
static u64 number(const struct oracle_prog *p, u64 *rng)
{
	u64 r = gen_random(rng);
	const struct bpf_insn *insn = &p->insns[(r >> 8) % p->cnt];

	switch (r % 4) {
	case 0:
		return gen_operand(rng);
	case 1:
		return r >> 40 & 0xff;
	case 2:
		return (u64)(s64)insn->imm + (r >> 40) % 3 - 1;
	default:
		return (u64)(u32)insn->imm + (r >> 40) % 3 - 1;
	}
}

static bool run(const struct loaded *p, const struct oracle_prog *prog, u64 *rng)
{
	u64 ctx[CTX_SIZE / 8], cells[32], packet[8];
	struct watch w = { .p = p, .ctx = (u64)(unsigned long)ctx };
	struct xbpf_skb_ctx *skb = (struct xbpf_skb_ctx *)ctx;
	const struct xbpf_interp_check check = {
		.priv = &w, .frame = on_frame, .insn = on_insn, .access = on_access,
	};
	const struct oracle_map_def *d;
	bool stopped;
	u32 i, k, key;

	for (i = 0; i < ARRAY_SIZE(ctx); i++)
		ctx[i] = number(prog, rng);
	for (i = 0; (d = oracle_map_def(i)); i++) {
		if (d->type != BPF_MAP_TYPE_ARRAY || d->set || d->value_size > sizeof(cells))
			continue;
		for (key = 0; key < d->max_entries; key++) {
			for (k = 0; k < ARRAY_SIZE(cells); k++)
				cells[k] = number(prog, rng);
			memcpy(rt_map_lookup(rt_map_by_name(d->name), &key), cells, d->value_size);
		}
	}
	if (prog->type == BPF_PROG_TYPE_SCHED_CLS || prog->type == BPF_PROG_TYPE_SOCKET_FILTER) {
		u32 len = (u32)(number(prog, rng) % (sizeof(packet) + 1));

		BUILD_BUG_ON(sizeof(*skb) > sizeof(ctx));
		for (i = 0; i < ARRAY_SIZE(packet); i++)
			packet[i] = number(prog, rng);
		skb->data = (u8 *)packet;
		skb->data_end = skb->data + len;
		skb->data_len = len;
		w.data = (u64)(unsigned long)packet;
		w.data_end = w.data + len;
	}
	xbpf_image_run_checked(p->image, ctx, &check, &stopped);
	return !w.strayed && !stopped;
}

/* The maps as rt.h has them; false: one is of a type that it has not. */
static bool make_maps(void)
{
	const struct oracle_map_def *d;
	struct rt_map *map;
	u32 i, zero = 0;

	for (i = 0; (d = oracle_map_def(i)); i++) {
		if (!rt_map_type_known(d->type))
			return false;
		map = rt_map_new(d->name, d->type, d->key_size, d->value_size, d->max_entries, d->flags);
		if (d->set)
			memcpy(rt_map_lookup(map, &zero), d->value, d->value_size);
		if (d->frozen)
			rt_map_freeze(map);
	}
	return true;
}

bool oracle_witness(const struct oracle_prog *prog)
{
	struct bpf_insn *insns = malloc(prog->cnt * sizeof(*insns));
	const struct oracle_map_def *d;
	struct loaded p;
	u64 rng = prog->cnt;
	bool good;
	u32 i, k;

	if (!insns)
		abort();
	/* what functions with types promise each other is not run from here */
	if (prog->btf) {
		free(insns);
		return false;
	}
	rt_reset();
	if (!make_maps()) {
		rt_reset();
		free(insns);
		return false;
	}
	memcpy(insns, prog->insns, prog->cnt * sizeof(*insns));
	for (i = 0; i < prog->cnt; i++)
		for (k = 0; (d = oracle_map_def(k)); k++)
			if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg &&
			    prog->insns[i].imm == ORACLE_FIRST_MAP + (int)k)
				insns[i].imm = rt_map_fd(rt_map_by_name(d->name));
	good = !load_insns(&p, insns, prog->cnt, prog->type, LOAD_INTERP | LOAD_MAY_LEAK);
	if (!good)
		tap_diag("%s: refused in user space: %s", prog->name, p.log.reason);
	for (i = 0; i < RUNS && good; i++)
		good = run(&p, prog, &rng);
	load_free(&p);
	rt_reset();
	free(insns);
	return good;
}
