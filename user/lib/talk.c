/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libbpf says much, in an order of its own, and returns an errno.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "talk.h"

#define LINES 24

static _Thread_local struct {
	bool on;
	FILE *debug;
	unsigned int n;
	char line[LINES][512];
} talk;

static libbpf_print_fn_t previous;

/* libbpf has one callback for the process: other threads go where they went before. */
__attribute__((format(printf, 2, 0)))
static int listen(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	static const char prefix[] = "libbpf: ";
	char text[512], *line = text;
	va_list copy;
	size_t len;

	if (!talk.on)
		return previous ? previous(level, fmt, ap) : 0;
	if (talk.debug) {
		va_copy(copy, ap);
		vfprintf(talk.debug, fmt, copy);
		va_end(copy);
	}
	if (level != LIBBPF_WARN || talk.n == LINES)
		return 0;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (!strncmp(line, prefix, strlen(prefix)))
		line += strlen(prefix);
	len = strcspn(line, "\n");
	line[len] = '\0';
	if (len)
		memcpy(talk.line[talk.n++], line, len + 1);
	return 0;
}

void talk_begin(FILE *debug)
{
	libbpf_print_fn_t old = libbpf_set_print(listen);

	if (old != listen)
		previous = old;
	talk.on = true;
	talk.debug = debug;
	talk.n = 0;
}

void talk_end(void)
{
	talk.on = false;
}

const char *talk_find(const char *part)
{
	unsigned int i;

	for (i = 0; i < talk.n; i++)
		if (strstr(talk.line[i], part))
			return talk.line[i];
	return NULL;
}

const char *talk_first(void)
{
	static const char *const harmless[] = { "ignoring", "Retrying", "-- BEGIN PROG LOAD LOG --",
						"optional", "Ignored and continue" };
	unsigned int i, k;

	for (i = 0; i < talk.n; i++) {
		for (k = 0; k < sizeof(harmless) / sizeof(*harmless); k++)
			if (strstr(talk.line[i], harmless[k]))
				break;
		if (k == sizeof(harmless) / sizeof(*harmless))
			return talk.line[i];
	}
	return NULL;
}
