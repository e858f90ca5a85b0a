/* SPDX-License-Identifier: GPL-2.0 */
/* What a ring buffer shows to the helpers. */
#ifndef XBPF_MODULE_MAP_RINGBUF_H
#define XBPF_MODULE_MAP_RINGBUF_H

#include "map/map.h"

/* From programs: any context, under the run guard. */
/* @size bytes to be filled and given to xbpf_ringbuf_commit(); NULL: no room now, or never. */
void *xbpf_ringbuf_reserve(struct xbpf_map *map, u64 size);
/*
 * What reserve gave: to the reader, or (@discard) not. flags: BPF_RB_NO_WAKEUP,
 * BPF_RB_FORCE_WAKEUP.
 */
void xbpf_ringbuf_commit(void *record, u64 flags, bool discard);
/* what: BPF_RB_AVAIL_DATA and its siblings; 0 for others. */
u64 xbpf_ringbuf_query(struct xbpf_map *map, u64 what);

#endif
