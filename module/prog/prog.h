/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs as objects.
 */
#ifndef XBPF_MODULE_PROG_H
#define XBPF_MODULE_PROG_H

#include <linux/err.h>
#include <linux/mutex.h>
#include "core/code.h"
#include "core/prog_type.h"
#include "core/interp.h"
#include "btf/btf.h"
#include "cmd/cmd.h"
#include "object/object.h"
#include "prog/stats.h"

struct xbpf_map;
struct xbpf_jit_poke;
struct xbpf_poke;

/*
 * What a run may reach of its context, for hooks that fill it.  Only ever grows while runs may read
 * it: a reader takes words before written, and believes of the latter what is also in the former.
 */
struct xbpf_ctx_mask {
	u64 words;		/* struct xbpf_code's ctx_words */
	u64 written;		/* ... ctx_written, a part of them */
	bool packet_write;	/* the packet's bytes may be written to directly */
};

/* How runs begin. */
enum xbpf_prog_how {
	XBPF_RUN_INTERPRETED,
	XBPF_RUN_JITED,
	XBPF_RUN_COUNTED,		/* by xbpf_prog_run_counted() */
};

/* Constant once published (id given), but for what the counters change: how, entry, stats. */
struct xbpf_prog {
	u8 how;				/* enum xbpf_prog_how */
	struct xbpf_image *image;	/* interpreted: else NULL */
	const void *entry;		/* JITed: text, or while it is counted a stub in front of it */
	void *target;			/* what a slot of a program array holds: where its code, or its image, begins */
	bool jited;
	u32 type;
	u32 attach_type;		/* expected_attach_type, as it was loaded */
	char name[16];
	u8 tag[8];
	struct xbpf_code code;		/* insns as verified, aux data, maps (one reference each) */
	/* own_ctx_mask; when it tail-calls, what any program of its type reaches (ctx_mask.c) */
	const struct xbpf_ctx_mask *ctx_mask;
	struct xbpf_ctx_mask own_ctx_mask;
	void *text;			/* the JITed image's memory, len bytes */
	u32 jited_len;
	u32 *insn_off;
	u32 tail;			/* how it makes tail calls: a number of xbpf_jit_tail_name(); 0: interpreted */
	struct xbpf_jit_poke *jit_pokes;	/* [poke_cnt], as the JIT gave them */
	struct xbpf_poke *pokes;	/* likewise, once they follow their tables (table/poke.c); else NULL */
	u32 poke_cnt;
	u32 reader;			/* a helper that it calls and that lockdown refuses, or 0 (rights.c) */
	u64 load_time;
	u32 created_by_uid;
	struct xbpf_btf *btf;		/* or NULL */
	struct xbpf_btf_prog records;	/* what code.lines and code.funcs point into, and dumps show */
	struct mutex bind_lock;		/* protects bound, bound_cnt */
	struct xbpf_map *bound[XBPF_MAX_MAPS];	/* by PROG_BIND_MAP, one reference each */
	u32 bound_cnt;
	struct xbpf_prog_stats stats;
	void (*free)(struct xbpf_prog *prog);	/* set by load.c, which made it */
	struct xbpf_object obj;		/* held by fds, pins, slots, links, running commands */
};

extern const struct xbpf_object_ops xbpf_prog_object;

static inline struct xbpf_prog *xbpf_prog_of_object(struct xbpf_object *obj)
{
	return container_of(obj, struct xbpf_prog, obj);
}

/*
 * Any context.  The last put frees program, image and map references from a
 * worker after a grace period: a CPU that is between the load of a slot and
 * the jump is safe when the slot's reference is put right after the slot was cleared.
 */
static inline void xbpf_prog_put(struct xbpf_prog *prog)
{
	xbpf_object_put(&prog->obj);
}

/* ERR_PTR(-EBADF): no such fd, or no program of ours. One reference. */
static inline struct xbpf_prog *xbpf_prog_get_fd(u32 fd)
{
	struct xbpf_object *obj = xbpf_object_get_fd(&xbpf_prog_object, fd);

	return IS_ERR(obj) ? ERR_CAST(obj) : xbpf_prog_of_object(obj);
}

u64 xbpf_prog_types(void);	/* bit per known type */

/* prog/info.c: OBJ_GET_INFO_BY_FD of a program */
long xbpf_prog_info(struct xbpf_object *obj, struct xbpf_cmd *cmd);

/* text/area_text.S, jit/frame.c: the way into compiled programs */
u64 xbpf_trampoline(const void *ctx, const void *image);

u64 xbpf_prog_run_counted(const struct xbpf_prog *prog, void *ctx);	/* prog/stats.c */

/*
 * Runs @prog.  Preemption off, RCU read section, any context up to NMI; the run
 * guard (run.h) is the caller's.
 */
static inline u64 xbpf_prog_run(const struct xbpf_prog *prog, void *ctx)
{
	/* may change between two looks: the last line is right for all */
	if (likely(prog->how == XBPF_RUN_JITED))
		return xbpf_trampoline(ctx, READ_ONCE(prog->entry));
	if (prog->how == XBPF_RUN_INTERPRETED)
		return xbpf_image_run(prog->image, ctx);
	return xbpf_prog_run_counted(prog, ctx);
}

#endif
