/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's stack by its own unwinder, which knows JITed code as text of this module; user
 * space's by frame pointers.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/unwind.h>
#include "run/stack.h"

struct stack_walk {
	u64 *entries;
	u32 max, n, skip;
};

/* false: no room is left */
static bool add_entry(struct stack_walk *t, u64 ip)
{
	if (t->skip) {
		t->skip--;
		return true;
	}
	if (t->n == t->max)
		return false;
	t->entries[t->n++] = ip;
	return t->n < t->max;
}

/* Registers of an interrupt or a probe are whole; those that a tracepoint keeps have no flags. */
static bool whole(struct pt_regs *regs)
{
	return regs->flags & X86_EFLAGS_FIXED;
}

static void walk_kernel(struct stack_walk *t, struct pt_regs *regs)
{
	bool ours = !regs;
	struct unwind_state state;
	unsigned long ip;

	if (regs && user_mode(regs))
		return;
	if (regs && whole(regs)) {
		if (!add_entry(t, regs->ip))
			return;
		unwind_start(&state, current, regs, NULL);
	} else {
		unwind_start(&state, current, NULL, regs ? (unsigned long *)regs->sp : NULL);
	}
	for (; !unwind_done(&state); unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)
			return;
		/* helper, program and handler before the event */
		if (ours && within_module(ip, THIS_MODULE))
			continue;
		ours = false;
		if (!add_entry(t, ip))
			return;
	}
}

static void walk_user64(struct stack_walk *t, struct pt_regs *regs)
{
	struct {
		u64 next, ret;
	} frame;
	u64 fp = regs->bp;

	while (fp && fp < TASK_SIZE_MAX &&
	       !copy_from_user_nofault(&frame, (const void __user *)fp, sizeof(frame)) &&
	       frame.ret && add_entry(t, frame.ret))
		fp = frame.next;
}

static void walk_user32(struct stack_walk *t, struct pt_regs *regs)
{
	struct {
		u32 next, ret;
	} frame;
	u64 fp = (u32)regs->bp;

	while (fp && !copy_from_user_nofault(&frame, (const void __user *)fp, sizeof(frame)) &&
	       frame.ret && add_entry(t, frame.ret))
		fp = frame.next;
}

static void walk_user(struct stack_walk *t)
{
	struct pt_regs *regs;

	if (!current->mm || current->flags & PF_KTHREAD)
		return;
	regs = task_pt_regs(current);
	if (!user_mode(regs) || !add_entry(t, regs->ip))
		return;
	if (user_64bit_mode(regs))
		walk_user64(t, regs);
	else
		walk_user32(t, regs);
}

u32 xbpf_stack_walk(u64 *entries, u32 max, u32 skip, bool user, struct pt_regs *regs)
{
	struct stack_walk t = { .entries = entries, .max = max, .skip = skip };

	if (user)
		walk_user(&t);
	else
		walk_kernel(&t, regs);
	return t.n;
}
