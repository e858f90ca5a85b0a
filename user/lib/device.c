/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which module is meant, and its device: "xbpf", or another that was built with a NAME of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "device.h"
#include "errmsg.h"
#include "libxbpf.h"

#define DEFAULT_NAME (XBPF_DEVICE + sizeof("/dev/") - 1)

/* They stay open: fds of one process may be of several. Entries are added, and no more changed but
 * by the open. */
static struct device devices[8];
static unsigned int device_cnt;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all that is written here */
static _Atomic(struct device *) used;
static int lowest_fd;

static bool name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return !name[len] && len <= DEVICE_NAME_MAX && !strncmp(name, DEFAULT_NAME, strlen(DEFAULT_NAME));
}

/* Under the lock. NULL: there are too many. */
static struct device *device_named(const char *name)
{
	struct device *d;

	for (d = devices; d < devices + device_cnt; d++)
		if (!strcmp(d->name, name))
			return d;
	if (device_cnt == sizeof(devices) / sizeof(*devices))
		return NULL;
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->path, sizeof(d->path), "/dev/%s", d->name);
	snprintf(d->fs_type, sizeof(d->fs_type), "%sfs", d->name);
	snprintf(d->fs_path, sizeof(d->fs_path), "/sys/fs/%s", d->name);
	d->fd = -1;
	device_cnt++;
	return d;
}

/* What the environment says, when nobody else does: one that is no name cannot be opened. */
static struct device *device_default(void)
{
	const char *name = getenv("XBPF_DEVICE");
	struct device *d;

	pthread_mutex_lock(&lock);
	d = atomic_load(&used);
	if (!d) {
		d = device_named(name && *name && name_valid(name) ? name : DEFAULT_NAME);
		if (name && *name && !name_valid(name))
			d->err = EINVAL;
		atomic_store(&used, d);
	}
	pthread_mutex_unlock(&lock);
	return d;
}

static struct device *current(void)
{
	struct device *d = atomic_load(&used);

	return d ? d : device_default();
}

const struct device *device_used(void)
{
	return current();
}

int xbpf_use(const char *name)
{
	struct device *d;

	if (!name_valid(name))
		return errmsg_set(-EINVAL, "'%s' is no name of a module: it begins with xbpf"
				  " and goes on with letters a-z, digits and _, %d in all at most", name,
				  DEVICE_NAME_MAX);
	pthread_mutex_lock(&lock);
	d = device_named(name);
	if (d) {
		if (d->err == EINVAL)	/* said of another name, in the environment */
			d->err = 0;
		atomic_store(&used, d);
	}
	pthread_mutex_unlock(&lock);
	return d ? 0 : errmsg_set(-ENOSPC, "%s: this process has used %u other modules already", name,
				  device_cnt);
}

const char *xbpf_used(void)
{
	return current()->name;
}

const char *xbpf_fs_path(void)
{
	return current()->fs_path;
}

static void device_open(struct device *d)
{
	struct xbpf_info info = { 0 };
	struct stat st;
	int high;

	d->fd = open(d->path, O_RDWR | O_CLOEXEC);
	if (d->fd >= 0 && (!ioctl(d->fd, XBPF_IOC(XBPF_GET_INFO, sizeof(info)), &info) ||
			   errno != ENOTTY)) {
		d->number = fstat(d->fd, &st) ? 0 : st.st_rdev;
		high = lowest_fd ? fcntl(d->fd, F_DUPFD_CLOEXEC, lowest_fd) : -1;
		if (high >= 0) {
			close(d->fd);
			d->fd = high;
		}
		return;
	}
	d->err = errno;
	if (d->fd >= 0)	/* somebody else's */
		close(d->fd);
	d->fd = -1;
}

static int why_not(const struct device *d)
{
	switch (d->err) {
	case EINVAL:
		return errmsg_set(-EINVAL, "XBPF_DEVICE=%s in the environment is no name of a module, "
				  "as xbpf or xbpf2", getenv("XBPF_DEVICE") ?: "");
	case ENOENT:
	case ENXIO:
	case ENODEV:
		if (strcmp(d->name, DEFAULT_NAME))
			return errmsg_set(-d->err, "%s: no such device, the module %s is not loaded; load it "
					  "(insmod %s.ko), or build it first (make NAME=%s)", d->path, d->name,
					  d->name, d->name);
		return errmsg_set(-d->err, "%s: no such device, the module is not loaded; load it "
				  "(modprobe xbpf, or insmod xbpf.ko), or try xbpf in a guest with "
				  "`make vm`", d->path);
	case ENOTTY:
		return errmsg_set(-d->err, "%s: a file or a device of somebody else stands in the place of "
				  "xbpf's; remove it and load the module anew", d->path);
	case EACCES:
	case EPERM:
		return errmsg_set(-d->err, "%s: %s", d->path, errmsg_errno(EPERM));
	default:
		return errmsg_set(-d->err, "%s: cannot be opened: %s", d->path, errmsg_errno(d->err));
	}
}

int device_fd(void)
{
	struct device *d = current();
	int fd;

	pthread_mutex_lock(&lock);
	if (d->fd < 0 && !d->err)
		device_open(d);
	fd = d->fd;
	pthread_mutex_unlock(&lock);
	return fd >= 0 ? fd : why_not(d);
}

int device_again(void)
{
	struct device *d = current();
	struct stat st;
	int fd = -1;

	pthread_mutex_lock(&lock);
	if (d->fd >= 0 && (fstat(d->fd, &st) || !S_ISCHR(st.st_mode) || st.st_rdev != d->number)) {
		device_open(d);	/* the old number is somebody else's now */
		fd = d->fd;
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

void device_keep_above(int fd)
{
	lowest_fd = fd;
}

int xbpf_device(void)
{
	int fd = device_fd();

	return fd < 0 ? fd : 0;
}
