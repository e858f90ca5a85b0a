/* SPDX-License-Identifier: GPL-2.0 */
/* What a map of stack traces shows to the helpers. */
#ifndef XBPF_MODULE_MAP_STACK_H
#define XBPF_MODULE_MAP_STACK_H

#include "map/map.h"

struct pt_regs;

/*
 * From programs: any context, under the run guard.  The id of the present stack in @map, which it
 * is put in; flags as bpf_get_stackid().  -EINVAL flags, -EFAULT there is no stack, -EEXIST another
 * one has the place.
 */
s64 xbpf_stack_id(struct xbpf_map *map, u64 flags, struct pt_regs *regs);

#endif
