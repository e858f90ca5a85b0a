/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Program arrays: the slots, who is behind them, and the places in compiled programs that follow
 * them.
 */
#ifndef XBPF_MODULE_PROG_ARRAY_H
#define XBPF_MODULE_PROG_ARRAY_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include "map/map.h"
#include "prog/prog.h"

struct xbpf_stub;
struct xbpf_tree;

struct xbpf_array_pokes {
	/* protects all below, but for what says otherwise, and writes to slot[] */
	struct mutex lock;
	struct xarray by_slot;		/* struct xbpf_poke, the first of a ring: jumps to the slot's program */
	struct xbpf_poke *any;		/* likewise: jumps to the tree */
	u32 cnt;			/* in both */
	struct xbpf_tree *tree;		/* what they jump to; NULL: they have a nop */
	void *landing;			/* its code or NULL; any CPU that comes to a jump under change reads it */
	struct delayed_work rebuild;	/* of the tree (tree.c) */
	unsigned long rebuilt;		/* jiffies; written by the work alone, like fallbacks */
	u64 patches, rebuilds, fallbacks;	/* struct xbpf_table_info */
};

/*
 * What is counted of a slot (count.c).  Under array->lock; runs read taken and on.  Once made it
 * stays as long as the table.
 */
struct xbpf_slot_count {
	struct xbpf_tail_count tail;	/* with the counter, whatever programs the slot has */
	u64 kept;			/* the table's share of it, from times that are over */
	u64 began;			/* ... and where the present one began */
	bool on;
	struct xbpf_stub *stub;		/* what slot[] leads to; NULL: to the program */
};

struct xbpf_prog_array {
	struct xbpf_map map;
	/* protects owned, loading, type, attach_type, jited, progs[], and writes to slot[]; before
	 * pokes.lock */
	struct mutex lock;
	bool owned;			/* for good: type, attach_type and jited hold */
	u32 loading;			/* loads that were admitted and are not settled: they hold until then */
	bool jited;
	u32 type;
	u32 attach_type;
	bool counted;			/* all slots with programs are */
	u32 counting;			/* slots that are, for that or for their programs' sake */
	struct xbpf_slot_count **counts;	/* [max_entries]; NULL: none ever was counted */
	struct xbpf_array_pokes pokes;
	struct xbpf_prog **progs;	/* max_entries; behind the slots in the same memory */
	struct xbpf_prog_slots table;	/* the slots follow */
};

static inline struct xbpf_prog_array *xbpf_prog_array_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_prog_array, map);
}

/* commands.c: the program array behind an fd, or ERR_PTR with words; the file holds it. */
struct file *xbpf_prog_array_fget(struct xbpf_cmd *cmd, u32 fd, struct xbpf_prog_array **array);

/* A slot that changes hands. */
struct xbpf_slot_change {
	u32 index;
	/* in: the new one or NULL; out: who was there. With the slot's reference */
	struct xbpf_prog *prog;
	/* of count.c: the slot is counted from then on, by this stub if the program is JITed */
	bool counted;
	struct xbpf_stub *stub;
	u64 before;			/* the slot's counter, before it changes */
};

enum xbpf_slots_how {
	XBPF_SLOTS_EACH,	/* each slot with its poke sites in one moment (patch.h) */
	XBPF_SLOTS_AT_ONCE,	/* all in one moment that no run sees from within, if there is one now */
};

/*
 * Slots and the poke sites that follow them change.  0, -ENOMEM, with XBPF_SLOTS_AT_ONCE -EAGAIN,
 * or where slots are counted -ENOSPC or -EINTR: then nothing has changed.  Emptying a slot for
 * itself can only be -ENOMEM.  Under array->lock; no index twice.
 */
int xbpf_slots_change(struct xbpf_prog_array *array, struct xbpf_slot_change *changes, u32 cnt,
		      enum xbpf_slots_how how);

extern const struct xbpf_map_ops xbpf_prog_array_ops;

/*
 * A table belongs to the kind of its first program, loaded with it or put in it.  0, or -EINVAL
 * with words: "table 'jmp' (id 3) belongs to jited kprobe programs, program 7 is interpreted".  May
 * sleep.  load.c calls it for every program array of a new program, before the program is
 * published, and for each that admitted it xbpf_prog_array_settle() when it is known whether the
 * load succeeded: a load that fails leaves no mark on a table that was nobody's.
 */
int xbpf_prog_array_admit(struct xbpf_map *map, const struct xbpf_prog *prog, struct xbpf_cmd *cmd);
void xbpf_prog_array_settle(struct xbpf_map *map, bool loaded);

/* Is the program of the table's kind, or does it decide the kind?  Under array->lock. */
long xbpf_prog_array_accept(struct xbpf_prog_array *array, const struct xbpf_prog *prog,
			    struct xbpf_cmd *cmd);

/*
 * A new program's poke sites take the state of their tables and follow it (a step of load.c), until
 * it is freed.
 */
int xbpf_pokes_link(struct xbpf_prog *prog, struct xbpf_cmd *cmd);
void xbpf_pokes_unlink(struct xbpf_prog *prog);

/*
 * count.c.  Around xbpf_slots_change(): _prepare() makes what counts the new programs, and may
 * fail; _moved() says of one slot that it has changed, from change->prog to array->progs[];
 * _forget() undoes _prepare().  All under array->lock.
 */
int xbpf_counts_prepare(struct xbpf_prog_array *array, struct xbpf_slot_change *changes, u32 cnt);
void xbpf_counts_moved(struct xbpf_prog_array *array, const struct xbpf_slot_change *change);
void xbpf_counts_forget(struct xbpf_slot_change *changes, u32 cnt);
/* Are slots with this program to be counted? */
bool xbpf_is_counted(const struct xbpf_prog_array *array, const struct xbpf_prog *prog);
/* NULL: the slot never was. */
struct xbpf_slot_count *xbpf_count_of(const struct xbpf_prog_array *array, u32 index);
void xbpf_counts_tell(struct xbpf_prog_array *array);	/* the interpreter, of array->counted */
void xbpf_counts_free(struct xbpf_prog_array *array);
/* env->tail_taken() of interpreted programs */
void xbpf_prog_array_taken(const struct xbpf_prog_slots *table, u32 index);

void xbpf_array_pokes_init(struct xbpf_array_pokes *pokes, work_func_t rebuild);
/* nobody has poke sites there any more; may sleep */
void xbpf_array_pokes_exit(struct xbpf_array_pokes *pokes);

/* tree.c: soon the tree will have the programs that are in the table then. Under pokes->lock. */
void xbpf_tree_schedule(struct xbpf_array_pokes *pokes);
void xbpf_tree_work(struct work_struct *work);
void *xbpf_tree_code(const struct xbpf_tree *tree);	/* NULL for NULL */
/* the same programs; not with NULL */
bool xbpf_tree_same(const struct xbpf_tree *a, const struct xbpf_tree *b);
u32 xbpf_tree_targets(const struct xbpf_tree *tree);
/* Its length, 0 for NULL. */
u32 xbpf_tree_copy(const struct xbpf_tree *tree, void *to, u32 room);
/* The members that poke.c knows, and at most @room bytes of the tree they tell of. */
void xbpf_pokes_info(struct xbpf_array_pokes *pokes, struct xbpf_table_info *info, void *code,
		     u32 room);
unsigned long xbpf_pokes_landing(struct xbpf_array_pokes *pokes);	/* the tree's code, or 0 */
void xbpf_tree_free(struct xbpf_tree *tree);			/* nothing leads to it; may sleep, may be NULL */
/*
 * poke.c: all run-time poke sites go to @tree (which may be NULL), the old tree is freed behind a
 * grace period.  -ENOMEM: they did not, and @tree is freed.
 */
int xbpf_pokes_retree(struct xbpf_array_pokes *pokes, struct xbpf_tree *tree);

#endif
