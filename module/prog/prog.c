/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs as objects.  How one is made is in load.c.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "cmd/audit.h"
#include "cmd/name.h"
#include "core/prog_type.h"
#include "map/map.h"
#include "prog/prog.h"

static void prog_named(struct xbpf_object *obj)
{
	xbpf_audit("LOAD", obj->id, 0);
}

/*
 * Who may still have looked when the last reference was put: a CPU that read a slot or a link
 * before it was cleared, in a section with preemption off; the grace period has waited for it.
 */
static void prog_free(struct xbpf_object *obj)
{
	struct xbpf_prog *prog = xbpf_prog_of_object(obj);

	xbpf_audit("UNLOAD", obj->id, 0);
	prog->free(prog);
}

static void prog_show(struct xbpf_object *obj, struct seq_file *m)
{
	const struct xbpf_prog *prog = xbpf_prog_of_object(obj);

	seq_printf(m, "prog_type:\t%u\nprog_jited:\t%u\nprog_tag:\t%*phN\nmemlock:\t%zu\n"
		   "prog_id:\t%u\nverified_insns:\t%u\n",
		   prog->type, prog->jited, (int)sizeof(prog->tag), prog->tag,
		   sizeof(*prog) + prog->code.insn_cnt * sizeof(*prog->code.insns) + prog->jited_len,
		   obj->id, prog->code.processed);
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
	.release = xbpf_object_release,
	.show_fdinfo = xbpf_object_show,
	.read = prog_no_read,
	.write = prog_no_write,
	.llseek = noop_llseek,
};

static XBPF_IDS(prog_ids);

const struct xbpf_object_ops xbpf_prog_object = {
	.noun = "program",
	.file_name = XBPF_NAME "-prog",
	.fops = &prog_fops,
	.ids = &prog_ids,
	.next_id_cmd = BPF_PROG_GET_NEXT_ID,
	.fd_by_id_cmd = BPF_PROG_GET_FD_BY_ID,
	.no_id = "no program has id",
	.wrong_fd = -EBADF,
	.mode = O_RDWR,
	.has_pins = true,
	.end = XBPF_END_GRACE,
	.named = prog_named,
	.free = prog_free,
	.info = xbpf_prog_info,
	.show = prog_show,
};

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
		err = xbpf_cmd_fail(cmd, -E2BIG, "program %u has %u maps bound to it already",
				    prog->obj.id, prog->bound_cnt);
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
