/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One program at the entries of many functions, or at their returns.
 *
 * Entries: one ftrace_ops with all the functions in its filter, which the kernel patches in one
 * go.  Returns: the kernels that we serve export nothing that is as quick, so each function gets a
 * kretprobe.
 */
#include <linux/bsearch.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "cmd/yield.h"
#include "cmd/cmd.h"
#include "link/link.h"
#include "link/symbol.h"

#define LINK_TYPE_KPROBE_MULTI	8	/* BPF_LINK_TYPE_KPROBE_MULTI */
#define FLAG_RETURN		1	/* BPF_F_KPROBE_MULTI_RETURN */

#define FUNCTIONS_MAX	(1u << 16)
#define BATCH		64u		/* names that are looked up between two grace periods */

/* Where ftrace sits, seen from the function's first byte: behind ENDBR at most. */
#define FENTRY_MAX	4ul

struct function {
	unsigned long addr;	/* as kallsyms has it */
	u64 cookie;
};

struct multi;

struct ret_probe {
	struct kretprobe krp;
	struct multi *multi;
	unsigned long addr;
};

struct multi {
	struct xbpf_link link;
	struct function *fn;	/* sorted by address; constant while attached */
	u32 count;
	bool cookies;		/* each has its own */
	unsigned long *ips;	/* for ftrace; only while it attaches */
	struct ftrace_ops ops;
	struct ret_probe *ret;	/* [count], at returns only */
	u32 armed;		/* how many of them are registered */
	u64 missed;		/* of those that no longer are */
};

static struct multi *multi_of(const struct xbpf_link *link)
{
	return container_of((struct xbpf_link *)link, struct multi, link);
}

static bool at_returns(const struct multi *m)
{
	return m->link.type == XBPF_LINK_KRETPROBE_MULTI;
}

/*
 * --- events ------------------------------------------------------------------------------------
 */

static void notrace entry_hit(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *fregs)
{
	struct multi *m = container_of(ops, struct multi, ops);
	struct pt_regs *regs = ftrace_get_regs(fregs);

	preempt_disable_notrace();
	if (likely(regs)) {
		xbpf_link_run_at(&m->link, regs, regs, ip);
	} else {
		raw_cpu_inc(m->link.count->other);
		xbpf_link_miss(&m->link);
	}
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(entry_hit);

static int return_hit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *krp = get_kretprobe(ri);
	struct ret_probe *rp;

	/* NULL: unregistered meanwhile */
	if (!krp)
		return 0;
	rp = container_of(krp, struct ret_probe, krp);
	xbpf_link_run_at(&rp->multi->link, regs, regs, rp->addr);
	return 0;
}
NOKPROBE_SYMBOL(return_hit);

/* The function that @ip, at or just behind its first byte, belongs to; NULL: none of ours. */
static const struct function *function_at(const struct multi *m, unsigned long ip)
{
	u32 lo = 0, hi = m->count, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (m->fn[mid].addr <= ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && ip - m->fn[lo - 1].addr <= FENTRY_MAX ? &m->fn[lo - 1] : NULL;
}

static u64 multi_cookie(const struct xbpf_link *link, unsigned long ip)
{
	const struct multi *m = multi_of(link);
	const struct function *fn = m->cookies ? function_at(m, ip) : NULL;

	return fn ? fn->cookie : link->cookie;
}

static unsigned long multi_entry(const struct xbpf_link *link, unsigned long ip)
{
	const struct function *fn = function_at(multi_of(link), ip);

	return fn ? fn->addr : ip;
}

/*
 * --- which functions ---------------------------------------------------------------------------
 */

/* The errno of a probe's registration, in words. */
static int refuse(struct xbpf_cmd *cmd, const char *name, int err)
{
	switch (err) {
	case -ENOENT:
		return xbpf_cmd_fail(cmd, err, "%s: the kernel has no such function (see /proc/kallsyms)", name);
	case -ENOMEM:
		return xbpf_cmd_fail(cmd, err, "%s: no memory for a probe", name);
	}
	return xbpf_cmd_fail(cmd, -EINVAL,
			     "%s may not be probed: blacklisted by the kernel, or not the entry "
			     "of a function",
			     name);
}

static int name_read(struct xbpf_cmd *cmd, u32 i, char name[XBPF_LINK_NAME])
{
	const u64 __user *symbols = u64_to_user_ptr(cmd->attr->link_create.symbols);
	u64 at;
	long n;

	if (get_user(at, symbols + i))
		return xbpf_cmd_fail(cmd, -EFAULT, "symbols cannot be read at index %u", i);
	n = strncpy_from_user(name, u64_to_user_ptr(at), XBPF_LINK_NAME);
	if (n < 0)
		return xbpf_cmd_fail(cmd, n, "symbols[%u]: the name cannot be read", i);
	if (!n || n == XBPF_LINK_NAME)
		return xbpf_cmd_fail(cmd, -EINVAL, "symbols[%u]: a symbol's name has 1 to %u characters", i,
				     XBPF_LINK_NAME - 1);
	return 0;
}

struct lookup {
	struct kprobe kp;
	char name[XBPF_LINK_NAME];
};

/*
 * A probe that is registered but not armed knows its address: no other way to look a name up is
 * open to modules.
 */
static int batch_find(struct multi *m, struct xbpf_cmd *cmd, u32 from, u32 n, struct lookup *look,
		      struct kprobe **kps)
{
	u32 i;
	int err = 0;

	memset(look, 0, n * sizeof(*look));
	for (i = 0; i < n && !err; i++) {
		err = name_read(cmd, from + i, look[i].name);
		if (err)
			break;
		look[i].kp.symbol_name = look[i].name;
		look[i].kp.flags = KPROBE_FLAG_DISABLED;
		kps[i] = &look[i].kp;
		err = register_kprobe(&look[i].kp);
		if (err) {
			err = refuse(cmd, look[i].name, err);
			break;
		}
		m->fn[from + i].addr = xbpf_symbol_entry((unsigned long)look[i].kp.addr);
		if (!m->fn[from + i].addr) {
			err = refuse(cmd, look[i].name, -EINVAL);
			i++;
			break;
		}
	}
	unregister_kprobes(kps, i);
	return err;
}

static int names_find(struct multi *m, struct xbpf_cmd *cmd)
{
	struct lookup *look = kvmalloc_array(BATCH, sizeof(*look), GFP_KERNEL);
	struct kprobe *kps[BATCH];
	u32 from, n;
	int err = look ? 0 : -ENOMEM;

	for (from = 0; from < m->count && !err; from += n) {
		n = min(m->count - from, BATCH);
		err = fatal_signal_pending(current) ? -EINTR : batch_find(m, cmd, from, n, look, kps);
	}
	kvfree(look);
	return err;
}

static int addresses_read(struct multi *m, struct xbpf_cmd *cmd)
{
	const u64 __user *addrs = u64_to_user_ptr(cmd->attr->link_create.addr);
	u64 addr;
	u32 i;

	for (i = 0; i < m->count; i++) {
		if (get_user(addr, addrs + i))
			return xbpf_cmd_fail(cmd, -EFAULT, "addr cannot be read at index %u", i);
		m->fn[i].addr = addr;
	}
	return 0;
}

static int cookies_read(struct multi *m, struct xbpf_cmd *cmd)
{
	const u64 __user *cookies = u64_to_user_ptr(cmd->attr->link_create.cookies);
	u32 i;

	if (!cookies)
		return 0;
	if (cmd->attr->link_create.cookie)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "cookie and cookies: each function has one, so give one of the two");
	for (i = 0; i < m->count; i++)
		if (get_user(m->fn[i].cookie, cookies + i))
			return xbpf_cmd_fail(cmd, -EFAULT, "cookies cannot be read at index %u", i);
	m->cookies = true;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int functions_check(struct multi *m, struct xbpf_cmd *cmd)
{
	u32 i;

	sort(m->fn, m->count, sizeof(*m->fn), by_address, NULL);
	for (i = 0; i < m->count; i++) {
		if (within_module(m->fn[i].addr, THIS_MODULE))
			return xbpf_cmd_fail(cmd, -EINVAL, "%pS is part of xbpf itself and may not be probed",
					     (void *)m->fn[i].addr);
		if (i && m->fn[i].addr == m->fn[i - 1].addr)
			return xbpf_cmd_fail(cmd, -EINVAL, "%ps is in the list twice", (void *)m->fn[i].addr);
	}
	return 0;
}

static void multi_free(struct xbpf_link *link)
{
	struct multi *m = multi_of(link);

	kvfree(m->ips);
	kvfree(m->ret);
	kvfree(m->fn);
	kfree(m);
}

static struct xbpf_link *multi_alloc(struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	struct multi *m;
	int err;

	if (!attr->symbols == !attr->addr)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "many functions need symbols or addr, one of them"));
	if (!attr->count || attr->count > FUNCTIONS_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "count %u: 1 to %u functions can be given", attr->count,
					     FUNCTIONS_MAX));
	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->count = attr->count;
	m->fn = kvcalloc(m->count, sizeof(*m->fn), GFP_KERNEL_ACCOUNT);
	err = m->fn ? cookies_read(m, cmd) : -ENOMEM;
	if (!err)
		err = attr->symbols ? names_find(m, cmd) : addresses_read(m, cmd);
	if (!err)
		err = functions_check(m, cmd);
	if (!err)
		return &m->link;
	multi_free(&m->link);
	return ERR_PTR(err);
}

/*
 * --- entries -----------------------------------------------------------------------------------
 */

/*
 * ftrace does not say which address it dislikes: the longest list of the first ones that it takes
 * ends before.
 */
static int refuse_entry(struct multi *m, struct xbpf_cmd *cmd, int err)
{
	u32 good = 0, bad = m->count, mid;

	if (err != -EINVAL && err != -ENOENT)
		return xbpf_cmd_fail(cmd, err,
				     "%u functions: the kernel refuses to trace them with errno %d",
				     m->count, -err);
	while (bad - good > 1) {
		mid = good + (bad - good) / 2;
		if (ftrace_set_filter_ips(&m->ops, m->ips, mid, 0, 1))
			bad = mid;
		else
			good = mid;
	}
	return xbpf_cmd_fail(cmd, -EINVAL,
			     "%pS may not be probed: it is not the entry of a function that ftrace "
			     "knows (tracefs' available_filter_functions lists them)",
			     (void *)m->fn[good].addr);
}

static int entry_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct multi *m = multi_of(link);
	u32 i;
	int err;

	m->ips = kvmalloc_array(m->count, sizeof(*m->ips), GFP_KERNEL);
	if (!m->ips)
		return -ENOMEM;
	for (i = 0; i < m->count; i++)
		m->ips[i] = m->fn[i].addr;
	m->ops.func = entry_hit;
	m->ops.flags = FTRACE_OPS_FL_SAVE_REGS;
	err = ftrace_set_filter_ips(&m->ops, m->ips, m->count, 0, 1);
	if (err)
		err = refuse_entry(m, cmd, err);
	if (!err) {
		err = register_ftrace_function(&m->ops);
		if (err)
			err = xbpf_cmd_fail(cmd, err, "%u functions: the kernel refuses to trace them with errno %d",
					    m->count, -err);
	}
	kvfree(m->ips);
	m->ips = NULL;
	if (err)
		ftrace_free_filter(&m->ops);
	return err;
}

/* Waits for handlers under way: the kernel does so for ops that are not its own. */
static void entry_detach(struct xbpf_link *link)
{
	struct multi *m = multi_of(link);

	WARN_ON_ONCE(unregister_ftrace_function(&m->ops));
	ftrace_free_filter(&m->ops);
}

/*
 * --- returns -----------------------------------------------------------------------------------
 */

static void returns_drop(struct multi *m)
{
	struct kretprobe *krps[BATCH];
	u32 i, n = 0;

	for (i = 0; i < m->armed; i++) {
		/* see probe_disarm() in link/kprobe.c */
		while (disable_kretprobe(&m->ret[i].krp) == -ENOMEM)
			msleep(XBPF_RETRY_MS);
		krps[n++] = &m->ret[i].krp;
		if (n == BATCH || i == m->armed - 1) {
			unregister_kretprobes(krps, n);
			n = 0;
		}
	}
	for (i = 0; i < m->armed; i++)
		m->missed += (u64)m->ret[i].krp.nmissed + m->ret[i].krp.kp.nmissed;
	m->armed = 0;
}

static int return_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct multi *m = multi_of(link);
	char name[XBPF_LINK_NAME];
	u32 i;
	int err = 0;

	m->ret = kvcalloc(m->count, sizeof(*m->ret), GFP_KERNEL_ACCOUNT);
	if (!m->ret)
		return -ENOMEM;
	for (i = 0; i < m->count && !err; i++) {
		struct ret_probe *rp = &m->ret[i];

		rp->multi = m;
		rp->addr = m->fn[i].addr;
		rp->krp.kp.addr = (kprobe_opcode_t *)m->fn[i].addr;
		rp->krp.handler = return_hit;
		err = fatal_signal_pending(current) ? -EINTR : register_kretprobe(&rp->krp);
		if (!err) {
			m->armed++;
		} else if (err != -EINTR) {
			snprintf(name, sizeof(name), "%ps", (void *)m->fn[i].addr);
			err = refuse(cmd, name, err);
		}
	}
	if (err)
		returns_drop(m);
	return err;
}

static void return_detach(struct xbpf_link *link)
{
	returns_drop(multi_of(link));
}

static u64 return_missed(const struct xbpf_link *link)
{
	const struct multi *m = multi_of(link);
	u64 sum = READ_ONCE(m->missed);
	u32 i;

	for (i = 0; i < READ_ONCE(m->armed); i++)
		sum += (u64)READ_ONCE(m->ret[i].krp.nmissed) + READ_ONCE(m->ret[i].krp.kp.nmissed);
	return sum;
}

/*
 * --- what it says ------------------------------------------------------------------------------
 */

static void multi_info(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
		       char *name, u32 size)
{
	const struct multi *m = multi_of(link);

	info->type = LINK_TYPE_KPROBE_MULTI;
	info->kprobe_multi.count = m->count;
	info->kprobe_multi.flags = at_returns(m) ? FLAG_RETURN : 0;
	if (m->count == 1)
		snprintf(name, size, "%ps", (void *)m->fn[0].addr);
}

static long multi_info_lists(const struct xbpf_link *link, const struct xbpf_link_info *ask)
{
	u64 __user *addrs = u64_to_user_ptr(ask->kprobe_multi.addrs);
	u64 __user *cookies = u64_to_user_ptr(ask->kprobe_multi.cookies);
	const struct multi *m = multi_of(link);
	u32 i, n = min(ask->kprobe_multi.count, m->count);
	bool show = xbpf_info_addresses();

	for (i = 0; i < n; i++)
		if ((addrs && put_user(show ? (u64)m->fn[i].addr : 0, addrs + i)) ||
		    (cookies && put_user(m->cookies ? m->fn[i].cookie : link->cookie, cookies + i)))
			return -EFAULT;
	return (addrs || cookies) && n < m->count ? -ENOSPC : 0;
}

const struct xbpf_link_ops xbpf_link_multi_ops = {
	.rights = { .what = "a kprobe", .cap = CAP_PERFMON, .lockdown = LOCKDOWN_KPROBES },
	.uses = XBPF_LINK_ADDR | XBPF_LINK_LIST,
	.has_regs = true,
	.alloc = multi_alloc,
	.free = multi_free,
	.attach = entry_attach,
	.detach = entry_detach,
	.info = multi_info,
	.info_lists = multi_info_lists,
	.cookie = multi_cookie,
	.entry = multi_entry,
};

const struct xbpf_link_ops xbpf_link_ret_multi_ops = {
	.rights = { .what = "a kretprobe", .cap = CAP_PERFMON, .lockdown = LOCKDOWN_KPROBES },
	.uses = XBPF_LINK_ADDR | XBPF_LINK_LIST,
	.has_regs = true,
	.alloc = multi_alloc,
	.free = multi_free,
	.attach = return_attach,
	.detach = return_detach,
	.missed = return_missed,
	.info = multi_info,
	.info_lists = multi_info_lists,
	.cookie = multi_cookie,
	.entry = multi_entry,
};
