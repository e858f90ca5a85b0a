/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run_vectors [--dev] [--engine interp|jit|checked] [--only NAME] FILES...
 *
 * Runs vectors (lib/vec.h) in this process, or with --dev in the kernel through
 * /dev/xbpf; in both engines unless one is named, and in this process in the interpreter's checked
 * mode, too. One test per vector and engine.
 *
 * Built from run_vectors.c, backend_here.c, backend_dev.c, lib/ and the
 * engine; for the guest once more without sanitizers, static.
 */
#include "../tap.h"
#include "backend.h"

struct options {
	const struct backend *backend;
	bool engines[ENGINES];
	const char *only;
	const char *file;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool same_contents(const struct options *o, const struct vec *vec)
{
	u8 value[VEC_VALUE];
	bool good = true;
	u32 i, b;

	for (i = 0; i < vec->expect_cnt; i++) {
		const struct vec_cell *c = &vec->expects[i];
		const struct vec_map *m = &vec->maps[c->map];
		bool there = o->backend->lookup(vec, c->map, c->key, value);

		if (there != (c->len != 0)) {
			tap_diag("%s[%llu] is %s", m->name, (unsigned long long)c->key,
				 there ? "there" : "missing");
			good = false;
			continue;
		}
		for (b = 0; b < c->len; b += 8) {
			u64 got = 0, want = 0;
			u32 n = min_t(u32, 8, c->len - b);

			memcpy(&got, value + b, n);
			memcpy(&want, c->value + b, n);
			if (got == want)
				continue;
			tap_diag("%s[%llu] byte %u: 0x%llx, not 0x%llx", m->name,
				 (unsigned long long)c->key, b, (unsigned long long)got,
				 (unsigned long long)want);
			good = false;
		}
	}
	return good;
}

static const char *const names[ENGINES] = { "interp", "jit", "checked" };

static void run_one(const struct options *o, const struct vec *vec, enum engine engine)
{
	struct outcome out = { 0 };
	bool good = true;

	o->backend->run(vec, engine, &out);
	if (!out.ran) {
		tap_diag("line %u: did not run: %s", vec->line, out.error);
		good = false;
	} else {
		if ((out.result ^ vec->result) & out.result_mask) {
			tap_diag("line %u: R0 is 0x%llx, not 0x%llx", vec->line,
				 (unsigned long long)out.result,
				 (unsigned long long)(vec->result & out.result_mask));
			good = false;
		}
		good &= same_contents(o, vec);
	}
	o->backend->clean(vec);
	tap_ok(good, "%s: %s [%s, %s]", base_name(o->file), vec->name, o->backend->name,
	       names[engine]);
}

static void on_vector(void *priv, const struct vec *vec)
{
	const struct options *o = priv;
	u32 i;

	if (o->only && !strstr(vec->name, o->only))
		return;
	for (i = 0; i < ENGINES; i++)
		if (o->engines[i] && (i != CHECKED || o->backend->checks))
			run_one(o, vec, i);
}

static int usage(void)
{
	fprintf(stderr, "usage: run_vectors [--dev] [--engine interp|jit|checked] [--only NAME] "
		"FILES...\n");
	return 2;
}

/* This engine alone; false: there is none of that name. */
static bool choose(struct options *o, const char *name)
{
	bool known = false;
	u32 i;

	for (i = 0; i < ENGINES; i++)
		known |= o->engines[i] = !strcmp(names[i], name);
	return known;
}

int main(int argc, char **argv)
{
	struct options o = { .backend = &backend_here, .engines = { true, true, true } };
	char error[256];
	int i;

	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--dev")) {
			o.backend = &backend_dev;
		} else if (!strcmp(argv[i], "--engine") && i + 1 < argc) {
			i++;
			if (!choose(&o, argv[i]))
				return usage();
		} else if (!strcmp(argv[i], "--only") && i + 1 < argc) {
			o.only = argv[++i];
		} else {
			return usage();
		}
	}
	if (i == argc)
		return usage();
	tap_begin();
	for (; i < argc; i++) {
		o.file = argv[i];
		if (vec_parse(argv[i], on_vector, &o, error, sizeof(error)) < 0) {
			tap_ok(false, "%s can be read", base_name(argv[i]));
			tap_diag("%s", error);
		}
	}
	return tap_done();
}
