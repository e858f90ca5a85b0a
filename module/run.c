/* SPDX-License-Identifier: GPL-2.0 */
#include "run.h"

DEFINE_PER_CPU(int, xbpf_run_depth);
