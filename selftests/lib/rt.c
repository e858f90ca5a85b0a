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
#include "space.h"

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

void *(*rt_access)(u64 addr, u64 size, bool write);
void (*rt_fault)(const char *what, u64 addr);

void rt_report(const char *what, u64 addr)
{
	if (rt_fault)
		rt_fault(what, addr);
}

/* --- helpers --------------------------------------------------------------- */

#define HELPER(name) \
	static u64 helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
#define UNUSED(...) do { u64 unused[] = { __VA_ARGS__ }; (void)unused; } while (0)
#define PTR(r) ((void *)(unsigned long)(r))

/* Where the memory is that the program gave the helper; NULL: it may not touch it. */
static void *at(u64 addr, u64 size, bool write)
{
	static u8 nothing;

	if (!size)
		return &nothing;
	return rt_access ? rt_access(addr, size, write) : PTR(addr);
}

static const void *key_at(u64 map, u64 key)
{
	const struct rt_map *m = rt_map_at(map);

	return m ? at(key, rt_map_info((struct rt_map *)m)->key_size, false) : NULL;
}

static void *value_at(u64 map, u64 value, bool write)
{
	struct rt_map *m = rt_map_at(map);

	return m ? at(value, rt_map_info(m)->value_size, write) : NULL;
}

HELPER(map_lookup)
{
	const void *key = key_at(r1, r2);

	UNUSED(r3, r4, r5);
	return key ? rt_map_see_value(rt_map_at(r1), rt_map_lookup(rt_map_at(r1), key)) : 0;
}

HELPER(map_update)
{
	const void *key = key_at(r1, r2), *value = value_at(r1, r3, false);

	UNUSED(r5);
	if (!key || !value)
		return (u64)-EFAULT;
	return (u64)(s64)rt_map_update(rt_map_at(r1), key, value, r4);
}

HELPER(map_delete)
{
	const void *key = key_at(r1, r2);

	UNUSED(r3, r4, r5);
	return key ? (u64)(s64)rt_map_delete(rt_map_at(r1), key) : (u64)-EFAULT;
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
	char *buf;

	UNUSED(r3, r4, r5);
	if (!r2)
		return (u64)-EINVAL;
	buf = at(r1, (u32)r2, true);
	if (!buf)
		return (u64)-EFAULT;
	memset(buf, 0, r2);
	snprintf(buf, r2, "xbpf-test");
	return 0;
}

/* Of the kernel's subset: %d %i %u %x with l or ll, %%; at most three arguments. */
HELPER(trace_printk)
{
	const char *fmt = at(r1, (u32)r2, false), *end = fmt + r2;
	u64 args[] = { r3, r4, r5 };
	size_t start = trace_len;
	u32 used = 0;

	if (!fmt)
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
	const void *host = space_on() ? space_at(src, size, SPACE_READ) : PTR(src);
	struct iovec to = { dst, size }, from = { (void *)host, size };

	return !size || (host && process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size);
}

HELPER(probe_read)
{
	void *dst = at(r1, (u32)r2, true);

	UNUSED(r4, r5);
	if (!dst)
		return (u64)-EFAULT;
	if (guarded_copy(dst, r3, (u32)r2))
		return 0;
	memset(dst, 0, (u32)r2);
	return (u64)-EFAULT;
}

HELPER(probe_read_str)
{
	u32 size = (u32)r2, i;
	char *dst = at(r1, size, true);

	UNUSED(r4, r5);
	if (!dst)
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

/* The @size bytes at @off of the packet that @ctx stands for, or NULL. */
static const u8 *packet_at(u64 ctx, s64 off, u32 size)
{
	const struct xbpf_skb_ctx *skb = at(ctx, sizeof(*skb), false);

	if (!skb || off < 0 || off + size > skb->data_len)
		return NULL;
	return at((u64)(unsigned long)skb->data + (u64)off, size, false);
}

HELPER(skb_load_bytes)
{
	u32 off = (u32)r2, len = (u32)r4;
	void *dst = at(r3, len, true);
	const u8 *src = packet_at(r1, off, len);

	UNUSED(r5);
	if (!dst)
		return (u64)-EFAULT;
	if (!src) {
		memset(dst, 0, len);
		return (u64)-EFAULT;
	}
	memcpy(dst, src, len);
	return 0;
}

/* The packet begins with its network header; what stands before it is nobody's. */
HELPER(packet_load)
{
	s64 off = (s32)r2, size = (s64)r3, i;
	const u8 *src;
	u64 value = 0;

	UNUSED(r4, r5);
	if (off < 0)
		off -= SKF_NET_OFF;
	src = packet_at(r1, off, (u32)size);
	if (!src)
		return (u64)-EFAULT;
	for (i = 0; i < size; i++)
		value = value << 8 | src[i];
	return value;
}

HELPER(push)
{
	const void *value = value_at(r1, r2, false);

	UNUSED(r4, r5);
	return value ? (u64)(s64)rt_map_push(rt_map_at(r1), value, r3) : (u64)-EFAULT;
}

HELPER(pop)
{
	void *value = value_at(r1, r2, true);

	UNUSED(r3, r4, r5);
	return value ? (u64)(s64)rt_map_pop(rt_map_at(r1), value, false) : (u64)-EFAULT;
}

HELPER(peek)
{
	void *value = value_at(r1, r2, true);

	UNUSED(r3, r4, r5);
	return value ? (u64)(s64)rt_map_pop(rt_map_at(r1), value, true) : (u64)-EFAULT;
}

/* Formats nothing. */
HELPER(snprintf)
{
	char *dst = at(r1, (u32)r2, true);

	UNUSED(r3);
	if (!dst || !at(r4, (u32)r5, false))
		return (u64)-EFAULT;
	memset(dst, 0, (u32)r2);
	return 0;
}

HELPER(ring_reserve)
{
	struct rt_map *map = rt_map_at(r1);

	UNUSED(r3, r4, r5);
	return map ? rt_see(rt_ring_reserve(map, r2), r2, SPACE_READ | SPACE_WRITE) : 0;
}

HELPER(ring_give_back)
{
	void *record = space_on() ? space_at(r1, 1, SPACE_WRITE) : PTR(r1);

	UNUSED(r2, r3, r4, r5);
	if (!record || !rt_ring_give_back(record))
		rt_report("given back, and no record that is held", r1);
	else if (space_on())
		space_drop(r1);
	return 0;
}

HELPER(ring_output)
{
	UNUSED(r1, r4, r5);
	return at(r2, r3, false) ? 0 : (u64)-EFAULT;
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
	return rt_map_at(r1) ? (u64)rt_map_callback_each(rt_map_at(r1), r2, r3) : 0;
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
	[BPF_FUNC_ktime_get_coarse_ns] = helper_clock,
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
	[BPF_FUNC_snprintf] = helper_snprintf,
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

u64 rt_stack_in_use(void)
{
	return ((struct xbpf_run_area *)run_area())->r10;
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

