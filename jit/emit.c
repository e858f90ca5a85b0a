/* SPDX-License-Identifier: GPL-2.0 */
#include "jit/emit.h"

/* Rounds of shortening; the jumps that could still shrink after them stay long. */
#define RELAX_ROUNDS	16

/* Far beyond any program, and small enough that no offset overflows an s32. */
#define CODE_MAX	(1u << 30)

static void *grow(struct emit *e, void *old, u32 *max, u32 need, size_t size)
{
	u32 want = *max ? *max : 64;
	void *p;

	while (want < need)
		want *= 2;
	p = port_zalloc((size_t)want * size);
	if (!p) {
		emit_fail(e, -ENOMEM);
		return old;
	}
	if (*max)
		memcpy(p, old, (size_t)*max * size);
	port_free(old);
	*max = want;
	return p;
}

static bool have_labels(struct emit *e, u32 cnt)
{
	if (cnt > e->label_max)
		e->labels = grow(e, e->labels, &e->label_max, cnt, sizeof(*e->labels));
	return cnt <= e->label_max;
}

void xbpf_emit_init(struct emit *e, u32 labels)
{
	memset(e, 0, sizeof(*e));
	if (have_labels(e, labels))
		e->label_cnt = labels;
}

void xbpf_emit_release(struct emit *e)
{
	port_free(e->labels);
	port_free(e->fixups);
	memset(e, 0, sizeof(*e));
}

void xbpf_emit_rewind(struct emit *e, u32 labels, u8 *buf, u32 size, u64 addr)
{
	e->buf = buf;
	e->size = size;
	e->addr = addr;
	e->pos = 0;
	e->label_cnt = labels;
	e->fixups_measured = e->fixup_cnt;
	e->fixup_cnt = 0;
}

void xbpf_emit_bytes(struct emit *e, u64 value, u32 n)
{
	u32 i;

	if (e->err)
		return;
	if (e->pos > CODE_MAX - n) {
		emit_fail(e, -E2BIG);
		return;
	}
	if (e->buf) {
		if (n > e->size || e->pos > e->size - n) {
			emit_fail(e, -EFAULT);
			return;
		}
		for (i = 0; i < n; i++)
			e->buf[e->pos + i] = (u8)(value >> (8 * i));
	}
	e->pos += n;
}

u32 xbpf_emit_label(struct emit *e)
{
	if (e->err || !have_labels(e, e->label_cnt + 1))
		return 0;
	return e->label_cnt++;
}

void xbpf_emit_bind(struct emit *e, u32 label)
{
	if (e->err)
		return;
	if (e->buf) {
		/* the measuring pass promised this place to all jumps */
		if (e->labels[label].pos != e->pos)
			emit_fail(e, -EFAULT);
		return;
	}
	e->labels[label].pos = e->pos;
	e->labels[label].jumps = e->fixup_cnt;
}

bool xbpf_emit_jump_is_short(struct emit *e)
{
	return e->buf && e->fixup_cnt < e->fixups_measured && e->fixups[e->fixup_cnt].is_short;
}

static void measure_rel(struct emit *e, u32 label, u8 shrink)
{
	struct emit_fixup *f;

	emit_u32(e, 0);
	if (e->fixup_cnt == e->fixup_max)
		e->fixups = grow(e, e->fixups, &e->fixup_max, e->fixup_cnt + 1, sizeof(*f));
	if (e->err)
		return;
	f = &e->fixups[e->fixup_cnt++];
	f->label = label;
	f->end = e->pos;
	f->shrink = shrink;
	f->is_short = false;
}

/* Is the next operand, while writing, the one that was measured? */
static bool next_fixup(struct emit *e, u32 label)
{
	if (e->fixup_cnt < e->fixups_measured && e->fixups[e->fixup_cnt++].label == label)
		return true;
	emit_fail(e, -EFAULT);
	return false;
}

void xbpf_emit_rel_even(struct emit *e, u32 label)
{
	u32 to;

	if (e->err)
		return;
	if (!e->buf) {
		measure_rel(e, label, 0);
	} else if (next_fixup(e, label)) {
		to = e->labels[label].pos;
		emit_u32(e, to + ((e->addr + to) & 1) - (e->pos + 4));
	}
}

void xbpf_emit_rel(struct emit *e, u32 label, bool is_short, u8 shrink)
{
	if (e->err)
		return;
	if (!e->buf) {
		measure_rel(e, label, shrink);
		return;
	}
	if (!next_fixup(e, label))
		return;
	if (is_short)
		emit_u8(e, e->labels[label].pos - (e->pos + 1));
	else
		emit_u32(e, e->labels[label].pos - (e->pos + 4));
}

void xbpf_emit_rel8(struct emit *e, u32 label)
{
	s64 rel = 0;

	/* while measuring the label has no place yet, and jumps in between are long */
	if (e->buf && !e->err) {
		rel = (s64)e->labels[label].pos - (e->pos + 1);
		if (rel != (s8)rel)
			emit_fail(e, -EFAULT);
	}
	emit_u8(e, (u8)rel);
}

void xbpf_emit_rel32_to(struct emit *e, u64 target)
{
	s64 rel = (s64)(target - (e->addr + e->pos + 4));

	/* while measuring nobody knows yet where the code will stand */
	if (e->buf && rel != (s32)rel)
		emit_fail(e, -ERANGE);
	emit_u32(e, (u32)rel);
}

/*
 * One round: @saved[k] is what the short ones of the first k jumps save.  All
 * places of a round are those of one and the same layout, and a layout only ever
 * gets smaller, so a jump that was found to be short stays in reach.
 */
static bool relax_round(struct emit *e, const u32 *saved)
{
	bool changed = false;
	u32 i;

	for (i = 0; i < e->fixup_cnt; i++) {
		struct emit_fixup *f = &e->fixups[i];
		const struct emit_label *to = &e->labels[f->label];
		s64 rel;

		if (f->is_short || !f->shrink)
			continue;
		rel = (s64)(to->pos - saved[to->jumps]) - (s64)(f->end - saved[i + 1]);
		if (to->jumps <= i)	/* a jump back comes closer by what itself saves */
			rel += f->shrink;
		if (rel < -128 || rel > 127)
			continue;
		f->is_short = true;
		changed = true;
	}
	return changed;
}

static void sum_saved(const struct emit *e, u32 *saved)
{
	u32 i;

	for (i = 0; i < e->fixup_cnt; i++)
		saved[i + 1] = saved[i] + (e->fixups[i].is_short ? e->fixups[i].shrink : 0);
}

u32 xbpf_emit_relax(struct emit *e)
{
	u32 *saved, round, i;

	if (e->err)
		return 0;
	saved = port_zalloc(((size_t)e->fixup_cnt + 1) * sizeof(*saved));
	if (!saved) {
		emit_fail(e, -ENOMEM);
		return 0;
	}
	for (round = 0; round < RELAX_ROUNDS && relax_round(e, saved); round++) {
		sum_saved(e, saved);
		port_resched();
	}
	for (i = 0; i < e->label_cnt; i++)
		e->labels[i].pos -= saved[e->labels[i].jumps];
	e->pos -= saved[e->fixup_cnt];
	port_free(saved);
	return e->pos;
}
