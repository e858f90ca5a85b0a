/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: a program held at an attach point.
 */
#ifndef XBPF_MODULE_LINK_H
#define XBPF_MODULE_LINK_H

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "include/lists/hooks.h"
#include "cmd/cmd.h"
#include "prog/prog.h"
#include "cmd/rights.h"
#include "object/object.h"
#include "run/run.h"

struct seq_file;
struct xbpf_link;
struct xbpf_prog;

#define XBPF_LINK_NAME	128	/* bytes of a symbol's or tracepoint's name, with NUL */

/*
 * Members of struct xbpf_link_create that a kind of link makes use of; in all others the members
 * must be 0.
 */
#define XBPF_LINK_SYMBOL	1u	/* symbol */
#define XBPF_LINK_ADDR		2u	/* addr */
#define XBPF_LINK_OFFSET	4u	/* offset */
#define XBPF_LINK_TARGET	8u	/* target */
#define XBPF_LINK_PRIORITY	16u	/* priority */
#define XBPF_LINK_LIST		32u	/* symbols, cookies, count */
#define XBPF_LINK_ARGS		64u	/* arg_size */
#define XBPF_LINK_COUNT		128u	/* count alone */

/* One table per kind of attach point; a hook is one file and a row of include/lists/hooks.h. */
struct xbpf_link_ops {
	u32 uses;			/* XBPF_LINK_SYMBOL ... */
	bool has_regs;			/* every run says where it is, by xbpf_link_at() */
	/* to attach, update and detach. Where they are of a target, attach() asks for them */
	struct xbpf_rights rights;
	struct xbpf_link *(*alloc)(struct xbpf_cmd *cmd);	/* attr checked; ERR_PTR with words */
	void (*free)(struct xbpf_link *link);
	/* events begin; 0 or -errno with words */
	int (*attach)(struct xbpf_link *link, struct xbpf_cmd *cmd);
	void (*detach)(struct xbpf_link *link);		/* unregisters and waits: nothing runs any more */
	/*
	 * may be NULL: may @prog, of the right type, run here? 0 or -errno with words. Asked before
	 * each update; attach() asks for itself. Under link->lock then.
	 */
	int (*fits)(const struct xbpf_link *link, const struct xbpf_prog *prog, struct xbpf_cmd *cmd);
	/*
	 * for rights of a target: may the caller change the link, as far as its present target
	 * goes? Under link->lock
	 */
	int (*may)(const struct xbpf_link *link, struct xbpf_cmd *cmd);
	/* may be NULL: hits that did not reach xbpf_link_begin() */
	u64 (*missed)(const struct xbpf_link *link);
	/* fills what describes the attach point; @name gets the symbol */
	void (*info)(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
		     char *name, u32 size);
	/* may be NULL: copies lists to the user's buffers of @ask; 0, -EFAULT or -ENOSPC */
	long (*info_lists)(const struct xbpf_link *link, const struct xbpf_link_info *ask);
	u64 (*cookie)(const struct xbpf_link *link, unsigned long ip);	/* may be NULL: link->cookie */
	/* may be NULL: of the function, ip */
	unsigned long (*entry)(const struct xbpf_link *link, unsigned long ip);
};

struct xbpf_link_count {
	u64 run;
	u64 missed;		/* for all causes; of them: */
	u64 unwatched;		/* RCU did not watch the CPU */
	u64 other;		/* its kind had a reason */
};

/* Embedded in the struct of its kind. */
struct xbpf_link {
	const struct xbpf_link_ops *ops;
	u32 type;			/* enum xbpf_link_type */
	u32 prog_type;			/* the only type of program that fits */
	u64 cookie;
	struct mutex lock;		/* serialises detaching and updating; protects prog against commands */
	/*
	 * one reference; NULL once detached. Runs read it in xbpf_link_begin(), without the lock:
	 * programs outlive a grace period after their last put.
	 */
	struct xbpf_prog *prog;
	struct xbpf_link_count __percpu *count;
	struct delayed_work expiry;	/* detaches it; holds no reference, freeing the link cancels it */
	unsigned long expires;		/* jiffies, while that is pending */
	struct xbpf_object obj;		/* held by fds, pins, running commands */
};

/*
 * An event that does not run the program: the guard refused, or its kind has a reason. Preemption
 * off.
 */
void xbpf_link_miss(struct xbpf_link *link);

/*
 * The two halves of a run, for whoever has something to do between them under the guard.
 * Preemption off, any context.
 * false: missed, and counted; then there is no second half.  Else *prog is the program, until the
 * run ends: an event has no other way to it, since before this nothing keeps the program from being
 * freed.
 */
static __always_inline bool xbpf_link_begin(struct xbpf_link *link, const struct xbpf_prog **prog)
{
	if (unlikely(!xbpf_run_enter())) {
		xbpf_link_miss(link);
		return false;
	}
	raw_cpu_write(xbpf_running.link, link);
	*prog = READ_ONCE(link->prog);
	return true;
}

/* Instead of the second half: the event is missed after all. */
static __always_inline void xbpf_link_abandon(struct xbpf_link *link)
{
	xbpf_run_exit();
	raw_cpu_inc(link->count->other);
	xbpf_link_miss(link);
}

/* The run itself; the guard stays taken, for who looks at the context afterwards. */
static __always_inline u64 xbpf_link_call(struct xbpf_link *link, const struct xbpf_prog *prog,
					  void *ctx)
{
	u64 ret;

	/* preemption off is a read section already; this one is for lockdep's eyes */
	rcu_lock_acquire(&rcu_lock_map);
	ret = xbpf_prog_run(prog, ctx);
	rcu_lock_release(&rcu_lock_map);
	raw_cpu_inc(link->count->run);
	return ret;
}

static __always_inline u64 xbpf_link_end(struct xbpf_link *link, const struct xbpf_prog *prog,
					 void *ctx)
{
	u64 ret = xbpf_link_call(link, prog, ctx);

	xbpf_run_exit();
	return ret;
}

/*
 * For kinds that have has_regs, between the halves.  @regs: where the event is, for bpf_get_stack
 * (NULL: the caller's caller); @ip: the function's entry, for bpf_get_func_ip and cookies (0:
 * none).
 */
static __always_inline void xbpf_link_at(struct pt_regs *regs, unsigned long ip)
{
	raw_cpu_write(xbpf_running.regs, regs);
	raw_cpu_write(xbpf_running.ip, ip);
}

/* A whole run for these kinds; what the program returns says nothing to them. */
static __always_inline void xbpf_link_run_at(struct xbpf_link *link, void *ctx,
					     struct pt_regs *regs, unsigned long ip)
{
	const struct xbpf_prog *prog;

	if (!xbpf_link_begin(link, &prog))
		return;
	xbpf_link_at(regs, ip);
	xbpf_link_end(link, prog, ctx);
}

/*
 * Of the link that the program on this CPU runs for; 0, NULL: none (test run). Under the run guard.
 */
u64 xbpf_link_cookie(void);
unsigned long xbpf_link_ip(void);
struct pt_regs *xbpf_link_regs(void);

/* Reads attr->symbol, 1 to 127 characters: 0 or -errno with words that call it @what ("symbol"). */
int xbpf_link_name_get(struct xbpf_cmd *cmd, const char *what, char name[XBPF_LINK_NAME]);

#define DECLARE(word, NUMBER, ops, PROG_TYPE, FORM) \
	extern const struct xbpf_link_ops xbpf_link_##ops##_ops;
XBPF_HOOKS(DECLARE)
#undef DECLARE
extern const struct xbpf_object_ops xbpf_link_object;

static inline struct xbpf_link *xbpf_link_of_object(struct xbpf_object *obj)
{
	return container_of(obj, struct xbpf_link, obj);
}

/* The last put detaches: unregister, synchronise, put the program. May sleep. */
static inline void xbpf_link_put(struct xbpf_link *link)
{
	xbpf_object_put(&link->obj);
}

/* ERR_PTR(-EBADF): no such fd, or no link of ours. One reference. */
static inline struct xbpf_link *xbpf_link_get_fd(u32 fd)
{
	struct xbpf_object *obj = xbpf_object_get_fd(&xbpf_link_object, fd);

	return IS_ERR(obj) ? ERR_CAST(obj) : xbpf_link_of_object(obj);
}

/*
 * LINK_CREATE's: a link that is attached is detached in @ms milliseconds, as by LINK_DETACH.  While
 * the machine sleeps, time stands still.
 */
void xbpf_link_expiry_init(struct xbpf_link *link);
void xbpf_link_expire(struct xbpf_link *link, u32 ms);

/* link/info.c */
struct xbpf_link_count xbpf_link_count_sum(const struct xbpf_link *link);
/* members of xbpf_link_object */
long xbpf_link_info(struct xbpf_object *obj, struct xbpf_cmd *cmd);
void xbpf_link_show(struct xbpf_object *obj, struct seq_file *m);

/*
 * The attach point is unregistered: waits until no hit of it counts in the link any more. Sleeps.
 */
void xbpf_link_settle(const struct xbpf_link *link);

/* link/tracepoint.c: follows CPUs that come and go. */
int xbpf_tracepoint_init(void);
void xbpf_tracepoint_exit(void);

#endif
