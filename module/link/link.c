/* SPDX-License-Identifier: GPL-2.0 */
/* A link as an object: a program at a hook, its file, its end, and what it says of itself. */
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "cmd/audit.h"
#include "cmd/name.h"
#include "link/link.h"
#include "prog/prog.h"

void xbpf_link_miss(struct xbpf_link *link)
{
	const struct xbpf_prog *prog;

	this_cpu_inc(link->count->missed);
	if (!xbpf_compat_rcu_watching()) {
		this_cpu_inc(link->count->unwatched);
		return;
	}
	/* preemption is off, so the program cannot go away */
	prog = READ_ONCE(link->prog);
	if (prog && smp_load_acquire(&prog->stats.on))
		this_cpu_inc(prog->stats.counts->missed);
}
NOKPROBE_SYMBOL(xbpf_link_miss);

u64 xbpf_link_cookie(void)
{
	const struct xbpf_link *link = raw_cpu_read(xbpf_running.link);

	if (!link)
		return 0;
	return link->ops->cookie ? link->ops->cookie(link, raw_cpu_read(xbpf_running.ip)) : link->cookie;
}

unsigned long xbpf_link_ip(void)
{
	const struct xbpf_link *link = raw_cpu_read(xbpf_running.link);

	if (!link || !link->ops->has_regs)
		return 0;
	return link->ops->entry ? link->ops->entry(link, raw_cpu_read(xbpf_running.ip)) :
		raw_cpu_read(xbpf_running.ip);
}

struct pt_regs *xbpf_link_regs(void)
{
	const struct xbpf_link *link = raw_cpu_read(xbpf_running.link);

	return link && link->ops->has_regs ? raw_cpu_read(xbpf_running.regs) : NULL;
}

static long nothing(void *unused)
{
	return 0;
}

/*
 * A hit where RCU does not watch runs nothing, but counts in the link, and no grace period waited
 * for it.  Every handler has preemption off, so when another task has run on a CPU, no hit of
 * before is under way there.
 */
void xbpf_link_settle(const struct xbpf_link *link)
{
	int cpu;

	if (!link->ops->has_regs)
		return;
	cpus_read_lock();
	for_each_online_cpu(cpu)
		work_on_cpu(cpu, nothing, NULL);
	cpus_read_unlock();
}

/*
 * Idempotent; when it returns no run of the link is under way. Under link->lock; the program is the
 * caller's to put.
 */
static struct xbpf_prog *detach_locked(struct xbpf_link *link)
{
	struct xbpf_prog *prog = link->prog;

	if (prog) {
		link->ops->detach(link);
		xbpf_link_settle(link);
		link->prog = NULL;
		if (link->obj.id)	/* else its fd could not be given */
			xbpf_audit("DETACH", prog->obj.id, link->obj.id);
	}
	return prog;
}

/* Of who lets go of the link: everybody may. */
static void detach(struct xbpf_link *link)
{
	struct xbpf_prog *prog;

	mutex_lock(&link->lock);
	prog = detach_locked(link);
	mutex_unlock(&link->lock);
	if (prog)
		xbpf_prog_put(prog);
}

static void expire(struct work_struct *work)
{
	detach(container_of(to_delayed_work(work), struct xbpf_link, expiry));
}

void xbpf_link_expiry_init(struct xbpf_link *link)
{
	INIT_DELAYED_WORK(&link->expiry, expire);
}

void xbpf_link_expire(struct xbpf_link *link, u32 ms)
{
	const unsigned long delay = msecs_to_jiffies(ms);

	link->expires = jiffies + delay;
	queue_delayed_work(system_unbound_wq, &link->expiry, delay);
}

/* What creating it asked, for its present target. Under link->lock. */
static int may_change(const struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	return link->ops->may ? link->ops->may(link, cmd) : xbpf_rights_check(cmd, &link->ops->rights);
}

/* Nobody else knows the link, nor is its end set: the program is the one it was made with. */
static void link_named(struct xbpf_object *obj)
{
	const struct xbpf_link *link = xbpf_link_of_object(obj);

	xbpf_audit("ATTACH", link->prog->obj.id, obj->id);
}

/*
 * In the last put.  Who may still look: an event that is under way on another CPU.  detach()
 * unregisters and waits for it, so the memory can go at once.
 */
static void link_free(struct xbpf_object *obj)
{
	struct xbpf_link *link = xbpf_link_of_object(obj);

	cancel_delayed_work_sync(&link->expiry);
	detach(link);
	free_percpu(link->count);
	link->ops->free(link);
}

static const struct file_operations link_fops = {
	.owner = THIS_MODULE,
	.release = xbpf_object_release,
	.show_fdinfo = xbpf_object_show,
	.llseek = noop_llseek,
};

static XBPF_IDS(link_ids);

const struct xbpf_object_ops xbpf_link_object = {
	.noun = "link",
	.file_name = XBPF_NAME "-link",
	.fops = &link_fops,
	.ids = &link_ids,
	.next_id_cmd = BPF_LINK_GET_NEXT_ID,
	.fd_by_id_cmd = BPF_LINK_GET_FD_BY_ID,
	.no_id = "no link has id",
	.wrong_fd = -EBADF,
	.mode = O_RDWR,
	.has_pins = true,
	.end = XBPF_END_IN_PUT,
	.named = link_named,
	.free = link_free,
	.info = xbpf_link_info,
	.show = xbpf_link_show,
};

int xbpf_link_name_get(struct xbpf_cmd *cmd, const char *what, char name[XBPF_LINK_NAME])
{
	long n = strncpy_from_user(name, u64_to_user_ptr(cmd->attr->link_create.symbol), XBPF_LINK_NAME);

	if (n < 0)
		return xbpf_cmd_fail(cmd, n, "the %s's name cannot be read", what);
	if (!n || n == XBPF_LINK_NAME)
		return xbpf_cmd_fail(cmd, -EINVAL, "a %s's name has 1 to %u characters", what,
				     XBPF_LINK_NAME - 1);
	return 0;
}

/* Takes over the reference of @prog if it works. */
static long link_update(struct xbpf_link *link, struct xbpf_prog *prog,
			const struct xbpf_prog *expected, struct xbpf_cmd *cmd)
{
	struct xbpf_prog *old;
	long err;

	mutex_lock(&link->lock);
	old = link->prog;
	err = may_change(link, cmd);
	if (!err)
		err = xbpf_rights_lockdown(cmd, &link->ops->rights);
	if (!err)
		err = xbpf_rights_reads(cmd, prog->reader);
	if (err)
		goto unlock;
	if (!old)
		err = xbpf_cmd_fail(cmd, -ENOLINK, "LINK_UPDATE: link %u was detached",
				    link->obj.id);
	else if (expected && old != expected)
		err = xbpf_cmd_fail(cmd, -EPERM, "LINK_UPDATE: link %u runs program %u, not %u",
				    link->obj.id, old->obj.id, expected->obj.id);
	else if (prog->type != link->prog_type)
		err = xbpf_cmd_fail(cmd, -EINVAL,
				    "program %u is a %s program; this link wants a %s program",
				    prog->obj.id, xbpf_prog_type_name(prog->type),
				    xbpf_prog_type_name(link->prog_type));
	else if (link->ops->fits)
		err = link->ops->fits(link, prog, cmd);
	if (!err) {
		/* whoever reads it runs it: all that was written to the program comes first */
		smp_store_release(&link->prog, prog);
		xbpf_audit("UPDATE", prog->obj.id, link->obj.id);
	}
unlock:
	mutex_unlock(&link->lock);
	/* a run may be under way in the old one: its memory outlives a grace period from here */
	if (!err)
		xbpf_prog_put(old);
	return err;
}

static long prog_by_fd(u32 fd, const char *what, struct xbpf_cmd *cmd, struct xbpf_prog **prog)
{
	*prog = xbpf_prog_get_fd(fd);
	if (!IS_ERR(*prog))
		return 0;
	return xbpf_cmd_fail(cmd, PTR_ERR(*prog), "LINK_UPDATE: %s %u is no program of xbpf", what, fd);
}

long xbpf_link_update_cmd(struct xbpf_cmd *cmd)
{
	const u32 link_fd = cmd->attr->bpf.link_update.link_fd, flags = cmd->attr->bpf.link_update.flags;
	const u32 new_fd = cmd->attr->bpf.link_update.new_prog_fd,
		old_fd = cmd->attr->bpf.link_update.old_prog_fd;
	struct xbpf_prog *prog, *expected = NULL;
	struct xbpf_link *link;
	long err;

	if (flags & ~BPF_F_REPLACE)
		return xbpf_cmd_fail(cmd, -EINVAL, "LINK_UPDATE: flags 0x%x: only BPF_F_REPLACE is known", flags);
	if (!(flags & BPF_F_REPLACE) && old_fd)
		return xbpf_cmd_fail(cmd, -EINVAL, "LINK_UPDATE: old_prog_fd goes with BPF_F_REPLACE");
	link = xbpf_link_get_fd(link_fd);
	if (IS_ERR(link))
		return xbpf_cmd_fail(cmd, PTR_ERR(link), "LINK_UPDATE: link_fd %u is no link of xbpf", link_fd);
	err = prog_by_fd(new_fd, "new_prog_fd", cmd, &prog);
	if (err)
		goto put_link;
	if (flags & BPF_F_REPLACE) {
		err = prog_by_fd(old_fd, "old_prog_fd", cmd, &expected);
		if (err)
			goto put_prog;
	}
	err = link_update(link, prog, expected, cmd);
	if (!err)
		prog = NULL;	/* the link's now */
	if (expected)
		xbpf_prog_put(expected);
put_prog:
	if (prog)
		xbpf_prog_put(prog);
put_link:
	xbpf_link_put(link);
	return err;
}

long xbpf_link_detach_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_link *link = xbpf_link_get_fd(cmd->attr->bpf.link_detach.link_fd);
	struct xbpf_prog *prog = NULL;
	long err;

	if (IS_ERR(link))
		return xbpf_cmd_fail(cmd, PTR_ERR(link), "LINK_DETACH: link_fd %u is no link of xbpf",
				     cmd->attr->bpf.link_detach.link_fd);
	mutex_lock(&link->lock);
	err = may_change(link, cmd);
	if (!err)
		prog = detach_locked(link);
	mutex_unlock(&link->lock);
	if (prog)
		xbpf_prog_put(prog);
	xbpf_link_put(link);
	return err;
}
