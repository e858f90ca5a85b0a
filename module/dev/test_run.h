/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BPF_PROG_TEST_RUN.
 */
#ifndef XBPF_MODULE_TEST_RUN_H
#define XBPF_MODULE_TEST_RUN_H

#include "cmd/cmd.h"

long xbpf_test_run_cmd(struct xbpf_cmd *cmd);

#endif
