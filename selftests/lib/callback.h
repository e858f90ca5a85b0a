/* SPDX-License-Identifier: GPL-2.0 */
/* What a helper of the tests calls a program's function by. */
#ifndef XBPF_SELFTESTS_CALLBACK_H
#define XBPF_SELFTESTS_CALLBACK_H

#include "core/env.h"

/*
 * xbpf_callback(), which also looks whether compiled code keeps what the calling convention says
 * that it keeps (System V AMD64: rbx, rbp, r12 to r15): with another value of one of them the
 * helper's own code would go on.  It ends the test if not.
 */
u64 rt_callback(u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

#endif
