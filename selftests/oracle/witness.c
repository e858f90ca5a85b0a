/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second opinion on a program that only xbpf accepts: it runs in the checked
 * interpreter, here in user space, on contexts and map contents that lie about the
 * constants it compares with. What strays is a hole, whatever upstream says.
 */
#include "../fuzz/gen.h"
#include "../lib/checked.h"
#include "../tap.h"
#include "oracle.h"

#define RUNS		300u
#define INSNS_MAX	(34u * 1000000u)
#define CTX_SIZE	256u	/* of any type */

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
	struct checked c = {
		.progs = p, .prog_cnt = 1, .seed = gen_random(rng), .insns_max = INSNS_MAX,
	};
	struct xbpf_skb_ctx *skb = (struct xbpf_skb_ctx *)ctx;
	const struct oracle_map_def *d;
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
	if (checked_on_packets(prog->type)) {
		u32 len = (u32)(number(prog, rng) % (sizeof(packet) + 1));

		BUILD_BUG_ON(sizeof(*skb) > sizeof(ctx));
		for (i = 0; i < ARRAY_SIZE(packet); i++)
			packet[i] = number(prog, rng);
		skb->data = (u8 *)packet;
		skb->data_end = skb->data + len;
		skb->data_len = len;
	}
	checked_run(&c, ctx, sizeof(ctx));
	if (c.why[0])
		tap_diag("%s", c.why);
	return !c.why[0];
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
