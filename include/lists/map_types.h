/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map types: X(NUMBER, name) for each, with the NUMBER of BPF_MAP_TYPE_NUMBER.
 *
 * A row is all that a new one needs besides a file in module/map, which defines a struct
 * xbpf_map_ops xbpf_NAME_ops, and its place in the sets of include/lists/helpers.h, which say what
 * programs may call on it.
 */
#ifndef XBPF_LISTS_MAP_TYPES_H
#define XBPF_LISTS_MAP_TYPES_H

#define XBPF_MAP_TYPES(X)				\
	X(HASH, hash)					\
	X(ARRAY, array)					\
	X(PROG_ARRAY, prog_array)			\
	X(PERCPU_HASH, percpu_hash)			\
	X(PERCPU_ARRAY, percpu_array)			\
	X(LRU_HASH, lru_hash)				\
	X(LRU_PERCPU_HASH, lru_percpu_hash)		\
	X(RINGBUF, ringbuf)				\
	X(QUEUE, queue)					\
	X(STACK, stack)					\
	X(LPM_TRIE, lpm_trie)				\
	X(ARRAY_OF_MAPS, array_of_maps)			\
	X(HASH_OF_MAPS, hash_of_maps)			\
	X(PERF_EVENT_ARRAY, perf_event_array)		\
	X(STACK_TRACE, stack_trace)			\
	X(CGROUP_ARRAY, cgroup_array)

#endif
