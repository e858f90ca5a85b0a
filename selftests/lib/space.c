/* SPDX-License-Identifier: GPL-2.0 */
/* The table of space.h. */
#include "core/verify/verifier.h"
#include "space.h"

#define GONE_MAX	64u	/* dropped objects that are remembered */
#define LOWEST		((1ull << 63) + XBPF_OBJECT_MARGIN)
#define HIGHEST		(-(u64)XBPF_OBJECT_MARGIN)

struct object {
	u64 addr, size;
	u8 *host;	/* NULL: dropped */
	u32 rights;
};

static struct {
	bool on;
	u64 rng;
	struct object *objects;		/* by address */
	u32 cnt, room, gone;
	u32 last;			/* found last */
	u64 anchors[8];			/* of space_near() */
	u32 anchor_cnt;
} space;

static u64 next_random(void)
{
	u64 z = space.rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void space_begin(u64 seed)
{
	space.on = true;
	space.rng = seed;
	space.cnt = space.gone = space.last = 0;
}

void space_end(void)
{
	space.on = false;
	space.cnt = 0;
}

void space_near(const u64 *addrs, u32 cnt)
{
	if (cnt > ARRAY_SIZE(space.anchors))
		abort();
	memcpy(space.anchors, addrs, cnt * sizeof(*addrs));
	space.anchor_cnt = cnt;
}

bool space_on(void)
{
	return space.on;
}

/* The first object that ends behind @addr. */
static u32 first_behind(u64 addr)
{
	u32 lo = 0, hi = space.cnt;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (space.objects[mid].addr + space.objects[mid].size > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Somewhere, a multiple of 8: in one of the areas of a kernel, or beside an object. */
static u64 candidate(u64 size)
{
	u64 r = next_random(), where = next_random();
	const struct object *o;

	if (space.anchor_cnt && r >> 32 & 1)
		return (space.anchors[where % space.anchor_cnt] + (where >> 40) % (1u << 20)) & ~7ULL;
	switch (space.cnt ? r % 12 : 3 + r % 9) {
	case 0:		/* behind another */
	case 1:
		o = &space.objects[where % space.cnt];
		return (o->addr + o->size + 7) & ~7ULL;
	case 2:		/* before it */
		o = &space.objects[where % space.cnt];
		return (o->addr - size) & ~7ULL;
	case 3:		/* the two ends */
		return (LOWEST + 7) & ~7ULL;
	case 4:
		return (HIGHEST - size) & ~7ULL;
	case 5:		/* within reach of a 32-bit offset from the upper end */
	case 6:
		return 0xffffffff00000000 | (where & 0xbffffff8);
	case 7:		/* vmalloc */
		return 0xffffc90000000000 + (where & 0x1ffffffffff8);
	case 8:		/* anywhere in the half */
		return 1ULL << 63 | (where & ~7ULL);
	default:	/* the direct map */
		return 0xffff888000000000 + (where & 0x3ffffffff8);
	}
}

static bool is_free(u64 addr, u64 size)
{
	u32 i;

	if (addr < LOWEST || addr > HIGHEST - size)
		return false;
	i = first_behind(addr);
	return i == space.cnt || space.objects[i].addr >= addr + size;
}

static void forget_gone(void)
{
	u32 i, n = 0;

	for (i = 0; i < space.cnt; i++)
		if (space.objects[i].host)
			space.objects[n++] = space.objects[i];
	space.cnt = n;
	space.gone = space.last = 0;
}

u64 space_put(const void *host, u64 size, u32 rights)
{
	u64 addr;
	u32 i;

	if (!size)
		size = 1;
	do
		addr = candidate(size);
	while (!is_free(addr, size));
	if (space.cnt == space.room) {
		space.room = space.room ? 2 * space.room : 64;
		space.objects = realloc(space.objects, space.room * sizeof(*space.objects));
		if (!space.objects)
			abort();
	}
	i = first_behind(addr);
	memmove(&space.objects[i + 1], &space.objects[i], (space.cnt - i) * sizeof(*space.objects));
	space.objects[i] = (struct object){ addr, size, (u8 *)(unsigned long)host, rights };
	space.cnt++;
	return addr;
}

u64 space_addr(const void *host)
{
	u32 i;

	for (i = 0; i < space.cnt; i++) {
		const struct object *o = &space.objects[i];
		u64 off = (u64)((unsigned long)host - (unsigned long)o->host);

		if (o->host && off < o->size)
			return o->addr + off;
	}
	return 0;
}

static const struct object *find(u64 addr)
{
	u32 i = space.last;

	if (i < space.cnt && addr - space.objects[i].addr < space.objects[i].size)
		return &space.objects[i];
	i = first_behind(addr);
	if (i == space.cnt || addr < space.objects[i].addr)
		return NULL;
	space.last = i;
	return &space.objects[i];
}

void space_drop(u64 addr)
{
	struct object *o = (struct object *)find(addr);

	if (!o || !o->host)
		abort();
	o->host = NULL;
	if (++space.gone > GONE_MAX)
		forget_gone();
}

void *space_at(u64 addr, u64 size, u32 rights)
{
	const struct object *o = find(addr);

	if (!o || !o->host || !rights || (o->rights & rights) != rights ||
	    size > o->size - (addr - o->addr))
		return NULL;
	return o->host + (addr - o->addr);
}

const void *space_opaque(u64 addr)
{
	const struct object *o = find(addr);

	return o && !o->rights && o->addr == addr ? o->host : NULL;
}

const char *space_why(u64 addr, u64 size, u32 rights)
{
	const struct object *o = find(addr);

	if (!o)
		return "nobody's memory";
	if (!o->host)
		return "memory that is gone";
	if (size > o->size - (addr - o->addr))
		return "memory beyond the end of an object";
	return rights & SPACE_WRITE ? "memory that may not be written" :
		"memory that may not be read";
}

/* Has it no neighbour, so that no pointer made from another object gives its address? */
static bool lies_apart(u64 addr)
{
	u32 i = first_behind(addr);

	return (!i || addr - space.objects[i - 1].addr >= XBPF_OBJECT_MARGIN) &&
		(i + 1 == space.cnt || space.objects[i + 1].addr - addr >= XBPF_OBJECT_MARGIN);
}

bool space_holds(u64 addr, u64 size, u64 from)
{
	u64 off, word;
	u32 i;

	for (i = 0; i < space.cnt && lies_apart(addr); i++) {
		const struct object *o = &space.objects[i];

		if (!o->host || !(o->rights & SPACE_WRITE))
			continue;
		off = from - o->addr;
		for (off = off < o->size ? off : 0; off + 8 <= o->size; off += 8) {
			memcpy(&word, o->host + off, 8);
			if (word - addr < size)
				return true;
		}
	}
	return false;
}
