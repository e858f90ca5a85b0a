/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Perf event arrays: where perf_event_output() writes.
 *
 * User space opens software events of the kind PERF_COUNT_SW_BPF_OUTPUT with perf_event_open(2),
 * one for each CPU, puts their fds here and maps their buffers (libbpf's perf_buffer does it).  The
 * kernel exports nothing that writes into such a buffer, nor anything that gets from the fd to the
 * event.  But the file of a perf event has the event as its private data, and an event has a
 * function that is called with a sample when it overflows: the one that writes the sample into its
 * buffer.  That is what the upstream helper does too.
 *
 * A slot holds the file, and by it the event; both live on until no program can use them any more.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include "compat/perf.h"
#include "map/perf.h"

/*
 * The size of a record has 16 bits and counts other parts of the sample too; nobody checks for an
 * overflow.
 */
#define RECORD_MAX	60000

struct perf_slot {
	struct file *file;		/* one reference */
	struct perf_event *event;	/* the file's */
	const struct file *opener;	/* the map's file that it came by; compared only */
	struct rcu_head rcu;
};

struct xbpf_perf_array {
	struct xbpf_map map;
	struct perf_slot __rcu *slot[];	/* exchanged whole */
};

/* What perf's functions need; the run guard keeps it to one program. */
struct perf_scratch {
	struct perf_sample_data data;
	struct pt_regs regs;
};
static DEFINE_PER_CPU(struct perf_scratch, scratch);

static struct xbpf_perf_array *array_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_perf_array, map);
}

/* ---- slots ---- */

/* No program uses the event any more. */
static void slot_free(struct rcu_head *rcu)
{
	struct perf_slot *slot = container_of(rcu, struct perf_slot, rcu);

	fput(slot->file);
	kfree(slot);
}

static bool slot_exchange(struct xbpf_perf_array *array, u32 index, struct perf_slot *new)
{
	struct perf_slot *old = unrcu_pointer(xchg(&array->slot[index], RCU_INITIALIZER(new)));

	if (old)
		call_rcu(&old->rcu, slot_free);
	return old;
}

/*
 * Its name is all that tells a perf event's file; names of anonymous inodes are the kernel's own.
 */
static bool is_perf_event(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == ANON_INODE_FS_MAGIC &&
	       !strcmp(file->f_path.dentry->d_name.name, "[perf_event]") && file->private_data;
}

static long check_event(struct xbpf_cmd *cmd, u32 fd, const struct file *file)
{
	const struct perf_event *event;

	if (!is_perf_event(file))
		return xbpf_cmd_fail(cmd, -EINVAL, "file descriptor %d is no perf event", (int)fd);
	event = file->private_data;
	if (event->attr.type != PERF_TYPE_SOFTWARE || event->attr.config != PERF_COUNT_SW_BPF_OUTPUT ||
	    !event->overflow_handler)
		return xbpf_cmd_fail(cmd, -EOPNOTSUPP,
				     "file descriptor %d: perf events of xbpf are "
				     "of type PERF_TYPE_SOFTWARE, config PERF_COUNT_SW_BPF_OUTPUT; "
				     "counters cannot be read from programs",
				     (int)fd);
	if (event->attr.inherit)
		return xbpf_cmd_fail(cmd, -EOPNOTSUPP,
				     "file descriptor %d: events with attr.inherit have no buffer "
				     "of their own",
				     (int)fd);
	return 0;
}

static struct perf_slot *slot_new(struct xbpf_cmd *cmd, u32 fd)
{
	struct file *file = fget(fd);
	struct perf_slot *slot;
	long err;

	if (!file)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EBADF, "%d is no open file descriptor", (int)fd));
	err = check_event(cmd, fd, file);
	slot = err ? NULL : kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot) {
		fput(file);
		return ERR_PTR(err ?: -ENOMEM);
	}
	slot->file = file;
	slot->event = file->private_data;
	slot->opener = cmd->map_file;
	return slot;
}

/* ---- from programs ---- */

int xbpf_perf_output(struct xbpf_map *map, u32 index, struct pt_regs *regs, const void *data,
		     u64 size)
{
	struct xbpf_perf_array *array = array_of(map);
	struct perf_scratch *s = this_cpu_ptr(&scratch);
	struct perf_raw_record raw = {};
	struct perf_event *event;
	struct perf_slot *slot;

	if (index >= map->info.max_entries || size > RECORD_MAX)
		return -E2BIG;
	slot = rcu_dereference_check(array->slot[index], rcu_read_lock_any_held());
	if (!slot)
		return -ENOENT;
	event = slot->event;
	if (READ_ONCE(event->oncpu) != smp_processor_id())
		return -EOPNOTSUPP;
	raw.frag.data = (void *)data;
	raw.frag.size = size;
	raw.size = round_up(size + sizeof(u32), sizeof(u64)) - sizeof(u32);
	raw.frag.pad = raw.size - size;
	if (!regs) {		/* a test run */
		regs = &s->regs;
		perf_fetch_caller_regs(regs);
	}
	perf_sample_data_init(&s->data, 0, 0);
	xbpf_compat_perf_raw(&s->data, event, &raw);
	event->overflow_handler(event, &s->data, regs);
	return 0;
}

/* ---- creation ---- */

static struct xbpf_map *array_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_perf_array *array;
	u64 bytes = sizeof(*array) + (u64)attr->max_entries * sizeof(void *);

	if (attr->key_size != 4 || attr->value_size != 4)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "key_size %u, value_size %u: both are 4 bytes", attr->key_size,
					     attr->value_size));
	array = xbpf_map_area(cmd, bytes, xbpf_map_node(cmd));
	if (IS_ERR(array))
		return ERR_CAST(array);
	array->map.memory = bytes;
	array->map.info.addr = (unsigned long)&array->map;
	return &array->map;
}

/*
 * A file through which slots were filled is closed: they are emptied with it, as upstream, unless
 * the map says otherwise.
 */
static void array_release(struct xbpf_map *map, const struct file *file)
{
	struct xbpf_perf_array *array = array_of(map);
	struct perf_slot *slot;
	u32 i;

	if (map->info.flags & BPF_F_PRESERVE_ELEMS)
		return;
	for (i = 0; i < map->info.max_entries; i++) {
		rcu_read_lock();
		slot = rcu_dereference(array->slot[i]);
		if (slot && slot->opener == file)
			slot_exchange(array, i, NULL);
		rcu_read_unlock();
	}
}

static void array_free(struct xbpf_map *map)
{
	u32 i;

	for (i = 0; i < map->info.max_entries; i++)
		slot_exchange(array_of(map), i, NULL);
	kvfree(array_of(map));
}

/* ---- commands ---- */

static int index_refused(struct xbpf_map *map, u32 index, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -E2BIG, "index %u: array '%s' has %u elements", index, map->info.name,
			     map->info.max_entries);
}

static int array_update(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;
	struct perf_slot *slot;

	if (flags != BPF_ANY)
		return xbpf_cmd_fail(cmd, -EINVAL,
				     "flags 0x%llx: perf event arrays are written with BPF_ANY", flags);
	if (index >= map->info.max_entries)
		return index_refused(map, index, cmd);
	slot = slot_new(cmd, *(const u32 *)value);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	slot_exchange(array_of(map), index, slot);
	return 0;
}

static int array_delete(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd)
{
	u32 index = *(const u32 *)key;

	if (index >= map->info.max_entries)
		return index_refused(map, index, cmd);
	return slot_exchange(array_of(map), index, NULL) ? 0 : -ENOENT;
}

/* Events have no ids: as upstream, they cannot be looked up. */
const struct xbpf_map_ops xbpf_perf_event_array_ops = {
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PRESERVE_ELEMS,
	.alloc = array_alloc,
	.free = array_free,
	.release = array_release,
	.sys_update = array_update,
	.sys_delete = array_delete,
	.next_key = xbpf_map_next_index,
};
