/* SPDX-License-Identifier: GPL-2.0 */
/* Along the kernel's structures by CO-RE: the ancestors of a task, its credentials, its files. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid, euid;
} __attribute__((preserve_access_index));

struct mm_struct {
	unsigned long start_code, start_brk, brk;
} __attribute__((preserve_access_index));

struct qstr {
	const unsigned char *name;
} __attribute__((preserve_access_index));

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
} __attribute__((preserve_access_index));

struct path {
	struct dentry *dentry;
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
	unsigned int f_flags;
} __attribute__((preserve_access_index));

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} __attribute__((preserve_access_index));

struct files_struct {
	struct fdtable *fdt;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid, tgid;
	char comm[16];
	struct task_struct *real_parent;
	const struct cred *cred;
	struct mm_struct *mm;
	struct files_struct *files;
	int no_such_member___ours;
} __attribute__((preserve_access_index));

#define ANCESTORS	8
#define FILES		8

struct record {
	__u32 depth, files;
	__u32 uid, euid;
	__u64 heap;
	int pids[ANCESTORS];
	char comms[ANCESTORS][16];
	char names[FILES][32];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record);
} records SEC(".maps");

SEC("kprobe/wake_up_new_task")
int BPF_KPROBE(born, struct task_struct *task)
{
	struct task_struct *t = task;
	struct record *r;
	struct file **fds;
	__u32 zero = 0, max;
	int i;

	r = bpf_map_lookup_elem(&records, &zero);
	if (!r)
		return 0;
	r->uid = BPF_CORE_READ(task, cred, uid.val);
	r->euid = BPF_CORE_READ(task, cred, euid.val);
	if (BPF_CORE_READ(task, mm))
		r->heap = BPF_CORE_READ(task, mm, brk) - BPF_CORE_READ(task, mm, start_brk);
	for (i = 0; i < ANCESTORS; i++) {
		r->pids[i] = BPF_CORE_READ(t, pid);
		bpf_core_read_str(r->comms[i], sizeof(r->comms[i]), &t->comm);
		r->depth = i + 1;
		if (r->pids[i] <= 1)
			break;
		t = BPF_CORE_READ(t, real_parent);
		if (!t)
			break;
	}
	fds = BPF_CORE_READ(task, files, fdt, fd);
	max = BPF_CORE_READ(task, files, fdt, max_fds);
	r->files = 0;
	for (i = 0; i < FILES; i++) {
		const unsigned char *name;
		struct file *file;

		if (i >= max || bpf_core_read(&file, sizeof(file), &fds[i]))
			break;
		if (!file)
			continue;
		name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
		if (bpf_core_read_str(r->names[i], sizeof(r->names[i]), name) > 0)
			r->files++;
	}
	if (bpf_core_field_exists(task->no_such_member___ours))
		r->files = BPF_CORE_READ(task, no_such_member___ours);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
