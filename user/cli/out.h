/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that xbpfctl says: one description of a result becomes text or JSON here, and nowhere else.
 *
 * A result is a tree.  @key names a member of an object (NULL: an element of a list, or the result
 * itself).  @text is the printf format of the text form with one conversion for the value; NULL:
 * JSON only.
 */
#ifndef XBPF_CLI_OUT_H
#define XBPF_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum out_form { OUT_TEXT, OUT_JSON, OUT_PRETTY };

void out_init(enum out_form form);
/* For what one form has and the other has not: seldom the right question. */
bool out_is_text(void);
/*
 * Writes what is left; the exit status: that of out_status(), else @failed; or 1 when stdout did
 * not take everything.
 */
int out_finish(bool failed);

/* For a verb whose exit status says more than whether it failed. */
void out_status(int status);

/*
 * The result of a command among others: @key names what is said from here to out_part_end(), or
 * {"error": ...} in its place.  That gives the command's exit status, and what follows is not part
 * of it any more.
 */
void out_part(const char *key);
int out_part_end(bool failed);
/* Is it such a command's? */
bool out_in_part(void);

/*
 * What was said so far is complete and goes out now: a command that goes on for long calls it
 * between results. In JSON each of them is a line of its own.
 */
void out_flush(void);

/* kind '{' or '['; nothing in text */
void out_open(const char *key, char kind);
void out_close(void);

void out_uint(const char *key, const char *text, unsigned long long value);
void out_int(const char *key, const char *text, long long value);
void out_str(const char *key, const char *text, const char *value);
/* The text, without conversion, stands for true. */
void out_bool(const char *key, const char *text, bool value);
void out_null(const char *key);	/* JSON only */
/* JSON: a list of "0x01"; text: @before and "01 00 00 00", above 16 bytes in lines */
void out_bytes(const char *key, const char *before, const void *bytes, size_t n);

/* Text only. */
__attribute__((format(printf, 1, 2)))
void out_text(const char *fmt, ...);

/*
 * A typed value, in text "{count = 3, name = \"x\"}": members between out_value_open() and
 * out_value_close() are separated here.
 */
void out_value_open(const char *key, char kind);
void out_value_close(void);
void out_value_uint(const char *key, unsigned long long value);
void out_value_int(const char *key, long long value);
void out_value_float(const char *key, double value);
void out_value_bool(const char *key, bool value);
void out_value_word(const char *key, const char *word);		/* unquoted in text */
void out_value_str(const char *key, const char *s, size_t len);	/* quoted */
void out_value_hex(const char *key, const void *bytes, size_t n);

/* Which noun and verb is at work; stands before every error. */
void out_context(const char *noun, const char *verb);

/*
 * The command failed: one line for stderr, or {"error": ...} in the place of the whole result.
 * The first error is the one that is shown.
 */
__attribute__((format(printf, 1, 2)))
void out_failed(const char *fmt, ...);

/* The same, with the value -1, which compiler and clang-tidy see where it is returned. */
#define out_error(...) __extension__({ out_failed(__VA_ARGS__); -1; })

/* The command goes on, but the user should know: a line on stderr, with JSON too. */
__attribute__((format(printf, 1, 2)))
void out_warn(const char *fmt, ...);

/* A line more on stderr for who reads text. */
__attribute__((format(printf, 1, 2)))
void out_hint(const char *fmt, ...);

#endif
