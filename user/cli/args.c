/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a command line, taken one after the other. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "args.h"
#include "out.h"

const char *args_next(struct args *args, const char *what)
{
	if (!args->n) {
		out_error("the command ends too early: %s is missing", what);
		return NULL;
	}
	args->n--;
	return *args->word++;
}

bool args_take(struct args *args, const char *word)
{
	if (!args->n || strcmp(*args->word, word))
		return false;
	args->n--;
	args->word++;
	return true;
}

int args_end(struct args *args)
{
	if (!args->n)
		return 0;
	return out_error("'%s' is one word too many; see `xbpfctl help`", *args->word);
}

int args_number(const char *text, const char *what, __u64 max, __u64 *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return out_error("'%s' is no %s: a number is expected", text, what);
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (*end)
		return out_error("'%s' is no %s: a number is expected", text, what);
	if (errno || *value > max)
		return out_error("%s %s is too large: the largest is %llu", what, text, max);
	return 0;
}

int args_time(const char *text, const char *what, __u32 *ms)
{
	static const struct { const char *word; __u32 ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 },
	};
	unsigned long long n;
	char *end;
	size_t i;

	errno = 0;
	n = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	for (i = 0; n && i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].word))
			continue;
		if (errno || n > UINT_MAX / units[i].ms)
			return out_error("%s %s is too long: the longest is %uh", what, text,
					 UINT_MAX / (60 * 60 * 1000));
		*ms = n * units[i].ms;
		return 0;
	}
	return out_error("'%s' is no %s: a number with ms, s, m or h is expected, as 60s", text, what);
}

int args_keywords(struct args *args, const struct keyword *table)
{
	const struct keyword *k;
	const char *word, *arg;
	__u64 seen = 0;
	char list[256];
	size_t at = 0;

	while (args->n) {
		word = *args->word++;
		args->n--;
		for (k = table; k->word && strcmp(k->word, word); k++)
			;
		if (!k->word) {
			for (k = table; k->word && at < sizeof(list); k++)
				at += snprintf(list + at, sizeof(list) - at, "%s%s", k == table ? "" : ", ", k->word);
			return out_error("unknown word '%s'; here may stand: %s", word, list);
		}
		if (k->parse) {
			if (k->parse(args, k->to))
				return -1;
			continue;
		}
		if (seen & 1ULL << (k - table))
			return out_error("'%s' is given twice", word);
		seen |= 1ULL << (k - table);
		if (!k->what) {
			*(bool *)k->to = true;
			continue;
		}
		arg = args_next(args, k->what);
		if (!arg)
			return -1;
		if (!k->take)
			*(const char **)k->to = arg;
		else if (k->take(arg, k->to))
			return -1;
	}
	return 0;
}
