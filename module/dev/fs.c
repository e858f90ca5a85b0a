/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpffs: a pin is an inode that holds one reference to an object.  It drops it when the inode
 * goes: after the last name was removed, or with the mount.  The mount holds the module.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/kobject.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/uidgid.h>
#include "cmd/name.h"
#include "compat/fs.h"
#include "dev/fs.h"
#include "object/object.h"
#include "cmd/rights.h"

/* ---- inodes ---- */

static const struct inode_operations dir_iops;

/* What open(2) of a pin would read has no agreed form: OBJ_GET is the way to the object. */
static int pin_open(struct inode *inode, struct file *file)
{
	return -EIO;
}

/* A pin's inode is known by them; i_private is the object, of which the pin is a user. */
static const struct file_operations pin_fops = {
	.owner = THIS_MODULE,
	.open = pin_open,
};

/* NULL: the inode is no pin. The inode holds the object. */
static struct xbpf_object *pin_object(const struct inode *inode)
{
	return inode->i_fop == &pin_fops ? inode->i_private : NULL;
}

static struct inode *inode_new(struct super_block *sb, const struct inode *dir, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	xbpf_compat_inode_owner(inode, dir, mode);
	xbpf_compat_inode_born(inode);
	if (S_ISDIR(mode)) {
		inode->i_op = &dir_iops;
		inode->i_fop = &simple_dir_operations;
		set_nlink(inode, 2);
	}
	return inode;
}

/*
 * There is nothing behind the dentry but memory: it keeps one count of its own until unlink or
 * rmdir.
 */
static void dentry_keep(struct dentry *dentry, struct inode *inode, struct inode *dir)
{
	d_instantiate(dentry, inode);
	dget(dentry);
	xbpf_compat_inode_changed(dir);
}

static int dir_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = inode_new(dir->i_sb, dir, mode | S_IFDIR);

	if (!inode)
		return -ENOMEM;
	inc_nlink(dir);
	dentry_keep(dentry, inode, dir);
	return 0;
}

XBPF_COMPAT_MKDIR(dir_mkdir_op, dir_mkdir)

/* As on upstream's bpffs: what it says goes with the last name of the inode. */
static int dir_symlink(struct inode *dir, struct dentry *dentry, const char *to)
{
	char *link = kstrdup(to, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	struct inode *inode = link ? inode_new(dir->i_sb, dir, S_IFLNK | 0777) : NULL;

	if (!inode) {
		kfree(link);
		return -ENOMEM;
	}
	inode->i_op = &simple_symlink_inode_operations;
	inode->i_link = link;
	inode->i_size = strlen(link);
	dentry_keep(dentry, inode, dir);
	return 0;
}

XBPF_COMPAT_SYMLINK(dir_symlink_op, dir_symlink)

static const struct inode_operations dir_iops = {
	.lookup = simple_lookup,
	.mkdir = dir_mkdir_op,
	.symlink = dir_symlink_op,
	.rmdir = simple_rmdir,
	.rename = simple_rename,
	.link = simple_link,
	.unlink = simple_unlink,
};

static void fs_evict_inode(struct inode *inode)
{
	struct xbpf_object *obj = pin_object(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (obj)
		xbpf_object_put_user(obj);
}

/* Behind a grace period: a walk of a path may still read the text of a symbolic link. */
static void fs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	free_inode_nonrcu(inode);
}

/* ---- the mount ---- */

/*
 * Upstream bpffs lets everybody in; here a pin is for whoever may use the device, and that is root
 * by default.
 */
#define FS_MODE	0700

struct fs_opts {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

enum { OPT_MODE, OPT_UID, OPT_GID };

static const struct fs_parameter_spec fs_params[] = {
	fsparam_u32oct("mode", OPT_MODE),
	fsparam_u32("uid", OPT_UID),
	fsparam_u32("gid", OPT_GID),
	{}
};

static int fs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct fs_opts *opts = fc->fs_private;
	struct fs_parse_result result;
	int opt = fs_parse(fc, fs_params, param, &result);

	switch (opt) {
	case OPT_MODE:
		if (result.uint_32 & ~S_IALLUGO)
			return invalf(fc, "xbpffs: mode=%o has bits that are no permissions", result.uint_32);
		opts->mode = result.uint_32;
		return 0;
	case OPT_UID:
		opts->uid = make_kuid(current_user_ns(), result.uint_32);
		return uid_valid(opts->uid) ? 0 : invalf(fc, "xbpffs: there is no uid %u here", result.uint_32);
	case OPT_GID:
		opts->gid = make_kgid(current_user_ns(), result.uint_32);
		return gid_valid(opts->gid) ? 0 : invalf(fc, "xbpffs: there is no gid %u here", result.uint_32);
	}
	return opt;	/* -ENOPARAM: let the VFS look at it */
}

static int fs_show_options(struct seq_file *m, struct dentry *root)
{
	const struct fs_opts *opts = root->d_sb->s_fs_info;

	if (opts->mode != FS_MODE)
		seq_printf(m, ",mode=%o", opts->mode);
	if (!uid_eq(opts->uid, GLOBAL_ROOT_UID))
		seq_printf(m, ",uid=%u", from_kuid_munged(&init_user_ns, opts->uid));
	if (!gid_eq(opts->gid, GLOBAL_ROOT_GID))
		seq_printf(m, ",gid=%u", from_kgid_munged(&init_user_ns, opts->gid));
	return 0;
}

static const struct super_operations fs_sops = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = fs_evict_inode,
	.free_inode = fs_free_inode,
	.show_options = fs_show_options,
};

static int fs_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct fs_opts *opts = fc->fs_private;
	struct inode *root;

	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = BPF_FS_MAGIC;	/* libbpf pins where it sees this */
	sb->s_op = &fs_sops;
	sb->s_time_gran = 1;
	sb->s_fs_info = opts;		/* freed by kill_sb from here on, whatever comes */
	fc->fs_private = NULL;
	root = inode_new(sb, NULL, S_IFDIR | opts->mode);
	if (!root)
		return -ENOMEM;
	root->i_uid = opts->uid;
	root->i_gid = opts->gid;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int fs_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, fs_fill_super);
}

/* A remount repeats the options that it does not change. */
static int fs_reconfigure(struct fs_context *fc)
{
	const struct fs_opts *new = fc->fs_private, *old = fc->root->d_sb->s_fs_info;

	if (new->mode == old->mode && uid_eq(new->uid, old->uid) && gid_eq(new->gid, old->gid))
		return 0;
	return invalf(fc,
		      "xbpffs: mode, uid and gid are set at the first mount; "
		      "then chmod and chown change them");
}

static void fs_free_context(struct fs_context *fc)
{
	kfree(fc->fs_private);
}

static const struct fs_context_operations fs_context_ops = {
	.free = fs_free_context,
	.parse_param = fs_parse_param,
	.get_tree = fs_get_tree,
	.reconfigure = fs_reconfigure,
};

static int fs_init_context(struct fs_context *fc)
{
	struct fs_opts *opts;

	/* a context holds the module, and a user namespace makes everybody root who may ask for one */
	if (!xbpf_rights_mount())
		return -EPERM;
	opts = kzalloc(sizeof(*opts), GFP_KERNEL);
	if (!opts)
		return -ENOMEM;
	if (fc->root) {
		*opts = *(const struct fs_opts *)fc->root->d_sb->s_fs_info;
	} else {
		opts->mode = FS_MODE;
		opts->uid = GLOBAL_ROOT_UID;
		opts->gid = GLOBAL_ROOT_GID;
	}
	fc->fs_private = opts;
	fc->ops = &fs_context_ops;
	return 0;
}

static void fs_kill_sb(struct super_block *sb)
{
	struct fs_opts *opts = sb->s_fs_info;

	kill_litter_super(sb);
	kfree(opts);
}

static struct file_system_type fs_type = {
	.owner = THIS_MODULE,
	.name = XBPF_NAME_FS_TYPE,
	.init_fs_context = fs_init_context,
	.parameters = fs_params,
	.kill_sb = fs_kill_sb,
};
/* no MODULE_ALIAS_FS: the kernel loads what it names for everybody who can make a user namespace */

/* ---- OBJ_PIN, OBJ_GET ---- */

static char *path_name(struct xbpf_cmd *cmd)
{
	char *name = strndup_user(u64_to_user_ptr(cmd->attr->bpf.pathname), PATH_MAX);

	if (IS_ERR(name)) {
		xbpf_cmd_fail(cmd, PTR_ERR(name), "pathname: no path of less than %d bytes at 0x%llx", PATH_MAX,
			      (u64)cmd->attr->bpf.pathname);
	} else if (!*name) {
		/* to the functions for names of the kernel's own that would be the working directory */
		kfree(name);
		name = ERR_PTR(xbpf_cmd_fail(cmd, -ENOENT, "pathname is empty"));
	}
	return name;
}

static long not_xbpffs(struct xbpf_cmd *cmd, const char *name)
{
	return xbpf_cmd_fail(cmd, -EPERM, "'%s' is not on " XBPF_NAME_FS_TYPE ": mount -t "
			     XBPF_NAME_FS_TYPE " " XBPF_NAME_FS_TYPE " " XBPF_NAME_FS_PATH
			     ", and pin there", name);
}

static bool on_xbpffs(const struct path *path)
{
	return path->dentry->d_sb->s_type == &fs_type;
}

/* Called by vfs_mkobj() when the rights are checked; takes over the reference on success. */
static int pin_make(struct dentry *dentry, umode_t mode, void *arg)
{
	struct inode *dir = d_inode(dentry->d_parent);
	struct inode *inode = inode_new(dir->i_sb, dir, mode);
	struct xbpf_object *obj = arg;

	if (!inode)
		return -ENOMEM;
	inode->i_fop = &pin_fops;
	inode->i_private = obj;
	dentry_keep(dentry, inode, dir);
	return 0;
}

/* Takes over the user reference to @obj on success. */
static long pin_at(struct xbpf_cmd *cmd, struct xbpf_object *obj, const char *name)
{
	umode_t mode = S_IFREG | ((S_IRUSR | S_IWUSR) & ~current_umask());
	struct dentry *dentry;
	struct path dir;
	long err;

	dentry = kern_path_create(AT_FDCWD, name, &dir, 0);
	if (IS_ERR(dentry)) {
		err = PTR_ERR(dentry);
		if (err == -EEXIST)
			xbpf_cmd_fail(cmd, err, "'%s' exists: remove it, or pin elsewhere", name);
		else if (err == -EACCES || err == -EPERM)
			xbpf_cmd_fail(cmd, err,
				      "no file can be made at '%s': the mode and owner of its directory do not let you",
				      name);
		else if (err == -ENOMEM)
			xbpf_cmd_fail(cmd, err, "the kernel has no memory for a file at '%s'", name);
		else
			xbpf_cmd_fail(cmd, err, "no file can be made at '%s': does its directory exist?", name);
		return err;
	}
	if (on_xbpffs(&dir))
		err = vfs_mkobj(dentry, mode, pin_make, obj);
	else
		err = not_xbpffs(cmd, name);
	done_path_create(&dir, dentry);
	return err;
}

/* The object behind the fd, with a user's reference for the pin. ERR_PTR with words. */
static struct xbpf_object *object_to_pin(struct xbpf_cmd *cmd)
{
	u32 fd = cmd->attr->bpf.bpf_fd;
	struct file *file = fget(fd);
	struct xbpf_object *obj;

	if (!file)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EBADF, "%d is no open file descriptor", (int)fd));
	obj = xbpf_object_of_file(file);
	if (obj && obj->ops->has_pins)
		xbpf_object_get_user(obj);	/* the file is one, so the object has had users all along */
	else
		obj = ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					    "file descriptor %d is no map, program or link of xbpf",
					    (int)fd));
	fput(file);
	return obj;
}

long xbpf_obj_pin_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_object *obj;
	char *name;
	long err;

	if (cmd->attr->bpf.file_flags)
		return xbpf_cmd_fail(cmd, -EINVAL, "file_flags must be 0 when pinning");
	name = path_name(cmd);
	if (IS_ERR(name))
		return PTR_ERR(name);
	obj = object_to_pin(cmd);
	err = PTR_ERR_OR_ZERO(obj);
	if (!err) {
		err = pin_at(cmd, obj, name);
		if (err)
			xbpf_object_put_user(obj);
	}
	kfree(name);
	return err;
}

/* A new fd of the pin at @path, open for what @mode says: O_RDWR where file_flags said nothing. */
static long fd_of_pin(struct xbpf_cmd *cmd, const struct path *path, const char *name, int mode)
{
	const u32 flags = cmd->attr->bpf.file_flags;
	struct xbpf_object *obj;
	long err;

	if (!on_xbpffs(path))
		return not_xbpffs(cmd, name);
	obj = pin_object(d_backing_inode(path->dentry));
	if (!obj)
		return xbpf_cmd_fail(cmd, -EACCES, "'%s' is %s, no pin", name,
				     d_is_dir(path->dentry) ? "a directory" : "something else");
	if (flags && !obj->ops->has_modes)
		return xbpf_cmd_fail(cmd, -EINVAL, "'%s' is a %s: file_flags 0x%x are for maps",
				     name, obj->ops->noun, flags);
	err = path_permission(path, ACC_MODE(mode));
	if (err)
		return xbpf_cmd_fail(cmd, err, "'%s': its mode and owner do not let you", name);
	/* the inode, which path holds, holds the object */
	return xbpf_object_new_fd(cmd, obj, mode);
}

long xbpf_obj_get_cmd(struct xbpf_cmd *cmd)
{
	struct path path;
	char *name;
	long err;
	int mode;

	if (cmd->attr->bpf.bpf_fd)
		return xbpf_cmd_fail(cmd, -EINVAL, "bpf_fd must be 0: a path says which object");
	mode = xbpf_object_mode_get(cmd, "file_flags", cmd->attr->bpf.file_flags);
	if (mode < 0)
		return mode;
	name = path_name(cmd);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = kern_path(name, LOOKUP_FOLLOW, &path);
	if (err) {
		xbpf_cmd_fail(cmd, err, "'%s': there is no such pin, or it cannot be reached", name);
	} else {
		err = fd_of_pin(cmd, &path, name, mode);
		path_put(&path);
	}
	kfree(name);
	return err;
}

int xbpf_fs_init(void)
{
	int err = sysfs_create_mount_point(fs_kobj, XBPF_NAME);

	if (err)
		return err;
	err = register_filesystem(&fs_type);
	if (err)
		sysfs_remove_mount_point(fs_kobj, XBPF_NAME);
	return err;
}

/* No mount is left: each holds the module. */
void xbpf_fs_exit(void)
{
	unregister_filesystem(&fs_type);
	rcu_barrier();	/* fs_free_inode() of the last inodes is our text */
	sysfs_remove_mount_point(fs_kobj, XBPF_NAME);
}
