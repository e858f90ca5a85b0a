/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the engine knows of a map.
 *
 * Interface.  The owner of the map (module/map/map.h, or the user-space test
 * runtime) embeds struct xbpf_map_info in its own struct and fills it before the
 * first program sees it.  All fields are constant from then on, except for
 * @frozen, which only ever goes from 0 to 1.
 */
#ifndef XBPF_CORE_MAP_H
#define XBPF_CORE_MAP_H

#include "core/port.h"

struct xbpf_map_info {
	u32 type;		/* enum bpf_map_type */
	u32 key_size;		/* bytes */
	u32 value_size;		/* bytes */
	u32 max_entries;
	u32 flags;		/* BPF_F_* as given at creation */
	u32 id;
	u32 frozen;		/* no more writes from user space */
	char name[16];
	u64 addr;		/* what a pointer to this map is at run time: the owner's struct,
				 * for a program array its struct xbpf_prog_slots */
	u64 values;		/* array: address of the first value; 0: no direct access */
	u32 stride;		/* array: bytes from value to value */
	bool percpu;		/* one value per CPU; of an array, @values is a per-CPU address (as this_cpu_ptr()
				 * takes it), and so is each value's */
	const struct xbpf_map_info *inner;	/* map of maps: what every map in it looks like (type, sizes,
				 * entries, flags); else NULL */
};

/* "percpu_array", as libbpf and bpftool spell it; NULL: xbpf has no such type. */
const char *xbpf_map_type_name(u32 type);

/* Does every map that may stand in for @inner in a map of maps have as many entries? */
static inline bool xbpf_map_entries_fixed(const struct xbpf_map_info *inner)
{
	return !(inner->flags & BPF_F_INNER_MAP) &&
	       (inner->type == BPF_MAP_TYPE_ARRAY || inner->type == BPF_MAP_TYPE_PERCPU_ARRAY);
}

/*
 * Where programs look for what is known of a map: offsets in bytes into the kernel's own struct
 * bpf_map, of 4 bytes each.  That is what their sources and CO-RE mean by a map's pointer; a map of
 * ours is another struct (core/verify/field.c).
 */
struct xbpf_map_layout {
	u16 map_type, key_size, value_size, max_entries, map_flags, id;
};

/* Calls that fell through, and why; counted where they do, by the CPU at hand. */
struct xbpf_tail_counts {
	u64 range;		/* index beyond the table */
	u64 empty;		/* no program in the slot */
	u64 limit;		/* a program was there, but the run's budget was used up */
};

/*
 * A program array as running code sees it.  A slot holds the address that a tail
 * call jumps to: the landing pad of a JITed program, the struct xbpf_image of an
 * interpreted one; NULL is an empty slot.  All programs of one table are of one
 * kind.  Slots are read once, by a plain aligned 8-byte load, in the RCU read
 * section that the run stands in, and written with smp_store_release/xchg;
 * a program that was taken out lives on until a grace period has passed.
 */
struct xbpf_prog_slots {
	u32 max_entries;
	u32 counting;		/* interpreted programs say which slots they take: env->tail_taken() */
	struct xbpf_tail_counts __percpu *counts;	/* constant */
	void *slot[];
};

#define XBPF_TAIL_CALLS_MAX 33u	/* successful tail calls in one run */

#endif
