/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs print: lines of the kernel's trace, and text for their own use.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include "cmd/name.h"
#include "helper/format.h"
#include "helper/helper.h"
#include "run/budget.h"

#define CREATE_TRACE_POINTS
#include "helper/trace.h"

#define LINE	512	/* bytes of output; the rest is cut */
#define PRINTK_ARGS	3

/* Too large for a kernel stack of unknown depth; the run guard keeps it to one program. */
static DEFINE_PER_CPU(char[LINE], line);

static u64 trace_line(const char *fmt, u32 fmt_size, const u64 *args, u32 n_args)
{
	char *text = *this_cpu_ptr(&line);
	int len = xbpf_format(text, LINE, fmt, fmt_size, args, n_args), n;

	if (len < 0)
		return len;
	len = min(len, LINE - 1);
	/* the event ends its own line */
	n = len;
	while (n && text[n - 1] == '\n')
		n--;
	trace_xbpf_trace_printk(text, n);
	return len;
}

/*
 * R1: format, R2: its size with NUL, R3..R5: arguments. The length printed, or -EINVAL for a bad
 * format.
 */
XBPF_HELPER(trace_printk)
{
	const u64 args[PRINTK_ARGS] = { r3, r4, r5 };

	/* the NUL is the last byte, as the kernel's own has it */
	if (strnlen((const char *)r1, (u32)r2) + 1 != (u32)r2)
		return -EINVAL;
	return trace_line((const char *)r1, r2, args, PRINTK_ARGS);
}

/* An array of 64-bit arguments and its bytes. */
static bool args_fit(u64 args, u32 bytes)
{
	return bytes <= XBPF_FORMAT_ARGS * sizeof(u64) && !(bytes % sizeof(u64)) && (args || !bytes);
}

/* R1: format, R2: its size with NUL, R3: array of arguments, R4: its bytes */
XBPF_HELPER(trace_vprintk)
{
	if (!args_fit(r3, r4))
		return -EINVAL;
	return trace_line((const char *)r1, r2, (const u64 *)r3, (u32)r4 / sizeof(u64));
}

/*
 * R1: buffer, R2: its size, R3: format in a read-only map, R4: array of arguments, R5: its bytes.
 * The bytes of the whole text with NUL, even if the buffer was too small.  What is left of the
 * buffer is zero: the verifier takes it for written.
 */
XBPF_HELPER(snprintf)
{
	char *out = (char *)r1;
	u32 size = r2;
	int len = -EINVAL;

	if (args_fit(r4, r5))
		len = xbpf_format(out, size, (const char *)r3, XBPF_FORMAT_MAX, (const u64 *)r4,
				  (u32)r5 / sizeof(u64));
	if (len < 0) {
		xbpf_budget_clear(out, size);
		return len;
	}
	if ((u32)len + 1 < size)
		xbpf_budget_clear(out + len, size - len);
	return len + 1;
}

/* R1: string, R2: bytes of it at most, R3: constant string */
XBPF_HELPER(strncmp)
{
	const char *a = (const char *)r1, *b = (const char *)r3;
	u32 size = r2, done, n;
	int differ;

	for (done = 0; done < size; done += n) {
		n = xbpf_budget_piece(size, done);
		if (!xbpf_budget_draw_bytes(n))
			return -ETIME;
		differ = strncmp(a + done, b + done, n);
		if (differ || strnlen(b + done, n) < n)
			return differ;
	}
	return 0;
}

void xbpf_trace_enable(void)
{
	/* fails only where tracing is off or locked down: then the program runs and prints nothing */
	trace_set_clr_event(XBPF_NAME, "xbpf_trace_printk", 1);
}
