/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet as programs see it: struct xbpf_skb_ctx around an skb.
 */
#ifndef XBPF_MODULE_PACKET_H
#define XBPF_MODULE_PACKET_H

#include <linux/bits.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include "core/prog_type.h"

/* The words of struct __sk_buff that a member lies in, as struct xbpf_code's ctx_words has them. */
#define XBPF_SKB_WORDS(member)                                       \
	GENMASK_ULL((offsetofend(struct __sk_buff, member) - 1) / 4, \
		    offsetof(struct __sk_buff, member) / 4)
/* Those that are not in the view: packet pointers stand behind it. */
#define XBPF_SKB_POINTERS (XBPF_SKB_WORDS(data) | XBPF_SKB_WORDS(data_end) | \
			   XBPF_SKB_WORDS(data_meta))

/* The context of the run on this CPU: whose guard it is. */
DECLARE_PER_CPU(struct xbpf_skb_ctx, xbpf_packet_ctx);

/* Fills the @words of the view from ctx->skb, and some others. */
void xbpf_packet_view(struct xbpf_skb_ctx *ctx, u64 words);
/* The @words that the type may write go from the view to the skb. */
void xbpf_packet_write_back(const struct xbpf_skb_ctx *ctx, u64 words);

/*
 * Before a run: the context, from the skb, of which the program may reach @words.  skb->data is the
 * first byte that the program sees.
 */
static __always_inline void xbpf_packet_enter(struct xbpf_skb_ctx *ctx, struct sk_buff *skb,
					      u64 words)
{
	ctx->skb = skb;
	ctx->data = skb->data;
	ctx->data_end = skb->data + skb_headlen(skb);
	ctx->data_len = skb->len;
	if (words & ~XBPF_SKB_POINTERS)
		xbpf_packet_view(ctx, words);
}

/* A helper may have changed where the bytes lie, or how many there are. */
void xbpf_packet_renew(struct xbpf_skb_ctx *ctx);

/*
 * Makes the first @len bytes linear and the skb's own, to write to: 0 or -errno. An skb that
 * somebody else holds too cannot be: -EBUSY.
 */
int xbpf_packet_own(struct sk_buff *skb, u32 len);

/*
 * An skb of the caller's with these bytes, which begin with an Ethernet header; it comes in at the
 * loopback device of the current network namespace, and data is the header (@mac) or what follows
 * it. NULL: no memory. May sleep.
 */
struct sk_buff *xbpf_packet_new(const void *bytes, u32 len, bool mac);

#endif
