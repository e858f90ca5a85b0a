/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading memory that may not be there.  A failed read leaves zeros, never what the buffer held before:
 * the verifier takes it for written.
 */
#include <linux/filter.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "../core/prog_type.h"
#include "helper.h"

/* memory copies that return 0 or -EFAULT and never sleep */
typedef long (*copy_fn)(void *dst, unsigned long src, size_t n);

static long copy_kernel(void *dst, unsigned long src, size_t n)
{
	return copy_from_kernel_nofault(dst, (const void *)src, n);
}

static long copy_user(void *dst, unsigned long src, size_t n)
{
	return copy_from_user_nofault(dst, (const void __user *)src, n);
}

/* User and kernel space do not overlap on x86-64: the address says which one is meant. */
static long copy_either(void *dst, unsigned long src, size_t n)
{
	return src < TASK_SIZE_MAX ? copy_user(dst, src, n) : copy_kernel(dst, src, n);
}

static u64 mem_read(void *dst, u32 size, unsigned long src, copy_fn copy)
{
	long err = size ? copy(dst, src, size) : 0;

	if (err)
		memset(dst, 0, size);
	return err;
}

/*
 * Copies a string with its NUL, at most @size bytes, and terminates it in any case: its length with NUL.  It is
 * fetched in pieces that end at multiples of their size, so that none reaches into a page behind the NUL's.
 */
static u64 str_read(char *dst, u32 size, unsigned long src, copy_fn copy)
{
	char piece[64];
	u32 done = 0, n, len;

	if (!size)
		return 0;
	while (done < size) {
		n = min_t(u32, sizeof(piece) - (src + done) % sizeof(piece), size - done);
		if (copy(piece, src + done, n)) {
			memset(dst, 0, size);
			return -EFAULT;
		}
		len = strnlen(piece, n);
		memcpy(dst + done, piece, min(len + 1, n));
		if (len < n)
			return done + len + 1;
		done += n;
	}
	dst[size - 1] = '\0';
	return size;
}

/* R1: buffer, R2: its size, R3: address */
XBPF_HELPER(probe_read)
{
	return mem_read((void *)r1, r2, r3, copy_either);
}

XBPF_HELPER(probe_read_kernel)
{
	return mem_read((void *)r1, r2, r3, copy_kernel);
}

XBPF_HELPER(probe_read_user)
{
	return mem_read((void *)r1, r2, r3, copy_user);
}

XBPF_HELPER(probe_read_str)
{
	return str_read((char *)r1, r2, r3, copy_either);
}

XBPF_HELPER(probe_read_kernel_str)
{
	return str_read((char *)r1, r2, r3, copy_kernel);
}

XBPF_HELPER(probe_read_user_str)
{
	return str_read((char *)r1, r2, r3, copy_user);
}

/* R1: context, R2: offset in the packet, R3: buffer, R4: its size */
XBPF_HELPER(skb_load_bytes)
{
	const struct xbpf_skb_ctx *ctx = (const struct xbpf_skb_ctx *)r1;
	u32 off = r2, size = r4;
	void *to = (void *)r3;

	if (off > ctx->data_len || size > ctx->data_len - off)
		goto fault;
	if (off + size <= ctx->data_end - ctx->data) {
		memcpy(to, ctx->data + off, size);
		return 0;
	}
	if (ctx->skb && !skb_copy_bits(ctx->skb, off, to, size))
		return 0;
fault:
	memset(to, 0, size);
	return -EFAULT;
}

/* Negative offsets count from the network or the link layer's header, and reach linear bytes only. */
static const u8 *from_header(const struct xbpf_skb_ctx *ctx, s32 off, u32 size)
{
	const struct sk_buff *skb = ctx->skb;
	const u8 *at;

	if (!skb)
		return off >= SKF_NET_OFF && off - SKF_NET_OFF + (long)size <= ctx->data_end - ctx->data ?
		       ctx->data + (off - SKF_NET_OFF) : NULL;
	if (off >= SKF_NET_OFF)
		at = skb_network_header(skb) + (off - SKF_NET_OFF);
	else if (off >= SKF_LL_OFF && skb_mac_header_was_set(skb))
		at = skb_mac_header(skb) + (off - SKF_LL_OFF);
	else
		return NULL;
	return at >= skb->head && at + size <= skb_tail_pointer(skb) ? at : NULL;
}

/* R1: context, R2: s32 offset, R3: 1, 2 or 4 bytes. What LD_ABS and LD_IND do. */
XBPF_HELPER(packet_load)
{
	const struct xbpf_skb_ctx *ctx = (const struct xbpf_skb_ctx *)r1;
	s32 off = r2;
	u32 size = r3;
	const u8 *at = NULL;
	u8 copy[4];

	if (off < 0)
		at = from_header(ctx, off, size);
	else if (off + (long)size <= ctx->data_end - ctx->data)
		at = ctx->data + off;
	else if (off + (u64)size <= ctx->data_len && ctx->skb && !skb_copy_bits(ctx->skb, off, copy, size))
		at = copy;
	if (!at)
		return -EFAULT;
	/* x86 reads at any alignment */
	return size == 4 ? be32_to_cpup((const __be32 *)at) : size == 2 ? be16_to_cpup((const __be16 *)at) : *at;
}
