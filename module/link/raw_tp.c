/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw tracepoints: the program gets the arguments that the kernel calls the tracepoint with.
 *
 * A tracepoint calls its probes with a prototype of its own.  By the calling convention of x86-64
 * every argument of up to eight bytes takes one register or one slot of the stack, so a function
 * for each number of arguments serves all.  They lie in per-CPU memory under the run guard, which
 * is cheaper than a stack frame that the compiler protects.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include "link/link.h"
#include "prog/prog.h"

#define LINK_TYPE_RAW_TRACEPOINT	1	/* BPF_LINK_TYPE_RAW_TRACEPOINT */

#define ARGS_MAX	XBPF_RAW_TRACEPOINT_ARGS	/* what the type's context has room for */

struct raw_tp {
	struct xbpf_link link;
	struct tracepoint *tp;
	struct module *owner;	/* of the tracepoint, one reference; NULL: the kernel */
	u32 args;
	u64 mask[ARGS_MAX];	/* the bits of each argument that mean something */
	char name[XBPF_LINK_NAME];
};

static struct raw_tp *raw_tp_of(const struct xbpf_link *link)
{
	return container_of((struct xbpf_link *)link, struct raw_tp, link);
}

static DEFINE_PER_CPU(u64, arguments[ARGS_MAX]);

/* Younger kernels call some tracepoints in preemptible context. */
static __always_inline bool hit_begin(struct raw_tp *rt, const struct xbpf_prog **prog)
{
	preempt_disable_notrace();
	if (likely(xbpf_link_begin(&rt->link, prog)))
		return true;
	preempt_enable_notrace();
	return false;
}

static __always_inline void hit_end(struct raw_tp *rt, const struct xbpf_prog *prog)
{
	xbpf_link_end(&rt->link, prog, this_cpu_ptr(arguments));
	preempt_enable_notrace();
}

#define GIVE(n)	raw_cpu_write(arguments[(n) - 1], a##n)

/* All of eight bytes and in registers. */
static void hit0(struct raw_tp *rt)
{
	const struct xbpf_prog *prog;

	if (hit_begin(rt, &prog))
		hit_end(rt, prog);
}

static void hit1(struct raw_tp *rt, u64 a1)
{
	const struct xbpf_prog *prog;

	if (!hit_begin(rt, &prog))
		return;
	GIVE(1);
	hit_end(rt, prog);
}

static void hit2(struct raw_tp *rt, u64 a1, u64 a2)
{
	const struct xbpf_prog *prog;

	if (!hit_begin(rt, &prog))
		return;
	GIVE(1);
	GIVE(2);
	hit_end(rt, prog);
}

static void hit3(struct raw_tp *rt, u64 a1, u64 a2, u64 a3)
{
	const struct xbpf_prog *prog;

	if (!hit_begin(rt, &prog))
		return;
	GIVE(1);
	GIVE(2);
	GIVE(3);
	hit_end(rt, prog);
}

/* Any others.  What lies on the stack behind the last argument is the caller's, and masked away. */
static void hit_any(struct raw_tp *rt, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, u64 a6, u64 a7,
		    u64 a8, u64 a9, u64 a10, u64 a11, u64 a12)
{
	const struct xbpf_prog *prog;
	u32 i;

	if (!hit_begin(rt, &prog))
		return;
	GIVE(1);
	GIVE(2);
	GIVE(3);
	GIVE(4);
	GIVE(5);
	if (rt->args > 5) {
		GIVE(6);
		GIVE(7);
		GIVE(8);
		GIVE(9);
		GIVE(10);
		GIVE(11);
		GIVE(12);
	}
	for (i = 0; i < rt->args; i++)
		this_cpu_ptr(arguments)[i] &= rt->mask[i];
	hit_end(rt, prog);
}

static void *probe_of(const struct raw_tp *rt)
{
	static void *const whole[] = { hit0, hit1, hit2, hit3 };
	u32 i;

	for (i = 0; i < rt->args; i++)
		if (~rt->mask[i])
			return hit_any;
	return rt->args < ARRAY_SIZE(whole) ? whole[rt->args] : hit_any;
}

static int sizes_read(struct raw_tp *rt, struct xbpf_cmd *cmd)
{
	const u8 *size = cmd->attr->link_create.arg_size;
	u32 i;

	for (i = 0; i < sizeof(cmd->attr->link_create.arg_size) && size[i]; i++) {
		if (i == ARGS_MAX)
			return xbpf_cmd_fail(cmd, -EINVAL, "arg_size: a tracepoint has at most %u arguments", ARGS_MAX);
		if (!is_power_of_2(size[i]) || size[i] > 8)
			return xbpf_cmd_fail(cmd, -EINVAL,
					     "arg_size: argument %u has %u bytes, a program's has 1, 2, 4 or 8", i + 1,
					     size[i]);
		rt->mask[i] = GENMASK_ULL(8 * size[i] - 1, 0);
	}
	rt->args = i;
	if (memchr_inv(size + i, 0, sizeof(cmd->attr->link_create.arg_size) - i))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "arg_size: argument %u has no size, but later ones have", i + 1);
	return 0;
}

static struct xbpf_link *raw_tp_alloc(struct xbpf_cmd *cmd)
{
	struct raw_tp *rt;
	int err;

	if (!cmd->attr->link_create.symbol)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "a raw tracepoint needs its name in symbol"));
	rt = kzalloc(sizeof(*rt), GFP_KERNEL_ACCOUNT);
	if (!rt)
		return ERR_PTR(-ENOMEM);
	err = sizes_read(rt, cmd);
	if (!err)
		err = xbpf_link_name_get(cmd, "tracepoint", rt->name);
	if (!err)
		return &rt->link;
	kfree(rt);
	return ERR_PTR(err);
}

static void raw_tp_free(struct xbpf_link *link)
{
	kfree(raw_tp_of(link));
}

static void find_kernel(struct tracepoint *tp, void *to)
{
	struct raw_tp *rt = to;

	if (!rt->tp && !strcmp(tp->name, rt->name))
		rt->tp = tp;
}

#ifdef CONFIG_MODULES
/* The notifier tells of the modules that have tracepoints, also of those that are there already. */
struct module_search {
	struct notifier_block nb;
	struct raw_tp *rt;
};

static int search_module(struct notifier_block *nb, unsigned long action, void *data)
{
	struct raw_tp *rt = container_of(nb, struct module_search, nb)->rt;
	const struct tp_module *tpm = data;
	struct module *mod = tpm->mod;
	unsigned int i;

	if (action != MODULE_STATE_COMING || rt->tp)
		return NOTIFY_OK;
	for (i = 0; i < mod->num_tracepoints; i++) {
		struct tracepoint *tp = tracepoint_ptr_deref(&mod->tracepoints_ptrs[i]);

		if (strcmp(tp->name, rt->name) || !try_module_get(mod))
			continue;
		rt->tp = tp;
		rt->owner = mod;
		break;
	}
	return NOTIFY_OK;
}

static int find_in_modules(struct raw_tp *rt)
{
	struct module_search search = { .nb.notifier_call = search_module, .rt = rt };
	int err = register_tracepoint_module_notifier(&search.nb);

	if (!err)
		unregister_tracepoint_module_notifier(&search.nb);
	return err;
}
#else
static int find_in_modules(struct raw_tp *rt)
{
	return 0;
}
#endif

static int find(struct raw_tp *rt, struct xbpf_cmd *cmd)
{
	int err = 0;

	for_each_kernel_tracepoint(find_kernel, rt);
	if (!rt->tp)
		err = find_in_modules(rt);
	if (err)
		return err;
	if (!rt->tp)
		return xbpf_cmd_fail(cmd, -ENOENT,
				     "%s: the kernel has no such tracepoint (/sys/kernel/tracing/available_events has most)",
				     rt->name);
	if (rt->owner == THIS_MODULE)
		return xbpf_cmd_fail(cmd, -EINVAL, "%s is part of xbpf itself and may not be traced", rt->name);
	return 0;
}

static int raw_tp_fits(const struct xbpf_link *link, const struct xbpf_prog *prog,
		       struct xbpf_cmd *cmd)
{
	const struct raw_tp *rt = raw_tp_of(link);
	u32 reads = DIV_ROUND_UP(prog->code.ctx_used, 8);

	if (reads <= rt->args)
		return 0;
	if (!rt->args)
		return xbpf_cmd_fail(cmd, -EACCES,
				     "%s: program %u reads argument %u; arg_size must say how many there are",
				     rt->name, prog->obj.id, reads);
	return xbpf_cmd_fail(cmd, -EACCES,
			     "%s: program %u reads argument %u, the tracepoint has %u", rt->name,
			     prog->obj.id, reads, rt->args);
}

static int raw_tp_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct raw_tp *rt = raw_tp_of(link);
	int err;

	err = find(rt, cmd);
	if (!err)
		err = raw_tp_fits(link, link->prog, cmd);
	if (!err) {
		err = tracepoint_probe_register(rt->tp, probe_of(rt), rt);
		if (!err)
			return 0;
		err = xbpf_cmd_fail(cmd, err, "%s: the kernel refuses the probe with errno %d", rt->name, -err);
	}
	module_put(rt->owner);
	rt->owner = NULL;
	return err;
}

static void raw_tp_detach(struct xbpf_link *link)
{
	struct raw_tp *rt = raw_tp_of(link);

	tracepoint_probe_unregister(rt->tp, probe_of(rt), rt);
	tracepoint_synchronize_unregister();
	module_put(rt->owner);
	rt->owner = NULL;
}

static void raw_tp_info(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
			char *name, u32 size)
{
	info->type = LINK_TYPE_RAW_TRACEPOINT;
	strscpy(name, raw_tp_of(link)->name, size);
}

const struct xbpf_link_ops xbpf_link_raw_tp_ops = {
	.rights = { .what = "a raw tracepoint", .cap = CAP_PERFMON, .lockdown = LOCKDOWN_TRACEFS },
	.uses = XBPF_LINK_SYMBOL | XBPF_LINK_ARGS,
	.alloc = raw_tp_alloc,
	.free = raw_tp_free,
	.attach = raw_tp_attach,
	.detach = raw_tp_detach,
	.fits = raw_tp_fits,
	.info = raw_tp_info,
};
