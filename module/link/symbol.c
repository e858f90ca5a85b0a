/* SPDX-License-Identifier: GPL-2.0 */
/* Functions of the kernel by address, from the text that kallsyms has for it. */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/ibt.h>
#include "link/symbol.h"

/*
 * The text of sprint_symbol(), "name+0x10/0x80 [module]", is all that modules may know of the
 * symbol table.
 */
bool xbpf_symbol_place(unsigned long addr, unsigned long *off, unsigned long *size)
{
	char text[KSYM_SYMBOL_LEN];
	const char *plus;

	sprint_symbol(text, addr);
	plus = strchr(text, '+');
	return plus && sscanf(plus, "+0x%lx/0x%lx", off, size) == 2;
}

unsigned long xbpf_symbol_entry(unsigned long addr)
{
	unsigned long off, size;
	u32 before;

	if (!xbpf_symbol_place(addr, &off, &size))
		return 0;
	if (!off)
		return addr;
	/* behind the function's ENDBR, where kprobes and ftrace sit when the kernel uses IBT */
	if (off == 4 && !copy_from_kernel_nofault(&before, (void *)(addr - 4), sizeof(before)) &&
	    is_endbr(before))
		return addr - 4;
	return 0;
}
