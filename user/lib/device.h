/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The modules that commands can go to, each by its name, and the one that they do go to.
 */
#ifndef XBPF_LIB_DEVICE_H
#define XBPF_LIB_DEVICE_H

#include <sys/types.h>

#define DEVICE_NAME_MAX 15	/* as make NAME=... takes it (version.mk) */

struct device {
	char name[DEVICE_NAME_MAX + 1];		/* "xbpf" */
	char path[sizeof("/dev/") + DEVICE_NAME_MAX];
	char fs_type[DEVICE_NAME_MAX + sizeof("fs")];
	char fs_path[sizeof("/sys/fs/") + DEVICE_NAME_MAX];
	int fd;		/* -1: not open */
	dev_t number;	/* of the open one */
	int err;	/* why not: a positive errno; 0: not tried yet */
};

/* The one that is used; never NULL. It may be there or not. */
const struct device *device_used(void);

/* Its fd; or a negative errno and the words. */
int device_fd(void);

/*
 * Opens it again if its descriptor was closed by somebody who did not know what it was; -1: it was
 * not.
 */
int device_again(void);

/* Within other programs: descriptors get numbers from there on, if there may be so many. */
void device_keep_above(int fd);

#endif
