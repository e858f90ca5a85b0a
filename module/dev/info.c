/* SPDX-License-Identifier: GPL-2.0 */
/* BPF_OBJ_GET_INFO_BY_FD for every kind of object, and XBPF_GET_INFO on the module itself. */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/uaccess.h>
#include "core/code.h"
#include "core/verify/verifier.h"
#include "dev/map_create.h"
#include "helper/helper.h"
#include "load/engine.h"
#include "object/object.h"
#include "prog/prog.h"

/* The file is held while its object is looked at, so that the object needs no reference of ours. */
long xbpf_info_cmd(struct xbpf_cmd *cmd)
{
	struct file *file = fget(cmd->attr->bpf.info.bpf_fd);
	struct xbpf_object *obj;
	long err;

	if (!file)
		return xbpf_cmd_fail(cmd, -EBADF, "info: %u is no open file", cmd->attr->bpf.info.bpf_fd);
	obj = xbpf_object_of_file(file);
	if (obj)
		err = obj->ops->info(obj, cmd);
	else
		err = xbpf_cmd_fail(cmd, -EINVAL, "info: fd %u is no object of xbpf", cmd->attr->bpf.info.bpf_fd);
	fput(file);
	return err;
}

long xbpf_get_info_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_info *info = &cmd->attr->info;

	memset(info, 0, sizeof(*info));
	strscpy(info->version, XBPF_VERSION, sizeof(info->version));
	info->tail_calls_max = XBPF_TAIL_CALLS_MAX;
	info->insns_max = XBPF_MAX_INSNS;
	info->processed_max = XBPF_MAX_PROCESSED;
	info->prog_types = xbpf_prog_types();
	info->map_types = xbpf_map_types();
	xbpf_engine_info(info);
	xbpf_helper_info(info);
	return copy_to_user(cmd->uattr, info, min_t(u32, cmd->size, sizeof(*info))) ? -EFAULT : 0;
}
