/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF as an object: the blob, its index, info.
 *
 * Everything but the counts is constant from the moment it is published.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "btf/btf.h"
#include "btf/blob.h"
#include "cmd/cmd.h"
#include "cmd/name.h"

#define BTF_SIZE_MAX	(16U << 20)
#define BTF_LOG_MAX	(UINT_MAX >> 2)

struct xbpf_btf {
	struct xbpf_btf_blob blob;
	struct xbpf_object obj;		/* held by fds, maps, programs, running commands */
};

static struct xbpf_btf *btf_of(struct xbpf_object *obj)
{
	return container_of(obj, struct xbpf_btf, obj);
}

/* ---- questions ---- */

u32 xbpf_btf_id(const struct xbpf_btf *btf)
{
	return btf->obj.id;
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
	const char *reason = cmd->log.reason;
	u32 len, n;

	if (!attr->btf_log_level)
		return err;
	len = reason[0] ? strlen(reason) + 2 : 1;	/* a line and NUL */
	n = min(len, attr->btf_log_size);
	if (n > 2 && (copy_to_user(buf, reason, n - 2) || put_user('\n', buf + n - 2)))
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
	xbpf_object_init(&btf->obj, &xbpf_btf_object);
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
	if (!err)
		err = xbpf_object_publish(cmd, &btf->obj, xbpf_btf_object.mode);
	xbpf_btf_put(btf);	/* the fd has its own */
	return err;
}

/* ---- the object ---- */

static long btf_info(struct xbpf_object *obj, struct xbpf_cmd *cmd)
{
	const struct xbpf_btf *btf = btf_of(obj);
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
	info.id = obj->id;
	info.name_len = 0;
	info.kernel_btf = 0;
	return xbpf_info_put(cmd, &info, sizeof(info));
}

static void btf_show(struct xbpf_object *obj, struct seq_file *m)
{
	seq_printf(m, "btf_id:\t%u\n", obj->id);
}

/*
 * The last reference is gone, and the id before it: nobody can look, and nobody ever looks without
 * a reference, so there is no grace period. From the worker: vfree() wants a context that sleeps.
 */
static void btf_free(struct xbpf_object *obj)
{
	struct xbpf_btf *btf = btf_of(obj);

	xbpf_btf_blob_free(&btf->blob);
	kfree(btf);
}

static const struct file_operations blob_fops = {
	.owner = THIS_MODULE,
	.release = xbpf_object_release,
	.show_fdinfo = xbpf_object_show,
};

static XBPF_IDS(btf_ids);

const struct xbpf_object_ops xbpf_btf_object = {
	.noun = "BTF",
	.file_name = XBPF_NAME "-btf",
	.fops = &blob_fops,
	.ids = &btf_ids,
	.next_id_cmd = BPF_BTF_GET_NEXT_ID,
	.fd_by_id_cmd = BPF_BTF_GET_FD_BY_ID,
	.no_id = "there is no BTF with id",
	.wrong_fd = -EBADF,
	.mode = O_RDONLY,
	.end = XBPF_END_WORKER,
	.free = btf_free,
	.info = btf_info,
	.show = btf_show,
};

void xbpf_btf_put(struct xbpf_btf *btf)
{
	xbpf_object_put(&btf->obj);
}

struct xbpf_btf *xbpf_btf_get_fd(u32 fd)
{
	struct xbpf_object *obj = xbpf_object_get_fd(&xbpf_btf_object, fd);

	return IS_ERR(obj) ? ERR_CAST(obj) : btf_of(obj);
}
