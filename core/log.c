/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of one load.
 *
 * The buffer is a ring: byte n of the log stands at n % size.  Of the bytes
 * [first, pos) the ring still holds every one, so that a rewind behind first
 * leaves an empty ring and never text of a path that was given up.
 */
#include "core/log.h"

#define LOG_CHUNK 512

void xbpf_log_init(struct xbpf_log *log, u32 level, char *buf, u32 size)
{
	if (!buf || !size)
		level = 0;
	log->level = level;
	log->buf = level ? buf : NULL;
	log->size = level ? size : 0;
	log->pos = 0;
	log->first = 0;
	log->reason[0] = '\0';
}

static void append(struct xbpf_log *log, const char *text, size_t len)
{
	u64 capacity = log->size - 1;	/* one byte is the NUL's */
	size_t i;

	for (i = 0; i < len; i++)
		log->buf[(log->pos + i) % log->size] = text[i];
	log->pos += len;
	if (log->pos - log->first > capacity)
		log->first = log->pos - capacity;
}

void xbpf_log_v(struct xbpf_log *log, const char *fmt, va_list ap)
{
	char text[LOG_CHUNK];
	int len;

	if (!log->level)
		return;
	len = vsnprintf(text, sizeof(text), fmt, ap);
	if (len < 0)
		return;
	if (len >= LOG_CHUNK) {
		/* a source line may be of any length: say that it goes on */
		len = LOG_CHUNK - 1;
		memcpy(text + len - 4, "...\n", 4);
	}
	append(log, text, len);
}

void xbpf_log(struct xbpf_log *log, const char *fmt, ...)
{
	va_list ap;

	if (!log->level)
		return;
	va_start(ap, fmt);
	xbpf_log_v(log, fmt, ap);
	va_end(ap);
}

void xbpf_log_rewind(struct xbpf_log *log, u64 pos)
{
	if (!log->level || pos >= log->pos)
		return;
	log->pos = pos;
	if (log->first > pos)
		log->first = pos;
}

void xbpf_log_reason_v(struct xbpf_log *log, const char *fmt, va_list ap)
{
	if (!log->reason[0])
		vsnprintf(log->reason, sizeof(log->reason), fmt, ap);
}

int xbpf_log_fail(struct xbpf_log *log, int err, const char *fmt, ...)
{
	va_list ap;
	char *end;

	if (log->reason[0])
		return err;
	va_start(ap, fmt);
	xbpf_log_reason_v(log, fmt, ap);
	va_end(ap);
	end = strchr(log->reason, '\n');
	if (end)
		*end = '\0';
	return err;
}

static void reverse(char *text, u64 from, u64 to)
{
	while (from + 1 < to) {
		to--;
		swap(text[from], text[to]);
		from++;
	}
}

u64 xbpf_log_finish(struct xbpf_log *log, u32 *len)
{
	u64 held;

	if (len)
		*len = 0;
	if (!log->level)
		return 0;
	if (log->reason[0]) {
		append(log, log->reason, strlen(log->reason));
		append(log, "\n", 1);
	}
	held = log->pos - log->first;

	/* Rotating by three reversals needs no second buffer. */
	if (log->first % log->size) {
		u64 at = log->first % log->size;

		reverse(log->buf, 0, at);
		reverse(log->buf, at, log->size);
		reverse(log->buf, 0, log->size);
	}
	log->buf[held] = '\0';
	if (len)
		*len = held + 1;
	return log->pos + 1;
}
