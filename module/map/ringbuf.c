/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring buffers: records from all CPUs in one order, read by mapping the memory.
 *
 * What user space maps is the upstream layout, which libbpf reads: a page with the consumer's
 * position, which it may write; a page with the producer's; the data, mapped twice in a row, so
 * that a record never wraps.  Positions count bytes and never go back.  A record is a header of 8
 * bytes (struct record) and data, padded to 8.
 *
 * Room is given out under a lock (map/lock.h); filling and committing need none.  A record is
 * visible as soon as it has room, and the reader waits at the first that is still busy, so records
 * come out in the order of their reservations.
 *
 * The consumer's position is user space's to write, and nothing here may break if it lies: whatever
 * it says, room is not given out again before the record that has it was committed (@pending).
 *
 * A reader is woken from an irq_work: the program may stand in the scheduler.
 */
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include "cmd/yield.h"
#include "compat/mm.h"
#include "map/lock.h"
#include "map/ringbuf.h"
#include "run/budget.h"

/* struct bpf_ringbuf_hdr: what user space reads. */
struct record {
	u32 len;		/* of the data; with BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT */
	u32 page;		/* from the first page of the area to the header's */
};

#define RECORD_MAX	(UINT_MAX / 4)	/* as upstream: far from the flag bits */

struct xbpf_ringbuf;

/* One kernel mapping of pages: this, then what user space maps. */
struct ring_area {
	struct xbpf_ringbuf *ring;
	u8 pad0[PAGE_SIZE - sizeof(void *)];
	u64 consumer;		/* written by user space */
	u8 pad1[PAGE_SIZE - sizeof(u64)];
	u64 producer;		/* written under lock */
	u8 pad2[PAGE_SIZE - sizeof(u64)];
	u8 data[];		/* map.info.max_entries bytes, and the same pages once more */
};

#define HEAD_PAGES	(sizeof(struct ring_area) / PAGE_SIZE)
#define SHARED_FROM	1	/* the first page that user space may map */

struct xbpf_ringbuf {
	struct xbpf_map map;
	struct ring_area *area;		/* constant */
	struct page **pages;		/* of the area, each of the data's twice; constant */
	u32 page_count;			/* ... in pages[] */
	u64 mask;
	raw_spinlock_t lock;		/* protects area->producer, pending, headers of new records */
	u64 pending;			/* the oldest record that may not be committed yet starts here */
	atomic64_t dropped;		/* records that found no room */
	wait_queue_head_t wait;
	struct irq_work wake;
	struct irq_work wake_late;	/* by the next tick */
};

static struct xbpf_ringbuf *ring_of(struct xbpf_map *map)
{
	return container_of(map, struct xbpf_ringbuf, map);
}

/* ---- from programs ---- */

static u64 record_bytes(u32 len)
{
	return round_up((u64)(len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT)) +
			sizeof(struct record), 8);
}

static struct record *record_at(struct xbpf_ringbuf *ring, u64 pos)
{
	return (struct record *)(ring->area->data + (pos & ring->mask));
}

/* With the lock: behind all records that were committed. */
static void pending_advance(struct xbpf_ringbuf *ring, u64 producer)
{
	while (ring->pending < producer) {
		u32 len = READ_ONCE(record_at(ring, ring->pending)->len);

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		ring->pending += record_bytes(len);
	}
}

void *xbpf_ringbuf_reserve(struct xbpf_map *map, u64 size)
{
	struct xbpf_ringbuf *ring = ring_of(map);
	struct ring_area *area = ring->area;
	struct record *record = NULL;
	unsigned long irq;
	u64 bytes, from, to;

	if (size > RECORD_MAX)
		goto full;
	bytes = record_bytes(size);
	if (bytes > ring->mask)		/* never full to the last byte, as upstream */
		goto full;
	xbpf_map_lock(&ring->lock, &irq);
	from = area->producer;
	to = from + bytes;
	pending_advance(ring, from);
	if (to - smp_load_acquire(&area->consumer) <= ring->mask && to - ring->pending <= ring->mask) {
		record = record_at(ring, from);
		record->len = size | BPF_RINGBUF_BUSY_BIT;
		record->page = ((u8 *)record - (u8 *)area) >> PAGE_SHIFT;
		smp_store_release(&area->producer, to);	/* the reader sees a busy record */
	}
	xbpf_map_unlock(&ring->lock, irq);
	if (record)
		return record + 1;
full:
	atomic64_inc(&ring->dropped);
	return NULL;
}

void xbpf_ringbuf_commit(void *data, u64 flags, bool discard)
{
	struct record *record = data - sizeof(*record);
	/* which the reader cannot write, and the program has no pointer to */
	struct ring_area *area = (void *)(((unsigned long)record & PAGE_MASK) -
					  ((u64)record->page << PAGE_SHIFT));
	struct xbpf_ringbuf *ring = area->ring;
	u32 len = record->len & ~BPF_RINGBUF_BUSY_BIT;
	u64 pos = (u8 *)record - area->data;

	/*
	 * a full barrier: either the reader sees the record, or we see how far it has read (and
	 * that it sleeps)
	 */
	xchg(&record->len, discard ? len | BPF_RINGBUF_DISCARD_BIT : len);
	if (flags & BPF_RB_FORCE_WAKEUP ||
	    (!(flags & BPF_RB_NO_WAKEUP) && (smp_load_acquire(&area->consumer) & ring->mask) == pos))
		irq_work_queue(xbpf_budget_irq_work() ? &ring->wake : &ring->wake_late);
}

u64 xbpf_ringbuf_query(struct xbpf_map *map, u64 what)
{
	struct xbpf_ringbuf *ring = ring_of(map);
	u64 consumer = smp_load_acquire(&ring->area->consumer),
		producer = smp_load_acquire(&ring->area->producer);

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return producer - consumer;
	case BPF_RB_RING_SIZE:
		return ring->mask + 1;
	case BPF_RB_CONS_POS:
		return consumer;
	case BPF_RB_PROD_POS:
		return producer;
	}
	return 0;
}

/*
 * Hard interrupt context.  A probe on the way of a wake-up whose program writes here and asks for a
 * wake-up would have it go on for ever: no program runs meanwhile.
 */
static void wake_readers(struct xbpf_ringbuf *ring)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {	/* a thread there, which may be preempted */
		wake_up_all(&ring->wait);
		return;
	}
	xbpf_run_block();
	wake_up_all(&ring->wait);
	xbpf_run_unblock();
}

static void ring_wake(struct irq_work *work)
{
	wake_readers(container_of(work, struct xbpf_ringbuf, wake));
}

static void ring_wake_late(struct irq_work *work)
{
	wake_readers(container_of(work, struct xbpf_ringbuf, wake_late));
}

/* ---- creation ---- */

static void ring_free(struct xbpf_map *map)
{
	struct xbpf_ringbuf *ring = ring_of(map);
	u32 i, own = HEAD_PAGES + (map->info.max_entries >> PAGE_SHIFT);

	irq_work_sync(&ring->wake);
	irq_work_sync(&ring->wake_late);
	if (ring->area)
		vunmap(ring->area);
	for (i = 0; i < own && i < ring->page_count; i++)
		__free_page(ring->pages[i]);
	kvfree(ring->pages);
	kfree(ring);
}

static long alloc_area(struct xbpf_ringbuf *ring, struct xbpf_cmd *cmd)
{
	u32 data = cmd->attr->bpf.max_entries >> PAGE_SHIFT, i;
	int node = xbpf_map_node(cmd);

	/* page by page, it would take all there is before it failed */
	if (data > totalram_pages() / 2)
		goto no_memory;
	ring->pages = kvmalloc_array(HEAD_PAGES + 2 * (size_t)data, sizeof(*ring->pages),
				     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!ring->pages)
		goto no_memory;
	for (i = 0; i < HEAD_PAGES + data; i++) {
		ring->pages[i] = alloc_pages_node(node, GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN |
						  __GFP_RETRY_MAYFAIL, 0);
		if (!ring->pages[i])
			goto no_memory;
		ring->page_count++;
		xbpf_yield(i);
	}
	for (i = 0; i < data; i++)
		ring->pages[HEAD_PAGES + data + i] = ring->pages[HEAD_PAGES + i];
	ring->page_count += data;
	ring->area = vmap(ring->pages, ring->page_count, VM_MAP, PAGE_KERNEL);
	if (!ring->area)
		goto no_memory;
	ring->area->ring = ring;
	return 0;
no_memory:
	return xbpf_cmd_fail(cmd, -ENOMEM, "no memory for a ring buffer of %u bytes",
			     cmd->attr->bpf.max_entries);
}

static struct xbpf_map *ring_alloc(struct xbpf_cmd *cmd)
{
	const union bpf_attr *attr = &cmd->attr->bpf;
	struct xbpf_ringbuf *ring;
	long err;

	BUILD_BUG_ON(sizeof(struct ring_area) != 3 * PAGE_SIZE);
	if (attr->key_size || attr->value_size)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "key_size %u, value_size %u: a ring buffer has neither",
					     attr->key_size, attr->value_size));
	if (!is_power_of_2(attr->max_entries) || attr->max_entries < PAGE_SIZE)
		return ERR_PTR(xbpf_cmd_fail(cmd, -EINVAL,
					     "max_entries %u: the bytes of a ring buffer are a power of two, from %lu on",
					     attr->max_entries, PAGE_SIZE));
	err = xbpf_map_limit(cmd, attr->max_entries);
	if (err)
		return ERR_PTR(err);
	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return ERR_PTR(-ENOMEM);
	ring->mask = attr->max_entries - 1;
	ring->map.info.max_entries = attr->max_entries;
	raw_spin_lock_init(&ring->lock);
	init_waitqueue_head(&ring->wait);
	init_irq_work(&ring->wake, ring_wake);
	ring->wake_late = IRQ_WORK_INIT_LAZY(ring_wake_late);
	err = alloc_area(ring, cmd);
	if (err) {
		ring_free(&ring->map);
		return ERR_PTR(err);
	}
	ring->map.memory = sizeof(*ring) + (u64)HEAD_PAGES * PAGE_SIZE + attr->max_entries +
			   ring->page_count * sizeof(*ring->pages);
	ring->map.info.addr = (unsigned long)&ring->map;
	return &ring->map;
}

/* ---- the fd ---- */

/* Writable is the consumer's page alone, and only by itself. */
static int ring_mmap(struct xbpf_map *map, struct vm_area_struct *vma)
{
	struct xbpf_ringbuf *ring = ring_of(map);
	unsigned long pages = ring->page_count - SHARED_FROM, n = vma_pages(vma), i;
	int err;

	if (vma->vm_flags & VM_WRITE && (vma->vm_pgoff || n != 1))
		return -EPERM;
	if (vma->vm_pgoff >= pages || n > pages - vma->vm_pgoff)
		return -EINVAL;
	xbpf_compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (i = 0; i < n; i++) {
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT),
				     ring->pages[SHARED_FROM + vma->vm_pgoff + i]);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static __poll_t ring_poll(struct xbpf_map *map, struct file *file, struct poll_table_struct *table)
{
	struct xbpf_ringbuf *ring = ring_of(map);

	poll_wait(file, &ring->wait, table);
	return xbpf_ringbuf_query(map, BPF_RB_AVAIL_DATA) ? EPOLLIN | EPOLLRDNORM : 0;
}

static void ring_show(struct xbpf_map *map, struct seq_file *m)
{
	struct xbpf_ringbuf *ring = ring_of(map);

	seq_printf(m, "ringbuf_consumer:\t%llu\nringbuf_producer:\t%llu\nringbuf_dropped:\t%llu\n",
		   xbpf_ringbuf_query(map, BPF_RB_CONS_POS), xbpf_ringbuf_query(map, BPF_RB_PROD_POS),
		   (u64)atomic64_read(&ring->dropped));
}

const struct xbpf_map_ops xbpf_ringbuf_ops = {
	.flags = BPF_F_NUMA_NODE,
	.alloc = ring_alloc,
	.free = ring_free,
	.mmap = ring_mmap,
	.poll = ring_poll,
	.show = ring_show,
};
