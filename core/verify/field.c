/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields of a map, read through the pointer to it: max_entries and what else a program may want to
 * know.
 *
 * The program means the kernel's struct bpf_map; what the pointer leads to at run time is none.
 * All that can be read is constant and known here, though, so the load becomes a constant
 * (xbpf_verify_field_rewrite()), and no engine follows the pointer.  One instruction can be one
 * constant only.
 */
#include "core/verify/verifier_priv.h"

struct field {
	const char *name;
	u16 at;			/* in struct xbpf_map_layout */
	u16 from;		/* in struct xbpf_map_info */
};

#define FIELD(name_, from_) { #name_, offsetof(struct xbpf_map_layout, name_), \
	offsetof(struct xbpf_map_info, from_) }

static const struct field fields[] = {
	FIELD(map_type, type),
	FIELD(key_size, key_size),
	FIELD(value_size, value_size),
	FIELD(max_entries, max_entries),
	FIELD(map_flags, flags),
	FIELD(id, id),
};

static u32 offset_of(const struct xbpf_verifier *v, const struct field *field)
{
	return *(const u16 *)((const u8 *)&v->env->map_layout + field->at);
}

/* The field that has all of the bytes. */
static const struct field *find(const struct xbpf_verifier *v, s64 off, u32 size)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (off >= offset_of(v, &fields[i]) && off + size <= offset_of(v, &fields[i]) + 4)
			return &fields[i];
	return NULL;
}

static int refuse_other(struct xbpf_verifier *v, u32 regno, s64 off, u32 size)
{
	const struct xbpf_map_layout *at = &v->env->map_layout;

	xbpf_log(v->log, "invalid access to struct bpf_map, off=%lld size=%u\n", (long long)off, size);
	return xbpf_verify_refuse(v, -EACCES,
		"R%u points to a map itself: bytes %lld to %lld of struct bpf_map are none of what xbpf "
		"offers of it: map_type (%u), key_size (%u), value_size (%u), max_entries (%u), "
		"map_flags (%u), id (%u); elements are found with bpf_map_lookup_elem",
		regno, (long long)off, (long long)off + size - 1, at->map_type, at->key_size,
		at->value_size, at->max_entries, at->map_flags, at->id);
}

/* Of an inner map only its template is known. */
static bool is_known(const struct xbpf_reg *reg, const struct xbpf_map_info *map,
		     const struct field *field)
{
	if (!reg->inner)
		return true;
	if (field->from == offsetof(struct xbpf_map_info, id))
		return false;
	return field->from != offsetof(struct xbpf_map_info, max_entries) || xbpf_map_entries_fixed(map);
}

static int refuse_differ(struct xbpf_verifier *v, u32 regno, const char *name)
{
	xbpf_log(v->log, "R%u: %s of the map is not one constant\n", regno, name);
	return xbpf_verify_refuse(v, -EINVAL,
		"this instruction reads %s of maps that differ in it, and xbpf makes it a constant: "
		"read it where R%u can be one map only",
		name, regno);
}

int xbpf_verify_field(struct xbpf_verifier *v, u32 regno, s32 off, u32 size,
		      struct xbpf_scalar *out)
{
	const struct xbpf_reg *reg = &cur_regs(v)[regno];
	const struct xbpf_map_info *map = reg_map(v, reg);
	struct xbpf_walk_aux *aux = &v->walk_aux[v->pc];
	const struct field *field = find(v, off, size);
	u32 value;

	/* as upstream: addresses can be found by what is behind them */
	if (!v->code->may_leak) {
		xbpf_log(v->log, "'struct bpf_map' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n");
		return xbpf_verify_refuse(v, -EPERM,
			"reading the fields of a map through R%u needs CAP_PERFMON: load it as root", regno);
	}
	if (!field)
		return refuse_other(v, regno, off, size);
	if (!is_known(reg, map, field))
		return refuse_differ(v, regno, field->name);
	value = *(const u32 *)((const u8 *)map + field->from);
	if (field->from == offsetof(struct xbpf_map_info, flags))
		value &= ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY);	/* upstream's are those of the fd */
	value >>= (off - offset_of(v, field)) * 8;
	if (size < 4)
		value &= BIT_OF(size * 8) - 1;
	if (aux->flags & WALK_FIELD && aux->index != value)
		return refuse_differ(v, regno, field->name);
	aux->flags |= WALK_FIELD;
	aux->index = value;
	*out = xbpf_scalar_const(value);
	return 0;
}

/* A 32-bit move clears the upper half; a load that extends the sign is a 64-bit one. */
int xbpf_verify_field_rewrite(struct xbpf_verifier *v)
{
	u32 pc, bits;

	for (pc = 0; pc < v->code->insn_cnt; pc++) {
		struct bpf_insn *insn = &v->code->insns[pc];
		const struct xbpf_walk_aux *aux = &v->walk_aux[pc];
		bool sign = BPF_MODE(insn->code) == BPF_MEMSX;

		if (!(aux->flags & WALK_FIELD))
			continue;
		bits = 32 - xbpf_opcode(insn->code)->size * 8;
		insn->imm = sign ? (s32)(aux->index << bits) >> bits : (s32)aux->index;
		insn->code = (sign ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_K;
		insn->src_reg = 0;
		insn->off = 0;
	}
	return 0;
}
