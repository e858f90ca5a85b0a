/* SPDX-License-Identifier: GPL-2.0 */
/* The helpers that programs may call: include/lists/helpers.h as a table. */
#include "core/helper.h"
#include "core/prog_type.h"

#define HELPER(number, fname, result, ...)	\
	{ .id = (number), .name = #fname, .ret = XBPF_RET_##result, __VA_ARGS__ },
#define MAP_HELPER(number, fname, op, ...)	HELPER(number, fname, __VA_ARGS__)
#define ENGINE_HELPER(...)			HELPER(__VA_ARGS__)

static const struct xbpf_helper helpers[] = {
#include "include/lists/helpers.h"
};

/* The list of the header that we are built with: complete for its kernel. */
#define NAME(name, ...) #name
static const char *const names[] = {
	__BPF_FUNC_MAPPER(NAME)
};
#undef NAME

const struct xbpf_helper *xbpf_helper_at(u32 i)
{
	return i < ARRAY_SIZE(helpers) ? &helpers[i] : NULL;
}

const struct xbpf_helper *xbpf_helper_find(u32 id)
{
	u32 lo = 0, hi = ARRAY_SIZE(helpers);

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (helpers[mid].id == id)
			return &helpers[mid];
		if (helpers[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *xbpf_helper_name(u32 id)
{
	const struct xbpf_helper *helper = xbpf_helper_find(id);

	if (helper)
		return helper->name;
	return id < ARRAY_SIZE(names) ? names[id] : NULL;
}

u32 xbpf_helper_reads(u32 id)
{
	const struct xbpf_helper *helper = xbpf_helper_find(id);
	u32 i, set = 0;

	for (i = 0; i < 5; i++)
		if (!helper || helper->arg[i] != XBPF_ARG_NONE)
			set |= 1u << (BPF_REG_1 + i);
	return set;
}

bool xbpf_helper_allowed(const struct xbpf_helper *h, u32 prog_type)
{
	if (h->prog_types == ~0ULL)
		return true;
	return h->prog_types & xbpf_prog_type_bit(prog_type);
}
