/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may do what.  Rights are data: one row per command (include/lists/commands.h), per hook
 * (struct xbpf_link_ops) and per type of program (core/prog_type.c); only the functions here look
 * at them.  docs/rights.md has all rows, and the door of the kernel that each follows.
 */
#ifndef XBPF_MODULE_RIGHTS_H
#define XBPF_MODULE_RIGHTS_H

#include <linux/types.h>
#include "cmd/cmd.h"

struct net;
struct task_struct;
struct xbpf_code;

/* In which user namespace the capability counts. */
enum xbpf_rights_whose {
	/* the initial one; CAP_SYS_ADMIN stands for any other capability, as for bpf(2) */
	XBPF_WHOSE_INIT,
	XBPF_WHOSE_NET,		/* that which the device's network namespace belongs to */
	XBPF_WHOSE_TASKS,	/* that of each task: see xbpf_rights_over() */
};

/* What is wanted besides CAP_BPF, which every command wants. */
struct xbpf_rights {
	const char *what;	/* "a tap": begins the words of a refusal */
	u8 cap;			/* CAP_*; 0: nothing more */
	u8 whose;		/* enum xbpf_rights_whose */
	u8 lockdown;		/* enum lockdown_reason that refuses it; 0: none does */
};

/*
 * All that return int: 0, or -EPERM with words.  Those that know a whole row note it as granted in
 * @cmd, so that LINK_CREATE sees when a hook has not asked.
 */

/*
 * Of what has no target; a row that wants one is granted to CAP_SYS_ADMIN of the initial namespace
 * alone.
 */
int xbpf_rights_check(struct xbpf_cmd *cmd, const struct xbpf_rights *rights);
/* Of a device in @net. Under rtnl, which keeps it there. */
int xbpf_rights_check_net(struct xbpf_cmd *cmd, const struct xbpf_rights *rights,
			const struct net *net, const char *dev);
/* Of the tasks of process @pid: @over says whether xbpf_rights_over() was true of each. */
int xbpf_rights_check_tasks(struct xbpf_cmd *cmd, const struct xbpf_rights *rights, bool over,
			  pid_t pid);
/*
 * Does lockdown refuse it?  Of what begins something, besides one of the above; ending it is always
 * possible.
 */
int xbpf_rights_lockdown(struct xbpf_cmd *cmd, const struct xbpf_rights *rights);

/*
 * May the caller decide the system calls of @task?  CAP_SYS_ADMIN in its user namespace (and, as
 * for ptrace(2), in that of its memory when it is not dumpable).  Without it the task must have
 * no_new_privs, so that no filter is taken along into a setuid program, and it must be of the
 * caller's own process, be traced by it, or descend from it and be what ptrace(2) calls the same:
 * user, group, capabilities, dumpable.  Any context that may take a spin lock.
 */
bool xbpf_rights_over(struct task_struct *task);

/* Is @task of the process of @leader, or of one that descends from it?  In an RCU read section. */
bool xbpf_rights_descends(struct task_struct *task, const struct task_struct *leader);

/* Loading a program of this type. */
int xbpf_rights_load(struct xbpf_cmd *cmd, u32 prog_type);
/*
 * The first helper that @code calls and that reads wherever in the kernel, 0: none. Instructions as
 * they were given.
 */
u32 xbpf_rights_reader(const struct xbpf_code *code);
/*
 * Loading, test-running or attaching a program that calls @reader (above), as far as lockdown has a
 * say.
 */
int xbpf_rights_reads(struct xbpf_cmd *cmd, u32 reader);
/* A test run: what loading it asks, and lockdown. */
int xbpf_rights_test_run(struct xbpf_cmd *cmd, u32 prog_type, u32 reader);

/* Mounting xbpffs: no words. */
bool xbpf_rights_mount(void);

#endif
