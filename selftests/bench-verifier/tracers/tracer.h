/* SPDX-License-Identifier: GPL-2.0 */
/* What the handlers of the tracers share. These are no kernel structures: the shape counts. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

#define DATA_SIZE	4096	/* a power of two */
#define NAME_MAX_SIZE	128
#ifndef NAMES
#define NAMES		40	/* of a path */
#endif

#define EVENT_EXEC	1
#define FLAG_NEW_USER	1
#define FLAG_NEW_CAPS	2

struct mm_struct { unsigned long pad[20], arg_start, arg_end, env_start, env_end; };
struct qstr { unsigned int hash, len; const char *name; };
struct dentry { unsigned int flags; struct dentry *parent; struct qstr name; };
struct mount { struct mount *parent; struct dentry *mountpoint, *root; };
struct path { struct mount *mnt; struct dentry *dentry; };
struct fs_struct { int users; struct path root, pwd; };
struct file { unsigned int flags; struct path path; };
struct cred { int usage; unsigned int uid, gid, euid, egid; __u64 effective, permitted; };
struct ns { unsigned int inum; };
struct nsproxy { struct ns *ns[7]; };
struct task_struct {
	int pid, tgid;
	__u64 start_time;
	char comm[16];
	struct task_struct *real_parent;
	const struct cred *cred;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct file *exe;
};

struct identity {
	__u32 pid, tgid, uid, gid, euid, egid;
	__u64 start, caps, permitted;
	__u32 ns[7], in_container;
	char comm[16];
};

struct process {
	struct identity identity;
	__u64 since, execs;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

/* What clang knows of it does not help the verifier. */
#define keep(var) asm volatile("" : "+r"(var))

static __always_inline int wanted(__u32 event)
{
	__u32 *set = bpf_map_lookup_elem(&settings, &event), any = 0;

	if (!set)
		set = bpf_map_lookup_elem(&settings, &any);
	return set && *set;
}

static __always_inline void identify(struct identity *out, struct task_struct *task)
{
	const struct cred *cred = 0;
	struct nsproxy *proxy = 0;
	struct ns *ns;
	int i;

	bpf_probe_read_kernel(&out->pid, sizeof(out->pid), &task->pid);
	bpf_probe_read_kernel(&out->tgid, sizeof(out->tgid), &task->tgid);
	bpf_probe_read_kernel(&out->start, sizeof(out->start), &task->start_time);
	bpf_probe_read_kernel_str(out->comm, sizeof(out->comm), task->comm);
	bpf_probe_read_kernel(&cred, sizeof(cred), &task->cred);
	if (cred) {
		bpf_probe_read_kernel(&out->uid, sizeof(out->uid), &cred->uid);
		bpf_probe_read_kernel(&out->gid, sizeof(out->gid), &cred->gid);
		bpf_probe_read_kernel(&out->euid, sizeof(out->euid), &cred->euid);
		bpf_probe_read_kernel(&out->egid, sizeof(out->egid), &cred->egid);
		bpf_probe_read_kernel(&out->caps, sizeof(out->caps), &cred->effective);
		bpf_probe_read_kernel(&out->permitted, sizeof(out->permitted), &cred->permitted);
	}
	bpf_probe_read_kernel(&proxy, sizeof(proxy), &task->nsproxy);
	if (!proxy)
		return;
	_Pragma("unroll")
	for (i = 0; i < 7; i++) {
		bpf_probe_read_kernel(&ns, sizeof(ns), &proxy->ns[i]);
		if (!ns)
			continue;
		bpf_probe_read_kernel(&out->ns[i], sizeof(out->ns[i]), &ns->inum);
		if (out->ns[i] != 0xf0000000u + i)
			out->in_container = 1;
	}
}

static __always_inline struct path *task_file(struct task_struct *task)
{
	struct file *file = 0;

	bpf_probe_read_kernel(&file, sizeof(file), &task->exe);
	return file ? &file->path : 0;
}

static __always_inline struct path *task_cwd(struct task_struct *task)
{
	struct fs_struct *fs = 0;

	bpf_probe_read_kernel(&fs, sizeof(fs), &task->fs);
	return fs ? &fs->pwd : 0;
}

/* From the file up to the root, over mounts; each name is put behind the one below it. */
static __always_inline __u32 path_of(char *data, __u32 at, struct path *path)
{
	struct dentry *dentry = 0, *parent, *root = 0;
	struct mount *mnt = 0, *above;
	int i;

	if (!path)
		return at;
	bpf_probe_read_kernel(&dentry, sizeof(dentry), &path->dentry);
	bpf_probe_read_kernel(&mnt, sizeof(mnt), &path->mnt);
	bpf_probe_read_kernel(&root, sizeof(root), &mnt->root);
	_Pragma("unroll")
	for (i = 0; i < NAMES; i++) {
		struct qstr name = {};

		parent = 0;
		bpf_probe_read_kernel(&parent, sizeof(parent), &dentry->parent);
		if (dentry == root || dentry == parent) {
			above = 0;
			bpf_probe_read_kernel(&above, sizeof(above), &mnt->parent);
			if (above == mnt || !above)
				break;
			bpf_probe_read_kernel(&dentry, sizeof(dentry), &mnt->mountpoint);
			bpf_probe_read_kernel(&root, sizeof(root), &above->root);
			mnt = above;
			continue;
		}
		bpf_probe_read_kernel(&name, sizeof(name), &dentry->name);
		if (name.len < NAME_MAX_SIZE) {
			__u32 len = name.len;

			keep(at);
			at &= DATA_SIZE - 1;
			keep(len);
			len &= NAME_MAX_SIZE - 1;
			if (!bpf_probe_read_kernel(data + at, len, name.name))
				at += len;
			keep(at);
			at &= DATA_SIZE - 1;
			data[at] = '/';
			at++;
		}
		dentry = parent;
	}
	return at & (DATA_SIZE - 1);
}

static __always_inline void send(void *record, __u32 size)
{
	if (size > 0 && size < DATA_SIZE)
		bpf_ringbuf_output(&events, record, size, 0);
}
