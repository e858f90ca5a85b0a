/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs as objects: references, ids, fds.  How one is made is in load.c.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "core/prog_type.h"
#include "btf/btf.h"
#include "object/id.h"
#include "map/map.h"
#include "prog/prog.h"
#include "object/worker.h"

static XBPF_IDS(ids, "program");

static void free_work(struct work_struct *work)
{
	struct xbpf_prog *prog = container_of(work, struct xbpf_prog, free_work);

	prog->free(prog);
}

static void free_rcu_done(struct rcu_head *rcu)
{
	struct xbpf_prog *prog = container_of(rcu, struct xbpf_prog, rcu);

	INIT_WORK(&prog->free_work, free_work);
	queue_work(xbpf_workqueue, &prog->free_work);
}

void xbpf_prog_get(struct xbpf_prog *prog)
{
	WARN_ON_ONCE(atomic64_inc_return(&prog->refs) <= 1);
}

static bool get_live(void *obj)
{
	return atomic64_inc_not_zero(&((struct xbpf_prog *)obj)->refs);
}

/*
 * Who may still look when the count reaches 0: a CPU that read a slot or a link before it
 * was cleared, in a section with preemption off; the grace period waits for it.  Whoever finds the
 * program by id takes a reference under the lock of the ids, and fails when there is none left.
 */
void xbpf_prog_put(struct xbpf_prog *prog)
{
	if (!atomic64_dec_and_test(&prog->refs))
		return;
	xbpf_id_remove(&ids, prog->id);
	call_rcu(&prog->rcu, free_rcu_done);
}

static int prog_release(struct inode *inode, struct file *file)
{
	xbpf_prog_put(file->private_data);
	return 0;
}

static void prog_show_fdinfo(struct seq_file *m, struct file *file)
{
	const struct xbpf_prog *prog = file->private_data;

	seq_printf(m, "prog_type:\t%u\nprog_jited:\t%u\nprog_tag:\t%*phN\nprog_id:\t%u\n"
		   "verified_insns:\t%u\n",
		   prog->type, prog->jited, (int)sizeof(prog->tag), prog->tag, prog->id,
		   prog->code.processed);
}

static ssize_t prog_no_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	return -EINVAL;
}

static ssize_t prog_no_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	return -EINVAL;
}

/* read and write are there so that a program fd is open for both: FMODE_CAN_* */
static const struct file_operations prog_fops = {
	.owner = THIS_MODULE,
	.release = prog_release,
	.show_fdinfo = prog_show_fdinfo,
	.read = prog_no_read,
	.write = prog_no_write,
	.llseek = noop_llseek,
};

bool xbpf_prog_file(const struct file *file)
{
	return file->f_op == &prog_fops;
}

struct xbpf_prog *xbpf_prog_get_fd(u32 fd)
{
	struct xbpf_prog *prog = ERR_PTR(-EBADF);
	struct file *file = fget(fd);

	if (!file)
		return prog;
	if (xbpf_prog_file(file)) {
		prog = file->private_data;
		xbpf_prog_get(prog);
	}
	fput(file);
	return prog;
}

int xbpf_prog_new_fd(struct xbpf_prog *prog)
{
	int fd;

	xbpf_prog_get(prog);
	fd = anon_inode_getfd("xbpf-prog", &prog_fops, prog, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		xbpf_prog_put(prog);
	return fd;
}

int xbpf_prog_publish(struct xbpf_prog *prog)
{
	int fd = get_unused_fd_flags(O_CLOEXEC), err;
	struct file *file;

	if (fd < 0)
		return fd;
	err = xbpf_id_alloc(&ids, NULL, &prog->id);
	if (err)
		goto put_fd;
	file = anon_inode_getfile("xbpf-prog", &prog_fops, prog, O_RDWR | O_CLOEXEC);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto remove_id;
	}
	xbpf_prog_get(prog);	/* the file's */
	xbpf_id_publish(&ids, prog, prog->id);
	fd_install(fd, file);
	return fd;

remove_id:
	xbpf_id_remove(&ids, prog->id);
	prog->id = 0;
put_fd:
	put_unused_fd(fd);
	return err;
}

u64 xbpf_prog_types(void)
{
	const struct xbpf_prog_type_info *t;
	u64 types = 0;
	u32 i;

	for (i = 0; (t = xbpf_prog_type_at(i)); i++)
		types |= xbpf_prog_type_bit(t->type);
	return types;
}

/*
 * The program keeps a map that its code does not name (libbpf: .rodata with strings for user
 * space).
 */
long xbpf_prog_bind_map_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_prog *prog;
	struct xbpf_map *map;
	long err = 0;
	u32 i;

	if (cmd->attr->bpf.prog_bind_map.flags)
		return xbpf_cmd_fail(cmd, -EINVAL, "PROG_BIND_MAP: flags must be 0");
	prog = xbpf_prog_get_fd(cmd->attr->bpf.prog_bind_map.prog_fd);
	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog), "PROG_BIND_MAP: prog_fd %u is no program of xbpf",
				     cmd->attr->bpf.prog_bind_map.prog_fd);
	map = xbpf_map_get_fd(cmd->attr->bpf.prog_bind_map.map_fd);
	if (IS_ERR(map)) {
		xbpf_prog_put(prog);
		return xbpf_cmd_fail(cmd, PTR_ERR(map), "PROG_BIND_MAP: map_fd %u is no map of xbpf",
				     cmd->attr->bpf.prog_bind_map.map_fd);
	}

	mutex_lock(&prog->bind_lock);
	for (i = 0; i < prog->code.map_cnt; i++)
		if (xbpf_map_of(prog->code.maps[i]) == map)
			goto out;
	for (i = 0; i < prog->bound_cnt; i++)
		if (prog->bound[i] == map)
			goto out;
	if (prog->bound_cnt == ARRAY_SIZE(prog->bound)) {
		err = xbpf_cmd_fail(cmd, -E2BIG, "program %u has %u maps bound to it already", prog->id,
				    prog->bound_cnt);
		goto out;
	}
	prog->bound[prog->bound_cnt++] = map;
	map = NULL;
out:
	mutex_unlock(&prog->bind_lock);
	if (map)
		xbpf_map_put(map);
	xbpf_prog_put(prog);
	return err;
}

long xbpf_prog_next_id_cmd(struct xbpf_cmd *cmd)
{
	return xbpf_id_next_cmd(&ids, cmd);
}

long xbpf_prog_fd_by_id_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_prog *prog = xbpf_id_get(&ids, cmd->attr->bpf.prog_id, get_live);
	int fd;

	if (!prog)
		return xbpf_cmd_fail(cmd, -ENOENT, "no program has id %u", cmd->attr->bpf.prog_id);
	fd = xbpf_prog_new_fd(prog);
	xbpf_prog_put(prog);
	return fd;
}

int xbpf_prog_init(void)
{
	return 0;
}

void xbpf_prog_exit(void)
{
	xbpf_id_exit(&ids);
}
