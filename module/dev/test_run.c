/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs a program on a context that user space gives.
 *
 * The run takes the run guard of its CPU as any other; a probe that is hit within it (in a helper)
 * is missed.
 */
#include <linux/err.h>
#include <linux/if_ether.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "core/prog_type.h"
#include "net/packet.h"
#include "prog/prog.h"
#include "cmd/rights.h"
#include "run/run.h"
#include "cmd/cmd.h"

#define DATA_MAX	(64u << 10)
#define RAW_ARGS_SIZE	(XBPF_RAW_TRACEPOINT_ARGS * sizeof(u64))
#define RECORD_SIZE	2048u	/* as far as a tracepoint's program may read */

/* The context of one type of program. */
struct test_type {
	u32 type;
	u32 ctx_size;		/* as user space knows it */
	bool data;		/* takes packet bytes */
	bool mac;		/* ... and sees their Ethernet header */
	bool grows;		/* newer headers have more members: longer is fine when the rest is zero */
	size_t run_size;	/* bytes of the run-time context */
	/* fills the zeroed run-time context from user space's and the packet; 0 or -errno with words */
	int (*fill)(struct xbpf_cmd *cmd, void *run_ctx, const void *ctx, struct sk_buff *skb);
	/* the context as user space sees it after the run */
	const void *(*view)(const void *run_ctx);
};

static int regs_fill(struct xbpf_cmd *cmd, void *run_ctx, const void *ctx, struct sk_buff *skb)
{
	memcpy(run_ctx, ctx, sizeof(struct pt_regs));
	return 0;
}

static int args_fill(struct xbpf_cmd *cmd, void *run_ctx, const void *ctx, struct sk_buff *skb)
{
	memcpy(run_ctx, ctx, RAW_ARGS_SIZE);
	return 0;
}

static int record_fill(struct xbpf_cmd *cmd, void *run_ctx, const void *ctx, struct sk_buff *skb)
{
	memcpy(run_ctx, ctx, RECORD_SIZE);
	return 0;
}

static int seccomp_fill(struct xbpf_cmd *cmd, void *run_ctx, const void *ctx, struct sk_buff *skb)
{
	memcpy(run_ctx, ctx, sizeof(struct seccomp_data));
	return 0;
}

static const void *whole_view(const void *run_ctx)
{
	return run_ctx;
}

/* What a caller may set of struct __sk_buff; the rest comes from the packet. */
static const struct {
	u32 off, size;
} skb_given[] = {
#define GIVEN(member) { offsetof(struct __sk_buff, member), sizeof_field(struct __sk_buff, member) }
	GIVEN(mark),
	GIVEN(priority),
	GIVEN(ingress_ifindex),
	GIVEN(ifindex),
	GIVEN(cb),
	GIVEN(tstamp),
	GIVEN(wire_len),
	GIVEN(gso_segs),
	GIVEN(gso_size),
};

static int skb_fill(struct xbpf_cmd *cmd, void *run_ctx, const void *ctx, struct sk_buff *skb)
{
	struct xbpf_skb_ctx *run = run_ctx;
	struct __sk_buff rest;
	int i;

	memcpy(&rest, ctx, sizeof(rest));
	for (i = 0; i < ARRAY_SIZE(skb_given); i++)
		memset((char *)&rest + skb_given[i].off, 0, skb_given[i].size);
	if (memchr_inv(&rest, 0, sizeof(rest)))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "ctx_in: of __sk_buff only mark, priority, ingress_ifindex, "
				     "ifindex, cb, tstamp, wire_len, gso_segs and gso_size may be set");
	xbpf_packet_enter(run, skb, U64_MAX);
	for (i = 0; i < ARRAY_SIZE(skb_given); i++)
		memcpy((char *)&run->view + skb_given[i].off, (const char *)ctx + skb_given[i].off,
		       skb_given[i].size);
	if (!run->view.wire_len)
		run->view.wire_len = skb_tail_pointer(skb) - skb_mac_header(skb);
	return 0;
}

static const void *skb_view(const void *run_ctx)
{
	return &((const struct xbpf_skb_ctx *)run_ctx)->view;
}

static const struct test_type types[] = {
	{
		.type = BPF_PROG_TYPE_KPROBE,
		.ctx_size = sizeof(struct pt_regs),
		.run_size = sizeof(struct pt_regs),
		.fill = regs_fill,
		.view = whole_view,
	}, {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.ctx_size = RAW_ARGS_SIZE,
		.run_size = RAW_ARGS_SIZE,
		.fill = args_fill,
		.view = whole_view,
	}, {
		.type = BPF_PROG_TYPE_TRACEPOINT,
		.ctx_size = RECORD_SIZE,
		.run_size = RECORD_SIZE,
		.fill = record_fill,
		.view = whole_view,
	}, {
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.ctx_size = sizeof(struct __sk_buff),
		.data = true,
		.grows = true,
		.run_size = sizeof(struct xbpf_skb_ctx),
		.fill = skb_fill,
		.view = skb_view,
	}, {
		.type = BPF_PROG_TYPE_SCHED_CLS,
		.ctx_size = sizeof(struct __sk_buff),
		.data = true,
		.mac = true,
		.grows = true,
		.run_size = sizeof(struct xbpf_skb_ctx),
		.fill = skb_fill,
		.view = skb_view,
	}, {
		.type = XBPF_PROG_TYPE_SYSCALL_FILTER,
		.ctx_size = sizeof(struct seccomp_data),
		.run_size = sizeof(struct seccomp_data),
		.fill = seccomp_fill,
		.view = whole_view,
	},
};

static const struct test_type *type_find(u32 type)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/*
 * One run under the guard, which an interrupt in between may take and gives back before it returns
 * to us.  false: many slots are changing at once, and it takes too long to wait here.
 */
static bool run_once(const struct xbpf_prog *prog, void *ctx, u32 *retval)
{
	if (!xbpf_run_enter())
		return false;
	raw_cpu_write(xbpf_running.link, NULL);
	*retval = xbpf_prog_run(prog, ctx);
	xbpf_run_exit();
	return true;
}

/* Chunks with preemption off that end with the timer's tick, a chance for others in between. */
static int run(const struct xbpf_prog *prog, void *ctx, u32 repeat, u32 *retval, u32 *duration)
{
	unsigned long tick;
	u64 spent = 0, start;
	u32 done = 0;

	while (done < repeat) {
		if (signal_pending(current))
			return -EINTR;
		preempt_disable();
		rcu_read_lock();
		tick = jiffies;
		start = ktime_get_ns();
		while (run_once(prog, ctx, retval) && ++done < repeat && jiffies == tick &&
		       !need_resched())
			;
		spent += ktime_get_ns() - start;
		rcu_read_unlock();
		preempt_enable();
		cond_resched();
	}
	*duration = min_t(u64, div_u64(spent, repeat), U32_MAX);
	return 0;
}

static int check(struct xbpf_cmd *cmd, const struct test_type *t, const struct xbpf_prog *prog)
{
	const struct xbpf_test_run_attr *attr = &cmd->attr->test_run;

	if (!t)
		return xbpf_cmd_fail(cmd, -EOPNOTSUPP, "%s programs cannot be test-run",
				     xbpf_prog_type_name(prog->type));
	if (attr->flags || attr->cpu || attr->batch_size)
		return xbpf_cmd_fail(cmd, -EINVAL, "TEST_RUN: flags, cpu and batch_size must be 0");
	if (!attr->ctx_size_in != !attr->ctx_in || !attr->ctx_size_out != !attr->ctx_out)
		return xbpf_cmd_fail(cmd, -EINVAL, "TEST_RUN: ctx_in and ctx_out go with their sizes");
	if (!t->data && (attr->data_in || attr->data_size_in || attr->data_out || attr->data_size_out))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "TEST_RUN: %s programs have no packet: data_in and data_out must be 0",
				     xbpf_prog_type_name(prog->type));
	if (t->data && (attr->data_size_in < ETH_HLEN || attr->data_size_in > DATA_MAX))
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "TEST_RUN: data_in must hold a packet of %u to %u bytes, not %u",
				     ETH_HLEN, DATA_MAX, attr->data_size_in);
	return 0;
}

/* User space's context, filled up with zeros. */
static int ctx_get(struct xbpf_cmd *cmd, const struct test_type *t, void *ctx)
{
	const struct xbpf_test_run_attr *attr = &cmd->attr->test_run;
	u32 size = t->ctx_size, n = min(attr->ctx_size_in, size);
	int zero = 1;

	if (attr->ctx_size_in > size) {
		if (!t->grows || attr->ctx_size_in > PAGE_SIZE)
			return xbpf_cmd_fail(cmd, -EINVAL, "TEST_RUN: ctx_in has %u bytes, a context has %u",
					     attr->ctx_size_in, size);
		zero = check_zeroed_user(u64_to_user_ptr(attr->ctx_in) + size, attr->ctx_size_in - size);
	}
	if (zero < 0)
		return zero;
	if (!zero)
		return xbpf_cmd_fail(cmd, -E2BIG,
				     "TEST_RUN: ctx_in has non-zero bytes beyond the context's %u", size);
	return n && copy_from_user(ctx, u64_to_user_ptr(attr->ctx_in), n) ? -EFAULT : 0;
}

/* At most *room bytes; *room comes back as the whole size. -ENOSPC when it was cut. */
static int out_put(u64 to, u32 *room, const void *from, u32 size)
{
	u32 n = min(*room, size);

	*room = size;
	if (!to)
		return 0;
	if (copy_to_user(u64_to_user_ptr(to), from, n))
		return -EFAULT;
	return n < size ? -ENOSPC : 0;
}

/* Whatever the program saw, the packet goes back with its Ethernet header. */
static int packet_put(struct xbpf_test_run_attr *attr, struct sk_buff *skb)
{
	if (skb->data != skb_mac_header(skb))
		__skb_push(skb, skb->data - skb_mac_header(skb));
	return out_put(attr->data_out, &attr->data_size_out, skb->data, skb->len);
}

static long answer(struct xbpf_cmd *cmd, const struct test_type *t, const void *run_ctx,
		   struct sk_buff *skb)
{
	struct xbpf_test_run_attr *attr = &cmd->attr->test_run;
	int cut_data = 0, cut_ctx = 0;

	if (skb)
		cut_data = packet_put(attr, skb);
	if (attr->ctx_out)
		cut_ctx = out_put(attr->ctx_out, &attr->ctx_size_out, t->view(run_ctx), t->ctx_size);
	if (cut_data == -EFAULT || cut_ctx == -EFAULT)
		return -EFAULT;
	if (xbpf_cmd_put(cmd, test_run.retval) || xbpf_cmd_put(cmd, test_run.data_size_out) ||
	    xbpf_cmd_put(cmd, test_run.duration) || xbpf_cmd_put(cmd, test_run.ctx_size_out))
		return -EFAULT;
	if (cut_data || cut_ctx)
		return xbpf_cmd_fail(cmd, -ENOSPC,
				     "TEST_RUN: data_out or ctx_out is too small; what fits was written");
	return 0;
}

static struct sk_buff *packet_get(const struct xbpf_test_run_attr *attr, bool mac)
{
	u8 *data = vmemdup_user(u64_to_user_ptr(attr->data_in), attr->data_size_in);
	struct sk_buff *skb;

	if (IS_ERR(data))
		return ERR_CAST(data);
	skb = xbpf_packet_new(data, attr->data_size_in, mac);
	kvfree(data);
	return skb ? skb : ERR_PTR(-ENOMEM);
}

static long test_run(struct xbpf_prog *prog, struct xbpf_cmd *cmd)
{
	struct xbpf_test_run_attr *attr = &cmd->attr->test_run;
	const struct test_type *t = type_find(prog->type);
	void *ctx = NULL, *run_ctx = NULL;
	struct sk_buff *skb = NULL;
	long err;

	err = check(cmd, t, prog);
	if (err)
		return err;
	ctx = kzalloc(t->ctx_size, GFP_KERNEL);
	run_ctx = kzalloc(t->run_size, GFP_KERNEL);
	err = -ENOMEM;
	if (!ctx || !run_ctx)
		goto free;
	if (t->data) {
		skb = packet_get(attr, t->mac);
		if (IS_ERR(skb)) {
			err = PTR_ERR(skb);
			skb = NULL;
			goto free;
		}
	}
	err = ctx_get(cmd, t, ctx);
	if (!err)
		err = t->fill(cmd, run_ctx, ctx, skb);
	if (!err)
		err = run(prog, run_ctx, max(attr->repeat, 1u), &attr->retval, &attr->duration);
	if (!err)
		err = answer(cmd, t, run_ctx, skb);
free:
	kfree_skb(skb);
	kfree(run_ctx);
	kfree(ctx);
	return err;
}

long xbpf_test_run_cmd(struct xbpf_cmd *cmd)
{
	struct xbpf_prog *prog = xbpf_prog_get_fd(cmd->attr->test_run.prog_fd);
	long err;

	if (IS_ERR(prog))
		return xbpf_cmd_fail(cmd, PTR_ERR(prog), "TEST_RUN: prog_fd %u is no program of xbpf",
				     cmd->attr->test_run.prog_fd);
	err = xbpf_rights_test_run(cmd, prog->type, prog->reader);
	if (!err)
		err = test_run(prog, cmd);
	xbpf_prog_put(prog);
	return err;
}
