/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ingress and egress: a classifier decides what becomes of each packet of a device, at netfilter's
 * hooks there. At ingress they come after tc, at egress before it.
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/pkt_cls.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/skbuff.h>
#include "compat/netdev.h"
#include "net/netdev.h"
#include "net/packet.h"
#include "prog/prog.h"

/* Under the guard. */
static __always_inline int run(struct xbpf_netdev_link *l, const struct xbpf_prog *prog,
			       struct sk_buff *skb)
{
	struct xbpf_skb_ctx *ctx = this_cpu_ptr(&xbpf_packet_ctx);
	/* in this order: see struct xbpf_ctx_mask */
	u64 words = READ_ONCE(prog->ctx_mask->words), written = READ_ONCE(prog->ctx_mask->written) & words;
	int ret;

	xbpf_packet_enter(ctx, skb, words);
	ret = (int)xbpf_link_call(&l->link, prog, ctx);
	if (written)
		xbpf_packet_write_back(ctx, written);
	return ret;
}

/* TC_ACT_UNSPEC when the program did not run: a packet is not lost for that. */
static __always_inline int classify(struct xbpf_netdev_link *l, struct sk_buff *skb)
{
	const struct xbpf_prog *prog;
	int ret = TC_ACT_UNSPEC;

	preempt_disable();
	if (xbpf_link_begin(&l->link, &prog)) {
		/* bytes that are written to must be nobody else's; helpers see to it themselves */
		if (unlikely(READ_ONCE(prog->ctx_mask->packet_write)) && xbpf_packet_own(skb, skb_headlen(skb))) {
			/* as upstream: what cannot be looked at does not pass */
			xbpf_link_abandon(&l->link);
			ret = TC_ACT_SHOT;
		} else {
			ret = run(l, prog, skb);
			xbpf_run_exit();
		}
	}
	preempt_enable();
	return ret;
}

static noinline unsigned int verdict_other(struct xbpf_netdev_link *l, struct sk_buff *skb, int ret)
{
	switch (ret) {
	case TC_ACT_SHOT:
	case TC_ACT_REDIRECT:	/* to nowhere: there is no bpf_redirect */
		atomic64_inc(&l->dropped);
		return NF_DROP;
	case TC_ACT_STOLEN:
	case TC_ACT_QUEUED:
	case TC_ACT_TRAP:
		atomic64_inc(&l->dropped);
		consume_skb(skb);
		return NF_STOLEN;
	default:
		return NF_ACCEPT;
	}
}

static __always_inline unsigned int verdict(struct xbpf_netdev_link *l, struct sk_buff *skb,
					    int ret)
{
	return likely(ret <= TC_ACT_OK) ? NF_ACCEPT : verdict_other(l, skb, ret);
}

/*
 * The link header is in front of the data here; programs see it, as at tc's ingress.  A sum of all
 * bytes that the device made (CHECKSUM_COMPLETE) stays one from the network header on, as in
 * cls_bpf: a program may write the link header without telling.
 */
static unsigned int ingress_packet(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct xbpf_netdev_link *l = priv;
	u32 mac = skb->mac_len;
	int ret;

	__skb_push(skb, mac);
	ret = classify(l, skb);
	__skb_pull(skb, mac);
	return verdict(l, skb, ret);
}

static unsigned int egress_packet(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct xbpf_netdev_link *l = priv;

	return verdict(l, skb, classify(l, skb));
}

static int nf_hook_on(struct xbpf_netdev_link *l, struct xbpf_cmd *cmd, unsigned int hooknum,
		      nf_hookfn *fn)
{
	int err;

	l->nf.hook = fn;
	l->nf.priv = l;
	l->nf.dev = l->dev;
	l->nf.pf = NFPROTO_NETDEV;
	l->nf.hooknum = hooknum;
	l->nf.priority = l->priority;
	err = nf_register_net_hook(dev_net(l->dev), &l->nf);
	if (err)
		return xbpf_cmd_fail(cmd, err, "%s: netfilter refuses the hook with errno %d", l->name, -err);
	return 0;
}

static int ingress_hook(struct xbpf_netdev_link *l, struct xbpf_cmd *cmd)
{
	return nf_hook_on(l, cmd, NF_NETDEV_INGRESS, ingress_packet);
}

static int egress_hook(struct xbpf_netdev_link *l, struct xbpf_cmd *cmd)
{
	if (XBPF_COMPAT_NETDEV_EGRESS < 0)
		return xbpf_cmd_fail(cmd, -EOPNOTSUPP,
				     "this kernel's netfilter has no egress hook (Linux 5.16 and "
				     "later, CONFIG_NETFILTER_EGRESS)");
	return nf_hook_on(l, cmd, XBPF_COMPAT_NETDEV_EGRESS, egress_packet);
}

static int ingress_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	return xbpf_netdev_attach(link, cmd, ingress_hook);
}

static int egress_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	return xbpf_netdev_attach(link, cmd, egress_hook);
}

const struct xbpf_link_ops xbpf_link_ingress_ops = {
	.rights = { .what = "a link at ingress", .cap = CAP_NET_ADMIN, .whose = XBPF_WHOSE_NET },
	.uses = XBPF_LINK_TARGET | XBPF_LINK_PRIORITY,
	.alloc = xbpf_netdev_alloc,
	.free = xbpf_netdev_free,
	.attach = ingress_attach,
	.detach = xbpf_netdev_detach,
	.fits = xbpf_netdev_fits,
	.may = xbpf_netdev_may,
	.info = xbpf_netdev_info,
};

const struct xbpf_link_ops xbpf_link_egress_ops = {
	.rights = { .what = "a link at egress", .cap = CAP_NET_ADMIN, .whose = XBPF_WHOSE_NET },
	.uses = XBPF_LINK_TARGET | XBPF_LINK_PRIORITY,
	.alloc = xbpf_netdev_alloc,
	.free = xbpf_netdev_free,
	.attach = egress_attach,
	.detach = xbpf_netdev_detach,
	.fits = xbpf_netdev_fits,
	.may = xbpf_netdev_may,
	.info = xbpf_netdev_info,
};
