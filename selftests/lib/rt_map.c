/* SPDX-License-Identifier: GPL-2.0 */
/* The maps of rt.h. */
#include "callback.h"
#include "rt.h"
#include "space.h"

#define RT_MAPS_MAX	64

/* An element of a hash, of a queue (no key), or a record of a ring buffer. */
struct element {
	struct element *next;
	void *key;
	void *value;
	u32 size;
};

struct rt_map {
	struct xbpf_map_info info;
	int fd;
	u32 refs;
	u8 *values;			/* arrays */
	struct xbpf_prog_slots *table;	/* program array */
	struct xbpf_tail_counts counts;
	struct element *elements;
	struct element *dead;		/* deleted: a running program may still look at them */
	u32 count;
	struct rt_map *inner;		/* map of maps: what is in each slot */
};

static struct rt_map *maps[RT_MAPS_MAX];
static u32 map_cnt;

static void *must_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

/* --- kinds ----------------------------------------------------------------- */

static bool is_array(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_hash(u32 type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH ||
		type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_LPM_TRIE;
}

static bool is_queue(u32 type)
{
	return type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK;
}

static bool is_outer(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

bool rt_map_type_known(u32 type)
{
	return is_array(type) || is_hash(type) || is_queue(type) || is_outer(type) ||
		type == BPF_MAP_TYPE_PROG_ARRAY ||
	       type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_STACK_TRACE;
}

/* --- lives ----------------------------------------------------------------- */

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

void rt_maps_rewind(void)
{
	u32 i;

	for (i = 0; i < map_cnt; i++) {
		struct rt_map *map = maps[i];

		free_elements(map->elements);
		free_elements(map->dead);
		map->elements = map->dead = NULL;
		map->count = 0;
		memset(&map->counts, 0, sizeof(map->counts));
		if (map->values)
			memset(map->values, 0, (size_t)map->info.stride * map->info.max_entries);
	}
}

void rt_maps_reset(void)
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
}

struct rt_map *rt_map_new(const char *name, u32 type, u32 key_size, u32 value_size,
			  u32 max_entries, u32 flags)
{
	struct rt_map *map = must_alloc(sizeof(*map));

	if (map_cnt == RT_MAPS_MAX || !rt_map_type_known(type))
		abort();
	map->fd = RT_FD_BASE + (int)map_cnt;
	map->info = (struct xbpf_map_info){
		.type = type, .key_size = key_size, .value_size = value_size,
		.max_entries = max_entries, .flags = flags, .id = map_cnt + 1,
		.addr = (u64)(unsigned long)map,
	};
	snprintf(map->info.name, sizeof(map->info.name), "%s", name);
	if (is_array(type)) {
		map->info.stride = (value_size + 7) & ~7u;
		map->values = must_alloc((size_t)map->info.stride * max_entries);
		/* there is one CPU here, and no per-CPU addressing */
		map->info.percpu = type == BPF_MAP_TYPE_PERCPU_ARRAY;
		if (!map->info.percpu)
			map->info.values = (u64)(unsigned long)map->values;
	} else if (type == BPF_MAP_TYPE_PROG_ARRAY) {
		map->table = must_alloc(sizeof(*map->table) + max_entries * sizeof(void *));
		map->table->max_entries = max_entries;
		map->table->counts = &map->counts;
		map->info.addr = (u64)(unsigned long)map->table;
	}
	maps[map_cnt++] = map;
	return map;
}

void rt_map_set_inner(struct rt_map *map, struct rt_map *inner)
{
	map->inner = inner;
	map->info.inner = &inner->info;
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

/* --- elements -------------------------------------------------------------- */

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

	if (is_array(map->info.type) || map->info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS) {
		memcpy(&index, key, sizeof(index));
		if (index >= map->info.max_entries)
			return NULL;
		return is_array(map->info.type) ? map->values + (size_t)index * map->info.stride :
						  (void *)map->inner;
	}
	if (map->info.type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return map->inner;
	if (!is_hash(map->info.type))
		return NULL;
	e = *find(map, key);
	return e ? e->value : NULL;
}

static struct element *element_new(const void *key, u32 key_size, const void *value, u32 value_size)
{
	struct element *e = must_alloc(sizeof(*e));

	e->key = must_alloc(key_size);
	e->value = must_alloc(value_size);
	e->size = value_size;
	if (key)
		memcpy(e->key, key, key_size);
	if (value)
		memcpy(e->value, value, value_size);
	return e;
}

static void bury(struct rt_map *map, struct element **e)
{
	struct element *gone = *e;

	*e = gone->next;
	gone->next = map->dead;
	map->dead = gone;
	map->count--;
}

int rt_map_update(struct rt_map *map, const void *key, const void *value, u64 flags)
{
	struct element **e, *new;
	void *old;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (is_array(map->info.type)) {
		old = rt_map_lookup(map, key);
		if (!old)
			return -E2BIG;
		if (flags == BPF_NOEXIST)
			return -EEXIST;
		memcpy(old, value, map->info.value_size);
		return 0;
	}
	if (!is_hash(map->info.type))
		return -EINVAL;
	e = find(map, key);
	if (*e && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!*e && flags == BPF_EXIST)
		return -ENOENT;
	if (!*e && map->count == map->info.max_entries)
		return -E2BIG;
	/* An update is a new element in place of the old one, as in the kernel. */
	new = element_new(key, map->info.key_size, value, map->info.value_size);
	if (*e)
		bury(map, e);
	new->next = *e;
	*e = new;
	map->count++;
	return 0;
}

int rt_map_delete(struct rt_map *map, const void *key)
{
	struct element **e;

	if (!is_hash(map->info.type))
		return -EINVAL;
	e = find(map, key);
	if (!*e)
		return -ENOENT;
	bury(map, e);
	return 0;
}

u32 rt_map_count(const struct rt_map *map)
{
	return is_array(map->info.type) ? map->info.max_entries : map->count;
}

void rt_map_each(struct rt_map *map, void (*fn)(void *priv, const void *key, const void *value),
		 void *priv)
{
	struct element *e;
	u32 i;

	for (e = map->elements; e; e = e->next)
		fn(priv, e->key, e->value);
	if (is_array(map->info.type))
		for (i = 0; i < map->info.max_entries; i++)
			fn(priv, &i, map->values + (size_t)i * map->info.stride);
}

/* --- what programs see of it --------------------------------------------------- */

u64 rt_see(const void *host, u64 size, u32 rights)
{
	u64 addr;

	if (!space_on() || !host)
		return (u64)(unsigned long)host;
	addr = space_addr(host);
	return addr ? addr : space_put(host, size, rights);
}

static u64 see_map(const struct rt_map *map)
{
	return rt_see((const void *)(unsigned long)map->info.addr, 1, 0);
}

/* Each value is an object of its own: the kernel's lie side by side, and a program may not know. */
u64 rt_map_see_value(struct rt_map *map, const void *value)
{
	u32 rights = SPACE_READ | SPACE_WRITE;

	if (value && is_outer(map->info.type))
		return see_map(value);
	if (map->info.flags & BPF_F_RDONLY_PROG)
		rights = SPACE_READ;
	else if (map->info.flags & BPF_F_WRONLY_PROG)
		rights = SPACE_WRITE;
	return rt_see(value, map->info.value_size, rights);
}

const void *rt_map_host(void *priv, u64 addr)
{
	const void *host = space_on() ? space_opaque(addr) : (void *)(unsigned long)addr;

	(void)priv;
	if (!host)
		rt_report("taken for a map", addr);
	return host;
}

struct rt_map *rt_map_at(u64 addr)
{
	const void *host = rt_map_host(NULL, addr);
	u32 i;

	for (i = 0; i < map_cnt && host; i++)
		if (maps[i]->info.addr == (u64)(unsigned long)host)
			return maps[i];
	if (host)
		rt_report("taken for a map", addr);
	return NULL;
}

u64 rt_address(void *priv, const void *host, u32 size)
{
	u64 addr = (u64)(unsigned long)host, off;
	u32 i;

	(void)priv;
	if (size)
		return rt_see(host, size, SPACE_READ | SPACE_WRITE);
	for (i = 0; i < map_cnt; i++) {
		struct rt_map *map = maps[i];

		if (map->info.addr == addr)
			return see_map(map);
		off = addr - map->info.values;
		if (map->info.values && off < map->info.stride)
			return rt_map_see_value(map, map->values) + off;
	}
	abort();
}

/* The key of a round of an array: a local variable of the helper, and gone with the round. */
static u64 round_on_index(struct rt_map *map, u64 callback, u64 ctx, u32 index)
{
	void *value = map->values + (size_t)index * map->info.stride;
	u64 key, stop;

	if (!space_on())
		return rt_callback(callback, map->info.addr, (u64)(unsigned long)&index,
				     (u64)(unsigned long)value, ctx, 0);
	key = space_put(&index, sizeof(index), SPACE_READ);
	stop = rt_callback(callback, see_map(map), key, rt_map_see_value(map, value), ctx, 0);
	if (space_holds(key, sizeof(index), rt_stack_in_use()))
		rt_report("kept when the key's round was over", key);
	space_drop(key);
	return stop;
}

/* The program's function may take elements away: what is walked is a list of them made before. */
s64 rt_map_callback_each(struct rt_map *map, u64 callback, u64 ctx)
{
	struct element *e, *list[256];
	u32 i, n = 0;

	if (is_array(map->info.type)) {
		for (i = 0; i < map->info.max_entries; i++)
			if (round_on_index(map, callback, ctx, i))
				return i + 1;
		return i;
	}
	if (!is_hash(map->info.type))
		return -EINVAL;
	for (e = map->elements; e && n < ARRAY_SIZE(list); e = e->next)
		list[n++] = e;
	for (i = 0; i < n; i++)
		if (rt_callback(callback, see_map(map),
				  rt_see(list[i]->key, map->info.key_size, SPACE_READ),
				  rt_map_see_value(map, list[i]->value), ctx, 0))
			return i + 1;
	return n;
}

int rt_map_push(struct rt_map *map, const void *value, u64 flags)
{
	struct element **e = &map->elements, *new;

	if (!is_queue(map->info.type) || flags & ~(u64)BPF_EXIST)
		return -EINVAL;
	if (map->count == map->info.max_entries) {
		if (!(flags & BPF_EXIST))
			return -E2BIG;
		bury(map, e);
	}
	new = element_new(NULL, 0, value, map->info.value_size);
	while (map->info.type == BPF_MAP_TYPE_QUEUE && *e)
		e = &(*e)->next;
	new->next = *e;
	*e = new;
	map->count++;
	return 0;
}

int rt_map_pop(struct rt_map *map, void *value, bool keep)
{
	if (!is_queue(map->info.type))
		return -EINVAL;
	if (!map->elements) {
		memset(value, 0, map->info.value_size);
		return -ENOENT;
	}
	memcpy(value, map->elements->value, map->info.value_size);
	if (!keep)
		bury(map, &map->elements);
	return 0;
}

/* Few at a time, so that programs see a full buffer too. */
void *rt_ring_reserve(struct rt_map *map, u64 size)
{
	struct element *e;

	if (map->count >= 4 || size > map->info.max_entries || map->info.type != BPF_MAP_TYPE_RINGBUF)
		return NULL;
	e = element_new(NULL, 0, NULL, (u32)size);
	memset(e->value, 0x77, size);
	e->next = map->elements;
	map->elements = e;
	map->count++;
	return e->value;
}

bool rt_ring_give_back(const void *record)
{
	struct element **e, *gone;
	u32 i;

	for (i = 0; i < map_cnt; i++) {
		if (maps[i]->info.type != BPF_MAP_TYPE_RINGBUF)
			continue;
		for (e = &maps[i]->elements; *e; e = &(*e)->next) {
			if ((*e)->value != record)
				continue;
			gone = *e;
			*e = gone->next;
			gone->next = NULL;
			free_elements(gone);
			maps[i]->count--;
			return true;
		}
	}
	return false;
}

u32 rt_ring_held(void)
{
	u32 i, n = 0;

	for (i = 0; i < map_cnt; i++)
		if (maps[i]->info.type == BPF_MAP_TYPE_RINGBUF)
			n += maps[i]->count;
	return n;
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

/* --- for the engine ---------------------------------------------------------- */

struct xbpf_map_info *rt_map_get(void *priv, u32 fd, bool is_index, int *err)
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

void rt_map_put(struct xbpf_map_info *info)
{
	struct rt_map *map = container_of(info, struct rt_map, info);

	if (!map->refs)
		abort();
	map->refs--;
}
