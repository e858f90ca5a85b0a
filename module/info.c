/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/uaccess.h>
#include "../core/code.h"
#include "../core/verifier.h"
#include "btf.h"
#include "engine.h"
#include "helper.h"
#include "info.h"
#include "link.h"
#include "map.h"
#include "prog.h"

bool xbpf_info_addresses(void)
{
	return perfmon_capable() || capable(CAP_SYSLOG);
}

long xbpf_info_get(struct xbpf_cmd *cmd, void *info, u32 size)
{
	void __user *from = u64_to_user_ptr(cmd->attr->bpf.info.info);
	u32 len = cmd->attr->bpf.info.info_len;
	int zero;

	memset(info, 0, size);
	if (len > size) {
		if (len > PAGE_SIZE)
			return xbpf_cmd_fail(cmd, -E2BIG, "info_len %u is beyond reason", len);
		zero = check_zeroed_user(from + size, len - size);
		if (zero < 0)
			return zero;
		if (!zero)
			return xbpf_cmd_fail(cmd, -E2BIG, "info has non-zero bytes beyond the %u that xbpf knows",
					     size);
		len = size;
	}
	return copy_from_user(info, from, len) ? -EFAULT : 0;
}

long xbpf_info_put(struct xbpf_cmd *cmd, const void *info, u32 size)
{
	u32 len = min(cmd->attr->bpf.info.info_len, size);

	if (copy_to_user(u64_to_user_ptr(cmd->attr->bpf.info.info), info, len))
		return -EFAULT;
	cmd->attr->bpf.info.info_len = len;
	return xbpf_cmd_put(cmd, bpf.info.info_len);
}

/* The file is held while its object is looked at, so that the object needs no reference of ours. */
long xbpf_info_cmd(struct xbpf_cmd *cmd)
{
	struct file *file = fget(cmd->attr->bpf.info.bpf_fd);
	long err;

	if (!file)
		return xbpf_cmd_fail(cmd, -EBADF, "info: %u is no open file", cmd->attr->bpf.info.bpf_fd);
	if (xbpf_prog_file(file))
		err = xbpf_prog_info_cmd(file->private_data, cmd);
	else if (xbpf_map_file(file))
		err = xbpf_map_info_cmd(file->private_data, cmd);
	else if (xbpf_btf_file(file))
		err = xbpf_btf_info_cmd(file->private_data, cmd);
	else if (xbpf_link_file(file))
		err = xbpf_link_info_cmd(file->private_data, cmd);
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
