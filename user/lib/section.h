/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SEC() of programs: which xbpf takes, and where they attach.
 */
#ifndef XBPF_LIB_SECTION_H
#define XBPF_LIB_SECTION_H

#include <stdbool.h>
#include <stddef.h>

/* Tells libbpf of the sections that it does not know; before an object is opened. */
void section_handlers(void);
bool section_known(const char *name);
/* "kprobe/FUNCTION, kretprobe/FUNCTION, socket" */
void section_list(char *buf, size_t size);

#endif
