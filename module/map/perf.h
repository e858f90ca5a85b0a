/* SPDX-License-Identifier: GPL-2.0 */
/* What a map of perf events shows to the helpers. */
#ifndef XBPF_MODULE_MAP_PERF_H
#define XBPF_MODULE_MAP_PERF_H

#include "map/map.h"

struct pt_regs;

/*
 * From programs: any context, under the run guard.  @size bytes to the perf event at @index, which
 * must be one of this CPU's: 0, -E2BIG, -ENOENT, -EOPNOTSUPP.
 */
int xbpf_perf_output(struct xbpf_map *map, u32 index, struct pt_regs *regs, const void *data,
		     u64 size);

#endif
