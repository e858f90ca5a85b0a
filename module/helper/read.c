/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading memory that may not be there.  A failed read leaves zeros, never what the buffer held
 * before: the verifier takes it for written.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "helper/helper.h"
#include "run/budget.h"

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
	u32 done, n;
	long err;

	for (done = 0; done < size; done += n) {
		n = xbpf_budget_piece(size, done);
		err = xbpf_budget_draw_bytes(n) ? copy(dst + done, src + done, n) : -ETIME;
		if (err) {
			xbpf_budget_clear(dst, size);
			return err;
		}
	}
	return 0;
}

/*
 * Copies a string with its NUL, at most @size bytes, and terminates it in any case: its length with
 * NUL.  It is fetched in pieces that end at multiples of their size, so that none reaches into a
 * page behind the NUL's.
 */
static u64 str_read(char *dst, u32 size, unsigned long src, copy_fn copy)
{
	char piece[64];
	u32 done = 0, n, len;
	long err;

	if (!size)
		return 0;
	while (done < size) {
		n = min_t(u32, sizeof(piece) - (src + done) % sizeof(piece), size - done);
		err = done < XBPF_BUDGET_BYTES || xbpf_budget_draw(1) ? copy(piece, src + done, n) : -ETIME;
		if (err) {
			xbpf_budget_clear(dst, size);
			return err;
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
