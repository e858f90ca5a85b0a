/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second opinion on a random program that only xbpf accepts: it runs in the checked
 * interpreter, here in user space, on contexts and map contents that lie about the
 * constants it compares with. What strays is a hole, whatever stock says.
 */
#include "../../core/interp_check.h"
#include "../fuzz/gen.h"
#include "../lib/load.h"
#include "../tap.h"
#include "oracle.h"

#define RUNS		300u
#define INSNS_MAX	(34u * 1000000u)

struct watch {
	const struct loaded *p;
	u64 ctx, lo, hi;	/* the main program's stack, and its functions' */
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
	if (pc < w->p->code.insn_cnt && w->p->code.facts[pc].flags & XBPF_FACT_SEEN && ++w->insns < INSNS_MAX)
		return true;
	tap_diag("instruction %u runs, but was never seen, or there is no end", pc);
	w->strayed = true;
	return false;
}

static bool on_access(void *priv, u64 addr, u32 size, bool write)
{
	struct watch *w = priv;

	if ((addr >= w->lo && addr + size <= w->hi) || rt_owns(addr, size) ||
	    (!write && addr >= w->ctx && addr + size <= w->ctx + GEN_CTX))
		return true;
	tap_diag("%s of %u bytes at 0x%llx: nobody's", write ? "write" : "read", size, (unsigned long long)addr);
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

static bool run(const struct loaded *p, const struct oracle_prog *prog, struct rt_map *out, u64 *rng)
{
	u64 ctx[GEN_CTX / 8], cells[GEN_OUT_SIZE / 8];
	struct watch w = { .p = p, .ctx = (u64)(unsigned long)ctx };
	const struct xbpf_interp_check check = {
		.priv = &w, .frame = on_frame, .insn = on_insn, .access = on_access,
	};
	bool stopped;
	u32 i, zero = 0;

	for (i = 0; i < ARRAY_SIZE(ctx); i++)
		ctx[i] = number(prog, rng);
	for (i = 0; i < ARRAY_SIZE(cells); i++)
		cells[i] = number(prog, rng);
	memcpy(rt_map_lookup(out, &zero), cells, sizeof(cells));
	xbpf_image_run_checked(p->image, ctx, &check, &stopped);
	return !w.strayed && !stopped;
}

/* The maps of the random programs are the first three, in this order. */
bool oracle_witness(const struct oracle_prog *prog, int first_map)
{
	struct bpf_insn *insns = malloc(prog->cnt * sizeof(*insns));
	struct rt_map *maps[3];
	struct loaded p;
	u64 rng = prog->cnt;
	bool good;
	u32 i, k;

	if (!insns)
		abort();
	rt_reset();
	maps[0] = rt_map_new("out", BPF_MAP_TYPE_ARRAY, 4, GEN_OUT_SIZE, 1, 0);
	maps[1] = rt_map_new("h", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	maps[2] = rt_map_new("t", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, GEN_SLOTS, 0);
	memcpy(insns, prog->insns, prog->cnt * sizeof(*insns));
	for (i = 0; i < prog->cnt; i++)
		for (k = 0; k < ARRAY_SIZE(maps); k++)
			if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg &&
			    prog->insns[i].imm == first_map + (int)k)
				insns[i].imm = rt_map_fd(maps[k]);
	good = !load_insns(&p, insns, prog->cnt, prog->type, LOAD_INTERP);
	if (!good)
		tap_diag("%s: refused in user space: %s", prog->name, p.log.reason);
	for (i = 0; i < RUNS && good; i++)
		good = run(&p, prog, maps[0], &rng);
	load_free(&p);
	rt_reset();
	free(insns);
	return good;
}
