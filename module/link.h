/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: a program held at an attach point.
 */
#ifndef XBPF_MODULE_LINK_H
#define XBPF_MODULE_LINK_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include "cmd.h"

struct file;
struct xbpf_link;
struct xbpf_prog;

/* One table per kind of attach point; a hook is one file (link_*.c) and one row in link.c. */
struct xbpf_link_ops {
	u32 type;			/* enum xbpf_link_type */
	u32 prog_type;			/* the only type of program that fits */
	struct xbpf_link *(*alloc)(struct xbpf_cmd *cmd);	/* attr checked; ERR_PTR with words */
	void (*free)(struct xbpf_link *link);
	int (*attach)(struct xbpf_link *link, struct xbpf_cmd *cmd);	/* events begin; 0 or -errno with words */
	void (*detach)(struct xbpf_link *link);		/* unregisters and waits: nothing runs any more */
	u64 (*missed)(const struct xbpf_link *link);	/* hits that did not reach xbpf_link_run() */
	/* fills what describes the attach point; @name gets the symbol */
	void (*info)(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
		     char *name, u32 size);
};

struct xbpf_link_count {
	u64 run, missed;
};

/* Embedded in the struct of its kind. */
struct xbpf_link {
	const struct xbpf_link_ops *ops;
	atomic64_t refs;		/* fds, pins, running commands */
	u32 id;
	u64 cookie;
	struct mutex lock;		/* serialises detaching; protects prog against commands */
	struct xbpf_prog *prog;		/* one reference; NULL once detached. Runs read it without the lock: it
					 * changes only when none can be under way. */
	struct xbpf_link_count __percpu *count;
};

/* Runs the program of an attached link. Preemption off, any context. 0 when the run guard was taken. */
u64 xbpf_link_run(struct xbpf_link *link, void *ctx);

/* The cookie of the link that the program on this CPU runs for; 0: none (test run). Under the run guard. */
u64 xbpf_link_cookie(void);

/* link_kprobe.c */
extern const struct xbpf_link_ops xbpf_link_kprobe_ops, xbpf_link_kretprobe_ops;

/* As users (fd, pin). The last put detaches: unregister, synchronise, put the program. May sleep. */
void xbpf_link_get(struct xbpf_link *link);
void xbpf_link_put(struct xbpf_link *link);
struct xbpf_link *xbpf_link_get_fd(u32 fd);	/* ERR_PTR(-EBADF) */
int xbpf_link_new_fd(struct xbpf_link *link);	/* takes its own reference */
bool xbpf_link_file(const struct file *file);

long xbpf_link_create_cmd(struct xbpf_cmd *cmd);
long xbpf_link_detach_cmd(struct xbpf_cmd *cmd);
long xbpf_link_next_id_cmd(struct xbpf_cmd *cmd);
long xbpf_link_fd_by_id_cmd(struct xbpf_cmd *cmd);
long xbpf_link_info_cmd(struct xbpf_link *link, struct xbpf_cmd *cmd);

int xbpf_link_init(void);
void xbpf_link_exit(void);

#endif
