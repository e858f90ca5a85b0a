/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How code that may be running is changed.
 *
 * Intel SDM, volume 3, "Handling Self- and Cross-Modifying Code" (AMD APM volume 2, "Cross-Modifying Code", says
 * the same): the modifying processor waits until the others are parked, writes, and lets them go; each executes a serialising
 * instruction before it comes to the modified code.  That is what stopped() does.
 *
 * stop_machine() runs it on every CPU in a thread of the highest priority, with interrupts off.  Programs run with preemption
 * off, so at that moment no run is under way on any CPU, not even in its middle.  Only an NMI can still come: it finds the
 * run guard taken and is counted as missed.  So runs are before or behind the change, as a whole.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/vmalloc.h>
#include <asm/sync_core.h>
#include "arena.h"
#include "patch.h"
#include "run.h"

#define JMP_REL32	0xe9

struct xbpf_patch_word {
	u64 *to;
	u64 word;
	bool text;		/* @to is an address in the arena until it is mapped */
};

static const u8 nop5[XBPF_PATCH_LEN] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

int xbpf_patch_begin(struct xbpf_patch *patch, u32 max)
{
	memset(patch, 0, sizeof(*patch));
	patch->words = kvmalloc_array(max, sizeof(*patch->words), GFP_KERNEL | __GFP_NOWARN);
	patch->max = max;
	return patch->words ? 0 : -ENOMEM;
}

static struct xbpf_patch_word *word_add(struct xbpf_patch *patch)
{
	if (WARN_ON_ONCE(patch->cnt == patch->max))
		return NULL;
	return &patch->words[patch->cnt++];
}

void xbpf_patch_text(struct xbpf_patch *patch, u8 *at, const void *target)
{
	struct xbpf_patch_word *w = word_add(patch);
	u32 off = (unsigned long)at % sizeof(u64);
	s32 rel = (s32)((const u8 *)target - (at + XBPF_PATCH_LEN));

	if (!w)
		return;
	w->to = (u64 *)(at - off);
	w->word = *w->to;	/* the bytes beside the site stay */
	w->text = true;
	memcpy((u8 *)&w->word + off, nop5, XBPF_PATCH_LEN);
	if (target) {
		*((u8 *)&w->word + off) = JMP_REL32;
		memcpy((u8 *)&w->word + off + 1, &rel, sizeof(rel));
	}
}

void xbpf_patch_data(struct xbpf_patch *patch, void **at, void *value)
{
	struct xbpf_patch_word *w = word_add(patch);

	if (w)
		*w = (struct xbpf_patch_word){ .to = (u64 *)at, .word = (unsigned long)value };
}

/* All pages in one mapping, in ascending order: a page's place in it is how many stand before it. */
int xbpf_patch_map(struct xbpf_patch *patch)
{
	u32 pages = xbpf_arena_pages(), n = 0, i, at;
	struct page **list;

	patch->seen = bitmap_zalloc(pages, GFP_KERNEL);
	if (!patch->seen)
		return -ENOMEM;
	for (i = 0; i < patch->cnt; i++)
		if (patch->words[i].text && !__test_and_set_bit(xbpf_arena_page(patch->words[i].to), patch->seen))
			n++;
	if (!n)
		return 0;
	list = kvmalloc_array(n, sizeof(*list), GFP_KERNEL | __GFP_NOWARN);
	if (!list)
		return -ENOMEM;
	n = 0;
	for_each_set_bit(at, patch->seen, pages)
		list[n++] = vmalloc_to_page(xbpf_arena_page_at(at));
	patch->alias = vmap(list, n, VM_MAP, PAGE_KERNEL);
	kvfree(list);
	if (!patch->alias)
		return -ENOMEM;
	for (i = 0; i < patch->cnt; i++) {
		struct xbpf_patch_word *w = &patch->words[i];

		if (w->text) {
			at = bitmap_weight(patch->seen, xbpf_arena_page(w->to));
			w->to = patch->alias + ((unsigned long)at << PAGE_SHIFT) + offset_in_page(w->to);
		}
	}
	return 0;
}

static void write_words(const struct xbpf_patch *patch)
{
	u32 i;

	for (i = 0; i < patch->cnt; i++)
		WRITE_ONCE(*patch->words[i].to, patch->words[i].word);
}

struct stop {
	const struct xbpf_patch *patch;
	atomic_t here;
	bool written;
};

static int stopped(void *arg)
{
	struct stop *stop = arg;

	xbpf_run_block();
	WARN_ON_ONCE(this_cpu_read(xbpf_running.depth) != 1);
	if (atomic_inc_return(&stop->here) == num_online_cpus()) {
		write_words(stop->patch);
		smp_store_release(&stop->written, true);
	} else {
		while (!smp_load_acquire(&stop->written))
			cpu_relax();
	}
	sync_core();
	xbpf_run_unblock();
	return 0;
}

static void serialise(void *unused)
{
	sync_core();
}

void xbpf_patch_commit(struct xbpf_patch *patch, bool running)
{
	struct stop stop = { .patch = patch };

	if (running) {
		WARN_ON_ONCE(stop_machine(stopped, &stop, cpu_online_mask));
		return;
	}
	write_words(patch);
	on_each_cpu(serialise, NULL, 1);
}

void xbpf_patch_end(struct xbpf_patch *patch)
{
	if (patch->alias)
		vunmap(patch->alias);
	bitmap_free(patch->seen);
	kvfree(patch->words);
}
