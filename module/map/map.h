/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps: the common part.  Programs, slots of maps of maps and running commands hold references;
 * fds and pins are users besides (object/object.h).
 */
#ifndef XBPF_MODULE_MAP_H
#define XBPF_MODULE_MAP_H

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include "core/env.h"
#include "core/map.h"
#include "cmd/cmd.h"
#include "include/lists/map_types.h"
#include "object/object.h"

struct file;
struct vm_area_struct;
struct seq_file;
struct poll_table_struct;
struct xbpf_map;
struct xbpf_btf;

/* One table per map type; a map type is a file and a row of include/lists/map_types.h. */
struct xbpf_map_ops {
	u32 flags;					/* of map_flags, those that this type knows */
	bool holds_maps;				/* attr.inner_map_fd means something */
	struct xbpf_map *(*alloc)(struct xbpf_cmd *cmd);	/* attr checked by alloc; ERR_PTR */
	void (*free)(struct xbpf_map *map);		/* nobody can look any more; may sleep */
	/* an fd's file is closed; may be NULL; may sleep */
	void (*release)(struct xbpf_map *map, const struct file *file);
	void (*release_users)(struct xbpf_map *map);	/* the last user is gone; may be NULL; may sleep */

	/*
	 * From user space; may sleep; NULL: ENOTSUPP. @key (NULL when key_size is 0) and @value
	 * (map->sys_value_size bytes) are kernel copies.
	 */
	int (*sys_lookup)(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd);
	int (*sys_update)(struct xbpf_map *map, const void *key, const void *value, u64 flags,
			  struct xbpf_cmd *cmd);
	int (*sys_delete)(struct xbpf_map *map, const void *key, struct xbpf_cmd *cmd);
	/* look up and delete */
	int (*sys_take)(struct xbpf_map *map, const void *key, void *value, struct xbpf_cmd *cmd);
	/* key NULL: first; -ENOENT: no more */
	int (*next_key)(struct xbpf_map *map, const void *key, void *next);
	/*
	 * For batches: copies all elements of bucket @n, at most *count of them, and deletes them
	 * if @take; values 8-byte aligned. Sets *count; -ENOSPC: there are more, this many;
	 * -ENOENT: there is no bucket @n.
	 */
	int (*bucket)(struct xbpf_map *map, u32 n, void *keys, void *values, u32 *count, bool take);
	int (*mmap)(struct xbpf_map *map, struct vm_area_struct *vma);	/* NULL: ENOTSUPP as upstream */
	__poll_t (*poll)(struct xbpf_map *map, struct file *file, struct poll_table_struct *table);
	void (*show)(struct xbpf_map *map, struct seq_file *m);	/* own lines of fdinfo; may be NULL */

	/* From programs: any context with preemption off, RCU read section. NULL: not callable. */
	xbpf_helper_fn lookup, update, delete;
	xbpf_helper_fn lookup_percpu;	/* (map, key, cpu) */
	xbpf_helper_fn push, pop, peek;
	xbpf_helper_fn each;		/* (map, callback, its context, flags) */
};

struct xbpf_map {
	struct xbpf_map_info info;	/* info.addr is set by alloc, info.id from obj.id */
	const struct xbpf_map_ops *ops;
	u32 sys_value_size;		/* bytes of a value as user space gives and gets it; set by alloc when that is
					 * not value_size, constant */
	struct mutex freeze_lock;	/* protects frozen against writers in flight */
	u32 writers;			/* under freeze_lock: commands and writable mmaps under way */
	struct xbpf_btf *btf;		/* one reference, or NULL; constant */
	u32 btf_key_type_id, btf_value_type_id;
	u64 memory;			/* bytes, shown in fdinfo; set by alloc, constant */
	u64 load_time;
	u32 created_by_uid;
	struct xbpf_object obj;
};

extern const struct xbpf_object_ops xbpf_map_object;

/* From here on the map is freed by xbpf_map_put(). Takes over the reference to @btf. */
void xbpf_map_setup(struct xbpf_map *map, const struct xbpf_map_ops *ops,
		    const union bpf_attr *attr, struct xbpf_btf *btf);

static inline struct xbpf_map *xbpf_map_of_object(struct xbpf_object *obj)
{
	return container_of(obj, struct xbpf_map, obj);
}

/* Any context. The last put frees the map from a worker after a grace period. */
static inline void xbpf_map_put(struct xbpf_map *map)
{
	xbpf_object_put(&map->obj);
}

/*
 * The map behind an fd, with one reference: ERR_PTR(-EBADF) no such fd, -EINVAL not a map of ours.
 */
static inline struct xbpf_map *xbpf_map_get_fd(u32 fd)
{
	struct xbpf_object *obj = xbpf_object_get_fd(&xbpf_map_object, fd);

	return IS_ERR(obj) ? ERR_CAST(obj) : xbpf_map_of_object(obj);
}

static inline struct xbpf_map *xbpf_map_of(const struct xbpf_map_info *info)
{
	return container_of((struct xbpf_map_info *)info, struct xbpf_map, info);
}

/*
 * Memory of a map: zeroed, charged to the caller's memory cgroup, at least 8-byte aligned, on @node
 * if that is not NUMA_NO_NODE; ERR_PTR with words.  xbpf_map_pages(): page by page
 * (vmalloc_to_page() each), for mmap.
 */
void *xbpf_map_area(struct xbpf_cmd *cmd, u64 bytes, int node);
void *xbpf_map_pages(struct xbpf_cmd *cmd, u64 bytes);
/* 0, or -E2BIG with words: for memory that comes in pieces */
long xbpf_map_limit(struct xbpf_cmd *cmd, u64 bytes);
int xbpf_map_node(const struct xbpf_cmd *cmd);	/* of MAP_CREATE's attr, or NUMA_NO_NODE */

/*
 * Copies a value by whole aligned words, so that nobody sees half a counter. @dst is 8-byte
 * aligned.
 */
void xbpf_map_copy(void *dst, const void *src, u32 size);

/* next_key of maps whose keys are the numbers below max_entries. */
int xbpf_map_next_index(struct xbpf_map *map, const void *key, void *next);

/* A command's hold on "not frozen": 0, or -EPERM with words. Balanced by xbpf_map_write_end(). */
int xbpf_map_write_begin(struct xbpf_map *map, struct xbpf_cmd *cmd);
void xbpf_map_write_end(struct xbpf_map *map);

/*
 * The fd's file when it is a map of ours, else ERR_PTR with words. The caller fput()s it; until
 * then it is a user.
 */
struct file *xbpf_map_fget(struct xbpf_cmd *cmd, u32 fd);

/* The map behind a file of xbpf_map_fget(), or of one of the map's own file operations. */
static inline struct xbpf_map *xbpf_map_of_file(const struct file *file)
{
	return xbpf_map_of_object(xbpf_object_of_file(file));
}

#define DECLARE(NUMBER, name) extern const struct xbpf_map_ops xbpf_##name##_ops;
XBPF_MAP_TYPES(DECLARE)
#undef DECLARE

/* map/info.c: what a map says of itself; members of xbpf_map_object */
long xbpf_map_info(struct xbpf_object *obj, struct xbpf_cmd *cmd);
void xbpf_map_show(struct xbpf_object *obj, struct seq_file *m);

#endif
