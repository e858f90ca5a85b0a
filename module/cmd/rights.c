/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may do what: the capabilities that a command, a type of program or a hook asks for, and
 * lockdown.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/uidgid.h>
#include <net/net_namespace.h>
#include "core/code.h"
#include "core/helper.h"
#include "core/prog_type.h"
#include "compat/lockdown.h"
#include "cmd/rights.h"

/* As bpf(2) asks at the loading of programs; 0: nothing more than CAP_BPF. */
static const u8 load_caps[] = {
	[XBPF_LOAD_BPF] = 0,
	[XBPF_LOAD_PERFMON] = CAP_PERFMON,
	[XBPF_LOAD_NET_ADMIN] = CAP_NET_ADMIN,
};

static const char *cap_name(int cap)
{
	switch (cap) {
	case CAP_NET_ADMIN:
		return "CAP_NET_ADMIN";
	case CAP_NET_RAW:
		return "CAP_NET_RAW";
	case CAP_PERFMON:
		return "CAP_PERFMON";
	default:
		return "CAP_SYS_ADMIN";
	}
}

/* In the initial user namespace. */
static bool has(int cap)
{
	return capable(cap) || (cap != CAP_SYS_ADMIN && capable(CAP_SYS_ADMIN));
}

int xbpf_rights_check(struct xbpf_cmd *cmd, const struct xbpf_rights *rights)
{
	int cap = rights->whose == XBPF_WHOSE_INIT ? rights->cap : CAP_SYS_ADMIN;

	if (!bpf_capable())
		return xbpf_cmd_fail(cmd, -EPERM, "needs CAP_BPF or CAP_SYS_ADMIN: run it as root");
	if (cap && !has(cap))
		return xbpf_cmd_fail(cmd, -EPERM, "%s needs %s besides CAP_BPF: run it as root", rights->what,
				     cap_name(cap));
	cmd->granted = rights;
	return 0;
}

int xbpf_rights_check_net(struct xbpf_cmd *cmd, const struct xbpf_rights *rights,
			const struct net *net, const char *dev)
{
	ASSERT_RTNL();
	if (WARN_ON_ONCE(rights->whose != XBPF_WHOSE_NET) || !ns_capable(net->user_ns, rights->cap))
		return xbpf_cmd_fail(cmd, -EPERM, "%s needs %s in the network namespace of '%s'", rights->what,
				     cap_name(rights->cap), dev);
	cmd->granted = rights;
	return 0;
}

int xbpf_rights_check_tasks(struct xbpf_cmd *cmd, const struct xbpf_rights *rights, bool over,
			  pid_t pid)
{
	if (WARN_ON_ONCE(rights->whose != XBPF_WHOSE_TASKS) || !over)
		return xbpf_cmd_fail(cmd, -EPERM,
			"%s on process %d "
			"needs CAP_SYS_ADMIN in the user namespace of each of its tasks; "
			"without it they must have no_new_privs (see prctl(2)) and be yours: your "
			"own process, a child of your user, or one that you trace",
			rights->what, pid);
	cmd->granted = rights;
	return 0;
}

static int lockdown(struct xbpf_cmd *cmd, int reason, const char *what)
{
	if (!reason || !security_locked_down(reason))
		return 0;
	return xbpf_cmd_fail(cmd, -EPERM,
			     "%s: refused, the kernel is locked down (/sys/kernel/security/lockdown)",
			     what);
}

int xbpf_rights_lockdown(struct xbpf_cmd *cmd, const struct xbpf_rights *rights)
{
	return lockdown(cmd, rights->lockdown, rights->what);
}

/*
 * --- tasks -------------------------------------------------------------------------------------
 */

/*
 * Under task_lock(), which keeps mm.  Asked behind the credentials: commit_creds() makes the memory
 * of a task that gains rights not dumpable before it publishes them.
 */
static bool dumpable(const struct task_struct *task)
{
	smp_rmb();
	return !task->mm || get_dumpable(task->mm) == SUID_DUMP_USER;
}

static bool admin_over(const struct task_struct *task, const struct cred *cred)
{
	return ns_capable(cred->user_ns, CAP_SYS_ADMIN) &&
	       (dumpable(task) || ns_capable(task->mm->user_ns, CAP_SYS_ADMIN));
}

/* As __ptrace_may_access() compares. */
static bool same_as_caller(const struct task_struct *task, const struct cred *cred)
{
	const struct cred *mine = current_cred();

	return cred->user_ns == mine->user_ns &&
	       uid_eq(mine->uid, cred->euid) && uid_eq(mine->uid, cred->suid) &&
	       uid_eq(mine->uid, cred->uid) &&
	       gid_eq(mine->gid, cred->egid) && gid_eq(mine->gid, cred->sgid) &&
	       gid_eq(mine->gid, cred->gid) &&
	       cap_issubset(cred->cap_permitted, mine->cap_permitted) && dumpable(task);
}

/*
 * An orphan is its foster parent's.  A task that was reaped keeps a pointer to its parent, which
 * may be gone: nobody descends from anybody then.
 */
bool xbpf_rights_descends(struct task_struct *task, const struct task_struct *leader)
{
	struct task_struct *p;

	if (!pid_alive(task))
		return false;
	for (p = task; p != &init_task; p = rcu_dereference(p->real_parent))
		if (p->signal == leader->signal)
			return true;
	return false;
}

/* In an RCU read section. */
static bool callers_own(struct task_struct *task, const struct cred *cred)
{
	struct task_struct *tracer = ptrace_parent(task);

	/*
	 * while ptrace(2) begins or ends, the "tracer" is the parent, who traces nothing yet or any
	 * more
	 */
	if (tracer == rcu_dereference(task->real_parent))
		tracer = NULL;
	if (same_thread_group(task, current) || (tracer && same_thread_group(tracer, current)))
		return true;
	return xbpf_rights_descends(task, current) && same_as_caller(task, cred);
}

/*
 * What is true now stays true where it matters: no_new_privs is never taken back, and with it no
 * exec gives the task more than it has.
 */
bool xbpf_rights_over(struct task_struct *task)
{
	const struct cred *cred;
	bool over;

	rcu_read_lock();
	task_lock(task);
	cred = __task_cred(task);
	over = (task_no_new_privs(task) && callers_own(task, cred)) || admin_over(task, cred);
	task_unlock(task);
	rcu_read_unlock();
	return over;
}

/*
 * --- programs ----------------------------------------------------------------------------------
 */

int xbpf_rights_load(struct xbpf_cmd *cmd, u32 prog_type)
{
	const struct xbpf_prog_type_info *type = xbpf_prog_type_find(prog_type);
	u8 cap;

	if (!type || type->load == XBPF_LOAD_NOBODY || type->load >= ARRAY_SIZE(load_caps))
		return xbpf_cmd_fail(cmd, -EPERM, "%s programs: nobody has the right to them",
				     xbpf_prog_type_name(prog_type));
	cap = load_caps[type->load];
	if (!cap || has(cap))
		return 0;
	return xbpf_cmd_fail(cmd, -EPERM, "%s programs need %s besides CAP_BPF: run it as root",
			     type->name, cap_name(cap));
}

/* By the form of the instructions alone: what is no call of a helper does not look like one. */
u32 xbpf_rights_reader(const struct xbpf_code *code)
{
	const struct xbpf_helper *helper;
	const struct bpf_insn *insn;
	u32 i;

	for (i = 0; i < code->insn_cnt; i++) {
		insn = &code->insns[i];
		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
			continue;
		helper = xbpf_helper_find(insn->imm);
		if (helper && helper->reads_kernel)
			return insn->imm;
	}
	return 0;
}

int xbpf_rights_reads(struct xbpf_cmd *cmd, u32 reader)
{
	const struct xbpf_helper *helper = xbpf_helper_find(reader);
	char what[96];

	if (!reader)
		return 0;
	snprintf(what, sizeof(what), "a program that reads the kernel's memory (bpf_%s#%u)",
		 helper ? helper->name : "?", reader);
	return lockdown(cmd, XBPF_COMPAT_LOCKDOWN_READ, what);
}

int xbpf_rights_test_run(struct xbpf_cmd *cmd, u32 prog_type, u32 reader)
{
	int err = xbpf_rights_load(cmd, prog_type);

	return err ? err : xbpf_rights_reads(cmd, reader);
}

bool xbpf_rights_mount(void)
{
	return capable(CAP_SYS_ADMIN);
}
