/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pins: names in xbpffs that keep objects.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <bpf/bpf.h>
#include "device.h"
#include "errmsg.h"
#include "libxbpf.h"

static bool below_mount_point(const char *path)
{
	const char *root = xbpf_fs_path();
	size_t len = strlen(root);

	return !strncmp(path, root, len) && (path[len] == '/' || !path[len]);
}

static bool on_pin_fs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static int not_on_pin_fs(const char *path)
{
	return errmsg_set(-EINVAL, "%s: not on an %s: pins live below %s", path, device_used()->fs_type,
			  xbpf_fs_path());
}

/* Whoever pins below /sys/fs/xbpf shall not have to know of mounts. */
static int mount_for(const char *path)
{
	const struct device *d = device_used();
	int err;

	if (!below_mount_point(path) || on_pin_fs(d->fs_path))
		return 0;
	if (!mount(d->fs_type, d->fs_path, d->fs_type, MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return 0;
	err = -errno;
	return errmsg_set(err, "%s: %s cannot be mounted at %s: %s; try `mount -t %s %s %s`", path,
			  d->fs_type, d->fs_path, errmsg_errno(err), d->fs_type, d->fs_type, d->fs_path);
}

/* As mount_for() made it, nothing in it: the next pin brings the same one back. */
static bool is_spare(const char *path)
{
	struct dirent *entry;
	struct stat st;
	int n = 0;
	DIR *dir;

	if (!on_pin_fs(path) || stat(path, &st) || (st.st_mode & 07777) != 0700 || st.st_uid || st.st_gid)
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return !n;
}

bool xbpf_pin_unmount(void)
{
	return is_spare(xbpf_fs_path()) && !umount2(xbpf_fs_path(), UMOUNT_NOFOLLOW);
}

/* "." for a plain name */
static int parent_of(const char *path, char *dir, size_t size)
{
	size_t len = strlen(path);
	const char *slash;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (slash = path + len; slash > path && slash[-1] != '/'; slash--)
		;
	len = slash - path;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len >= size)
		return errmsg_set(-ENAMETOOLONG, "%s: the path is too long", path);
	if (!len)
		return snprintf(dir, size, "."), 0;
	memcpy(dir, path, len);
	dir[len] = '\0';
	return 0;
}

static int check_parent(const char *path)
{
	char dir[PATH_MAX];
	struct stat st;
	int err;

	err = mount_for(path);
	if (!err)
		err = parent_of(path, dir, sizeof(dir));
	if (err)
		return err;
	if (stat(dir, &st)) {
		err = -errno;
		return errmsg_set(err, "%s: folder %s: %s; make it first (mkdir)", path, dir, errmsg_errno(err));
	}
	if (!on_pin_fs(dir))
		return not_on_pin_fs(path);
	return 0;
}

int xbpf_pin(int fd, const char *path)
{
	const char *words;
	int err;

	err = xbpf_device();
	if (!err)
		err = check_parent(path);
	if (err || !bpf_obj_pin(fd, path))
		return err;
	err = -errno;
	if (err == -EEXIST)
		return errmsg_set(err,
				  "%s: something is pinned there already; "
				  "choose another path or remove it (rm)", path);
	words = xbpf_refusal(BPF_OBJ_PIN);
	return errmsg_set(err, "%s: not pinned: %s", path, *words ? words : errmsg_errno(err));
}

int xbpf_pin_get(const char *path)
{
	const char *words;
	int fd, err;

	err = xbpf_device();
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd >= 0)
		return fd;
	err = -errno;
	if (err == -ENOENT)
		return errmsg_set(err, "%s: nothing is pinned there", path);
	words = xbpf_refusal(BPF_OBJ_GET);
	if (*words)
		return errmsg_set(err, "%s%s%s", strstr(words, path) ? "" : path,
				  strstr(words, path) ? "" : ": ", words);
	if (err == -EACCES && !access(path, F_OK) && !on_pin_fs(path))
		return errmsg_set(err, "%s: not a pin of %s's: pins live below %s", path, xbpf_used(),
				  xbpf_fs_path());
	return errmsg_set(err, "%s: the pin cannot be opened: %s", path, errmsg_errno(err));
}

int xbpf_pin_dir(const char *path)
{
	struct stat st;
	int err;

	err = xbpf_device();
	if (!err)
		err = mount_for(path);
	if (err)
		return err;
	if (!stat(path, &st)) {
		if (!S_ISDIR(st.st_mode))
			return errmsg_set(-ENOTDIR, "%s: not a folder", path);
		if (!on_pin_fs(path))
			return not_on_pin_fs(path);
		return 1;
	}
	err = check_parent(path);
	if (err || !mkdir(path, 0700))
		return err;
	err = -errno;
	return errmsg_set(err, "%s: the folder cannot be made: %s", path, errmsg_errno(err));
}
