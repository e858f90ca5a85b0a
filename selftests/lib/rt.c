/* SPDX-License-Identifier: GPL-2.0 */
/* What programs meet in user space: helpers, and memory that may be touched. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/interp.h"
#include "callback.h"
#include "rt.h"

#define RT_HELPERS_MAX	256

static u64 clock_ns;
static u64 random_state;
static char trace[8192];
static size_t trace_len;

static void rewind_world(void)
{
	clock_ns = 1000000;
	random_state = 0x9e3779b97f4a7c15ULL;
	trace[0] = '\0';
	trace_len = 0;
}

void rt_rewind(void)
{
	rt_maps_rewind();
	rewind_world();
}

void rt_reset(void)
{
	rt_maps_reset();
	rewind_world();
	rt_helpers_restore();
}

bool (*rt_access)(u64 addr, u64 size, bool write);

/* May the helper touch it? Nobody asked: yes. */
static bool may(u64 addr, u64 size, bool write)
{
	return !rt_access || !size || rt_access(addr, size, write);
}

/* --- helpers --------------------------------------------------------------- */

#define HELPER(name) \
	static u64 helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
#define UNUSED(...) do { u64 unused[] = { __VA_ARGS__ }; (void)unused; } while (0)
#define PTR(r) ((void *)(unsigned long)(r))

static u32 key_size(u64 map)
{
	return rt_map_info(PTR(map))->key_size;
}

static u32 value_size(u64 map)
{
	return rt_map_info(PTR(map))->value_size;
}

HELPER(map_lookup)
{
	UNUSED(r3, r4, r5);
	if (!may(r2, key_size(r1), false))
		return 0;
	return (u64)(unsigned long)rt_map_lookup(PTR(r1), PTR(r2));
}

HELPER(map_update)
{
	UNUSED(r5);
	if (!may(r2, key_size(r1), false) || !may(r3, value_size(r1), false))
		return (u64)-EFAULT;
	return (u64)(s64)rt_map_update(PTR(r1), PTR(r2), PTR(r3), r4);
}

HELPER(map_delete)
{
	UNUSED(r3, r4, r5);
	if (!may(r2, key_size(r1), false))
		return (u64)-EFAULT;
	return (u64)(s64)rt_map_delete(PTR(r1), PTR(r2));
}

HELPER(clock)
{
	UNUSED(r1, r2, r3, r4, r5);
	return clock_ns += 1000;
}

HELPER(random)
{
	UNUSED(r1, r2, r3, r4, r5);
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (u32)(random_state >> 16);
}

HELPER(zero)
{
	UNUSED(r1, r2, r3, r4, r5);
	return 0;
}

HELPER(pid_tgid)
{
	UNUSED(r1, r2, r3, r4, r5);
	return 4242ULL << 32 | 4243;
}

HELPER(uid_gid)
{
	UNUSED(r1, r2, r3, r4, r5);
	return 1001ULL << 32 | 1000;
}

HELPER(comm)
{
	UNUSED(r3, r4, r5);
	if (!r2)
		return (u64)-EINVAL;
	if (!may(r1, (u32)r2, true))
		return (u64)-EFAULT;
	memset(PTR(r1), 0, r2);
	snprintf(PTR(r1), r2, "xbpf-test");
	return 0;
}

/* Of the kernel's subset: %d %i %u %x with l or ll, %%; at most three arguments. */
HELPER(trace_printk)
{
	const char *fmt = PTR(r1), *end = fmt + r2;
	u64 args[] = { r3, r4, r5 };
	size_t start = trace_len;
	u32 used = 0;

	if (!may(r1, (u32)r2, false))
		return (u64)-EFAULT;
	while (fmt < end && *fmt && trace_len + 32 < sizeof(trace)) {
		bool wide = false;

		if (*fmt != '%') {
			trace[trace_len++] = *fmt++;
			continue;
		}
		fmt++;
		while (*fmt == 'l') {
			wide = true;
			fmt++;
		}
		if (*fmt == '%') {
			trace[trace_len++] = '%';
			fmt++;
			continue;
		}
		if (used == ARRAY_SIZE(args))
			return (u64)-EINVAL;
		switch (*fmt) {
		case 'd':
		case 'i':
			trace_len += snprintf(trace + trace_len, 24, "%lld", wide ? (long long)args[used] :
					      (long long)(s32)args[used]);
			break;
		case 'u':
			trace_len += snprintf(trace + trace_len, 24, "%llu",
					      (unsigned long long)(wide ? args[used] : (u32)args[used]));
			break;
		case 'x':
			trace_len += snprintf(trace + trace_len, 24, "%llx",
					      (unsigned long long)(wide ? args[used] : (u32)args[used]));
			break;
		default:
			return (u64)-EINVAL;
		}
		used++;
		fmt++;
	}
	trace[trace_len] = '\0';
	return trace_len - start;
}

/* A bad address is an error, not a crash. */
static bool guarded_copy(void *dst, u64 src, size_t size)
{
	struct iovec to = { dst, size }, from = { PTR(src), size };

	return !size || process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
}

HELPER(probe_read)
{
	UNUSED(r4, r5);
	if (!may(r1, (u32)r2, true))
		return (u64)-EFAULT;
	if (guarded_copy(PTR(r1), r3, (u32)r2))
		return 0;
	memset(PTR(r1), 0, (u32)r2);
	return (u64)-EFAULT;
}

HELPER(probe_read_str)
{
	char *dst = PTR(r1);
	u32 size = (u32)r2, i;

	UNUSED(r4, r5);
	if (!may(r1, size, true))
		return (u64)-EFAULT;
	for (i = 0; i < size; i++) {
		if (!guarded_copy(dst + i, r3 + i, 1)) {
			memset(dst, 0, size);
			return (u64)-EFAULT;
		}
		if (!dst[i])
			return i + 1;
	}
	if (size)
		dst[size - 1] = '\0';
	return size;
}

HELPER(skb_load_bytes)
{
	const struct xbpf_skb_ctx *skb = PTR(r1);
	u32 off = (u32)r2, len = (u32)r4;

	UNUSED(r5);
	if (!may(r3, len, true))
		return (u64)-EFAULT;
	if (off > skb->data_len || len > skb->data_len - off) {
		memset(PTR(r3), 0, len);
		return (u64)-EFAULT;
	}
	memcpy(PTR(r3), skb->data + off, len);
	return 0;
}

/* The packet begins with its network header; what stands before it is nobody's. */
HELPER(packet_load)
{
	const struct xbpf_skb_ctx *skb = PTR(r1);
	s64 off = (s32)r2, size = (s64)r3, i;
	u64 value = 0;

	UNUSED(r4, r5);
	if (off < 0)
		off -= SKF_NET_OFF;
	if (off < 0 || off + size > skb->data_len)
		return (u64)-EFAULT;
	for (i = 0; i < size; i++)
		value = value << 8 | skb->data[off + i];
	return value;
}

HELPER(push)
{
	UNUSED(r4, r5);
	if (!may(r2, value_size(r1), false))
		return (u64)-EFAULT;
	return (u64)(s64)rt_map_push(PTR(r1), PTR(r2), r3);
}

HELPER(pop)
{
	UNUSED(r3, r4, r5);
	if (!may(r2, value_size(r1), true))
		return (u64)-EFAULT;
	return (u64)(s64)rt_map_pop(PTR(r1), PTR(r2), false);
}

HELPER(peek)
{
	UNUSED(r3, r4, r5);
	if (!may(r2, value_size(r1), true))
		return (u64)-EFAULT;
	return (u64)(s64)rt_map_pop(PTR(r1), PTR(r2), true);
}

HELPER(ring_reserve)
{
	UNUSED(r3, r4, r5);
	return (u64)(unsigned long)rt_ring_reserve(PTR(r1), r2);
}

/* What is not a record that is held counts as an access to nobody's memory. */
HELPER(ring_give_back)
{
	UNUSED(r2, r3, r4, r5);
	if (!rt_ring_give_back(PTR(r1)) && rt_access)
		rt_access(r1, U64_MAX, true);
	return 0;
}

HELPER(ring_output)
{
	UNUSED(r1, r4, r5);
	return may(r2, r3, false) ? 0 : (u64)-EFAULT;
}

HELPER(loop)
{
	u32 i, n = (u32)r1;

	UNUSED(r5);
	if (r4)
		return (u64)-EINVAL;
	/* the kernel takes 2^23, which would be hours of checked runs in a fuzzer */
	if (n > 1u << 12)
		return (u64)-E2BIG;
	for (i = 0; i < n; i++)
		if (rt_callback(r2, i, r3, 0, 0, 0))
			return i + 1;
	return n;
}

HELPER(for_each)
{
	UNUSED(r5);
	if (r4)
		return (u64)-EINVAL;
	return (u64)rt_map_callback_each(PTR(r1), r2, r3);
}

static const xbpf_helper_fn own_helpers[RT_HELPERS_MAX] = {
	[BPF_FUNC_map_lookup_elem] = helper_map_lookup,
	[BPF_FUNC_map_update_elem] = helper_map_update,
	[BPF_FUNC_map_delete_elem] = helper_map_delete,
	[BPF_FUNC_probe_read] = helper_probe_read,
	[BPF_FUNC_probe_read_kernel] = helper_probe_read,
	[BPF_FUNC_probe_read_user] = helper_probe_read,
	[BPF_FUNC_probe_read_str] = helper_probe_read_str,
	[BPF_FUNC_probe_read_kernel_str] = helper_probe_read_str,
	[BPF_FUNC_probe_read_user_str] = helper_probe_read_str,
	[BPF_FUNC_ktime_get_ns] = helper_clock,
	[BPF_FUNC_ktime_get_boot_ns] = helper_clock,
	[BPF_FUNC_jiffies64] = helper_clock,
	[BPF_FUNC_get_prandom_u32] = helper_random,
	[BPF_FUNC_get_smp_processor_id] = helper_zero,
	[BPF_FUNC_get_numa_node_id] = helper_zero,
	[BPF_FUNC_get_attach_cookie] = helper_zero,
	[BPF_FUNC_get_func_ip] = helper_zero,
	[BPF_FUNC_get_current_pid_tgid] = helper_pid_tgid,
	[BPF_FUNC_get_current_uid_gid] = helper_uid_gid,
	[BPF_FUNC_get_current_comm] = helper_comm,
	[BPF_FUNC_trace_printk] = helper_trace_printk,
	[BPF_FUNC_skb_load_bytes] = helper_skb_load_bytes,
	[BPF_FUNC_map_push_elem] = helper_push,
	[BPF_FUNC_map_pop_elem] = helper_pop,
	[BPF_FUNC_map_peek_elem] = helper_peek,
	[BPF_FUNC_map_lookup_percpu_elem] = helper_map_lookup,
	[BPF_FUNC_ringbuf_reserve] = helper_ring_reserve,
	[BPF_FUNC_ringbuf_submit] = helper_ring_give_back,
	[BPF_FUNC_ringbuf_discard] = helper_ring_give_back,
	[BPF_FUNC_ringbuf_output] = helper_ring_output,
	[BPF_FUNC_ringbuf_query] = helper_zero,
	[BPF_FUNC_get_stackid] = helper_zero,
	[BPF_FUNC_loop] = helper_loop,
	[BPF_FUNC_for_each_map_elem] = helper_for_each,
};

static xbpf_helper_fn helpers[RT_HELPERS_MAX];
static bool helpers_filled;

void rt_helpers_restore(void)
{
	memcpy(helpers, own_helpers, sizeof(helpers));
	helpers_filled = true;
}

void rt_helper_set(u32 id, xbpf_helper_fn fn)
{
	if (!helpers_filled)
		rt_helpers_restore();
	if (id >= RT_HELPERS_MAX)
		abort();
	helpers[id] = fn;
}

static xbpf_helper_fn helper(u32 id, const struct xbpf_map_info *map)
{
	(void)map;
	if (id == XBPF_FUNC_PACKET_LOAD)
		return helper_packet_load;
	if (!helpers_filled)
		rt_helpers_restore();
	return id < RT_HELPERS_MAX ? helpers[id] : NULL;
}

const char *rt_trace(void)
{
	return trace;
}

static void *run_area(void)
{
	static _Thread_local struct xbpf_run_area area;

	return &area;
}

const struct xbpf_env rt_env = {
	.run_area = run_area,
	.helper = helper,
	.map_get = rt_map_get,
	.map_put = rt_map_put,
	/* as in 6.12 */
	.map_layout = { .map_type = 24, .key_size = 28, .value_size = 32, .max_entries = 36,
			.map_flags = 48, .id = 52 },
};

/* --- executable memory ----------------------------------------------------- */

/* The kernel takes the hint when the place is free; try places around our own text. */
void *rt_exec_alloc(size_t size)
{
	unsigned long text = (unsigned long)&rt_exec_alloc & ~0xfffUL;
	unsigned long step = 16UL << 20, k;

	size = (size + 0xfff) & ~(size_t)0xfff;
	for (k = 1; k <= 64; k++) {
		unsigned long hints[] = { text + k * step, text - k * step };
		u32 i;

		for (i = 0; i < ARRAY_SIZE(hints); i++) {
			void *mem = mmap(PTR(hints[i]), size, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			long far;

			if (mem == MAP_FAILED)
				continue;
			far = (long)((unsigned long)mem - text);
			if (far > -(1L << 30) * 3 / 2 && far < (1L << 30) * 3 / 2)
				return mem;
			munmap(mem, size);
		}
	}
	fprintf(stderr, "no room for code near the program's text\n");
	abort();
}

void rt_exec_seal(void *mem, size_t size)
{
	if (mprotect(mem, (size + 0xfff) & ~(size_t)0xfff, PROT_READ | PROT_EXEC))
		abort();
}

void rt_exec_free(void *mem, size_t size)
{
	if (mem)
		munmap(mem, (size + 0xfff) & ~(size_t)0xfff);
}

