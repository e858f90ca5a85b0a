/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tail call without an indirect jump: the slot's word is compared with the landing addresses that
 * stand in the table, in code that is generated per table, and each has its direct jump.
 *
 *	...				; xbpf_jit_tail_checks()
 *	jmp tree			; the poke site; a nop while the table has no tree
 *	jmp rcx				; as the kernel wants it
 *	...				; xbpf_jit_tail_misses()
 *
 * tree:	cmp ecx, target[n / 2]
 *	jae right
 *	...				; the left half, until two are left:
 *	cmp ecx, target[0]
 *	je target[0]
 *	cmp ecx, target[1]
 *	je target[1]
 *	jmp other
 * right:	...
 * other:	jmp rcx
 *
 * What is compared is the word that was just read from the slot, not the index.  So a tree that is
 * out of date is slower and never wrong: a target that it lacks is reached by the last line, and
 * one that left the table cannot be in rcx.  That is why a tree may be made later, and why nothing
 * waits for it.
 */
#include "jit/tail_call.h"

static void emit_tree(struct jit *j, const struct jit_tail_call *call)
{
	struct jit_tail_checks c;

	if (!j->jenv->pokes || !call->map) {
		xbpf_jit_tail_slot.emit(j, call);
		return;
	}
	xbpf_jit_tail_checks(j, call, true, &c);
	xbpf_jit_tail_poke(j, call, true);
	xbpf_jit_emit_form(j, &j->jenv->jump_rcx, "the kernel's indirect jump thunk");
	xbpf_x86_int3s(&j->e, xbpf_jit_tail_rest(j));
	xbpf_jit_tail_misses(j, &c);
}

const struct jit_tail_strategy xbpf_jit_tail_tree = {
	.emit = emit_tree,
};

/* All images lie within one 32-bit range, so the lower half tells them apart. */
static void compare(struct jit *j, u64 target)
{
	xbpf_x86_alu_ri(&j->e, X86_CMP, false, X86_CX, (s32)target);
}

static void emit_range(struct jit *j, const u64 *targets, u32 cnt, u32 other)
{
	struct emit *e = &j->e;
	u32 right, i;

	if (cnt > 2) {
		right = xbpf_emit_label(e);
		compare(j, targets[cnt / 2]);
		xbpf_x86_jcc(e, X86_CC_AE, right);
		emit_range(j, targets, cnt / 2, other);		/* depth: log2 of the count */
		xbpf_emit_bind(e, right);
		emit_range(j, targets + cnt / 2, cnt - cnt / 2, other);
		return;
	}
	for (i = 0; i < cnt; i++) {
		compare(j, targets[i]);
		xbpf_x86_jcc_to(e, X86_CC_E, targets[i]);
	}
	xbpf_x86_jmp(e, other);
}

static void emit_all(struct jit *j, const u64 *targets, u32 cnt)
{
	u32 other = xbpf_emit_label(&j->e);

	emit_range(j, targets, cnt, other);
	xbpf_emit_bind(&j->e, other);
	xbpf_jit_emit_form(j, &j->jenv->jump_rcx, "the kernel's indirect jump thunk");
}

int xbpf_jit_tree(const u64 *targets, u32 cnt, const struct xbpf_jit_env *jenv, u64 addr, u8 *buf,
		  u32 size, u32 *len, struct xbpf_log *log)
{
	struct jit j = { .jenv = jenv, .log = log };
	int err;

	xbpf_emit_init(&j.e, 0);
	emit_all(&j, targets, cnt);
	*len = xbpf_emit_relax(&j.e);
	if (buf && !j.e.err) {
		xbpf_emit_rewind(&j.e, 0, buf, size, addr);
		emit_all(&j, targets, cnt);
		if (j.e.pos != *len || *len != size)
			emit_fail(&j.e, -EFAULT);
	}
	err = j.e.err;
	xbpf_emit_release(&j.e);
	return err;
}
