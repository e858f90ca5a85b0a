/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes and kretprobes.  One struct for both: a kretprobe contains the kprobe at the function's
 * entry.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "cmd/yield.h"
#include "cmd/cmd.h"
#include "link/link.h"
#include "link/symbol.h"

/* Numbers of the upstream header, which 5.10's does not have yet. */
#define LINK_TYPE_PERF_EVENT	7	/* BPF_LINK_TYPE_PERF_EVENT */
#define EVENT_KPROBE		3	/* BPF_PERF_EVENT_KPROBE */
#define EVENT_KRETPROBE		4	/* BPF_PERF_EVENT_KRETPROBE */

struct probe {
	struct xbpf_link link;
	struct kretprobe krp;	/* of a kprobe link only krp.kp is used */
	char symbol[XBPF_LINK_NAME];	/* "": by address */
	u64 addr;		/* as asked for */
	u32 offset;
	unsigned long entry;	/* of the function, as kallsyms has it; 0: the probe sits elsewhere in it */
};

static struct probe *probe_of(const struct xbpf_link *link)
{
	return container_of((struct xbpf_link *)link, struct probe, link);
}

/* Both handlers run with preemption off; the program's result says nothing to a probe. */
static int kprobe_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct probe *p = container_of(kp, struct probe, krp.kp);

	xbpf_link_run_at(&p->link, regs, regs, p->entry);
	return 0;
}
NOKPROBE_SYMBOL(kprobe_hit);

static int kretprobe_hit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *krp = get_kretprobe(ri);
	struct probe *p;

	/* NULL: unregistered meanwhile */
	if (krp) {
		p = container_of(krp, struct probe, krp);
		xbpf_link_run_at(&p->link, regs, regs, p->entry);
	}
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_hit);

static struct xbpf_link *probe_alloc(struct xbpf_cmd *cmd)
{
	const struct xbpf_link_create *attr = &cmd->attr->link_create;
	struct probe *p;
	int err;

	if (!attr->symbol == !attr->addr)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "a probe needs a symbol or an address, one of them"));
	if (attr->addr && attr->offset)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "offset goes with a symbol; add it to the address instead"));
	if (attr->offset > INT_MAX)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "offset 0x%llx lies in no function", attr->offset));
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->addr = attr->addr;
	p->offset = attr->offset;
	if (attr->symbol) {
		err = xbpf_link_name_get(cmd, "symbol", p->symbol);
		if (err) {
			kfree(p);
			return ERR_PTR(err);
		}
	}
	return &p->link;
}

static void probe_free(struct xbpf_link *link)
{
	kfree(probe_of(link));
}

/* The kernel adds the offset and looks at whatever function lies there. */
static int offset_check(const struct probe *p, struct xbpf_cmd *cmd)
{
	unsigned long begin = (unsigned long)p->krp.kp.addr - p->offset, off, size;

	if (!p->offset || !p->krp.kp.addr || !xbpf_symbol_place(begin, &off, &size) ||
	    p->offset < size - off)
		return 0;
	return xbpf_cmd_fail(cmd, -EINVAL,
			     "%s+0x%x lies behind the end of %s, which has 0x%lx bytes", p->symbol,
			     p->offset, p->symbol, size - off);
}

/* Before it is armed: may a program sit there? */
static int probe_check(struct probe *p, struct xbpf_cmd *cmd)
{
	unsigned long addr = (unsigned long)p->krp.kp.addr;

	if (within_module(addr, THIS_MODULE))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "%pS is part of xbpf itself and may not be probed", (void *)addr);
	p->entry = xbpf_symbol_entry(addr);
	return offset_check(p, cmd);
}

/* The kernel's errno of a registration in words; an errno of the contract. */
static int probe_words(const struct probe *p, bool ret, int err, struct xbpf_cmd *cmd)
{
	char place[160];

	if (offset_check(p, cmd))
		return -EINVAL;
	if (p->symbol[0] && p->offset)
		snprintf(place, sizeof(place), "%s+0x%x", p->symbol, p->offset);
	else if (p->symbol[0])
		snprintf(place, sizeof(place), "%s", p->symbol);
	else
		snprintf(place, sizeof(place), "0x%llx", p->addr);

	switch (err) {
	case -ENOENT:
		if (!p->symbol[0])
			return xbpf_cmd_fail(cmd, -EINVAL, "%s is no address of kernel code", place);
		return xbpf_cmd_fail(cmd, -ENOENT,
				     "%s: the kernel has no such function (see /proc/kallsyms)",
				     place);
	case -EILSEQ:
		return xbpf_cmd_fail(cmd, -EINVAL, "%s is not the beginning of an instruction", place);
	case -EINVAL:
	case -EADDRNOTAVAIL:
		return xbpf_cmd_fail(cmd, -EINVAL, "%s may not be probed: %s", place, ret ?
				     "blacklisted by the kernel, or not the entry of a function" :
				     "blacklisted by the kernel, or no kernel code");
	case -ENOMEM:
		return xbpf_cmd_fail(cmd, err, "%s: no memory for a probe", place);
	default:
		return xbpf_cmd_fail(cmd, err, "%s: the kernel refuses the probe with errno %d", place, -err);
	}
}

/*
 * Registered but not armed first: only then the address is known, and what lies there may be our
 * own code, in which no event may ever run a program.
 */
static void place_set(struct probe *p)
{
	struct kprobe *kp = &p->krp.kp;

	kp->flags = KPROBE_FLAG_DISABLED;
	if (p->symbol[0]) {
		kp->symbol_name = p->symbol;
		kp->offset = p->offset;
	} else {
		kp->addr = (kprobe_opcode_t *)(unsigned long)p->addr;
	}
}

static int kprobe_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct probe *p = probe_of(link);
	int err;

	place_set(p);
	p->krp.kp.pre_handler = kprobe_hit;
	err = register_kprobe(&p->krp.kp);
	if (err)
		return probe_words(p, false, err, cmd);
	err = probe_check(p, cmd);
	if (!err) {
		err = enable_kprobe(&p->krp.kp);
		if (!err)
			return 0;
		err = probe_words(p, false, err, cmd);
	}
	unregister_kprobe(&p->krp.kp);
	return err;
}

/*
 * Before a probe is unregistered.  Taking one that sits on ftrace away needs memory, and
 * unregister_kprobe() cannot say that there was none: the kernel would go on to know a probe that
 * is freed.  disable_kprobe() says it and harms nothing; what is disabled is unregistered without
 * memory.
 */
static void probe_disarm(struct probe *p)
{
	while (disable_kprobe(&p->krp.kp) == -ENOMEM)
		msleep(XBPF_RETRY_MS);
}

static void kprobe_detach(struct xbpf_link *link)
{
	probe_disarm(probe_of(link));
	unregister_kprobe(&probe_of(link)->krp.kp);
}

static u64 kprobe_missed(const struct xbpf_link *link)
{
	return READ_ONCE(probe_of(link)->krp.kp.nmissed);
}

static int kretprobe_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	struct probe *p = probe_of(link);
	int err;

	place_set(p);
	p->krp.handler = kretprobe_hit;
	err = register_kretprobe(&p->krp);
	if (err)
		return probe_words(p, true, err, cmd);
	err = probe_check(p, cmd);
	if (!err) {
		err = enable_kretprobe(&p->krp);
		if (!err)
			return 0;
		err = probe_words(p, true, err, cmd);
	}
	unregister_kretprobe(&p->krp);
	return err;
}

static void kretprobe_detach(struct xbpf_link *link)
{
	probe_disarm(probe_of(link));
	unregister_kretprobe(&probe_of(link)->krp);
}

/* No instance left for one more call in flight, or its entry probe was hit within another one. */
static u64 kretprobe_missed(const struct xbpf_link *link)
{
	const struct probe *p = probe_of(link);

	return (u64)READ_ONCE(p->krp.nmissed) + READ_ONCE(p->krp.kp.nmissed);
}

static void probe_info(const struct xbpf_link *link, bool attached, struct xbpf_link_info *info,
		       char *name, u32 size)
{
	const struct probe *p = probe_of(link);

	info->type = LINK_TYPE_PERF_EVENT;
	info->event_type = link->type == XBPF_LINK_KRETPROBE ? EVENT_KRETPROBE : EVENT_KPROBE;
	info->offset = p->offset;
	info->addr = attached && xbpf_info_addresses() ? (unsigned long)p->krp.kp.addr : 0;
	if (p->symbol[0]) {
		strscpy(name, p->symbol, size);
	} else {
		snprintf(name, size, "%ps", (void *)(unsigned long)p->addr);
		*strchrnul(name, ' ') = '\0';	/* "name [module]" */
	}
}

const struct xbpf_link_ops xbpf_link_kprobe_ops = {
	.rights = { .what = "a kprobe", .cap = CAP_PERFMON, .lockdown = LOCKDOWN_KPROBES },
	.has_regs = true,
	.uses = XBPF_LINK_SYMBOL | XBPF_LINK_ADDR | XBPF_LINK_OFFSET,
	.alloc = probe_alloc,
	.free = probe_free,
	.attach = kprobe_attach,
	.detach = kprobe_detach,
	.missed = kprobe_missed,
	.info = probe_info,
};

const struct xbpf_link_ops xbpf_link_kretprobe_ops = {
	.rights = { .what = "a kretprobe", .cap = CAP_PERFMON, .lockdown = LOCKDOWN_KPROBES },
	.has_regs = true,
	.uses = XBPF_LINK_SYMBOL | XBPF_LINK_ADDR | XBPF_LINK_OFFSET,
	.alloc = probe_alloc,
	.free = probe_free,
	.attach = kretprobe_attach,
	.detach = kretprobe_detach,
	.missed = kretprobe_missed,
	.info = probe_info,
};
