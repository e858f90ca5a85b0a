/* SPDX-License-Identifier: GPL-2.0 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "id.h"
#include "info.h"
#include "link.h"
#include "prog.h"
#include "run.h"

static XBPF_IDS(ids, "link");

static const struct xbpf_link_ops *const kinds[] = {
	&xbpf_link_kprobe_ops,
	&xbpf_link_kretprobe_ops,
};

/* The link that the program on this CPU runs for; under the run guard. */
static DEFINE_PER_CPU(struct xbpf_link *, running);

u64 xbpf_link_run(struct xbpf_link *link, void *ctx)
{
	u64 ret;

	if (!xbpf_run_enter()) {
		this_cpu_inc(link->count->missed);
		return 0;
	}
	/* preemption off is a read section already; this one is for lockdep's eyes */
	rcu_read_lock();
	__this_cpu_write(running, link);
	ret = xbpf_prog_run(link->prog, ctx);
	__this_cpu_write(running, NULL);
	rcu_read_unlock();
	this_cpu_inc(link->count->run);
	xbpf_run_exit();
	return ret;
}
NOKPROBE_SYMBOL(xbpf_link_run);

u64 xbpf_link_cookie(void)
{
	const struct xbpf_link *link = __this_cpu_read(running);

	return link ? link->cookie : 0;
}

static struct xbpf_link_count count_sum(const struct xbpf_link *link)
{
	struct xbpf_link_count sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct xbpf_link_count *one = per_cpu_ptr(link->count, cpu);

		sum.run += READ_ONCE(one->run);
		sum.missed += READ_ONCE(one->missed);
	}
	return sum;
}

/* Idempotent; when it returns no run of the link is under way. */
static void detach(struct xbpf_link *link)
{
	struct xbpf_prog *prog;

	mutex_lock(&link->lock);
	prog = link->prog;
	if (prog) {
		link->ops->detach(link);
		link->prog = NULL;
	}
	mutex_unlock(&link->lock);
	if (prog)
		xbpf_prog_put(prog);
}

void xbpf_link_get(struct xbpf_link *link)
{
	WARN_ON_ONCE(atomic64_inc_return(&link->refs) <= 1);
}

static bool get_live(void *obj)
{
	return atomic64_inc_not_zero(&((struct xbpf_link *)obj)->refs);
}

static void link_free(struct xbpf_link *link)
{
	free_percpu(link->count);
	link->ops->free(link);
}

/*
 * Who may still look when the count reaches 0: an event that is under way on another CPU.  detach() unregisters and
 * waits for it, so the memory can go at once.
 */
void xbpf_link_put(struct xbpf_link *link)
{
	if (!atomic64_dec_and_test(&link->refs))
		return;
	might_sleep();
	xbpf_id_remove(&ids, link->id);
	detach(link);
	link_free(link);
}

static int link_release(struct inode *inode, struct file *file)
{
	xbpf_link_put(file->private_data);
	return 0;
}

static void link_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct xbpf_link *link = file->private_data;
	struct xbpf_link_count sum = count_sum(link);

	mutex_lock(&link->lock);
	seq_printf(m, "link_type:\tperf\nlink_id:\t%u\n", link->id);
	if (link->prog)
		seq_printf(m, "prog_tag:\t%*phN\nprog_id:\t%u\n", (int)sizeof(link->prog->tag), link->prog->tag,
			   link->prog->id);
	mutex_unlock(&link->lock);
	seq_printf(m, "run_cnt:\t%llu\nmissed:\t%llu\n", sum.run, sum.missed + link->ops->missed(link));
}

static const struct file_operations link_fops = {
	.owner = THIS_MODULE,
	.release = link_release,
	.show_fdinfo = link_show_fdinfo,
	.llseek = noop_llseek,
};

bool xbpf_link_file(const struct file *file)
{
	return file->f_op == &link_fops;
}

struct xbpf_link *xbpf_link_get_fd(u32 fd)
{
	struct xbpf_link *link = ERR_PTR(-EBADF);
	struct file *file = fget(fd);

	if (!file)
		return link;
	if (xbpf_link_file(file)) {
		link = file->private_data;
		xbpf_link_get(link);
	}
	fput(file);
	return link;
}

int xbpf_link_new_fd(struct xbpf_link *link)
{
	int fd;

	xbpf_link_get(link);
	fd = anon_inode_getfd("xbpf-link", &link_fops, link, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		xbpf_link_put(link);
	return fd;
}

static const struct xbpf_link_ops *kind_find(u32 type)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i]->type == type)
			return kinds[i];
	return NULL;
}

/* A link that is attached and has one reference and an id; takes over the reference of @prog, on failure too. */
static struct xbpf_link *link_make(const struct xbpf_link_ops *ops, struct xbpf_prog *prog, struct xbpf_cmd *cmd)
{
	struct xbpf_link *link = ops->alloc(cmd);
	int err;

	if (IS_ERR(link)) {
		xbpf_prog_put(prog);
		return link;
	}
	link->ops = ops;
	link->prog = prog;
	link->cookie = cmd->attr->link_create.cookie;
	atomic64_set(&link->refs, 1);
	mutex_init(&link->lock);
	link->count = alloc_percpu(struct xbpf_link_count);
	err = link->count ? ops->attach(link, cmd) : -ENOMEM;
	if (err) {
		xbpf_prog_put(prog);
		link_free(link);
		return ERR_PTR(err);
	}
	err = xbpf_id_alloc(&ids, link, &link->id);
	if (err) {
		xbpf_link_put(link);
		return ERR_PTR(err);
	}
	return link;
}

long xbpf_link_create_cmd(struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	const struct xbpf_link_ops *ops = kind_find(attr->type);
	struct xbpf_prog *prog;
	struct xbpf_link *link;
	int fd;

	if (!ops)
		return xbpf_cmd_fail(cmd, -EINVAL, "xbpf has no link type 0x%x", attr->type);
	if (attr->flags || attr->reserved)
		return xbpf_cmd_fail(cmd, -EINVAL, "LINK_CREATE: flags and reserved must be 0");
	prog = xbpf_prog_get_fd(attr->prog_fd);
	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog), "LINK_CREATE: prog_fd %u is no program of xbpf",
				     attr->prog_fd);
	if (prog->type != ops->prog_type) {
		xbpf_cmd_fail(cmd, -EINVAL, "program %u is a %s program; this link wants a %s program", prog->id,
			      xbpf_prog_type_name(prog->type), xbpf_prog_type_name(ops->prog_type));
		xbpf_prog_put(prog);
		return -EINVAL;
	}
	link = link_make(ops, prog, cmd);
	if (IS_ERR(link))
		return PTR_ERR(link);
	fd = xbpf_link_new_fd(link);
	xbpf_link_put(link);
	return fd;
}

long xbpf_link_detach_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_link *link = xbpf_link_get_fd(cmd->attr->bpf.link_detach.link_fd);

	if (IS_ERR(link))
		return xbpf_cmd_fail(cmd, PTR_ERR(link), "LINK_DETACH: link_fd %u is no link of xbpf",
				     cmd->attr->bpf.link_detach.link_fd);
	detach(link);
	xbpf_link_put(link);
	return 0;
}

long xbpf_link_next_id_cmd(struct xbpf_cmd *cmd)
{
	return xbpf_id_next_cmd(&ids, cmd);
}

long xbpf_link_fd_by_id_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_link *link = xbpf_id_get(&ids, cmd->attr->bpf.link_id, get_live);
	int fd;

	if (!link)
		return xbpf_cmd_fail(cmd, -ENOENT, "no link has id %u", cmd->attr->bpf.link_id);
	fd = xbpf_link_new_fd(link);
	xbpf_link_put(link);
	return fd;
}

/* The name goes to a buffer of the user's; one that is too small gets what fits, and -ENOSPC as stock. */
static long name_put(const char *name, u64 buf, u32 room, u32 *len)
{
	char __user *to = u64_to_user_ptr(buf);
	u32 n = strlen(name) + 1;

	*len = n;
	if (!buf || !room)
		return 0;
	if (copy_to_user(to, name, min(n, room)) || (n > room && put_user('\0', to + room - 1)))
		return -EFAULT;
	return n > room ? -ENOSPC : 0;
}

long xbpf_link_info_cmd(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct xbpf_link_count sum = count_sum(link);
	struct xbpf_link_info info, ask;
	char name[128] = "";
	long err, name_err;

	err = xbpf_info_get(cmd, &ask, sizeof(ask));
	if (err)
		return err;
	if (!ask.func_name != !ask.name_len)
		return xbpf_cmd_fail(cmd, -EINVAL, "link info: func_name and name_len must be given together");
	memset(&info, 0, sizeof(info));
	info.id = link->id;
	info.cookie = link->cookie;
	info.run_cnt = sum.run;
	info.missed = sum.missed + link->ops->missed(link);
	mutex_lock(&link->lock);
	info.prog_id = link->prog ? link->prog->id : 0;
	link->ops->info(link, link->prog, &info, name, sizeof(name));
	mutex_unlock(&link->lock);
	info.func_name = ask.func_name;
	name_err = name_put(name, ask.func_name, ask.name_len, &info.name_len);
	err = xbpf_info_put(cmd, &info, sizeof(info));
	return name_err ? name_err : err;
}

int xbpf_link_init(void)
{
	return 0;
}

void xbpf_link_exit(void)
{
	xbpf_id_exit(&ids);
}
