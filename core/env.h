/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The world as the engine is told of it: addresses of helpers, maps by fd.
 *
 * Interface.  One const struct per surroundings (the kernel module; the
 * user-space test runtime).
 */
#ifndef XBPF_CORE_ENV_H
#define XBPF_CORE_ENV_H

#include "core/port.h"
#include "core/map.h"

/* Every helper at run time: R1..R5 in, R0 out.  Runs in the context of the program. */
typedef u64 (*xbpf_helper_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

/*
 * Numbers of helpers of our own, which only the engines ask for.
 *
 * PACKET_LOAD(ctx, s32 offset, size 1, 2 or 4): what LD_ABS and LD_IND do.  Bytes of the packet in
 * network order as a number, or a negative s64 when they are not there (the program then ends with
 * 0).  Negative offsets as classic BPF has them (SKF_NET_OFF, SKF_LL_OFF).
 */
#define XBPF_FUNC_PACKET_LOAD	0x10000u

/*
 * Callbacks.  For its XBPF_ARG_CALLBACK (always R2) a helper gets a number that means nothing to
 * it.  It calls the program's function by xbpf_callback(), any number of times, one after the
 * other, before it returns itself, on the same CPU; never later.  The function gets what the row's
 * enum xbpf_callback_type says and returns 0 (go on) or 1 (stop).  It may do what its caller may,
 * bpf_tail_call excepted: call helpers with callbacks in turn, change the maps that are walked.
 *
 * The number is the address of compiled code, which is even and keeps to the C calling convention,
 * or, with bit 0 set, what xbpf_image_callback() of the interpreter knows.
 */
u64 xbpf_image_callback(u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);	/* interp_run.c */

static inline u64 xbpf_callback(u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (callback & 1)
		return xbpf_image_callback(callback, a1, a2, a3, a4, a5);
	return ((xbpf_helper_fn)(unsigned long)callback)(a1, a2, a3, a4, a5);
}

struct xbpf_env {
	/*
	 * The function behind helper @id for a call whose map argument is always
	 * @map (NULL: no map, or more than one); NULL when this kernel cannot
	 * offer the helper.  BPF_FUNC_tail_call is not asked for: the engines
	 * make it.
	 */
	xbpf_helper_fn (*helper)(u32 id, const struct xbpf_map_info *map);

	/*
	 * The map behind an fd (@is_index: behind that index of the load's
	 * fd_array), with a reference that goes to code->maps; ERR is returned in
	 * *err (-EBADF: no such fd, -EINVAL: not a map of ours) with NULL.  @priv is that of the
	 * verify call.
	 */
	struct xbpf_map_info *(*map_get)(void *priv, u32 fd, bool is_index, int *err);

	/* Drops one reference of map_get (the same map named twice in a program). */
	void (*map_put)(struct xbpf_map_info *map);

	/*
	 * The interpreter's memory for the run on this CPU, the only one; XBPF_RUN_AREA_SIZE bytes
	 * (interp.h).
	 */
	void *(*run_area)(void);

	/*
	 * An interpreted program takes slot @index of @table, whose member counting is not 0.  May be
	 * NULL where that never is.
	 */
	void (*tail_taken)(const struct xbpf_prog_slots *table, u32 index);

	struct xbpf_map_layout map_layout;	/* of the running kernel */
};

#endif
