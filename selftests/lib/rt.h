/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Surroundings for the engine in user space: maps, helpers, executable memory.
 *
 * One world per process.  Everything is deterministic: rt_reset() empties it and
 * starts clock and random numbers anew.  Not thread safe.
 */
#ifndef XBPF_SELFTESTS_RT_H
#define XBPF_SELFTESTS_RT_H

#include "core/env.h"
#include "core/prog_type.h"

/* What rt_env.map_get knows fds and fd_array indices as. */
#define RT_FD_BASE	100

struct rt_map;

extern const struct xbpf_env rt_env;

void rt_reset(void);

/*
 * Arrays, hashes (LRU ones forget nothing, the trie finds whole keys only, per-CPU ones have one
 * CPU), queue and stack, ring buffer, program array, maps of maps, stack traces.  Values start
 * zeroed, each allocated so that ASan sees an access beyond it (array: beyond the last).  Lives
 * until rt_reset().
 */
bool rt_map_type_known(u32 type);
struct rt_map *rt_map_new(const char *name, u32 type, u32 key_size, u32 value_size,
			  u32 max_entries, u32 flags);
int rt_map_fd(const struct rt_map *map);
int rt_map_fd_by_name(void *unused, const char *name);	/* for asm_bind(); -1: none */
struct rt_map *rt_map_by_name(const char *name);
struct xbpf_map_info *rt_map_info(struct rt_map *map);
u32 rt_map_refs(const struct rt_map *map);	/* taken by map_get, not yet put */
void rt_map_freeze(struct rt_map *map);

/* As the helpers: a pointer or NULL; 0 or a negative errno. */
void *rt_map_lookup(struct rt_map *map, const void *key);
int rt_map_update(struct rt_map *map, const void *key, const void *value, u64 flags);
int rt_map_delete(struct rt_map *map, const void *key);
u32 rt_map_count(const struct rt_map *map);	/* elements: of an array, max_entries */
/* Calls fn for each element, in no order that means something. */
void rt_map_each(struct rt_map *map, void (*fn)(void *priv, const void *key, const void *value),
		 void *priv);

/* What every slot of a map of maps holds. */
void rt_map_set_inner(struct rt_map *map, struct rt_map *inner);

/* As the helpers of these names. */
s64 rt_map_callback_each(struct rt_map *map, u64 callback, u64 ctx);
int rt_map_push(struct rt_map *map, const void *value, u64 flags);
int rt_map_pop(struct rt_map *map, void *value, bool keep);
void *rt_ring_reserve(struct rt_map *map, u64 size);
bool rt_ring_give_back(const void *record);	/* false: no such record is held */
u32 rt_ring_held(void);			/* records not yet given back */

/*
 * Asked by the helpers where memory is that a program gave them, before they touch it; NULL: it may
 * not be touched. Without the hook: at its address.
 */
extern void *(*rt_access)(u64 addr, u64 size, bool write);

/* Told of what no verified program does: @what of @addr. */
extern void (*rt_fault)(const char *what, u64 addr);

/*
 * In a space (space.h), what the program sees of it, and back; without one, addresses are those of
 * this process. rt_address() and rt_map_host() are hooks of checked runs (interp_check.h).
 */
u64 rt_see(const void *host, u64 size, u32 rights);
u64 rt_map_see_value(struct rt_map *map, const void *value);
struct rt_map *rt_map_at(u64 addr);	/* NULL, and the fault is told */
u64 rt_address(void *priv, const void *host, u32 size);
const void *rt_map_host(void *priv, u64 addr);

/* Of rt.c, for rt_map.c. */
void rt_report(const char *what, u64 addr);
u64 rt_stack_in_use(void);	/* in a callback's helper: what lies from there on is its callers' */

/* Parts of rt_rewind(), rt_reset() and rt_env (rt_map.c). */
void rt_maps_rewind(void);
void rt_maps_reset(void);
struct xbpf_map_info *rt_map_get(void *priv, u32 fd, bool is_index, int *err);
void rt_map_put(struct xbpf_map_info *info);

/* As after rt_map_new() of each map: contents, clock and random numbers; slots stay. */
void rt_rewind(void);

/* A slot of a program array: landing pad, struct xbpf_image *, or NULL. */
void rt_slot_set(struct rt_map *map, u32 index, const void *target);
const struct xbpf_tail_counts *rt_tail_counts(const struct rt_map *map);

/* What the program printed with bpf_trace_printk since rt_reset(). */
const char *rt_trace(void);

/* Puts a function of the test in the place of a helper (NULL: takes the helper away)... */
void rt_helper_set(u32 id, xbpf_helper_fn fn);
/* ... until rt_reset() or this. */
void rt_helpers_restore(void);

/*
 * Memory for JITed code, within reach of a rel32 to the helpers: writable first,
 * executable after rt_exec_seal(), never both.
 */
void *rt_exec_alloc(size_t size);
void rt_exec_seal(void *mem, size_t size);
void rt_exec_free(void *mem, size_t size);

#endif
