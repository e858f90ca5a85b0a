/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of its context a run may reach: what hooks fill before a run and write back after it.
 *
 * A program that tail-calls may come into any other of its type, at any time.  So it counts as
 * reaching what any program of its type ever did since the module was loaded: parts that no program
 * looks at cost no event anything.
 */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include "core/prog_type.h"
#include "prog/prog.h"
#include "prog/ctx_mask.h"

/* By xbpf_prog_type_place(). Written under mask_lock, read by runs. */
static struct xbpf_ctx_mask by_type[XBPF_PROG_TYPE_BITS];
static DEFINE_MUTEX(mask_lock);

/*
 * Before anybody can run the program: runs that began with less are over when it returns, and later
 * ones see the rest.
 */
static void widen(struct xbpf_ctx_mask *all, const struct xbpf_ctx_mask *own)
{
	u64 words, written;
	bool packet_write;

	mutex_lock(&mask_lock);
	words = all->words | own->words;
	written = all->written | own->written;
	packet_write = all->packet_write || own->packet_write;
	if (words != all->words || written != all->written || packet_write != all->packet_write) {
		WRITE_ONCE(all->words, words);
		WRITE_ONCE(all->written, written);
		WRITE_ONCE(all->packet_write, packet_write);
		synchronize_rcu();
	}
	mutex_unlock(&mask_lock);
}

int xbpf_ctx_mask_settle(struct xbpf_prog *prog)
{
	const struct xbpf_code *code = &prog->code;
	u32 place = xbpf_prog_type_place(prog->type), i;
	struct xbpf_ctx_mask *all;

	if (WARN_ON_ONCE(place >= ARRAY_SIZE(by_type)))
		return -EINVAL;
	all = &by_type[place];
	prog->own_ctx_mask.words = code->ctx_words;
	prog->own_ctx_mask.written = code->ctx_written;
	prog->own_ctx_mask.packet_write = code->packet_write;
	prog->ctx_mask = &prog->own_ctx_mask;
	widen(all, &prog->own_ctx_mask);
	for (i = 0; i < code->subprog_cnt; i++)
		if (code->subprogs[i].has_tail_call)
			prog->ctx_mask = all;
	return 0;
}
