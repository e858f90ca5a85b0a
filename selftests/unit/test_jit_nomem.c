/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every allocation of a compilation fails once: -ENOMEM with a reason, nothing
 * lost (ASan looks for leaks).  The files that allocate are compiled into this
 * program with an allocator that fails on demand, in the place of the library's.
 */
#include "core/port.h"

static u32 allocations, fail_at;

static void *failing_zalloc(size_t size)
{
	return ++allocations == fail_at ? NULL : calloc(1, size);
}

#define port_zalloc failing_zalloc
#include "jit/compile.c"
#include "jit/emit.c"
#undef port_zalloc

#include "jit_rig.h"
#include "tap.h"

/* More labels and jumps than the first allocations hold. */
static void branchy(char *text, size_t size)
{
	size_t n = snprintf(text, size, "r1 = 0\n r0 = 1\n");
	u32 i;

	for (i = 0; i < 150; i++)
		n += snprintf(text + n, size - n, "if r1 == %u goto out\n r0 /= r0\n", i + 1);
	snprintf(text + n, size - n, "out: exit");
}

static void each_failure(void)
{
	static char text[16384];
	struct xbpf_jit_env jenv = rig_env();
	struct loaded p;
	int err = -ENOMEM;
	u32 failures = 0;

	branchy(text, sizeof(text));
	rt_reset();
	expect_eq(rig_parse(&p, text, 0), 0);
	for (fail_at = 1; err == -ENOMEM && fail_at < 100; fail_at++) {
		struct xbpf_jit_out out;

		allocations = 0;
		xbpf_log_init(&p.log, 0, NULL, 0);
		err = load_jit_compile(&p.code, &rt_env, &jenv, 0, NULL, 0, &out, &p.log);
		if (err == -ENOMEM) {
			failures++;
			expect(strstr(p.log.reason, "out of memory"), "%s", p.log.reason);
			expect(!out.insn_off && !out.len);
		}
		xbpf_jit_out_release(&out);
	}
	expect_eq(err, 0);
	/* labels and jumps (each grown at least once), the sums of relaxing, the offsets */
	expect(failures >= 6, "%u failures", failures);
	load_free(&p);
}

static const struct tap_test tests[] = {
	{ "each failing allocation is reported and nothing leaks", each_failure },
};

int main(void)
{
	return tap_run(tests, tap_count(tests));
}
