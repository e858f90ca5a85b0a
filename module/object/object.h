/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs, maps, links and BTF have in common: references, an id, fds, pins, and their end.
 *
 *   xbpf_object_init()       one reference, the maker's; nobody else knows the object
 *   xbpf_object_publish()    the object is complete: its id and its first fd appear together
 *   xbpf_object_get(), put   by whoever holds it for a while, or in an object of its own
 *   xbpf_object_get_user()   by fds and pins, which hold a reference each, too
 *   the last put             no id leads to it any more; then ops->free(), when ops->end says
 *
 * Two counts.  References keep the memory.  Users are those who can act on the object from outside;
 * when the last one goes, ops->unused() lets go of what the object holds only for them: a program
 * array its programs, which would otherwise keep the array alive for ever.
 */
#ifndef XBPF_MODULE_OBJECT_H
#define XBPF_MODULE_OBJECT_H

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "cmd/cmd.h"

struct file;
struct inode;
struct seq_file;
struct xbpf_object;

/* Ids of one kind of object: from 1 on, in a circle, so that a freed one does not return soon. */
struct xbpf_ids {
	struct idr idr;		/* of struct xbpf_object; NULL: taken, but not published */
	spinlock_t lock;	/* protects idr; with interrupts off, since the last put may be anywhere */
};

#define XBPF_IDS(name)								\
	struct xbpf_ids name = {						\
		.idr = IDR_INIT(name.idr),					\
		.lock = __SPIN_LOCK_UNLOCKED(name.lock),			\
	}

/* When ops->free() runs, after the last put. What may still look at the object decides it. */
enum xbpf_object_end {
	/* Within the put, which may sleep. ops->free() ends what looks without a reference itself. */
	XBPF_END_IN_PUT,
	/* From the worker. Nobody looks without a reference, but a put may be in any context. */
	XBPF_END_WORKER,
	/* From the worker, after a grace period: runs look in RCU read sections, without a reference. */
	XBPF_END_GRACE,
};

/* One for each kind of object. */
struct xbpf_object_ops {
	const char *noun;		/* "map", for messages */
	const char *file_name;		/* what /proc/PID/fd shows of an fd */
	/* with xbpf_object_release(), by which a file is known, and xbpf_object_show() */
	const struct file_operations *fops;
	struct xbpf_ids *ids;
	u32 next_id_cmd, fd_by_id_cmd;
	const char *no_id;		/* "there is no map with id": for messages, before the id */
	int wrong_fd;			/* -errno for an fd of something else */
	int mode;			/* O_RDONLY, O_RDWR: of an fd of which nothing else was asked */
	bool has_modes;			/* fds may be read-only or write-only */
	bool has_pins;
	enum xbpf_object_end end;
	void (*free)(struct xbpf_object *obj);		/* may sleep */
	/* may be NULL: obj->id is known now; nobody can find the object by it yet */
	void (*named)(struct xbpf_object *obj);
	/* may be NULL: @file, an fd's, is closed; it is still a user. May sleep */
	void (*closed)(struct xbpf_object *obj, const struct file *file);
	void (*unused)(struct xbpf_object *obj);	/* may be NULL: the last user is gone; may sleep */
	long (*info)(struct xbpf_object *obj, struct xbpf_cmd *cmd);	/* OBJ_GET_INFO_BY_FD */
	void (*show)(struct xbpf_object *obj, struct seq_file *m);	/* fdinfo */
};

/* Embedded in the struct of its kind. */
struct xbpf_object {
	const struct xbpf_object_ops *ops;
	atomic64_t refs;
	atomic64_t users;		/* fds and pins */
	u32 id;				/* 0: not published */
	struct rcu_work free_work;
};

void xbpf_object_init(struct xbpf_object *obj, const struct xbpf_object_ops *ops);

/*
 * The maker's last step: an id, and an fd with O_RDONLY, O_WRONLY or O_RDWR as @mode, which is a
 * user of its own: the fd, or -errno with words.  The caller keeps its reference.  When it fails
 * nobody has seen the object, by no way, and its maker may free it at once; when it does not,
 * others may use it before this returns.  May sleep.
 */
int xbpf_object_publish(struct xbpf_cmd *cmd, struct xbpf_object *obj, int mode);

/* One more reference for who already has one; any context. */
void xbpf_object_get(struct xbpf_object *obj);
/* Any context; but may sleep where ops->end is XBPF_END_IN_PUT. */
void xbpf_object_put(struct xbpf_object *obj);
/* As user: counts in both. put: may sleep. */
void xbpf_object_get_user(struct xbpf_object *obj);
void xbpf_object_put_user(struct xbpf_object *obj);

/* The object behind a file, which holds it; NULL: the file is none of ours. */
struct xbpf_object *xbpf_object_of_file(const struct file *file);
/*
 * The object of one kind behind an fd, with one reference: ERR_PTR(-EBADF) no such fd,
 * ERR_PTR(ops->wrong_fd) an fd of something else.
 */
struct xbpf_object *xbpf_object_get_fd(const struct xbpf_object_ops *ops, u32 fd);
/* A new fd, which is a user of its own; @obj is held by the caller. -errno with words. */
int xbpf_object_new_fd(struct xbpf_cmd *cmd, struct xbpf_object *obj, int mode);

/* The published object with this id and one reference, or NULL: also when the last put was. */
struct xbpf_object *xbpf_object_get_id(const struct xbpf_object_ops *ops, u32 id);
/* The smallest id of a published object above @id; 0: there is none. */
u32 xbpf_object_next_id(const struct xbpf_object_ops *ops, u32 id);

/* BPF_F_RDONLY, BPF_F_WRONLY, not both, or neither, as open(2) says it. Other bits mean nothing. */
int xbpf_object_mode(u32 flags);
/* The same for the member of attr called @what, which has no other bits: or -EINVAL with words. */
int xbpf_object_mode_get(struct xbpf_cmd *cmd, const char *what, u32 flags);

/* .release and .show_fdinfo of all ops->fops */
int xbpf_object_release(struct inode *inode, struct file *file);
void xbpf_object_show(struct seq_file *m, struct file *file);

/*
 * At module exit, after xbpf_worker_drain(): says on the log which objects are left ("xbpf: leak:
 * ..."), and frees the list of ids.
 */
void xbpf_object_exit(const struct xbpf_object_ops *ops);

#endif
