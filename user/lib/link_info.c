/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a link says of itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/bpf.h>
#include "errmsg.h"
#include "libxbpf.h"

int xbpf_link_info_get(int fd, struct xbpf_link_info *info, char *name, size_t size)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	memset(info, 0, sizeof(*info));
	err = xbpf_device();
	if (err)
		return err;
	attr.info.bpf_fd = fd;
	attr.info.info = (unsigned long)info;
	attr.info.info_len = sizeof(*info);
	if (xbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info))) {
		err = -errno;
		return errmsg_set(err, "the link does not say what it is: %s", errmsg_errno(err));
	}
	info->name[sizeof(info->name) - 1] = '\0';
	if (name && size)
		snprintf(name, size, "%s", info->name);
	return 0;
}
