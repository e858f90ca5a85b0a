/* SPDX-License-Identifier: GPL-2.0 */
/* What a program sees of a packet, and what it changed: struct __sk_buff and struct sk_buff. */
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include "net/packet.h"

DEFINE_PER_CPU(struct xbpf_skb_ctx, xbpf_packet_ctx);

void xbpf_packet_renew(struct xbpf_skb_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;

	ctx->data = skb->data;
	ctx->data_end = skb->data + skb_headlen(skb);
	ctx->data_len = skb->len;
	ctx->view.len = skb->len;
	ctx->view.wire_len = skb->len;
	ctx->view.protocol = (__force u32)skb->protocol;
	ctx->view.hash = skb->hash;
	ctx->view.pkt_type = skb->pkt_type;
}

/* In groups: asking for each word would cost more than it saves. */
#define WORDS(one, other)	(XBPF_SKB_WORDS(one) | XBPF_SKB_WORDS(other))

static void view_vlan(struct __sk_buff *view, const struct sk_buff *skb)
{
	view->vlan_present = skb_vlan_tag_present(skb);
	view->vlan_tci = view->vlan_present ? skb_vlan_tag_get(skb) : 0;
	view->vlan_proto = view->vlan_present ? (__force u32)skb->vlan_proto : 0;
}

static void view_device(struct __sk_buff *view, const struct sk_buff *skb)
{
	view->ingress_ifindex = skb->skb_iif;
	view->ifindex = skb->dev ? skb->dev->ifindex : 0;
}

/* Behind data_end; most of it is of other types of programs, and 0. */
static void view_rest(struct __sk_buff *view, const struct sk_buff *skb)
{
	memset((u8 *)view + offsetof(struct __sk_buff, napi_id), 0,
	       sizeof(*view) - offsetof(struct __sk_buff, napi_id));
#ifdef CONFIG_NET_RX_BUSY_POLL
	view->napi_id = skb->napi_id;
#endif
	view->tstamp = ktime_to_ns(skb->tstamp);
	view->wire_len = skb->len;
	view->gso_segs = skb_shinfo(skb)->gso_segs;
	view->gso_size = skb_shinfo(skb)->gso_size;
}

void xbpf_packet_view(struct xbpf_skb_ctx *ctx, u64 words)
{
	struct __sk_buff *view = &ctx->view;
	const struct sk_buff *skb = ctx->skb;

	BUILD_BUG_ON(sizeof(*view) > 64 * 4);
	BUILD_BUG_ON(sizeof(view->cb) != sizeof(qdisc_skb_cb(skb)->data));
	view->len = skb->len;
	view->protocol = (__force u32)skb->protocol;
	if (words & (WORDS(pkt_type, hash) | XBPF_SKB_WORDS(tc_classid))) {
		view->pkt_type = skb->pkt_type;
		view->hash = skb->hash;
		view->tc_classid = 0;
	}
	if (words & (WORDS(mark, queue_mapping) | WORDS(priority, tc_index))) {
		view->mark = skb->mark;
		view->queue_mapping = skb->queue_mapping;
		view->priority = skb->priority;
#ifdef CONFIG_NET_SCHED
		view->tc_index = skb->tc_index;
#else
		view->tc_index = 0;
#endif
	}
	if (words & (WORDS(vlan_present, vlan_tci) | XBPF_SKB_WORDS(vlan_proto)))
		view_vlan(view, skb);
	if (words & WORDS(ingress_ifindex, ifindex))
		view_device(view, skb);
	if (words & XBPF_SKB_WORDS(cb))
		memcpy(view->cb, qdisc_skb_cb(skb)->data, sizeof(view->cb));
	if (words & GENMASK_ULL(63, offsetof(struct __sk_buff, napi_id) / 4) & ~XBPF_SKB_POINTERS)
		view_rest(view, skb);
}

/* What was not changed is not touched: the skb may be in several places at once. */
void xbpf_packet_write_back(const struct xbpf_skb_ctx *ctx, u64 words)
{
	const struct __sk_buff *view = &ctx->view;
	struct sk_buff *skb = ctx->skb;

	if (words & XBPF_SKB_WORDS(mark) && view->mark != skb->mark)
		skb->mark = view->mark;
	if (words & XBPF_SKB_WORDS(priority) && view->priority != skb->priority)
		skb->priority = view->priority;
	/* as upstream: there is no queue of that number */
	if (words & XBPF_SKB_WORDS(queue_mapping) && view->queue_mapping != skb->queue_mapping &&
	    view->queue_mapping < USHRT_MAX)
		skb_set_queue_mapping(skb, view->queue_mapping);
#ifdef CONFIG_NET_SCHED
	if (words & XBPF_SKB_WORDS(tc_index) && view->tc_index != skb->tc_index)
		skb->tc_index = view->tc_index;
#endif
	if (words & XBPF_SKB_WORDS(cb) && memcmp(view->cb, qdisc_skb_cb(skb)->data, sizeof(view->cb)))
		memcpy(qdisc_skb_cb(skb)->data, view->cb, sizeof(view->cb));
}

int xbpf_packet_own(struct sk_buff *skb, u32 len)
{
	if (skb_shared(skb))
		return -EBUSY;
	return skb_ensure_writable(skb, len);
}

struct sk_buff *xbpf_packet_new(const void *bytes, u32 len, bool mac)
{
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + NET_IP_ALIGN + len, GFP_USER);

	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb_put_data(skb, bytes, len);
	memset(skb->cb, 0, sizeof(skb->cb));
	/* moves data behind the header, and sets protocol and pkt_type */
	skb->protocol = eth_type_trans(skb, current->nsproxy->net_ns->loopback_dev);
	skb_reset_network_header(skb);
	if (mac)
		__skb_push(skb, ETH_HLEN);
	return skb;
}
