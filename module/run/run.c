/* SPDX-License-Identifier: GPL-2.0 */
/* What a CPU is running at the moment. */
#include "run/run.h"

DEFINE_PER_CPU(struct xbpf_running, xbpf_running);
