/* SPDX-License-Identifier: GPL-2.0 */
/* The interpreter's run loop once more, in checked mode. */
#define XBPF_INTERP_CHECKED
#include "core/interp_run.c"
