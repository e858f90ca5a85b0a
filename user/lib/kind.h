/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a descriptor stands for, besides what libxbpf.h has.
 */
#ifndef XBPF_LIB_KIND_H
#define XBPF_LIB_KIND_H

#include <stdbool.h>
#include "libxbpf.h"

/* BTF that the kernel's own bpf(2) gave out? */
bool kind_is_kernel_btf(int fd);

#endif
