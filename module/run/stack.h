/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who called: the stack of the kernel and of the current task in user space.
 */
#ifndef XBPF_MODULE_STACK_H
#define XBPF_MODULE_STACK_H

#include <linux/types.h>

struct pt_regs;

/*
 * Return addresses, innermost first, without the first @skip: how many there are, at most @max.
 * @regs: where the kernel's begin (xbpf_link_regs()); NULL: at whoever called into xbpf.  Of user
 * space: as far as frame pointers tell; 0 for a kernel thread.  Preemption off, any context,
 * nothing is allocated.
 */
u32 xbpf_stack_walk(u64 *entries, u32 max, u32 skip, bool user, struct pt_regs *regs);

#endif
