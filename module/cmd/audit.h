/* SPDX-License-Identifier: GPL-2.0 */
/* What is loaded and attached, for the audit log. */
#ifndef XBPF_MODULE_AUDIT_H
#define XBPF_MODULE_AUDIT_H

#include <linux/types.h>

/*
 * A record of type BPF, as the kernel writes it for programs of its own (bpf_audit_prog() in
 * kernel/bpf/syscall.c), with `device=` for whose ids they are.  @op: LOAD and UNLOAD of a program,
 * ATTACH, UPDATE and DETACH of a link.  @link_id: 0 for none.  Who did it stands in the record of
 * the system call, where there is one: programs and links also end in workers.  It never sleeps;
 * what does not fit into the audit queue is counted there as lost.  Without audit it is nothing.
 */
void xbpf_audit(const char *op, u32 prog_id, u32 link_id);

#endif
