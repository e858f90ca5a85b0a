/* SPDX-License-Identifier: GPL-2.0 */
/* Runs vectors in this process. */
#include "../lib/checked.h"
#include "backend.h"

#define INSNS_MAX	(34u * XBPF_MAX_INSNS)

static struct rt_map *maps[VEC_MAPS];
static struct loaded progs[VEC_PROGS];
static u32 loaded;

static void make_maps(const struct vec *vec)
{
	u32 i;

	rt_reset();
	for (i = 0; i < vec->map_cnt; i++) {
		const struct vec_map *m = &vec->maps[i];

		maps[i] = rt_map_new(m->name, m->type, m->key_size, m->value_size, m->max_entries,
				     m->flags);
	}
	for (i = 0; i < vec->init_cnt; i++)
		rt_map_update(maps[vec->inits[i].map], &vec->inits[i].key, vec->inits[i].value, BPF_ANY);
	for (i = 0; i < vec->map_cnt; i++)
		if (vec->maps[i].freeze)
			rt_map_freeze(maps[i]);
}

/* A socket filter sees a frame from behind its Ethernet header, as in the kernel's test runs. */
static void packet(const struct vec *vec, struct xbpf_skb_ctx *skb)
{
	u32 skip = min_t(u32, 14, vec->data_len);

	memset(skb, 0, sizeof(*skb));
	skb->view.len = vec->data_len - skip;
	skb->data = vec->data + skip;
	skb->data_end = vec->data + vec->data_len;
	skb->data_len = vec->data_len - skip;
}

/* At addresses that are others in each vector. */
static bool run_checked(const struct vec *vec, void *ctx, struct outcome *out)
{
	struct checked c = {
		.progs = progs, .prog_cnt = vec->prog_cnt, .seed = vec->line, .insns_max = INSNS_MAX,
	};

	out->result = checked_run(&c, ctx, VEC_CTX);
	snprintf(out->error, sizeof(out->error), "%s", c.why);
	return !c.why[0];
}

static void run(const struct vec *vec, enum engine engine, struct outcome *out)
{
	u32 i, built = engine == JIT ? LOAD_JIT : LOAD_INTERP;
	u32 flags = built | LOAD_MAY_LEAK;	/* as the guest, where root loads */
	u8 regs[VEC_CTX] __attribute__((aligned(8)));
	struct xbpf_skb_ctx skb;
	void *ctx = regs;

	out->result_mask = ~0ULL;
	make_maps(vec);
	for (i = 0; i < vec->prog_cnt; i++) {
		loaded = i + 1;
		if (load_asm(&progs[i], vec->progs[i].text, vec->type, flags)) {
			snprintf(out->error, sizeof(out->error), "program %s: %.400s", vec->progs[i].name,
				 progs[i].log.reason);
			return;
		}
	}
	for (i = 0; i < vec->slot_cnt; i++)
		rt_slot_set(maps[vec->slots[i].map], vec->slots[i].index,
			    load_target(&progs[vec->slots[i].prog], built));
	memcpy(regs, vec->ctx, sizeof(regs));
	if (vec->type == BPF_PROG_TYPE_SOCKET_FILTER) {
		packet(vec, &skb);
		ctx = &skb;
	}
	if (engine == CHECKED) {
		out->ran = run_checked(vec, ctx, out);
		return;
	}
	out->result = load_run(&progs[0], built, ctx);
	out->ran = true;
}

static bool lookup(const struct vec *vec, u32 map, u64 key, u8 *value)
{
	void *found = rt_map_lookup(maps[map], &key);

	if (found)
		memcpy(value, found, vec->maps[map].value_size);
	return found;
}

static void clean(const struct vec *vec)
{
	(void)vec;
	while (loaded)
		load_free(&progs[--loaded]);
	rt_reset();
}

const struct backend backend_here = {
	.name = "user space",
	.checks = true,
	.run = run,
	.lookup = lookup,
	.clean = clean,
};
