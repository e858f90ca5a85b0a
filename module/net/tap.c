/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taps: a socket filter sees every packet that goes in or out of a device, from its link header on,
 * as a packet socket does.  Nobody receives what it lets through: runs are for what the program
 * keeps in maps.
 */
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/skbuff.h>
#include "net/netdev.h"
#include "net/packet.h"
#include "prog/prog.h"

/*
 * The skb is lent to all who see it, one after the other: what is moved in it goes back before the
 * next one looks.
 */
static int tap_packet(struct sk_buff *skb, struct net_device *dev, struct packet_type *type,
		      struct net_device *orig)
{
	struct xbpf_netdev_link *l = container_of(type, struct xbpf_netdev_link, tap);
	unsigned char *data = skb->data;
	const struct xbpf_prog *prog;
	unsigned int len = skb->len;
	struct xbpf_skb_ctx *ctx;
	u64 words;

	if (skb_mac_header_was_set(skb) && skb_mac_header(skb) < skb->data)
		skb_push(skb, skb->data - skb_mac_header(skb));
	preempt_disable();
	if (xbpf_link_begin(&l->link, &prog)) {
		ctx = this_cpu_ptr(&xbpf_packet_ctx);
		words = READ_ONCE(prog->ctx_mask->words);
		xbpf_packet_enter(ctx, skb, words);
		/* nobody's notes for the next one */
		if (words & XBPF_SKB_WORDS(cb))
			memset(ctx->view.cb, 0, sizeof(ctx->view.cb));
		xbpf_link_end(&l->link, prog, ctx);
	}
	preempt_enable();
	skb->data = data;
	skb->len = len;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static int tap_hook(struct xbpf_netdev_link *l, struct xbpf_cmd *cmd)
{
	l->tap.type = htons(ETH_P_ALL);
	l->tap.dev = l->dev;
	l->tap.func = tap_packet;
	dev_add_pack(&l->tap);
	return 0;
}

static int tap_attach(struct xbpf_link *link, struct xbpf_cmd *cmd)
{
	return xbpf_netdev_attach(link, cmd, tap_hook);
}

const struct xbpf_link_ops xbpf_link_tap_ops = {
	.rights = { .what = "a tap", .cap = CAP_NET_RAW, .whose = XBPF_WHOSE_NET },
	.uses = XBPF_LINK_TARGET,
	.alloc = xbpf_netdev_alloc,
	.free = xbpf_netdev_free,
	.attach = tap_attach,
	.detach = xbpf_netdev_detach,
	.fits = xbpf_netdev_fits,
	.may = xbpf_netdev_may,
	.info = xbpf_netdev_info,
};
