/* SPDX-License-Identifier: GPL-2.0 */
#include "run/run.h"

DEFINE_PER_CPU(struct xbpf_running, xbpf_running);
