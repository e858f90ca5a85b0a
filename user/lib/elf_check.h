/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a file an object that clang -target bpf made?
 */
#ifndef XBPF_LIB_ELF_CHECK_H
#define XBPF_LIB_ELF_CHECK_H

/* 0, or a negative errno with the words set: no file, no ELF, other byte order, other machine. */
int elf_check(const char *path);

#endif
