/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xbpfctl batch file FILE: the commands of a file, one a line, until one fails.  As bpftool has it:
 * # begins a comment, quotes keep blanks together, a backslash at the end goes on in the next line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "out.h"

#define BLANKS " \t\n"
#define WORDS 256	/* of a command */

struct batch {
	const char *path;
	FILE *file;
	char *text;		/* of the command at hand, its words cut out in place */
	size_t room;
	unsigned int line;	/* where it ended */
	unsigned int done;	/* commands */
	char *word[WORDS];
	int n;
};

/* Puts @len bytes of a line behind the @at bytes that are there. */
static int add_line(struct batch *b, size_t at, const char *line, size_t len)
{
	char *longer;

	if (strlen(line) != len)
		return out_error("%s, line %u: a byte 0 stands in it", b->path, b->line);
	if (at + len + 1 > b->room) {
		longer = realloc(b->text, at + len + 1);
		if (!longer)
			return out_error("out of memory");
		b->text = longer;
		b->room = at + len + 1;
	}
	memcpy(b->text + at, line, len + 1);
	return 0;
}

/* The next command, of one line and those that it goes on in: 1; 0: there is none; or an error. */
static int read_command(struct batch *b)
{
	char *line = NULL;
	size_t room = 0, at = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &room, b->file)) > 0) {
		b->line++;
		err = add_line(b, at, line, len);
		at += len;
		if (err || at < 2 || strcmp(b->text + at - 2, "\\\n"))
			break;
		b->text[--at - 1] = ' ';
	}
	free(line);
	if (!err && ferror(b->file))
		err = out_error("cannot read %s: %s", b->path, strerror(errno));
	return err ? err : at > 0;
}

/* Cuts the words out of the text; quotes may begin and end within a word. */
static int split(struct batch *b)
{
	char *from = b->text, *to;
	char quote = '\0';

	for (b->n = 0;;) {
		from += strspn(from, BLANKS);
		if (!*from || *from == '#')
			return 0;
		if (b->n == WORDS)
			return out_error("%s, line %u: more than %d words", b->path, b->line, WORDS);
		b->word[b->n++] = to = from;
		for (; *from && (quote || !strchr(BLANKS, *from)); from++) {
			if (quote ? *from == quote : *from == '\'' || *from == '"')
				quote = quote ? '\0' : *from;
			else
				*to++ = *from;
		}
		if (quote)
			return out_error("%s, line %u: the closing %c is missing", b->path, b->line, quote);
		from += *from != '\0';
		*to = '\0';
	}
}

static int run_command(struct batch *b, int (*run)(struct args *args))
{
	struct args args = { b->n, b->word };

	if (!strcmp(*b->word, "batch"))
		return out_error("a batch cannot begin another one");
	return run(&args);
}

/* The command at hand, or what was wrong with it: one element of the result. */
static int run_one(struct batch *b, int (*run)(struct args *args), int err)
{
	int i;

	out_open(NULL, '{');
	if (!err) {
		out_open("command", '[');
		for (i = 0; i < b->n; i++)
			out_str(NULL, NULL, b->word[i]);
		out_close();
	}
	out_part("output");
	if (!err) {
		err = run_command(b, run);
		if (err)
			out_hint("xbpfctl: batch: ended by line %u of %s\n", b->line, b->path);
		else
			b->done++;
	}
	err = out_part_end(err);
	out_close();
	return err;
}

/* The exit status. */
static int run_all(struct batch *b, int (*run)(struct args *args))
{
	int got, status = 0;

	while (!status && (got = read_command(b))) {
		if (got > 0)
			got = split(b);
		if (got || b->n)
			status = run_one(b, run, got);
	}
	return status;
}

int batch(struct args *args, int (*run)(struct args *args))
{
	struct batch b = { NULL };
	int status;

	out_context("batch", NULL);
	if (args->n && !args_take(args, "file"))
		return out_error("no such verb '%s'; there is file", *args->word);
	out_context("batch", "file");
	b.path = args_next(args, "a file of commands (-: stdin)");
	if (!b.path || args_end(args))
		return -1;
	b.file = strcmp(b.path, "-") ? fopen(b.path, "re") : stdin;
	if (!b.file)
		return out_error("cannot open %s: %s", b.path, strerror(errno));
	out_open(NULL, '[');
	status = run_all(&b, run);
	out_close();
	if (!status)
		out_text("processed %u commands\n", b.done);
	free(b.text);
	if (b.file != stdin)
		fclose(b.file);
	out_status(status);
	return 0;
}
