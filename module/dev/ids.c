/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of the kinds of objects, and the commands that find objects by id.
 */
#include <linux/bug.h>
#include "btf/btf.h"
#include "dev/ids.h"
#include "link/link.h"
#include "map/map.h"
#include "prog/prog.h"

static const struct xbpf_object_ops *const kinds[] = {
	&xbpf_link_object,
	&xbpf_prog_object,
	&xbpf_map_object,
	&xbpf_btf_object,
};

/* Of the kind that has this command; NULL: dev.c has a row for it, but no kind. */
static const struct xbpf_object_ops *kind_of(u32 cmd)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i]->next_id_cmd == cmd || kinds[i]->fd_by_id_cmd == cmd)
			return kinds[i];
	WARN_ON_ONCE(1);
	return NULL;
}

long xbpf_next_id_cmd(struct xbpf_cmd *cmd)
{
	const struct xbpf_object_ops *kind = kind_of(cmd->cmd);
	u32 id = kind ? xbpf_object_next_id(kind, cmd->attr->bpf.start_id) : 0;

	if (!id)
		return -ENOENT;
	cmd->attr->bpf.next_id = id;
	return xbpf_cmd_put(cmd, bpf.next_id);
}

/* The commands of kinds without modes end before next_id and open_flags. */
static int mode_get(const struct xbpf_object_ops *kind, struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;

	if (!kind->has_modes)
		return kind->mode;
	if (attr->next_id)
		return xbpf_cmd_fail(cmd, -EINVAL, "next_id must be 0");
	return xbpf_object_mode_get(cmd, "open_flags", attr->open_flags);
}

long xbpf_fd_by_id_cmd(struct xbpf_cmd *cmd)
{
	const u32 id = cmd->attr->bpf.start_id;		/* map_id and the others are the same member */
	const struct xbpf_object_ops *kind = kind_of(cmd->cmd);
	struct xbpf_object *obj;
	int mode, fd;

	if (!kind)
		return -EINVAL;
	mode = mode_get(kind, cmd);
	if (mode < 0)
		return mode;
	obj = xbpf_object_get_id(kind, id);
	if (!obj)
		return xbpf_cmd_fail(cmd, -ENOENT, "%s %u", kind->no_id, id);
	fd = xbpf_object_new_fd(cmd, obj, mode);
	xbpf_object_put(obj);
	return fd;
}

void xbpf_ids_exit(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		xbpf_object_exit(kinds[i]);
}
