/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entry trampoline's shape: the way in is at its start. The assembler reads this, too.
 */
#ifndef XBPF_JIT_TRAMPOLINE_H
#define XBPF_JIT_TRAMPOLINE_H

#define XBPF_TRAMPOLINE_LEAVE	32
#define XBPF_TRAMPOLINE_LEN	64

#endif
