/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is libbpf linked so that its calls reach the device?
 */
#ifndef XBPF_LIB_LINKAGE_H
#define XBPF_LIB_LINKAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Do they go to the kernel's own BPF instead? Then @name is the shared libbpf that is to blame. */
bool linkage_shared(char *name, size_t size);

#endif
