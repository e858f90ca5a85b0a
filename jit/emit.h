/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cursor that machine code is written with.
 *
 * Code is emitted twice by the same functions: first to measure (nothing is
 * stored, every jump is long), then to write.  In between the jumps are relaxed.
 * An error is sticky: the first one stays in err, and whoever emits needs not
 * look at it.
 */
#ifndef XBPF_JIT_EMIT_H
#define XBPF_JIT_EMIT_H

#include "core/port.h"

/* A place in the code. Named by its index, which is the same in both passes. */
struct emit_label {
	u32 pos;
	u32 jumps;		/* jumps that stand before it */
};

/* A relative operand that ends an instruction. */
struct emit_fixup {
	u32 label;
	u32 end;		/* offset behind the instruction, all jumps long */
	u8 shrink;		/* bytes that the short form saves, 0: there is none */
	bool is_short;
};

struct emit {
	u8 *buf;		/* NULL while measuring */
	u32 size;		/* bytes of buf */
	u32 pos;
	u64 addr;		/* where buf will run */
	int err;
	struct emit_label *labels;
	u32 label_cnt, label_max;
	struct emit_fixup *fixups;
	u32 fixup_cnt, fixup_max;
	u32 fixups_measured;	/* how many the writing pass may use */
};

/* Starts the measuring pass with labels 0 .. @labels - 1. */
void xbpf_emit_init(struct emit *e, u32 labels);
void xbpf_emit_release(struct emit *e);

/*
 * Ends the measuring pass: gives each jump its form and each label its place.
 * Returns the length of the code.
 */
u32 xbpf_emit_relax(struct emit *e);

/* Starts the writing pass; the same labels are there again. */
void xbpf_emit_rewind(struct emit *e, u32 labels, u8 *buf, u32 size, u64 addr);

void xbpf_emit_bytes(struct emit *e, u64 value, u32 n);	/* little endian */

/* A label of no place yet. */
u32 xbpf_emit_label(struct emit *e);
/* Here it is. */
void xbpf_emit_bind(struct emit *e, u32 label);

/*
 * For a jump to @label that is about to be emitted: may it take its short form
 * (8-bit displacement)?  Its operand must follow by xbpf_emit_rel().
 */
bool xbpf_emit_jump_is_short(struct emit *e);
void xbpf_emit_rel(struct emit *e, u32 label, bool is_short, u8 shrink);

/* A rel32 to @label, plus 1 when that stands at an odd address. */
void xbpf_emit_rel_even(struct emit *e, u32 label);

/* Will what comes next stand at an odd address?  False while measuring. */
static inline bool emit_at_odd(const struct emit *e)
{
	return e->buf && (e->addr + e->pos) & 1;
}

/* A rel8 to @label, for what has no other form; -EFAULT when it is too far. */
void xbpf_emit_rel8(struct emit *e, u32 label);

/* A rel32 to a fixed address; -ERANGE when it is too far. */
void xbpf_emit_rel32_to(struct emit *e, u64 target);

static inline void emit_u8(struct emit *e, u8 value)
{
	xbpf_emit_bytes(e, value, 1);
}

static inline void emit_u32(struct emit *e, u32 value)
{
	xbpf_emit_bytes(e, value, 4);
}

static inline void emit_fail(struct emit *e, int err)
{
	if (!e->err)
		e->err = err;
}

#endif
