/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device: from an ioctl to the command's function, and the words of the last error back.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cmd/cmd.h"
#include "cmd/name.h"
#include "dev/dev.h"
#include "cmd/rights.h"

/* One row per command. */
struct dev_row {
	u32 cmd;
	u32 end;		/* offset behind the last member of attr that the command knows */
	xbpf_cmd_fn fn;
	/* of the command; its function asks what type, hook or target add */
	const struct xbpf_rights *rights;
};

static const struct xbpf_rights bpf = { .what = "the command" };	/* CAP_BPF is all */
static const struct xbpf_rights admin = { .what = "finding objects by id", .cap = CAP_SYS_ADMIN };
static const struct xbpf_rights stats = { .what = "counting", .cap = CAP_SYS_ADMIN };

#define END(last)	offsetofend(union xbpf_attr, last)
#define COMMAND(NAME, stop, who, func)	\
	{ .cmd = BPF_##NAME, .end = (stop), .fn = (func), .rights = &(who) },
#define OWN_COMMAND(NAME, member, who, func) \
	{ .cmd = XBPF_##NAME, .end = END(member), .fn = (func), .rights = &(who) },

static const struct dev_row rows[] = {
#include "include/lists/commands.h"
};

/* The text of the last failed command of one thread. */
struct dev_error {
	pid_t pid;		/* 0: free; in the initial pid namespace */
	u32 cmd;
	s32 err;
	u64 used;		/* turn of dev_file.turn: the smallest is the oldest */
	char text[XBPF_REASON_SIZE];
};

#define DEV_ERRORS 8		/* threads per open file whose words are kept; more push out the oldest */

/* One ioctl; too large for the stack. */
struct dev_call {
	struct xbpf_cmd cmd;
	union xbpf_attr attr;
};

struct dev_file {
	struct mutex lock;	/* protects what follows */
	u64 turn;
	u32 kept;		/* errors that are not free; read without the lock by whose own error it is about */
	struct dev_error errors[DEV_ERRORS];
};

/* Under df->lock. */
static struct dev_error *error_find(struct dev_file *df, pid_t pid)
{
	int i;

	lockdep_assert_held(&df->lock);
	for (i = 0; i < DEV_ERRORS; i++)
		if (df->errors[i].pid == pid)
			return &df->errors[i];
	return NULL;
}

/*
 * Keeps the words of a failure of command @nr, or forgets those of an earlier one. Takes no memory.
 */
static void error_keep(struct dev_file *df, u32 nr, long ret, const char *reason)
{
	pid_t pid = task_pid_nr(current);
	bool failed = ret < 0 && reason[0];
	struct dev_error *e;
	int i;

	if (!failed && !READ_ONCE(df->kept))	/* if this thread had one, it would have counted it itself */
		return;
	mutex_lock(&df->lock);
	e = error_find(df, pid);
	if (!failed) {
		if (e) {
			e->pid = 0;
			WRITE_ONCE(df->kept, df->kept - 1);
		}
		goto out;
	}
	if (!e) {
		e = &df->errors[0];
		for (i = 1; i < DEV_ERRORS && e->pid; i++)
			if (!df->errors[i].pid || df->errors[i].used < e->used)
				e = &df->errors[i];
		if (!e->pid)
			WRITE_ONCE(df->kept, df->kept + 1);
	}
	e->pid = pid;
	e->cmd = nr;
	e->err = -ret;
	e->used = ++df->turn;
	strscpy(e->text, reason, sizeof(e->text));
out:
	mutex_unlock(&df->lock);
}

static long error_get(struct dev_file *df, struct xbpf_cmd *cmd)
{
	struct xbpf_get_error *ask = &cmd->attr->get_error;
	char __user *buf = u64_to_user_ptr(ask->buf);
	struct dev_error *e;
	char *text = NULL;
	u32 n;

	ask->len = 0;
	ask->err = 0;
	ask->cmd = 0;
	mutex_lock(&df->lock);
	e = error_find(df, task_pid_nr(current));
	if (e) {
		text = kstrdup(e->text, GFP_KERNEL);
		ask->len = strlen(e->text) + 1;
		ask->err = e->err;
		ask->cmd = e->cmd;
	}
	mutex_unlock(&df->lock);
	if (e && !text)
		return -ENOMEM;
	n = min(ask->len, ask->size);
	if (n && (copy_to_user(buf, text, n - 1) || put_user('\0', buf + n - 1))) {
		kfree(text);
		return -EFAULT;
	}
	kfree(text);
	return xbpf_cmd_put_bytes(cmd, 0, ask, sizeof(*ask));
}

/* Copies attr in: what the command does not know must be zero. */
static long attr_get(struct xbpf_cmd *cmd, u32 end)
{
	u32 known = max_t(u32, end, XBPF_ATTR_SIZE);
	u32 n = min_t(u32, cmd->size, known);
	int zero;

	if (cmd->size > known) {
		zero = check_zeroed_user(cmd->uattr + known, cmd->size - known);
		if (zero < 0)
			return zero;
		if (!zero)
			return xbpf_cmd_fail(cmd, -E2BIG,
					     "command %u: attr has non-zero bytes beyond the %u that xbpf knows",
					     cmd->cmd, known);
	}
	if (copy_from_user(cmd->attr->bytes, cmd->uattr, n))
		return -EFAULT;
	if (n < end)
		memset(cmd->attr->bytes + n, 0, end - n);
	if (n > end && memchr_inv(cmd->attr->bytes + end, 0, n - end))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "command %u: attr has non-zero bytes behind its last member (byte %u on)",
				     cmd->cmd, end);
	return 0;
}

static const struct dev_row *row_find(u32 cmd)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].cmd == cmd)
			return &rows[i];
	return NULL;
}

static long call_run(struct xbpf_cmd *cmd)
{
	const struct dev_row *row = row_find(cmd->cmd);
	long err;

	/* who may nothing does not learn which commands there are */
	err = xbpf_rights_check(cmd, row ? row->rights : &bpf);
	if (err)
		return err;
	if (!row)
		return xbpf_cmd_fail(cmd, -EINVAL, "xbpf has no command %u", cmd->cmd);
	err = attr_get(cmd, row->end);
	return err ? err : row->fn(cmd);
}

static const char no_memory[] = "the kernel has no memory for the command";

static long dev_ioctl(struct file *file, unsigned int nr, unsigned long arg)
{
	struct dev_file *df = file->private_data;
	struct dev_call *call;
	long ret;

	if (_IOC_TYPE(nr) != _IOC_TYPE(XBPF_IOC(0, 0)) || _IOC_DIR(nr) != _IOC_DIR(XBPF_IOC(0, 0)))
		return -ENOTTY;
	/* not zeroed: 2 KiB, most of which few commands look at */
	call = kmalloc(sizeof(*call), GFP_KERNEL);
	if (!call) {
		if (_IOC_NR(nr) != XBPF_GET_ERROR)
			error_keep(df, _IOC_NR(nr), -ENOMEM, no_memory);
		return -ENOMEM;
	}
	call->cmd.cmd = _IOC_NR(nr);
	call->cmd.size = _IOC_SIZE(nr);
	call->cmd.uattr = (void __user *)arg;
	call->cmd.attr = &call->attr;
	call->cmd.map_file = NULL;
	call->cmd.granted = NULL;
	xbpf_log_init(&call->cmd.log, 0, NULL, 0);

	if (call->cmd.cmd == XBPF_GET_ERROR) {
		/* even the thread that was refused for lack of rights may ask why */
		ret = attr_get(&call->cmd, sizeof(struct xbpf_get_error));
		if (!ret)
			ret = error_get(df, &call->cmd);
	} else {
		ret = call_run(&call->cmd);
		if (ret == -ENOMEM)
			xbpf_cmd_fail(&call->cmd, ret, "%s", no_memory);	/* for those who did not say of what */
		error_keep(df, call->cmd.cmd, ret, call->cmd.log.reason);
	}
	kfree(call);
	return ret;
}

static int dev_open(struct inode *inode, struct file *file)
{
	struct dev_file *df = kzalloc(sizeof(*df), GFP_KERNEL_ACCOUNT);

	if (!df)
		return -ENOMEM;
	mutex_init(&df->lock);
	file->private_data = df;
	return 0;
}

static int dev_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = XBPF_NAME,
	.fops = &dev_fops,
	.mode = 0600,
};

int xbpf_dev_init(void)
{
	return misc_register(&dev);
}

void xbpf_dev_exit(void)
{
	misc_deregister(&dev);
}
