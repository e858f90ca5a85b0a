/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How code that may be running is changed, site by site (run/hold.c: many in one moment).
 *
 * Five bytes cannot be replaced in one step under a CPU that executes them, but one byte can, by a
 * breakpoint:
 *
 *	1. int3 over the first byte of each site; every CPU serialises
 *	2. the words that the sites follow: this is the moment of the change
 *	3. the four bytes behind each int3; every CPU serialises
 *	4. the first byte of each; every CPU serialises
 *
 * A CPU that comes to a site meanwhile traps, and int3_hit() sends it to where the word says.  So
 * all sites of a word change in the same moment, with the word itself.  Who may execute what:
 *
 *	from	until behind	first byte	tail		a CPU that comes there
 *	1	its sync	old or int3	old		the old jump, or the word (still old)
 *	2, 3	3's sync	int3		old or new	the word
 *	4	its sync	int3 or new	new		the word, or the new jump, which is the same
 *
 * so nobody executes a first byte with the other one's tail.  To serialise is what the
 * processors' manuals ask for (Intel SDM, volume 3, "Handling Self- and Cross-Modifying Code"): a
 * CPU may have decoded the old bytes ahead.  This is what the kernel does with its own text.
 *
 * It takes an interrupt to each CPU, which the updater waits for.  A CPU that is in an NMI or has
 * interrupts off answers later, and until then executes one row or the one before, which go
 * together.  It runs programs with preemption off and, where their hook leaves them, interrupts on:
 * nobody waits for the end of a run.  No CPU comes or goes meanwhile.  Runs may still be in the
 * middle of what was replaced: who frees it waits for a grace period of RCU.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <asm/sync_core.h>
#include "cmd/yield.h"
#include "run/hold.h"
#include "text/area.h"
#include "text/patch.h"

#define JMP_REL32	0xe9
#define INT3		0xcc
#define NOP5_FIRST	0x0f	/* 0f 1f 44 00 00 */
#define NOP5_TAIL	0x0000441fu

/* One change of running code at a time. Protects changing. */
static DEFINE_MUTEX(patch_lock);

/*
 * What int3_hit() looks into; not NULL from before the first int3 is written until no CPU can be
 * at one any more.
 */
static const struct xbpf_patch *changing;

/* ---- a list of changes ---- */

int xbpf_patch_begin(struct xbpf_patch *patch, u32 words, u32 sites)
{
	*patch = (struct xbpf_patch){ .word_max = words, .site_max = sites };
	patch->words = patch->few_words;
	patch->sites = patch->few_sites;
	if (words > ARRAY_SIZE(patch->few_words))
		patch->words = kvmalloc_array(words, sizeof(*patch->words), GFP_KERNEL | __GFP_NOWARN);
	if (sites > ARRAY_SIZE(patch->few_sites))
		patch->sites = kvmalloc_array(sites, sizeof(*patch->sites), GFP_KERNEL | __GFP_NOWARN);
	return patch->words && patch->sites ? 0 : -ENOMEM;
}

void xbpf_patch_word(struct xbpf_patch *patch, void **at, void *value)
{
	if (!WARN_ON_ONCE(patch->word_cnt == patch->word_max))
		patch->words[patch->word_cnt++] = (struct xbpf_patch_word){ .at = at, .value = value };
}

void xbpf_patch_site(struct xbpf_patch *patch, u8 *at, void *const *follows)
{
	if (!WARN_ON_ONCE(patch->site_cnt == patch->site_max))
		patch->sites[patch->site_cnt++] = (struct xbpf_patch_site){ .at = at, .follows = follows };
}

/* Lets others run now and then: a slot may have all of the text area's sites. */
static int by_address(const void *a, const void *b, const void *round)
{
	const struct xbpf_patch_site *x = a, *y = b;

	xbpf_yield((*(u32 *)round)++);
	return x->at < y->at ? -1 : x->at > y->at;
}

#define SCAN_MAX	128u	/* sites that int3_hit() looks at one after the other */

/* More are searched by halves. Those of one program are in order already. */
static void sort_sites(struct xbpf_patch *patch)
{
	u32 i, round = 0;

	if (patch->site_cnt <= SCAN_MAX)
		return;
	for (i = 1; i < patch->site_cnt; i++)
		if (by_address(&patch->sites[i - 1], &patch->sites[i], &round) > 0) {
			sort_r(patch->sites, patch->site_cnt, sizeof(*patch->sites), by_address, NULL,
			       &round);
			return;
		}
}

/*
 * Lists the pages of the text, and says where in the mapping of that list each site is.  A page may
 * come twice: then it is mapped twice.
 */
static void list_pages(struct xbpf_patch *patch, struct page **pages)
{
	unsigned long page = 0;
	u32 i;

	for (i = 0; i < patch->site_cnt; i++) {
		struct xbpf_patch_site *site = &patch->sites[i];

		if (((unsigned long)site->at & PAGE_MASK) != page) {
			page = (unsigned long)site->at & PAGE_MASK;
			pages[patch->pages++] = vmalloc_to_page((void *)page);
		}
		site->to = ((unsigned long)(patch->pages - 1) << PAGE_SHIFT) + offset_in_page(site->at);
		xbpf_yield(i);
	}
}

int xbpf_patch_map(struct xbpf_patch *patch)
{
	struct page *few[XBPF_PATCH_FEW], **pages = few;

	if (!patch->site_cnt)
		return 0;
	sort_sites(patch);
	if (patch->site_cnt > ARRAY_SIZE(few))
		pages = kvmalloc_array(patch->site_cnt, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;
	list_pages(patch, pages);
	patch->alias = vm_map_ram(pages, patch->pages, NUMA_NO_NODE);
	if (pages != few)
		kvfree(pages);
	return patch->alias ? 0 : -ENOMEM;
}

void xbpf_patch_end(struct xbpf_patch *patch)
{
	if (patch->alias)
		vm_unmap_ram(patch->alias, patch->pages);
	if (patch->words != patch->few_words)
		kvfree(patch->words);
	if (patch->sites != patch->few_sites)
		kvfree(patch->sites);
}

/* ---- writing ---- */

static void write_words(const struct xbpf_patch *patch)
{
	u32 i;

	/* after everything that what they point to is made of */
	for (i = 0; i < patch->word_cnt; i++)
		smp_store_release(patch->words[i].at, patch->words[i].value);
}

enum stage {
	STAGE_INT3,	/* of the first byte; the tail as it is */
	STAGE_TAIL,	/* as the word says */
	STAGE_FIRST,	/* likewise */
};

/* Each store lies within an aligned eight, so a CPU sees all of it or nothing. */
static __always_inline void write_sites(const struct xbpf_patch *patch, enum stage stage)
{
	const struct xbpf_patch_site *site = patch->sites, *end = site + patch->site_cnt;

	for (; site < end; site++) {
		const u8 *target = *site->follows;
		u8 *to = patch->alias + site->to;

		if (stage == STAGE_INT3)
			WRITE_ONCE(*to, INT3);
		else if (stage == STAGE_FIRST)
			WRITE_ONCE(*to, target ? JMP_REL32 : NOP5_FIRST);
		else
			WRITE_ONCE(*(u32 *)(to + 1),
				   target ? (u32)(target - (site->at + XBPF_PATCH_LEN)) : NOP5_TAIL);
	}
}

static void serialise(void *unused)
{
	sync_core();
}

/* Under the lock: a word that changes does so under it, with all sites that were told to follow. */
void xbpf_patch_commit_new(struct xbpf_patch *patch)
{
	mutex_lock(&patch_lock);
	write_sites(patch, STAGE_TAIL);
	write_sites(patch, STAGE_FIRST);
	on_each_cpu(serialise, NULL, 1);
	mutex_unlock(&patch_lock);
}

/*
 * No CPU executes what stood there before when it returns.  The second write is for emulators: QEMU
 * (10.0 as well) may miss a write to bytes that another CPU is just translating, and keeps what it
 * made of the old ones.  It has answered by then, so the next write, of the same bytes, is seen.
 * What it makes of an int3 has no tail in it.  To a processor the second write is nothing.
 */
static __always_inline void write_stage(const struct xbpf_patch *patch, enum stage stage)
{
	write_sites(patch, stage);
	on_each_cpu(serialise, NULL, 1);
	if (stage != STAGE_TAIL)
		write_sites(patch, stage);
}

void xbpf_patch_commit(struct xbpf_patch *patch)
{
	mutex_lock(&patch_lock);
	cpus_read_lock();
	preempt_disable();	/* or runs would trap for as long as somebody else runs here */
	smp_store_release(&changing, patch);
	write_stage(patch, STAGE_INT3);
	write_words(patch);
	write_stage(patch, STAGE_TAIL);
	/*
	 * int3_hit() runs with interrupts off: who was in it has left it, too, when its CPU has
	 * answered.
	 */
	write_stage(patch, STAGE_FIRST);
	WRITE_ONCE(changing, NULL);
	preempt_enable();
	cpus_read_unlock();
	mutex_unlock(&patch_lock);
}

/* Interrupts off, and no program runs on any CPU. */
static void write_all(void *arg)
{
	const struct xbpf_patch *patch = arg;

	write_words(patch);
	write_sites(patch, STAGE_TAIL);
	write_sites(patch, STAGE_FIRST);
}

#define SHORT 1024u	/* stores: some microseconds */

int xbpf_patch_commit_at_once(struct xbpf_patch *patch)
{
	int err;

	mutex_lock(&patch_lock);
	err = xbpf_run_hold(write_all, patch, patch->word_cnt + 2 * patch->site_cnt <= SHORT);
	mutex_unlock(&patch_lock);
	return err;
}

/* ---- the breakpoint ---- */

static atomic_long_t hits;	/* of programs that came to a site while it was changed */

static int hits_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&hits));
}

static const struct kernel_param_ops hits_ops = { .get = hits_get };
module_param_cb(patch_hits, &hits_ops, NULL, 0444);
MODULE_PARM_DESC(patch_hits,
		 "how often a program came to a jump while it was being changed (to read)");

static nokprobe_inline const struct xbpf_patch_site *site_find(const struct xbpf_patch *patch,
							      const u8 *at)
{
	u32 lo = 0, hi = patch->site_cnt, mid;

	if (hi <= SCAN_MAX) {
		while (lo < hi && patch->sites[lo].at != at)
			lo++;
		return lo < hi ? &patch->sites[lo] : NULL;
	}
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (patch->sites[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < patch->site_cnt && patch->sites[lo].at == at ? &patch->sites[lo] : NULL;
}

/*
 * Where a jump at @at that is being changed leads; -ENOENT: there is none.  An int3 that is there
 * is in the record, which stays until no CPU is at one any more.  One that is gone by now leads
 * where the code does that stands there instead: that is what the record says, if it is still
 * there, which an emulator does not promise (see write_stage()).
 */
static nokprobe_inline int leads_to(const u8 *at, const u8 **target)
{
	unsigned long off = (unsigned long)at % sizeof(u64);
	u64 word = READ_ONCE(*(const u64 *)(at - off));
	const u8 *code = (const u8 *)&word + off;
	const struct xbpf_patch_site *site;
	const struct xbpf_patch *patch;

	if (off + XBPF_PATCH_LEN > sizeof(word))
		return -ENOENT;
	*target = at + XBPF_PATCH_LEN;
	switch (code[0]) {
	case INT3:
		patch = smp_load_acquire(&changing);
		site = patch ? site_find(patch, at) : NULL;
		if (!site)
			return -ENOENT;
		*target = READ_ONCE(*site->follows) ?: *target;
		return 0;
	case JMP_REL32:
		*target += *(const s32 *)(code + 1);
		return 0;
	default:
		return code[0] == NOP5_FIRST ? 0 : -ENOENT;
	}
}

/*
 * Interrupts off, perhaps in an NMI; takes no lock.  Who is here is in the middle of a run: a
 * program on the kernel's way to here finds the guard taken, and nothing here can be probed, so
 * that it does not come here again.  A breakpoint in the text area that is none of ours is a bug,
 * and the kernel's to report.
 */
static int int3_hit(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pt_regs *regs = ((struct die_args *)data)->regs;
	const u8 *at = (const u8 *)regs->ip - 1, *target;

	if (event != DIE_INT3 || !xbpf_text_has(at) || leads_to(at, &target))
		return NOTIFY_DONE;
	regs->ip = (unsigned long)target;
	atomic_long_inc(&hits);
	return NOTIFY_STOP;
}
NOKPROBE_SYMBOL(int3_hit);

static struct notifier_block int3_notifier = {
	.notifier_call = int3_hit,
	.priority = INT_MAX,
};

int xbpf_patch_init(void)
{
	return register_die_notifier(&int3_notifier);
}

void xbpf_patch_exit(void)
{
	/* no program is left, and so no site that changes; waits for those that ask for other int3s */
	unregister_die_notifier(&int3_notifier);
}
