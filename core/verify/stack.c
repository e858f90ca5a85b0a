/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stack, byte by byte.
 *
 * A pointer is kept only by an aligned store of all eight bytes.  Whatever
 * overwrites a part of it leaves the rest unreadable, so that no piece of a
 * pointer is ever seen as a number; unless the program may_leak: then the rest is
 * some number, and so is what was never written.
 */
#include "core/verify/verifier_priv.h"

/* Bytes [lo, hi) from R10 that an access may touch; at lo only if it is fixed. */
struct window {
	struct xbpf_frame *frame;
	u32 frame_no;
	s32 lo, hi;
	bool fixed;
};

static int refuse_bounds(struct xbpf_verifier *v, u32 regno, s64 lo, s64 hi, s32 off, u32 size,
			 const char *what)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];
	/* as upstream 6.12: what begins in the stack and runs over its upper end is another fault */
	int err = lo >= -(s64)XBPF_STACK_SIZE && lo < 0 ? -EINVAL : -EACCES;

	if (xbpf_scalar_is_const(&reg->var)) {
		xbpf_log(v->log, "invalid %s stack R%u off=%lld size=%u\n", what, regno,
			 (long long)lo, size);
		return xbpf_verify_refuse(v, err,
			"the access to %u bytes at R10%+lld is outside of the stack, which is the %u bytes below R10",
			size, (long long)lo, XBPF_STACK_SIZE);
	}
	xbpf_log(v->log, "invalid variable-offset %s stack R%u var_off=(0x%llx; 0x%llx) off=%d size=%u\n",
		 what, regno, (unsigned long long)reg->var.bits.value,
		 (unsigned long long)reg->var.bits.mask, off, size);
	return xbpf_verify_refuse(v, err,
		"the access through R%u may be anywhere from R10%+lld to R10%+lld, the stack is "
		"the %u bytes below R10: compare the index first",
		regno, (long long)lo, (long long)hi, XBPF_STACK_SIZE);
}

static int window_of(struct xbpf_verifier *v, u32 regno, s32 off, u32 size, const char *what,
		     struct window *w)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];
	s64 lo, hi;

	if (!xbpf_reg_is_near(reg)) {
		xbpf_log(v->log, "R%u unbounded memory access\n", regno);
		return xbpf_verify_refuse(v, -EACCES,
			"the offset in R%u has no bound: compare the index with the size of the array first",
			regno);
	}
	lo = reg->var.smin + reg->off + off;
	hi = reg->var.smax + reg->off + off + size;
	if (lo < -(s64)XBPF_STACK_SIZE || hi > 0)
		return refuse_bounds(v, regno, lo, hi, reg->off + off, size, what);
	w->frame_no = reg->frame;
	w->frame = v->cur->frame[reg->frame];
	w->lo = (s32)lo;
	w->hi = (s32)hi;
	w->fixed = xbpf_scalar_is_const(&reg->var);
	return 0;
}

static void use_depth(struct xbpf_verifier *v, const struct window *w)
{
	struct xbpf_subprog *sub = &v->code->subprogs[w->frame->subprog];
	u32 depth = ((u32)-w->lo + 7) & ~7u;

	sub->stack_depth = max_t(u32, sub->stack_depth, depth);
}

/* Byte n of the stack is at -n-1 from R10: where in which slot? */
static u32 slot_of(s32 off)
{
	return (u32)(-off - 1) / 8;
}

static u32 byte_of(s32 off)
{
	return 7 - (u32)(-off - 1) % 8;
}

static u64 slots_mask(const struct window *w)
{
	u32 first = slot_of(w->hi - 1), last = slot_of(w->lo);
	u64 upto = last == 63 ? U64_MAX : (1ULL << (last + 1)) - 1;

	return upto & ~((1ULL << first) - 1);
}

static int byte_at(const struct window *w, s32 off)
{
	u32 slot = slot_of(off);

	return slot < w->frame->slot_cnt ? w->frame->slots[slot].byte[byte_of(off)] : BYTE_NONE;
}

static bool pointer_at(const struct window *w, s32 off)
{
	return byte_at(w, off) == BYTE_SPILL &&
	       reg_is_pointer(&w->frame->slots[slot_of(off)].reg);
}

static int refuse_byte(struct xbpf_verifier *v, u32 regno, const struct window *w, s32 off,
		       u32 size, bool indirect)
{
	xbpf_log(v->log, "invalid %sread from stack R%u off %d+%d size %u\n",
		 indirect ? "indirect " : "", regno, w->lo, off - w->lo, size);
	if (pointer_at(w, off))
		return xbpf_verify_refuse(v, -EACCES,
			"the byte at R10%+d belongs to a saved pointer, which may not be read as a number", off);
	return xbpf_verify_refuse(v, -EACCES,
		"the byte at R10%+d is read but was not written on this path: initialise the "
		"variable, padding included",
		off);
}

/* Is every byte of the window a number?  *zero: all are 0, which depends on *from. */
static int check_numbers(struct xbpf_verifier *v, u32 regno, const struct window *w, u32 size,
			 bool indirect, bool *zero, struct xbpf_precision **from)
{
	s32 off;

	*zero = true;
	*from = NULL;
	for (off = w->lo; off < w->hi; off++) {
		u8 byte = byte_at(w, off);

		if (byte == BYTE_NONE || pointer_at(w, off)) {
			if (!v->code->may_leak)
				return refuse_byte(v, regno, w, off, size, indirect);
			*zero = false;
		} else if (byte == BYTE_SPILL) {
			const struct xbpf_reg *reg = &w->frame->slots[slot_of(off)].reg;

			*zero &= reg_is_const(reg) && !reg->var.umin;
			if (*zero)
				*from = xbpf_precision_join(v, *from, reg->from);
		} else {
			*zero &= byte == BYTE_ZERO;
		}
	}
	return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

/* A fill from the first byte of a spill: what was spilled, or its lower part. */
static bool fill_reg(struct xbpf_verifier *v, const struct window *w, u32 size,
		     struct xbpf_reg *out)
{
	struct xbpf_slot *slot = &w->frame->slots[slot_of(w->lo)];
	u32 len;

	(void)v;
	for (len = 0; len < 8 && slot->byte[len] == BYTE_SPILL; len++)
		;
	if (byte_of(w->lo) || size > len)
		return false;
	if (reg_is_pointer(&slot->reg) && size != 8)
		return false;
	*out = slot->reg;
	if (size < len && out->var.umax > (size == 4 ? U32_MAX : size == 2 ? U16_MAX : U8_MAX)) {
		xbpf_reg_derive(out, &out->var, out->from);
		xbpf_scalar_zext(&out->var, size);
	}
	return true;
}

int xbpf_stack_read(struct xbpf_verifier *v, u32 regno, s32 off, u32 size, struct xbpf_reg *out)
{
	struct xbpf_precision *from;
	struct xbpf_scalar value;
	struct window w;
	bool zero;
	int err;

	err = window_of(v, regno, off, size, "read from", &w);
	if (err)
		return err;
	use_depth(v, &w);
	xbpf_state_mark_read(v, w.frame_no, slots_mask(&w));
	if (w.fixed && byte_at(&w, w.lo) == BYTE_SPILL && fill_reg(v, &w, size, out))
		return 0;
	if (w.fixed && pointer_at(&w, w.lo)) {
		xbpf_log(v->log, "invalid size of register fill\n");
		return xbpf_verify_refuse(v, -EACCES,
			"a pointer was saved at R10%+d: it can be read back only whole, 8 bytes at once",
			w.lo & ~7);
	}
	err = check_numbers(v, regno, &w, size, false, &zero, &from);
	if (err)
		return err;
	value = zero ? xbpf_scalar_const(0) : xbpf_scalar_bytes(size);
	xbpf_reg_derive(out, &value, zero ? from : NULL);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

/*
 * The spill in the slot ends to be one; its bytes become numbers, or nothing.
 * That a byte is 0 is compared without asking who needs it, so it is needed; but
 * of bytes [@from, @to), which are about to hold something else, nobody will know.
 * In a round of a callback it is needed in any case: what comes in its place may be
 * any number after the round, if what was there is not needed (widen_reg()).
 */
static void break_spill(struct xbpf_verifier *v, struct xbpf_slot *slot, u32 from, u32 to)
{
	bool counts = from || to < slot_spill_len(slot) || xbpf_in_callback(v->cur);
	bool zero = counts && reg_is_const(&slot->reg) && !slot->reg.var.umin;
	u32 i;

	if (zero)
		xbpf_reg_mark_precise(v, &slot->reg);
	for (i = 0; i < 8; i++) {
		if (slot->byte[i] != BYTE_SPILL)
			continue;
		if (reg_is_pointer(&slot->reg) && !v->code->may_leak)
			slot->byte[i] = BYTE_NONE;
		else
			slot->byte[i] = zero ? BYTE_ZERO : BYTE_MISC;
	}
	xbpf_reg_none(&slot->reg);
}

static int refuse_spill(struct xbpf_verifier *v, const struct window *w, u32 size,
			const struct xbpf_reg *value)
{
	/* somewhere: just a number then */
	if (!w->fixed && v->code->may_leak)
		return 0;
	if (size != 8 || !w->fixed) {
		xbpf_log(v->log, "invalid size of register spill\n");
		return xbpf_verify_refuse(v, -EACCES,
			"a pointer (%s) can be saved on the stack only whole, by 8 bytes at a constant offset",
			xbpf_reg_type_name(value));
	}
	if (value->type == REG_STACK && w->frame_no != v->cur->depth) {
		xbpf_log(v->log, "cannot spill pointers to stack into stack frame of the caller\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"a pointer to the stack may not be saved in the stack of the caller, where "
			"it would outlive what it points to");
	}
	return 0;
}

/* The end of the window, or of the slot that @off is in: as a byte of that. */
static u32 end_in_slot(const struct window *w, s32 off)
{
	return min_t(u32, 8, byte_of(off) + (u32)(w->hi - off));
}

/* Somewhere in the window @size bytes of some number are written. */
static int write_somewhere(struct xbpf_verifier *v, const struct window *w, bool zero)
{
	struct xbpf_slot *slot;
	s32 off;

	for (off = w->lo; off < w->hi; off++) {
		u8 *byte;

		if (slot_of(off) >= w->frame->slot_cnt)
			continue;
		slot = xbpf_frame_slot(v, w->frame, slot_of(off));
		byte = &slot->byte[byte_of(off)];
		/* if a 0 is written, what is 0 may stay so */
		if (*byte == BYTE_SPILL)
			break_spill(v, slot, byte_of(off), zero ? 0 : end_in_slot(w, off));
		/* what was not written before may still not be */
		if (*byte == BYTE_ZERO && !zero)
			*byte = BYTE_MISC;
	}
	return 0;
}

/*
 * A value of eight bytes, or a number of fewer at the begin of a slot, is kept
 * for the fill.
 */
static void write_slot(struct xbpf_verifier *v, const struct window *w, struct xbpf_slot *slot,
		       u32 size, const struct xbpf_reg *value)
{
	bool zero = reg_is_const(value) && !(value->var.umin << (64 - size * 8));
	bool keep = !byte_of(w->lo);
	u32 i;

	/* @value may be a register that is linked to the old contents; it is no slot */
	if (slot->byte[byte_of(w->lo)] == BYTE_SPILL)
		break_spill(v, slot, byte_of(w->lo), byte_of(w->lo) + size);
	for (i = 0; i < size; i++)
		slot->byte[byte_of(w->lo) + i] = keep ? BYTE_SPILL : zero ? BYTE_ZERO : BYTE_MISC;
	if (zero && !keep)
		xbpf_reg_mark_precise(v, value);
	if (size == 8)
		v->cur->written[w->frame_no] |= 1ULL << slot_of(w->lo);
	if (!keep)
		return;
	slot->reg = *value;
	if (size < 8 && value->var.umax > (size == 4 ? U32_MAX : size == 2 ? U16_MAX : U8_MAX)) {
		xbpf_reg_derive(&slot->reg, &slot->reg.var, value->from);
		xbpf_scalar_zext(&slot->reg.var, size);
	}
}

int xbpf_stack_write(struct xbpf_verifier *v, u32 regno, s32 off, u32 size,
		     const struct xbpf_reg *value)
{
	struct xbpf_slot *slot;
	struct window w;
	int err;

	err = window_of(v, regno, off, size, "write to", &w);
	if (err)
		return err;
	use_depth(v, &w);
	if (reg_is_pointer(value)) {
		err = xbpf_callback_check_key(v, value, (s32)w.frame_no);
		if (!err)
			err = refuse_spill(v, &w, size, value);
		if (err)
			return err;
	}
	if (!w.fixed) {
		bool zero = reg_is_const(value) && !value->var.umin;

		if (zero)
			xbpf_reg_mark_precise(v, value);
		return write_somewhere(v, &w, zero);
	}
	slot = xbpf_frame_slot(v, w.frame, slot_of(w.lo));
	if (!slot)
		return -ENOMEM;
	write_slot(v, &w, slot, size, value);
	return 0;
}

/* --- helpers --------------------------------------------------------------------------------- */

/* A helper fills the window: all of it is a number afterwards. */
static int write_range(struct xbpf_verifier *v, const struct window *w)
{
	struct xbpf_slot *slot;
	s32 off;

	for (off = w->lo; off < w->hi; off++) {
		slot = xbpf_frame_slot(v, w->frame, slot_of(off));
		if (!slot)
			return -ENOMEM;
		if (slot->byte[byte_of(off)] == BYTE_SPILL)
			break_spill(v, slot, byte_of(off), end_in_slot(w, off));
		slot->byte[byte_of(off)] = BYTE_MISC;
		/* the last byte of a slot whose first one is in the window, too */
		if (byte_of(off) == 7 && off - 7 >= w->lo)
			v->cur->written[w->frame_no] |= 1ULL << slot_of(off);
	}
	return 0;
}

int xbpf_stack_range(struct xbpf_verifier *v, u32 regno, u32 min, u32 max, bool write)
{
	struct xbpf_precision *from;
	struct window w;
	bool zero;
	int err;

	err = window_of(v, regno, 0, max, write ? "write to" : "read from", &w);
	if (err)
		return err;
	if (w.lo == w.hi)
		return 0;
	use_depth(v, &w);
	if (!write) {
		xbpf_state_mark_read(v, w.frame_no, slots_mask(&w));
		return check_numbers(v, regno, &w, max, true, &zero, &from);
	}
	if (!w.fixed)
		return write_somewhere(v, &w, false);
	err = write_somewhere(v, &w, false);
	if (err || !min)
		return err;
	w.hi = w.lo + min;
	return write_range(v, &w);
}
