/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attach points as words.
 */
#ifndef XBPF_LIB_TARGET_H
#define XBPF_LIB_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct xbpf_attach;

bool target_is_device(unsigned int type);
void target_describe(const struct xbpf_attach *at, char *buf, size_t size);

#endif
