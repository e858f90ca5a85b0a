/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where bpf(2) calls go: to the device, unless a caller within this tree stands between.
 */
#ifndef XBPF_LIB_TRANSPORT_H
#define XBPF_LIB_TRANSPORT_H

#include <stdbool.h>

#define BPF_CMD_TOKEN_CREATE 36	/* BPF_TOKEN_CREATE; older headers do not have it */

/*
 * Each call of libbpf's goes to @fn, which has xbpf_sys()'s convention; NULL: to the device again.
 * For the whole process, so only for one that has one thread.
 */
void transport_divert(int (*fn)(int cmd, void *attr, unsigned int size));

/* The same convention for the kernel's own bpf(2). */
int transport_upstream(int cmd, void *attr, unsigned int size);

/* "PROG_LOAD"; "?" when there is no such command. */
const char *transport_command(int cmd);

/* Does the device have it? */
bool transport_serves(int cmd);

/*
 * A call that fails without having reached the device: keeps the words for xbpf_refusal(@cmd), sets
 * errno and returns -1. @call says what it was; NULL: the name of @cmd, which is -1 when it was no
 * command.
 */
__attribute__((format(printf, 4, 5)))
int transport_refuse(int cmd, const char *call, int err, const char *fmt, ...);

/*
 * @fn hears of each call that failed. @cmd is TRANSPORT_OWN, and @attr NULL, when it was
 * transport_refuse() that said so; else the device did.
 */
#define TRANSPORT_OWN (-1)
typedef void (*transport_listener)(const char *call, int cmd, const void *attr, unsigned int size,
				   int err, const char *words);
void transport_listen(transport_listener fn);

#endif
