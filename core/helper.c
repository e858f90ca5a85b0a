/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The helpers that programs may call: numbers, arguments and licence rule are the
 * stock kernel's (its documentation in <linux/bpf.h>, and bpf-helpers(7)).
 */
#include "core/helper.h"
#include "core/prog_type.h"

#define BIT_MAP(type)	(1ULL << BPF_MAP_TYPE_##type)

/* Maps with elements to look up. */
#define PER_CPU		(BIT_MAP(PERCPU_ARRAY) | BIT_MAP(PERCPU_HASH) | BIT_MAP(LRU_PERCPU_HASH))
#define KEYED		(BIT_MAP(ARRAY) | BIT_MAP(HASH) | BIT_MAP(LRU_HASH) | BIT_MAP(LPM_TRIE) | PER_CPU)
#define OF_MAPS		(BIT_MAP(ARRAY_OF_MAPS) | BIT_MAP(HASH_OF_MAPS))
#define KEYLESS		(BIT_MAP(QUEUE) | BIT_MAP(STACK))
#define EVERY_TYPE	(~0ULL)

/* Rows of the program type table, by number (prog_type.c). */
#define OF_TYPE(type)	(1ULL << BPF_PROG_TYPE_##type)
#define TRACING		(OF_TYPE(KPROBE) | OF_TYPE(TRACEPOINT) | OF_TYPE(RAW_TRACEPOINT))
#define PACKET		(OF_TYPE(SOCKET_FILTER) | OF_TYPE(SCHED_CLS))
#define SYSCALL		(1ULL << 63)	/* XBPF_PROG_TYPE_SYSCALL_FILTER */

#define ARGS(...)	{ __VA_ARGS__ }
#define A(name)		XBPF_ARG_##name

static const struct xbpf_helper helpers[] = {
	{
		.id = 1, .name = "map_lookup_elem", .ret = XBPF_RET_MAP_VALUE_OR_NULL,
		.arg = ARGS(A(MAP), A(MAP_KEY)),
		.map_types = KEYED | OF_MAPS, .prog_types = EVERY_TYPE,
	}, {
		.id = 2, .name = "map_update_elem", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(MAP_KEY), A(MAP_VALUE), A(SCALAR)),
		.map_types = KEYED, .prog_types = EVERY_TYPE,
	}, {
		.id = 3, .name = "map_delete_elem", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(MAP_KEY)),
		.map_types = KEYED, .prog_types = EVERY_TYPE,
	}, {
		.id = 4, .name = "probe_read", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY)),
		.gpl_only = true, .prog_types = TRACING,
	}, {
		.id = 5, .name = "ktime_get_ns", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		/* R3 to R5 are looked at as far as the format asks: callers leave the rest unset */
		.id = 6, .name = "trace_printk", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM), A(SIZE), A(MAYBE), A(MAYBE), A(MAYBE)),
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 7, .name = "get_prandom_u32", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 8, .name = "get_smp_processor_id", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 9, .name = "skb_store_bytes", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR), A(MEM), A(SIZE), A(SCALAR)),
		.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 10, .name = "l3_csum_replace", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR), A(SCALAR), A(SCALAR), A(SCALAR)),
		.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 11, .name = "l4_csum_replace", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR), A(SCALAR), A(SCALAR), A(SCALAR)),
		.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 12, .name = "tail_call", .ret = XBPF_RET_VOID,
		.arg = ARGS(A(CTX), A(MAP), A(SCALAR)),
		.map_types = BIT_MAP(PROG_ARRAY), .prog_types = EVERY_TYPE,
	}, {
		.id = 14, .name = "get_current_pid_tgid", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 15, .name = "get_current_uid_gid", .ret = XBPF_RET_SCALAR,
		.prog_types = TRACING | SYSCALL,
	}, {
		.id = 16, .name = "get_current_comm", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE)),
		.prog_types = TRACING | SYSCALL,
	}, {
		.id = 25, .name = "perf_event_output", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(MAP), A(SCALAR), A(MEM), A(SIZE_OR_ZERO)),
		.gpl_only = true, .map_types = BIT_MAP(PERF_EVENT_ARRAY), .prog_types = TRACING | PACKET,
	}, {
		.id = 26, .name = "skb_load_bytes", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR), A(MEM_UNINIT), A(SIZE)),
		.prog_types = PACKET,
	}, {
		.id = 27, .name = "get_stackid", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(MAP), A(SCALAR)),
		.gpl_only = true, .map_types = BIT_MAP(STACK_TRACE), .prog_types = TRACING,
	}, {
		.id = 28, .name = "csum_diff", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_OR_NULL), A(SIZE_OR_ZERO), A(MEM_OR_NULL), A(SIZE_OR_ZERO), A(SCALAR)),
		.prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 32, .name = "skb_change_type", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR)),
		.prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 34, .name = "get_hash_recalc", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX)),
		.prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 35, .name = "get_current_task", .ret = XBPF_RET_SCALAR,
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 39, .name = "skb_pull_data", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR)),
		.moves_packet = true, .prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 40, .name = "csum_update", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR)),
		.prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 41, .name = "set_hash_invalid", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX)),
		.prog_types = OF_TYPE(SCHED_CLS),
	}, {
		.id = 42, .name = "get_numa_node_id", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 45, .name = "probe_read_str", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY)),
		.size_bounds_result = true,
		.gpl_only = true, .prog_types = TRACING,
	}, {
		.id = 67, .name = "get_stack", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(MEM_UNINIT), A(SIZE_OR_ZERO), A(SCALAR)),
		.size_bounds_result = true,
		.gpl_only = true, .prog_types = TRACING,
	}, {
		.id = 68, .name = "skb_load_bytes_relative", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX), A(SCALAR), A(MEM_UNINIT), A(SIZE), A(SCALAR)),
		.prog_types = PACKET,
	}, {
		.id = 80, .name = "get_current_cgroup_id", .ret = XBPF_RET_SCALAR,
		.prog_types = TRACING | SYSCALL,
	}, {
		.id = 87, .name = "map_push_elem", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(MAP_VALUE), A(SCALAR)),
		.map_types = KEYLESS, .prog_types = EVERY_TYPE,
	}, {
		.id = 88, .name = "map_pop_elem", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(MAP_VALUE_UNINIT)),
		.map_types = KEYLESS, .prog_types = EVERY_TYPE,
	}, {
		.id = 89, .name = "map_peek_elem", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(MAP_VALUE_UNINIT)),
		.map_types = KEYLESS, .prog_types = EVERY_TYPE,
	}, {
		.id = 109, .name = "send_signal", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(SCALAR)),
		.prog_types = TRACING,
	}, {
		.id = 112, .name = "probe_read_user", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY)),
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 113, .name = "probe_read_kernel", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY)),
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 114, .name = "probe_read_user_str", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY)),
		.size_bounds_result = true,
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 115, .name = "probe_read_kernel_str", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(ANY)),
		.size_bounds_result = true,
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 117, .name = "send_signal_thread", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(SCALAR)),
		.prog_types = TRACING,
	}, {
		.id = 118, .name = "jiffies64", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 120, .name = "get_ns_current_pid_tgid", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(SCALAR), A(SCALAR), A(MEM_UNINIT), A(SIZE)),
		.prog_types = TRACING,
	}, {
		.id = 123, .name = "get_current_ancestor_cgroup_id", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(SCALAR)),
		.prog_types = TRACING | SYSCALL,
	}, {
		.id = 125, .name = "ktime_get_boot_ns", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 130, .name = "ringbuf_output", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(MEM), A(SIZE_OR_ZERO), A(SCALAR)),
		.map_types = BIT_MAP(RINGBUF), .prog_types = EVERY_TYPE,
	}, {
		.id = 131, .name = "ringbuf_reserve", .ret = XBPF_RET_RINGBUF_MEM_OR_NULL,
		.arg = ARGS(A(MAP), A(ALLOC_SIZE), A(SCALAR)),
		.map_types = BIT_MAP(RINGBUF), .prog_types = EVERY_TYPE,
	}, {
		.id = 132, .name = "ringbuf_submit", .ret = XBPF_RET_VOID,
		.arg = ARGS(A(RINGBUF_MEM), A(SCALAR)),
		.prog_types = EVERY_TYPE,
	}, {
		.id = 133, .name = "ringbuf_discard", .ret = XBPF_RET_VOID,
		.arg = ARGS(A(RINGBUF_MEM), A(SCALAR)),
		.prog_types = EVERY_TYPE,
	}, {
		.id = 134, .name = "ringbuf_query", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(SCALAR)),
		.map_types = BIT_MAP(RINGBUF), .prog_types = EVERY_TYPE,
	}, {
		.id = 160, .name = "ktime_get_coarse_ns", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 164, .name = "for_each_map_elem", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MAP), A(CALLBACK), A(STACK_OR_NULL), A(SCALAR)), .callback = XBPF_CALLBACK_EACH,
		.map_types = BIT_MAP(ARRAY) | BIT_MAP(HASH) | BIT_MAP(LRU_HASH) | PER_CPU,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 165, .name = "snprintf", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM_UNINIT), A(SIZE_OR_ZERO), A(CONST_STR), A(MEM_OR_NULL), A(SIZE_OR_ZERO)),
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 173, .name = "get_func_ip", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX)),
		.gpl_only = true, .prog_types = OF_TYPE(KPROBE),
	}, {
		.id = 174, .name = "get_attach_cookie", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(CTX)),
		.prog_types = TRACING,
	}, {
		.id = 177, .name = "trace_vprintk", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM), A(SIZE), A(MEM_OR_NULL), A(SIZE_OR_ZERO)),
		.gpl_only = true, .perfmon = true, .prog_types = EVERY_TYPE,
	}, {
		.id = 181, .name = "loop", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(SCALAR), A(CALLBACK), A(STACK_OR_NULL), A(SCALAR)), .callback = XBPF_CALLBACK_LOOP,
		.prog_types = EVERY_TYPE,
	}, {
		.id = 182, .name = "strncmp", .ret = XBPF_RET_SCALAR,
		.arg = ARGS(A(MEM), A(SIZE), A(CONST_STR)),
		.prog_types = EVERY_TYPE,
	}, {
		.id = 195, .name = "map_lookup_percpu_elem", .ret = XBPF_RET_MAP_VALUE_OR_NULL,
		.arg = ARGS(A(MAP), A(MAP_KEY), A(SCALAR)),
		.map_types = PER_CPU, .prog_types = EVERY_TYPE,
	}, {
		.id = 208, .name = "ktime_get_tai_ns", .ret = XBPF_RET_SCALAR,
		.prog_types = EVERY_TYPE,
	},
};

/* The list of the header that we are built with: complete for its kernel. */
#define NAME(name, ...) #name
static const char *const names[] = {
	__BPF_FUNC_MAPPER(NAME)
};
#undef NAME

const struct xbpf_helper *xbpf_helper_at(u32 i)
{
	return i < ARRAY_SIZE(helpers) ? &helpers[i] : NULL;
}

const struct xbpf_helper *xbpf_helper_find(u32 id)
{
	u32 lo = 0, hi = ARRAY_SIZE(helpers);

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (helpers[mid].id == id)
			return &helpers[mid];
		if (helpers[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *xbpf_helper_name(u32 id)
{
	const struct xbpf_helper *helper = xbpf_helper_find(id);

	if (helper)
		return helper->name;
	return id < ARRAY_SIZE(names) ? names[id] : NULL;
}

bool xbpf_helper_allowed(const struct xbpf_helper *h, u32 prog_type)
{
	if (h->prog_types == EVERY_TYPE)
		return true;
	return h->prog_types & xbpf_prog_type_bit(prog_type);
}
