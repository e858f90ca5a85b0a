/* SPDX-License-Identifier: GPL-2.0 */
/* Whole files, read and written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "out.h"

/* More than any test run takes. */
#define FILE_MAX (16u << 20)

int file_read(const char *path, void **bytes, size_t *n)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *grown;
	size_t room = 0;
	int err = 0;

	*bytes = NULL;
	*n = 0;
	if (!f)
		return out_error("%s: cannot be opened: %s", path, strerror(errno));
	do {
		if (*n == room) {
			room = room ? 2 * room : 4096;
			grown = room > FILE_MAX ? NULL : realloc(*bytes, room);
			if (!grown) {
				err = out_error("%s: too large: %u MiB is the most", path, FILE_MAX >> 20);
				break;
			}
			*bytes = grown;
		}
		errno = 0;
		*n += fread((char *)*bytes + *n, 1, room - *n, f);
	} while (!feof(f) && !ferror(f));
	if (!err && ferror(f))
		err = out_error("%s: cannot be read: %s", path, strerror(errno));
	if (f != stdin)
		fclose(f);
	if (err) {
		free(*bytes);
		*bytes = NULL;
	}
	return err;
}

int file_write(const char *path, const void *bytes, size_t n)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int err = 0;

	if (!f)
		return out_error("%s: cannot be made: %s", path, strerror(errno));
	if (fwrite(bytes, 1, n, f) != n)
		err = errno;
	if (f != stdout && fclose(f) && !err)
		err = errno;
	return err ? out_error("%s: cannot be written: %s", path, strerror(err)) : 0;
}
