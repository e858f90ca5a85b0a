/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bpf_trace_printk: a format of the program's, checked when it runs.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/uaccess.h>
#include "helper.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define LINE	512	/* bytes of output; the rest is cut. A format may be as long. */
#define FETCHED	128	/* bytes of a %s */
#define ARGS	3

/* Too large for a kernel stack of unknown depth; the run guard keeps them to one program. */
struct scratch {
	char fmt[LINE];		/* a copy: the program's may lie in a map and change */
	char line[LINE];
	char text[FETCHED];
};
static DEFINE_PER_CPU(struct scratch, scratch);

/* One conversion of a format. */
struct spec {
	char text[16];		/* as snprintf wants it, with NUL */
	char conv;		/* d i u x X o c p s */
	u8 longs;		/* l: 1, ll: 2 */
	bool user;		/* %us: a string of user space */
};

/*
 * Reads the conversion that starts at @fmt ('%'): its length, or 0 when it is not one that programs may use.
 * Plain %p prints a hashed address, %px, %pK, %ps, %pS and %pB what they do elsewhere; %s and %ks take a
 * kernel string, %us one of user space.
 */
static u32 spec_read(struct spec *spec, const char *fmt)
{
	const char *p = fmt + 1;
	u32 n;

	memset(spec, 0, sizeof(*spec));
	while (*p && strchr("-+ #0", *p))
		p++;
	for (n = 0; isdigit(*p); n++)
		p++;
	if (n > 3 || p - fmt > 8)	/* wider than a line helps nobody */
		return 0;
	n = p - fmt;
	memcpy(spec->text, fmt, n);
	while (*p == 'l' && spec->longs < 2) {
		spec->longs++;
		p++;
	}
	if ((*p == 'u' || *p == 'k') && p[1] == 's' && !spec->longs) {
		spec->user = *p == 'u';
		p++;
	}
	spec->conv = *p;
	if (!*p || !strchr("diuxXocps", *p) || (spec->longs && strchr("cps", *p)))
		return 0;
	p++;
	if (spec->conv == 'p' && isalpha(*p)) {
		if (!strchr("xKsSB", *p))
			return 0;
		spec->text[n++] = 'p';
		spec->text[n] = *p++;
	} else if (strchr("cps", spec->conv)) {
		spec->text[n] = spec->conv;
	} else {
		/* every number travels as 64 bits, cut to its size before */
		spec->text[n++] = 'l';
		spec->text[n++] = 'l';
		spec->text[n] = spec->conv;
	}
	return p - fmt;
}

static u32 str_print(char *buf, u32 size, const struct spec *spec, u64 addr, char *text)
{
	xbpf_helper_fn read = spec->user ? xbpf_helper_probe_read_user_str : xbpf_helper_probe_read_kernel_str;

	if ((s64)read((unsigned long)text, FETCHED, addr, 0, 0) < 0)
		strscpy(text, "(fault)", FETCHED);
	return scnprintf(buf, size, spec->text, text);
}

/* The compiler cannot check these formats; spec_read() did. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static u32 spec_print(char *buf, u32 size, const struct spec *spec, u64 arg, char *text)
{
	bool is_signed = spec->conv == 'd' || spec->conv == 'i';

	switch (spec->conv) {
	case 's':
		return str_print(buf, size, spec, arg, text);
	case 'p':
		return scnprintf(buf, size, spec->text, (void *)arg);
	case 'c':
		return scnprintf(buf, size, spec->text, (int)arg);
	}
	if (!spec->longs)
		arg = is_signed ? (u64)(s32)arg : (u32)arg;
	return scnprintf(buf, size, spec->text, arg);
}
#pragma GCC diagnostic pop

/* R1: format, R2: its size with NUL, R3..R5: arguments. The length printed, or -EINVAL for a bad format. */
XBPF_HELPER(trace_printk)
{
	struct scratch *s = this_cpu_ptr(&scratch);
	const u64 args[ARGS] = { r3, r4, r5 };
	const char *fmt = s->fmt;
	u32 size = r2, used = 0, len = 0, i, n;
	struct spec spec;

	if (!size || size > LINE)
		return -EINVAL;
	memcpy(s->fmt, (const void *)r1, size);
	if (strnlen(fmt, size) != size - 1)
		return -EINVAL;
	for (i = 0; fmt[i]; i += n) {
		if (fmt[i] == '%' && fmt[i + 1] != '%') {
			n = spec_read(&spec, fmt + i);
			if (!n || used == ARGS)
				return -EINVAL;
			len += spec_print(s->line + len, LINE - len, &spec, args[used++], s->text);
			continue;
		}
		if (!isprint(fmt[i]) && !isspace(fmt[i]))
			return -EINVAL;
		n = fmt[i] == '%' ? 2 : 1;
		if (len < LINE - 1)
			s->line[len++] = fmt[i];
	}
	/* the event ends its own line */
	n = len;
	while (n && s->line[n - 1] == '\n')
		n--;
	trace_xbpf_trace_printk(s->line, n);
	return len;
}

void xbpf_trace_enable(void)
{
	/* fails only where tracing is off or locked down: then the program runs and prints nothing */
	trace_set_clr_event("xbpf", "xbpf_trace_printk", 1);
}
