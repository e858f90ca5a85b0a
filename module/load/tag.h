/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tag of a program: the first 8 bytes of the SHA-1 of its instructions, as bpf(2) computes it,
 * so that the same object shows the same tag in both worlds.
 */
#ifndef XBPF_MODULE_TAG_H
#define XBPF_MODULE_TAG_H

#include <linux/bpf.h>
#include <linux/types.h>

/* Map fds count as 0. May sleep. */
void xbpf_tag(const struct bpf_insn *insns, u32 cnt, u8 tag[8]);

#endif
