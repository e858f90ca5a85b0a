/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An address space like a kernel's, for checked runs: programs compute with addresses in its upper
 * half, and each access finds the memory of this process by the table of objects.
 *
 * Objects lie at least XBPF_OBJECT_MARGIN from both ends, next to each other or far apart, where
 * the seed says. What was dropped keeps its place until the space ends or many have been dropped:
 * an access there finds nothing. One space at a time.
 */
#ifndef XBPF_SELFTESTS_SPACE_H
#define XBPF_SELFTESTS_SPACE_H

#include "core/port.h"

#define SPACE_READ	1u	/* by the program, or a helper for it */
#define SPACE_WRITE	2u
/* neither: only its address means something, as a map's */

/* An empty one. */
void space_begin(u64 seed);
void space_end(void);

/* From now on about half of the objects lie within 2^20 bytes of one of these. */
void space_near(const u64 *addrs, u32 cnt);

bool space_on(void);

/* Places @size bytes at @host; the address. */
u64 space_put(const void *host, u64 size, u32 rights);
/* What @host is a byte of, or 0: not placed yet. */
u64 space_addr(const void *host);
void space_drop(u64 addr);

/* The memory of @size bytes (0 counts as 1) of one object with those rights, or NULL. */
void *space_at(u64 addr, u64 size, u32 rights);
/* The object without rights that begins there, or NULL. */
const void *space_opaque(u64 addr);
/* Why not: "nobody's memory", or a reason more exact. */
const char *space_why(u64 addr, u64 size, u32 rights);

/*
 * Is an address of the @size bytes at @addr kept in an object that can be written? In the one that
 * @from lies in only from there on. Not asked where a pointer made from a neighbour looks the same.
 */
bool space_holds(u64 addr, u64 size, u64 from);

#endif
