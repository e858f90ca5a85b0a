/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole files, for data of test runs and raw dumps; "-" is stdin or stdout.
 */
#ifndef XBPF_CLI_FILE_H
#define XBPF_CLI_FILE_H

#include <stddef.h>

/* *bytes is the caller's.  Errors are said. */
int file_read(const char *path, void **bytes, size_t *n);
int file_write(const char *path, const void *bytes, size_t n);

#endif
