/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF as an object: the blob, its index, fds, ids, info.
 *
 * Everything but the count is constant from the moment the id is given.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "btf/btf.h"
#include "btf/blob.h"
#include "object/id.h"
#include "cmd/cmd.h"
#include "object/worker.h"

#define BTF_SIZE_MAX	(16U << 20)
#define BTF_LOG_MAX	(UINT_MAX >> 2)

struct xbpf_btf {
	struct xbpf_btf_blob blob;
	u32 id;
	atomic64_t refs;	/* fds, maps, programs, running commands */
	struct work_struct free_work;
};

static XBPF_IDS(btf_ids, "BTF");

/* ---- references ---- */

/*
 * The last reference is gone, and the id before it: nobody can look. vfree() wants a context that
 * sleeps.
 */
static void btf_free_work(struct work_struct *work)
{
	struct xbpf_btf *btf = container_of(work, struct xbpf_btf, free_work);

	xbpf_btf_blob_free(&btf->blob);
	kfree(btf);
}

void xbpf_btf_get(struct xbpf_btf *btf)
{
	WARN_ON_ONCE(atomic64_inc_return(&btf->refs) <= 1);
}

void xbpf_btf_put(struct xbpf_btf *btf)
{
	if (!atomic64_dec_and_test(&btf->refs))
		return;
	xbpf_id_remove(&btf_ids, btf->id);
	queue_work(xbpf_workqueue, &btf->free_work);
}

static bool btf_get_unless_gone(void *obj)
{
	struct xbpf_btf *btf = obj;

	return atomic64_inc_not_zero(&btf->refs);
}

/* ---- fds ---- */

static int btf_release(struct inode *inode, struct file *file)
{
	xbpf_btf_put(file->private_data);
	return 0;
}

static void btf_show(struct seq_file *m, struct file *file)
{
	const struct xbpf_btf *btf = file->private_data;

	seq_printf(m, "btf_id:\t%u\n", btf->id);
}

static const struct file_operations blob_fops = {
	.owner = THIS_MODULE,
	.release = btf_release,
	.show_fdinfo = btf_show,
};

bool xbpf_btf_file(const struct file *file)
{
	return file->f_op == &blob_fops;
}

int xbpf_btf_new_fd(struct xbpf_btf *btf)
{
	int fd;

	xbpf_btf_get(btf);
	fd = anon_inode_getfd("xbpf-btf", &blob_fops, btf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		xbpf_btf_put(btf);
	return fd;
}

struct xbpf_btf *xbpf_btf_get_fd(u32 fd)
{
	struct file *file = fget(fd);
	struct xbpf_btf *btf = ERR_PTR(-EBADF);

	if (!file)
		return btf;
	if (xbpf_btf_file(file)) {
		btf = file->private_data;
		xbpf_btf_get(btf);
	}
	fput(file);
	return btf;
}

/* ---- questions ---- */

u32 xbpf_btf_id(const struct xbpf_btf *btf)
{
	return btf->id;
}

bool xbpf_btf_has_type(const struct xbpf_btf *btf, u32 type_id)
{
	return type_id <= btf->blob.type_cnt;
}

const char *xbpf_btf_string(const struct xbpf_btf *btf, u32 off)
{
	return xbpf_btf_blob_string(&btf->blob, off);
}

bool xbpf_btf_func(const struct xbpf_btf *btf, u32 type_id, struct xbpf_func *func)
{
	const struct btf_type *type = xbpf_btf_blob_type(&btf->blob, type_id);

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC)
		return false;
	func->name = xbpf_btf_string(btf, type->name_off);
	func->type = type_id;
	func->global = BTF_INFO_VLEN(type->info) == BTF_FUNC_GLOBAL;
	return true;
}

struct xbpf_types xbpf_btf_types(const struct xbpf_btf *btf)
{
	return (struct xbpf_types){
		.base = btf->blob.types,
		.off = btf->blob.type_off,
		.cnt = btf->blob.type_cnt,
		.strings = btf->blob.strings,
	};
}

/* ---- BTF_LOAD ---- */

/*
 * The log of a load is the sentence of its refusal.  attr members behind btf_log_level are younger
 * than some kernels of ours: btf_log_true_size is the four bytes behind it.
 */
static long log_out(struct xbpf_cmd *cmd, long err)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	char __user *buf = u64_to_user_ptr(attr->btf_log_buf);
	u32 len, n;

	if (!attr->btf_log_level)
		return err;
	len = cmd->reason[0] ? strlen(cmd->reason) + 2 : 1;	/* a line and NUL */
	n = min(len, attr->btf_log_size);
	if (n > 2 && (copy_to_user(buf, cmd->reason, n - 2) || put_user('\n', buf + n - 2)))
		return -EFAULT;
	if (n && put_user('\0', buf + n - 1))
		return -EFAULT;
	if (xbpf_cmd_put_bytes(cmd, offsetofend(union bpf_attr, btf_log_level), &len, sizeof(len)))
		return -EFAULT;
	return err;
}

static long check_log(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;

	if (attr->btf_log_level > 7)
		return xbpf_cmd_fail(cmd, -EINVAL, "btf_log_level %u: 0 to 7", attr->btf_log_level);
	if (!!attr->btf_log_buf != !!attr->btf_log_size)
		return xbpf_cmd_fail(cmd, -EINVAL, "btf_log_buf and btf_log_size: give both or none");
	if (attr->btf_log_level && !attr->btf_log_buf)
		return xbpf_cmd_fail(cmd, -EINVAL, "btf_log_level without btf_log_buf");
	if (attr->btf_log_size > BTF_LOG_MAX)
		return xbpf_cmd_fail(cmd, -EINVAL, "btf_log_size %u: the limit is %u",
				     attr->btf_log_size, BTF_LOG_MAX);
	return 0;
}

/* A checked copy of attr.btf, one reference, no id yet. */
static struct xbpf_btf *btf_new(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_btf *btf;
	long err;

	if (attr->btf_size > BTF_SIZE_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -E2BIG, "btf_size %u: the limit is %u",
					     attr->btf_size, BTF_SIZE_MAX));
	btf = kzalloc(sizeof(*btf), GFP_KERNEL_ACCOUNT);
	if (!btf)
		return ERR_PTR(-ENOMEM);
	atomic64_set(&btf->refs, 1);
	INIT_WORK(&btf->free_work, btf_free_work);
	err = xbpf_btf_blob_read(cmd, &btf->blob, u64_to_user_ptr(attr->btf), attr->btf_size);
	if (err) {
		kfree(btf);
		return ERR_PTR(err);
	}
	return btf;
}

long xbpf_btf_load_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_btf *btf;
	long err = check_log(cmd);

	if (err)
		return err;
	btf = btf_new(cmd);
	err = log_out(cmd, PTR_ERR_OR_ZERO(btf));
	if (IS_ERR(btf))
		return err;
	if (!err) {
		err = xbpf_id_alloc(&btf_ids, btf, &btf->id);
		if (!err)
			err = xbpf_btf_new_fd(btf);
	}
	xbpf_btf_put(btf);	/* the fd has its own */
	return err;
}

/* ---- ids and info ---- */

long xbpf_btf_next_id_cmd(struct xbpf_cmd *cmd)
{
	return xbpf_id_next_cmd(&btf_ids, cmd);
}

long xbpf_btf_fd_by_id_cmd(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_btf *btf = xbpf_id_get(&btf_ids, attr->btf_id, btf_get_unless_gone);
	int fd;

	if (!btf)
		return xbpf_cmd_fail(cmd, -ENOENT, "there is no BTF with id %u", attr->btf_id);
	fd = xbpf_btf_new_fd(btf);
	xbpf_btf_put(btf);
	return fd;
}

long xbpf_btf_info_cmd(struct xbpf_btf *btf, struct xbpf_cmd *cmd)
{
	struct bpf_btf_info info;
	long err = xbpf_info_get(cmd, &info, sizeof(info));
	u32 n;

	if (err)
		return err;
	if (!!info.name != !!info.name_len)
		return xbpf_cmd_fail(cmd, -EINVAL, "name and name_len: give both or none");
	n = min(info.btf_size, btf->blob.size);
	if (copy_to_user(u64_to_user_ptr(info.btf), btf->blob.data, n))
		return xbpf_cmd_fail(cmd, -EFAULT, "btf: no %u writable bytes at 0x%llx", n, (u64)info.btf);
	/* BTF of user space has no name */
	if (info.name && put_user('\0', (char __user *)u64_to_user_ptr(info.name)))
		return xbpf_cmd_fail(cmd, -EFAULT, "name: not writable at 0x%llx", (u64)info.name);
	info.btf_size = btf->blob.size;
	info.id = xbpf_btf_id(btf);
	info.name_len = 0;
	info.kernel_btf = 0;
	return xbpf_info_put(cmd, &info, sizeof(info));
}

int xbpf_btf_init(void)
{
	return 0;
}

void xbpf_btf_exit(void)
{
	xbpf_id_exit(&btf_ids);
}
