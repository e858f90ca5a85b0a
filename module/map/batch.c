/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many elements by one command: MAP_LOOKUP_BATCH, MAP_LOOKUP_AND_DELETE_BATCH, MAP_UPDATE_BATCH,
 * MAP_DELETE_BATCH.
 *
 * attr.batch.count comes back as the number of elements done, with success and with errors alike:
 * what was done stays done.  A lookup goes on where the last one ended: in_batch is what came out
 * as out_batch.  For maps that are walked by keys that is the last key (key_size bytes); for hash
 * maps the number of the next bucket (4 bytes), and a bucket is given whole or not at all: ENOSPC
 * asks for a larger count.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "map/map.h"

/* The command's map, kernel copies of one key and one value, and how far it got. */
struct batch {
	struct file *file;
	struct xbpf_map *map;
	bool writing;
	void *key, *next, *value;
	u32 done;
};

static void batch_end(struct batch *b)
{
	if (b->writing)
		xbpf_map_write_end(b->map);
	kvfree(b->value);
	kvfree(b->next);
	kvfree(b->key);
	fput(b->file);
}

static long batch_mode(struct batch *b, struct xbpf_cmd *cmd, fmode_t need)
{
	fmode_t lacks = need & ~b->file->f_mode;
	long err;

	if (lacks)
		return xbpf_cmd_fail(cmd, -EPERM, "the fd of map '%s' is %s-only", b->map->info.name,
				     lacks & FMODE_READ ? "write" : "read");
	if (!(need & FMODE_WRITE))
		return 0;
	err = xbpf_map_write_begin(b->map, cmd);
	b->writing = !err;
	return err;
}

static long no_batches(const struct xbpf_map *map, struct xbpf_cmd *cmd)
{
	return xbpf_cmd_fail(cmd, -ENOTSUPP, "map '%s' (id %u) is of type %s, which has no such batches",
			     map->info.name, map->info.id, xbpf_map_type_name(map->info.type));
}

static long batch_begin(struct batch *b, struct xbpf_cmd *cmd, fmode_t need)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	const struct xbpf_map_info *info;
	long err;

	memset(b, 0, sizeof(*b));
	if (attr->batch.elem_flags & BPF_F_LOCK)
		return xbpf_cmd_fail(cmd, -EINVAL, "BPF_F_LOCK: values of xbpf have no spin locks");
	if (attr->batch.flags)
		return xbpf_cmd_fail(cmd, -EINVAL, "flags 0x%llx: batches have none", attr->batch.flags);
	b->file = xbpf_map_fget(cmd, attr->batch.map_fd);
	if (IS_ERR(b->file))
		return PTR_ERR(b->file);
	b->map = xbpf_map_of_file(b->file);
	cmd->map_file = b->file;
	info = &b->map->info;
	err = batch_mode(b, cmd, need);
	if (!err) {
		b->key = kvzalloc(info->key_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		b->next = kvzalloc(info->key_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		b->value = kvzalloc(b->map->sys_value_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!b->key || !b->next || !b->value)
			err = xbpf_cmd_fail(cmd, -ENOMEM, "no memory for an element of map '%s'", info->name);
	}
	if (!err && !info->key_size)
		err = no_batches(b->map, cmd);
	if (err)
		batch_end(b);
	return err;
}

static void __user *at(u64 base, u32 i, u32 size)
{
	return u64_to_user_ptr(base + (u64)i * size);
}

static long bad_pointer(struct xbpf_cmd *cmd, const char *what, u32 i)
{
	return xbpf_cmd_fail(cmd, -EFAULT, "%s of element %u: no memory of this process", what, i);
}

/* The count is told whatever became of the rest, unless even that cannot be written. */
static long put_count(struct xbpf_cmd *cmd, u32 done, long err)
{
	cmd->attr->bpf.batch.count = done;
	if (xbpf_cmd_put(cmd, bpf.batch.count))
		return -EFAULT;
	return err;
}

static long read_key(struct batch *b, struct xbpf_cmd *cmd)
{
	u32 size = b->map->info.key_size;

	if (copy_from_user(b->key, at(cmd->attr->bpf.batch.keys, b->done, size), size))
		return bad_pointer(cmd, "key", b->done);
	return 0;
}

long xbpf_map_update_batch_cmd(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 count = attr->batch.count, size;
	struct batch b;
	long err;

	if (attr->batch.in_batch || attr->batch.out_batch)
		return xbpf_cmd_fail(cmd, -EINVAL, "in_batch and out_batch are for lookups");
	err = batch_begin(&b, cmd, FMODE_WRITE);
	if (err)
		return err;
	size = b.map->sys_value_size;
	if (!b.map->ops->sys_update)
		err = no_batches(b.map, cmd);
	else if (attr->batch.elem_flags > BPF_EXIST)
		err = xbpf_cmd_fail(cmd, -EINVAL, "elem_flags 0x%llx: BPF_ANY, BPF_NOEXIST or BPF_EXIST",
				    attr->batch.elem_flags);
	for (; !err && b.done < count; b.done += !err) {
		err = read_key(&b, cmd);
		if (!err && copy_from_user(b.value, at(attr->batch.values, b.done, size), size))
			err = bad_pointer(cmd, "value", b.done);
		if (!err)
			err = b.map->ops->sys_update(b.map, b.key, b.value, attr->batch.elem_flags, cmd);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	err = put_count(cmd, b.done, err);
	batch_end(&b);
	return err;
}

long xbpf_map_delete_batch_cmd(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 count = attr->batch.count;
	struct batch b;
	long err;

	if (attr->batch.in_batch || attr->batch.out_batch || attr->batch.values)
		return xbpf_cmd_fail(cmd, -EINVAL, "in_batch, out_batch and values are for lookups");
	if (attr->batch.elem_flags)
		return xbpf_cmd_fail(cmd, -EINVAL, "elem_flags 0x%llx: a deletion has none",
				     attr->batch.elem_flags);
	err = batch_begin(&b, cmd, FMODE_WRITE);
	if (err)
		return err;
	if (!b.map->ops->sys_delete)
		err = no_batches(b.map, cmd);
	for (; !err && b.done < count; b.done += !err) {
		err = read_key(&b, cmd);
		if (!err)
			err = b.map->ops->sys_delete(b.map, b.key, cmd);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	err = put_count(cmd, b.done, err);
	batch_end(&b);
	return err;
}

/* By keys in their order. Deleted meanwhile: passed over. */
static long walk_keys(struct batch *b, struct xbpf_cmd *cmd, u32 count)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 key_size = b->map->info.key_size, size = b->map->sys_value_size;
	const void *from = NULL;
	long err = 0;

	if (attr->batch.in_batch) {
		if (copy_from_user(b->key, u64_to_user_ptr(attr->batch.in_batch), key_size))
			return xbpf_cmd_fail(cmd, -EFAULT, "in_batch: no %u readable bytes", key_size);
		from = b->key;
	}
	while (b->done < count) {
		err = b->map->ops->next_key(b->map, from, b->next);
		if (err)
			break;
		err = b->map->ops->sys_lookup(b->map, b->next, b->value, cmd);
		if (!err) {
			if (copy_to_user(at(attr->batch.keys, b->done, key_size), b->next, key_size) ||
			    copy_to_user(at(attr->batch.values, b->done, size), b->value, size))
				return bad_pointer(cmd, "key or value", b->done);
			b->done++;
		} else if (err != -ENOENT) {
			break;
		}
		err = 0;
		swap(b->key, b->next);
		from = b->key;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	if (from && b->done && copy_to_user(u64_to_user_ptr(attr->batch.out_batch), b->key, key_size))
		return xbpf_cmd_fail(cmd, -EFAULT, "out_batch: no %u writable bytes", key_size);
	return err;
}

/* Room of ours for the elements of one bucket. */
struct bucket_room {
	u32 count;
	void *keys;
	void *values;
	u32 stride;		/* of values: sys_value_size rounded up to 8 */
};

static void room_free(struct bucket_room *room)
{
	kvfree(room->values);
	kvfree(room->keys);
}

static long room_alloc(struct bucket_room *room, struct batch *b, struct xbpf_cmd *cmd, u32 count)
{
	room->count = count;
	room->stride = round_up(b->map->sys_value_size, 8);
	room->keys = kvmalloc_array(count, b->map->info.key_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	room->values = kvcalloc(count, room->stride, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (room->keys && room->values)
		return 0;
	room_free(room);
	memset(room, 0, sizeof(*room));
	return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for %u elements", count);
}

static long room_out(const struct bucket_room *room, struct batch *b, struct xbpf_cmd *cmd, u32 n)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 key_size = b->map->info.key_size, size = b->map->sys_value_size, i;

	if (copy_to_user(at(attr->batch.keys, b->done, key_size), room->keys, (size_t)n * key_size))
		return bad_pointer(cmd, "key", b->done);
	for (i = 0; i < n; i++)
		if (copy_to_user(at(attr->batch.values, b->done + i, size),
				 room->values + (size_t)i * room->stride, size))
			return bad_pointer(cmd, "value", b->done + i);
	b->done += n;
	return 0;
}

/*
 * Each bucket is copied whole under its lock. take: what was copied is deleted, and lost when user
 * space has no room.
 */
static long walk_buckets(struct batch *b, struct xbpf_cmd *cmd, u32 count, bool take)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 bucket = 0, left, n;
	struct bucket_room room;
	long err;

	if (attr->batch.in_batch && copy_from_user(&bucket, u64_to_user_ptr(attr->batch.in_batch),
						   sizeof(bucket)))
		return xbpf_cmd_fail(cmd, -EFAULT, "in_batch: no %zu readable bytes", sizeof(bucket));
	err = room_alloc(&room, b, cmd, 4);
	while (!err) {
		left = count - b->done;
		n = min(room.count, left);
		err = b->map->ops->bucket(b->map, bucket, room.keys, room.values, &n, take);
		if (err == -ENOSPC && n <= left) {
			room_free(&room);
			err = room_alloc(&room, b, cmd, n);
			continue;
		}
		if (err)
			break;
		bucket++;
		err = n ? room_out(&room, b, cmd, n) : 0;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	room_free(&room);
	if (err == -ENOSPC && b->done)		/* the next call begins with this bucket */
		err = 0;
	if ((!err || err == -ENOENT) && copy_to_user(u64_to_user_ptr(attr->batch.out_batch),
						     &bucket, sizeof(bucket)))
		return xbpf_cmd_fail(cmd, -EFAULT, "out_batch: no %zu writable bytes", sizeof(bucket));
	return err;
}

static long lookup_batch(struct xbpf_cmd *cmd, bool take)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	u32 count = attr->batch.count;
	struct batch b;
	long err;

	if (attr->batch.elem_flags & ~(u64)BPF_F_LOCK)
		return xbpf_cmd_fail(cmd, -EINVAL, "elem_flags 0x%llx: a lookup has none",
				     attr->batch.elem_flags);
	err = batch_begin(&b, cmd, take ? FMODE_READ | FMODE_WRITE : FMODE_READ);
	if (err)
		return err;
	if (!b.map->ops->bucket && (take || !b.map->ops->next_key || !b.map->ops->sys_lookup))
		err = no_batches(b.map, cmd);
	else if (count)
		err = b.map->ops->bucket ? walk_buckets(&b, cmd, count, take) : walk_keys(&b, cmd, count);
	if (err == -ENOSPC)
		xbpf_cmd_fail(cmd, err, "count %u: the next bucket of map '%s' has more elements", count,
			      b.map->info.name);
	err = put_count(cmd, b.done, err);
	batch_end(&b);
	return err;
}

long xbpf_map_lookup_batch_cmd(struct xbpf_cmd *cmd)
{
	return lookup_batch(cmd, false);
}

long xbpf_map_lookup_and_delete_batch_cmd(struct xbpf_cmd *cmd)
{
	return lookup_batch(cmd, true);
}
