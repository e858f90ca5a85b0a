/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The modules that commands can go to, each by its name, and the one that they do go to.
 */
#ifndef XBPF_LIB_DEVICE_H
#define XBPF_LIB_DEVICE_H

#define DEVICE_NAME_MAX 15	/* as make NAME=... takes it (version.mk) */

struct device {
	char name[DEVICE_NAME_MAX + 1];		/* "xbpf" */
	char path[sizeof("/dev/") + DEVICE_NAME_MAX];
	char fs_type[DEVICE_NAME_MAX + sizeof("fs")];
	char fs_path[sizeof("/sys/fs/") + DEVICE_NAME_MAX];
	int fd;		/* -1: not open */
	int err;	/* why not: a positive errno; 0: not tried yet */
};

/* The one that is used; never NULL. It may be there or not. */
const struct device *device_used(void);

/* Its fd; or a negative errno and the words. */
int device_fd(void);

#endif
