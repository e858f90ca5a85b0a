/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets: bytes in and out, checksums.
 *
 * R1 is the context. Whatever may move the bytes ends with xbpf_packet_renew(); the verifier has
 * forgotten the program's pointers by then.  Offsets count from the first byte that the program
 * sees.
 */
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/unaligned/packed_struct.h>
#include <net/checksum.h>
#include "helper/helper.h"
#include "net/packet.h"
#include "run/budget.h"

/* A flag of the upstream header that not all of them have. */
#define F_IPV6		(1u << 7)	/* BPF_F_IPV6 */

static struct xbpf_skb_ctx *ctx_of(u64 r1)
{
	return (struct xbpf_skb_ctx *)r1;
}

/* A failed read leaves zeros: the verifier takes the buffer for written. */
static u64 bytes_load(const struct xbpf_skb_ctx *ctx, u32 off, void *to, u32 size)
{
	if (off > ctx->data_len || size > ctx->data_len - off)
		goto fault;
	if (!xbpf_budget_draw_bytes(size)) {
		xbpf_budget_clear(to, size);
		return -ETIME;
	}
	if (off + size <= ctx->data_end - ctx->data) {
		memcpy(to, ctx->data + off, size);
		return 0;
	}
	if (!skb_copy_bits(ctx->skb, off, to, size))
		return 0;
fault:
	xbpf_budget_clear(to, size);
	return -EFAULT;
}

/* R2: offset, R3: buffer, R4: its size */
XBPF_HELPER(skb_load_bytes)
{
	return bytes_load(ctx_of(r1), r2, (void *)r3, r4);
}

/* ... R5: the header that the offset counts from */
XBPF_HELPER(skb_load_bytes_relative)
{
	const struct xbpf_skb_ctx *ctx = ctx_of(r1);
	const struct sk_buff *skb = ctx->skb;
	u32 off = r2, size = r4;
	const u8 *start;

	switch (r5) {
	case BPF_HDR_START_MAC:
		if (!skb_mac_header_was_set(skb))
			goto fault;
		start = skb_mac_header(skb);
		break;
	case BPF_HDR_START_NET:
		start = skb_network_header(skb);
		break;
	default:
		xbpf_budget_clear((void *)r3, size);
		return -EINVAL;
	}
	/* linear memory only, as upstream */
	if (off <= 0xffff && start + off + size <= skb_tail_pointer(skb)) {
		memcpy((void *)r3, start + off, size);
		return 0;
	}
fault:
	xbpf_budget_clear((void *)r3, size);
	return -EFAULT;
}

/* Classic BPF's negative offsets: relative to the network or the link header, in linear memory. */
static const u8 *header_bytes(const struct sk_buff *skb, s32 off, u32 size)
{
	const u8 *at;

	if (off >= SKF_NET_OFF)
		at = skb_network_header(skb) + (off - SKF_NET_OFF);
	else if (off >= SKF_LL_OFF && skb_mac_header_was_set(skb))
		at = skb_mac_header(skb) + (off - SKF_LL_OFF);
	else
		return NULL;
	return at >= skb->head && at + size <= skb_tail_pointer(skb) ? at : NULL;
}

/* LD_ABS, LD_IND. R2: offset, R3: size */
XBPF_HELPER(packet_load)
{
	const struct xbpf_skb_ctx *ctx = ctx_of(r1);
	s32 off = r2;
	u32 size = r3;
	const u8 *at;
	u8 bytes[4];

	if (off >= 0) {
		if (bytes_load(ctx, off, bytes, size))
			return -EFAULT;
		at = bytes;
	} else {
		at = header_bytes(ctx->skb, off, size);
		if (!at)
			return -EFAULT;
	}
	switch (size) {
	case 1:
		return *at;
	case 2:
		return get_unaligned_be16(at);
	default:
		return get_unaligned_be32(at);
	}
}

/* To be called before bytes from 0 to @end are written: 0 or -errno. */
static int own(struct xbpf_skb_ctx *ctx, u32 end)
{
	if (end > ctx->data_len)
		return -EFAULT;
	return xbpf_packet_own(ctx->skb, end) ? -EFAULT : 0;
}

/* R2: offset, R3: bytes, R4: how many, R5: flags */
XBPF_HELPER(skb_store_bytes)
{
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	struct sk_buff *skb = ctx->skb;
	u32 off = r2, size = r4;
	int err;

	if (r5 & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	if (off > INT_MAX || size > INT_MAX)
		return -EFAULT;
	if (!xbpf_budget_draw_bytes(size))
		return -ETIME;
	err = own(ctx, off + size);
	if (!err) {
		if (r5 & BPF_F_RECOMPUTE_CSUM)
			__skb_postpull_rcsum(skb, skb->data + off, size, off);
		memcpy(skb->data + off, (const void *)r3, size);
		if (r5 & BPF_F_RECOMPUTE_CSUM)
			__skb_postpush_rcsum(skb, skb->data + off, size, off);
		if (r5 & BPF_F_INVALIDATE_HASH)
			skb_clear_hash(skb);
	}
	xbpf_packet_renew(ctx);
	return err;
}

/* Where a checksum lies, writable, or NULL. */
static __sum16 *sum_at(struct xbpf_skb_ctx *ctx, u64 off)
{
	if (off > 0xffff || off % 2 || own(ctx, off + sizeof(__sum16)))
		return NULL;
	return (__sum16 *)(((struct sk_buff *)ctx->skb)->data + off);
}

/*
 * R2: offset of the checksum, R3: what was there, R4: what is there, R5: size of that (0: R4 is the
 * difference)
 */
XBPF_HELPER(l3_csum_replace)
{
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	__sum16 *sum;
	u64 err = 0;

	if (r5 & ~(u64)BPF_F_HDR_FIELD_MASK)
		return -EINVAL;
	sum = sum_at(ctx, r2);
	if (!sum)
		err = -EFAULT;
	else if (r5 == 0 && !r3)
		csum_replace_by_diff(sum, (__force __wsum)r4);
	else if (r5 == 2)
		csum_replace2(sum, (__force __be16)r3, (__force __be16)r4);
	else if (r5 == 4)
		csum_replace4(sum, (__force __be32)r3, (__force __be32)r4);
	else
		err = -EINVAL;
	xbpf_packet_renew(ctx);
	return err;
}

/* likewise; R5 has flags, too */
XBPF_HELPER(l4_csum_replace)
{
	const u64 known = BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR | F_IPV6 |
		BPF_F_HDR_FIELD_MASK;
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	bool pseudo = r5 & BPF_F_PSEUDO_HDR, mangled = r5 & BPF_F_MARK_MANGLED_0;
	struct sk_buff *skb = ctx->skb;
	u32 size = r5 & BPF_F_HDR_FIELD_MASK;
	__sum16 *sum;
	u64 err = 0;

	if (r5 & ~known)
		return -EINVAL;
	sum = sum_at(ctx, r2);
	if (!sum) {
		err = -EFAULT;
	} else if (mangled && !(r5 & BPF_F_MARK_ENFORCE) && !*sum) {
		/* UDP over IPv4 without a checksum stays so */
		mangled = false;
	} else if (size == 0 && !r3) {
		inet_proto_csum_replace_by_diff(sum, skb, (__force __wsum)r4, pseudo, r5 & F_IPV6);
	} else if (size == 2) {
		inet_proto_csum_replace2(sum, skb, (__force __be16)r3, (__force __be16)r4, pseudo);
	} else if (size == 4) {
		inet_proto_csum_replace4(sum, skb, (__force __be32)r3, (__force __be32)r4, pseudo);
	} else {
		err = -EINVAL;
	}
	if (!err && mangled && !*sum)
		*sum = CSUM_MANGLED_0;
	xbpf_packet_renew(ctx);
	return err;
}

/* R1, R2: bytes that were there, and how many; R3, R4: what is there; R5: start value */
XBPF_HELPER(csum_diff)
{
	__wsum sum = (__force __wsum)r5;
	u32 from = r2, to = r4;

	/* 512 bytes: as large as a program's stack, which is where they come from */
	if (from % 4 || to % 4 || from > 512 || to > 512)
		return -EINVAL;
	if (to)
		sum = csum_partial((const void *)r3, to, sum);
	if (from)
		sum = csum_sub(sum, csum_partial((const void *)r1, from, 0));
	return (__force u32)sum;
}

/* R2: what to add to the sum over the whole packet that the device delivered */
XBPF_HELPER(csum_update)
{
	struct sk_buff *skb = ctx_of(r1)->skb;

	if (skb->ip_summed != CHECKSUM_COMPLETE)
		return -EOPNOTSUPP;
	skb->csum = csum_add(skb->csum, (__force __wsum)r2);
	return (__force u32)skb->csum;
}

/* R2: bytes that shall be linear and writable; 0: those that are linear already */
XBPF_HELPER(skb_pull_data)
{
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	u32 len = r2;
	int err;

	if (!len)
		len = ctx->data_end - ctx->data;
	err = len > ctx->data_len ? -ENOMEM : xbpf_packet_own(ctx->skb, len);
	xbpf_packet_renew(ctx);
	return err;
}

/* R2: PACKET_HOST, ... */
XBPF_HELPER(skb_change_type)
{
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	struct sk_buff *skb = ctx->skb;

	if ((u32)r2 > PACKET_OTHERHOST || skb->pkt_type > PACKET_OTHERHOST)
		return -EINVAL;
	skb->pkt_type = r2;
	ctx->view.pkt_type = skb->pkt_type;
	return 0;
}

XBPF_HELPER(get_hash_recalc)
{
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	u32 hash = skb_get_hash(ctx->skb);

	ctx->view.hash = hash;
	return hash;
}

XBPF_HELPER(set_hash_invalid)
{
	struct xbpf_skb_ctx *ctx = ctx_of(r1);
	struct sk_buff *skb = ctx->skb;

	skb_clear_hash(skb);
	ctx->view.hash = skb->hash;
	return 0;
}
