/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gate's shape: the way in is at its start. The assembler reads this, too.
 */
#ifndef XBPF_JIT_GATE_H
#define XBPF_JIT_GATE_H

#define XBPF_GATE_LEAVE	32
#define XBPF_GATE_LEN	64

#endif
