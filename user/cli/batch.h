/* SPDX-License-Identifier: GPL-2.0 */
/* Many commands in one process. */
#ifndef XBPF_CLI_BATCH_H
#define XBPF_CLI_BATCH_H

#include "args.h"

/* batch file FILE: @run is called for each command of the file. */
int batch(struct args *args, int (*run)(struct args *args));

#endif
