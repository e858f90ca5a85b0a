/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the helper asks of a cgroup array.
 */
#ifndef XBPF_MAP_CGROUP_H
#define XBPF_MAP_CGROUP_H

#include "map/map.h"

/*
 * Is the current task in the group of that slot, or below it?  -E2BIG: no such slot, -EAGAIN: it is
 * empty.  Any context where RCU watches.
 */
long xbpf_cgroup_holds_current(struct xbpf_map *map, u32 index);

#endif
