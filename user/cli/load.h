/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl prog load and loadall, and what they share. */
#ifndef XBPF_CLI_LOAD_H
#define XBPF_CLI_LOAD_H

struct args;
struct xbpf_object;

/* OBJECT PATH, OBJECT FOLDER, and the words behind them */
int prog_load(struct args *args);
int prog_loadall(struct args *args);

/* From opened to loaded; errors are said, with a hint at -d. */
int load_object(struct xbpf_object *obj);

#endif
