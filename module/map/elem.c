/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Elements of maps: the commands on them.
 *
 * A command holds the fd's file to its end.  The file is a user of the map, so that nobody can put
 * a program into a table whose last user is gone (map.h), however the command races with close().
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "map/map.h"

/* What an element's key or value usually fits in; larger ones are allocated. */
struct small {
	u64 words[4];
};

/*
 * A command on an element, its buffers and its hold on the map; call_end() undoes any part of it.
 */
struct map_call {
	struct file *file;
	struct xbpf_map *map;
	void *key;		/* NULL: the command has none */
	void *value;
	bool writing;
	struct small small_key, small_value;	/* where key and value are when they fit */
};

static void drop(void *buf, const struct small *small)
{
	if (buf != small)
		kvfree(buf);
}

static void call_end(struct map_call *call)
{
	if (call->writing)
		xbpf_map_write_end(call->map);
	drop(call->value, &call->small_value);
	drop(call->key, &call->small_key);
	fput(call->file);
}

static long refuse_type(struct xbpf_cmd *cmd, const struct xbpf_map *map, const char *what)
{
	return xbpf_cmd_fail(cmd, -ENOTSUPP, "map '%s' (id %u) is of type %s, where %s",
			     map->info.name, map->info.id, xbpf_map_type_name(map->info.type), what);
}

/* Room for an answer. Zeroed: a type may leave padding between values alone. */
static void *room(struct xbpf_cmd *cmd, const char *what, u32 size, struct small *small)
{
	void *p;

	if (size <= sizeof(*small))
		return memset(small, 0, sizeof(*small));
	p = kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!p)
		xbpf_cmd_fail(cmd, -ENOMEM, "no memory for a %s of %u bytes", what, size);
	return p;
}

/* A kernel copy of @size bytes from @uptr. */
static void *copy_in(struct xbpf_cmd *cmd, const char *what, u64 uptr, u32 size,
		     struct small *small)
{
	void *copy = size <= sizeof(*small) ? small :
		     kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);

	if (!copy)
		return ERR_PTR(xbpf_cmd_fail(cmd, -ENOMEM, "no memory for a %s of %u bytes", what, size));
	if (copy_from_user(copy, u64_to_user_ptr(uptr), size)) {
		drop(copy, small);
		return ERR_PTR(xbpf_cmd_fail(cmd, -EFAULT, "the %s: no %u readable bytes at 0x%llx",
					     what, size, uptr));
	}
	return copy;
}

/*
 * The map of attr.map_fd, open for @need, with the key copied in unless attr.key is 0 and @first
 * allows it. A failing begin has nothing left to undo.
 */
static long call_begin(struct map_call *call, struct xbpf_cmd *cmd, fmode_t need, bool first)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	long err = 0;

	call->key = NULL;
	call->value = NULL;
	call->writing = false;
	call->file = xbpf_map_fget(cmd, attr->map_fd);
	if (IS_ERR(call->file))
		return PTR_ERR(call->file);
	call->map = xbpf_map_of_file(call->file);
	cmd->map_file = call->file;
	if (!(call->file->f_mode & need)) {
		err = xbpf_cmd_fail(cmd, -EPERM, "the fd of map '%s' is %s-only", call->map->info.name,
				    need == FMODE_WRITE ? "read" : "write");
	} else if (need == FMODE_WRITE) {
		err = xbpf_map_write_begin(call->map, cmd);
		call->writing = !err;
	}
	if (!err && !call->map->info.key_size) {
		if (attr->key)
			err = xbpf_cmd_fail(cmd, -EINVAL, "map '%s' has no keys: the key must be NULL",
					    call->map->info.name);
	} else if (!err && !(first && !attr->key)) {
		call->key = copy_in(cmd, "key", attr->key, call->map->info.key_size, &call->small_key);
		if (IS_ERR(call->key)) {
			err = PTR_ERR(call->key);
			call->key = NULL;
		}
	}
	if (err)
		call_end(call);
	return err;
}

/* BPF_ANY, _NOEXIST or _EXIST. */
static long check_elem_flags(struct xbpf_cmd *cmd, u64 flags)
{
	if (flags & BPF_F_LOCK)
		return xbpf_cmd_fail(cmd, -EINVAL, "BPF_F_LOCK: values of xbpf have no spin locks");
	if (flags > BPF_EXIST)
		return xbpf_cmd_fail(cmd, -EINVAL, "flags 0x%llx: BPF_ANY, BPF_NOEXIST or BPF_EXIST", flags);
	return 0;
}

/* The value to user space. */
static long value_out(const struct map_call *call, struct xbpf_cmd *cmd)
{
	u64 to = cmd->attr->bpf.value;
	u32 size = call->map->sys_value_size;

	if (!copy_to_user(u64_to_user_ptr(to), call->value, size))
		return 0;
	return xbpf_cmd_fail(cmd, -EFAULT, "the value: no %u writable bytes at 0x%llx", size, to);
}

/* What is taken is lost when user space has no room for it, as upstream. */
static long lookup(struct xbpf_cmd *cmd, bool take)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct map_call call;
	long err = check_elem_flags(cmd, attr->flags);

	if (!err && attr->flags)
		err = xbpf_cmd_fail(cmd, -EINVAL, "flags 0x%llx: a lookup has none", attr->flags);
	err = err ?: call_begin(&call, cmd, take ? FMODE_WRITE : FMODE_READ, false);
	if (err)
		return err;
	call.value = room(cmd, "value", call.map->sys_value_size, &call.small_value);
	if (!call.value)
		err = -ENOMEM;
	else if (take && !(call.file->f_mode & FMODE_READ))
		err = xbpf_cmd_fail(cmd, -EPERM, "the fd of map '%s' is write-only", call.map->info.name);
	else if (take)
		err = call.map->ops->sys_take ? call.map->ops->sys_take(call.map, call.key, call.value, cmd) :
		      refuse_type(cmd, call.map, "a lookup cannot delete");
	else
		err = call.map->ops->sys_lookup ? call.map->ops->sys_lookup(call.map, call.key, call.value, cmd) :
		      refuse_type(cmd, call.map, "values cannot be looked up");
	err = err ?: value_out(&call, cmd);
	call_end(&call);
	return err;
}

long xbpf_map_lookup_cmd(struct xbpf_cmd *cmd)
{
	return lookup(cmd, false);
}

long xbpf_map_lookup_and_delete_cmd(struct xbpf_cmd *cmd)
{
	return lookup(cmd, true);
}

long xbpf_map_update_cmd(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct map_call call;
	long err = check_elem_flags(cmd, attr->flags) ?: call_begin(&call, cmd, FMODE_WRITE, false);

	if (err)
		return err;
	call.value = copy_in(cmd, "value", attr->value, call.map->sys_value_size, &call.small_value);
	if (IS_ERR(call.value)) {
		err = PTR_ERR(call.value);
		call.value = NULL;
	} else if (!call.map->ops->sys_update) {
		err = refuse_type(cmd, call.map, "values cannot be written from user space");
	} else {
		err = call.map->ops->sys_update(call.map, call.key, call.value, attr->flags, cmd);
	}
	call_end(&call);
	return err;
}

long xbpf_map_delete_cmd(struct xbpf_cmd *cmd)
{
	struct map_call call;
	long err = call_begin(&call, cmd, FMODE_WRITE, false);

	if (err)
		return err;
	if (!call.map->ops->sys_delete)
		err = refuse_type(cmd, call.map, "nothing can be deleted by key");
	else
		err = call.map->ops->sys_delete(call.map, call.key, cmd);
	call_end(&call);
	return err;
}

long xbpf_map_next_key_cmd(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct map_call call;
	u32 size;
	long err = call_begin(&call, cmd, FMODE_READ, true);

	if (err)
		return err;
	size = call.map->info.key_size;
	call.value = room(cmd, "key", size, &call.small_value);
	if (!call.value)
		err = -ENOMEM;
	else if (!call.map->ops->next_key)
		err = refuse_type(cmd, call.map, "there are no keys to list");
	else
		err = call.map->ops->next_key(call.map, call.key, call.value);
	if (!err && copy_to_user(u64_to_user_ptr(attr->next_key), call.value, size))
		err = xbpf_cmd_fail(cmd, -EFAULT, "the next key: no %u writable bytes at 0x%llx",
				    size, attr->next_key);
	call_end(&call);
	return err;
}

