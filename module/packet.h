/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A packet as programs see it: struct xbpf_skb_ctx around an skb.
 */
#ifndef XBPF_MODULE_PACKET_H
#define XBPF_MODULE_PACKET_H

#include <linux/types.h>
#include "../core/prog_type.h"

struct sk_buff;

/*
 * Before a run: the context, from the skb; of struct __sk_buff at least the first @need bytes, which is what the program
 * may reach.  skb->data is the first byte that the program sees.
 */
void xbpf_packet_enter(struct xbpf_skb_ctx *ctx, struct sk_buff *skb, u32 need);
/* After the run of a type that may write them: mark, priority, queue mapping, tc_index and cb go to the skb. @need as before. */
void xbpf_packet_leave(const struct xbpf_skb_ctx *ctx, u32 need);
/* A helper may have changed where the bytes lie, or how many there are. */
void xbpf_packet_renew(struct xbpf_skb_ctx *ctx);

/*
 * Makes the first @len bytes linear and the skb's own, to write to: 0 or -errno. An skb that somebody else
 * holds too cannot be: -EBUSY.
 */
int xbpf_packet_own(struct sk_buff *skb, u32 len);

/* An skb of the caller's with these bytes, which begin with an Ethernet header; it comes in at the loopback device of the
 * current network namespace, and data is the header (@mac) or what follows it. NULL: no memory. May sleep. */
struct sk_buff *xbpf_packet_new(const void *bytes, u32 len, bool mac);

#endif
