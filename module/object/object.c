/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects: counts, ids, fds, and the way to their end.
 *
 * The order at the end of an object is what keeps it safe:
 *
 *   1. The last reference is put.  From then on xbpf_object_get_id() refuses the object, although
 *      its id is still there: it takes a reference only where there is one.
 *   2. The id is taken out.  Under the same lock, so nobody is about to look at the count when the
 *      memory goes.  Files and pins cannot lead to the object: each held a reference.
 *   3. Whoever looks without a reference has until ops->end: a run that loaded the object from a
 *      slot, a link or an instruction, in an RCU read section that began before 1.
 *   4. ops->free().  It may put other objects, which go the same way.
 */
#include <linux/anon_inodes.h>
#include <linux/bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include "cmd/name.h"
#include "object/object.h"
#include "object/worker.h"

/* ---- ids ---- */

/* A new id that leads nowhere: 0 or -errno. May sleep. */
static int id_take(struct xbpf_ids *ids, u32 *id)
{
	unsigned long flags;
	int new;

	idr_preload(GFP_KERNEL);
	spin_lock_irqsave(&ids->lock, flags);
	new = idr_alloc_cyclic(&ids->idr, NULL, 1, INT_MAX, GFP_ATOMIC);
	spin_unlock_irqrestore(&ids->lock, flags);
	idr_preload_end();
	if (new < 0)
		return new;
	*id = new;
	return 0;
}

/* From now on the object is found by its id. It cannot fail: the place was taken. */
static void id_publish(struct xbpf_object *obj)
{
	struct xbpf_ids *ids = obj->ops->ids;
	unsigned long flags;

	spin_lock_irqsave(&ids->lock, flags);
	WARN_ON_ONCE(idr_replace(&ids->idr, obj, obj->id));	/* the old one: NULL */
	spin_unlock_irqrestore(&ids->lock, flags);
}

/* Any context. */
static void id_remove(struct xbpf_ids *ids, u32 id)
{
	unsigned long flags;

	spin_lock_irqsave(&ids->lock, flags);
	idr_remove(&ids->idr, id);
	spin_unlock_irqrestore(&ids->lock, flags);
}

struct xbpf_object *xbpf_object_get_id(const struct xbpf_object_ops *ops, u32 id)
{
	struct xbpf_object *obj;
	unsigned long flags;

	spin_lock_irqsave(&ops->ids->lock, flags);
	obj = idr_find(&ops->ids->idr, id);
	if (obj && !atomic64_inc_not_zero(&obj->refs))
		obj = NULL;	/* the last put waits for this lock */
	spin_unlock_irqrestore(&ops->ids->lock, flags);
	return obj;
}

u32 xbpf_object_next_id(const struct xbpf_object_ops *ops, u32 id)
{
	unsigned long flags;
	void *obj;
	int next;

	if (id >= INT_MAX)
		return 0;
	next = id + 1;
	spin_lock_irqsave(&ops->ids->lock, flags);
	obj = idr_get_next(&ops->ids->idr, &next);
	spin_unlock_irqrestore(&ops->ids->lock, flags);
	return obj ? next : 0;
}

void xbpf_object_exit(const struct xbpf_object_ops *ops)
{
	void *obj;
	int id;

	idr_for_each_entry(&ops->ids->idr, obj, id)
		pr_err(XBPF_NAME ": leak: %s with id %d is left\n", ops->noun, id);
	WARN_ON(!idr_is_empty(&ops->ids->idr));
	idr_destroy(&ops->ids->idr);
}

/* ---- references ---- */

static void object_free(struct xbpf_object *obj)
{
	WARN_ON_ONCE(atomic64_read(&obj->users));
	obj->ops->free(obj);
}

static void free_work(struct work_struct *work)
{
	object_free(container_of(to_rcu_work(work), struct xbpf_object, free_work));
}

void xbpf_object_init(struct xbpf_object *obj, const struct xbpf_object_ops *ops)
{
	obj->ops = ops;
	atomic64_set(&obj->refs, 1);
	atomic64_set(&obj->users, 0);
	obj->id = 0;
	INIT_RCU_WORK(&obj->free_work, free_work);
}

void xbpf_object_get(struct xbpf_object *obj)
{
	WARN_ON_ONCE(atomic64_inc_return(&obj->refs) <= 1);
}

/* The order is explained at the top. */
void xbpf_object_put(struct xbpf_object *obj)
{
	const struct xbpf_object_ops *ops = obj->ops;

	if (!atomic64_dec_and_test(&obj->refs))
		return;
	if (obj->id)
		id_remove(ops->ids, obj->id);
	switch (ops->end) {
	case XBPF_END_IN_PUT:
		might_sleep();
		object_free(obj);
		break;
	case XBPF_END_WORKER:
		queue_work(xbpf_workqueue, &obj->free_work.work);
		break;
	case XBPF_END_GRACE:
		queue_rcu_work(xbpf_workqueue, &obj->free_work);
		break;
	}
}

void xbpf_object_get_user(struct xbpf_object *obj)
{
	xbpf_object_get(obj);
	atomic64_inc(&obj->users);
}

/*
 * The count may rise from 0 again (GET_FD_BY_ID of a map that programs keep); whoever brings it
 * back to 0 calls ops->unused() again, so that at rest 0 means: it has let go.
 */
void xbpf_object_put_user(struct xbpf_object *obj)
{
	might_sleep();
	if (atomic64_dec_and_test(&obj->users) && obj->ops->unused)
		obj->ops->unused(obj);
	xbpf_object_put(obj);
}

/* ---- fds ---- */

int xbpf_object_release(struct inode *inode, struct file *file)
{
	struct xbpf_object *obj = file->private_data;

	if (obj->ops->closed)
		obj->ops->closed(obj, file);
	xbpf_object_put_user(obj);
	return 0;
}

void xbpf_object_show(struct seq_file *m, struct file *file)
{
	struct xbpf_object *obj = file->private_data;

	obj->ops->show(obj, m);
}

struct xbpf_object *xbpf_object_of_file(const struct file *file)
{
	return file->f_op->release == xbpf_object_release ? file->private_data : NULL;
}

struct xbpf_object *xbpf_object_get_fd(const struct xbpf_object_ops *ops, u32 fd)
{
	struct file *file = fget(fd);
	struct xbpf_object *obj;

	if (!file)
		return ERR_PTR(-EBADF);
	obj = xbpf_object_of_file(file);
	if (obj && obj->ops == ops)
		xbpf_object_get(obj);	/* the file holds it up to here */
	else
		obj = ERR_PTR(ops->wrong_fd);
	fput(file);
	return obj;
}

static int no_fd(struct xbpf_cmd *cmd, const struct xbpf_object_ops *ops, int err)
{
	return xbpf_cmd_fail(cmd, err, "no file descriptor for the %s: none is free, or no memory",
			     ops->noun);
}

int xbpf_object_new_fd(struct xbpf_cmd *cmd, struct xbpf_object *obj, int mode)
{
	const struct xbpf_object_ops *ops = obj->ops;
	int fd;

	xbpf_object_get_user(obj);
	fd = anon_inode_getfd(ops->file_name, ops->fops, obj, mode | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	xbpf_object_put_user(obj);
	return no_fd(cmd, ops, fd);
}

int xbpf_object_publish(struct xbpf_cmd *cmd, struct xbpf_object *obj, int mode)
{
	const struct xbpf_object_ops *ops = obj->ops;
	int fd = get_unused_fd_flags(O_CLOEXEC), err;
	struct file *file;

	if (fd < 0)
		return no_fd(cmd, ops, fd);
	err = id_take(ops->ids, &obj->id);
	if (err)
		goto put_fd;
	file = anon_inode_getfile(ops->file_name, ops->fops, obj, mode | O_CLOEXEC);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto remove_id;
	}
	/* nothing can fail any more: the file could not be taken back without others seeing it */
	if (ops->named)
		ops->named(obj);
	xbpf_object_get_user(obj);	/* the file's */
	id_publish(obj);
	fd_install(fd, file);
	return fd;

remove_id:
	id_remove(ops->ids, obj->id);
	obj->id = 0;
put_fd:
	put_unused_fd(fd);
	return no_fd(cmd, ops, err);
}

int xbpf_object_mode(u32 flags)
{
	if (flags & BPF_F_RDONLY)
		return O_RDONLY;
	return flags & BPF_F_WRONLY ? O_WRONLY : O_RDWR;
}

int xbpf_object_mode_get(struct xbpf_cmd *cmd, const char *what, u32 flags)
{
	if (flags & ~(BPF_F_RDONLY | BPF_F_WRONLY) || flags == (BPF_F_RDONLY | BPF_F_WRONLY))
		return xbpf_cmd_fail(cmd, -EINVAL, "%s 0x%x: BPF_F_RDONLY or BPF_F_WRONLY or 0", what,
				     flags);
	return xbpf_object_mode(flags);
}
