/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl prog load and loadall. */
#ifndef XBPF_CLI_LOAD_H
#define XBPF_CLI_LOAD_H

struct args;

/* OBJECT PATH, OBJECT FOLDER, and the words behind them */
int prog_load(struct args *args);
int prog_loadall(struct args *args);

#endif
