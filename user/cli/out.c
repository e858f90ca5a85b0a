/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text and JSON.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "out.h"

#define DEPTH 64

static enum out_form form;
static FILE *json;		/* in memory: an error replaces all of it */
static char *json_text;
static size_t json_size;
static char stack[DEPTH];	/* the closing brackets */
static bool filled[DEPTH];	/* something stands in this one */
static unsigned int depth;
static unsigned int value_depth;	/* text: open typed values */
static bool value_filled[DEPTH];
static char context[64];
static char *error;
static bool flushed;		/* results went out before the end */
static int exit_status = -1;	/* -1: whether it failed */
static unsigned int root;	/* depth at which a result stands */
static bool in_part;
static long part_start;

void out_init(enum out_form f)
{
	form = f;
	if (form == OUT_TEXT)
		return;
	json = open_memstream(&json_text, &json_size);
	if (!json) {
		fputs("xbpfctl: out of memory\n", stderr);
		exit(1);
	}
}

bool out_is_text(void)
{
	return form == OUT_TEXT;
}

static void newline(void)
{
	unsigned int i;

	if (form != OUT_PRETTY)
		return;
	fputc('\n', json);
	for (i = 0; i < depth; i++)
		fputs("    ", json);
}

/* Bytes of the UTF-8 character that starts here, 0 when none does. */
static size_t utf8(const char *s, size_t len)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = *s;
	unsigned int code;
	size_t n, i;

	n = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
	if (!n || n > len)
		return 0;
	code = c & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

static void json_string(FILE *to, const char *s, size_t len)
{
	size_t i, n;

	fputc('"', to);
	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", to);
		else if (c >= 0x80 && (n = utf8(s + i, len - i))) {
			fwrite(s + i, 1, n, to);
			i += n - 1;
		} else if (c < 0x20 || c >= 0x7f)	/* bytes of unknown encoding, one character each */
			fprintf(to, "\\u%04x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

/* Comma, line break and key in front of whatever comes. */
static void json_lead(const char *key)
{
	if (depth > root) {
		if (filled[depth])
			fputc(',', json);
		newline();
	}
	filled[depth] = true;
	if (key && depth > root && stack[depth] == '}') {
		json_string(json, key, strlen(key));
		fputs(form == OUT_PRETTY ? ": " : ":", json);
	}
}

void out_open(const char *key, char kind)
{
	if (form == OUT_TEXT)
		return;
	json_lead(key);
	if (depth + 1 >= DEPTH)
		return;
	depth++;
	stack[depth] = kind == '{' ? '}' : ']';
	filled[depth] = false;
	fputc(kind, json);
}

void out_close(void)
{
	bool some;
	char c;

	if (form == OUT_TEXT || !depth)
		return;
	some = filled[depth];
	c = stack[depth--];
	if (some)
		newline();
	fputc(c, json);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void out_uint(const char *key, const char *text, unsigned long long value)
{
	if (form == OUT_TEXT) {
		if (text)
			printf(text, value);
		return;
	}
	json_lead(key);
	fprintf(json, "%llu", value);
}

void out_int(const char *key, const char *text, long long value)
{
	if (form == OUT_TEXT) {
		if (text)
			printf(text, value);
		return;
	}
	json_lead(key);
	fprintf(json, "%lld", value);
}

void out_str(const char *key, const char *text, const char *value)
{
	if (form == OUT_TEXT) {
		if (text)
			printf(text, value);
		return;
	}
	json_lead(key);
	json_string(json, value, strlen(value));
}

#pragma GCC diagnostic pop

void out_bool(const char *key, const char *text, bool value)
{
	if (form == OUT_TEXT) {
		if (text && value)
			fputs(text, stdout);
		return;
	}
	json_lead(key);
	fputs(value ? "true" : "false", json);
}

void out_null(const char *key)
{
	if (form == OUT_TEXT)
		return;
	json_lead(key);
	fputs("null", json);
}

void out_bytes(const char *key, const char *before, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	if (form == OUT_TEXT) {
		if (!before)
			return;
		fputs(before, stdout);
		for (i = 0; i < n; i++) {
			/* long ones stand by themselves, 16 to a line */
			if (n > 16 && i % 16 == 0)
				printf("\n  ");
			printf("%s%02x", i && (n <= 16 || i % 16) ? " " : "", p[i]);
		}
		return;
	}
	out_open(key, '[');
	for (i = 0; i < n; i++) {
		if (i)
			fputc(',', json);
		fprintf(json, "\"0x%02x\"", p[i]);
	}
	depth--;
	fputc(']', json);
}

void out_text(const char *fmt, ...)
{
	va_list ap;

	if (form != OUT_TEXT)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

/*
 * --- typed values ------------------------------------------------------------------------------
 */

static void value_lead(const char *key)
{
	if (value_depth && value_filled[value_depth])
		fputs(", ", stdout);
	value_filled[value_depth] = true;
	if (value_depth && key)
		printf("%s = ", key);
}

void out_value_open(const char *key, char kind)
{
	if (form != OUT_TEXT) {
		out_open(key, kind);
		return;
	}
	value_lead(key);
	if (value_depth + 1 < DEPTH)
		value_depth++;
	value_filled[value_depth] = false;
	stack[value_depth] = kind == '{' ? '}' : ']';
	putchar(kind);
}

void out_value_close(void)
{
	if (form != OUT_TEXT) {
		out_close();
		return;
	}
	putchar(stack[value_depth]);
	value_depth--;
}

void out_value_uint(const char *key, unsigned long long value)
{
	if (form == OUT_TEXT)
		value_lead(key);
	out_uint(key, "%llu", value);
}

void out_value_int(const char *key, long long value)
{
	if (form == OUT_TEXT)
		value_lead(key);
	out_int(key, "%lld", value);
}

void out_value_float(const char *key, double value)
{
	if (form == OUT_TEXT) {
		value_lead(key);
		printf("%.17g", value);
		return;
	}
	json_lead(key);
	if (isfinite(value))
		fprintf(json, "%.17g", value);
	else			/* JSON has no number for it */
		fprintf(json, "\"%g\"", value);
}

void out_value_bool(const char *key, bool value)
{
	if (form == OUT_TEXT) {
		value_lead(key);
		fputs(value ? "true" : "false", stdout);
		return;
	}
	out_bool(key, NULL, value);
}

void out_value_word(const char *key, const char *word)
{
	if (form == OUT_TEXT)
		value_lead(key);
	out_str(key, "%s", word);
}

void out_value_str(const char *key, const char *s, size_t len)
{
	if (form == OUT_TEXT) {
		value_lead(key);
		json_string(stdout, s, len);
		return;
	}
	json_lead(key);
	json_string(json, s, len);
}

void out_value_hex(const char *key, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	if (form != OUT_TEXT) {
		out_bytes(key, NULL, bytes, n);
		return;
	}
	value_lead(key);
	for (i = 0; i < n; i++)
		printf("%s%02x", i ? " " : "", p[i]);
}

/*
 * --- errors, the end ---------------------------------------------------------------------------
 */

void out_context(const char *noun, const char *verb)
{
	snprintf(context, sizeof(context), "%s%s%s: ", noun, verb ? " " : "", verb ? verb : "");
}

void out_failed(const char *fmt, ...)
{
	char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&words, fmt, ap) < 0)
		words = NULL;
	va_end(ap);
	if (form == OUT_TEXT && !error) {
		fflush(stdout);
		fprintf(stderr, "xbpfctl: %s%s\n", context, words ? words : "out of memory");
	}
	if (error)
		free(words);
	else
		error = words;
}

void out_warn(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "xbpfctl: %swarning: ", context);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void out_hint(const char *fmt, ...)
{
	va_list ap;

	if (form != OUT_TEXT)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

void out_flush(void)
{
	if (form != OUT_TEXT && depth == 0) {
		fclose(json);
		if (json_size)
			puts(json_text);
		free(json_text);
		json_text = NULL;
		out_init(form);
		filled[0] = false;
		flushed = true;
	}
	fflush(stdout);
}

void out_status(int status)
{
	exit_status = status;
}

static void json_error(FILE *to)
{
	const char *words = error ? error : "out of memory";

	fputs("{\"error\":", to);
	if (form == OUT_PRETTY)
		fputc(' ', to);
	json_string(to, words, strlen(words));
	fputc('}', to);
}

bool out_in_part(void)
{
	return in_part;
}

void out_part(const char *key)
{
	in_part = true;
	if (form == OUT_TEXT)
		return;
	json_lead(key);
	root = depth;
	part_start = ftell(json);
}

int out_part_end(bool failed)
{
	int status = exit_status < 0 ? failed : exit_status;

	in_part = false;
	if (form != OUT_TEXT) {
		depth = root;
		root = 0;
		if (failed) {	/* what was said before the error is written over, and cut off at the end */
			fseek(json, part_start, SEEK_SET);
			json_error(json);
		} else if (ftell(json) == part_start) {
			fputs("null", json);
		}
	}
	free(error);
	error = NULL;
	exit_status = -1;
	return status;
}

int out_finish(bool failed)
{
	if (form != OUT_TEXT) {
		fclose(json);
		if (failed) {
			json_error(stdout);
			putchar('\n');
		} else {
			if (json_size || !flushed)
				puts(json_size ? json_text : "null");
		}
		free(json_text);
	}
	free(error);
	if (fflush(stdout) || ferror(stdout)) {
		perror("xbpfctl: stdout");
		return 1;
	}
	return exit_status < 0 ? failed : exit_status;
}
