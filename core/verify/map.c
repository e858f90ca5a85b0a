/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stage: every ld_imm64 that names a map by fd gets the index of the map in
 * code->maps instead.
 */
#include "core/verify/verifier_priv.h"

static bool is_array(const struct xbpf_map_info *map)
{
	return map->values && !map->percpu;
}

/* The map behind an fd, as an index; each map is held once however often it is named. */
static int map_index(struct xbpf_verifier *v, u32 pc, u32 fd, bool is_index, u32 *index)
{
	struct xbpf_code *code = v->code;
	struct xbpf_map_info *map;
	int err = -EBADF;
	u32 i;

	map = v->env->map_get(v->priv, fd, is_index, &err);
	if (!map) {
		xbpf_log(v->log, "fd %d is not pointing to valid bpf_map\n", (int)fd);
		return xbpf_verify_refuse_at(v, pc, err,
			"%s %d is no map of xbpf: create the map through the device that takes the "
			"program (/dev/xbpf) and pass its fd",
			is_index ? "fd_array entry" : "fd", (int)fd);
	}
	for (i = 0; i < code->map_cnt; i++) {
		if (code->maps[i] == map) {
			v->env->map_put(map);
			*index = i;
			return 0;
		}
	}
	if (code->map_cnt == XBPF_MAX_MAPS) {
		v->env->map_put(map);
		return xbpf_verify_refuse_at(v, pc, -E2BIG,
			"the program uses more than %u maps: merge some of them", XBPF_MAX_MAPS);
	}
	code->maps[code->map_cnt] = map;
	*index = code->map_cnt++;
	return 0;
}

static int check_value_offset(struct xbpf_verifier *v, u32 pc, const struct xbpf_map_info *map,
			      u32 off)
{
	if (!is_array(map) || map->max_entries != 1) {
		xbpf_log(v->log, "direct value access on this map type is not supported\n");
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"a map value can be addressed directly only in an array of one entry; "
			"map %s has type %u and %u entries: use bpf_map_lookup_elem",
			map->name, map->type, map->max_entries);
	}
	if (off >= map->value_size) {
		xbpf_log(v->log, "invalid access to map value pointer, value_size=%u off=%u\n",
			 map->value_size, off);
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"offset %u is behind the value of map %s, which has %u bytes", off,
			map->name, map->value_size);
	}
	return 0;
}

static int resolve(struct xbpf_verifier *v, u32 pc)
{
	struct bpf_insn *insn = &v->code->insns[pc];
	bool is_value = false, is_index = false;
	u32 index = 0;
	int err;

	switch (insn->src_reg) {
	case 0:
		return 0;
	case BPF_PSEUDO_MAP_FD:
		break;
	case BPF_PSEUDO_MAP_VALUE:
		is_value = true;
		break;
	case 5:		/* BPF_PSEUDO_MAP_IDX, which 5.10 does not name */
		is_index = true;
		break;
	case 6:		/* BPF_PSEUDO_MAP_IDX_VALUE */
		is_index = true;
		is_value = true;
		break;
	case BPF_PSEUDO_BTF_ID:
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"xbpf programs cannot take the address of a kernel variable (ld_imm64 of a "
			"BTF id): read it with bpf_probe_read_kernel");
	case XBPF_PSEUDO_FUNC:
		return 0;
	default:
		xbpf_log(v->log, "unrecognized bpf_ld_imm64 insn\n");
		return xbpf_verify_refuse_at(v, pc, -EINVAL, "ld_imm64 of unknown kind %u",
					     insn->src_reg);
	}
	if (!is_value && insn[1].imm) {
		xbpf_log(v->log, "unrecognized bpf_ld_imm64 insn\n");
		return xbpf_verify_refuse_at(v, pc, -EINVAL,
			"the second half of a map load must have imm 0, it has %d", insn[1].imm);
	}
	err = map_index(v, pc, (u32)insn->imm, is_index, &index);
	if (err)
		return err;
	if (is_value) {
		err = check_value_offset(v, pc, v->code->maps[index], (u32)insn[1].imm);
		if (err)
			return err;
	}
	insn->src_reg = is_value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
	insn->imm = (s32)index;
	return 0;
}

int xbpf_verify_maps(struct xbpf_verifier *v)
{
	u32 pc;
	int err;

	for (pc = 0; pc < v->code->insn_cnt; pc += insn_len(&v->code->insns[pc])) {
		if (insn_len(&v->code->insns[pc]) != 2)
			continue;
		err = resolve(v, pc);
		if (err)
			return err;
		v->code->insn_aux[pc + 1].flags |= XBPF_AUX_HI;
	}
	return 0;
}
