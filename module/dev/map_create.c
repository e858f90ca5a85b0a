/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP_CREATE: the list of map types, and the checks of what is asked for before one is made.
 */
#include <linux/ctype.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "btf/btf.h"
#include "dev/map_create.h"
#include "map/map.h"
#include "table/prog_array.h"

static const struct {
	u32 type;
	const struct xbpf_map_ops *ops;
} types[] = {
#define ROW(NUMBER, name) { BPF_MAP_TYPE_##NUMBER, &xbpf_##name##_ops },
	XBPF_MAP_TYPES(ROW)
#undef ROW
};

/* Sets of types are words of 64 bits. */
#define FITS(NUMBER, name) static_assert(BPF_MAP_TYPE_##NUMBER < 64);
XBPF_MAP_TYPES(FITS)
#undef FITS

static const struct xbpf_map_ops *type_find(u32 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].ops;
	return NULL;
}

u64 xbpf_map_types(void)
{
	u64 bits = 0;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		bits |= 1ULL << types[i].type;
	return bits;
}

static long check_name(struct xbpf_cmd *cmd, const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < size && name[i]; i++)
		if (!isalnum(name[i]) && name[i] != '_' && name[i] != '.')
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "map_name has byte 0x%02x at %zu: letters, digits, "
					     "_ and . only",
					     (u8)name[i], i);
	if (i == size)
		return xbpf_cmd_fail(cmd, -EINVAL, "map_name is longer than %zu characters", size - 1);
	return 0;
}

static long check_flags(struct xbpf_cmd *cmd, const struct xbpf_map_ops *ops)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 flags = attr->map_flags;

	if (flags & ~ops->flags)
		return xbpf_cmd_fail(cmd, -EINVAL, "map_flags 0x%x: %s maps of xbpf have no flag 0x%x",
				     flags, xbpf_map_type_name(attr->map_type),
				     flags & ~ops->flags);
	if ((flags & BPF_F_RDONLY) && (flags & BPF_F_WRONLY))
		return xbpf_cmd_fail(cmd, -EINVAL, "BPF_F_RDONLY and BPF_F_WRONLY exclude each other");
	if ((flags & BPF_F_RDONLY_PROG) && (flags & BPF_F_WRONLY_PROG))
		return xbpf_cmd_fail(cmd, -EINVAL, "BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG exclude each other");
	if (!(flags & BPF_F_NUMA_NODE)) {
		if (attr->numa_node)
			return xbpf_cmd_fail(cmd, -EINVAL, "numa_node needs BPF_F_NUMA_NODE");
	} else if (attr->numa_node >= nr_node_ids || !node_online(attr->numa_node)) {
		return xbpf_cmd_fail(cmd, -EINVAL, "there is no NUMA node %u", attr->numa_node);
	}
	return 0;
}

static long check_attr(struct xbpf_cmd *cmd, const struct xbpf_map_ops *ops)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	long err = check_name(cmd, attr->map_name, sizeof(attr->map_name)) ?: check_flags(cmd, ops);

	if (err)
		return err;
	if (!attr->max_entries)
		return xbpf_cmd_fail(cmd, -EINVAL, "max_entries must not be 0");
	if (attr->map_ifindex)
		return xbpf_cmd_fail(cmd, -EINVAL, "map_ifindex: xbpf offloads no maps to devices");
	if (attr->inner_map_fd && !ops->holds_maps)
		return xbpf_cmd_fail(cmd, -EINVAL, "inner_map_fd: %s maps hold no maps",
				     xbpf_map_type_name(attr->map_type));
	if (attr->btf_vmlinux_value_type_id)
		return xbpf_cmd_fail(cmd, -EINVAL, "btf_vmlinux_value_type_id: xbpf has no struct_ops maps");
	if (attr->map_extra)
		return xbpf_cmd_fail(cmd, -EINVAL, "map_extra means nothing to %s maps",
				     xbpf_map_type_name(attr->map_type));
	return 0;
}

/* The types' BTF, or NULL when the map names none. One reference. */
static struct xbpf_btf *types_btf(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_btf *btf;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id)
		return NULL;
	if (!attr->btf_value_type_id)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "btf_key_type_id needs btf_value_type_id too"));
	btf = xbpf_btf_get_fd(attr->btf_fd);
	if (IS_ERR(btf)) {
		xbpf_cmd_fail(cmd, PTR_ERR(btf), "btf_fd %u is no BTF of xbpf", attr->btf_fd);
		return btf;
	}
	if (xbpf_btf_has_type(btf, attr->btf_key_type_id) &&
	    xbpf_btf_has_type(btf, attr->btf_value_type_id))
		return btf;
	xbpf_cmd_fail(cmd, -EINVAL, "BTF %u has no type %u", xbpf_btf_id(btf),
		      xbpf_btf_has_type(btf, attr->btf_key_type_id) ? attr->btf_value_type_id :
		      attr->btf_key_type_id);
	xbpf_btf_put(btf);
	return ERR_PTR(-EINVAL);
}

long xbpf_map_create_cmd(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	const struct xbpf_map_ops *ops = type_find(attr->map_type);
	struct xbpf_map *map;
	struct xbpf_btf *btf;
	long err;

	if (!ops)
		return xbpf_cmd_fail(cmd, -EINVAL, "xbpf has no map type %u", attr->map_type);
	err = check_attr(cmd, ops);
	if (err)
		return err;
	btf = types_btf(cmd);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	map = ops->alloc(cmd);
	if (IS_ERR(map)) {
		if (btf)
			xbpf_btf_put(btf);
		return PTR_ERR(map);
	}
	xbpf_map_setup(map, ops, attr, btf);
	err = xbpf_object_publish(cmd, &map->obj, xbpf_object_mode(map->info.flags));
	xbpf_map_put(map);	/* the fd has its own */
	return err;
}
