/* SPDX-License-Identifier: GPL-2.0 */
/* The printf of programs: the conversions that it knows, and what they print. */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "helper/format.h"
#include "helper/helper.h"

#define FETCHED	128	/* bytes of a %s */

/* Too large for a kernel stack of unknown depth; the run guard keeps them to one program. */
struct scratch {
	char fmt[XBPF_FORMAT_MAX];	/* a copy: the program's may lie in a map and change */
	char text[FETCHED];
};
static DEFINE_PER_CPU(struct scratch, scratch);

/* One conversion of a format. */
struct spec {
	char text[16];		/* as snprintf wants it, with NUL */
	char conv;		/* d i u x X o c p s, and I: an address of the internet */
	u8 longs;		/* l: 1, ll: 2 */
	u8 bytes;		/* of an I: 4 or 16 */
	bool user;		/* %pus: a string of user space */
};

/*
 * Behind %p: K s S B x, ks us (strings), i4 I4 i6 I6 (addresses). The characters that were read, or
 * -1.
 */
static int pointer_read(struct spec *spec, u32 n, const char *p)
{
	if (!isalnum(*p))
		return 0;
	if ((*p == 'k' || *p == 'u') && p[1] == 's') {
		spec->user = *p == 'u';
		spec->conv = 's';
		spec->text[n] = 's';
		return 2;
	}
	if ((*p == 'i' || *p == 'I') && (p[1] == '4' || p[1] == '6')) {
		spec->conv = 'I';
		spec->bytes = p[1] == '4' ? 4 : 16;
		spec->text[n++] = 'p';
		spec->text[n++] = *p;
		spec->text[n] = p[1];
		return 2;
	}
	if (!strchr("xKsSB", *p))
		return -1;
	spec->text[n++] = 'p';
	spec->text[n] = *p;
	return 1;
}

/*
 * Reads the conversion that starts at @fmt ('%'): its length, or 0 when it is not one that programs
 * may use. Plain %p prints a hashed address, %px, %pK, %ps, %pS and %pB what they do elsewhere; %s
 * and %pks take a kernel string, %pus one of user space.
 */
static u32 spec_read(struct spec *spec, const char *fmt)
{
	const char *p = fmt + 1;
	u32 n;
	int more;

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
	spec->conv = *p;
	if (!*p || !strchr("diuxXocps", *p) || (spec->longs && strchr("cps", *p)))
		return 0;
	p++;
	if (strchr("cps", spec->conv)) {
		spec->text[n] = spec->conv;
	} else {
		/* every number travels as 64 bits, cut to its size before */
		spec->text[n++] = 'l';
		spec->text[n++] = 'l';
		spec->text[n] = spec->conv;
	}
	if (spec->conv == 'p') {
		more = pointer_read(spec, n, p);
		if (more < 0)
			return 0;
		p += more;
	}
	return p - fmt;
}

/* The compiler cannot check these formats; spec_read() did. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static int str_print(char *buf, u32 size, const struct spec *spec, u64 addr, char *text)
{
	xbpf_helper_fn read = spec->user ? xbpf_helper_probe_read_user_str :
		xbpf_helper_probe_read_kernel_str;

	if ((s64)read((unsigned long)text, FETCHED, addr, 0, 0) < 0)
		strscpy(text, "(fault)", FETCHED);
	return snprintf(buf, size, spec->text, text);
}

static int spec_print(char *buf, u32 size, const struct spec *spec, u64 arg, char *text)
{
	bool is_signed = spec->conv == 'd' || spec->conv == 'i';
	u8 address[16];

	switch (spec->conv) {
	case 's':
		return str_print(buf, size, spec, arg, text);
	case 'p':
		return snprintf(buf, size, spec->text, (void *)arg);
	case 'I':
		if (copy_from_kernel_nofault(address, (const void *)(unsigned long)arg, spec->bytes))
			memset(address, 0, sizeof(address));
		return snprintf(buf, size, spec->text, address);
	case 'c':
		return snprintf(buf, size, spec->text, (int)arg);
	}
	if (!spec->longs)
		arg = is_signed ? (u64)(s32)arg : (u32)arg;
	return snprintf(buf, size, spec->text, arg);
}
#pragma GCC diagnostic pop

int xbpf_format(char *out, u32 size, const char *from, u32 fmt_size, const u64 *args, u32 n_args)
{
	struct scratch *s = this_cpu_ptr(&scratch);
	const char *fmt = s->fmt;
	u32 used = 0, len = 0, i, n;
	struct spec spec;

	if (size)
		out[0] = '\0';
	/* up to the NUL: a constant's size is not known, and a map's string may lose its NUL meanwhile */
	for (i = 0; i < min_t(u32, fmt_size, XBPF_FORMAT_MAX); i++) {
		s->fmt[i] = READ_ONCE(from[i]);
		if (!s->fmt[i])
			break;
	}
	if (i == min_t(u32, fmt_size, XBPF_FORMAT_MAX))
		return -EINVAL;
	for (i = 0; fmt[i]; i += n) {
		u32 at = min(len, size);

		if (fmt[i] == '%' && fmt[i + 1] != '%') {
			n = spec_read(&spec, fmt + i);
			if (!n || used == n_args)
				return -EINVAL;
			len += spec_print(out + at, size - at, &spec, args[used++], s->text);
			continue;
		}
		if (!isprint(fmt[i]) && !isspace(fmt[i]))
			return -EINVAL;
		n = fmt[i] == '%' ? 2 : 1;
		if (at + 1 < size) {
			out[at] = fmt[i];
			out[at + 1] = '\0';
		}
		len++;
	}
	return len;
}
