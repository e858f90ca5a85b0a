/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text area is mapped read-only and executable, as any module text.  It is written through a
 * second mapping, writable and not executable, that exists for the duration of the write.
 */
#include <linux/bitmap.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <asm/sync_core.h>
#include "cmd/name.h"
#include "text/area.h"

#define UNIT		64u	/* bytes; images start at a cache line */
#define INT3		0xcc

/* text/area_text.S */
extern char xbpf_text_area[];
extern const u32 xbpf_text_area_size;	/* of what images stand in */

static DEFINE_MUTEX(lock);	/* protects taken and images; held over no write */
static unsigned long *taken;	/* one bit per unit */
static unsigned long units;
static u32 images;

static unsigned long units_of(u32 len)
{
	return DIV_ROUND_UP(len, UNIT);
}

static void serialise(void *unused)
{
	sync_core();
}

/* @code NULL: int3. */
static int text_write(void *text, const void *code, size_t len)
{
	unsigned long start = (unsigned long)text & PAGE_MASK;
	unsigned long n = (PAGE_ALIGN((unsigned long)text + len) - start) >> PAGE_SHIFT;
	struct page *few[4], **pages = few;
	char *alias;
	unsigned long i;

	if (n > ARRAY_SIZE(few))
		pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = vmalloc_to_page((void *)(start + i * PAGE_SIZE));
	alias = vm_map_ram(pages, n, NUMA_NO_NODE);	/* as vmap(), but made for mappings that soon go */
	if (pages != few)
		kvfree(pages);
	if (!alias)
		return -ENOMEM;
	if (code)
		memcpy(alias + offset_in_page(text), code, len);
	else
		memset(alias + offset_in_page(text), INT3, len);
	vm_unmap_ram(alias, n);
	/* a CPU may have fetched the old bytes ahead: none goes on before it has serialised */
	on_each_cpu(serialise, NULL, 1);
	return 0;
}

void *xbpf_text_alloc(u32 len, bool anywhere)
{
	unsigned long n = units_of(len), at;
	void *text = NULL;

	mutex_lock(&lock);
	at = bitmap_find_next_zero_area(taken, units, anywhere ? get_random_u32() % units : 0, n, 0);
	if (at >= units && anywhere)
		at = bitmap_find_next_zero_area(taken, units, 0, n, 0);
	if (n && at < units) {
		bitmap_set(taken, at, n);
		images++;
		text = xbpf_text_area + at * UNIT;
	}
	mutex_unlock(&lock);
	return text;
}

int xbpf_text_write(void *text, const void *code, u32 len)
{
	return text_write(text, code, len);
}

void xbpf_text_free(void *text, u32 len)
{
	if (!text)
		return;
	/*
	 * Without memory for the mapping the dead code stays until the place is
	 * used again; nothing leads to it.
	 */
	text_write(text, NULL, len);
	mutex_lock(&lock);
	bitmap_clear(taken, ((char *)text - xbpf_text_area) / UNIT, units_of(len));
	images--;
	mutex_unlock(&lock);
}

/*
 * By its distance, not by its name: objtool wants an ENDBR wherever an address is taken of, and
 * nothing jumps there indirectly.
 */
void *xbpf_text_trampoline(void)
{
	return xbpf_text_area + xbpf_text_area_size;
}

bool xbpf_text_has(const void *at)
{
	return (const char *)at >= xbpf_text_area &&
	       (const char *)at < xbpf_text_area + xbpf_text_area_size;
}
NOKPROBE_SYMBOL(xbpf_text_has);	/* a breakpoint asks */

void xbpf_text_stat(struct xbpf_text_stat *stat)
{
	unsigned long hole, end, largest = 0;

	mutex_lock(&lock);
	for (hole = find_first_zero_bit(taken, units); hole < units; hole =
	     find_next_zero_bit(taken, units, end)) {
		end = find_next_bit(taken, units, hole);
		largest = max(largest, end - hole);
	}
	stat->size = (u64)units * UNIT;
	stat->used = (u64)bitmap_weight(taken, units) * UNIT;
	stat->largest = (u64)largest * UNIT;
	stat->images = images;
	mutex_unlock(&lock);
}

int xbpf_text_init(void)
{
	int err;

	units = xbpf_text_area_size / UNIT;
	taken = bitmap_zalloc(units, GFP_KERNEL);
	if (!taken)
		return -ENOMEM;
	err = text_write(xbpf_text_area, NULL, units * UNIT);
	if (err)
		bitmap_free(taken);
	return err;
}

void xbpf_text_exit(void)
{
	if (images)
		pr_err(XBPF_NAME ": leak: %u images are left in the text area\n", images);
	bitmap_free(taken);
}
