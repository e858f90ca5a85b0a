/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where libbpf's bpf(2) calls go: to the device, unless a caller within this tree stands between.
 */
#ifndef XBPF_LIB_TRANSPORT_H
#define XBPF_LIB_TRANSPORT_H

/*
 * Each call of libbpf's goes to @fn, which has xbpf_sys()'s convention; NULL: to the device again.
 * For the whole process, so only for one that has one thread.
 */
void transport_divert(int (*fn)(int cmd, void *attr, unsigned int size));

/* The same convention for the kernel's own bpf(2). */
int transport_upstream(int cmd, void *attr, unsigned int size);

#endif
