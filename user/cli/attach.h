/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl prog attach. */
#ifndef XBPF_CLI_ATTACH_H
#define XBPF_CLI_ATTACH_H

struct args;

/* PROG KIND WHERE, and the words behind them */
int prog_attach(struct args *args);

#endif
