/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How code that may be running is changed.
 *
 * Intel SDM, volume 3, "Handling Self- and Cross-Modifying Code" (AMD APM volume 2,
 * "Cross-Modifying Code", says the same): the modifying processor waits until the others are
 * parked, writes, and lets them go; each executes a serialising instruction before it comes to the
 * modified code.  That is what stopped() does.
 *
 * stop_machine() runs it on every CPU in a thread of the highest priority, with interrupts off.
 * Programs run with preemption off, so at that moment no run is under way on any CPU, not even in
 * its middle.  Only an NMI can still come: it finds the run guard taken and is counted as missed.
 * So runs are before or behind the change, as a whole.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/vmalloc.h>
#include <asm/sync_core.h>
#include "text/patch.h"
#include "run/run.h"

#define JMP_REL32	0xe9

static const u8 nop5[XBPF_PATCH_LEN] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

int xbpf_patch_begin(struct xbpf_patch *patch, u32 max)
{
	patch->words = patch->few;
	patch->cnt = 0;
	patch->max = max;
	patch->pages = 0;
	patch->alias = NULL;
	if (max > ARRAY_SIZE(patch->few))
		patch->words = kvmalloc_array(max, sizeof(*patch->words), GFP_KERNEL | __GFP_NOWARN);
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
	w->word = *w->to;	/* the bytes beside the poke site stay */
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

/*
 * Lists the pages of the text, and turns the words' places there into places in the mapping of that
 * list.  A page may come twice: then it is mapped twice.  Poke sites of one program follow each
 * other, so that this is seldom.
 */
static void list_pages(struct xbpf_patch *patch, struct page **pages)
{
	unsigned long page = 0;
	u32 i;

	for (i = 0; i < patch->cnt; i++) {
		struct xbpf_patch_word *w = &patch->words[i];

		if (!w->text)
			continue;
		if (((unsigned long)w->to & PAGE_MASK) != page) {
			page = (unsigned long)w->to & PAGE_MASK;
			pages[patch->pages++] = vmalloc_to_page((void *)page);
		}
		w->to = (u64 *)(((unsigned long)(patch->pages - 1) << PAGE_SHIFT) + offset_in_page(w->to));
	}
}

int xbpf_patch_map(struct xbpf_patch *patch)
{
	struct page *few[XBPF_PATCH_FEW], **pages = few;
	u32 i;

	if (patch->cnt > ARRAY_SIZE(few))
		pages = kvmalloc_array(patch->cnt, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;
	list_pages(patch, pages);
	if (patch->pages)
		patch->alias = vm_map_ram(pages, patch->pages, NUMA_NO_NODE);
	if (pages != few)
		kvfree(pages);
	if (!patch->pages)
		return 0;
	if (!patch->alias)
		return -ENOMEM;
	for (i = 0; i < patch->cnt; i++)
		if (patch->words[i].text)
			patch->words[i].to = patch->alias + (unsigned long)patch->words[i].to;
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
		vm_unmap_ram(patch->alias, patch->pages);
	if (patch->words != patch->few)
		kvfree(patch->words);
}
