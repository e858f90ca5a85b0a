/* SPDX-License-Identifier: GPL-2.0 */
/*
 * References: what a call gave to the program, which has to give it back on
 * every path.
 */
#include "core/verify/verifier_priv.h"

u32 xbpf_ref_acquire(struct xbpf_verifier *v)
{
	struct xbpf_state *st = v->cur;

	if (st->ref_cnt == REFS_MAX) {
		xbpf_verify_refuse(v, -E2BIG,
			"more than %u records are reserved at once: submit or discard some of them first",
			REFS_MAX);
		return 0;
	}
	st->refs[st->ref_cnt++] = (struct xbpf_ref){ .id = ++v->last_id, .pc = v->pc };
	return v->last_id;
}

bool xbpf_ref_held(const struct xbpf_state *st, u32 id)
{
	u32 i;

	for (i = 0; i < st->ref_cnt; i++)
		if (st->refs[i].id == id)
			return true;
	return false;
}

static void forget(struct xbpf_verifier *v, struct xbpf_reg *reg, const void *arg)
{
	(void)v;
	if (!reg_is_pointer(reg) || reg->ref != *(const u32 *)arg)
		return;
	xbpf_reg_gone(reg);
}

/* It was given back: no copy of the pointer may be used any more. */
void xbpf_ref_release(struct xbpf_verifier *v, u32 id)
{
	xbpf_ref_drop(v->cur, id);
	xbpf_reg_each(v, v->cur, forget, &id);
}

int xbpf_ref_check_none(struct xbpf_verifier *v, const char *what)
{
	const struct xbpf_ref *ref = &v->cur->refs[0];

	if (!v->cur->ref_cnt)
		return 0;
	xbpf_log(v->log, "Unreleased reference id=%u alloc_insn=%u\n", ref->id, ref->pc);
	return xbpf_verify_refuse(v, -EINVAL,
		"unreleased reference: what the call at instruction %u gave is still held at %s: "
		"submit or discard it on every path",
		ref->pc, what);
}
