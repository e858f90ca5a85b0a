/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inodes of a small file system.
 */
#ifndef XBPF_COMPAT_FS_H
#define XBPF_COMPAT_FS_H

#include <linux/fs.h>
#include <linux/version.h>

/* 6.3: the id mapping of a mount became a type of its own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)

static inline void xbpf_compat_inode_owner(struct inode *inode, const struct inode *dir,
					   umode_t mode)
{
	inode_init_owner(&nop_mnt_idmap, inode, dir, mode);
}

#define XBPF_COMPAT_MKDIR(name, fn)						\
	static int name(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode) \
	{									\
		return fn(dir, dentry, mode);					\
	}

#define XBPF_COMPAT_SYMLINK(name, fn)						\
	static int name(struct mnt_idmap *idmap, struct inode *dir, \
			struct dentry *dentry, const char *to) \
	{									\
		return fn(dir, dentry, to);					\
	}

#else

static inline void xbpf_compat_inode_owner(struct inode *inode, const struct inode *dir,
					   umode_t mode)
{
	inode_init_owner(&init_user_ns, inode, dir, mode);
}

#define XBPF_COMPAT_MKDIR(name, fn)						\
	static int name(struct user_namespace *ns, struct inode *dir, \
			struct dentry *dentry, umode_t mode) \
	{									\
		return fn(dir, dentry, mode);					\
	}

#define XBPF_COMPAT_SYMLINK(name, fn)						\
	static int name(struct user_namespace *ns, struct inode *dir, \
			struct dentry *dentry, const char *to) \
	{									\
		return fn(dir, dentry, to);					\
	}

#endif

/* 6.7: the times of an inode are no fields of struct timespec64 any more. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)

static inline void xbpf_compat_inode_born(struct inode *inode)
{
	simple_inode_init_ts(inode);
}

static inline void xbpf_compat_inode_changed(struct inode *inode)
{
	inode_set_mtime_to_ts(inode, inode_set_ctime_current(inode));
}

#else

static inline void xbpf_compat_inode_born(struct inode *inode)
{
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
}

static inline void xbpf_compat_inode_changed(struct inode *inode)
{
	inode->i_mtime = inode->i_ctime = current_time(inode);
}

#endif

#endif
