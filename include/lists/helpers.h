/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The helpers that programs may call, in the order of their numbers: all that is said of one.
 * Numbers, arguments and licence rule are upstream's (its documentation in <linux/bpf.h>, and
 * bpf-helpers(7)).
 *
 *	HELPER(number, name, result, members...)
 *	MAP_HELPER(number, name, op, result, members...)
 *	ENGINE_HELPER(number, name, result, members...)
 *
 * @name is upstream's without "bpf_", @result an XBPF_RET_*, and the members are those of struct
 * xbpf_helper (core/helper.h).  A row names every argument that the helper looks at: what it does
 * not name is taken for dead at the call, and its value with it (core/verify/live.c).
 *
 * A row is all that a new helper needs besides its function XBPF_HELPER(name), in a file of
 * module/helper.  A MAP_HELPER has one for all maps and one for each type of map, in the member @op
 * of struct xbpf_map_ops; an ENGINE_HELPER has none, as the engines make it themselves.
 *
 * Who includes this defines some of the three macros; those left out expand to nothing.
 */
#ifndef HELPER
#define HELPER(...)
#endif
#ifndef MAP_HELPER
#define MAP_HELPER(...)
#endif
#ifndef ENGINE_HELPER
#define ENGINE_HELPER(...)
#endif

#define A(name)		XBPF_ARG_##name

#define BIT_MAP(type)	(1ULL << BPF_MAP_TYPE_##type)

/* Maps with elements to look up. */
#define PER_CPU		(BIT_MAP(PERCPU_ARRAY) | BIT_MAP(PERCPU_HASH) | BIT_MAP(LRU_PERCPU_HASH))
#define KEYED		(BIT_MAP(ARRAY) | BIT_MAP(HASH) | BIT_MAP(LRU_HASH) | BIT_MAP(LPM_TRIE) | PER_CPU)
#define OF_MAPS		(BIT_MAP(ARRAY_OF_MAPS) | BIT_MAP(HASH_OF_MAPS))
#define KEYLESS		(BIT_MAP(QUEUE) | BIT_MAP(STACK))
#define EVERY_TYPE	(~0ULL)

/* Types of programs, as xbpf_prog_type_bit() has them (core/prog_type.h). */
#define OF_TYPE(type)	(1ULL << BPF_PROG_TYPE_##type)
#define OF_OWN_TYPE(type) \
	(1ULL << (XBPF_PROG_TYPE_BITS - 1 - (XBPF_PROG_TYPE_##type - XBPF_PROG_TYPE_OWN)))
#define TRACING		(OF_TYPE(KPROBE) | OF_TYPE(TRACEPOINT) | OF_TYPE(RAW_TRACEPOINT))
#define PACKET		(OF_TYPE(SOCKET_FILTER) | OF_TYPE(SCHED_CLS))
#define SYSCALL		OF_OWN_TYPE(SYSCALL_FILTER)

MAP_HELPER(1, map_lookup_elem, lookup, MAP_VALUE_OR_NULL,
	.arg = { A(MAP), A(MAP_KEY) },
	.map_types = KEYED | OF_MAPS, .prog_types = EVERY_TYPE)
MAP_HELPER(2, map_update_elem, update, SCALAR,
	.arg = { A(MAP), A(MAP_KEY), A(MAP_VALUE), A(SCALAR) },
	.map_types = KEYED, .prog_types = EVERY_TYPE)
MAP_HELPER(3, map_delete_elem, delete, SCALAR,
	.arg = { A(MAP), A(MAP_KEY) },
	.map_types = KEYED, .prog_types = EVERY_TYPE)
HELPER(4, probe_read, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY) },
	.gpl_only = true, .reads_kernel = true, .prog_types = TRACING)
HELPER(5, ktime_get_ns, SCALAR,
	.prog_types = EVERY_TYPE)
/* R3 to R5 are looked at as far as the format asks: callers leave the rest unset */
HELPER(6, trace_printk, SCALAR,
	.arg = { A(MEM), A(SIZE), A(MAYBE), A(MAYBE), A(MAYBE) },
	.gpl_only = true, .perfmon = true, .reads_kernel = true, .prog_types = EVERY_TYPE)
HELPER(7, get_prandom_u32, SCALAR,
	.prog_types = EVERY_TYPE)
HELPER(8, get_smp_processor_id, SCALAR,
	.prog_types = EVERY_TYPE)
HELPER(9, skb_store_bytes, SCALAR,
	.arg = { A(CTX), A(SCALAR), A(MEM), A(SIZE), A(SCALAR) },
	.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS))
HELPER(10, l3_csum_replace, SCALAR,
	.arg = { A(CTX), A(SCALAR), A(SCALAR), A(SCALAR), A(SCALAR) },
	.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS))
HELPER(11, l4_csum_replace, SCALAR,
	.arg = { A(CTX), A(SCALAR), A(SCALAR), A(SCALAR), A(SCALAR) },
	.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS))
ENGINE_HELPER(12, tail_call, VOID,
	.arg = { A(CTX), A(MAP), A(SCALAR) },
	.map_types = BIT_MAP(PROG_ARRAY), .prog_types = EVERY_TYPE)
HELPER(14, get_current_pid_tgid, SCALAR,
	.prog_types = EVERY_TYPE)
HELPER(15, get_current_uid_gid, SCALAR,
	.prog_types = TRACING | SYSCALL)
HELPER(16, get_current_comm, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE) },
	.prog_types = TRACING | SYSCALL)
HELPER(25, perf_event_output, SCALAR,
	.arg = { A(CTX), A(MAP), A(SCALAR), A(MEM), A(SIZE_OR_ZERO) },
	.gpl_only = true, .map_types = BIT_MAP(PERF_EVENT_ARRAY), .prog_types = TRACING | PACKET)
HELPER(26, skb_load_bytes, SCALAR,
	.arg = { A(CTX), A(SCALAR), A(MEM_UNINIT), A(SIZE) },
	.prog_types = PACKET)
HELPER(27, get_stackid, SCALAR,
	.arg = { A(CTX), A(MAP), A(SCALAR) },
	.gpl_only = true, .map_types = BIT_MAP(STACK_TRACE), .prog_types = TRACING)
HELPER(28, csum_diff, SCALAR,
	.arg = { A(MEM_OR_NULL), A(SIZE_OR_ZERO), A(MEM_OR_NULL), A(SIZE_OR_ZERO), A(SCALAR) },
	.prog_types = OF_TYPE(SCHED_CLS))
HELPER(32, skb_change_type, SCALAR,
	.arg = { A(CTX), A(SCALAR) },
	.prog_types = OF_TYPE(SCHED_CLS))
HELPER(34, get_hash_recalc, SCALAR,
	.arg = { A(CTX) },
	.prog_types = OF_TYPE(SCHED_CLS))
HELPER(35, get_current_task, SCALAR,
	.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE)
HELPER(37, current_task_under_cgroup, SCALAR,
	.arg = { A(MAP), A(SCALAR) },
	.map_types = BIT_MAP(CGROUP_ARRAY), .prog_types = TRACING)
HELPER(39, skb_pull_data, SCALAR,
	.arg = { A(CTX), A(SCALAR) },
	.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS))
HELPER(40, csum_update, SCALAR,
	.arg = { A(CTX), A(SCALAR) },
	.prog_types = OF_TYPE(SCHED_CLS))
HELPER(41, set_hash_invalid, SCALAR,
	.arg = { A(CTX) },
	.prog_types = OF_TYPE(SCHED_CLS))
HELPER(42, get_numa_node_id, SCALAR,
	.prog_types = EVERY_TYPE)
HELPER(45, probe_read_str, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY) },
	.size_bounds_result = true, .gpl_only = true, .reads_kernel = true, .prog_types = TRACING)
HELPER(67, get_stack, SCALAR,
	.arg = { A(CTX), A(MEM_UNINIT), A(SIZE_OR_ZERO), A(SCALAR) },
	.size_bounds_result = true, .gpl_only = true, .prog_types = TRACING)
HELPER(68, skb_load_bytes_relative, SCALAR,
	.arg = { A(CTX), A(SCALAR), A(MEM_UNINIT), A(SIZE), A(SCALAR) },
	.prog_types = PACKET)
HELPER(80, get_current_cgroup_id, SCALAR,
	.prog_types = TRACING | SYSCALL)
MAP_HELPER(87, map_push_elem, push, SCALAR,
	.arg = { A(MAP), A(MAP_VALUE), A(SCALAR) },
	.map_types = KEYLESS, .prog_types = EVERY_TYPE)
MAP_HELPER(88, map_pop_elem, pop, SCALAR,
	.arg = { A(MAP), A(MAP_VALUE_UNINIT) },
	.map_types = KEYLESS, .prog_types = EVERY_TYPE)
MAP_HELPER(89, map_peek_elem, peek, SCALAR,
	.arg = { A(MAP), A(MAP_VALUE_UNINIT) },
	.map_types = KEYLESS, .prog_types = EVERY_TYPE)
HELPER(109, send_signal, SCALAR,
	.arg = { A(SCALAR) },
	.prog_types = TRACING)
HELPER(112, probe_read_user, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY) },
	.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE)
HELPER(113, probe_read_kernel, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY) },
	.gpl_only = true, .perfmon = true, .reads_kernel = true, .prog_types = EVERY_TYPE)
HELPER(114, probe_read_user_str, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY) },
	.size_bounds_result = true, .gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE)
HELPER(115, probe_read_kernel_str, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY) },
	.size_bounds_result = true, .gpl_only = true, .perfmon = true, .reads_kernel = true,
	.prog_types = EVERY_TYPE)
HELPER(117, send_signal_thread, SCALAR,
	.arg = { A(SCALAR) },
	.prog_types = TRACING)
HELPER(118, jiffies64, SCALAR,
	.prog_types = EVERY_TYPE)
HELPER(120, get_ns_current_pid_tgid, SCALAR,
	.arg = { A(SCALAR), A(SCALAR), A(MEM_UNINIT), A(SIZE) },
	.prog_types = TRACING)
HELPER(123, get_current_ancestor_cgroup_id, SCALAR,
	.arg = { A(SCALAR) },
	.prog_types = TRACING | SYSCALL)
HELPER(125, ktime_get_boot_ns, SCALAR,
	.prog_types = EVERY_TYPE)
HELPER(130, ringbuf_output, SCALAR,
	.arg = { A(MAP), A(MEM), A(SIZE_OR_ZERO), A(SCALAR) },
	.map_types = BIT_MAP(RINGBUF), .prog_types = EVERY_TYPE)
HELPER(131, ringbuf_reserve, RINGBUF_MEM_OR_NULL,
	.arg = { A(MAP), A(ALLOC_SIZE), A(SCALAR) },
	.map_types = BIT_MAP(RINGBUF), .prog_types = EVERY_TYPE)
HELPER(132, ringbuf_submit, VOID,
	.arg = { A(RINGBUF_MEM), A(SCALAR) },
	.prog_types = EVERY_TYPE)
HELPER(133, ringbuf_discard, VOID,
	.arg = { A(RINGBUF_MEM), A(SCALAR) },
	.prog_types = EVERY_TYPE)
HELPER(134, ringbuf_query, SCALAR,
	.arg = { A(MAP), A(SCALAR) },
	.map_types = BIT_MAP(RINGBUF), .prog_types = EVERY_TYPE)
HELPER(160, ktime_get_coarse_ns, SCALAR,
	.prog_types = EVERY_TYPE)
MAP_HELPER(164, for_each_map_elem, each, SCALAR,
	.arg = { A(MAP), A(CALLBACK), A(STACK_OR_NULL), A(SCALAR) },
	.callback = XBPF_CALLBACK_EACH,
	.map_types = BIT_MAP(ARRAY) | BIT_MAP(HASH) | BIT_MAP(LRU_HASH) | PER_CPU,
	.prog_types = EVERY_TYPE)
HELPER(165, snprintf, SCALAR,
	.arg = { A(MEM_UNINIT), A(SIZE_OR_ZERO), A(CONST_STR), A(MEM_OR_NULL), A(SIZE_OR_ZERO) },
	.gpl_only = true, .perfmon = true, .reads_kernel = true, .prog_types = EVERY_TYPE)
HELPER(173, get_func_ip, SCALAR,
	.arg = { A(CTX) },
	.gpl_only = true, .prog_types = OF_TYPE(KPROBE))
HELPER(174, get_attach_cookie, SCALAR,
	.arg = { A(CTX) },
	.prog_types = TRACING)
HELPER(177, trace_vprintk, SCALAR,
	.arg = { A(MEM), A(SIZE), A(MEM_OR_NULL), A(SIZE_OR_ZERO) },
	.gpl_only = true, .perfmon = true, .reads_kernel = true, .prog_types = EVERY_TYPE)
HELPER(181, loop, SCALAR,
	.arg = { A(SCALAR), A(CALLBACK), A(STACK_OR_NULL), A(SCALAR) },
	.callback = XBPF_CALLBACK_LOOP, .prog_types = EVERY_TYPE)
HELPER(182, strncmp, SCALAR,
	.arg = { A(MEM), A(SIZE), A(CONST_STR) },
	.prog_types = EVERY_TYPE)
MAP_HELPER(195, map_lookup_percpu_elem, lookup_percpu, MAP_VALUE_OR_NULL,
	.arg = { A(MAP), A(MAP_KEY), A(SCALAR) },
	.map_types = PER_CPU, .prog_types = EVERY_TYPE)
HELPER(208, ktime_get_tai_ns, SCALAR,
	.prog_types = EVERY_TYPE)

#undef HELPER
#undef MAP_HELPER
#undef ENGINE_HELPER
#undef A
#undef BIT_MAP
#undef PER_CPU
#undef KEYED
#undef OF_MAPS
#undef KEYLESS
#undef EVERY_TYPE
#undef OF_TYPE
#undef OF_OWN_TYPE
#undef TRACING
#undef PACKET
#undef SYSCALL
