/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LINK_CREATE: the list of hooks, and the checks of what is asked for before one is made.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dev/link_create.h"
#include "filter/filter.h"
#include "link/link.h"
#include "net/netdev.h"
#include "prog/prog.h"
#include "cmd/rights.h"

struct kind {
	u32 type;
	u32 prog_type;
	const struct xbpf_link_ops *ops;
};

static const struct kind kinds[] = {
#define ROW(word, NUMBER, ops, PROG_TYPE, FORM) \
	{ XBPF_LINK_##NUMBER, PROG_TYPE, &xbpf_link_##ops##_ops },
	XBPF_HOOKS(ROW)
#undef ROW
};

static const struct kind *kind_find(u32 type)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* What the kind does not use is not given. */
static int create_check(const struct kind *kind, struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	const struct {
		u32 use;
		bool given;
		const char *name;
	} members[] = {
		{ XBPF_LINK_SYMBOL, attr->symbol, "symbol" },
		{ XBPF_LINK_ADDR, attr->addr, "addr" },
		{ XBPF_LINK_OFFSET, attr->offset, "offset" },
		{ XBPF_LINK_TARGET, attr->target, "target" },
		{ XBPF_LINK_PRIORITY, attr->priority, "priority" },
		{ XBPF_LINK_LIST, attr->symbols || attr->cookies, "symbols, cookies" },
		{ XBPF_LINK_LIST | XBPF_LINK_COUNT, attr->count, "count" },
		{ XBPF_LINK_ARGS, memchr_inv(attr->arg_size, 0, sizeof(attr->arg_size)), "arg_size" },
	};
	int i;

	if (attr->flags || attr->reserved)
		return xbpf_cmd_fail(cmd, -EINVAL, "LINK_CREATE: flags and reserved must be 0");
	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (members[i].given && !(kind->ops->uses & members[i].use))
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "LINK_CREATE: link type 0x%x has no use for %s, "
					     "which must be 0",
					     kind->type, members[i].name);
	return 0;
}

/*
 * A link that is attached and has one reference; takes over the reference of @prog, on
 * failure too.
 */
static struct xbpf_link *link_make(const struct kind *kind, struct xbpf_prog *prog,
				   struct xbpf_cmd *cmd)
{
	const struct xbpf_link_ops *ops = kind->ops;
	struct xbpf_link *link = ops->alloc(cmd);
	int err;

	if (IS_ERR(link)) {
		xbpf_prog_put(prog);
		return link;
	}
	link->ops = ops;
	link->type = kind->type;
	link->prog_type = kind->prog_type;
	link->prog = prog;
	link->cookie = cmd->attr->link_create.cookie;
	xbpf_object_init(&link->obj, &xbpf_link_object);
	mutex_init(&link->lock);
	xbpf_link_expiry_init(link);
	link->count = alloc_percpu(struct xbpf_link_count);
	err = link->count ? ops->attach(link, cmd) : -ENOMEM;
	if (!err && WARN_ON_ONCE(cmd->granted != &ops->rights)) {
		ops->detach(link);
		err = xbpf_cmd_fail(cmd, -EPERM,
				    "LINK_CREATE: link type 0x%x did not ask for its rights",
				    kind->type);
	}
	if (err) {
		/* a hook of many places may have had some of them */
		xbpf_link_settle(link);
		xbpf_prog_put(prog);
		free_percpu(link->count);
		link->ops->free(link);
		return ERR_PTR(err);
	}
	return link;
}

long xbpf_link_create_cmd(struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	const struct kind *kind = kind_find(attr->type);
	struct xbpf_prog *prog;
	struct xbpf_link *link;
	int fd, err;

	if (!kind)
		return xbpf_cmd_fail(cmd, -EINVAL, "xbpf has no link type 0x%x", attr->type);
	if (kind->ops->rights.whose == XBPF_WHOSE_INIT) {
		err = xbpf_rights_check(cmd, &kind->ops->rights);
		if (err)
			return err;
	}
	err = xbpf_rights_lockdown(cmd, &kind->ops->rights);
	if (err)
		return err;
	err = create_check(kind, cmd);
	if (err)
		return err;
	prog = xbpf_prog_get_fd(attr->prog_fd);
	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog), "LINK_CREATE: prog_fd %u is no program of xbpf",
				     attr->prog_fd);
	if (prog->type != kind->prog_type) {
		xbpf_cmd_fail(cmd, -EINVAL, "program %u is a %s program; this link wants a %s program",
			      prog->obj.id, xbpf_prog_type_name(prog->type),
			      xbpf_prog_type_name(kind->prog_type));
		xbpf_prog_put(prog);
		return -EINVAL;
	}
	err = xbpf_rights_reads(cmd, prog->reader);
	if (err) {
		xbpf_prog_put(prog);
		return err;
	}
	link = link_make(kind, prog, cmd);
	if (IS_ERR(link))
		return PTR_ERR(link);
	fd = xbpf_object_publish(cmd, &link->obj, xbpf_link_object.mode);
	if (fd >= 0 && attr->expire_ms)
		xbpf_link_expire(link, attr->expire_ms);
	xbpf_link_put(link);	/* the fd has its own; without one, this detaches */
	return fd;
}

int xbpf_link_init(void)
{
	int err = xbpf_tracepoint_init();

	if (err)
		return err;
	err = xbpf_netdev_init();
	if (err)
		xbpf_tracepoint_exit();
	return err;
}

void xbpf_link_exit(void)
{
	xbpf_netdev_exit();
	xbpf_tracepoint_exit();
}
