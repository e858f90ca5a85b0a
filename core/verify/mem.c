/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loads, stores and atomic operations, and the memory that helpers are given.
 */
#include "core/verify/verifier_priv.h"

struct access {
	u32 regno;		/* the base */
	s32 off;		/* of the instruction */
	u32 size;
	bool write;
	bool sign;		/* a load that extends the sign */
	u8 result;		/* of the context: enum xbpf_ctx_result */
	struct xbpf_scalar field;	/* of a map: what it holds */
};

static int refuse_base(struct xbpf_verifier *v, const struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];

	xbpf_log(v->log, "R%u invalid mem access '%s'\n", a->regno, xbpf_reg_type_name(reg));
	switch (reg->type) {
	case REG_VALUE_OR_NULL:
		return xbpf_verify_refuse(v, -EACCES,
			"R%u may be null: check the result of bpf_map_lookup_elem before using it",
			a->regno);
	case REG_MAP_OR_NULL:
	case REG_MEM_OR_NULL:
		return xbpf_verify_refuse(v, -EACCES,
			"R%u may be null: check the result of the call before using it", a->regno);
	case REG_FUNC:
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is a function: it can only be given to a helper", a->regno);
	case REG_PACKET_END:
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is the end of the packet, where nothing is: use a pointer made from data", a->regno);
	case REG_GONE:
		return xbpf_verify_refuse(v, -EACCES,
			"R%u points to what is not the program's any more: get it anew", a->regno);
	}
	if (a->write)
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is a number, not a pointer: programs cannot write to arbitrary memory",
			a->regno);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is a number, not a pointer: read kernel memory with bpf_probe_read_kernel",
		a->regno);
}

static int check_alignment(struct xbpf_verifier *v, const struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];
	bool anywhere = reg->type == REG_VALUE || reg->type == REG_MEM || reg->type == REG_KEY ||
		reg->type == REG_MAP || reg_is_packet(reg);
	/* upstream's idea of a packet: behind an Ethernet header its words are aligned */
	s64 base = reg_is_packet(reg) ? 2 : 0;
	struct xbpf_tnum at;

	/* x86 does the rest unaligned, as long as nobody asks for more; any alignment is the last word */
	if (anywhere && (!(v->code->flags & BPF_F_STRICT_ALIGNMENT) ||
			 v->code->flags & BPF_F_ANY_ALIGNMENT))
		return 0;
	at = xbpf_tnum_add(reg->var.bits, xbpf_tnum_const((u64)(base + reg->off + a->off)));
	if (!((at.value | at.mask) & (a->size - 1)))
		return 0;
	xbpf_log(v->log, "misaligned %s access off (0x%llx; 0x%llx)+%d+%d size %u\n",
		 reg_is_packet(reg) ? "packet" : anywhere ? "value" :
		 reg->type == REG_CTX ? "context" : "stack",
		 (unsigned long long)reg->var.bits.value, (unsigned long long)reg->var.bits.mask,
		 reg->off, a->off, a->size);
	return xbpf_verify_refuse(v, -EACCES,
		"the access of %u bytes through R%u is not aligned to %u: align the offset%s",
		a->size, a->regno, a->size,
		reg->type == REG_STACK ? "; variables on the stack must be aligned" : "");
}

/* --- map values ------------------------------------------------------------------------------ */

static int check_map_rights(struct xbpf_verifier *v, const struct xbpf_map_info *map, s64 off,
			    u32 size, bool write)
{
	if (write && map->flags & BPF_F_RDONLY_PROG) {
		xbpf_log(v->log, "write into map forbidden, value_size=%u off=%lld size=%u\n",
			 map->value_size, (long long)off, size);
		return xbpf_verify_refuse(v, -EACCES,
			"map %s is read-only for programs (BPF_F_RDONLY_PROG, as constant data is)",
			map->name);
	}
	if (!write && map->flags & BPF_F_WRONLY_PROG) {
		xbpf_log(v->log, "read from map forbidden, value_size=%u off=%lld size=%u\n",
			 map->value_size, (long long)off, size);
		return xbpf_verify_refuse(v, -EACCES,
			"map %s is write-only for programs (BPF_F_WRONLY_PROG)", map->name);
	}
	return 0;
}

static int check_value(struct xbpf_verifier *v, const struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];
	const struct xbpf_map_info *map = reg_map(v, reg);
	s64 off = (s64)reg->off + a->off, lo, hi;

	if (!xbpf_scalar_is_const(&reg->var) && reg->var.smin < 0 && reg->var.smin + off < 0) {
		xbpf_log(v->log,
			 "R%u min value is negative, either use unsigned index or do a if (index >=0) check.\n",
			 a->regno);
		return xbpf_verify_refuse(v, -EACCES,
			"the index in R%u may be negative: use an unsigned type or check that it is at least 0",
			a->regno);
	}
	if (!xbpf_reg_is_near(reg)) {
		xbpf_log(v->log, "R%u unbounded memory access, make sure to bounds check any such access\n",
			 a->regno);
		return xbpf_verify_refuse(v, -EACCES,
			"the index in R%u has no upper bound: compare it with the size (value of "
			"map %s: %u bytes) first",
			a->regno, map->name, map->value_size);
	}
	lo = reg->var.smin + off;
	hi = reg->var.smax + off + a->size;
	if (lo < 0 || hi > map->value_size) {
		xbpf_log(v->log, "invalid access to map value, value_size=%u off=%lld size=%u\n",
			 map->value_size, (long long)(lo < 0 ? lo : hi - a->size), a->size);
		if (!xbpf_scalar_is_const(&reg->var))
			xbpf_log(v->log, "R%u %s memory access out of bounds\n", a->regno,
				 lo < 0 ? "min" : "max");
		return xbpf_verify_refuse(v, -EACCES,
			"the access through R%u reaches bytes %lld to %lld of a value of map %s, which has %u bytes",
			a->regno, (long long)lo, (long long)hi - 1, map->name, map->value_size);
	}
	return check_map_rights(v, map, lo, a->size, a->write);
}

/* --- memory that calls give ------------------------------------------------------------------ */

static int check_mem(struct xbpf_verifier *v, const struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];
	s64 lo, hi;

	if (reg->type == REG_KEY && a->write) {
		xbpf_log(v->log, "write to change key R%u not allowed\n", a->regno);
		return xbpf_verify_refuse(v, -EACCES,
			"R%u points to the key of an element, which may not be changed: copy it first", a->regno);
	}
	if (!xbpf_reg_is_near(reg)) {
		xbpf_log(v->log, "R%u unbounded memory access, mem_size=%u\n", a->regno, reg->size);
		return xbpf_verify_refuse(v, -EACCES,
			"the index in R%u has no bound: compare it with the size of the memory (%u bytes) first",
			a->regno, reg->size);
	}
	lo = reg->var.smin + reg->off + a->off;
	hi = reg->var.smax + reg->off + a->off + a->size;
	if (lo >= 0 && hi <= reg->size)
		return 0;
	xbpf_log(v->log, "invalid access to memory, mem_size=%u off=%lld size=%u\n", reg->size,
		 (long long)lo, a->size);
	return xbpf_verify_refuse(v, -EACCES,
		"the access through R%u reaches bytes %lld to %lld of memory of %u bytes", a->regno,
		(long long)lo, (long long)hi - 1, reg->size);
}

/*
 * What @reg, a REG_VALUE whose bounds were checked, points to, when nobody can write it any more
 * and it is known which bytes these are: in the one element of an array, since a looked-up value
 * may be any.  Else NULL.
 */
const u8 *xbpf_verify_constant(const struct xbpf_verifier *v, const struct xbpf_reg *reg)
{
	const struct xbpf_map_info *map = reg_map(v, reg);

	if (!(map->flags & BPF_F_RDONLY_PROG) || !READ_ONCE(map->frozen) || !map->values || map->percpu ||
	    reg->inner || map->max_entries != 1 || !xbpf_scalar_is_const(&reg->var))
		return NULL;
	return (const u8 *)(uintptr_t)map->values + reg->off + reg->var.smin;
}

/* Data that nobody can write any more is as good as a constant in the code. */
static bool read_constant(struct xbpf_verifier *v, const struct access *a, struct xbpf_scalar *out)
{
	const u8 *byte = xbpf_verify_constant(v, &cur_regs(v)[a->regno]);
	u64 value = 0;
	u32 i;

	if (!byte)
		return false;
	for (i = 0; i < a->size; i++)
		value |= (u64)byte[a->off + (s32)i] << (i * 8);
	*out = xbpf_scalar_const(value);
	return true;
}

/* --- context --------------------------------------------------------------------------------- */

/* The words of the context, of the first 64, that the bytes lie in. */
static u64 words_at(u32 off, u32 size)
{
	u64 words = 0;
	u32 i;

	for (i = off / 4; i <= (off + size - 1) / 4 && i < 64; i++)
		words |= 1ULL << i;
	return words;
}

static int check_ctx(struct xbpf_verifier *v, struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];
	struct xbpf_walk_aux *aux = &v->walk_aux[v->pc];
	struct xbpf_ctx_access ask = { .size = a->size, .write = a->write };
	s64 off = (s64)reg->off + a->off + reg->var.smin;
	s64 shifted;

	if (!xbpf_scalar_is_const(&reg->var)) {
		xbpf_log(v->log, "variable ctx access var_off=(0x%llx; 0x%llx) off=%d size=%u\n",
			 (unsigned long long)reg->var.bits.value,
			 (unsigned long long)reg->var.bits.mask, reg->off + a->off, a->size);
		return xbpf_verify_refuse(v, -EACCES,
			"the context can be accessed at constant offsets only");
	}
	ask.off = (u32)off;
	if (off < 0 || off > U16_MAX || !v->type->ctx_access(&ask) ||
	    (a->sign && ask.result != XBPF_CTX_NUMBER)) {
		xbpf_log(v->log, "invalid bpf_context access off=%lld size=%u\n",
			 (long long)off, a->size);
		return xbpf_verify_refuse(v, -EACCES,
			"a program of type %s may not %s %u bytes at offset %lld of its context",
			v->type->name, a->write ? "write" : "read", a->size, (long long)off);
	}
	a->result = ask.result;
	v->code->ctx_used = max_t(u32, v->code->ctx_used, (u32)off + a->size);
	v->code->ctx_words |= words_at((u32)off, a->size);
	if (a->write)
		v->code->ctx_written |= words_at((u32)off, a->size);
	shifted = (s64)ask.off - off + a->off;
	if (aux->flags & WALK_CTX && (aux->ctx_off != shifted || aux->ctx_size != ask.size))
		return xbpf_verify_refuse(v, -EINVAL,
			"one instruction reads different fields of the context on different paths");
	aux->flags |= WALK_CTX;
	aux->ctx_off = (s16)shifted;
	aux->ctx_size = ask.size;
	return 0;
}

/* --- all memory ------------------------------------------------------------------------------ */

/* The rewrite of an access to the context, or to a field of a map, must not hit any other. */
static int check_same_kind(struct xbpf_verifier *v, const struct access *a)
{
	struct xbpf_walk_aux *aux = &v->walk_aux[v->pc];
	u8 type = cur_regs(v)[a->regno].type;

	if (type != REG_CTX && type != REG_MAP)
		aux->flags |= WALK_OTHER;
	if (aux->flags & WALK_FIELD && aux->flags & (WALK_CTX | WALK_OTHER)) {
		xbpf_log(v->log, "same insn cannot be used with different pointers\n");
		return xbpf_verify_refuse(v, -EINVAL,
			"one instruction reads a field of a map on one path and other memory on another");
	}
	if (!(aux->flags & WALK_CTX) || !(aux->flags & WALK_OTHER))
		return 0;
	if (aux->ctx_off == a->off && aux->ctx_size == a->size)
		return 0;
	xbpf_log(v->log, "same insn cannot be used with different pointers\n");
	return xbpf_verify_refuse(v, -EINVAL,
		"one instruction accesses the context on one path and other memory on another");
}

static int check_field(struct xbpf_verifier *v, struct access *a)
{
	if (!a->write)
		return xbpf_verify_field(v, a->regno, a->off, a->size, &a->field);
	xbpf_log(v->log, "only read from bpf_map is supported\n");
	return xbpf_verify_refuse(v, -EACCES,
		"R%u points to a map itself, of which fields can be read, not written: change elements "
		"with bpf_map_update_elem",
		a->regno);
}

/* Everything but the stack, where the contents count. */
static int check_access(struct xbpf_verifier *v, struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];
	int err;

	err = xbpf_reg_read(v, a->regno);
	if (err)
		return err;
	if (reg->type != REG_STACK && reg->type != REG_CTX && reg->type != REG_VALUE &&
	    reg->type != REG_MEM && reg->type != REG_KEY && reg->type != REG_MAP && !reg_is_packet(reg))
		return refuse_base(v, a);
	err = check_alignment(v, a);
	if (!err && reg->type == REG_VALUE)
		err = check_value(v, a);
	if (!err && (reg->type == REG_MEM || reg->type == REG_KEY))
		err = check_mem(v, a);
	if (!err && reg_is_packet(reg))
		err = xbpf_packet_access(v, a->regno, a->off, a->size, a->write);
	if (!err && reg->type == REG_MAP)
		err = check_field(v, a);
	if (!err && reg->type == REG_CTX)
		err = check_ctx(v, a);
	return err ? err : check_same_kind(v, a);
}

static bool is_sign_extending(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LDX && BPF_MODE(insn->code) == BPF_MEMSX;
}

int xbpf_verify_load(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct access a = { .regno = insn->src_reg, .off = insn->off,
			    .size = xbpf_opcode(insn->code)->size, .sign = is_sign_extending(insn) };
	struct xbpf_reg *dst = &cur_regs(v)[insn->dst_reg];
	const struct xbpf_reg *base = &cur_regs(v)[insn->src_reg];
	struct xbpf_scalar value = xbpf_scalar_bytes(a.size);
	int err;

	err = check_access(v, &a);
	if (!err)
		err = xbpf_reg_write(v, insn->dst_reg);
	if (err)
		return err;
	if (base->type == REG_STACK) {
		err = xbpf_stack_read(v, insn->src_reg, insn->off, a.size, &v->scratch[1]);
		if (err)
			return err;
		*dst = v->scratch[1];
	} else if (a.result != XBPF_CTX_NUMBER) {
		xbpf_reg_none(dst);
		dst->type = a.result == XBPF_CTX_PACKET ? REG_PACKET :
			    a.result == XBPF_CTX_PACKET_END ? REG_PACKET_END : REG_PACKET_META;
		dst->var = xbpf_scalar_const(0);
	} else {
		if (base->type == REG_VALUE)
			read_constant(v, &a, &value);
		if (base->type == REG_MAP)
			value = a.field;
		xbpf_reg_scalar(dst, &value);
	}
	if (is_sign_extending(insn)) {
		xbpf_reg_derive(dst, &dst->var, dst->from);
		xbpf_scalar_sext(&dst->var, a.size);
	}
	return 0;
}

static int refuse_leak(struct xbpf_verifier *v, u32 regno, const struct xbpf_reg *base)
{
	xbpf_log(v->log, "R%u leaks addr into %s\n", regno,
		 base->type == REG_CTX ? "ctx" : "map");
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is a pointer (%s): it may be saved on the stack, not in %s, where others could see it",
		regno, xbpf_reg_type_name(&cur_regs(v)[regno]),
		base->type == REG_CTX ? "the context" : base->type == REG_VALUE ? "a map" : "other memory");
}

int xbpf_verify_store(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct access a = { .regno = insn->dst_reg, .off = insn->off,
			    .size = xbpf_opcode(insn->code)->size, .write = true };
	const struct xbpf_reg *base = &cur_regs(v)[insn->dst_reg];
	bool has_src = BPF_CLASS(insn->code) == BPF_STX;
	struct xbpf_reg *value;
	int err = 0;

	if (has_src)
		err = xbpf_reg_read(v, insn->src_reg);
	if (!err)
		err = check_access(v, &a);
	if (err)
		return err;
	if (has_src) {
		value = &cur_regs(v)[insn->src_reg];
		if (base->type == REG_STACK)
			xbpf_reg_share_id(v, value);
	} else {
		value = &v->scratch[1];
		xbpf_reg_const(value, (u64)(s64)insn->imm);
	}
	if (base->type == REG_STACK)
		return xbpf_stack_write(v, insn->dst_reg, insn->off, a.size, value);
	err = xbpf_callback_check_key(v, value, -1);
	if (err)
		return err;
	if (reg_is_pointer(value) && !v->code->may_leak)
		return refuse_leak(v, insn->src_reg, base);
	return 0;
}

/* --- atomic operations ----------------------------------------------------------------------- */

static int atomic_operands(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	const struct xbpf_reg *base = &cur_regs(v)[insn->dst_reg];
	u32 regno[2] = { insn->src_reg, 0 }, i, n = insn->imm == BPF_CMPXCHG ? 2 : 1;
	int err;

	for (i = 0; i < n; i++) {
		err = xbpf_reg_read(v, regno[i]);
		if (!err)
			err = xbpf_callback_check_key(v, &cur_regs(v)[regno[i]], -1);
		if (err)
			return err;
		if (!reg_is_pointer(&cur_regs(v)[regno[i]]) || v->code->may_leak)
			continue;
		xbpf_log(v->log, "R%u leaks addr into mem\n", regno[i]);
		return xbpf_verify_refuse(v, -EACCES,
			"R%u is a pointer (%s): atomic operations work on numbers", regno[i],
			xbpf_reg_type_name(&cur_regs(v)[regno[i]]));
	}
	if (base->type == REG_STACK || base->type == REG_VALUE || base->type == REG_NONE ||
	    base->type == REG_SCALAR || base->type == REG_MEM || base->type == REG_GONE ||
	    reg_may_be_null(base))
		return 0;
	xbpf_log(v->log, "BPF_ATOMIC stores into R%u %s is not allowed\n", insn->dst_reg,
		 xbpf_reg_type_name(base));
	return xbpf_verify_refuse(v, -EACCES,
		"atomic operations work on map values and on the stack, not on %s",
		xbpf_reg_type_name(base));
}

static int atomic_aligned(struct xbpf_verifier *v, const struct access *a)
{
	const struct xbpf_reg *reg = &cur_regs(v)[a->regno];
	struct xbpf_tnum at = xbpf_tnum_add(reg->var.bits,
					    xbpf_tnum_const((u64)((s64)reg->off + a->off)));

	if (!((at.value | at.mask) & (a->size - 1)))
		return 0;
	xbpf_log(v->log, "misaligned value access off %d+%d size %u\n", reg->off, a->off,
		 a->size);
	return xbpf_verify_refuse(v, -EACCES,
		"the atomic operation on %u bytes through R%u is not aligned to %u", a->size,
		a->regno, a->size);
}

int xbpf_verify_atomic(struct xbpf_verifier *v, const struct bpf_insn *insn)
{
	struct access a = { .regno = insn->dst_reg, .off = insn->off,
			    .size = xbpf_opcode(insn->code)->size };
	const struct xbpf_reg *base = &cur_regs(v)[insn->dst_reg];
	struct xbpf_scalar value = xbpf_scalar_bytes(a.size);
	u32 to_no = insn->imm == BPF_CMPXCHG ? 0 : insn->src_reg;
	int err;

	err = xbpf_reg_read(v, insn->dst_reg);
	if (!err)
		err = atomic_operands(v, insn);
	if (!err && insn->imm & BPF_FETCH)
		err = xbpf_reg_write(v, to_no);
	if (!err)
		err = check_access(v, &a);
	if (!err)
		err = atomic_aligned(v, &a);
	a.write = true;
	if (!err)
		err = check_access(v, &a);
	if (err)
		return err;
	xbpf_reg_scalar(&v->scratch[0], &value);
	if (base->type == REG_STACK) {
		err = xbpf_stack_read(v, insn->dst_reg, insn->off, a.size, &v->scratch[0]);
		if (err)
			return err;
		if (reg_is_pointer(&v->scratch[0]) && v->code->may_leak)
			xbpf_reg_unknown(&v->scratch[0]);
		if (reg_is_pointer(&v->scratch[0])) {
			xbpf_log(v->log, "R%u leaks addr into mem\n", insn->dst_reg);
			return xbpf_verify_refuse(v, -EACCES,
				"a pointer was saved there: atomic operations work on numbers");
		}
		xbpf_reg_unknown(&v->scratch[1]);
		err = xbpf_stack_write(v, insn->dst_reg, insn->off, a.size, &v->scratch[1]);
		if (err)
			return err;
	}
	/* what was there before: on the stack that may be known */
	if (insn->imm & BPF_FETCH)
		cur_regs(v)[to_no] = v->scratch[0];
	return 0;
}

/* --- memory for helpers ---------------------------------------------------------------------- */

int xbpf_verify_range(struct xbpf_verifier *v, u32 regno, u32 min, u32 max, bool write)
{
	struct access a = { .regno = regno, .size = max, .write = write };
	const struct xbpf_reg *reg = &cur_regs(v)[regno];

	if (reg->type == REG_STACK)
		return xbpf_stack_range(v, regno, min, max, write);
	if (reg->type == REG_VALUE)
		return check_value(v, &a);
	if (reg->type == REG_MEM || reg->type == REG_KEY)
		return check_mem(v, &a);
	if (reg_is_packet(reg))
		return xbpf_packet_access(v, regno, 0, max, write);
	xbpf_log(v->log, "R%u type=%s expected=fp, map_value\n", regno, xbpf_reg_type_name(reg));
	if (reg_may_be_null(reg))
		return xbpf_verify_refuse(v, -EACCES,
			"R%u may be null: check the result of the call before using it", regno);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u is %s: the helper needs memory on the stack or in a map value here", regno,
		xbpf_reg_type_name(reg));
}
