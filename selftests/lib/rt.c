/* SPDX-License-Identifier: GPL-2.0 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "rt.h"

#define RT_MAPS_MAX	64
#define RT_HELPERS_MAX	256

struct element {
	struct element *next;
	void *key;
	void *value;
};

struct rt_map {
	struct xbpf_map_info info;
	int fd;
	u32 refs;
	u8 *values;			/* array */
	struct xbpf_table *table;	/* program array */
	struct xbpf_tail_counts counts;
	struct element *elements;	/* hash */
	struct element *dead;		/* deleted: a running program may still look at them */
	u32 count;
};

static struct rt_map *maps[RT_MAPS_MAX];
static u32 map_cnt;
static u64 clock_ns;
static u64 random_state;
static char trace[8192];
static size_t trace_len;

static void *must_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

/* --- maps ------------------------------------------------------------------ */

static void free_elements(struct element *e)
{
	struct element *next;

	for (; e; e = next) {
		next = e->next;
		free(e->key);
		free(e->value);
		free(e);
	}
}

static void rewind_world(void)
{
	clock_ns = 1000000;
	random_state = 0x9e3779b97f4a7c15ULL;
	trace[0] = '\0';
	trace_len = 0;
}

void rt_rewind(void)
{
	u32 i;

	for (i = 0; i < map_cnt; i++) {
		struct rt_map *map = maps[i];

		free_elements(map->elements);
		free_elements(map->dead);
		map->elements = map->dead = NULL;
		map->count = 0;
		if (map->values)
			memset(map->values, 0, (size_t)map->info.stride * map->info.max_entries);
	}
	rewind_world();
}

void rt_reset(void)
{
	u32 i;

	for (i = 0; i < map_cnt; i++) {
		free_elements(maps[i]->elements);
		free_elements(maps[i]->dead);
		free(maps[i]->values);
		free(maps[i]->table);
		free(maps[i]);
	}
	map_cnt = 0;
	rewind_world();
	rt_helpers_restore();
}

struct rt_map *rt_map_new(const char *name, u32 type, u32 key_size, u32 value_size,
			  u32 max_entries, u32 flags)
{
	struct rt_map *map = must_alloc(sizeof(*map));

	if (map_cnt == RT_MAPS_MAX)
		abort();
	map->fd = RT_FD_BASE + (int)map_cnt;
	map->info = (struct xbpf_map_info){
		.type = type, .key_size = key_size, .value_size = value_size,
		.max_entries = max_entries, .flags = flags, .id = map_cnt + 1,
		.addr = (u64)(unsigned long)map,
	};
	snprintf(map->info.name, sizeof(map->info.name), "%s", name);
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
		map->info.stride = (value_size + 7) & ~7u;
		map->values = must_alloc((size_t)map->info.stride * max_entries);
		map->info.values = (u64)(unsigned long)map->values;
		break;
	case BPF_MAP_TYPE_PROG_ARRAY:
		map->table = must_alloc(sizeof(*map->table) + max_entries * sizeof(void *));
		map->table->max_entries = max_entries;
		map->table->counts = &map->counts;
		map->info.addr = (u64)(unsigned long)map->table;
		break;
	case BPF_MAP_TYPE_HASH:
		break;
	default:
		abort();
	}
	maps[map_cnt++] = map;
	return map;
}

int rt_map_fd(const struct rt_map *map)
{
	return map->fd;
}

struct rt_map *rt_map_by_name(const char *name)
{
	u32 i;

	for (i = 0; i < map_cnt; i++)
		if (!strcmp(maps[i]->info.name, name))
			return maps[i];
	return NULL;
}

int rt_map_fd_by_name(void *unused, const char *name)
{
	struct rt_map *map = rt_map_by_name(name);

	(void)unused;
	return map ? map->fd : -1;
}

struct xbpf_map_info *rt_map_info(struct rt_map *map)
{
	return &map->info;
}

u32 rt_map_refs(const struct rt_map *map)
{
	return map->refs;
}

void rt_map_freeze(struct rt_map *map)
{
	map->info.frozen = 1;
}

static struct element **find(struct rt_map *map, const void *key)
{
	struct element **e;

	for (e = &map->elements; *e; e = &(*e)->next)
		if (!memcmp((*e)->key, key, map->info.key_size))
			break;
	return e;
}

void *rt_map_lookup(struct rt_map *map, const void *key)
{
	struct element *e;
	u32 index;

	if (map->info.type == BPF_MAP_TYPE_ARRAY) {
		memcpy(&index, key, sizeof(index));
		return index < map->info.max_entries ?
			map->values + (size_t)index * map->info.stride : NULL;
	}
	if (map->info.type != BPF_MAP_TYPE_HASH)
		return NULL;
	e = *find(map, key);
	return e ? e->value : NULL;
}

int rt_map_update(struct rt_map *map, const void *key, const void *value, u64 flags)
{
	struct element **e, *new;
	void *old;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (map->info.type == BPF_MAP_TYPE_ARRAY) {
		old = rt_map_lookup(map, key);
		if (!old)
			return -E2BIG;
		if (flags == BPF_NOEXIST)
			return -EEXIST;
		memcpy(old, value, map->info.value_size);
		return 0;
	}
	if (map->info.type != BPF_MAP_TYPE_HASH)
		return -EINVAL;
	e = find(map, key);
	if (*e && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!*e && flags == BPF_EXIST)
		return -ENOENT;
	if (!*e && map->count == map->info.max_entries)
		return -E2BIG;
	new = must_alloc(sizeof(*new));
	new->key = must_alloc(map->info.key_size);
	new->value = must_alloc(map->info.value_size);
	memcpy(new->key, key, map->info.key_size);
	memcpy(new->value, value, map->info.value_size);
	if (*e) {
		/* An update is a new element in place of the old one, as in the kernel. */
		struct element *gone = *e;

		new->next = gone->next;
		*e = new;
		gone->next = map->dead;
		map->dead = gone;
	} else {
		*e = new;
		map->count++;
	}
	return 0;
}

int rt_map_delete(struct rt_map *map, const void *key)
{
	struct element **e, *gone;

	if (map->info.type != BPF_MAP_TYPE_HASH)
		return -EINVAL;
	e = find(map, key);
	gone = *e;
	if (!gone)
		return -ENOENT;
	*e = gone->next;
	gone->next = map->dead;
	map->dead = gone;
	map->count--;
	return 0;
}

u32 rt_map_count(const struct rt_map *map)
{
	return map->info.type == BPF_MAP_TYPE_HASH ? map->count : map->info.max_entries;
}

void rt_map_each(struct rt_map *map, void (*fn)(void *priv, const void *key, const void *value),
		 void *priv)
{
	struct element *e;
	u32 i;

	for (e = map->elements; e; e = e->next)
		fn(priv, e->key, e->value);
	if (map->info.type == BPF_MAP_TYPE_ARRAY)
		for (i = 0; i < map->info.max_entries; i++)
			fn(priv, &i, map->values + (size_t)i * map->info.stride);
}

static bool inside(u64 addr, u32 size, const void *start, u64 len)
{
	u64 at = addr - (u64)(unsigned long)start;

	return at < len && size <= len - at;
}

static bool elements_own(const struct element *e, u64 addr, u32 size, u32 value_size)
{
	for (; e; e = e->next)
		if (inside(addr, size, e->value, value_size))
			return true;
	return false;
}

bool rt_owns(u64 addr, u32 size)
{
	u32 i, k;

	for (i = 0; i < map_cnt; i++) {
		const struct rt_map *map = maps[i];

		for (k = 0; map->values && k < map->info.max_entries; k++)
			if (inside(addr, size, map->values + (size_t)k * map->info.stride, map->info.value_size))
				return true;
		if (elements_own(map->elements, addr, size, map->info.value_size) ||
		    elements_own(map->dead, addr, size, map->info.value_size))
			return true;
	}
	return false;
}

void rt_slot_set(struct rt_map *map, u32 index, const void *target)
{
	if (!map->table || index >= map->table->max_entries)
		abort();
	map->table->slot[index] = (void *)(unsigned long)target;
}

const struct xbpf_tail_counts *rt_tail_counts(const struct rt_map *map)
{
	return &map->counts;
}

static struct xbpf_map_info *map_get(void *priv, u32 fd, bool is_index, int *err)
{
	u32 index = is_index ? fd : fd - RT_FD_BASE;

	(void)priv;
	if (index >= map_cnt) {
		*err = -EBADF;
		return NULL;
	}
	maps[index]->refs++;
	return &maps[index]->info;
}

static void map_put(struct xbpf_map_info *info)
{
	struct rt_map *map = container_of(info, struct rt_map, info);

	if (!map->refs)
		abort();
	map->refs--;
}

/* --- helpers --------------------------------------------------------------- */

#define HELPER(name) \
	static u64 helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
#define UNUSED(...) do { u64 unused[] = { __VA_ARGS__ }; (void)unused; } while (0)
#define PTR(r) ((void *)(unsigned long)(r))

HELPER(map_lookup)
{
	UNUSED(r3, r4, r5);
	return (u64)(unsigned long)rt_map_lookup(PTR(r1), PTR(r2));
}

HELPER(map_update)
{
	UNUSED(r5);
	return (u64)(s64)rt_map_update(PTR(r1), PTR(r2), PTR(r3), r4);
}

HELPER(map_delete)
{
	UNUSED(r3, r4, r5);
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

const struct xbpf_env rt_env = {
	.helper = helper,
	.map_get = map_get,
	.map_put = map_put,
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
