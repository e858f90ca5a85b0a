/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs: load, references, fds.
 */
#ifndef XBPF_MODULE_PROG_H
#define XBPF_MODULE_PROG_H

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "../core/code.h"
#include "../core/interp.h"
#include "cmd.h"

struct file;
struct xbpf_btf;

/* Constant once published (id given), but for the counts. */
struct xbpf_prog {
	u64 (*run)(const void *ctx);	/* JITed: the entry; NULL: interpreted */
	struct xbpf_image *image;	/* interpreted: else NULL */
	void *target;			/* what a slot of a program array holds: landing pad or image */
	bool jited;
	u32 type;
	u32 id;
	char name[16];
	u8 tag[8];
	atomic64_t refs;		/* fds, pins, slots, links, running commands */
	struct xbpf_code code;		/* insns as verified, facts, maps (one reference each) */
	void *arena;			/* the JITed image's memory, len bytes */
	u32 jited_len, landing;
	u32 *insn_off;
	u64 load_time;
	u32 created_by_uid;
	struct xbpf_btf *btf;		/* or NULL */
	struct work_struct free_work;
	struct rcu_head rcu;
};

void xbpf_prog_get(struct xbpf_prog *prog);
/*
 * Any context.  The last put frees program, image and map references from a
 * worker after a grace period: a CPU that is between the load of a slot and
 * the jump is safe when the slot's reference is put right after the slot was cleared.
 */
void xbpf_prog_put(struct xbpf_prog *prog);
/* ERR_PTR(-EBADF): no such fd, or no program of ours. One reference. */
struct xbpf_prog *xbpf_prog_get_fd(u32 fd);
int xbpf_prog_new_fd(struct xbpf_prog *prog);	/* takes its own reference */
bool xbpf_prog_file(const struct file *file);
const char *xbpf_prog_type_name(u32 type);

/*
 * Runs @prog.  Preemption off, RCU read section, any context up to NMI; the run
 * guard (run.h) is the caller's.
 */
static inline u64 xbpf_prog_run(const struct xbpf_prog *prog, void *ctx)
{
	if (prog->run)
		return prog->run(ctx);
	return xbpf_image_run(prog->image, ctx);
}

#endif
