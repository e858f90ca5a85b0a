/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Map helpers for calls whose map is not known before the run.
 *
 * R1 is info->addr of one of several maps; the verifier has seen to it that each is of a type that
 * has the function. Their addr is the struct xbpf_map itself (a program array's is not, but it has
 * none of these).
 */
#include "helper/helper.h"
#include "map/map.h"

#define TO_TYPE(helper, op)							\
	XBPF_HELPER(helper)							\
	{									\
		const struct xbpf_map *map = (const struct xbpf_map *)(unsigned long)r1; \
										\
		return map->ops->op(r1, r2, r3, r4, r5);			\
	}

TO_TYPE(map_lookup_elem, lookup)
TO_TYPE(map_update_elem, update)
TO_TYPE(map_delete_elem, delete)
TO_TYPE(map_lookup_percpu_elem, lookup_percpu)
TO_TYPE(map_push_elem, push)
TO_TYPE(map_pop_elem, pop)
TO_TYPE(map_peek_elem, peek)
TO_TYPE(for_each_map_elem, each)
