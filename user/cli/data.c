/* SPDX-License-Identifier: GPL-2.0 */
/* Keys and values on the command line: bytes or numbers. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "data.h"
#include "out.h"

static bool keyword(const char *word)
{
	static const char *const words[] = { "key", "value", "any", "exist", "noexist", "flags" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

static int parse_byte(const char *word, const char *what, int base, unsigned char *byte)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(word, &end, base);
	if (errno || *end || end == word || *word == '-' || value > 0xff)
		return out_error("'%s' is no byte of the %s: %s", word, what,
				 base == 16 ? "two hex digits are expected" : "a number from 0 to 255 is expected");
	*byte = value;
	return 0;
}

static int parse_integer(const char *word, const char *what, __u32 size, void *out)
{
	unsigned long long value;
	bool negative = *word == '-';
	char *end;

	errno = 0;
	value = negative ? (unsigned long long)strtoll(word, &end, 0) : strtoull(word, &end, 0);
	if (*end || end == word)
		return out_error("'%s' is no number; "
				 "the %s is %u bytes: one number, or a number for each byte, or "
				 "`hex` and bytes",
				 word, what, size);
	if (errno || (size < 8 && !negative && value >> (8 * size)) ||
	    (size < 8 && negative && (long long)value < -(1LL << (8 * size - 1))))
		return out_error("%s does not fit into the %s of %u byte%s", word, what, size,
				 size == 1 ? "" : "s");
	memcpy(out, &value, size);	/* little-endian, as all machines that xbpf runs on */
	return 0;
}

int data_parse(struct args *args, const char *what, __u32 size, void *out)
{
	unsigned char *bytes = out;
	int base = 0;
	__u32 n, i;

	if (args_take(args, "hex"))
		base = 16;
	for (n = 0; n < (__u32)args->n && !keyword(args->word[n]); n++)
		;
	if (!n)
		return out_error("the command ends too early: the %s is missing (%u byte%s)", what,
				 size, size == 1 ? "" : "s");
	if (n == 1 && !base && (size == 1 || size == 2 || size == 4 || size == 8)) {
		if (parse_integer(*args->word, what, size, out))
			return -1;
	} else if (n != size) {
		return out_error("the %s of this map has %u bytes, %u %s given", what, size, n,
				 n == 1 ? "is" : "are");
	} else {
		for (i = 0; i < n; i++)
			if (parse_byte(args->word[i], what, base, &bytes[i]))
				return -1;
	}
	args->word += n;
	args->n -= n;
	return 0;
}
