/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every command needs: the text of a failure, answers into attr and info structs.
 */
#include <linux/capability.h>
#include <linux/uaccess.h>
#include "cmd/cmd.h"

long xbpf_cmd_fail(struct xbpf_cmd *cmd, long err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xbpf_log_reason_v(&cmd->log, fmt, args);
	va_end(args);
	return err;
}

int xbpf_cmd_put_bytes(struct xbpf_cmd *cmd, size_t off, const void *src, size_t len)
{
	if (off + len > cmd->size)
		return 0;
	return copy_to_user(cmd->uattr + off, src, len) ? -EFAULT : 0;
}

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
