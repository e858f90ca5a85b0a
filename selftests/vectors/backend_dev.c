/* SPDX-License-Identifier: GPL-2.0 */
/* Runs vectors in the module, by /dev/xbpf. */
#include "backend.h"
#include "../kernel/dev.h"
#include "../lib/asm.h"
#include "../lib/btf_text.h"

static int maps[VEC_MAPS];
static int progs[VEC_PROGS];

__attribute__((format(printf, 2, 3)))
static void say(struct outcome *out, const char *fmt, ...)
{
	int err = errno, n;
	va_list ap;

	va_start(ap, fmt);
	n = vsnprintf(out->error, sizeof(out->error), fmt, ap);
	va_end(ap);
	snprintf(out->error + n, sizeof(out->error) - (size_t)n, ": %s (%.300s)", strerror(err),
		 xbpf_words());
}

static bool freeze(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)fd;
	return !xbpf_sys(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

static bool make_maps(const struct vec *vec, struct outcome *out)
{
	u32 i;

	for (i = 0; i < vec->map_cnt; i++) {
		const struct vec_map *m = &vec->maps[i];

		maps[i] = xbpf_map_new(m->type, m->name, m->key_size, m->value_size, m->max_entries,
				       m->flags);
		if (maps[i] < 0) {
			say(out, "map %s", m->name);
			return false;
		}
	}
	for (i = 0; i < vec->init_cnt; i++) {
		const struct vec_cell *c = &vec->inits[i];

		if (xbpf_map_update(maps[c->map], &c->key, c->value, BPF_ANY)) {
			say(out, "initial content of map %s", vec->maps[c->map].name);
			return false;
		}
	}
	for (i = 0; i < vec->map_cnt; i++) {
		if (vec->maps[i].freeze && !freeze(maps[i])) {
			say(out, "freezing map %s", vec->maps[i].name);
			return false;
		}
	}
	return true;
}

static int fd_of(void *priv, const char *name)
{
	const struct vec *vec = priv;
	u32 i;

	for (i = 0; i < vec->map_cnt; i++)
		if (!strcmp(vec->maps[i].name, name))
			return maps[i];
	return -1;
}

/* With types, if it has prototypes: an fd, or -1. */
static int load_text(struct asm_prog *text, u32 type, u32 flags)
{
	static struct btf_text btf;
	union bpf_attr attr, types;
	int fd, btf_fd = -1;

	xbpf_prog_attr(&attr, type, NULL, text->insns, text->cnt, flags);
	if (text->func_cnt) {
		if (!btf_text_make(&btf, text))
			return -1;
		memset(&types, 0, sizeof(types));
		types.btf = (uintptr_t)btf.blob;
		types.btf_size = btf.size;
		btf_fd = xbpf_sys(BPF_BTF_LOAD, &types, sizeof(types));
		if (btf_fd < 0)
			return -1;
		attr.prog_btf_fd = (__u32)btf_fd;
		attr.func_info = (uintptr_t)btf.info;
		attr.func_info_cnt = btf.func_cnt;
		attr.func_info_rec_size = sizeof(btf.info[0]);
	}
	fd = xbpf_sys(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (btf_fd >= 0)
		close(btf_fd);
	return fd;
}

static bool make_prog(const struct vec *vec, u32 i, bool jit, struct outcome *out)
{
	struct asm_prog text;

	if (asm_parse(&text, vec->progs[i].text) || asm_bind(&text, fd_of, (void *)(uintptr_t)vec)) {
		snprintf(out->error, sizeof(out->error), "program %s: %.200s", vec->progs[i].name,
			 text.error);
	} else {
		progs[i] = load_text(&text, vec->type, jit ? 0 : XBPF_F_INTERP);
		if (progs[i] < 0)
			say(out, "program %s", vec->progs[i].name);
	}
	asm_free(&text);
	return progs[i] >= 0;
}

static void run(const struct vec *vec, enum engine engine, struct outcome *out)
{
	union bpf_attr attr;
	u8 ctx[VEC_CTX];
	u32 i;

	memset(maps, -1, sizeof(maps));
	memset(progs, -1, sizeof(progs));
	out->result_mask = UINT32_MAX;
	if (!make_maps(vec, out))
		return;
	for (i = 0; i < vec->prog_cnt; i++)
		if (!make_prog(vec, i, engine == JIT, out))
			return;
	for (i = 0; i < vec->slot_cnt; i++) {
		if (xbpf_slot_set(maps[vec->slots[i].map], vec->slots[i].index, progs[vec->slots[i].prog])) {
			say(out, "slot %u", vec->slots[i].index);
			return;
		}
	}
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)progs[0];
	if (vec->type == BPF_PROG_TYPE_KPROBE) {
		memcpy(ctx, vec->ctx, sizeof(ctx));
		attr.test.ctx_in = (uintptr_t)ctx;
		attr.test.ctx_size_in = sizeof(ctx);
	} else {
		attr.test.data_in = (uintptr_t)vec->data;
		attr.test.data_size_in = vec->data_len;
	}
	if (xbpf_sys(BPF_PROG_TEST_RUN, &attr, sizeof(attr))) {
		say(out, "test run");
		return;
	}
	out->result = attr.test.retval;
	out->ran = true;
}

static bool lookup(const struct vec *vec, u32 map, u64 key, u8 *value)
{
	(void)vec;
	return !xbpf_map_lookup(maps[map], &key, value);
}

static void clean(const struct vec *vec)
{
	u32 i;

	(void)vec;
	for (i = 0; i < VEC_PROGS; i++)
		if (progs[i] >= 0)
			close(progs[i]);
	for (i = 0; i < VEC_MAPS; i++)
		if (maps[i] >= 0)
			close(maps[i]);
}

const struct backend backend_dev = {
	.name = "kernel",
	.run = run,
	.lookup = lookup,
	.clean = clean,
};
