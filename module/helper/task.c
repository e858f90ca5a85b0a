/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where and when a program runs: clocks, CPU, current task.
 */
#include <linux/bpf.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/uidgid.h>
#include "helper/helper.h"
#include "link/link.h"
#include "map/cgroup.h"
#include "run/budget.h"

/* The fast clocks may be read in an NMI that interrupted their update. */
XBPF_HELPER(ktime_get_ns)
{
	return ktime_get_mono_fast_ns();
}

XBPF_HELPER(ktime_get_boot_ns)
{
	return ktime_get_boot_fast_ns();
}

/*
 * The clock that others read at the last tick is behind a lock which a probed function may hold; a
 * finer one does no harm.
 */
XBPF_HELPER(ktime_get_coarse_ns)
{
	return ktime_get_mono_fast_ns();
}

XBPF_HELPER(ktime_get_tai_ns)
{
	return ktime_get_tai_fast_ns();
}

XBPF_HELPER(jiffies64)
{
	return get_jiffies_64();
}

XBPF_HELPER(get_smp_processor_id)
{
	return smp_processor_id();
}

XBPF_HELPER(get_numa_node_id)
{
	return numa_node_id();
}

XBPF_HELPER(get_current_pid_tgid)
{
	return (u64)current->tgid << 32 | (u32)current->pid;
}

XBPF_HELPER(get_current_task)
{
	return (unsigned long)current;
}

/* In the default hierarchy, as the inode number of its folder. */
XBPF_HELPER(get_current_cgroup_id)
{
	return cgroup_id(task_dfl_cgroup(current));
}

/* R1: level, 0 is the root */
XBPF_HELPER(get_current_ancestor_cgroup_id)
{
	struct cgroup *ancestor = cgroup_ancestor(task_dfl_cgroup(current), (int)r1);

	return ancestor ? cgroup_id(ancestor) : 0;
}

/*
 * R1, R2: device and inode of the pid namespace's file, R3: struct bpf_pidns_info, R4: its size.
 * Which device that is no module can tell; the inode numbers of namespaces are unique without it.
 */
XBPF_HELPER(get_ns_current_pid_tgid)
{
	struct bpf_pidns_info *info = (struct bpf_pidns_info *)r3;
	struct pid_namespace *ns = task_active_pid_ns(current);

	xbpf_budget_clear(info, r4);
	if ((u32)r4 != sizeof(*info) || !ns || ns->ns.inum != r2 || !r1)
		return -EINVAL;
	info->pid = task_pid_nr_ns(current, ns);
	info->tgid = task_tgid_nr_ns(current, ns);
	return 0;
}

XBPF_HELPER(get_current_uid_gid)
{
	kuid_t uid;
	kgid_t gid;

	current_uid_gid(&uid, &gid);
	return (u64)from_kgid(&init_user_ns, gid) << 32 | from_kuid(&init_user_ns, uid);
}

/* R1: buffer, R2: its size, which the verifier knows not to be 0. */
XBPF_HELPER(get_current_comm)
{
	char *buf = (char *)r1;
	u32 size = r2;
	u32 n = min_t(u32, size, TASK_COMM_LEN);

	xbpf_budget_clear(buf, size);
	memcpy(buf, current->comm, n);
	buf[n - 1] = '\0';
	return 0;
}

XBPF_HELPER(get_attach_cookie)
{
	return xbpf_link_cookie();
}

/* R1: map, R2: index */
XBPF_HELPER(current_task_under_cgroup)
{
	return xbpf_cgroup_holds_current((struct xbpf_map *)(unsigned long)r1, r2);
}
