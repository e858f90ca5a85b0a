/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Branch sites as kernels patch them.
 */
#include "jit/jit.h"
#include "tap.h"

#define AT 0xffffffffc0a01000ULL

struct form {
	const char *name;
	u8 bytes[16];
	u32 len;
	u32 want_len;		/* 0: refused */
	s8 rel_at;
	u64 target;
};

static const struct form made_up[] = {
	{ "plain jump, padded", { 0xff, 0xe1, 0x90, 0x90, 0x90 }, 5, 2, -1, 0 },
	{ "plain jump, no padding", { 0xff, 0xe1 }, 2, 2, -1, 0 },
	{ "plain jump with int3", { 0xff, 0xe1, 0xcc, 0x90, 0x90 }, 5, 3, -1, 0 },
	{ "plain jump, long nop behind", { 0xff, 0xe1, 0x0f, 0x1f, 0x00 }, 5, 2, -1, 0 },
	{ "lfence and jump", { 0x0f, 0xae, 0xe8, 0xff, 0xe1 }, 5, 5, -1, 0 },
	{ "lfence and jump with int3", { 0x0f, 0xae, 0xe8, 0xff, 0xe1, 0xcc }, 6, 6, -1, 0 },
	{ "thunk behind", { 0xe9, 0xfb, 0x0f, 0x00, 0x00 }, 5, 5, 1, AT + 0x1000 },
	{ "thunk before", { 0xe9, 0xfb, 0xff, 0xff, 0xfe }, 5, 5, 1, AT - 0x1000000 },
	{ "thunk with cs prefix", { 0x2e, 0xe9, 0xfa, 0x0f, 0x00, 0x00 }, 6, 6, 2, AT + 0x1000 },
	{ "thunk with int3 behind", { 0xe9, 0xfb, 0x0f, 0x00, 0x00, 0xcc }, 6, 5, 1, AT + 0x1000 },
	{ "return", { 0xc3 }, 1, 1, -1, 0 },
	{ "return with int3", { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 5, 2, -1, 0 },
	{ "nothing", { 0 }, 0, 0, -1, 0 },
	{ "half a jump", { 0xff }, 1, 0, -1, 0 },
	{ "half a lfence and jump", { 0x0f, 0xae, 0xe8, 0xff }, 4, 0, -1, 0 },
	{ "half a thunk", { 0xe9, 1, 2, 3 }, 4, 0, -1, 0 },
	{ "prefixes only", { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e }, 5, 0, -1, 0 },
	{ "jump through another register", { 0xff, 0xe0, 0x90 }, 3, 0, -1, 0 },
	{ "a call", { 0xe8, 1, 2, 3, 4 }, 5, 0, -1, 0 },
	{ "a short jump", { 0xeb, 0x10 }, 2, 0, -1, 0 },
	{ "unpatched padding", { 0x90, 0x90, 0x90, 0x90, 0x90 }, 5, 0, -1, 0 },
	{ "two bytes of return", { 0xc2, 0x08, 0x00 }, 3, 0, -1, 0 },
};

/* Read in guests: kernel, -cpu, boot options. */
static const struct {
	u64 at;
	struct form form;
} seen[] = {
	{ 0xffffffffc0374000ULL, { "6.1 max: jump to __x86_indirect_thunk_rcx",
	  { 0xe9, 0x9b, 0xd5, 0x88, 0xd7 }, 5, 5, 1, 0xffffffff97c015a0ULL } },
	{ 0xffffffffc0374040ULL, { "6.1 max: return",
	  { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 5, 2, -1, 0 } },
	{ 0xffffffffc0623000ULL, { "6.1 max mitigations=off: jump",
	  { 0xff, 0xe1, 0xcc, 0x66, 0x90 }, 5, 3, -1, 0 } },
	{ 0xffffffffc027a000ULL, { "6.1 max spectre_v2=retpoline,lfence: jump",
	  { 0x0f, 0xae, 0xe8, 0xff, 0xe1 }, 5, 5, -1, 0 } },
	{ 0xffffffffc038f040ULL, { "6.1 Skylake-Client-v1: return to its_return_thunk",
	  { 0xe9, 0xdb, 0x2c, 0x07, 0xf0 }, 5, 5, 1, 0xffffffffb0401d20ULL } },
	{ 0xffffffffc05c8040ULL, { "6.1 EPYC-v1: return to srso_return_thunk",
	  { 0xe9, 0x5b, 0x98, 0x83, 0xc4 }, 5, 5, 1, 0xffffffff84e018a0ULL } },
	{ 0xffffffffc063d084ULL, { "6.12 max: jump to a thunk",
	  { 0xe9, 0x57, 0x43, 0x0a, 0xd3 }, 5, 5, 1, 0xffffffff936e13e0ULL } },
	{ 0xffffffffc038d0c4ULL, { "6.12 Skylake-Client-v1: return to a thunk",
	  { 0xe9, 0x17, 0x4f, 0xf5, 0xf6 }, 5, 5, 1, 0xffffffffb72e1fe0ULL } },
};

static void check(const struct form *f, u64 at)
{
	struct xbpf_jit_form form;
	int err = xbpf_jit_form_read(&form, f->bytes, f->len, at);
	bool good;

	if (!f->want_len)
		good = err == -EINVAL;
	else
		good = !err && form.len == f->want_len && form.rel_at == f->rel_at &&
		       form.target == f->target && !memcmp(form.bytes, f->bytes, form.len);
	if (!tap_ok(good, "%s is %s", f->name, f->want_len ? "read" : "refused"))
		tap_diag("err %d, %u bytes, rel32 at %d, target 0x%llx", err, form.len, form.rel_at,
			 form.target);
}

int main(void)
{
	u32 i;

	tap_plan(ARRAY_SIZE(made_up) + ARRAY_SIZE(seen));
	for (i = 0; i < ARRAY_SIZE(made_up); i++)
		check(&made_up[i], AT);
	for (i = 0; i < ARRAY_SIZE(seen); i++)
		check(&seen[i].form, seen[i].at);
	return tap_done();
}
