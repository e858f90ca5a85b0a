/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader of ring buffers, by the upstream layout.
 */
#ifndef XBPF_SELFTESTS_KERNEL_RING_H
#define XBPF_SELFTESTS_KERNEL_RING_H

#include <poll.h>
#include <sys/mman.h>
#include "map.h"

struct ring {
	int fd;
	__u32 size;
	volatile __u64 *consumer, *producer;
	unsigned char *data;
};

static inline bool ring_open(struct ring *r, __u32 size)
{
	char *p;

	memset(r, 0, sizeof(*r));
	r->size = size;
	r->fd = new_map(BPF_MAP_TYPE_RINGBUF, 0, 0, size, 0);
	if (r->fd < 0)
		return false;
	r->consumer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	p = mmap(NULL, 4096 + 2 * size, PROT_READ, MAP_SHARED, r->fd, 4096);
	if (!expect(r->consumer != MAP_FAILED && p != MAP_FAILED, "mmap: %s", strerror(errno)))
		return false;
	r->producer = (__u64 *)p;
	r->data = (unsigned char *)p + 4096;
	return true;
}

static inline void ring_close(struct ring *r)
{
	munmap((void *)r->consumer, 4096);
	munmap((void *)r->producer, 4096 + 2 * r->size);
	close(r->fd);
}

static inline __u32 *ring_header(struct ring *r, __u64 pos)
{
	return (__u32 *)(r->data + (pos & (r->size - 1)));
}

/* The next record, or NULL when there is none yet. Discarded ones are passed over, and counted. */
static inline void *ring_next(struct ring *r, __u32 *len, unsigned int *discarded)
{
	__u32 word;
	__u64 pos;

	*len = 0;
	for (;;) {
		pos = *r->consumer;
		if (pos >= __atomic_load_n(r->producer, __ATOMIC_ACQUIRE))
			return NULL;
		word = __atomic_load_n(ring_header(r, pos), __ATOMIC_ACQUIRE);
		if (word & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		*len = word & ~BPF_RINGBUF_DISCARD_BIT;
		if (!(word & BPF_RINGBUF_DISCARD_BIT))
			return ring_header(r, pos) + 2;
		if (discarded)
			++*discarded;
		__atomic_store_n(r->consumer, pos + (*len + 8 + 7) / 8 * 8, __ATOMIC_SEQ_CST);
	}
}

static inline void ring_done(struct ring *r, __u32 len)
{
	__atomic_store_n(r->consumer, *r->consumer + (len + 8 + 7) / 8 * 8, __ATOMIC_SEQ_CST);
}

static inline bool ring_ready(struct ring *r, int ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

#endif
