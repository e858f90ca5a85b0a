/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a map tells about itself: struct bpf_map_info, and the lines of /proc/PID/fdinfo.
 */
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include "btf/btf.h"
#include "cmd/cmd.h"
#include "map/map.h"

long xbpf_map_info(struct xbpf_object *obj, struct xbpf_cmd *cmd)
{
	const struct xbpf_map *map = xbpf_map_of_object(obj);
	const struct xbpf_map_info *from = &map->info;
	struct bpf_map_info info;
	long err = xbpf_info_get(cmd, &info, sizeof(info));

	if (err)
		return err;
	memset(&info, 0, sizeof(info));		/* nothing in it is a question */
	info.type = from->type;
	info.id = from->id;
	info.key_size = from->key_size;
	info.value_size = from->value_size;
	info.max_entries = from->max_entries;
	info.map_flags = from->flags;
	memcpy(info.name, from->name, sizeof(info.name));
	if (map->btf) {
		info.btf_id = xbpf_btf_id(map->btf);
		info.btf_key_type_id = map->btf_key_type_id;
		info.btf_value_type_id = map->btf_value_type_id;
	}
	return xbpf_info_put(cmd, &info, sizeof(info));
}

/* The upstream keys: tools parse them. */
void xbpf_map_show(struct xbpf_object *obj, struct seq_file *m)
{
	struct xbpf_map *map = xbpf_map_of_object(obj);
	const struct xbpf_map_info *info = &map->info;

	seq_printf(m, "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\nmap_flags:\t%#x\n",
		   info->type, info->key_size, info->value_size, info->max_entries, info->flags);
	seq_printf(m, "map_extra:\t0x0\nmemlock:\t%llu\nmap_id:\t%u\nfrozen:\t%u\n",
		   map->memory, info->id, READ_ONCE(info->frozen));
	if (map->ops->show)
		map->ops->show(map, m);
}
