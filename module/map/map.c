/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps as objects: memory, freezing, mappings, fds, setup.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>
#include <linux/vmalloc.h>
#include "btf/btf.h"
#include "cmd/name.h"
#include "compat/mm.h"
#include "map/map.h"

/* ---- memory ---- */

/*
 * __GFP_RETRY_MAYFAIL: a map that does not fit is the caller's error, no reason to kill some
 * process; __GFP_NOWARN: nor one for a line in the kernel log.
 */
#define AREA_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

static void *area_checked(struct xbpf_cmd *cmd, u64 bytes, void *p)
{
	if (p)
		return p;
	return ERR_PTR(xbpf_cmd_fail(cmd, -ENOMEM, "no memory for %llu bytes of map", bytes));
}

/* What kvmalloc() gives at most. */
long xbpf_map_limit(struct xbpf_cmd *cmd, u64 bytes)
{
	if (bytes <= INT_MAX)
		return 0;
	return xbpf_cmd_fail(cmd, -E2BIG, "the map would take %llu bytes, the limit is %d",
			     bytes, INT_MAX);
}

void *xbpf_map_area(struct xbpf_cmd *cmd, u64 bytes, int node)
{
	long err = xbpf_map_limit(cmd, bytes);

	if (err)
		return ERR_PTR(err);
	return area_checked(cmd, bytes, kvmalloc_node(bytes, AREA_GFP, node));
}

void *xbpf_map_pages(struct xbpf_cmd *cmd, u64 bytes)
{
	long err = xbpf_map_limit(cmd, bytes);

	if (err)
		return ERR_PTR(err);
	/* vmalloc_user() has the same pages, but does not charge them */
	return area_checked(cmd, bytes, __vmalloc(PAGE_ALIGN(bytes), AREA_GFP));
}

int xbpf_map_node(const struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;

	return attr->map_flags & BPF_F_NUMA_NODE ? (int)attr->numa_node : NUMA_NO_NODE;
}

void xbpf_map_copy(void *dst, const void *src, u32 size)
{
	u64 *to = dst, word;
	u32 i;

	for (i = 0; i + 8 <= size; i += 8) {
		memcpy(&word, src + i, 8);	/* @src may be a program's stack, of any alignment */
		WRITE_ONCE(*to++, word);
	}
	memcpy(to, src + i, size - i);
}

int xbpf_map_next_index(struct xbpf_map *map, const void *key, void *next)
{
	u32 index = key ? *(const u32 *)key : U32_MAX;

	if (index == map->info.max_entries - 1)
		return -ENOENT;
	*(u32 *)next = index < map->info.max_entries ? index + 1 : 0;
	return 0;
}

/* ---- frozen or being written ---- */

int xbpf_map_write_begin(struct xbpf_map *map, struct xbpf_cmd *cmd)
{
	int err = 0;

	mutex_lock(&map->freeze_lock);
	if (map->info.frozen)
		err = -EPERM;
	else
		map->writers++;
	mutex_unlock(&map->freeze_lock);
	if (err)
		xbpf_cmd_fail(cmd, err, "map '%s' (id %u) is frozen: user space may only read it",
			      map->info.name, map->info.id);
	return err;
}

void xbpf_map_write_end(struct xbpf_map *map)
{
	mutex_lock(&map->freeze_lock);
	WARN_ON_ONCE(!map->writers);
	map->writers--;
	mutex_unlock(&map->freeze_lock);
}

long xbpf_map_freeze_cmd(struct xbpf_cmd *cmd)
{
	struct file *file = xbpf_map_fget(cmd, cmd->attr->bpf.map_fd);
	struct xbpf_map *map;
	long err = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	map = xbpf_map_of_file(file);
	mutex_lock(&map->freeze_lock);
	if (!(file->f_mode & FMODE_WRITE))
		err = xbpf_cmd_fail(cmd, -EPERM, "the fd of map '%s' is read-only: it may not freeze the map",
				    map->info.name);
	else if (map->info.frozen)
		err = xbpf_cmd_fail(cmd, -EBUSY, "map '%s' (id %u) is frozen already",
				    map->info.name, map->info.id);
	else if (map->writers)
		err = xbpf_cmd_fail(cmd, -EBUSY,
				    "map '%s' (id %u) is being written: %u writable mappings or commands under way",
				    map->info.name, map->info.id, map->writers);
	else
		WRITE_ONCE(map->info.frozen, 1);	/* the verifier reads it without the lock */
	mutex_unlock(&map->freeze_lock);
	fput(file);
	return err;
}

/* ---- mappings ---- */

/* A mapping that may be written has VM_MAYWRITE, the others have lost it in map_mmap(). */
static void map_vm_open(struct vm_area_struct *vma)
{
	struct xbpf_map *map = vma->vm_private_data;

	if (!(vma->vm_flags & VM_MAYWRITE))
		return;
	mutex_lock(&map->freeze_lock);
	map->writers++;		/* the mapping that this one comes from counts: not frozen */
	mutex_unlock(&map->freeze_lock);
}

static void map_vm_close(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE)
		xbpf_map_write_end(vma->vm_private_data);
}

/* The file, and by it the map, outlives the mapping: the mm core holds it. */
static const struct vm_operations_struct map_vm_ops = {
	.open = map_vm_open,
	.close = map_vm_close,
};

static int map_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct xbpf_map *map = xbpf_map_of_file(file);
	int err;

	if (!map->ops->mmap)
		return -ENOTSUPP;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	mutex_lock(&map->freeze_lock);
	if (vma->vm_flags & VM_WRITE) {
		err = -EPERM;
		if (map->info.frozen)
			goto unlock;
		/* programs may treat its values as constants once it is frozen: as upstream */
		err = -EACCES;
		if (map->info.flags & BPF_F_RDONLY_PROG)
			goto unlock;
	}
	vma->vm_ops = &map_vm_ops;
	vma->vm_private_data = map;
	xbpf_compat_vm_flags_clear(vma, VM_MAYEXEC);
	if (!(vma->vm_flags & VM_WRITE))
		xbpf_compat_vm_flags_clear(vma, VM_MAYWRITE);
	err = map->ops->mmap(map, vma);
	if (!err && (vma->vm_flags & VM_MAYWRITE))
		map->writers++;
unlock:
	mutex_unlock(&map->freeze_lock);
	return err;
}

/* ---- fds ---- */

static __poll_t map_poll(struct file *file, struct poll_table_struct *table)
{
	struct xbpf_map *map = xbpf_map_of_file(file);

	return map->ops->poll ? map->ops->poll(map, file, table) : EPOLLERR;
}

static const struct file_operations map_fops = {
	.owner = THIS_MODULE,
	.release = xbpf_object_release,
	.mmap = map_mmap,
	.poll = map_poll,
	.show_fdinfo = xbpf_object_show,
};

struct file *xbpf_map_fget(struct xbpf_cmd *cmd, u32 fd)
{
	struct file *file = fget(fd);
	struct xbpf_object *obj;

	if (!file)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EBADF, "%d is no open file descriptor", (int)fd));
	obj = xbpf_object_of_file(file);
	if (obj && obj->ops == &xbpf_map_object)
		return file;
	fput(file);
	return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL, "file descriptor %d is not a map of xbpf", (int)fd));
}

/* ---- the object ---- */

/*
 * Nobody can come to the map any more: the last reference is gone, the id was taken out before the
 * grace period, and programs, the only ones that use a map without a reference of their own to it,
 * hold theirs until no CPU runs them.  From the worker: the types' free functions sleep (vfree,
 * mutexes).
 */
static void map_free(struct xbpf_object *obj)
{
	struct xbpf_map *map = xbpf_map_of_object(obj);
	struct xbpf_btf *btf = map->btf;

	WARN_ON_ONCE(map->writers);
	mutex_destroy(&map->freeze_lock);
	map->ops->free(map);
	if (btf)
		xbpf_btf_put(btf);
}

static void map_named(struct xbpf_object *obj)
{
	xbpf_map_of_object(obj)->info.id = obj->id;
}

static void map_closed(struct xbpf_object *obj, const struct file *file)
{
	struct xbpf_map *map = xbpf_map_of_object(obj);

	if (map->ops->release)
		map->ops->release(map, file);
}

static void map_unused(struct xbpf_object *obj)
{
	struct xbpf_map *map = xbpf_map_of_object(obj);

	if (map->ops->release_users)
		map->ops->release_users(map);
}

static XBPF_IDS(map_ids);

const struct xbpf_object_ops xbpf_map_object = {
	.noun = "map",
	.file_name = XBPF_NAME "-map",
	.fops = &map_fops,
	.ids = &map_ids,
	.next_id_cmd = BPF_MAP_GET_NEXT_ID,
	.fd_by_id_cmd = BPF_MAP_GET_FD_BY_ID,
	.no_id = "there is no map with id",
	.wrong_fd = -EINVAL,
	.mode = O_RDWR,
	.has_modes = true,
	.has_pins = true,
	.end = XBPF_END_GRACE,
	.free = map_free,
	.named = map_named,
	.closed = map_closed,
	.unused = map_unused,
	.info = xbpf_map_info,
	.show = xbpf_map_show,
};

/* From here on the map is freed by xbpf_map_put(). Takes over the reference to @btf. */
void xbpf_map_setup(struct xbpf_map *map, const struct xbpf_map_ops *ops,
		    const union bpf_attr *attr, struct xbpf_btf *btf)
{
	struct xbpf_map_info *info = &map->info;

	info->type = attr->map_type;
	info->key_size = attr->key_size;
	info->value_size = attr->value_size;
	info->max_entries = attr->max_entries;
	info->flags = attr->map_flags;
	memcpy(info->name, attr->map_name, sizeof(info->name));
	map->ops = ops;
	if (!map->sys_value_size)
		map->sys_value_size = attr->value_size;
	xbpf_object_init(&map->obj, &xbpf_map_object);
	mutex_init(&map->freeze_lock);
	map->btf = btf;
	if (btf) {
		map->btf_key_type_id = attr->btf_key_type_id;
		map->btf_value_type_id = attr->btf_value_type_id;
	}
	map->load_time = ktime_get_boottime_ns();
	map->created_by_uid = from_kuid_munged(current_user_ns(), current_uid());
}
