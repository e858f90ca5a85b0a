/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of the kernel by address.
 */
#ifndef XBPF_MODULE_SYMBOL_H
#define XBPF_MODULE_SYMBOL_H

#include <linux/types.h>

/*
 * Bytes from the beginning of the symbol that @addr lies in, and the bytes of all of it. May sleep.
 */
bool xbpf_symbol_place(unsigned long addr, unsigned long *off, unsigned long *size);

/*
 * The beginning of the function whose first probeable instruction is @addr; 0: it is another one's.
 * May sleep.
 */
unsigned long xbpf_symbol_entry(unsigned long addr);

#endif
