/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second opinion on a program that only xbpf accepts: it runs in the checked
 * interpreter, here in user space, on contexts and map contents that lie about the
 * constants it compares with. What strays is a hole, whatever upstream says.
 */
#include "../fuzz/gen.h"
#include "../kernel/dev.h"
#include "../lib/asm.h"
#include "../lib/checked.h"
#include "../lib/space.h"
#include "../tap.h"
#include "oracle.h"

#define RUNS		150u
#define INSNS_ENOUGH	3000000u	/* of all runs: no more then */
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

static int addresses_fd(void *priv, const char *name)
{
	(void)name;
	return *(const int *)priv;
}

/* Where the kernel at hand puts a stack, a context and a map's value: one run tells. */
static void record_addresses(void)
{
	static const char text[] = "r9 = map[addrs][0]+0 ll; *(u64 *)(r9 + 0) = r10; "
				   "*(u64 *)(r9 + 8) = r1; *(u64 *)(r9 + 16) = r9; r0 = 0; exit";
	static bool recorded;
	u64 addrs[3] = { 0 }, regs[21] = { 0 };
	union bpf_attr attr;
	struct asm_prog prog;
	u32 zero = 0;
	int map, fd;

	if (recorded)
		return;
	recorded = true;
	map = xbpf_map_new(BPF_MAP_TYPE_ARRAY, "addrs", 4, sizeof(addrs), 1, 0);
	if (map < 0 || asm_parse(&prog, text) || asm_bind(&prog, addresses_fd, &map))
		goto failed;
	xbpf_prog_attr(&attr, BPF_PROG_TYPE_KPROBE, NULL, prog.insns, prog.cnt, XBPF_F_INTERP);
	fd = xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		goto failed;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)fd;
	attr.test.ctx_in = (uintptr_t)regs;
	attr.test.ctx_size_in = sizeof(regs);
	if (xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) || xbpf_map_lookup(map, &zero, addrs))
		goto failed;
	close(fd);
	close(map);
	asm_free(&prog);
	tap_diag("stack, context and value of a test run: 0x%llx, 0x%llx, 0x%llx",
		 (unsigned long long)addrs[0], (unsigned long long)addrs[1], (unsigned long long)addrs[2]);
	space_near(addrs, ARRAY_SIZE(addrs));
	return;
failed:
	printf("Bail out! the addresses of a test run: %s\n", strerror(errno));
	exit(1);
}

static bool run(const struct loaded *p, const struct oracle_prog *prog, u64 *rng, u64 *insns)
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
	*insns += c.insns;
	if (c.why[0])
		tap_diag("%s", c.why);
	return !c.why[0];
}

/* The maps as rt.h has them, but for types that it has not. */
static void make_maps(void)
{
	const struct oracle_map_def *d;
	struct rt_map *map;
	u32 i, zero = 0;

	for (i = 0; (d = oracle_map_def(i)); i++) {
		if (!rt_map_type_known(d->type))
			continue;
		map = rt_map_new(d->name, d->type, d->key_size, d->value_size, d->max_entries, d->flags);
		if (d->inner)
			rt_map_set_inner(map, rt_map_by_name(oracle_map_def((u32)d->inner - ORACLE_FIRST_MAP)->name));
		if (d->set)
			memcpy(rt_map_lookup(map, &zero), d->value, d->value_size);
		if (d->frozen)
			rt_map_freeze(map);
	}
}

/* The fd of the map there, or -1. */
static int map_here(s32 placeholder)
{
	const struct oracle_map_def *d = oracle_map_def((u32)placeholder - ORACLE_FIRST_MAP);
	struct rt_map *map = d ? rt_map_by_name(d->name) : NULL;

	return map ? rt_map_fd(map) : -1;
}

u64 oracle_witness_ns;

bool oracle_witness(const struct oracle_prog *prog)
{
	struct bpf_insn *insns = malloc(prog->cnt * sizeof(*insns));
	struct loaded p;
	u64 rng = prog->cnt, done = 0, start = now_ns();
	bool good;
	u32 i;

	if (!insns)
		abort();
	record_addresses();
	rt_reset();
	make_maps();
	memcpy(insns, prog->insns, prog->cnt * sizeof(*insns));
	for (i = 0; i < prog->cnt; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE))
			insns[i].imm = map_here(insns[i].imm);
	good = !load_insns_typed(&p, insns, prog->cnt, prog->type, LOAD_INTERP | LOAD_MAY_LEAK,
				 prog->funcs, prog->func_cnt, NULL);
	if (!good)
		tap_diag("%s: refused in user space: %s", prog->name, p.log.reason);
	for (i = 0; i < RUNS && done < INSNS_ENOUGH && good; i++)
		good = run(&p, prog, &rng, &done);
	load_free(&p);
	rt_reset();
	free(insns);
	oracle_witness_ns += now_ns() - start;
	return good;
}
