/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all strategies for tail calls share: the checks of index, slot and budget, the counts of
 * calls that fall through, and jumps that follow a slot.
 */
#include "jit/tail_call.h"

#define COUNT_AT(member) ((u32)offsetof(struct xbpf_tail_counts, member))

static void load_slot_known(struct jit *j, u8 table, u32 index)
{
	xbpf_x86_load(&j->e, 8, false, X86_CX,
		      x86_at(table, (s32)(offsetof(struct xbpf_prog_slots, slot) + 8 * index)));
}

static void load_slot(struct jit *j, const struct jit_tail_call *call, struct jit_tail_checks *c)
{
	u8 index = j->reg[BPF_REG_3];
	struct emit *e = &j->e;

	if (!call->index_fits) {
		c->ranged = true;
		if (call->map)
			xbpf_jit_alu_ri(j, X86_CMP, false, index, (s32)call->map->max_entries);
		else
			x86_alu_rm(e, X86_CMP, false, index,
				   x86_at(c->table, offsetof(struct xbpf_prog_slots, max_entries)));
		xbpf_x86_jcc(e, X86_CC_AE, c->range);
		if (!call->index_is_u32)
			x86_mov_rr(e, false, index, index);
	}
	xbpf_x86_load(e, 8, false, X86_CX,
		      x86_at_index8(c->table, index, offsetof(struct xbpf_prog_slots, slot)));
}

/*
 *	cmp edx, max_entries		; not when it always fits
 *	jae range
 *	mov edx, edx			; not when its upper half is 0
 *	mov rcx, [rsi + rdx * 8 + 16]	; slot[index], read once: it may change at any moment
 *	jrcxz empty
 *	sub r12d, 1
 *	jb spent
 */
void xbpf_jit_tail_checks(struct jit *j, const struct jit_tail_call *call, bool poke,
			  struct jit_tail_checks *c)
{
	struct emit *e = &j->e;

	*c = (struct jit_tail_checks){ .table = j->reg[BPF_REG_2] };
	c->range = xbpf_emit_label(e);
	c->empty = xbpf_emit_label(e);
	c->spent = xbpf_emit_label(e);
	c->count = xbpf_emit_label(e);
	c->out = xbpf_emit_label(e);

	if (c->table == X86_CX) {	/* rcx will hold the slot's word */
		c->table = JIT_TMP0;
		x86_mov_rr(e, true, c->table, X86_CX);
	}
	if (call->index_known && call->index < 1u << 27)	/* within a disp32 */
		load_slot_known(j, c->table, call->index);
	else
		load_slot(j, call, c);
	xbpf_x86_jrcxz(e, c->empty);
	xbpf_jit_tail_spend(j, c->spent, poke);
}

/*
 * range:	xor ecx, ecx
 *		jmp count
 * spent:	push 16
 *		pop rcx
 *		inc r12d			; it was 0
 *		jmp count
 * empty:	add ecx, 8			; it was 0
 * count:	add rcx, [rsi + 8]
 *		inc qword gs:[rcx]		; no gs where counters are not per CPU
 * out:
 */
void xbpf_jit_tail_misses(struct jit *j, const struct jit_tail_checks *c)
{
	struct emit *e = &j->e;

	BUILD_BUG_ON(COUNT_AT(range) != 0);
	xbpf_emit_bind(e, c->range);
	if (c->ranged) {
		xbpf_x86_mov_ri(e, X86_CX, 0);
		xbpf_x86_jmp(e, c->count);
	}
	xbpf_emit_bind(e, c->spent);
	xbpf_x86_push_i8(e, COUNT_AT(limit));	/* with the pop two bytes shorter than a mov */
	x86_pop(e, X86_CX);
	x86_inc(e, false, JIT_BUDGET);
	xbpf_x86_jmp(e, c->count);
	xbpf_emit_bind(e, c->empty);
	xbpf_x86_alu_ri(e, X86_ADD, false, X86_CX, COUNT_AT(empty));
	xbpf_emit_bind(e, c->count);
	x86_alu_rm(e, X86_ADD, true, X86_CX, x86_at(c->table, offsetof(struct xbpf_prog_slots, counts)));
	xbpf_x86_inc_m(e, j->jenv->gs_counts, x86_at(X86_CX, 0));
	xbpf_emit_bind(e, c->out);
}

void xbpf_jit_tail_never(struct jit *j, const struct xbpf_map_info *map)
{
	struct emit *e = &j->e;

	xbpf_x86_mov_ri(e, X86_CX, map->addr);
	xbpf_x86_load(e, 8, false, X86_CX, x86_at(X86_CX, offsetof(struct xbpf_prog_slots, counts)));
	xbpf_x86_inc_m(e, j->jenv->gs_counts, x86_at(X86_CX, COUNT_AT(range)));
}

/* --- poke sites ------------------------------------------------------------------------ */

#define POKE_LEN	5u
#define POKE_PAD	4u	/* bytes at most that bring five bytes into one aligned 8 */

/*
 * Prefixes in front of an instruction of @len bytes, so that a poke site behind it does not
 * straddle.
 */
static u32 poke_pad(const struct jit *j, u32 len)
{
	u32 at = (j->e.pos + len) % 8;

	return at + POKE_LEN > 8 ? 8 - at : 0;
}

void xbpf_jit_tail_spend(struct jit *j, u32 spent, bool poke)
{
	struct emit *e = &j->e;
	u32 sub = 4, jb = xbpf_emit_jump_is_short(e) ? 2 : 6;

	j->poke_pad = poke ? poke_pad(j, sub + jb) : 0;
	/* longer, but not one instruction more */
	xbpf_x86_ds_prefix(e, j->poke_pad);
	xbpf_x86_alu_ri(e, X86_SUB, false, JIT_BUDGET, 1);
	xbpf_x86_jcc(e, X86_CC_B, spent);
}

void xbpf_jit_tail_poke(struct jit *j, const struct jit_tail_call *call, bool any)
{
	struct emit *e = &j->e;

	if (j->pokes && !e->err) {
		if (j->poke_cnt >= j->poke_max || e->pos % 8 + POKE_LEN > 8) {
			emit_fail(e, -EFAULT);
			return;
		}
		j->pokes[j->poke_cnt] = (struct xbpf_jit_poke){
			.off = e->pos,
			.map = call->map,
			.index = call->index,
			.any = any,
		};
	}
	j->poke_cnt++;
	xbpf_x86_nops(e, POKE_LEN);
}

u32 xbpf_jit_tail_rest(const struct jit *j)
{
	return POKE_PAD - j->poke_pad;
}
