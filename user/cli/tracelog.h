/* SPDX-License-Identifier: GPL-2.0 */
/* xbpfctl prog tracelog. */
#ifndef XBPF_CLI_TRACELOG_H
#define XBPF_CLI_TRACELOG_H

struct args;

int prog_tracelog(struct args *args);

#endif
